// Orgtrail is an organization trail that you run yourself: AWS CloudTrail and
// AWS Organizations, wire-compatible, in one binary.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// command is one subcommand: its name, what it is for, and how it runs.
type command struct {
	name, summary string
	run           func(ctx context.Context, args []string) error
}

var commands = []command{
	{"serve", "run the server", serve},
	{"env", "print the variables that point the AWS CLI and SDKs at the server", env},
	{"demo", "build an organization with a trail on a temporary server and show what it delivers", demo},
	{"verify", "check that nothing of a trail's log files was changed, removed or added", verify},
	{"policy", "decide requests against policies, and check a policy before it is stored", policies},
	{"version", "print the version", printVersion},
}

// errUsage marks an error after which the usage has been printed already.
var errUsage = errors.New("usage")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
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

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		usage(os.Stderr)
		return errUsage
	}
	for _, c := range commands {
		if c.name == args[0] {
			return c.run(ctx, args[1:])
		}
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		usage(os.Stdout)
		return nil
	}
	fmt.Fprintf(os.Stderr, "orgtrail: unknown command %q (orgtrail help lists them)\n", args[0])
	return errUsage
}

func usage(w *os.File) {
	fmt.Fprint(w, "usage: orgtrail <command> [flags]\n\n")
	for _, c := range commands {
		fmt.Fprintf(w, "  %-8s %s\n", c.name, c.summary)
	}
	fmt.Fprint(w, "\norgtrail <command> -h lists the flags of a command.\n")
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
