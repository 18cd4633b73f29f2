//go:build unix

package postgrestest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver of a test's own connections
)

// Server is one PostgreSQL server with its own data directory. It ends, and
// its directory is removed, when the test process ends, however it ends.
type Server struct {
	bin, dir string
	as       *syscall.Credential // nil: as the user of the test

	mu    sync.Mutex
	guard *exec.Cmd      // a shell that stops the server when its input ends
	input io.WriteCloser // of guard
}

var shared struct {
	sync.Once
	server *Server
	err    error
}

var databases atomic.Int64

// URL returns the URL of a new, empty database on a server that the tests of
// this process share.
func URL(t testing.TB) string {
	t.Helper()
	bin := find(t)
	shared.Do(func() { shared.server, shared.err = start(bin) })
	if shared.err != nil {
		t.Fatalf("starting PostgreSQL: %v", shared.err)
	}
	return shared.server.Database(t)
}

// Start returns a server of the test's own, which it may stop and restart.
// Settings are lines of postgresql.conf.
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	s, err := start(find(t), settings...)
	if err != nil {
		t.Fatalf("starting PostgreSQL: %v", err)
	}
	t.Cleanup(s.remove)
	return s
}

// find returns the directory of PostgreSQL's binaries.
func find(t testing.TB) string {
	t.Helper()
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	version := func(dir string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
		return n
	}
	slices.SortFunc(dirs, func(a, b string) int { return version(b) - version(a) })
	if p, err := exec.LookPath("initdb"); err == nil {
		dirs = append(dirs, filepath.Dir(p))
	}
	for _, dir := range dirs {
		if _, err := os.Stat(filepath.Join(dir, "postgres")); err == nil {
			return dir
		}
	}
	const missing = "PostgreSQL is not installed: no /usr/lib/postgresql/*/bin and no initdb in PATH"
	if os.Getenv("CI") == "true" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

func start(bin string, settings ...string) (*Server, error) {
	// A socket's path must be short, so not t.TempDir().
	dir, err := os.MkdirTemp("/tmp", "otpg")
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, dir: dir}
	if err := s.create(settings); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	return s, s.run()
}

// create makes the data directory. PostgreSQL refuses to run as root, so root
// gives it to the user that the package of PostgreSQL creates.
func (s *Server) create(settings []string) error {
	if os.Getuid() == 0 {
		u, err := user.Lookup("postgres")
		if err != nil {
			return fmt.Errorf("PostgreSQL does not run as root: %w", err)
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		s.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(s.dir, uid, gid); err != nil {
			return err
		}
	}
	out, err := s.command("initdb", "--pgdata", s.data(), "--username=orgtrail", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync").CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	f, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	for _, line := range append([]string{
		"listen_addresses = ''", "unix_socket_directories = '" + s.dir + "'",
		"max_connections = 200", "shared_buffers = 64MB", "fsync = on", "synchronous_commit = on",
	}, settings...) {
		fmt.Fprintln(f, line)
	}
	return f.Close()
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) command(name string, args ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(s.bin, name), args...)
	s.asUser(c)
	return c
}

func (s *Server) asUser(c *exec.Cmd) {
	c.Dir = s.dir
	c.SysProcAttr = &syscall.SysProcAttr{Credential: s.as, Setpgid: true}
}

// run starts the server below a shell that outlives the test by as long as it
// takes to stop the server: the shell's input ends with the test's process.
func (s *Server) run() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	s.guard = exec.Command("/bin/sh", "-c", `"$1" -D "$2/data" & p=$!; read how; kill -s "${how:-INT}" $p; wait $p; [ "$how" ] || rm -rf "$2"`,
		"sh", filepath.Join(s.bin, "postgres"), s.dir)
	s.asUser(s.guard)
	s.guard.Stdout, s.guard.Stderr = log, log
	if s.input, err = s.guard.StdinPipe(); err != nil {
		return err
	}
	if err := s.guard.Start(); err != nil {
		return err
	}
	return s.ready()
}

func (s *Server) ready() error {
	db, err := sql.Open("pgx", s.url("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		err := db.PingContext(ctx)
		cancel()
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			said, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			return fmt.Errorf("%w\n%s", err, said)
		}
	}
}

func (s *Server) url(database string) string {
	return fmt.Sprintf("postgres://orgtrail@/%s?host=%s", database, s.dir)
}

// Database creates an empty database and returns its URL.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprint("test", databases.Add(1))
	s.Exec(t, "postgres", "CREATE DATABASE "+name)
	return s.url(name)
}

// Exec runs a statement as the superuser.
func (s *Server) Exec(t testing.TB, database, text string) {
	t.Helper()
	db, err := sql.Open("pgx", s.url(database))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(text); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// PID is the process id of the server.
func (s *Server) PID(t testing.TB) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// Stop ends the server: with SIGINT, which ends connections, or with SIGQUIT,
// which is a crash.
func (s *Server) Stop(t testing.TB, crash bool) {
	t.Helper()
	how := "INT"
	if crash {
		how = "QUIT"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.guard == nil {
		return
	}
	fmt.Fprintln(s.input, how)
	s.input.Close()
	err := s.guard.Wait()
	s.guard = nil
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
}

// Restart starts a stopped server again.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	if err := s.run(); err != nil {
		t.Fatal(err)
	}
}

func (s *Server) remove() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.guard != nil {
		s.input.Close()
		s.guard.Wait()
		s.guard = nil
	}
	os.RemoveAll(s.dir)
}
