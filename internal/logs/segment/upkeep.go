package segment

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/orgtrail/orgtrail/internal/lease"
	"github.com/orgtrail/orgtrail/internal/store"
)

const (
	leaseName = "logs"
	leaseTTL  = 30 * time.Second
	// mergeEvery is how often fresh blocks are looked at, and sweepEvery how
	// often what has expired or was dropped is removed.
	mergeEvery = 5 * time.Second
	sweepEvery = 10 * time.Minute
	// sweepBatch is how many blocks are removed in one transaction.
	sweepBatch = 256
)

// Store is what upkeep needs of the store.
type Store interface {
	lease.Store
	Read(ctx context.Context, fn func(*sql.Tx) error) error
	Fenced(ctx context.Context, l store.Lease, fn func(*sql.Tx) error) error
}

// Upkeep merges small blocks and removes what is no longer wanted.
type Upkeep struct {
	Store Store
	// Horizons tells of each group whose events expire the time before which
	// they have, in Unix milliseconds.
	Horizons func(now time.Time) map[int64]int64
	Keys     Keys
	Now      func() time.Time
	Log      *slog.Logger

	working sync.Mutex // Run and Advance may meet
	lease   *lease.Lease
}

// Run keeps the blocks in order until ctx ends.
func (u *Upkeep) Run(ctx context.Context) {
	tick := time.NewTicker(mergeEvery)
	defer tick.Stop()
	defer u.release()
	var swept time.Time
	for {
		work := u.merge
		if time.Since(swept) >= sweepEvery {
			work, swept = u.all, time.Now()
		}
		if err := u.alone(ctx, work); err != nil && ctx.Err() == nil {
			u.Log.Error("the upkeep of log events is left undone", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Advance does everything that is due. A nil error means that nothing of it
// is left, or that another replica is at it.
func (u *Upkeep) Advance(ctx context.Context) error { return u.alone(ctx, u.all) }

func (u *Upkeep) all(ctx context.Context) error {
	return errors.Join(u.sweepDropped(ctx), u.expire(ctx), u.merge(ctx))
}

// alone works under the lease, unless another replica has it.
func (u *Upkeep) alone(ctx context.Context, work func(context.Context) error) error {
	u.working.Lock()
	defer u.working.Unlock()
	if u.lease == nil {
		u.lease = &lease.Lease{Store: u.Store, Name: leaseName, TTL: leaseTTL}
	}
	ctx, done, err := u.lease.Hold(ctx)
	if errors.Is(err, store.ErrLeaseHeld) {
		return nil
	}
	if err != nil {
		return err
	}
	defer done()
	return work(ctx)
}

func (u *Upkeep) release() {
	u.working.Lock()
	defer u.working.Unlock()
	if u.lease == nil {
		return
	}
	if err := u.lease.Release(); err != nil {
		u.Log.Warn("the lease of the upkeep of log events was not given back", "error", err)
	}
}

// expire removes the blocks all of whose events have expired. A block spans a
// day at most, so an event outlives its time by no more than that; readers
// have left it out since.
func (u *Upkeep) expire(ctx context.Context) error {
	for group, before := range u.Horizons(u.Now()) {
		err := u.remove(ctx, `DELETE FROM log_block WHERE (stream, seq) IN (SELECT stream, seq FROM log_block
			WHERE grp = $1 AND first_time < $2 AND last_time < $2 ORDER BY first_time LIMIT $3)`, group, before, sweepBatch)
		if err != nil {
			return err
		}
	}
	return nil
}

// sweepDropped removes the blocks of streams and groups that are gone. What
// is to be removed is forgotten only when no block is left.
func (u *Upkeep) sweepDropped(ctx context.Context) error {
	dropped, err := u.numbers(ctx, `SELECT grp, stream FROM log_dropped`)
	if err != nil {
		return err
	}
	for _, d := range dropped {
		group, stream := d[0], d[1]
		of, number := `stream = $1`, stream
		if stream == 0 {
			of, number = `grp = $1`, group
		}
		err := u.remove(ctx, `DELETE FROM log_block WHERE (stream, seq) IN (SELECT stream, seq FROM log_block WHERE `+of+` LIMIT $2)`, number, sweepBatch)
		if err == nil {
			err = u.remove(ctx, `DELETE FROM log_dropped WHERE grp = $1 AND stream = $2`, group, stream)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// remove repeats a statement that deletes some rows, in a transaction each,
// until it finds no more.
func (u *Upkeep) remove(ctx context.Context, text string, args ...any) error {
	for removed := int64(1); removed > 0; {
		err := u.Store.Fenced(ctx, u.lease.Held, func(tx *sql.Tx) error {
			done, err := tx.ExecContext(ctx, text, args...)
			if err != nil {
				return err
			}
			removed, err = done.RowsAffected()
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// numbers reads rows of two numbers.
func (u *Upkeep) numbers(ctx context.Context, text string, args ...any) (found [][2]int64, err error) {
	err = u.Store.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, text, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var n [2]int64
			if err := rows.Scan(&n[0], &n[1]); err != nil {
				return err
			}
			found = append(found, n)
		}
		return rows.Err()
	})
	return found, err
}

// list writes placeholders for n values, after the first have been used.
func list(used, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("$")
		b.WriteString(strconv.Itoa(used + i + 1))
	}
	return b.String()
}
