package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"
)

// TestExec: statements of a caller's own belong to its change. One that the
// database refuses fails that change and no other of its batch.
func TestExec(t *testing.T) {
	engines(t, func(t *testing.T, b bench) {
		s := b.open(t)
		must(t, s.Write(t.Context(), func(tx *sql.Tx) error {
			_, err := tx.Exec(`CREATE TABLE mine (id BIGINT NOT NULL PRIMARY KEY, val BYTEA NOT NULL)`)
			return err
		}))
		rows := func() (list []int) {
			must(t, s.Read(t.Context(), func(tx *sql.Tx) error {
				rows, err := tx.Query(`SELECT id FROM mine ORDER BY id`)
				if err != nil {
					return err
				}
				defer rows.Close()
				list = nil
				for rows.Next() {
					var id int
					if err := rows.Scan(&id); err != nil {
						return err
					}
					list = append(list, id)
				}
				return rows.Err()
			}))
			return list
		}
		insert := func(tx *Tx, id int) { tx.Exec(`INSERT INTO mine (id, val) VALUES ($1, $2)`, id, []byte("v")) }
		update(t, s, func(tx *Tx) {
			insert(tx, 1)
			tx.Exec(`UPDATE mine SET id = 100 WHERE id = 1`) // after those before it
			counts.Put(tx, "n", new(1))
			tx.Append(entry("e1"))
		})
		refused := errors.New("refused")
		for name, fn := range map[string]func(*Tx) error{
			"its own error":     func(tx *Tx) error { insert(tx, 2); return refused },
			"a panic":           func(tx *Tx) error { insert(tx, 2); panic("no") },
			"a failing one":     func(tx *Tx) error { insert(tx, 2); insert(tx, 100); return nil },
			"one of no meaning": func(tx *Tx) error { tx.Exec(`INSERT INTO nobody VALUES (1)`); return nil },
		} {
			err := s.Update(t.Context(), func(tx *Tx) error {
				counts.Put(tx, "n", new(2))
				tx.Append(entry("no"))
				return fn(tx)
			})
			if err == nil {
				t.Fatalf("%s: no error", name)
			}
			if n, _ := counts.Get(s.View(), "n"); *n != 1 || fmt.Sprint(rows()) != "[100]" {
				t.Fatalf("%s: something has changed", name)
			}
		}
		wantIDs(t, s, "e1")

		// In one batch: what the database refuses fails alone.
		release := stall(t, s)
		var wg sync.WaitGroup
		const n = 20
		for i := range n {
			wg.Go(func() {
				err := s.Update(context.Background(), func(tx *Tx) error {
					counts.Put(tx, fmt.Sprint("k", i), &i)
					if i%4 == 3 {
						insert(tx, 100)
					} else {
						insert(tx, i)
					}
					return nil
				})
				if failed := i%4 == 3; failed != (err != nil) {
					t.Errorf("%d: %v", i, err)
				}
			})
		}
		queuedUp(s, n)
		release()
		wg.Wait()
		if got := len(rows()); got != n-n/4+1 {
			t.Errorf("%d rows", got)
		}
		if got := len(keys(counts.Scan(s.View(), "k"))); got != n-n/4 {
			t.Errorf("%d records", got)
		}
	})
}
