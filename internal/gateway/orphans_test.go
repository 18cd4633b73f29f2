package gateway

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/journal"
	"github.com/orgtrail/orgtrail/internal/store"
)

// TestCloseOrphans: after a crash, several that look for orphans at once
// leave one record of each.
func TestCloseOrphans(t *testing.T) {
	const calls = 20
	options := store.Options{Dir: t.TempDir(), Now: time.Now}
	s, err := store.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	for i := range calls {
		entry := journal.Entry{
			Account: "111122223333", Region: "us-east-1", EventID: fmt.Sprint(i), Record: []byte(`{}`),
			Routes: []journal.Route{{Trail: "t"}},
		}
		payload, _ := json.Marshal([]journal.Entry{entry})
		if err := s.OpenIntent(t.Context(), fmt.Sprint(i), payload); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = store.Open(t.Context(), options); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	g := &Gateway{Store: s}
	var finders sync.WaitGroup
	for range 4 {
		finders.Go(func() {
			if err := g.CloseOrphans(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	finders.Wait()
	if left, err := s.Orphans(t.Context()); err != nil || len(left) != 0 {
		t.Errorf("orphans left: %v, %v", left, err)
	}
	got := map[string]int{}
	chunks, err := s.ReadChunks(t.Context(), nil, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range chunks {
		for i := range c.Entries {
			got[c.Entries[i].EventID]++
		}
	}
	for i := range calls {
		if id := fmt.Sprint(i); got[id] != 1 {
			t.Errorf("call %s has %d records", id, got[id])
		}
	}
}
