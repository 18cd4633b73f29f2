package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/orgtrail/orgtrail/internal/journal"
)

// Intent is something that was begun outside the store and has no record yet.
type Intent struct {
	ID      string
	Writer  int64 // the process that began it
	Payload []byte
}

// OpenIntent notes what is about to be done outside the store. A nil error
// means that the intent is durable, so that a crash from here on leaves it to
// Orphans. Errors are those of Append, and ErrIntentOpen.
func (s *Store) OpenIntent(ctx context.Context, id string, payload []byte) error {
	if id == "" || !isText(id) {
		return fmt.Errorf("store: %q cannot be the id of an intent", id)
	}
	return s.append(ctx, &request{opens: &Intent{ID: id, Writer: s.writer, Payload: payload}})
}

// AppendClosing journals the record of what an intent announced and removes
// the intent, both or neither. Errors are those of Append, and
// ErrIntentClosed when the intent is not open: then someone else has recorded
// it, and nothing is appended.
func (s *Store) AppendClosing(ctx context.Context, intentID string, e ...journal.Entry) error {
	if intentID == "" || !isText(intentID) {
		return ErrIntentClosed
	}
	return s.append(ctx, &request{closes: intentID, entries: e})
}

// Orphans returns the intents whose process is not alive any more, in the
// order of their ids: nobody will close them but whoever finds them. Several
// replicas may find the same; AppendClosing lets one of them through.
func (s *Store) Orphans(ctx context.Context) ([]Intent, error) {
	var found []Intent
	err := s.db.snapshot(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT id, writer, payload FROM intent WHERE writer <> $1
AND NOT EXISTS (SELECT 1 FROM writer WHERE writer.id = intent.writer AND writer.expires > $2) ORDER BY id`,
			s.writer, s.now().UnixMilli())
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var i Intent
			if err := rows.Scan(&i.ID, &i.Writer, &i.Payload); err != nil {
				return err
			}
			found = append(found, i)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("store: reading orphaned intents: %w", err)
	}
	return found, nil
}
