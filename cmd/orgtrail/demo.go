package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"syscall"
	"time"

	"github.com/orgtrail/orgtrail/internal/server"
)

// demo starts a server on a temporary directory, has the tour walk through
// the making of an organization trail, and leaves the server running.
func demo(ctx context.Context, args []string) error {
	c := server.Config{Version: versionString(), DeliveryInterval: 2 * time.Second}
	f := newFlags("demo")
	f.StringVar(&c.Listen, "listen", "127.0.0.1:4566", "`address` to listen on; another port is taken when it is busy")
	f.StringVar(&c.Region, "region", "us-east-2", "home `region` of the trail")
	exit := f.Bool("exit", false, "stop the server after the tour")
	if err := parse(f, args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "orgtrail-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	c.Data, c.DigestInterval = dir, server.DefaultDigestInterval
	c.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	s, err := server.Start(ctx, c)
	if errors.Is(err, syscall.EADDRINUSE) {
		c.Listen = "127.0.0.1:0"
		s, err = server.Start(ctx, c)
	}
	if err != nil {
		return err
	}
	p, err := server.ReadProfile(dir)
	if err == nil {
		err = newTour(p, os.Stdout).walk(ctx)
	}
	if err != nil || *exit {
		return errors.Join(err, s.Stop())
	}
	fmt.Printf("\nThe server stays up until you press Ctrl-C. In another shell:\n\n%s\n", p.Exports())
	fmt.Println("  aws cloudtrail describe-trails")
	fmt.Println("  aws s3 ls --recursive s3://" + tourBucket)
	return s.Wait(ctx)
}
