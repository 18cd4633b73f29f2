package digest

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"time"
)

// skew is how far the time in a log file's name may be from its delivery,
// which is what the windows of digests are about: names are rounded to some
// minutes.
const skew = 15 * time.Minute

// coverage compares the log files in the bucket with those that digests name,
// a stretch of days at a time as the walk passes them, so that it remembers
// the names of some days and not of all. A stretch is so long that there is a
// page of names to compare: listings come in pages, wanted or not.
type coverage struct {
	run    *run
	places *[]place        // of the walk
	kinds  []string        // of the log files in the region's folders
	seen   map[string]bool // the kinds that digests name
	seed   maphash.Seed
	named  map[int64]map[uint64]bool // day → hash of a name → by the trail's own digests
	count  int                       // of the names
	// settled is the oldest day that has been compared.
	settled int64
	spans   []span
	open    []*stretch
	refused map[string]bool // folders whose listing failed, reported once
	strays  []*Finding
	further int // strays beyond maxStrays
}

// A span is a period in which every delivery into a place is named by a
// digest.
type span struct {
	place    int
	from, to time.Time
}

// A stretch is a period for which there are no digests, and none are missing.
type stretch struct {
	from, to time.Time
	logs     int
	first    string
}

// stretchNames is how many names a stretch has at least, but for the last.
const stretchNames = 1000

// maxStrays is how many strays of a region are reported one by one.
const maxStrays = 1000

const secondsOfDay = 24 * 60 * 60

func newCoverage(r *run, places *[]place, kinds []string) *coverage {
	return &coverage{
		run: r, places: places, kinds: kinds,
		seen:    map[string]bool{"CloudTrail": true},
		seed:    maphash.MakeSeed(),
		named:   make(map[int64]map[uint64]bool),
		refused: make(map[string]bool),
		settled: day(r.q.End.Add(lookahead)) + 1,
	}
}

// day is the number of a day since 1970.
func day(t time.Time) int64 {
	seconds := t.Unix()
	if seconds < 0 {
		seconds -= secondsOfDay - 1
	}
	return seconds / secondsOfDay
}

func (c *coverage) hash(bucket, key string) uint64 {
	return maphash.Comparable(c.seed, [2]string{bucket, key})
}

// add notes that a digest names a log file, and reports whether another one
// of the trail did so before.
func (c *coverage) add(bucket string, k LogKey, own bool) (again bool) {
	c.seen[k.Kind] = true
	d := day(k.Time)
	if d >= c.settled {
		return false
	}
	if c.named[d] == nil {
		c.named[d] = make(map[uint64]bool)
	}
	h := c.hash(bucket, k.String())
	before, known := c.named[d][h]
	if again = own && before; !known {
		c.count++
	}
	c.named[d][h] = own || c.named[d][h]
	return again
}

// cover notes the window of a valid digest in a place. Windows come newest
// first.
func (c *coverage) cover(place int, from, to time.Time) {
	if n := len(c.spans); n > 0 && c.spans[n-1].place == place && c.spans[n-1].from.Equal(to) {
		c.spans[n-1].from = from
		return
	}
	c.spans = append(c.spans, span{place, from, to})
}

// leave notes a period for which there are no digests, and none are missing.
func (c *coverage) leave(from, to time.Time) {
	if from.Before(to) {
		c.open = append(c.open, &stretch{from: from, to: to})
	}
}

// settle compares the days that no digest which ends at the given time or
// before can name anything of.
func (c *coverage) settle(ctx context.Context, end time.Time) {
	if c.count < stretchNames {
		return
	}
	c.compare(ctx, day(end.Add(skew))+1)
}

// finish compares all days that are left, and what lies beside all days.
func (c *coverage) finish(ctx context.Context) {
	c.compare(ctx, day(c.run.q.Start))
	c.each(ctx, func(i int, kind string) {
		for _, r := range beside {
			c.list(ctx, i, kind, r)
		}
	})
}

// compare compares the days from the given one on that have not been.
func (c *coverage) compare(ctx context.Context, from int64) {
	from = max(from, day(c.run.q.Start))
	if from >= c.settled || ctx.Err() != nil {
		return // a walk that was cut short knows too few names
	}
	c.each(ctx, func(i int, kind string) { c.list(ctx, i, kind, days(from, c.settled)) })
	for d := range c.named {
		if d >= from {
			c.count -= len(c.named[d])
			delete(c.named, d)
		}
	}
	c.settled = from
}

// each does something for each kind of log files in each place.
func (c *coverage) each(ctx context.Context, do func(place int, kind string)) {
	for i := range *c.places {
		for _, kind := range c.kinds {
			if c.seen[kind] && ctx.Err() == nil {
				do(i, kind)
			}
		}
	}
}

// list compares the log files of one kind in a stretch of one place.
func (c *coverage) list(ctx context.Context, i int, kind string, s names) {
	p := (*c.places)[i]
	folder := LogKey{Folder: p.Folder, Kind: kind, Region: p.region}.folder()
	for key, err := range c.run.Buckets.List(ctx, p.bucket, folder, folder+s.after) {
		if err != nil {
			if ctx.Err() == nil && !c.refused[folder] {
				c.refused[folder] = true
				c.run.tell(p, nil, object(Unreadable, p.bucket, folder, "the folder cannot be listed: "+err.Error()))
			}
			return
		}
		if key > folder+s.upTo {
			return
		}
		if strings.HasSuffix(key, "/") {
			continue // a folder's marker
		}
		if at, ok := delivered(key, folder); ok {
			c.judge(i, key, at)
		} else {
			c.stray(p.bucket, key)
		}
	}
}

// names is a stretch of the names in the folder of a region, in the order of
// their bytes.
type names struct{ after, upTo string }

// days is the stretch from one day up to another. What has a date that there
// is not, such as 2026/13/01, belongs to the day before it in that order, so
// that some period covers it.
func days(from, to int64) names {
	return names{dayOf(from).Format(dayPath), dayOf(to).Format(dayPath)}
}

// beside is what lies before and behind all days, and so belongs to every
// period: what does not start with a digit.
var beside = []names{{"", "0"}, {":", "\xff"}}

// stray notes an object whose name tells no time. No digest can cover it, now
// or later.
func (c *coverage) stray(bucket, key string) {
	if len(c.strays) == maxStrays {
		c.further++
		return
	}
	c.strays = append(c.strays, object(Stray, bucket, key,
		"it lies among log files or digests, and its name tells no time at which it can have been delivered"))
}

// judge says what it means that a log file is there.
func (c *coverage) judge(i int, key string, at time.Time) {
	p := (*c.places)[i]
	if _, named := c.named[day(at)][c.hash(p.bucket, key)]; named {
		return
	}
	for _, s := range c.spans {
		if s.place == i && !at.Before(s.from.Add(skew)) && !at.After(s.to.Add(-skew)) {
			c.run.tally(p, logs, p.bucket, key, object(LogUncovered, p.bucket, key,
				"no digest names it, though digests cover the time of its delivery"))
			return
		}
	}
	for _, s := range c.open {
		if !at.Before(s.from) && at.Before(s.to) {
			if s.logs == 0 || key < s.first {
				s.first = key
			}
			s.logs++
			return
		}
	}
}

// uncovered are the findings about what no digest can cover: log files where
// there are no digests, and strays.
func (c *coverage) uncovered() []*Finding {
	all := slices.Clone(c.strays)
	if c.further > 0 {
		all[len(all)-1].Detail += "; so do the names of " + plural(c.further, "further object")
	}
	p := (*c.places)[0]
	for _, s := range c.open {
		if s.logs == 0 {
			continue
		}
		all = append(all, period(LogsUnvouched, p.bucket, s.from, s.to, fmt.Sprintf(
			"there are no digests of this time, and %s that cannot be checked: %s", plural(s.logs, "log file"), s.first)))
	}
	return all
}

func dayOf(d int64) time.Time { return time.Unix(d*secondsOfDay, 0).UTC() }

// delivered is when an object in the folder of a kind and region was
// delivered, by its name; the middle of the day when only its path says so.
func delivered(key, folder string) (time.Time, bool) {
	if k, err := ParseLogKey(key); err == nil && k.folder() == folder {
		return k.Time, true
	}
	path := strings.SplitAfterN(strings.TrimPrefix(key, folder), "/", 4)
	if len(path) < 4 {
		return time.Time{}, false
	}
	d, err := time.Parse(dayPath+"/", strings.Join(slices.Clip(path[:3]), ""))
	return d.Add(12 * time.Hour), err == nil
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprint(n, " ", what, "s")
}
