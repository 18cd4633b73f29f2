package iam

import "sync"

// A memo remembers the results of a pure function that is costly to compute.
// When it is full it forgets one at random. It may be used by several
// goroutines.
type memo[V any] struct {
	size int
	mu   sync.RWMutex
	m    map[string]V
}

func newMemo[V any](size int) *memo[V] { return &memo[V]{size: size, m: make(map[string]V)} }

// get returns the value of key. What compute fails on is not remembered.
func (c *memo[V]) get(key string, compute func() (V, error)) (V, error) {
	c.mu.RLock()
	v, ok := c.m[key]
	c.mu.RUnlock()
	if ok {
		return v, nil
	}
	v, err := compute()
	if err != nil {
		return v, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.m) >= c.size {
		for victim := range c.m { // maps are walked from a random place
			delete(c.m, victim)
			break
		}
	}
	c.m[key] = v
	return v, nil
}
