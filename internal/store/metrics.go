package store

import (
	"sync/atomic"
	"time"
)

// Metrics are what the store has counted since it was opened, and how it
// stands now.
type Metrics struct {
	// Commits are batches that became durable, Requests the callers that
	// were told so; their ratio is the size of a batch.
	Commits, Requests int64
	// Entries are journal entries, EntryBytes their size as they came and
	// ChunkBytes as they are stored.
	Entries, EntryBytes, ChunkBytes int64
	// Wait is how long those Requests have waited in all, from the call to
	// the answer.
	Wait time.Duration
	// Retries are batches that were run again after the connection was
	// lost, Unknown commits whose answer was lost.
	Retries, Unknown int64
	// Queued are callers that wait for a batch now.
	Queued int
	// Revision is that of the control plane.
	Revision int64
}

type counters struct {
	commits, requests               atomic.Int64
	entries, entryBytes, chunkBytes atomic.Int64
	wait                            atomic.Int64
	retries, unknown                atomic.Int64
}

func (c *counters) landed(b *batch) {
	now := time.Now()
	var wait time.Duration
	good := 0
	for _, r := range b.requests {
		if r.err == nil {
			good++
			wait += now.Sub(r.since)
		}
	}
	size := 0
	for i := range b.entries {
		size += len(b.entries[i].Record)
	}
	c.commits.Add(1)
	c.requests.Add(int64(good))
	c.wait.Add(int64(wait))
	c.entries.Add(int64(b.packed.N))
	c.entryBytes.Add(int64(size))
	c.chunkBytes.Add(int64(len(b.packed.Data)))
}

// Metrics returns the counters. They are read one after another, so they may
// be a commit apart.
func (s *Store) Metrics() Metrics {
	c := &s.metrics
	return Metrics{
		Commits: c.commits.Load(), Requests: c.requests.Load(),
		Entries: c.entries.Load(), EntryBytes: c.entryBytes.Load(), ChunkBytes: c.chunkBytes.Load(),
		Wait: time.Duration(c.wait.Load()), Retries: c.retries.Load(), Unknown: c.unknown.Load(),
		Queued: s.queue.len(), Revision: s.View().Rev(),
	}
}
