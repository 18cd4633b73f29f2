package delivery

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/store"
)

// memoryBuckets are buckets in memory that remember whether a key was ever
// given other bytes.
type memoryBuckets struct {
	mu      sync.Mutex
	objects map[string]Object // by bucket/key
	puts    int
	changed []string
	// refuse decides over each put; nil takes everything.
	refuse func(Object) *aws.Error
}

func (b *memoryBuckets) PutLog(_ context.Context, _ store.Reader, o Object) *aws.Error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.puts++
	if b.refuse != nil {
		if err := b.refuse(o); err != nil {
			return err
		}
	}
	if b.objects == nil {
		b.objects = map[string]Object{}
	}
	at := o.Bucket + "/" + o.Key
	if there, ok := b.objects[at]; ok && !bytes.Equal(there.Body, o.Body) {
		b.changed = append(b.changed, at)
	}
	o.Body = bytes.Clone(o.Body)
	b.objects[at] = o
	return nil
}

// refusing sets what decides over puts from now on.
func (b *memoryBuckets) refusing(f func(Object) *aws.Error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refuse = f
}

func (b *memoryBuckets) keys() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(maps.Keys(b.objects))
}

// bodies returns what the buckets hold, and fails when a key was rewritten
// with other bytes.
func (b *memoryBuckets) bodies(t testing.TB) map[string][]byte {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, at := range b.changed {
		t.Errorf("%s was put with other bytes", at)
	}
	all := map[string][]byte{}
	for at, o := range b.objects {
		all[at] = o.Body
	}
	return all
}

// denied refuses everything with a code.
func denied(code string) func(Object) *aws.Error {
	return func(Object) *aws.Error { return aws.Errorf(code, "no") }
}

// discard takes everything and keeps nothing.
type discard struct{}

func (discard) PutLog(context.Context, store.Reader, Object) *aws.Error { return nil }
