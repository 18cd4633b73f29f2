package journal

import (
	"maps"
	"testing"
)

func TestCursor(t *testing.T) {
	c := Cursor{}
	c.Advance(Position{3, 5})
	c.Advance(Position{3, 4})
	for _, x := range []struct {
		p    Position
		want bool
	}{{Position{3, 4}, true}, {Position{3, 5}, true}, {Position{3, 6}, false}, {Position{4, 1}, false}} {
		if got := c.Passed(x.p); got != x.want {
			t.Errorf("Passed(%v) = %v", x.p, got)
		}
	}
	d := c.Clone()
	d.Advance(Position{3, 9})
	if c[3] != 5 {
		t.Error("a clone shares its places")
	}
	Cursor(nil).Clone().Advance(Position{1, 1})
}

func TestCovers(t *testing.T) {
	for _, x := range []struct {
		c, other Cursor
		want     bool
	}{
		{Cursor{}, nil, true},
		{nil, Cursor{1: 1}, false},
		{Cursor{1: 5, 2: 3}, Cursor{1: 5}, true},
		{Cursor{1: 5}, Cursor{1: 6}, false},
		{Cursor{1: 5}, Cursor{1: 5, 2: 1}, false},
	} {
		if got := x.c.Covers(x.other); got != x.want {
			t.Errorf("%v covers %v: %v", x.c, x.other, got)
		}
	}
}

func TestLeast(t *testing.T) {
	for _, x := range []struct {
		in   []Cursor
		want Cursor
	}{
		{nil, Cursor{}},
		{[]Cursor{{1: 5, 2: 3}}, Cursor{1: 5, 2: 3}},
		{[]Cursor{{1: 5, 2: 3}, {1: 4, 2: 9}}, Cursor{1: 4, 2: 3}},
		{[]Cursor{{1: 5, 2: 3}, {1: 4}}, Cursor{1: 4}},
		{[]Cursor{{1: 5}, nil}, Cursor{}},
	} {
		if got := Least(x.in...); !maps.Equal(got, x.want) {
			t.Errorf("Least(%v) = %v, want %v", x.in, got, x.want)
		}
	}
}
