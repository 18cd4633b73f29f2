package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/orgtrail/orgtrail/internal/server"
)

// newFlags returns the flag set of a subcommand.
func newFlags(name string) *flag.FlagSet {
	f := flag.NewFlagSet("orgtrail "+name, flag.ContinueOnError)
	f.Usage = func() {
		fmt.Fprintf(f.Output(), "usage: %s [flags]\n\n", f.Name())
		f.PrintDefaults()
	}
	return f
}

// parseArgs reads the arguments, which are flags alone. It says in one line
// what is wrong with them.
func parseArgs(f *flag.FlagSet, args []string) error {
	usage := f.Usage
	f.Usage = func() {} // many lines, between which the one that counts is lost
	f.SetOutput(io.Discard)
	err := f.Parse(args)
	f.Usage = usage
	switch {
	case err == flag.ErrHelp:
		f.SetOutput(os.Stdout)
		f.Usage()
		return err
	case err == nil && f.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if err != nil {
		return misused(f, err)
	}
	return nil
}

// misused says what is wrong with the use of a subcommand.
func misused(f *flag.FlagSet, err error) error {
	fmt.Fprintf(os.Stderr, "orgtrail: %v (%s -h lists the flags)\n", err, f.Name())
	return errUsage
}

// parse reads the arguments, with ORGTRAIL_<FLAG> from the environment for
// every flag that is not given.
func parse(f *flag.FlagSet, args []string) error {
	if err := parseArgs(f, args); err != nil {
		return err
	}
	given := make(map[string]bool)
	f.Visit(func(fl *flag.Flag) { given[fl.Name] = true })
	var err error
	f.VisitAll(func(fl *flag.Flag) {
		name := "ORGTRAIL_" + strings.ToUpper(strings.ReplaceAll(fl.Name, "-", "_"))
		value, set := os.LookupEnv(name)
		if !set || given[fl.Name] || err != nil {
			return
		}
		if e := f.Set(fl.Name, value); e != nil {
			err = misused(f, fmt.Errorf("%s=%s: %w", name, value, e))
		}
	})
	return err
}

// configFlags registers the flags of a server.
func configFlags(f *flag.FlagSet, c *server.Config) {
	f.StringVar(&c.Listen, "listen", "127.0.0.1:4566", "`address` to listen on")
	f.StringVar(&c.Data, "data", dataDirectory(), "`directory` of the server's data")
	f.StringVar(&c.Region, "region", "us-east-1", "default `region` of the written profile")
	f.StringVar(&c.AccountID, "account-id", "", "`id` of the first account (random when absent)")
	f.DurationVar(&c.DeliveryInterval, "delivery-interval", server.DefaultDeliveryInterval, "how long records wait before they are delivered as log files")
	f.DurationVar(&c.DigestInterval, "digest-interval", server.DefaultDigestInterval, "how often digests of the delivered files are signed")
	f.StringVar(&c.Database, "database", "", "postgres:// `URL`, or the path of a SQLite file (default: a SQLite file in the data directory)")
	f.StringVar(&c.Objects, "objects", "", "`URL` of an S3 endpoint that keeps the objects, with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION from the environment (default: embedded)")
	f.StringVar(&c.TLSCert, "tls-cert", "", "`file` with the certificate to serve HTTPS with")
	f.StringVar(&c.TLSKey, "tls-key", "", "`file` with the certificate's key")
	f.BoolVar(&c.PrivateEndpoints, "private-endpoints", false, "let subscribers of topics and issuers of tokens be on this machine or in its network (--dev always does)")
	f.BoolVar(&c.Dev, "dev", false, "loopback only: accept any unknown access key as root and serve /_orgtrail/dev/")
}

// dataDirectory is the user's data directory + /orgtrail.
func dataDirectory() string {
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "orgtrail")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "orgtrail-data"
	}
	return filepath.Join(home, ".local", "share", "orgtrail")
}
