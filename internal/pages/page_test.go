package pages

import (
	"slices"
	"testing"
)

// Items that come and go between two pages disturb no other.
func TestPages(t *testing.T) {
	list := []string{"b", "d", "f", "h"}
	cut := func(token *string, size int) ([]string, *string) {
		t.Helper()
		found, next, ok := Cut("List", token, size, func(yield func(string, string) bool) {
			for _, s := range list {
				if !yield(s, s) {
					return
				}
			}
		})
		if !ok {
			t.Fatal("refused")
		}
		return found, next
	}
	first, next := cut(nil, 2)
	if !slices.Equal(first, []string{"b", "d"}) || next == nil {
		t.Fatal(first, next)
	}
	list = []string{"a", "c", "e", "f", "h", "i"} // the item that the page ended with is gone
	if second, next := cut(next, 3); !slices.Equal(second, []string{"e", "f", "h"}) || next == nil {
		t.Error(second, next)
	}
	if rest, next := cut(next, 4); !slices.Equal(rest, []string{"e", "f", "h", "i"}) || next != nil {
		t.Error(rest, next)
	}
	if none, next := cut(new(Token("List", "z")), 4); none == nil || len(none) != 0 || next != nil {
		t.Error(none, next)
	}
	if all, _ := cut(nil, 10); !slices.Equal(all, list) {
		t.Error(all)
	}
}

func TestNumbered(t *testing.T) {
	items := make([]int, 12)
	for i := range items {
		items[i] = i
	}
	var all []int
	var token *string
	for range 4 {
		found, next, ok := Cut("List", token, 3, Numbered(items))
		if !ok || len(found) != 3 {
			t.Fatal(found, ok)
		}
		all, token = append(all, found...), next
	}
	if !slices.Equal(all, items) || token != nil {
		t.Error(all, token)
	}
}

func TestTokens(t *testing.T) {
	for _, token := range []string{"", "x", "!", "garbage", Token("Other", "1"), Token("List", ""), Token("List", "1") + "A", Token("List", "1") + "=="} {
		if _, ok := Position("List", &token); ok {
			t.Errorf("%q is taken", token)
		}
		if _, _, ok := Cut("List", &token, 1, Numbered([]int{1})); ok {
			t.Errorf("a page of %q", token)
		}
	}
}

func FuzzToken(f *testing.F) {
	f.Add(Token("List", "o-x/000000000001"))
	f.Fuzz(func(t *testing.T, token string) {
		position, ok := Position("List", &token)
		if ok && (position == "" || Token("List", position) != token) {
			t.Errorf("%q is taken for %q", token, position)
		}
	})
}
