package server

import (
	"sync/atomic"
	"time"
)

// clock is the server's clock: the machine's, moved forward by what
// development asked for.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

func (c *clock) advance(d time.Duration) { c.ahead.Add(int64(d)) }

// reset sets it to the machine's time again.
func (c *clock) reset() { c.ahead.Store(0) }
