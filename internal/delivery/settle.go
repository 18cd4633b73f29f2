package delivery

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/orgtrail/orgtrail/internal/store"
)

// errLooked ends an update that was only to look.
var errLooked = errors.New("delivery: only looking")

// destinations finds trails. One that the view does not have may have been
// made by another replica a moment ago, so the newest revision is asked
// before a trail counts as unknown: its records will be dropped.
func (s *shard) destinations(ctx context.Context, trails []string) (map[string]Destination, error) {
	var found map[string]Destination
	look := func(r store.Reader) {
		found = map[string]Destination{}
		for _, t := range trails {
			if d, ok := s.Trails.Destination(r, t); ok {
				found[t] = d
			}
		}
	}
	if look(s.Store.View()); len(found) == len(trails) {
		return found, nil
	}
	err := s.Store.Update(ctx, func(tx *store.Tx) error {
		look(tx)
		return errLooked
	})
	if !errors.Is(err, errLooked) {
		return nil, err
	}
	return found, nil
}

// plan names the files of the window. Records of unknown trails are counted
// and left out.
func (s *shard) plan(ctx context.Context, now time.Time) (*cut, error) {
	trails, err := s.destinations(ctx, s.window.trails())
	if err != nil {
		return nil, err
	}
	for k, records := range s.window.files {
		if _, known := trails[k.Trail]; !known {
			s.unrouted.Add(int64(len(records)))
			s.Log.Warn("records of an unknown trail go nowhere", "trail", k.Trail, "account", k.Account, "region", k.Region, "records", len(records))
		}
	}
	return plan(s.window, trails, s.FileSize, now), nil
}

// commitPlan makes the cut stand. A nil error means that its files will be put
// under these keys and no others, whatever happens.
func (s *shard) commitPlan(ctx context.Context, c *cut) error {
	body := c.encode()
	return s.Store.Fenced(ctx, s.lease.Held, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO cut (shard, id, created, body) VALUES ($1, $2, $3, $4)`, s.number, c.ID, c.Time.UnixMilli(), body)
		return err
	})
}

// standingCut reads the cut that was planned and not settled, nil if none was.
func (s *shard) standingCut(ctx context.Context, tx *sql.Tx) (*cut, error) {
	var body []byte
	err := tx.QueryRowContext(ctx, `SELECT body FROM cut WHERE shard = $1`, s.number).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return decodeCut(body)
}

// settle makes what became of a cut durable, all or nothing: the manifest of
// the files that are in their bucket, the bytes of those that are not, the
// statuses, the cursor behind the cut, and the end of the cut itself.
func (s *shard) settle(ctx context.Context, c *cut, results []result, now time.Time) error {
	if len(c.To) == 0 {
		return nil
	}
	return s.Store.Fenced(ctx, s.lease.Held, func(tx *sql.Tx) error {
		for i := range results {
			r := &results[i]
			write := r.insert
			if r.refused != nil {
				write = r.spool(s.number, c.Time)
			}
			if err := write(ctx, tx, now); err != nil {
				return err
			}
		}
		if err := writeStatus(ctx, tx, results, now); err != nil {
			return err
		}
		if err := store.WriteCursor(ctx, tx, follower, s.number, c.To); err != nil {
			return err
		}
		if len(c.Files) == 0 {
			return nil
		}
		return exactlyOne(tx.ExecContext(ctx, `DELETE FROM cut WHERE shard = $1 AND id = $2`, s.number, c.ID))
	})
}

// exactlyOne checks that a statement changed the one row it was meant to.
func exactlyOne(res sql.Result, err error) error {
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err == nil && n != 1 {
		err = fmt.Errorf("delivery: %d rows where there is one", n)
	}
	return err
}
