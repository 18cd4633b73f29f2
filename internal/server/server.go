package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/orgtrail/orgtrail/internal/gateway"
	"github.com/orgtrail/orgtrail/internal/seal"
	"github.com/orgtrail/orgtrail/internal/sns/webhook"
	"github.com/orgtrail/orgtrail/internal/store"
)

// stopPatience is how long calls in flight may take to end when the server
// stops.
const stopPatience = 10 * time.Second

// Server is a running server.
type Server struct {
	Config
	clock    clock
	started  time.Time
	listener net.Listener
	http     *http.Server
	metrics  *metrics

	key   *seal.Key
	store *store.Store
	services

	gateway *gateway.Gateway
	stages  sync.WaitGroup
	cancel  context.CancelFunc
	failed  chan error
}

// Start opens everything and begins to serve. The address is taken first, so
// that a second server on one directory fails before it touches the data.
func Start(ctx context.Context, c Config) (_ *Server, err error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if err := c.absolute(); err != nil {
		return nil, err
	}
	s := &Server{Config: c, started: time.Now(), failed: make(chan error, 1)}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.listener, err = listen(c); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if s.key, err = seal.Load(filepath.Join(c.Data, "master.key")); err != nil {
		return nil, err
	}
	if s.store, err = store.Open(ctx, store.Options{URL: c.Database, Dir: c.Data, Now: s.clock.now, Log: c.Log}); err != nil {
		return nil, err
	}
	if err := s.build(); err != nil {
		return nil, err
	}
	if err := s.bootstrap(ctx); err != nil {
		return nil, err
	}
	if err := s.gateway.CloseOrphans(ctx); err != nil {
		return nil, err
	}
	s.run()
	return s, nil
}

// listen takes the server's address.
func listen(c Config) (net.Listener, error) {
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", c.Listen, errors.Unwrap(err))
	}
	return l, nil
}

// run starts the stages of the pipeline and the listener.
func (s *Server) run() {
	s.startStages()
	s.http = &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: 30 * time.Second, // of bodies the gateway takes care
		IdleTimeout:       5 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug),
	}
	go func() {
		err := s.serve()
		if !errors.Is(err, http.ErrServerClosed) {
			s.failed <- err
		}
	}()
}

func (s *Server) serve() error {
	if s.TLSCert != "" {
		return s.http.ServeTLS(s.listener, s.TLSCert, s.TLSKey)
	}
	return s.http.Serve(s.listener)
}

// handler puts the server's own endpoints beside the gateway.
func (s *Server) handler() http.Handler {
	own := http.NewServeMux()
	own.HandleFunc("GET /_orgtrail/health", s.health)
	own.Handle("GET /_orgtrail/metrics", s.metrics.handler())
	own.Handle("GET "+webhook.CertificatePrefix, webhook.Certificates(s.store.View))
	own.HandleFunc("GET "+issuerPath+"/", s.issuerDocuments)
	if s.Dev {
		s.devHandlers(own)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/_orgtrail/") {
			own.ServeHTTP(w, r)
			return
		}
		s.gateway.ServeHTTP(w, r)
	})
}

// Wait serves until ctx ends or the listener fails, and then stops.
func (s *Server) Wait(ctx context.Context) error {
	var err error
	select {
	case <-ctx.Done():
	case err = <-s.failed:
	}
	return errors.Join(err, s.Stop())
}

// Stop finishes the calls in flight and closes everything. What is journaled
// and not yet delivered is delivered after the next start.
func (s *Server) Stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopPatience)
	defer cancel()
	err := s.http.Shutdown(ctx)
	s.cancel()
	s.stages.Wait()
	return errors.Join(err, s.close())
}

// close lets go of what has been opened so far.
func (s *Server) close() error {
	var errs []error
	if s.objects != nil {
		errs = append(errs, s.objects.Close())
	}
	if s.store != nil {
		errs = append(errs, s.store.Close())
	}
	if s.listener != nil {
		s.listener.Close() // a served listener is closed already
	}
	return errors.Join(errs...)
}

// URL is where the server answers: at the host that it was told to listen on,
// which is the one that its certificate names.
func (s *Server) URL() string {
	scheme := "http"
	if s.TLSCert != "" {
		scheme = "https"
	}
	host, _, _ := net.SplitHostPort(s.Listen)
	_, port, _ := net.SplitHostPort(s.listener.Addr().String())
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// Engine names the database.
func (s *Server) Engine() string { return s.store.Engine() }

// CredentialsFile is the file with the first user's key.
func (s *Server) CredentialsFile() string { return filepath.Join(s.Data, credentialsFile) }
