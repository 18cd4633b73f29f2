package store

import (
	"context"
	"database/sql"

	"github.com/orgtrail/orgtrail/internal/journal"
)

const writeCursor = `INSERT INTO cursor (follower, shard, writer, seq) VALUES ($1, $2, $3, $4)
	ON CONFLICT (follower, shard, writer) DO UPDATE SET seq = excluded.seq`

// ReadCursor reads how far a follower of the journal has come with one of its
// shards.
func ReadCursor(ctx context.Context, tx *sql.Tx, follower string, shard int) (journal.Cursor, error) {
	rows, err := tx.QueryContext(ctx, `SELECT writer, seq FROM cursor WHERE follower = $1 AND shard = $2`, follower, shard)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	at := journal.Cursor{}
	for rows.Next() {
		var p journal.Position
		if err := rows.Scan(&p.Writer, &p.Seq); err != nil {
			return nil, err
		}
		at.Advance(p)
	}
	return at, rows.Err()
}

// WriteCursor writes down how far a follower has come, together with whatever
// else the transaction does.
func WriteCursor(ctx context.Context, tx *sql.Tx, follower string, shard int, to journal.Cursor) error {
	for writer, seq := range to {
		if _, err := tx.ExecContext(ctx, writeCursor, follower, shard, writer, seq); err != nil {
			return err
		}
	}
	return nil
}

// WriteCursor is the same as part of a change.
func (tx *Tx) WriteCursor(follower string, shard int, to journal.Cursor) {
	for writer, seq := range to {
		tx.Exec(writeCursor, follower, shard, writer, seq)
	}
}
