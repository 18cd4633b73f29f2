package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// database is the SQL side of the store: two pools over one engine.
type database struct {
	engine engine
	write  *sql.DB // one connection on SQLite
	read   *sql.DB // read-only

	// prepared are statements of write by their text. pgx keeps its own.
	prepared map[string]*sql.Stmt
}

// engine is all in which SQLite and PostgreSQL differ.
type engine interface {
	// name is what people call the engine, with its version.
	name() string
	// shared says whether other processes may change the database.
	shared() bool
	// conflict reports whether err undid a transaction only because of
	// another one, so that it is to be run again.
	conflict(err error) bool
	// undone reports whether a COMMIT that failed with err has certainly not
	// taken effect.
	undone(err error) bool
	// broken reports whether the connection, on which err was met, is of no
	// more use.
	broken(c *sql.Conn, err error) bool
	// warned returns what the engine has warned of on the connection since
	// the last call, or nil. A server that gives up waiting for its standbys
	// answers COMMIT with success and a warning.
	warned(c *sql.Conn) error
}

// errLost wraps an error of the connection that was met before COMMIT was
// sent: the transaction has not happened.
type errLost struct{ error }

func (e errLost) Unwrap() error { return e.error }

func isLost(err error) bool { return errors.As(err, new(errLost)) }

// conflictTries bounds how often a transaction is run that others keep
// undoing.
const conflictTries = 50

// transact runs fn in a write transaction, and again after a conflict. A nil
// error means that what fn did is durable. ErrUnknown means that COMMIT was
// sent and its answer was lost, or came with a warning. After every other
// error nothing has happened.
//
// ctx ends the wait for a connection and what fn does with it, but never a
// COMMIT: PostgreSQL answers a cancelled one with success although a standby
// may not have it.
func (d *database) transact(ctx context.Context, fn func(*sql.Tx) error) error {
	for try := 1; ; try++ {
		err := d.once(ctx, fn)
		if err == nil || try == conflictTries || !d.engine.conflict(err) || ctx.Err() != nil {
			return err
		}
		pause(ctx, min(time.Millisecond<<min(try, 6), 50*time.Millisecond))
	}
}

func (d *database) once(ctx context.Context, fn func(*sql.Tx) error) (err error) {
	conn, err := d.write.Conn(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		return errLost{err}
	}
	defer conn.Close()
	committing := false
	defer func() {
		if err == nil || !d.engine.broken(conn, err) {
			return
		}
		conn.Raw(func(any) error { return driver.ErrBadConn }) // out of the pool
		if !committing {
			err = errLost{err}
		}
	}()
	d.engine.warned(conn) // what was said before is not about this transaction
	tx, err := conn.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // after a commit it does nothing
	if err := fn(tx); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	committing = true
	if err := tx.Commit(); err != nil {
		if d.engine.undone(err) {
			return err
		}
		return fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	if err := d.engine.warned(conn); err != nil {
		return fmt.Errorf("%w: the server warned: %w", ErrUnknown, err)
	}
	return nil
}

// snapshot runs fn in a read-only transaction that sees one moment.
func (d *database) snapshot(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := d.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := fn(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// prepare parses texts that commits repeat once and for all.
func (d *database) prepare(ctx context.Context, texts []string) error {
	d.prepared = make(map[string]*sql.Stmt, len(texts))
	for _, text := range texts {
		s, err := d.write.PrepareContext(ctx, text)
		if err != nil {
			return err
		}
		d.prepared[text] = s
	}
	return nil
}

func (d *database) exec(ctx context.Context, tx *sql.Tx, text string, args ...any) (sql.Result, error) {
	if s, ok := d.prepared[text]; ok {
		return tx.StmtContext(ctx, s).ExecContext(ctx, args...)
	}
	return tx.ExecContext(ctx, text, args...)
}

func (d *database) query(ctx context.Context, tx *sql.Tx, text string, args ...any) (*sql.Rows, error) {
	if s, ok := d.prepared[text]; ok {
		return tx.StmtContext(ctx, s).QueryContext(ctx, args...)
	}
	return tx.QueryContext(ctx, text, args...)
}

func (d *database) close() error {
	var errs []error
	for _, s := range d.prepared {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, d.read.Close(), d.write.Close())...)
}

// pause waits for about d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d/2 + rand.N(d))
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
