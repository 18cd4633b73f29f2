package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"syscall"
)

var program = menu{
	arguments: "[flags]",
	more:      "lists the flags of a command",
	commands: []command{
		{"serve", "run the server", serve},
		{"env", "print the variables that point the AWS CLI and SDKs at the server", env},
		{"demo", "build an organization with a trail on a temporary server and show what it delivers", demo},
		{"verify", "check that nothing of a trail's log files was changed, removed or added", verify},
		{"policy", "decide requests against policies, and check a policy before it is stored", policies},
		{"version", "print the version", printVersion},
	},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	args := os.Args[1:]
	if slices.Equal(args, []string{"--version"}) {
		args = []string{"version"} // as most programs have it
	}
	err := program.run(ctx, args)
	stop()
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "orgtrail:", err)
		os.Exit(1)
	}
}

// version is set by the linker for releases; elsewhere the module's version
// is read from the binary.
var version = ""

func versionString() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

func printVersion(context.Context, []string) error {
	fmt.Println("orgtrail", versionString())
	return nil
}
