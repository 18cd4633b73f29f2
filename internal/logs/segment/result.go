package segment

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/orgtrail/orgtrail/internal/seal"
	"github.com/orgtrail/orgtrail/internal/store"
)

// ErrNoResult is the error of a query of which nothing is kept.
var ErrNoResult = errors.New("segment: nothing is kept of the query")

// PackResult compresses what a query has found, and seals it when there is a
// key.
func PackResult(query string, found []byte, key *seal.Key) []byte {
	data := encoder().EncodeAll(found, nil)
	if key != nil {
		data = key.Seal(data, "log_result/"+query)
	}
	return data
}

// PutResult keeps a packed result, as part of the change that tx is.
func PutResult(tx *store.Tx, query string, data []byte) {
	tx.Exec(`INSERT INTO log_result (query, data) VALUES ($1, $2) ON CONFLICT (query) DO UPDATE SET data = excluded.data`, query, data)
}

// DropResult removes the result of a query.
func DropResult(tx *store.Tx, query string) {
	tx.Exec(`DELETE FROM log_result WHERE query = $1`, query)
}

// Result returns what a query has found; key is the one that it was sealed
// with, or nil. The error is ErrNoResult when nothing is kept.
func (l *Log) Result(ctx context.Context, query string, key *seal.Key) (found []byte, err error) {
	var data []byte
	err = l.store.Read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT data FROM log_result WHERE query = $1`, query).Scan(&data)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNoResult
	}
	if err == nil && key != nil {
		data, err = key.Open(data, "log_result/"+query)
	}
	if err != nil {
		return nil, err
	}
	if found, err = decoder().DecodeAll(data, nil); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return found, nil
}
