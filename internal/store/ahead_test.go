package store

import (
	"context"
	"errors"
	"slices"
	"testing"
)

// TestAhead: what a change lacks is made while others commit, and the change
// itself happens once, on what they have left.
func TestAhead(t *testing.T) {
	engines(t, func(t *testing.T, b bench) {
		s := b.open(t)
		making, goOn := make(chan bool), make(chan bool)
		made, saw := false, []int{}
		done := make(chan error)
		go func() {
			done <- s.Update(context.Background(), func(tx *Tx) error {
				n, _ := counts.Get(tx, "n")
				if n == nil {
					n = new(0)
				}
				saw = append(saw, *n)
				counts.Put(tx, "n", new(*n+10))
				tx.Append(entry("costly"))
				if !made {
					_ = tx.Ahead(func() error { making <- true; <-goOn; made = true; return nil })
				}
				return nil // whatever becomes of the error
			})
		}()
		<-making
		update(t, s, func(tx *Tx) { counts.Put(tx, "n", new(1)); tx.Append(entry("cheap")) })
		if n, _ := counts.Get(s.View(), "n"); *n != 1 {
			t.Fatalf("n is %d while something is made", *n)
		}
		goOn <- true
		must(t, <-done)
		if n, _ := counts.Get(s.View(), "n"); *n != 11 || !slices.Equal(saw, []int{0, 1}) {
			t.Fatalf("n is %d, and the runs saw %v", *n, saw)
		}
		wantIDs(t, s, "cheap", "costly")
	})
}

// TestAheadFails: what cannot be made, and a caller who has left meanwhile,
// leave everything as it was.
func TestAheadFails(t *testing.T) {
	engines(t, func(t *testing.T, b bench) {
		s := b.open(t)
		mine := errors.New("mine")
		ctx, leave := context.WithCancel(t.Context())
		for _, c := range []struct {
			make func() error
			want error
		}{
			{func() error { return mine }, mine},
			{func() error { leave(); return nil }, context.Canceled},
		} {
			runs := 0
			err := s.Update(ctx, func(tx *Tx) error {
				runs++
				counts.Put(tx, "n", new(1))
				return tx.Ahead(c.make)
			})
			if !errors.Is(err, c.want) || runs != 1 {
				t.Fatalf("%d runs: %v, want %v", runs, err, c.want)
			}
		}
		if _, ok := counts.Get(s.View(), "n"); ok {
			t.Fatal("something has changed")
		}
		wantIDs(t, s)
	})
}
