package delivery

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Status is how the delivery of one trail in one account and region went. A
// zero time is never.
type Status struct {
	Attempted time.Time // the last file put, whether or not it was taken
	Delivered time.Time // the last file taken
	// Error is S3's code of the last refusal, "" when a file was taken since.
	// A bucket that did not answer at all leaves it as it was.
	Error string
}

// Status returns the status of a trail, named by its internal id, in an
// account and a region.
func (d *Delivery) Status(ctx context.Context, trail, account, region string) (Status, error) {
	var attempted, delivered int64
	var code string
	err := d.Store.Read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT attempted, delivered, error FROM delivery_status WHERE trail = $1 AND account = $2 AND region = $3`,
			trail, account, region).Scan(&attempted, &delivered, &code)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return Status{}, nil
	}
	return Status{fromMilli(attempted), fromMilli(delivered), code}, err
}

// outcome is what some results mean for the status of one trail, account and
// region.
type outcome struct {
	taken bool
	code  string // of the last refusal after the last file taken
}

// writeStatus brings the statuses up to date with results of now.
func writeStatus(ctx context.Context, tx *sql.Tx, results []result, now time.Time) error {
	outcomes := map[fileKey]*outcome{}
	for i := range results {
		r := &results[i]
		k := fileKey{Trail: r.Trail, Account: r.Account, Region: r.Region}
		o := outcomes[k]
		if o == nil {
			o = new(outcome)
			outcomes[k] = o
		}
		switch {
		case r.refused == nil:
			o.taken, o.code = true, ""
		case !unanswered(r.refused):
			o.code = r.refused.Code
		}
	}
	for k, o := range outcomes {
		if err := o.write(ctx, tx, k, now.UnixMilli()); err != nil {
			return err
		}
	}
	return nil
}

func (o *outcome) write(ctx context.Context, tx *sql.Tx, k fileKey, now int64) error {
	delivered := int64(0)
	if o.taken {
		delivered = now
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO delivery_status (trail, account, region, attempted, delivered, error) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (trail, account, region) DO UPDATE SET attempted = excluded.attempted,
			delivered = CASE WHEN excluded.delivered > 0 THEN excluded.delivered ELSE delivery_status.delivered END,
			error = CASE WHEN excluded.delivered > 0 OR excluded.error <> '' THEN excluded.error ELSE delivery_status.error END`,
		k.Trail, k.Account, k.Region, now, delivered, o.code)
	return err
}

func fromMilli(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
