package plane

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/s3api"
	"github.com/versity/versitygw/s3api/middlewares"

	"github.com/orgtrail/orgtrail/internal/wire/sigv4"
)

// Local is a store in this process: versitygw's S3 server over a directory,
// reached through a unix socket that only this user can open.
type Local struct {
	*tree
	endpoint *Endpoint
	server   *s3api.S3ApiServer
	posix    *posix.Posix
	served   chan error
	tmp      string // of the socket, "" when it is in the directory
	back     string // the working directory before
}

const (
	localRegion = "us-east-1"

	// Beyond so many calls at once the store answers SlowDown.
	maxCalls       = 1024
	maxConnections = 4 * maxCalls

	// maxSocketPath is what the address of a unix socket holds everywhere.
	maxSocketPath = 100
)

// Embedded opens the store in a directory, making it when there is none, and
// finishes what a crash left half done.
//
// The store's file names are relative to the directory: Embedded makes it the
// working directory of the process until Close, so that all other paths have
// to be absolute and a process has one such store at a time.
func Embedded(dir string) (*Local, error) {
	l, err := open(dir, false)
	if err != nil {
		return nil, fmt.Errorf("object store %s: %w", dir, err)
	}
	return l, nil
}

// open is Embedded; beside asks for attributes in files of their own even
// where the file system has extended ones.
func open(dir string, beside bool) (_ *Local, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	root := filepath.Join(dir, "buckets")
	if err := os.MkdirAll(root, 0o700); err != nil {
		return nil, err
	}
	l := &Local{served: make(chan error, 1)}
	if l.back, err = os.Getwd(); err != nil {
		l.back = string(filepath.Separator)
	}
	attrs, err := attributesOf(dir, root, beside)
	if err != nil {
		return nil, err
	}
	var opts posix.PosixOpts
	opts.SetNewDirPerm(0o700)
	opts.SetNewFilePerm(0o600)
	opts.ForceNoObjLockFile = true // no other process shares the directory
	opts.IOBufferSize = 128 << 10
	opts.Concurrency = maxCalls
	opts.CopyObjectThreshold = 5 << 30 // S3's own; zero would refuse every copy
	if l.posix, err = posix.New(root, attrs, opts); err != nil {
		return nil, err
	}
	if err := recoverUploads(attrs); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	backend := &durable{Posix: l.posix, attrs: attrs, root: root}
	if err := l.serve(dir, backend); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	l.tree = newTree(&direct{l.endpoint, backend})
	return l, nil
}

// attributesOf keeps the metadata of files in extended attributes, which
// appear with the file in one step, or, where the file system has none, in
// files beside the tree. A directory stays with what it began with.
func attributesOf(dir, root string, beside bool) (attributes, error) {
	sidecar := filepath.Join(dir, "attributes")
	_, err := os.Stat(sidecar)
	if !beside && err != nil && (meta.XattrMeta{}).StoreAttribute(nil, root, "", "probe", nil) == nil {
		return attributes{MetadataStorer: meta.XattrMeta{}, root: root}, nil
	}
	if err := os.MkdirAll(sidecar, 0o700); err != nil {
		return attributes{}, err
	}
	m, err := meta.NewSideCar(sidecar)
	return attributes{MetadataStorer: m, root: root, sidecar: sidecar}, err
}

// serve starts the server and returns when it listens.
func (l *Local) serve(dir string, be *durable) error {
	socket := filepath.Join(dir, "s3.sock")
	if len(socket) > maxSocketPath {
		tmp, err := os.MkdirTemp("", "orgtrail-")
		if err != nil {
			return err
		}
		l.tmp, socket = tmp, filepath.Join(tmp, "s3.sock")
	}
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	credentials := sigv4.Credentials{AccessKey: "local-" + rand.Text(), Secret: rand.Text()}
	root := auth.Account{Access: credentials.AccessKey, Secret: credentials.Secret, Role: auth.RoleAdmin}
	listening := make(chan struct{})
	server, err := s3api.New(be,
		middlewares.RootUserConfig{Access: root.Access, Secret: root.Secret}, localRegion,
		auth.NewIAMServiceSingle(root), nil, nil, nil, nil,
		s3api.WithQuiet(), s3api.WithKeepAlive(), s3api.WithSocketPerm(0o600),
		s3api.WithConcurrencyLimiter(maxConnections, maxCalls),
		s3api.WithOnListen(func() { close(listening) }))
	if err != nil {
		return err
	}
	go func() { l.served <- server.ServeMultiPort([]string{socket}) }()
	select {
	case <-listening:
	case err := <-l.served:
		return fmt.Errorf("listen on %s: %w", socket, err)
	}
	l.server = server
	l.endpoint = &Endpoint{
		url:         "http://local",
		region:      localRegion,
		credentials: credentials,
		bare:        true,
		client: newClient(func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", socket)
		}),
	}
	return l.answers()
}

// answers waits for the server's first answer, whatever it is. The server
// listens before it serves, and one that is shut down in between is never
// told: it would serve for ever, and Close wait for it.
func (l *Local) answers() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, l.endpoint.url+"/", nil)
	if err != nil {
		return err
	}
	resp, err := l.endpoint.client.Do(r)
	if err != nil {
		return fmt.Errorf("the embedded object store does not answer: %w", err)
	}
	return resp.Body.Close()
}

// Close lets the calls in flight finish, for ten seconds at most.
func (l *Local) Close() error {
	var errs []error
	if l.server != nil {
		l.endpoint.Close()
		errs = append(errs, l.server.ShutDown())
		<-l.served
	}
	if l.posix != nil {
		l.posix.Shutdown()
		errs = append(errs, os.Chdir(l.back))
	}
	if l.tmp != "" {
		errs = append(errs, os.RemoveAll(l.tmp))
	}
	return errors.Join(errs...)
}
