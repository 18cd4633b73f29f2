package delivery

import (
	"context"
	"database/sql"
	"time"
)

// Delivered is one log file that is in its bucket: a row of the manifest,
// from which digests are made.
type Delivered struct {
	Trail, Account, Region string
	Bucket, Object         string // Object is the whole key
	// SHA256 (hex) and Size are those of the uncompressed bytes.
	SHA256         string
	Size           int64
	Records        int
	Oldest, Newest time.Time // eventTime, in milliseconds
	Topic          string    // that is to be told of the file, or ""
}

// insert writes the row of a file delivered at now.
func (d *Delivered) insert(ctx context.Context, tx *sql.Tx, now time.Time) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO manifest (trail, account, region, delivered, bucket, object, sha256, oldest, newest, records, size, topic)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		d.Trail, d.Account, d.Region, now.UnixMilli(), d.Bucket, d.Object, d.SHA256, d.Oldest.UnixMilli(), d.Newest.UnixMilli(), d.Records, d.Size, d.Topic)
	return err
}
