package chain

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/store"
)

// taker takes everything and keeps nothing.
type taker struct{}

func (taker) PutDigest(context.Context, store.Reader, Object) *aws.Error { return nil }

// organization is a rig with a trail of that many accounts whose chains are
// open.
func organization(b *testing.B, accounts int) *rig {
	r := newRig(b)
	var members []string
	for n := range accounts - 1 {
		members = append(members, fmt.Sprintf("%012d", n+2))
	}
	r.create("a", "o-exampleorg", members...)
	r.signer = r.newSigner(func(c *Config) { c.Bucket = taker{} })
	if err := r.signer.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	return r
}

// files fills the manifest as an hour of deliveries does.
func (r *rig) files(accounts int, every time.Duration) {
	r.t.Helper()
	now := r.clock.Now()
	for at := now; at.Before(now.Add(time.Hour)); at = at.Add(every) {
		err := r.store.Write(context.Background(), func(tx *sql.Tx) error {
			stmt, err := tx.Prepare(`INSERT INTO manifest (trail, account, region, delivered, bucket, object, sha256, oldest, newest, records, size)
				VALUES ('a', $1, $2, $3, 'logs', $4, $5, $3, $3, 1, 1)`)
			if err != nil {
				return err
			}
			for n := range accounts {
				account := fmt.Sprintf("%012d", n+1)
				object := "AWSLogs/o-exampleorg/" + account + "/CloudTrail/us-east-1/" + at.Format("2006/01/02/") + account + "_CloudTrail_us-east-1_" + at.Format("20060102T1504Z") + "_aaaaaaaaaaaaaaaa.json.gz"
				if _, err := stmt.Exec(account, virginia, at.UnixMilli(), object, "d2a84f4b8b650937ec8f73cd8be2c74add5a911ba64df27458ed8229da804a26"); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			r.t.Fatal(err)
		}
	}
}

// BenchmarkHour is the work of one hour for an organization of 10,000
// accounts, each with a log file every five minutes.
func BenchmarkHour(b *testing.B) {
	const accounts = 10_000
	r := organization(b, accounts)
	for b.Loop() {
		b.StopTimer()
		r.files(accounts, 5*time.Minute)
		r.clock.Advance(time.Hour)
		b.StartTimer()
		if err := r.signer.RunDue(b.Context(), r.clock.Now()); err != nil {
			b.Fatal(err)
		}
	}
	if n := r.signer.Metrics().Digests; n != int64(b.N)*accounts {
		b.Errorf("%d digests", n)
	}
}

// BenchmarkIdle is what the stage does when nothing is due.
func BenchmarkIdle(b *testing.B) {
	for _, what := range []string{"step", "survey"} {
		b.Run(what, func(b *testing.B) {
			r := organization(b, 10_000)
			for b.Loop() {
				if what == "survey" {
					r.signer.mustSurvey()
				}
				if err := r.signer.step(b.Context(), r.clock.Now(), false); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
