package segment

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/orgtrail/orgtrail/internal/seal"
)

const (
	// The fresh blocks of a stream are merged when there are so many of them,
	// when they fill a block, or when the oldest has waited that long.
	mergeBlocks = 64
	mergeAfter  = time.Hour
	// mergeBatch and mergeSize bound how many blocks are merged in one
	// transaction, and the bytes in them.
	mergeBatch = 512
	mergeSize  = 16 << 20
)

// errGone is the error of a merge whose blocks were removed meanwhile.
var errGone = errors.New("segment: blocks have gone while they were merged")

// part is a fresh block on its way into a larger one.
type part struct {
	group, seq, dataKey, written int64
	data                         []byte
}

// merge merges the fresh blocks of every stream that has enough of them. A
// block whose key cannot be used stays as it is.
func (u *Upkeep) merge(ctx context.Context) error {
	old := u.Now().Add(-mergeAfter).UnixMilli()
	due, err := u.numbers(ctx, `SELECT stream, MIN(written) FROM log_block WHERE fresh = 1 GROUP BY stream
		HAVING COUNT(*) >= $1 OR SUM(size) >= $2 OR MIN(written) <= $3`, mergeBlocks, blockSize, old)
	if err != nil {
		return err
	}
	var failures []error
	for _, d := range due {
		for more := true; more && ctx.Err() == nil; {
			if more, err = u.mergeSome(ctx, d[0], old); err != nil && !errors.Is(err, errGone) {
				failures = append(failures, fmt.Errorf("stream %d: %w", d[0], err))
				break
			}
		}
	}
	return errors.Join(append(failures, ctx.Err())...)
}

// mergeSome merges the first fresh blocks of a stream. It reports whether
// there are more of them.
//
// The transaction takes the small blocks away and puts the merged ones there.
// A crash before its commit leaves the small ones, a crash behind it the
// merged ones.
func (u *Upkeep) mergeSome(ctx context.Context, stream, old int64) (more bool, err error) {
	parts, more, err := u.fresh(ctx, stream)
	if err != nil || len(parts) == 0 {
		return false, err
	}
	aged := slices.ContainsFunc(parts, func(p part) bool { return p.written <= old })
	var rows [][]any
	var gone []int64
	for dataKey, same := range byKey(parts) {
		key, err := u.key(dataKey)
		if err != nil {
			u.Log.Debug("log events are not merged: their key cannot be used", "stream", stream, "error", err)
			more = false
			continue
		}
		merged, err := mergeParts(stream, dataKey, key, same, more || aged)
		if err != nil {
			return false, err
		}
		rows = append(rows, merged...)
		for i := range same {
			gone = append(gone, same[i].seq)
		}
	}
	if len(gone) == 0 {
		return false, nil
	}
	return more, u.replace(ctx, stream, gone, rows)
}

// byKey groups blocks by the key that seals them.
func byKey(parts []part) map[int64][]part {
	groups := map[int64][]part{}
	for _, p := range parts {
		groups[p.dataKey] = append(groups[p.dataKey], p)
	}
	return groups
}

func (u *Upkeep) key(number int64) (*seal.Key, error) {
	if number == 0 {
		return nil, nil
	}
	return u.Keys(number)
}

// mergeParts unpacks blocks and returns the rows of the merged ones. All but
// the last are finished; that one is when it is half full, or when all is.
func mergeParts(stream, dataKey int64, key *seal.Key, parts []part, finished bool) (rows [][]any, err error) {
	var events []Event
	for i := range parts {
		p := &parts[i]
		b, _, err := unpack(p.data, stream, p.seq, key, nil)
		if err != nil {
			return nil, fmt.Errorf("block %d: %w", p.seq, err)
		}
		for i, id := range b.ids {
			events = append(events, Event{id, b.message(i)})
		}
	}
	slices.SortFunc(events, func(a, b Event) int { return a.Compare(b.ID) })
	to := Place{Group: parts[0].group, Stream: stream, DataKey: dataKey, Key: key}
	blocks := cut(events)
	for i, b := range blocks {
		rows = append(rows, rowOf(to, b, i == len(blocks)-1 && !finished))
	}
	return rows, nil
}

// fresh reads fresh blocks of a stream, the earliest first, and tells whether
// there are more.
func (u *Upkeep) fresh(ctx context.Context, stream int64) (parts []part, more bool, err error) {
	err = u.Store.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT grp, seq, data_key, size, written, data FROM log_block
			WHERE stream = $1 AND fresh = 1 ORDER BY written`, stream)
		if err != nil {
			return err
		}
		defer rows.Close()
		for total := int64(0); rows.Next(); {
			if more = len(parts) == mergeBatch || total >= mergeSize; more {
				return nil
			}
			var p part
			var size int64
			if err := rows.Scan(&p.group, &p.seq, &p.dataKey, &size, &p.written, &p.data); err != nil {
				return err
			}
			parts, total = append(parts, p), total+size
		}
		return rows.Err()
	})
	return parts, more, err
}

// replace puts rows in the place of the blocks of a stream.
func (u *Upkeep) replace(ctx context.Context, stream int64, gone []int64, rows [][]any) error {
	return u.Store.Fenced(ctx, u.lease.Held, func(tx *sql.Tx) error {
		args := []any{stream}
		for _, seq := range gone {
			args = append(args, seq)
		}
		done, err := tx.ExecContext(ctx, `DELETE FROM log_block WHERE stream = $1 AND seq IN (`+list(1, len(gone))+`)`, args...)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n != int64(len(gone)) {
			return errors.Join(err, errGone)
		}
		for _, row := range rows {
			if _, err := tx.ExecContext(ctx, insert, row...); err != nil {
				return err
			}
		}
		return nil
	})
}
