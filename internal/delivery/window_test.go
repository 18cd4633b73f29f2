package delivery

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/journal"
	"github.com/orgtrail/orgtrail/internal/store"
)

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// chunk makes a chunk of entries, each with the record and the route given.
func chunk(writer, seq int64, account string, at time.Time, records ...string) store.Chunk {
	c := store.Chunk{Position: journal.Position{Writer: writer, Seq: seq}}
	for _, r := range records {
		c.Entries = append(c.Entries, journal.Entry{
			Account: account, Region: "us-east-1", Time: at, EventID: r,
			Routes: []journal.Route{{Trail: "t"}}, Record: []byte(r),
		})
	}
	return c
}

func content(records []record) string {
	var b strings.Builder
	for _, r := range records {
		b.Write(r.data)
	}
	return b.String()
}

func TestWindowOrderIsThatOfTheJournal(t *testing.T) {
	const account = "111111111111"
	chunks := []store.Chunk{
		chunk(1, 1, account, noon, "a", "b"), chunk(1, 2, account, noon, "c"),
		chunk(2, 1, account, noon, "x"), chunk(2, 2, account, noon, "y", "z"),
	}
	for _, order := range [][]int{{0, 1, 2, 3}, {2, 3, 0, 1}, {0, 2, 1, 3}, {2, 0, 3, 1}} {
		w := newWindow(journal.Cursor{})
		for _, i := range order {
			w.add(&chunks[i], shardOf(account), noon)
		}
		k := w.keys()[0]
		if got := content(w.parts(k, 1<<20)[0]); got != "a,b,c,x,y,z," {
			t.Errorf("read in order %v: %s", order, got)
		}
		if w.size != 12 || w.end[1] != 2 || w.end[2] != 2 {
			t.Errorf("size %d, end %v", w.size, w.end)
		}
	}
}

func TestWindowTakesItsAccountsAndRoutes(t *testing.T) {
	c := store.Chunk{Position: journal.Position{Writer: 1, Seq: 1}}
	for i := range 100 {
		c.Entries = append(c.Entries, journal.Entry{
			Account: fmt.Sprintf("%012d", i), Region: "us-east-1", Time: noon, Record: []byte("r"),
			Routes: []journal.Route{{Trail: "t"}, {Trail: "o", Organization: "o-1"}}[:i%3],
		})
	}
	records, bytes := 0, 0
	for shard := range shards {
		w := newWindow(journal.Cursor{})
		w.add(&c, shard, noon)
		for k, r := range w.files {
			if shardOf(k.Account) != shard {
				t.Errorf("account %s in shard %d", k.Account, shard)
			}
			records += len(r)
		}
		bytes += w.size
	}
	// 33 entries have one route, 33 have two, 34 have none.
	if records != 33+66 || bytes != 2*66 {
		t.Errorf("%d records, %d bytes in the windows", records, bytes)
	}
}

func TestWindowWaitsSinceTheOldestRecord(t *testing.T) {
	const account = "111111111111"
	for _, tt := range []struct {
		name string
		made time.Time
		want time.Time
	}{
		{"made before it was read", noon.Add(-time.Hour), noon.Add(-time.Hour)},
		{"made by a clock that is ahead", noon.Add(time.Hour), noon},
	} {
		w := newWindow(journal.Cursor{})
		late := chunk(1, 1, account, noon, "late")
		c := chunk(1, 2, account, tt.made, "r")
		w.add(&late, shardOf(account), noon)
		w.add(&c, shardOf(account), noon)
		if !w.oldest.Equal(tt.want) {
			t.Errorf("%s: oldest %v, want %v", tt.name, w.oldest, tt.want)
		}
	}
}

func TestWindowKeepsLargeRecords(t *testing.T) {
	const account = "111111111111"
	sizes := []int{0, 1, len(block{}.data) - 2, len(block{}.data) - 1, len(block{}.data), 3 * len(block{}.data), 5}
	w := newWindow(journal.Cursor{})
	var want bytes.Buffer
	for i, n := range sizes {
		record := strings.Repeat(string(rune('a'+i)), n)
		c := chunk(1, int64(i+1), account, noon, record)
		w.add(&c, shardOf(account), noon)
		want.WriteString(record + ",")
	}
	if got := content(w.files[w.keys()[0]]); got != want.String() {
		t.Error("records were changed on their way")
	}
	if w.size != want.Len() {
		t.Errorf("size %d, want %d", w.size, want.Len())
	}
}

func TestPartsAreNoLargerThanTheLimit(t *testing.T) {
	const account = "111111111111"
	for _, tt := range []struct {
		limit int
		want  string
	}{
		{1000, "aaa,bbb,c,dddddddddd,e,"},
		{len(head) + len(tail) + 10, "aaa,bbb,c,|dddddddddd,|e,"},
		{len(head) + len(tail) + 8, "aaa,bbb,|c,|dddddddddd,|e,"},
		{1, "aaa,|bbb,|c,|dddddddddd,|e,"},
	} {
		w := newWindow(journal.Cursor{})
		c := chunk(1, 1, account, noon, "aaa", "bbb", "c", "dddddddddd", "e")
		w.add(&c, shardOf(account), noon)
		var parts []string
		for _, p := range w.parts(w.keys()[0], tt.limit) {
			parts = append(parts, content(p))
		}
		if got := strings.Join(parts, "|"); got != tt.want {
			t.Errorf("limit %d: %s, want %s", tt.limit, got, tt.want)
		}
	}
}

func TestKeysAreOrdered(t *testing.T) {
	w := newWindow(journal.Cursor{})
	var want []fileKey
	for _, trail := range []string{"s", "t"} {
		for _, org := range []string{"", "o-1"} {
			for _, account := range []string{"1", "2"} {
				for _, region := range []string{"eu", "us"} {
					k := fileKey{trail, org, account, region}
					want = append(want, k)
					w.files[k] = nil
				}
			}
		}
	}
	if got := w.keys(); !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}
