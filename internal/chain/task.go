package chain

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/orgtrail/orgtrail/digest"
	"github.com/orgtrail/orgtrail/internal/aws"
)

// batchSize is how many digests are planned, put and settled together.
const batchSize = 64

// A task is a chain that is due, on its way to its next digest.
type task struct {
	chain
	organization string
	head         digest.Link
	plan         *plan // nil until it is planned

	of      *Trail
	refused *aws.Error // what became of the put; nil when the bucket took it
}

// A plan is a digest as it will be put: with these bytes and under this key,
// however often it has to be tried.
type plan struct {
	Bucket    string `json:"bucket"`
	Key       string `json:"key"`
	End       int64  `json:"end"`
	Hash      string `json:"hash"`
	Signature string `json:"signature"`
	Body      []byte `json:"body"` // gzip of the JSON
}

func newPlan(f *digest.File, end int64) *plan {
	return &plan{Bucket: f.Bucket, Key: f.Object, End: end, Hash: f.Hash(), Signature: f.Signature, Body: f.Body()}
}

func (p *plan) encode() []byte {
	b, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings, a number and bytes
	}
	return b
}

func decodePlan(b []byte) (*plan, error) {
	if len(b) == 0 {
		return nil, nil
	}
	p := new(plan)
	if err := json.Unmarshal(b, p); err != nil {
		return nil, fmt.Errorf("chain: a plan cannot be read: %w", err)
	}
	if p.Bucket == "" || p.Key == "" || p.Signature == "" || p.End <= 0 {
		return nil, errors.New("chain: a plan without a place, an end or a signature")
	}
	return p, nil
}

// link is what the next digest says of this one.
func (p *plan) link() digest.Link {
	return digest.Link{Bucket: p.Bucket, Object: p.Key, Hash: p.Hash, Signature: p.Signature}
}

// A batch is a number of chains that are due, the first of all.
type batch struct {
	tasks   []*task
	horizon int64
}

// nextBatch reads the chains that are due at now and not past the horizon. A
// chain that another one of its place comes before is not due until that one
// is finished.
func (s *Signer) nextBatch(ctx context.Context, now int64) (b *batch, err error) {
	err = s.Store.Read(ctx, func(tx *sql.Tx) error {
		b = new(batch)
		if b.horizon, err = horizon(ctx, tx, now); err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, `SELECT `+chainColumns+`, organization, bucket, object, hash, signature, plan FROM chain c
			WHERE due <= $1 AND NOT EXISTS (SELECT 1 FROM chain e WHERE e.trail = c.trail AND e.account = c.account AND e.region = c.region
				AND e.since < c.since AND e.due < $2)
			ORDER BY due, trail, account, region LIMIT $3`, b.horizon, int64(never), batchSize)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			t := new(task)
			var encoded []byte
			err := rows.Scan(append(t.fields(), &t.organization, &t.head.Bucket, &t.head.Object, &t.head.Hash, &t.head.Signature, &encoded)...)
			if err != nil {
				return err
			}
			if t.plan, err = decodePlan(encoded); err != nil {
				return err
			}
			b.tasks = append(b.tasks, t)
		}
		return rows.Err()
	})
	return b, err
}

// postpone lets a chain wait until a time without any other change.
func (t *task) postpone(due int64) change {
	return func(ctx context.Context, tx *sql.Tx) error {
		return exactlyOne(tx.ExecContext(ctx, `UPDATE chain SET due = $5 WHERE `+thisChain, append(t.key(), due)...))
	}
}

// withdraw takes a plan back whose bucket or prefix is not the trail's any
// more: its files stand in no digest again, and the same window is planned
// anew. Changing the bucket is how a refusal is mended.
func (t *task) withdraw() change {
	end := t.plan.End
	t.plan, t.planned = nil, ""
	return func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE manifest SET digested = 0 WHERE trail = $1 AND account = $2 AND region = $3 AND digested = $4`,
			t.trail, t.account, t.region, end)
		if err != nil {
			return err
		}
		return exactlyOne(tx.ExecContext(ctx, `UPDATE chain SET planned = '', plan = $5 WHERE `+thisChain, append(t.key(), []byte{})...))
	}
}
