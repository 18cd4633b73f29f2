package segment

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// Whatever is asked, what is read is what a list of all events would answer,
// before and after blocks are merged.
func TestReadingAgreesWithAList(t *testing.T) {
	both(t, func(t *testing.T, url string) {
		r := newRig(t, url)
		r.newKey(1)
		random := rand.New(rand.NewPCG(1, 2))
		type logged struct {
			ID
			text string
		}
		var all []logged
		for range 150 {
			to := Place{Group: 1 + random.Int64N(2), DataKey: random.Int64N(2)}
			to.Stream = 10*to.Group + random.Int64N(3)
			at := random.Int64N(40*3_600_000) - 30*3_600_000
			var messages []message
			for i := range 1 + random.IntN(20) {
				at += random.Int64N(3) * random.Int64N(1_000_000)
				m := message{at, fmt.Sprintf("m%d-%d %s", len(all)+i, to.Stream, strings.Repeat("x", random.IntN(3000)))}
				messages = append(messages, m)
			}
			first := r.next[to.Stream]
			r.put(to, messages...)
			for i, m := range messages {
				all = append(all, logged{ID{r.now.UnixMilli() + m.at, r.now.UnixMilli(), first + int64(i), to.Stream}, m.text})
			}
			r.now = r.now.Add(time.Duration(random.IntN(100)) * time.Second)
		}
		slices.SortFunc(all, func(a, b logged) int { return a.Compare(b.ID) })
		check := func() {
			t.Helper()
			for range 60 {
				q := Query{Group: 1 + random.Int64N(2), From: 0, Until: MaxTime}
				if random.IntN(2) == 0 {
					q.From, q.Until = all[random.IntN(len(all))].Time, all[random.IntN(len(all))].Time
				}
				switch random.IntN(3) {
				case 0:
					q.Streams = []int64{10*q.Group + random.Int64N(3)}
					q.Newest = random.IntN(2) == 0
				case 1:
					q.Streams = []int64{10 * q.Group, 10*q.Group + 2}
				}
				if random.IntN(2) == 0 {
					q.After = all[random.IntN(len(all))].ID
				}
				if random.IntN(2) == 0 {
					q.Before = all[random.IntN(len(all))].ID
				}
				if random.IntN(2) == 0 {
					q.Match = func(m []byte) bool { return bytes.Contains(m, []byte("7-")) }
					q.May = q.Match
				}
				want := []string{}
				for _, e := range all {
					if e.Stream/10 == q.Group && (q.Streams == nil || slices.Contains(q.Streams, e.Stream)) && q.covers(e.ID) && (q.Match == nil || q.Match([]byte(e.text))) {
						want = append(want, e.text)
					}
				}
				if q.Newest {
					slices.Reverse(want)
				}
				if got := r.read(q); !slices.Equal(got, want) {
					t.Fatalf("%+v: %d events, want %d", q, len(got), len(want))
				}
			}
		}
		check()
		before := r.count(`SELECT COUNT(*) FROM log_block`)
		r.now = r.now.Add(2 * mergeAfter)
		r.advance()
		if after := r.count(`SELECT COUNT(*) FROM log_block`); after >= before/2 {
			t.Errorf("%d blocks are merged into %d", before, after)
		}
		if open := r.count(`SELECT COUNT(*) FROM log_block WHERE fresh = 1`); open > 0 {
			t.Errorf("%d old blocks are open", open)
		}
		check()
	})
}

// A reading that pauses goes on without a gap and without repetition.
func TestPauses(t *testing.T) {
	r := newRig(t, "")
	var want []string
	for i := range 300 {
		text := fmt.Sprintf("%04d", i)
		want = append(want, text)
		r.put(Place{Group: 1, Stream: 1}, message{int64(i), text})
	}
	for _, newest := range []bool{false, true} {
		q := Query{Group: 1, Streams: []int64{1}, Until: MaxTime, Newest: newest, Budget: 20}
		var got []string
		pauses := 0
		for {
			var p Progress
			for e, err := range r.log.Read(t.Context(), q, &p) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, string(e.Message))
			}
			if !p.Paused {
				break
			}
			pauses++
			if newest {
				q.Before = p.Next
			} else {
				q.After = p.Next
			}
		}
		if newest {
			slices.Reverse(got)
		}
		if !slices.Equal(got, want) || pauses < 10 {
			t.Errorf("newest %v: %d events with %d pauses", newest, len(got), pauses)
		}
	}
}

func TestManyStreams(t *testing.T) {
	r := newRig(t, "")
	var streams []int64
	for i := range int64(manyStreams + 50) {
		r.put(Place{Group: 1, Stream: 1 + i}, message{i, fmt.Sprint(i)})
		if i%2 == 0 {
			streams = append(streams, 1+i)
		}
	}
	if got := r.read(Query{Group: 1, Streams: streams}); len(got) != len(streams) {
		t.Errorf("%d events of %d streams", len(got), len(streams))
	}
	all := make([]int64, manyStreams+50)
	for i := range all {
		all[i] = int64(i)*2 + 1
	}
	if got := r.read(Query{Group: 1, Streams: all}); len(got) != len(streams) {
		t.Errorf("%d events of %d streams", len(got), len(streams))
	}
	stored, err := r.log.Stored(t.Context(), []int64{1, 2})
	if want := r.count(`SELECT SUM(size) FROM log_block`); err != nil || len(stored) != 1 || stored[1] != int64(want) {
		t.Errorf("stored %v, %v, want %d", stored, err, want)
	}
}

// A damaged block is an error and never a panic.
func TestDamage(t *testing.T) {
	r := newRig(t, "")
	r.put(Place{Group: 1, Stream: 1}, message{0, "x"})
	r.exec(`UPDATE log_block SET data = $1`, []byte("rubbish"))
	failed := error(nil)
	for _, err := range r.log.Read(t.Context(), Query{Group: 1, Until: MaxTime}, nil) {
		failed = cmp.Or(failed, err)
	}
	if failed == nil {
		t.Error("a damaged block is read")
	}
	if _, err := r.log.Result(t.Context(), "none", nil); err != ErrNoResult {
		t.Error(err)
	}
}
