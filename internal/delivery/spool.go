package delivery

import (
	"context"
	"database/sql"
	"maps"
	"math"
	"slices"
	"time"
)

const (
	// spoolTime is how long a file is tried before it is given up.
	spoolTime = 30 * 24 * time.Hour
	// firstRetry and lastRetry bound the pause between two attempts at the
	// spooled files of a trail. It doubles each time.
	firstRetry = time.Minute
	lastRetry  = time.Hour
	// spoolBatch is how many spooled files are put before the next commit.
	spoolBatch = 8
)

// A backoff paces the attempts at the spooled files of one trail.
type backoff struct {
	next time.Time
	wait time.Duration
	turn int // the folder that is tried first
}

// refused sets the time of the next attempt.
func (b *backoff) refused(now time.Time) {
	b.turn++
	b.wait = min(max(2*b.wait, firstRetry), lastRetry)
	b.next = now.Add(b.wait)
}

// A folder is the spooled files of one trail that share an account and a
// region, and with them the beginning of their keys, on which a bucket's
// policy may depend.
type folder struct {
	trail, account, region string
	oldest                 int64
}

// spool returns the function that writes a refused file's row.
func (r *result) spool(shard int, created time.Time) func(context.Context, *sql.Tx, time.Time) error {
	return func(ctx context.Context, tx *sql.Tx, _ time.Time) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO spool (shard, trail, account, region, created, object, sha256, oldest, newest, records, size, body)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
			shard, r.Trail, r.Account, r.Region, created.UnixMilli(), r.object,
			r.SHA256, r.Oldest.UnixMilli(), r.Newest.UnixMilli(), r.Records, r.Size, r.gzip)
		return err
	}
}

// spooled remembers which trails have files in the spool after a cut. A trail
// whose bucket took a file has its spooled ones tried at once.
func (s *shard) spooled(results []result, now time.Time) {
	for i := range results {
		r := &results[i]
		b := s.spool[r.Trail]
		switch {
		case r.refused != nil:
			s.weighed = false
			if b == nil {
				b = new(backoff)
				b.refused(now)
				s.spool[r.Trail] = b
			}
		case b != nil:
			b.next = now
		}
	}
}

// retrySpool tries the spooled files of the trails whose time has come, or
// with flush of all.
func (s *shard) retrySpool(ctx context.Context, now time.Time, flush bool) error {
	for _, trail := range slices.Sorted(maps.Keys(s.spool)) {
		b := s.spool[trail]
		if !flush && now.Before(b.next) {
			continue
		}
		emptied, err := s.retry(ctx, trail, b, now, flush)
		if err != nil {
			return err
		}
		if emptied {
			delete(s.spool, trail)
		} else {
			b.refused(now)
		}
	}
	return nil
}

// retry puts the spooled files of a trail where its files go now: one first,
// and if that is taken the others, in order within each folder. A refusal
// ends a folder, and the next retry begins with another one, so that no
// folder waits for ever behind a key that a policy denies.
func (s *shard) retry(ctx context.Context, trail string, b *backoff, now time.Time, flush bool) (emptied bool, err error) {
	s.weighed = false
	trails, err := s.destinations(ctx, []string{trail})
	if err != nil {
		return false, err
	}
	to, known := trails[trail]
	if !known {
		return true, s.giveUp(ctx, trail, math.MaxInt64)
	}
	folders, err := s.folders(ctx, trail)
	if err != nil {
		return false, err
	}
	limit := now.Add(-spoolTime).UnixMilli()
	if slices.ContainsFunc(folders, func(f folder) bool { return f.oldest < limit }) {
		if err := s.giveUp(ctx, trail, limit); err != nil {
			return false, err
		}
	}
	emptied = true
	for i := range folders {
		last, err := s.drain(ctx, to, folders[(i+b.turn)%len(folders)])
		if err != nil {
			return false, err
		}
		if last == nil || last.refused == nil {
			continue
		}
		emptied = false
		if i == 0 && !flush || unanswered(last.refused) {
			break
		}
	}
	return emptied, nil
}

// drain puts the files of a folder, oldest first, until one is refused or
// there is none. It returns the last one it tried.
//
// A crash between the puts and their commit repeats at most spoolBatch of
// them, with the same bytes.
func (s *shard) drain(ctx context.Context, to Destination, f folder) (last *result, err error) {
	for {
		batch, err := s.nextSpooled(ctx, f, to)
		if err != nil || len(batch) == 0 {
			return last, err
		}
		for i := range batch {
			last = &batch[i]
			if last.refused = s.putObject(ctx, to, last, last.gzip); last.refused != nil {
				batch = batch[:i+1]
				break
			}
		}
		if err := ctx.Err(); err != nil {
			return last, err
		}
		if err := s.settleSpool(ctx, batch, s.Clock()); err != nil {
			return last, err
		}
		s.count(batch)
		if last.refused != nil {
			return last, nil
		}
	}
}

// settleSpool makes durable what became of spooled files: those taken go from
// the spool to the manifest.
func (s *shard) settleSpool(ctx context.Context, batch []result, now time.Time) error {
	return s.Store.Fenced(ctx, s.lease.Held, func(tx *sql.Tx) error {
		for i := range batch {
			r := &batch[i]
			if r.refused != nil {
				continue
			}
			err := exactlyOne(tx.ExecContext(ctx, `DELETE FROM spool WHERE shard = $1 AND trail = $2 AND account = $3 AND region = $4 AND object = $5`,
				s.number, r.Trail, r.Account, r.Region, r.object))
			if err != nil {
				return err
			}
			if err := r.insert(ctx, tx, now); err != nil {
				return err
			}
		}
		return writeStatus(ctx, tx, batch, now)
	})
}

// spooledTrails returns the trails that have files of this shard in the spool.
func (s *shard) spooledTrails(ctx context.Context, tx *sql.Tx) ([]string, error) {
	rows, err := tx.QueryContext(ctx, `SELECT DISTINCT trail FROM spool WHERE shard = $1`, s.number)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var trails []string
	for rows.Next() {
		var t string
		if err := rows.Scan(&t); err != nil {
			return nil, err
		}
		trails = append(trails, t)
	}
	return trails, rows.Err()
}

// folders returns the folders of a trail, in the order of their names.
func (s *shard) folders(ctx context.Context, trail string) ([]folder, error) {
	var folders []folder
	err := s.Store.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT account, region, MIN(created) FROM spool WHERE shard = $1 AND trail = $2
			GROUP BY account, region ORDER BY account, region`, s.number, trail)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			f := folder{trail: trail}
			if err := rows.Scan(&f.account, &f.region, &f.oldest); err != nil {
				return err
			}
			folders = append(folders, f)
		}
		return rows.Err()
	})
	return folders, err
}

// nextSpooled reads the first files of a folder with their bytes, as they will be
// put now.
func (s *shard) nextSpooled(ctx context.Context, f folder, to Destination) ([]result, error) {
	var batch []result
	err := s.Store.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT object, sha256, oldest, newest, records, size, body FROM spool
			WHERE shard = $1 AND trail = $2 AND account = $3 AND region = $4 ORDER BY created, object LIMIT $5`,
			s.number, f.trail, f.account, f.region, spoolBatch)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			r := result{Delivered: Delivered{Trail: f.trail, Account: f.account, Region: f.region, Bucket: to.Bucket, Topic: to.Topic}}
			var oldest, newest int64
			if err := rows.Scan(&r.object, &r.SHA256, &oldest, &newest, &r.Records, &r.Size, &r.gzip); err != nil {
				return err
			}
			r.Delivered.Object = withPrefix(to.Prefix, r.object)
			r.Oldest, r.Newest = time.UnixMilli(oldest).UTC(), time.UnixMilli(newest).UTC()
			batch = append(batch, r)
		}
		return rows.Err()
	})
	return batch, err
}

// giveUp drops the spooled files of a trail that are older than limit. Their
// records are lost for the trail.
func (s *shard) giveUp(ctx context.Context, trail string, limit int64) error {
	var n int64
	err := s.Store.Fenced(ctx, s.lease.Held, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `DELETE FROM spool WHERE shard = $1 AND trail = $2 AND created < $3`, s.number, trail, limit)
		if err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	if err == nil && n > 0 {
		s.givenUp.Add(n)
		s.Log.Error("log files are given up", "trail", trail, "files", n)
	}
	return err
}

// weighSpool measures the spool of the shard if it has changed.
func (s *shard) weighSpool(ctx context.Context) error {
	if s.weighed {
		return nil
	}
	var files, bytes int64
	if len(s.spool) > 0 {
		err := s.Store.Read(ctx, func(tx *sql.Tx) error {
			return tx.QueryRowContext(ctx, `SELECT COUNT(*), COALESCE(SUM(LENGTH(body)), 0) FROM spool WHERE shard = $1`, s.number).Scan(&files, &bytes)
		})
		if err != nil {
			return err
		}
	}
	s.spoolFiles.Store(files)
	s.spoolBytes.Store(bytes)
	s.weighed = true
	return nil
}
