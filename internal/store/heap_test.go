package store

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

var (
	letters = NewHeap("test.letter")
	papers  = NewHeap("test.paper")
)

func TestHeap(t *testing.T) {
	engines(t, func(t *testing.T, b bench) {
		s := b.open(t)
		load := func(h *Heap, keys ...string) string {
			t.Helper()
			found, err := s.Load(t.Context(), h, keys...)
			must(t, err)
			return fmt.Sprintf("%s", found)
		}
		want := func(got, want string) {
			t.Helper()
			if got != want {
				t.Fatalf("got %s, want %s", got, want)
			}
		}
		large := bytes.Repeat([]byte("x"), 1<<20)
		update(t, s, func(tx *Tx) {
			letters.Put(tx, "a", []byte("A"))
			letters.Put(tx, "b", []byte("never"))
			letters.Put(tx, "b", []byte("B"))
			letters.Put(tx, "c", []byte("C"))
			letters.Delete(tx, "c")
			letters.Put(tx, "empty", nil)
			papers.Put(tx, "a", []byte("P"))
			for i := range 100 {
				papers.Put(tx, fmt.Sprint(i), large[:i])
			}
		})
		want(load(letters, "a", "b", "c", "nobody", "empty"), "map[a:A b:B empty:]")
		want(load(papers, "a"), "map[a:P]")
		want(load(papers), "map[]")
		var all []string
		for i := range 100 {
			all = append(all, fmt.Sprint(i))
		}
		if found, err := s.Load(t.Context(), papers, all...); err != nil || len(found) != 100 || len(found["99"]) != 99 {
			t.Fatalf("%d, %v", len(found), err)
		}

		mine := errors.New("mine")
		if err := s.Update(t.Context(), func(tx *Tx) error {
			letters.Delete(tx, "a")
			letters.Put(tx, "d", large)
			return mine
		}); err != mine {
			t.Fatal(err)
		}
		if err := s.Update(t.Context(), func(tx *Tx) error {
			letters.Put(tx, "d\x00", large)
			return nil
		}); err == nil || !strings.Contains(err.Error(), "UTF-8") {
			t.Fatal(err)
		}
		want(load(letters, "a", "d"), "map[a:A]")
		update(t, s, func(tx *Tx) {
			letters.Delete(tx, "a")
			letters.Delete(tx, "nobody")
			letters.Put(tx, "b", []byte("B2"))
			letters.Put(tx, "large", large)
		})
		must(t, s.Close())
		s = b.open(t)
		want(load(letters, "a", "b"), "map[b:B2]")
		if found, err := s.Load(t.Context(), letters, "large"); err != nil || !bytes.Equal(found["large"], large) {
			t.Fatalf("%d, %v", len(found["large"]), err)
		}
		must(t, s.Reset(t.Context()))
		want(load(letters, "b"), "map[]")
	})
}

// TestOrdered looks at an index by the order of its values.
func TestOrdered(t *testing.T) {
	s := sqliteBench(t).open(t)
	check := func(r Reader, prefix, want string) {
		t.Helper()
		if got := strings.Join(keys(accounts.Ordered(r, "org", prefix)), " "); got != want {
			t.Fatalf("%q: %s, want %s", prefix, got, want)
		}
	}
	count := func(from, to string, want int) {
		t.Helper()
		if got := accounts.Count(s.View(), "org", from, to); got != want {
			t.Fatalf("from %q to %q: %d, want %d", from, to, got, want)
		}
	}
	count("", "z", 0)
	update(t, s, func(tx *Tx) {
		for key, org := range map[string]string{"1": "a/3", "2": "a/1", "3": "a/2", "4": "b/1", "5": "a", "6": "", "7": "a/1"} {
			accounts.Put(tx, key, &account{Org: org})
		}
		check(tx, "a/", "2 7 3 1")
		for key := range accounts.Ordered(tx, "org", "a/") {
			accounts.Put(tx, "new"+key, &account{Org: "a/9"})
			accounts.Delete(tx, key)
		}
		check(tx, "a/", "new1 new2 new3 new7")
		check(tx, "", "5 new1 new2 new3 new7 4")
	})
	check(s.View(), "b", "4")
	check(s.View(), "c", "")
	count("a/", "a0", 4)
	count("a/9", "a/:", 4)
	count("a", "b/2", 6)
	count("b/1", "b/1", 0)
	count("z", "a", 0)
	if got := accounts.Len(s.View()); got != 7 {
		t.Fatalf("%d", got)
	}
	update(t, s, func(tx *Tx) {
		for i := range 5000 {
			accounts.Put(tx, fmt.Sprintf("k%d", i), &account{Org: fmt.Sprintf("n/%05d", i)})
		}
	})
	for _, c := range [][2]int{{0, 5000}, {17, 4711}, {4999, 5000}, {12, 12}} {
		count(fmt.Sprintf("n/%05d", c[0]), fmt.Sprintf("n/%05d", c[1]), c[1]-c[0])
	}
}
