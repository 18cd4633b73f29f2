package relay

import (
	"context"
	"database/sql"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
)

// The kinds of recipients that a trail has a status for.
const (
	toLogs  = "logs"
	toTopic = "topic"
)

// Status is how passing on went for one trail, account and region.
type Status struct {
	Logs, Topic Outcome
}

// Outcome is how it went with one recipient. A zero time is never.
type Outcome struct {
	Attempted, Taken time.Time
	// Error is why the last attempt was refused: SNS's code, or what
	// CloudWatch Logs or IAM said. It is "" after a success.
	Error string
}

// note writes down how an attempt went, in the call's transaction.
func note(c *call.Call, kind string, k streamKey, refused *aws.Error) {
	taken, why := c.Time.UnixMilli(), ""
	if refused != nil {
		taken, why = 0, refused.Code
		if kind == toLogs {
			why = refused.Message
		}
	}
	c.Tx.Exec(`INSERT INTO relay_status (trail, account, region, kind, attempted, taken, error) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (trail, account, region, kind) DO UPDATE SET attempted = excluded.attempted, error = excluded.error,
			taken = CASE WHEN excluded.taken > 0 THEN excluded.taken ELSE relay_status.taken END`,
		k.Trail, k.Account, k.Region, kind, c.Time.UnixMilli(), taken, why)
}

// Status returns the status of a trail, named by its internal id, in an
// account and a region.
func (r *Relay) Status(ctx context.Context, trail, account, region string) (Status, error) {
	var s Status
	err := r.Store.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT kind, attempted, taken, error FROM relay_status WHERE trail = $1 AND account = $2 AND region = $3`,
			trail, account, region)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var kind string
			var o Outcome
			var attempted, taken int64
			if err := rows.Scan(&kind, &attempted, &taken, &o.Error); err != nil {
				return err
			}
			o.Attempted, o.Taken = fromMilli(attempted), fromMilli(taken)
			if kind == toLogs {
				s.Logs = o
			} else {
				s.Topic = o
			}
		}
		return rows.Err()
	})
	return s, err
}

func fromMilli(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
