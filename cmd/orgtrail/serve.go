package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/orgtrail/orgtrail/internal/server"
)

// serve runs the server until it is told to stop. It finishes the calls in
// flight before it returns.
func serve(ctx context.Context, args []string) error {
	c := server.Config{Version: versionString()}
	f := newFlags("serve")
	configFlags(f, &c)
	if err := parse(f, args); err != nil {
		return err
	}
	c.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	s, err := server.Start(ctx, c)
	if err != nil {
		return err
	}
	c.Log.Info("serving", "url", s.URL(), "data", s.Data, "engine", s.Engine(), "credentials", s.CredentialsFile())
	return s.Wait(ctx)
}
