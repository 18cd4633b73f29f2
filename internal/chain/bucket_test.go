package chain

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/orgtrail/orgtrail/digest"
	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/delivery"
	"github.com/orgtrail/orgtrail/internal/store"
)

// buckets are buckets in memory that remember whether an object was ever
// replaced by another one.
type buckets struct {
	mu      sync.Mutex
	objects map[string]map[string]object
	changed []string
	digests []string // the keys of the digests, in the order of their puts
	// refuse decides over each put; nil takes everything.
	refuse func(bucket, key string) *aws.Error
}

type object struct {
	body     []byte
	metadata map[string]string
}

func newBuckets() *buckets { return &buckets{objects: map[string]map[string]object{}} }

func (b *buckets) PutLog(_ context.Context, _ store.Reader, o delivery.Object) *aws.Error {
	return b.put(o.Bucket, o.Key, object{bytes.Clone(o.Body), nil})
}

func (b *buckets) PutDigest(_ context.Context, _ store.Reader, o Object) *aws.Error {
	return b.put(o.Bucket, o.Key, object{bytes.Clone(o.Body), maps.Clone(o.Metadata)})
}

func (b *buckets) put(bucket, key string, o object) *aws.Error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refuse != nil {
		if err := b.refuse(bucket, key); err != nil {
			return err
		}
	}
	if b.objects[bucket] == nil {
		b.objects[bucket] = map[string]object{}
	}
	old, there := b.objects[bucket][key]
	if there && (!bytes.Equal(old.body, o.body) || !maps.Equal(old.metadata, o.metadata)) {
		b.changed = append(b.changed, bucket+"/"+key)
	}
	b.objects[bucket][key] = o
	if o.metadata != nil {
		b.digests = append(b.digests, key)
	}
	return nil
}

func (b *buckets) refusing(f func(bucket, key string) *aws.Error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refuse = f
}

// denyDigests refuses digests and takes log files.
func denyDigests(_, key string) *aws.Error {
	if strings.Contains(key, "/CloudTrail-Digest/") {
		return aws.Errorf(aws.AccessDenied, "no")
	}
	return nil
}

func denyAll(string, string) *aws.Error { return aws.Errorf("NoSuchBucket", "no") }

func (b *buckets) keys(bucket string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(maps.Keys(b.objects[bucket]))
}

// List and Get implement digest.Buckets.
func (b *buckets) List(_ context.Context, bucket, prefix, after string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, key := range b.keys(bucket) {
			if strings.HasPrefix(key, prefix) && key > after && !yield(key, nil) {
				return
			}
		}
	}
}

func (b *buckets) Get(_ context.Context, bucket, key string) (*digest.Object, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o, ok := b.objects[bucket][key]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return &digest.Object{Body: io.NopCloser(bytes.NewReader(o.body)), Metadata: o.metadata}, nil
}
