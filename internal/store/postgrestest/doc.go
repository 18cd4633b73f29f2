// Package postgrestest runs tests against a real PostgreSQL: a throw-away
// server of the installed binaries, on a unix socket. Where none is installed
// a test is skipped, or fails when the environment says CI=true.
package postgrestest
