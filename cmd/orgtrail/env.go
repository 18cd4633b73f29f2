package main

import (
	"context"
	"fmt"

	"github.com/orgtrail/orgtrail/internal/server"
)

// env prints what a shell needs to reach the server of a data directory:
//
//	eval "$(orgtrail env)"
func env(_ context.Context, args []string) error {
	f := newFlags("env")
	data := f.String("data", dataDirectory(), "`directory` of the server's data")
	if err := parse(f, args); err != nil {
		return err
	}
	p, err := server.ReadProfile(*data)
	if err != nil {
		return err
	}
	fmt.Print(p.Exports())
	return nil
}
