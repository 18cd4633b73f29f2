//go:build !unix

package postgrestest

import "testing"

// Server is a server that cannot be started on this system.
type Server struct{}

// URL skips the test.
func URL(t testing.TB) string {
	t.Skip("PostgreSQL is started on unix systems only")
	return ""
}

// Start skips the test.
func Start(t testing.TB, settings ...string) *Server {
	t.Skip("PostgreSQL is started on unix systems only")
	return nil
}

// Database is never reached.
func (*Server) Database(t testing.TB) string { return "" }

// Exec is never reached.
func (*Server) Exec(t testing.TB, database, text string) {}

// PID is never reached.
func (*Server) PID(t testing.TB) int { return 0 }

// Stop is never reached.
func (*Server) Stop(t testing.TB, crash bool) {}

// Restart is never reached.
func (*Server) Restart(t testing.TB) {}
