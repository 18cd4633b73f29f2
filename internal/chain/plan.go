package chain

import (
	"context"
	"crypto/rsa"
	"database/sql"
	"errors"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/orgtrail/orgtrail/digest"
)

// A draft is the content of a digest before it is signed.
type draft struct {
	*task
	end     int64
	files   []digest.LogFile
	private *rsa.PrivateKey
}

// plan plans the digests of the tasks that have none planned, and leaves in
// the batch those that have one then. A nil error means that these will be
// put with their bytes and no others, whatever happens.
func (s *Signer) plan(ctx context.Context, b *batch) error {
	drafts, err := s.sort(ctx, b)
	if err != nil || len(drafts) == 0 {
		return err
	}
	if drafts, err = s.fill(ctx, b.horizon, drafts); err != nil {
		return err
	}
	if err := s.sign(ctx, drafts); err != nil {
		return err
	}
	err = s.Store.Fenced(ctx, s.lease.Held, func(tx *sql.Tx) error {
		for _, d := range drafts {
			if err := d.commit(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, errTurnedUp) {
		return nil // the next batch has them again
	}
	if err == nil {
		for _, d := range drafts {
			b.tasks = append(b.tasks, d.task)
		}
	}
	return err
}

// sort leaves the tasks in the batch whose plan stands, and returns drafts of
// those that are to be planned.
func (s *Signer) sort(ctx context.Context, b *batch) (drafts []*draft, err error) {
	view := s.Store.View()
	var changes []change
	all := b.tasks
	b.tasks = nil
	for _, t := range all {
		var known bool
		if t.of, known = s.Trails.Trail(view, t.trail); !known {
			s.Log.Warn("a chain of an unknown trail waits", "trail", t.trail, "account", t.account, "region", t.region)
			changes = append(changes, t.postpone(b.horizon+s.Interval.Milliseconds()))
			continue
		}
		if t.plan != nil && t.wait > 0 && !t.plan.fits(t.of) {
			changes = append(changes, t.withdraw())
		}
		if t.plan != nil {
			b.tasks = append(b.tasks, t)
			continue
		}
		if end, ok := t.window(s.Interval.Milliseconds(), b.horizon); ok {
			drafts = append(drafts, &draft{task: t, end: end})
		} else {
			changes = append(changes, t.postpone(end))
		}
	}
	return drafts, s.commit(ctx, changes)
}

// fits reports whether a plan goes to where the digests of the trail go.
func (p *plan) fits(t *Trail) bool {
	k, err := digest.ParseKey(p.Key)
	return err == nil && p.Bucket == t.Bucket && k.Prefix == t.Prefix
}

// window returns where the next window ends. When it cannot be closed, ok is
// false and end is when to look again.
func (c *chain) window(interval, horizon int64) (end int64, ok bool) {
	end = c.start + interval
	switch {
	case c.last != 0 && c.last <= c.start:
		return never, false
	case c.last != 0 && c.last <= end:
		return c.last, true
	}
	return end, end <= horizon
}

// fill reads the files of the drafts. One whose key is taken ends a second
// later, and may have to wait for that.
func (s *Signer) fill(ctx context.Context, horizon int64, drafts []*draft) (filled []*draft, err error) {
	var changes []change
	err = s.Store.Read(ctx, func(tx *sql.Tx) error {
		filled, changes = nil, nil
		keys := map[string]bool{}
		for _, d := range drafts {
			for {
				taken, err := d.taken(ctx, tx)
				if err != nil {
					return err
				}
				if !taken && !keys[d.object()] {
					break
				}
				d.end += second
			}
			if d.last == 0 && d.end > horizon {
				changes = append(changes, d.postpone(d.end))
				continue
			}
			keys[d.object()] = true
			if d.files, err = d.read(ctx, tx); err != nil {
				return err
			}
			filled = append(filled, d)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return filled, s.commit(ctx, changes)
}

// object is the key of the digest.
func (d *draft) object() string {
	return digest.Key{
		Folder: digest.Folder{Prefix: d.of.Prefix, Organization: d.organization, Account: d.account},
		Region: d.region, Trail: d.of.Name, HomeRegion: d.of.Home, End: at(d.end),
	}.String()
}

// taken reports whether another chain has a digest under the key: one of a
// trail that was deleted and made again under its name.
func (d *draft) taken(ctx context.Context, tx *sql.Tx) (bool, error) {
	var one int
	err := tx.QueryRowContext(ctx, `SELECT 1 FROM chain WHERE account = $1 AND region = $2 AND (object = $3 OR planned = $3) LIMIT 1`,
		d.account, d.region, d.object()).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// read returns the files that the digest lists, in the order of their
// delivery.
func (d *draft) read(ctx context.Context, tx *sql.Tx) ([]digest.LogFile, error) {
	var all []digest.LogFile
	for _, s := range d.of.spans(d.end) {
		rows, err := tx.QueryContext(ctx, `SELECT bucket, object, sha256, oldest, newest FROM manifest WHERE `+undigested+` ORDER BY delivered, object`,
			d.trail, d.account, d.region, s.from, s.until)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		for rows.Next() {
			var f digest.LogFile
			var oldest, newest int64
			if err := rows.Scan(&f.Bucket, &f.Object, &f.Hash, &oldest, &newest); err != nil {
				return nil, err
			}
			f.Oldest, f.Newest = digest.At(at(oldest)), digest.At(at(newest))
			all = append(all, f)
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// sign makes plans of drafts, several at once: a signature is a millisecond
// of work.
func (s *Signer) sign(ctx context.Context, drafts []*draft) (err error) {
	for _, d := range drafts {
		if d.private, err = s.keys.at(ctx, d.region, at(d.end)); err != nil {
			return err
		}
	}
	group := new(errgroup.Group)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, d := range drafts {
		group.Go(func() error {
			f, err := digest.Sign(digest.Digest{
				Account: d.account, Start: digest.At(at(d.start)), End: digest.At(at(d.end)),
				Bucket: d.of.Bucket, Object: d.object(), Previous: d.head, LogFiles: d.files,
			}, d.private)
			if err == nil {
				d.plan = newPlan(f, d.end)
			}
			return err
		})
	}
	return group.Wait()
}

// errTurnedUp undoes a plan because files became visible that it should list.
var errTurnedUp = errors.New("chain: files turned up while a digest was planned")

// commit marks the files of the draft and makes its plan stand.
func (d *draft) commit(ctx context.Context, tx *sql.Tx) error {
	var marked int64
	for _, s := range d.of.spans(d.end) {
		res, err := tx.ExecContext(ctx, `UPDATE manifest SET digested = $6 WHERE `+undigested,
			d.trail, d.account, d.region, s.from, s.until, d.end)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return err
		}
		marked += n
	}
	if marked != int64(len(d.files)) {
		return errTurnedUp
	}
	return exactlyOne(tx.ExecContext(ctx, `UPDATE chain SET planned = $5, plan = $6 WHERE `+thisChain+` AND planned = ''`,
		append(d.key(), d.plan.Key, d.plan.encode())...))
}

// commit makes changes durable, all or nothing.
func (s *Signer) commit(ctx context.Context, changes []change) error {
	if len(changes) == 0 {
		return nil
	}
	return s.Store.Fenced(ctx, s.lease.Held, func(tx *sql.Tx) error {
		for _, c := range changes {
			if err := c(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
}
