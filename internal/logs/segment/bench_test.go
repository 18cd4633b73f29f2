package segment

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/store"
)

// BenchmarkScan reads 200,000 events of 1 KB through a filter that few match.
func BenchmarkScan(b *testing.B) {
	r := newRig(b, "")
	pad := bytes.Repeat([]byte("the quick brown fox jumps over the lazy dog "), 20)
	const n, batch = 200_000, 1000
	for i := 0; i < n; i += batch {
		events := make([]Event, batch)
		for j := range events {
			k := i + j
			events[j] = Event{ID{r.now.UnixMilli() + int64(k), r.now.UnixMilli(), int64(k), 1},
				fmt.Appendf(nil, `{"n":%d,"name":"Name%d","id":"%x","pad":"%s"}`, k, k%1000, k*7919*7919, pad[k%40:])}
		}
		if err := r.store.Update(b.Context(), func(tx *store.Tx) error { Put(tx, Place{Group: 1, Stream: 1}, events); return nil }); err != nil {
			b.Fatal(err)
		}
	}
	start := time.Now()
	r.advance()
	b.Logf("merge %v, blocks %d, bytes %d", time.Since(start), r.count(`SELECT COUNT(*) FROM log_block`), r.count(`SELECT SUM(LENGTH(data)) FROM log_block`))
	b.SetBytes(n * 960)
	for b.Loop() {
		found := 0
		for _, err := range r.log.Read(b.Context(), Query{Group: 1, Until: MaxTime, Match: func(m []byte) bool { return bytes.Contains(m, []byte(`"Name77"`)) }}, nil) {
			if err != nil {
				b.Fatal(err)
			}
			found++
		}
		if found != n/1000 {
			b.Fatal(found)
		}
	}
}
