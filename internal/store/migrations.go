package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// The files of migrations, in the order of their names, are the versions of
// the schema, from 1. A file that was released never changes; statements end
// with ";" at the end of a line.
//
//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema to the newest version. Each version is one
// transaction, under the lock of the row that holds the version, so that
// replicas which start together wait for one another.
func (d *database) migrate(ctx context.Context) error {
	files, err := migrations.ReadDir("migrations")
	if err != nil {
		return err
	}
	if err := d.createVersion(ctx); err != nil {
		return fmt.Errorf("store: creating the schema: %w", err)
	}
	for done := false; !done; {
		err := d.transact(ctx, func(tx *sql.Tx) error {
			var have int
			// An UPDATE that changes nothing is the portable row lock.
			err := tx.QueryRowContext(ctx, `UPDATE schema_version SET version = version WHERE id = 1 RETURNING version`).Scan(&have)
			if err != nil {
				return fmt.Errorf("store: reading the schema's version: %w", err)
			}
			if have > len(files) {
				return fmt.Errorf("store: the database has schema version %d and this program knows up to %d: run a newer orgtrail", have, len(files))
			}
			if done = have == len(files); done {
				return nil
			}
			return migrateTo(ctx, tx, have+1, files[have].Name())
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// createVersion creates the table that holds the version. It tries again,
// because CREATE TABLE IF NOT EXISTS fails in PostgreSQL when another replica
// is at it.
func (d *database) createVersion(ctx context.Context) (err error) {
	for range 10 {
		err = d.transact(ctx, func(tx *sql.Tx) error {
			for _, text := range []string{
				`CREATE TABLE IF NOT EXISTS schema_version (id BIGINT NOT NULL PRIMARY KEY, version BIGINT NOT NULL)`,
				`INSERT INTO schema_version (id, version) VALUES (1, 0) ON CONFLICT (id) DO NOTHING`,
			} {
				if _, err := tx.ExecContext(ctx, text); err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil || !d.engine.shared() || ctx.Err() != nil {
			return err
		}
		pause(ctx, 50*time.Millisecond)
	}
	return err
}

func migrateTo(ctx context.Context, tx *sql.Tx, version int, file string) error {
	text, err := migrations.ReadFile(path.Join("migrations", file))
	if err != nil {
		return err
	}
	for _, statement := range statements(string(text)) {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("store: migration %s: %w", file, err)
		}
	}
	_, err = tx.ExecContext(ctx, `UPDATE schema_version SET version = $1 WHERE id = 1`, version)
	return err
}

// statements splits a migration, without its comment lines.
func statements(text string) []string {
	lines := slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool {
		return strings.HasPrefix(strings.TrimSpace(line), "--")
	})
	var all []string
	for s := range strings.SplitSeq(strings.Join(lines, "\n"), ";\n") {
		if s = strings.TrimSpace(s); s != "" {
			all = append(all, strings.TrimSuffix(s, ";"))
		}
	}
	return all
}
