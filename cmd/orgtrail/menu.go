package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// command is one subcommand: its name, what it is for, and how it runs.
type command struct {
	name, summary string
	run           func(ctx context.Context, args []string) error
}

// menu is the subcommands of the program, or of one of its commands.
type menu struct {
	path      string // what stands before them after "orgtrail", with a space behind
	arguments string // what a command takes
	more      string // what its -h does
	commands  []command
	help      func() // prints what help says after the usage, if anything
}

// errUsage marks an error after which the usage has been printed already.
var errUsage = errors.New("usage")

// run runs the command that the first argument names.
func (m menu) run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		m.usage(os.Stderr)
		return errUsage
	}
	for _, c := range m.commands {
		if c.name == args[0] {
			return c.run(ctx, args[1:])
		}
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		m.usage(os.Stdout)
		if m.help != nil {
			m.help()
		}
		return nil
	}
	fmt.Fprintf(os.Stderr, "orgtrail: unknown command %q (orgtrail %shelp lists them)\n", m.path+args[0], m.path)
	return errUsage
}

func (m menu) usage(w io.Writer) {
	fmt.Fprintf(w, "usage: orgtrail %s<command> %s\n\n", m.path, m.arguments)
	for _, c := range m.commands {
		fmt.Fprintf(w, "  %-8s %s\n", c.name, c.summary)
	}
	fmt.Fprintf(w, "\norgtrail %s<command> -h %s.\n", m.path, m.more)
}
