package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

// policies runs what tries policies out before they are in force. Nothing of
// it needs a server.
func policies(ctx context.Context, args []string) error {
	return menu{
		path:      "policy ",
		arguments: "[flags] [FILE]",
		more:      "says more",
		commands: []command{
			{"simulate", "decide requests that are described as JSON lines", policySimulate},
			{"check", "tell what is wrong with a policy, and what a trail misses in it", policyCheck},
		},
		help: func() {
			for _, f := range []*flag.FlagSet{simulateFlags(new(bool)), new(policyChecking).flags()} {
				fmt.Printf("\nFlags of %s:\n", f.Name())
				f.SetOutput(os.Stdout)
				f.PrintDefaults()
			}
		},
	}.run(ctx, args)
}

// parseWithFile reads flags and the name of one file, before, among or behind
// them; "-" when there is none.
func parseWithFile(f *flag.FlagSet, args []string) (file string, err error) {
	flags, names := splitArgs(f, args)
	if err := parseArgs(f, flags); err != nil {
		return "", err
	}
	switch len(names) {
	case 0:
		return "-", nil
	case 1:
		return names[0], nil
	}
	return "", misused(f, fmt.Errorf("unexpected argument %q", names[1]))
}

// splitArgs tells flags and their values from other arguments.
func splitArgs(f *flag.FlagSet, args []string) (flags, others []string) {
	for i := 0; i < len(args); i++ {
		name := strings.TrimLeft(args[i], "-")
		switch {
		case args[i] == "--":
			return flags, append(others, args[i+1:]...)
		case args[i] == "-" || name == args[i]:
			others = append(others, args[i])
			continue
		}
		flags = append(flags, args[i])
		if takesValue(f.Lookup(name)) && i+1 < len(args) {
			i++
			flags = append(flags, args[i])
		}
	}
	return flags, others
}

// takesValue reports whether the value of a flag is the next argument.
func takesValue(f *flag.Flag) bool {
	if f == nil {
		return false // unknown, or the value stands behind a =
	}
	b, ok := f.Value.(interface{ IsBoolFlag() bool })
	return !ok || !b.IsBoolFlag()
}

// openInput opens a file, or standard input for "-".
func openInput(name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(os.Stdin), nil
	}
	return os.Open(name)
}

// interruptible runs what may wait for standard input, which no context ends.
func interruptible(ctx context.Context, run func() error) error {
	done := make(chan error, 1)
	go func() { done <- run() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// isTerminal reports whether a person reads what is written to f.
func isTerminal(f *os.File) bool {
	stat, err := f.Stat()
	return err == nil && stat.Mode()&os.ModeCharDevice != 0
}
