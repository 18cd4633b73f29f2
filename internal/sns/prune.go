package sns

import (
	"time"

	"github.com/orgtrail/orgtrail/internal/store"
)

// Stale reports whether there is anything for Prune to do.
func Stale(r store.Reader, now time.Time) bool {
	found := false
	stale(r, now, func(func(*store.Tx)) bool {
		found = true
		return false
	})
	return found
}

// Prune removes what time has made void: subscriptions that nobody has
// confirmed, tokens, and what repetitions are recognized by.
func Prune(tx *store.Tx, now time.Time) {
	stale(tx, now, func(remove func(*store.Tx)) bool {
		remove(tx)
		return true
	})
}

// stale goes through what is void.
func stale(r store.Reader, now time.Time, yield func(remove func(*store.Tx)) bool) {
	for key, s := range subscriptions.By(r, byPending, "pending") {
		if s.lapsed(now) && !yield(func(tx *store.Tx) { subscriptions.Delete(tx, key) }) {
			return
		}
	}
	for key, e := range endings.Scan(r, "") {
		if now.After(e.At.Add(tokenLife)) && !yield(func(tx *store.Tx) { endings.Delete(tx, key) }) {
			return
		}
	}
	for key, p := range published.Scan(r, "") {
		if now.After(p.At.Add(repetition)) && !yield(func(tx *store.Tx) { published.Delete(tx, key) }) {
			return
		}
	}
}
