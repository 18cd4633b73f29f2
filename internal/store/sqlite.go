package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// sqliteEngine is SQLite in this process, through a driver that needs no C
// compiler.
type sqliteEngine struct{ version string }

func (e sqliteEngine) name() string               { return "SQLite " + e.version }
func (sqliteEngine) shared() bool                 { return false }
func (sqliteEngine) broken(*sql.Conn, error) bool { return false }
func (sqliteEngine) warned(*sql.Conn) error       { return nil }
func (sqliteEngine) conflict(error) bool          { return false } // there is one writer

func sqliteCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return -1
}

// undone: after a failed write or sync of the log nobody knows what a crash
// would leave of it. What SQLite refuses before it writes has not happened.
func (sqliteEngine) undone(err error) bool {
	switch sqliteCode(err) {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_READONLY:
		return true
	}
	return false
}

// oldestSQLite is the first version in which resetting the log cannot corrupt
// the database.
var oldestSQLite = [3]int{3, 51, 3}

// openSQLite opens the file for this process alone: the returned release
// gives it up.
func openSQLite(ctx context.Context, path string) (_ *database, release func() error, err error) {
	unlock, err := ownSQLite(ctx, path)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			unlock()
		}
	}()
	// SQLite gives its other files the mode of this one.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("store: %w", err)
	}
	f.Close()
	d := new(database)
	if d.write, err = sql.Open("sqlite", sqliteURL(path, "immediate", busyTimeout, "journal_mode(WAL)", "synchronous(FULL)",
		"fullfsync(1)", "wal_autocheckpoint(4000)", "journal_size_limit(67108864)", "cache_size(-65536)")); err != nil {
		return nil, nil, err
	}
	d.write.SetMaxOpenConns(1)
	if d.read, err = sql.Open("sqlite", sqliteURL(path, "deferred", busyTimeout, "query_only(1)")); err != nil {
		return nil, nil, err
	}
	d.read.SetMaxOpenConns(8)
	d.read.SetMaxIdleConns(8)
	if d.engine, err = checkSQLite(ctx, d.write); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("store: opening %s: %w", path, err), d.close())
	}
	return d, unlock, nil
}

// busyTimeout bounds, in milliseconds, the wait for another connection, which
// may be making the log anew.
const busyTimeout = "busy_timeout(10000)"

// sqliteURL is the driver's name for a file, with pragmas for each connection.
func sqliteURL(path, lock string, pragmas ...string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/…
	}
	q := url.Values{"_txlock": {lock}, "_pragma": pragmas}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String()
}

func checkSQLite(ctx context.Context, db *sql.DB) (engine, error) {
	var version, mode string
	var sync int
	for text, to := range map[string]any{
		`SELECT sqlite_version()`: &version, `PRAGMA journal_mode`: &mode, `PRAGMA synchronous`: &sync,
	} {
		if err := db.QueryRowContext(ctx, text).Scan(to); err != nil {
			return nil, err
		}
	}
	var v [3]int
	if _, err := fmt.Sscanf(version, "%d.%d.%d", &v[0], &v[1], &v[2]); err != nil {
		return nil, fmt.Errorf("SQLite calls its version %q", version)
	}
	if o := oldestSQLite; v[0] < o[0] || v[0] == o[0] && (v[1] < o[1] || v[1] == o[1] && v[2] < o[2]) {
		return nil, fmt.Errorf("SQLite %s may corrupt the database; it must be at least %d.%d.%d", version, o[0], o[1], o[2])
	}
	if mode != "wal" || sync != 2 {
		return nil, fmt.Errorf("the file cannot be made durable: journal_mode is %s and synchronous %d, not wal and 2", mode, sync)
	}
	return sqliteEngine{version}, nil
}

// ownSQLite makes sure that one process at a time uses the file: it holds the
// lock of an empty database beside it, which the operating system gives up
// when the process dies.
func ownSQLite(ctx context.Context, path string) (release func() error, err error) {
	db, err := sql.Open("sqlite", sqliteURL(path+".lock", "exclusive", "busy_timeout(1)"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	tx, err := db.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		db.Close()
		if sqliteCode(err) == sqlite3.SQLITE_BUSY {
			return nil, fmt.Errorf("store: %s is in use by another process", path)
		}
		return nil, fmt.Errorf("store: opening %s: %w", path, err)
	}
	return func() error { return errors.Join(tx.Rollback(), db.Close()) }, nil
}
