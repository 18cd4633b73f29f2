package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/orgtrail/orgtrail/internal/journal"
)

// Chunk is the entries that became durable in one commit. It may have none.
// Nothing of it is ever reused: it may be kept and, unmodified, shared. The
// records of a chunk share one buffer.
type Chunk struct {
	journal.Position
	Entries []journal.Entry
}

// tails reads the newest chunk of every writer that has one, with one index
// seek per writer. It asks the chunks themselves, so that no writer is
// forgotten while there is something to read of it.
func tails(ctx context.Context, tx *sql.Tx) (journal.Cursor, error) {
	rows, err := tx.QueryContext(ctx, `WITH RECURSIVE w(id) AS (
SELECT min(writer) FROM chunk UNION ALL SELECT (SELECT min(writer) FROM chunk WHERE writer > w.id) FROM w WHERE w.id IS NOT NULL)
SELECT id, (SELECT max(seq) FROM chunk WHERE writer = w.id) FROM w WHERE id IS NOT NULL`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	c := journal.Cursor{}
	for rows.Next() {
		var p journal.Position
		if err := rows.Scan(&p.Writer, &p.Seq); err != nil {
			return nil, err
		}
		c.Advance(p)
	}
	return c, rows.Err()
}

// Tail returns the cursor that has passed every chunk that is durable now.
func (s *Store) Tail(ctx context.Context) (c journal.Cursor, err error) {
	err = s.db.snapshot(ctx, func(tx *sql.Tx) error {
		c, err = tails(ctx, tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("store: reading the journal: %w", err)
	}
	return c, nil
}

// ReadChunks returns chunks that the cursor has not passed: those of one
// writer in the order of their numbers and without gaps, those of several
// writers in no order that means anything. It stops when maxBytes of decoded
// records are passed, but returns at least one chunk of each writer that has
// one. None at all means that there are none now. A chunk that does not match
// its hash is an error, and nothing after it is returned.
func (s *Store) ReadChunks(ctx context.Context, after journal.Cursor, maxBytes int) ([]Chunk, error) {
	var found []Chunk
	err := s.db.snapshot(ctx, func(tx *sql.Tx) error {
		found = nil
		newest, err := tails(ctx, tx)
		if err != nil {
			return err
		}
		maps.DeleteFunc(newest, func(w, seq int64) bool { return seq <= after[w] })
		for _, w := range slices.Sorted(maps.Keys(newest)) {
			// An equal share for each, so that a busy writer does not hold
			// the others up.
			found, err = readWriter(ctx, tx, journal.Position{Writer: w, Seq: after[w]}, maxBytes/len(newest), found)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("store: reading the journal: %w", err)
	}
	return found, nil
}

// readStep is how many chunks the first statement asks for. What is not wanted
// of them is read all the same.
const readStep = 8

// readWriter appends chunks of one writer after a position to found. Each
// statement asks for twice as many as the one before it: for about as many as
// were wanted so far.
func readWriter(ctx context.Context, tx *sql.Tx, after journal.Position, maxBytes int, found []Chunk) ([]Chunk, error) {
	for step := readStep; ; step *= 2 {
		had := len(found)
		var err error
		if found, maxBytes, err = readSome(ctx, tx, after, step, maxBytes, found); err != nil {
			return nil, err
		}
		if maxBytes < 0 || len(found)-had < step {
			return found, nil
		}
		after = found[len(found)-1].Position
	}
}

func readSome(ctx context.Context, tx *sql.Tx, after journal.Position, step, maxBytes int, found []Chunk) ([]Chunk, int, error) {
	rows, err := tx.QueryContext(ctx, `SELECT seq, hash, data FROM chunk WHERE writer = $1 AND seq > $2 ORDER BY seq LIMIT $3`,
		after.Writer, after.Seq, step)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	for maxBytes >= 0 && rows.Next() {
		var hash, data sql.RawBytes
		c := Chunk{Position: journal.Position{Writer: after.Writer}}
		if err := rows.Scan(&c.Seq, &hash, &data); err != nil {
			return nil, 0, err
		}
		if c.Entries, err = journal.Decode(data, hash); err != nil {
			return nil, 0, fmt.Errorf("chunk %d of writer %d: %w", c.Seq, c.Writer, err)
		}
		for i := range c.Entries {
			maxBytes -= len(c.Entries[i].Record)
		}
		found = append(found, c)
	}
	return found, maxBytes, errors.Join(rows.Err(), rows.Close())
}
