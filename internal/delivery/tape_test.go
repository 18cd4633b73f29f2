package delivery

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/orgtrail/orgtrail/internal/journal"
	"github.com/orgtrail/orgtrail/internal/store"
)

// endless is a journal of one writer of which each read gives one chunk.
type endless struct{ reads atomic.Int64 }

func (e *endless) ReadChunks(_ context.Context, after journal.Cursor, _ int) ([]store.Chunk, error) {
	e.reads.Add(1)
	return []store.Chunk{{Position: journal.Position{Writer: 1, Seq: after[1] + 1}}}, nil
}

// follow reads n stretches behind a cursor, checks that they are the next
// ones, and returns the cursor behind them.
func follow(t *testing.T, tape *tape, shard int, at journal.Cursor, n int) journal.Cursor {
	for range n {
		chunks, err := tape.read(context.Background(), shard, at)
		if err != nil || len(chunks) != 1 || chunks[0].Seq != at[1]+1 {
			t.Errorf("shard %d behind %v: %v, %v", shard, at, chunks, err)
			return at
		}
		at.Advance(chunks[0].Position)
	}
	return at
}

func TestTapeReadsOnceForAllShards(t *testing.T) {
	const n = 100 * stretches
	var e endless
	tape := &tape{journal: &e, patience: time.Hour}
	var at [shards]journal.Cursor
	for shard := range shards { // all are on the tape before one can run ahead
		at[shard] = follow(t, tape, shard, journal.Cursor{}, 1)
	}
	var wg sync.WaitGroup
	for shard := range shards {
		wg.Go(func() { follow(t, tape, shard, at[shard], n) })
	}
	wg.Wait()
	if reads := e.reads.Load(); reads != n+1 {
		t.Errorf("%d reads of %d stretches", reads, n+1)
	}
}

func TestTapeLosesPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var e endless
		tape := &tape{journal: &e, patience: 10 * time.Second}
		at := follow(t, tape, 1, journal.Cursor{}, 1)
		began := time.Now()
		end := follow(t, tape, 0, journal.Cursor{}, 100*stretches)
		if d := time.Since(began); d != tape.patience {
			t.Errorf("waited %v for a shard that does not come", d)
		}

		// Off the tape it reads for itself, and on it again it shares.
		before := e.reads.Load()
		at = follow(t, tape, 1, at, int(end[1]-at[1])-stretches)
		off := e.reads.Load()
		follow(t, tape, 1, at, stretches)
		if on := e.reads.Load(); off == before || on != off {
			t.Errorf("%d reads off the tape, %d on it", off-before, on-off)
		}
		if len(tape.kept) != stretches {
			t.Errorf("%d stretches are kept", len(tape.kept))
		}
	})
}

func TestTapeStartsAnewFurtherOn(t *testing.T) {
	var e endless
	tape := &tape{journal: &e, patience: time.Hour}
	for shard := range 2 {
		follow(t, tape, shard, journal.Cursor{}, 2*stretches)
	}
	follow(t, tape, 2, journal.Cursor{1: 1000}, 1)
	before := e.reads.Load()
	follow(t, tape, 3, journal.Cursor{1: 1000}, 1)
	if n := e.reads.Load() - before; n != 0 || len(tape.kept) != 1 {
		t.Errorf("%d reads, %d stretches are kept", n, len(tape.kept))
	}
}

func TestTapeWaitsNoLongerThanItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tape := &tape{journal: &endless{}, patience: time.Hour}
		follow(t, tape, 1, journal.Cursor{}, 1)
		at := follow(t, tape, 0, journal.Cursor{}, stretches+1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		tape.read(ctx, 0, at)
		if d := time.Since(began); d != time.Second {
			t.Errorf("it waited %v for the shard behind", d)
		}
	})
}
