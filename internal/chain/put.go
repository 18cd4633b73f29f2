package chain

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/orgtrail/orgtrail/digest"
	"github.com/orgtrail/orgtrail/internal/aws"
)

const (
	// putsAtOnce bounds the digests that are put at the same time.
	putsAtOnce = 8
	// putTime is how long a bucket may take for one digest.
	putTime = time.Minute
)

// put puts the digests of the tasks. It fails only with ctx, and then some of
// them may be in their bucket: their plans stand, and putting them again gives
// the same objects.
//
// A bucket that does not answer is not asked again for the others that are
// due at the same time.
func (s *Signer) put(ctx context.Context, tasks []*task, silent *sync.Map) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(s.puts)
	for _, t := range tasks {
		group.Go(func() error {
			if err, ok := silent.Load(t.plan.Bucket); ok {
				t.refused = err.(*aws.Error)
			} else if t.refused = s.putOne(ctx, t); unanswered(t.refused) {
				silent.Store(t.plan.Bucket, t.refused)
			}
			return ctx.Err()
		})
	}
	return group.Wait()
}

func (s *Signer) putOne(ctx context.Context, t *task) *aws.Error {
	ctx, cancel := context.WithTimeout(ctx, putTime)
	defer cancel()
	signed := digest.File{Signature: t.plan.Signature}
	return s.Bucket.PutDigest(ctx, s.Store.View(), Object{
		Bucket: t.plan.Bucket, Key: t.plan.Key, Body: t.plan.Body, Metadata: signed.Metadata(),
		ARN: t.of.ARN, Owner: t.of.Owner, Organization: t.of.Organization,
	})
}

// unanswered reports whether a put failed without an answer of S3.
func unanswered(err *aws.Error) bool { return err != nil && err.Code == aws.InternalFailure }
