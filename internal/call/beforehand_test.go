package call

import (
	"errors"
	"slices"
	"testing"
)

// TestEnd: what a call took is let go of once, the last first, and learns how
// the transaction ended.
func TestEnd(t *testing.T) {
	var c Call
	c.Made.End(nil) // of a call that took nothing
	failed := errors.New("failed")
	var ended []string
	for _, name := range []string{"turn", "plane"} {
		c.AtEnd(func(err error) {
			if err != failed {
				t.Errorf("%s ends with %v", name, err)
			}
			ended = append(ended, name)
		})
	}
	c.Made.End(failed)
	c.Made.End(nil)
	if !slices.Equal(ended, []string{"plane", "turn"}) {
		t.Errorf("ended: %v", ended)
	}
}
