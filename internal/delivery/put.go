package delivery

import (
	"bytes"
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/orgtrail/orgtrail/internal/aws"
)

const (
	// putsAtOnce bounds the files of a cut that are built and put at the same
	// time.
	putsAtOnce = 8
	// putTime is how long a bucket may take for one file.
	putTime = 30 * time.Second
)

// A result is what became of one file.
type result struct {
	Delivered
	object  string     // the key without the trail's prefix
	refused *aws.Error // nil when the bucket took it
	gzip    []byte     // the bytes, when it was refused
}

// put builds the files of a cut and puts them. It fails only with ctx, and
// then some of them may be in their bucket: the cut stands, and carrying it
// out again puts the same bytes.
//
// A bucket that does not answer is not asked again for the other files of
// its trail in this cut.
func (s *shard) put(ctx context.Context, files []file) ([]result, error) {
	results := make([]result, len(files))
	var silent sync.Map // trail → *aws.Error
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(putsAtOnce)
	for i := range files {
		group.Go(func() error {
			f := &files[i]
			p := packers.Get().(*packer)
			defer packers.Put(p)
			b := p.pack(f.records)
			r := &results[i]
			*r = result{Delivered: f.delivered(&b), object: f.Object}
			if err, ok := silent.Load(f.Trail); ok {
				r.refused = err.(*aws.Error)
			} else if r.refused = s.putObject(ctx, f.to, r, b.gzip); unanswered(r.refused) {
				silent.Store(f.Trail, r.refused)
			}
			if r.refused != nil {
				// The buffer is the spool's now. It is not used again either
				// if the bucket reads on after it has failed.
				r.gzip, p.out = b.gzip, bytes.Buffer{}
			}
			return ctx.Err()
		})
	}
	return results, group.Wait()
}

// putObject puts the bytes of one file.
func (s *shard) putObject(ctx context.Context, d Destination, r *result, gzip []byte) *aws.Error {
	ctx, cancel := context.WithTimeout(ctx, putTime)
	defer cancel()
	return s.Bucket.PutLog(ctx, s.Store.View(), Object{
		Bucket: r.Bucket, Key: r.Object, Body: gzip,
		TrailARN: d.TrailARN, Owner: d.Owner, Organization: d.Organization,
		Account: r.Account, Region: r.Region, KMSKey: d.Key,
	})
}

// unanswered reports whether a put failed without an answer of S3.
func unanswered(err *aws.Error) bool { return err != nil && err.Code == aws.InternalFailure }

// delivered is what the manifest will say of a file, but for the time.
func (f *file) delivered(b *body) Delivered {
	return Delivered{
		Trail: f.Trail, Account: f.Account, Region: f.Region,
		Bucket: f.to.Bucket, Object: withPrefix(f.to.Prefix, f.Object), Topic: f.to.Topic,
		SHA256: b.sha256, Size: b.size, Records: b.records,
		Oldest: time.UnixMilli(b.oldest).UTC(), Newest: time.UnixMilli(b.newest).UTC(),
	}
}
