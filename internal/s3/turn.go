package s3

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// turns are the turns that calls of this process take at the names of
// buckets. Who makes or deletes a bucket, or sets what the plane knows of it,
// is alone with its name from before the plane is touched until the
// transaction has ended; who works on what is in it shares the name with its
// like, for as long as the plane does the work.
type turns struct {
	patience time.Duration // of who waits
	mu       sync.Mutex
	names    map[string]*turn
}

type turn struct {
	*semaphore.Weighted
	users int // that have it or wait for it
}

// all is the weight of one who is alone.
const all = 1 << 30

// turnPatience bounds the wait for a turn.
const turnPatience = 10 * time.Second

// alone waits until nobody else is at a name.
func (t *turns) alone(ctx context.Context, name string) (leave func(), err error) {
	return t.take(ctx, name, all)
}

// shared waits until nobody is alone at a name.
func (t *turns) shared(ctx context.Context, name string) (leave func(), err error) {
	return t.take(ctx, name, 1)
}

func (t *turns) take(ctx context.Context, name string, weight int64) (leave func(), err error) {
	mine := t.at(name)
	if !mine.TryAcquire(weight) {
		ctx, cancel := context.WithTimeout(ctx, t.patience)
		defer cancel()
		if mine.Acquire(ctx, weight) != nil {
			t.left(name, mine)
			return nil, aws.Errorf("OperationAborted", "A conflicting conditional operation is currently in progress against this resource. Please try again.")
		}
	}
	return func() {
		mine.Release(weight)
		t.left(name, mine)
	}, nil
}

func (t *turns) at(name string) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	mine := t.names[name]
	if mine == nil {
		mine = &turn{Weighted: semaphore.NewWeighted(all)}
		if t.names == nil {
			t.names = map[string]*turn{}
		}
		t.names[name] = mine
	}
	mine.users++
	return mine
}

// left forgets a name that nobody is at.
func (t *turns) left(name string, mine *turn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if mine.users--; mine.users == 0 {
		delete(t.names, name)
	}
}
