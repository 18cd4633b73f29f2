package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// postgresEngine is PostgreSQL, or a database that speaks its protocol.
type postgresEngine struct{ version string }

func (e postgresEngine) name() string { return e.version }
func (postgresEngine) shared() bool   { return true }

// SQLSTATEs with a meaning of their own.
const (
	stateSerialization = "40001" // run it again
	stateDeadlock      = "40P01" // run it again
	stateAmbiguous     = "40003" // CockroachDB: perhaps it was committed
	stateReadOnly      = "25006" // this server is a standby now
)

func postgresError(err error) *pgconn.PgError {
	var e *pgconn.PgError
	errors.As(err, &e)
	return e
}

func (postgresEngine) conflict(err error) bool {
	e := postgresError(err)
	return e != nil && !errors.Is(err, ErrUnknown) && (e.Code == stateSerialization || e.Code == stateDeadlock)
}

// undone: the server has answered COMMIT with an error and lives on. A fatal
// error may come after the commit became visible, while it waited for a
// standby.
func (postgresEngine) undone(err error) bool {
	if errors.Is(err, pgx.ErrTxCommitRollback) {
		return true
	}
	e := postgresError(err)
	return e != nil && severity(e) == "ERROR" && e.Code != stateAmbiguous && !strings.HasPrefix(e.Code, "57")
}

// severity is not translated, but for servers that send no other.
func severity(e *pgconn.PgError) string {
	if e.SeverityUnlocalized != "" {
		return e.SeverityUnlocalized
	}
	return e.Severity
}

func (postgresEngine) broken(c *sql.Conn, err error) bool {
	if e := postgresError(err); e != nil && e.Code == stateReadOnly {
		return true
	}
	broken := true // database/sql gives no connection out that it knows is bad
	c.Raw(func(dc any) error {
		broken = dc.(*stdlib.Conn).Conn().IsClosed()
		return nil
	})
	return broken
}

const warning = "orgtrail.warning"

// onNotice remembers a warning with the connection until warned asks. It runs
// in the goroutine that uses the connection.
func onNotice(c *pgconn.PgConn, n *pgconn.Notice) {
	if severity((*pgconn.PgError)(n)) == "WARNING" {
		c.CustomData()[warning] = n.Message
	}
}

func (postgresEngine) warned(c *sql.Conn) error {
	var said any
	if err := c.Raw(func(dc any) error {
		data := dc.(*stdlib.Conn).Conn().PgConn().CustomData()
		said = data[warning]
		delete(data, warning)
		return nil
	}); err != nil {
		return err
	}
	if said == nil {
		return nil
	}
	return errors.New(said.(string))
}

const (
	connectTimeout = 5 * time.Second
	writePool      = 8
	readPool       = 8
)

func isPostgres(url string) bool {
	return strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://")
}

// openPostgres connects and refuses a server on which a commit is not on disk
// when it is answered.
func openPostgres(ctx context.Context, url string) (*database, error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("store: the database URL: %w", err)
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = connectTimeout
	}
	if cfg.ValidateConnect == nil { // of several hosts, the one that takes writes
		cfg.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	cfg.OnNotice = onNotice
	open := func(conns int) *sql.DB {
		db := stdlib.OpenDB(*cfg, stdlib.OptionAfterConnect(checkPostgres))
		db.SetMaxOpenConns(conns)
		db.SetMaxIdleConns(conns)
		return db
	}
	d := &database{write: open(writePool), read: open(readPool)}
	var version string
	if err := d.write.QueryRowContext(ctx, `SELECT version()`).Scan(&version); err != nil {
		d.close()
		return nil, unreachable(cfg, err)
	}
	version, _, _ = strings.Cut(version, " on ")
	version, _, _ = strings.Cut(version, " (")
	d.engine = postgresEngine{version}
	return d, nil
}

// storeRaw keeps PostgreSQL from compressing chunks, which are compressed
// already; without it every commit tries. Engines that do not know the
// setting, and users that may not change it, go on as they are.
func (d *database) storeRaw(ctx context.Context) {
	var storage string
	err := d.read.QueryRowContext(ctx, `SELECT attstorage FROM pg_attribute WHERE attrelid = 'chunk'::regclass AND attname = 'data'`).Scan(&storage)
	if err == nil && storage == "x" {
		d.write.ExecContext(ctx, `ALTER TABLE chunk ALTER COLUMN data SET STORAGE EXTERNAL`)
	}
}

// errNotDurable is what checkPostgres refuses a server with.
type errNotDurable struct{ error }

// checkPostgres looks at each new connection, because a failover may have
// brought it to another server. Engines that have no such settings answer
// NULL and are taken at their word.
func checkPostgres(ctx context.Context, c *pgx.Conn) error {
	var fsync, commit, standbys sql.NullString
	err := c.QueryRow(ctx, `SELECT current_setting('fsync', true), current_setting('synchronous_commit', true), current_setting('synchronous_standby_names', true)`).
		Scan(&fsync, &commit, &standbys)
	if err == nil {
		err = durable(fsync.String, commit.String, standbys.String)
	}
	if err != nil {
		c.Close(ctx)
		return err
	}
	// A replica that stands still in a transaction must not hold the others
	// up for ever. An engine without this setting has its own ways.
	c.Exec(ctx, `SET idle_in_transaction_session_timeout = '30s'`)
	return nil
}

func durable(fsync, commit, standbys string) error {
	switch {
	case fsync == "off":
		return errNotDurable{errors.New("it runs with fsync = off, so a crash loses acknowledged commits: set fsync = on")}
	case commit == "off":
		return errNotDurable{errors.New("it runs with synchronous_commit = off, so a crash loses acknowledged commits: set synchronous_commit = on")}
	case commit == "local" && standbys != "":
		return errNotDurable{errors.New("it has synchronous_standby_names but synchronous_commit = local, so a failover loses acknowledged commits: set synchronous_commit = on")}
	}
	return nil
}

// unreachable says in one line which servers were tried and what came of it.
// It never contains the password.
func unreachable(cfg *pgx.ConnConfig, err error) error {
	at := func(host string, port uint16) string { return fmt.Sprintf("%s:%d", host, port) }
	hosts := []string{at(cfg.Host, cfg.Port)}
	for _, f := range cfg.Fallbacks {
		if h := at(f.Host, f.Port); !slices.Contains(hosts, h) {
			hosts = append(hosts, h)
		}
	}
	where := fmt.Sprintf("the database %q at %s", cfg.Database, strings.Join(hosts, ", "))
	var refused errNotDurable
	if errors.As(err, &refused) {
		return fmt.Errorf("store: refusing %s: %w", where, refused.error)
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) {
		err = connect.Unwrap()
	}
	lines := strings.Split(strings.TrimSpace(err.Error()), "\n")
	return fmt.Errorf("store: cannot use %s: %s", where, strings.TrimSpace(lines[len(lines)-1]))
}
