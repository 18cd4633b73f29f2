package digest

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
)

// lookahead is how long after the end of a period a digest may end that
// covers some of it.
const lookahead = time.Hour

// minAhead is how many digests of a chain are read before their turn, at
// least.
const minAhead = 4

// ahead is how many of this chain are: enough for all walks together to keep
// everybody busy who reads, and no more, because each takes memory.
func (w *walk) ahead() int {
	return max(minAhead, 2*w.Parallel/int(w.walking.Load()))
}

// A walk goes through the digests of one account and region from the newest
// to the oldest, because each says what the one before it must be.
type walk struct {
	*run
	home place // where the walk starts
	ring *keyring
	// places are where digests are listed: home, and where links have led.
	places  []place
	trails  []trail // the first is the one that is verified
	entries []entry // listed and not yet passed, newest first
	cover   *coverage
	// chain reports that there are digests of the trail.
	chain bool

	// next is the digest that was passed last of those that are valid,
	// without its log files. linked reports that nothing was passed since:
	// next.Previous names what must come now.
	next   *Digest
	linked bool
	// broken counts the digests since next that are missing or invalid.
	broken int
}

// trail names a trail in the keys of its digests.
type trail struct{ name, home string }

// entry is a listed digest. Its key is rebuilt when it is needed: a walk
// keeps many entries.
type entry struct {
	end      int64 // Unix seconds
	place    int32
	trail    int32
	backfill bool
	result   chan verdict // once it is being read
}

func newWalk(r *run, p place, kinds []string) *walk {
	w := &walk{
		run: r, home: p, ring: r.ring(p.region), places: []place{p},
		trails: []trail{{r.q.Trail, r.q.HomeRegion}},
	}
	w.cover = newCoverage(r, &w.places, kinds)
	return w
}

func (w *walk) walk(ctx context.Context) {
	w.walking.Add(1)
	defer w.walking.Add(-1)
	w.list(ctx, 0, w.q.End.Add(lookahead))
	if len(w.entries) > 0 {
		if first, err := w.ring.open(ctx); err != nil {
			if first && ctx.Err() == nil {
				w.tell(w.home, nil, w.keysUnreadable(err))
			}
			return
		}
	}
	if w.chain {
		w.tell(w.home, func(s *Summary) { s.Chains++ })
	} else {
		w.cover.leave(w.q.Start, w.q.End.Add(-spill))
	}
	for len(w.entries) > 0 && ctx.Err() == nil {
		w.read(ctx)
		e := w.entries[0]
		w.entries = w.entries[1:]
		w.cover.settle(ctx, time.Unix(e.end, 0))
		w.pass(ctx, e)
	}
	w.reach(ctx, time.Time{}, Link{})
	if w.linked && w.next.Previous == (Link{}) {
		w.cover.leave(w.q.Start, w.next.Start.Time())
	}
	w.cover.finish(ctx)
	if w.chain && ctx.Err() == nil {
		w.tell(w.home, nil, w.cover.uncovered()...)
	}
}

func (w *walk) keysUnreadable(err error) *Finding {
	return period(KeysUnreadable, w.home.bucket, w.q.Start, w.q.End,
		"the public keys of "+w.home.region+" cannot be read, so nothing of that region was checked: "+err.Error())
}

// list adds the digests of a place to the entries: those that end within the
// period and not after until.
func (w *walk) list(ctx context.Context, i int, until time.Time) {
	for _, s := range append(beside, days(day(w.q.Start), day(until)+1)) {
		if !w.listNames(ctx, i, until, s) {
			break
		}
	}
	slices.SortStableFunc(w.entries, func(a, b entry) int {
		return cmp.Compare(b.end, a.end)
	})
}

// listNames lists a stretch of a place's digests, and reports whether it
// could be listed.
func (w *walk) listNames(ctx context.Context, i int, until time.Time, s names) bool {
	p := w.places[i]
	folder := p.digests()
	for key, err := range w.Buckets.List(ctx, p.bucket, folder, folder+s.after) {
		if err != nil {
			if ctx.Err() == nil {
				w.tell(p, nil, object(Unreadable, p.bucket, folder, "the folder cannot be listed: "+err.Error()))
			}
			return false
		}
		if key > folder+s.upTo {
			return true
		}
		if strings.HasSuffix(key, "/") {
			continue // a folder's marker
		}
		if k, err := ParseKey(key); err != nil || k.Folder != p.Folder {
			w.cover.stray(p.bucket, key)
		} else if !k.End.Before(w.q.Start) && !k.End.After(until) {
			w.entries = append(w.entries, w.entry(i, k))
		}
	}
	return true
}

func (w *walk) entry(place int, k Key) entry {
	t := trail{k.Trail, k.HomeRegion}
	i := slices.Index(w.trails, t)
	if i < 0 {
		i = len(w.trails)
		w.trails = append(w.trails, t)
	}
	w.chain = w.chain || i == 0
	return entry{end: k.End.Unix(), place: int32(place), trail: int32(i), backfill: k.Backfill}
}

// key is where an entry lies.
func (w *walk) key(e entry) (bucket, key string) {
	p, t := w.places[e.place], w.trails[e.trail]
	return p.bucket, Key{p.Folder, p.region, t.name, t.home, time.Unix(e.end, 0), e.backfill}.String()
}

// read starts reading the entries that come next.
func (w *walk) read(ctx context.Context) {
	for i := range min(w.ahead(), len(w.entries)) {
		e := &w.entries[i]
		if e.result != nil {
			continue
		}
		bucket, key := w.key(*e)
		result := make(chan verdict, 1)
		if !w.files.do(ctx, func() { result <- w.check(ctx, bucket, key) }) {
			return
		}
		e.result = result
	}
}

// pass deals with the next entry.
func (w *walk) pass(ctx context.Context, e entry) {
	var v verdict
	if e.result == nil {
		return // the context has ended
	}
	select {
	case v = <-e.result:
	case <-ctx.Done():
		return
	}
	bucket, key := w.key(e)
	switch {
	case e.trail != 0: // its logs lie in the same folder
		if v.finding == nil {
			w.foreign(v.file)
		}
	case e.backfill:
		w.backfill(ctx, bucket, key, v)
	default:
		w.reach(ctx, time.Unix(e.end, 0), Link{Bucket: bucket, Object: key})
		w.judge(ctx, int(e.place), bucket, key, v)
	}
}
