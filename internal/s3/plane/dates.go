package plane

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Conditions on dates know whole seconds, as Last-Modified tells them; the
// store compares them with the fraction that its files have, so that the very
// date it has told would be too early. A date therefore stands for the last
// moment of its second.
func lastMoment(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	return new(t.Truncate(time.Second).Add(time.Second - 1))
}

// GetObject reads an object.
func (d *durable) GetObject(ctx context.Context, in *s3.GetObjectInput) (*s3.GetObjectOutput, error) {
	q := *in
	q.IfModifiedSince, q.IfUnmodifiedSince = lastMoment(in.IfModifiedSince), lastMoment(in.IfUnmodifiedSince)
	return d.Posix.GetObject(ctx, &q)
}

// HeadObject reads what is known of an object.
func (d *durable) HeadObject(ctx context.Context, in *s3.HeadObjectInput) (*s3.HeadObjectOutput, error) {
	q := *in
	q.IfModifiedSince, q.IfUnmodifiedSince = lastMoment(in.IfModifiedSince), lastMoment(in.IfUnmodifiedSince)
	return d.Posix.HeadObject(ctx, &q)
}
