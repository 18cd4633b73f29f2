package events

import "sync/atomic"

// Metrics are what can be counted of rules by this process. A transaction that
// has to be repeated counts again.
type Metrics struct {
	Matched      int64 // events by rules
	Invocations  int64 // of targets
	Failed       int64 // that targets refused
	DeadLettered int64 // of those, what dead-letter queues have
	Dropped      int64 // of those, what nobody has
}

// counters only grow.
type counters struct {
	matched, invocations, failed, deadLettered, dropped atomic.Int64
}

// Metrics returns the counts.
func (s *Service) Metrics() Metrics {
	c := &s.counters
	return Metrics{c.matched.Load(), c.invocations.Load(), c.failed.Load(), c.deadLettered.Load(), c.dropped.Load()}
}
