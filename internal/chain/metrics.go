package chain

import "sync/atomic"

// Metrics are what can be counted of digests by this process.
type Metrics struct {
	Digests  int64 // taken by their buckets
	Failures int64 // puts that were refused or not answered
	Waiting  int64 // chains that waited after a refusal when they were last surveyed
}

type counters struct{ digests, failures, waiting atomic.Int64 }

// Metrics returns the counts.
func (s *Signer) Metrics() Metrics {
	return Metrics{s.digests.Load(), s.failures.Load(), s.waiting.Load()}
}

// count adds what became of some tasks.
func (s *Signer) count(tasks []*task) {
	for _, t := range tasks {
		if t.refused != nil {
			s.failures.Add(1)
		} else {
			s.digests.Add(1)
		}
	}
}
