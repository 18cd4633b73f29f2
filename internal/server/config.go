package server

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// The intervals that AWS keeps.
const (
	DefaultDeliveryInterval = 5 * time.Minute
	DefaultDigestInterval   = time.Hour
)

// devAccount is the first account of a development server, and the one that
// unknown access keys belong to.
const devAccount = "123456789012"

// Config is how a server is started. Its fields are the flags of orgtrail
// serve.
type Config struct {
	Listen string // host:port
	Data   string // directory of everything the server keeps
	Region string // of the written profile and of unsigned calls
	// AccountID is the first account's; random when empty.
	AccountID        string
	DeliveryInterval time.Duration
	DigestInterval   time.Duration
	Database         string // postgres:// URL, path of a SQLite file, or "" for one in Data
	Objects          string // URL of an S3 endpoint, or "" for the embedded one
	TLSCert, TLSKey  string
	Dev              bool
	// PrivateEndpoints lets what users name, subscribers of topics and issuers
	// of tokens, be on this machine or in its network.
	PrivateEndpoints bool

	Version string
	Log     *slog.Logger
}

// check refuses settings that cannot work, before anything is opened.
func (c *Config) check() error {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fmt.Errorf("--listen %s: not host:port", c.Listen)
	}
	if c.Dev {
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return fmt.Errorf("--dev trusts every caller, so that it serves a loopback address only, not %s", c.Listen)
		}
	}
	if c.AccountID != "" && !aws.IsAccountID(c.AccountID) {
		return fmt.Errorf("--account-id %s: an account id has twelve digits", c.AccountID)
	}
	if !aws.LooksLikeRegion(c.Region) {
		return fmt.Errorf("--region %s: not the name of a region", c.Region)
	}
	if c.DeliveryInterval <= 0 || c.DigestInterval <= 0 {
		return errors.New("--delivery-interval and --digest-interval must be longer than nothing")
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return errors.New("--tls-cert and --tls-key go together")
	}
	if c.TLSCert != "" {
		if _, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey); err != nil {
			return fmt.Errorf("--tls-cert, --tls-key: %w", err)
		}
	}
	if scheme, _, isURL := strings.Cut(c.Database, "://"); isURL && scheme != "postgres" && scheme != "postgresql" {
		return fmt.Errorf("--database %s://…: neither a postgres:// URL nor the path of a SQLite file", scheme)
	}
	if c.Objects != "" {
		if u, err := url.Parse(c.Objects); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return fmt.Errorf("--objects %s: not the URL of an S3 endpoint", c.Objects)
		}
	}
	return nil
}

// absolute makes every path one that does not depend on the working
// directory, which the embedded object store changes.
func (c *Config) absolute() error {
	paths := []*string{&c.Data, &c.TLSCert, &c.TLSKey}
	if !strings.Contains(c.Database, "://") {
		paths = append(paths, &c.Database)
	}
	for _, p := range paths {
		if *p == "" {
			continue
		}
		abs, err := filepath.Abs(*p)
		if err != nil {
			return err
		}
		*p = abs
	}
	return nil
}
