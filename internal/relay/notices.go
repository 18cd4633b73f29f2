package relay

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/orgtrail/orgtrail/internal/call"
)

// noticesAtOnce is how many files one transaction tells of.
const noticesAtOnce = 500

// delivered is a file that its trail's topic is to be told of.
type delivered struct {
	streamKey
	topic, bucket, object string
	at                    int64
}

// notices tells topics of the files delivered since the last time: the rows
// of the manifest that name a topic. They cease to in the transaction that
// publishes.
func (r *Relay) notices(ctx context.Context) error {
	for {
		files, err := r.untold(ctx)
		if err != nil || len(files) == 0 {
			return err
		}
		if err := r.tell(ctx, files); err != nil {
			return err
		}
	}
}

func (r *Relay) untold(ctx context.Context) ([]delivered, error) {
	var files []delivered
	err := r.Store.Read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT topic, trail, account, region, delivered, bucket, object FROM manifest
			WHERE topic <> '' ORDER BY delivered, trail, account, region, object LIMIT $1`, noticesAtOnce)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var f delivered
			if err := rows.Scan(&f.topic, &f.Trail, &f.Account, &f.Region, &f.at, &f.bucket, &f.object); err != nil {
				return err
			}
			files = append(files, f)
		}
		return rows.Err()
	})
	return files, err
}

// notice is the message that CloudTrail publishes.
type notice struct {
	Bucket string   `json:"s3Bucket"`
	Keys   []string `json:"s3ObjectKey"`
}

// tell publishes a notice for each run of files of one trail, account, region
// and delivery.
func (r *Relay) tell(ctx context.Context, files []delivered) error {
	return r.System(ctx, actor, "", "", func(c *call.Call) error {
		c.Tx.Fence(r.lease.Held)
		for rest := files; len(rest) > 0; {
			first := rest[0]
			n := notice{Bucket: first.bucket}
			for len(rest) > 0 && rest[0].together(&first) {
				n.Keys = append(n.Keys, rest[0].object)
				rest = rest[1:]
			}
			text, err := json.Marshal(n)
			if err != nil {
				return err
			}
			note(c, toTopic, first.streamKey,
				r.Topics.Publish(c, first.topic, string(text), r.Trails.Source(c.State, first.Trail)))
		}
		for i := range files {
			f := &files[i]
			c.Tx.Exec(`UPDATE manifest SET topic = '' WHERE trail = $1 AND account = $2 AND region = $3 AND delivered = $4 AND object = $5`,
				f.Trail, f.Account, f.Region, f.at, f.object)
		}
		return nil
	})
}

func (f *delivered) together(g *delivered) bool {
	return f.streamKey == g.streamKey && f.topic == g.topic && f.bucket == g.bucket && f.at == g.at
}
