package chain

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Status is how the digests of one trail in one account and region went.
type Status struct {
	Delivered time.Time // the last digest taken by its bucket; zero for never
	// Error is S3's code of the last refusal, "" when a digest was taken
	// since. A bucket that did not answer at all leaves it as it was.
	Error string
}

// Status returns the status of a trail, named by its id, in an account and a
// region.
func (s *Signer) Status(ctx context.Context, trail, account, region string) (Status, error) {
	var delivered int64
	var code string
	err := s.Store.Read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT delivered, error FROM digest_status WHERE trail = $1 AND account = $2 AND region = $3`,
			trail, account, region).Scan(&delivered, &code)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return Status{}, nil
	}
	status := Status{Error: code}
	if delivered != 0 {
		status.Delivered = at(delivered)
	}
	return status, err
}

// status brings the status up to date with what became of the task at now.
func (t *task) status(now int64) change {
	var delivered int64
	var code string
	switch {
	case t.refused == nil:
		delivered = now
	case unanswered(t.refused):
		return func(context.Context, *sql.Tx) error { return nil }
	default:
		code = t.refused.Code
	}
	return func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO digest_status (trail, account, region, delivered, error) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (trail, account, region) DO UPDATE SET error = excluded.error,
				delivered = CASE WHEN excluded.delivered > 0 THEN excluded.delivered ELSE digest_status.delivered END`,
			t.trail, t.account, t.region, delivered, code)
		return err
	}
}
