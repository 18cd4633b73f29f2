package delivery

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/orgtrail/orgtrail/internal/store"
)

// Metrics are what can be counted of deliveries by this process.
type Metrics struct {
	// Lag is the age of the oldest record that was read and not yet cut, over
	// the shards that this process holds.
	Lag time.Duration

	Cuts     int64
	CutTime  time.Duration // spent on them altogether
	Files    int64         // taken by their buckets
	Records  int64         // in those files
	Bytes    int64         // uncompressed, in those files
	Failures int64         // puts that were refused or not answered
	GivenUp  int64         // files dropped from the spool
	Unrouted int64         // records of trails that nobody knew

	// SpoolFiles and SpoolBytes (compressed) are what waits in the spool, of
	// the shards that this process holds.
	SpoolFiles, SpoolBytes int64
}

// counters only grow.
type counters struct {
	cuts, cutTime, files, records, bytes, failures, givenUp, unrouted atomic.Int64
}

// gauges are of one shard.
type gauges struct {
	oldest                 atomic.Int64 // Unix milliseconds; 0 when nothing waits
	spoolFiles, spoolBytes atomic.Int64
	behind                 atomic.Bool // the journal has more than a window holds
}

// Behind reports whether the journal holds more than this process delivers at
// once: a backlog, which what follows delivery may wait for.
func (d *Delivery) Behind() bool {
	for _, s := range d.shards {
		if s.behind.Load() {
			return true
		}
	}
	return false
}

// Metrics returns the counts at now.
func (d *Delivery) Metrics(now time.Time) Metrics {
	m := Metrics{
		Cuts:     d.cuts.Load(),
		CutTime:  time.Duration(d.cutTime.Load()),
		Files:    d.files.Load(),
		Records:  d.records.Load(),
		Bytes:    d.bytes.Load(),
		Failures: d.failures.Load(),
		GivenUp:  d.givenUp.Load(),
		Unrouted: d.unrouted.Load(),
	}
	for _, s := range d.shards {
		if oldest := s.oldest.Load(); oldest != 0 {
			m.Lag = max(m.Lag, now.Sub(time.UnixMilli(oldest)))
		}
		m.SpoolFiles += s.spoolFiles.Load()
		m.SpoolBytes += s.spoolBytes.Load()
	}
	return m
}

// count adds what became of some files.
func (c *counters) count(results []result) {
	for i := range results {
		r := &results[i]
		if r.refused != nil {
			c.failures.Add(1)
			continue
		}
		c.files.Add(1)
		c.records.Add(int64(r.Records))
		c.bytes.Add(r.Size)
	}
}

// measure publishes what the shard holds after a step. While steps fail the
// oldest record is the one it was, so that the lag grows.
func (s *shard) measure(err error) {
	switch {
	case err == nil && !s.window.empty():
		s.oldest.Store(s.window.oldest.UnixMilli())
	case err == nil:
		s.oldest.Store(0)
	case errors.Is(err, store.ErrLeaseHeld), errors.Is(err, store.ErrLeaseLost): // another replica's now
		s.oldest.Store(0)
		s.spoolFiles.Store(0)
		s.spoolBytes.Store(0)
	}
}
