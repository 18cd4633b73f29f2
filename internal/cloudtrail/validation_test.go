package cloudtrail

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// A trail's run and its periods follow what is switched on and off.
func TestMark(t *testing.T) {
	start := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name, steps string // v, l, o and V, L, O: validation, logging, organization on and off
		runs        string // a number for each run, with - after its end
		periods     string // from-until in steps
	}{
		{"nothing", "l", "", ""},
		{"validation alone", "v", "", "1-"},
		{"on", "v l", "1", "1-"},
		{"on the other way", "l v", "1", "2-"},
		{"stopped", "v l L", "1-", "1-"},
		{"started twice", "v l l", "1", "1-"},
		{"stopped twice", "v l L L", "1-", "1-"},
		{"restarted", "v l L l", "2", "1-"},
		{"switched off", "v l V", "1-", "1-3"},
		{"switched off and on", "v l V v", "2", "1-3 4-"},
		{"switched off while stopped", "v l L V v", "1-", "1-4 5-"},
		{"converted", "v l o", "2", "1-"},
		{"converted twice", "v l o O", "3", "1-"},
		{"converted without validation", "l o", "", ""},
		{"converted while stopped", "v l L o", "1-", "1-"},
	} {
		t.Run(test.name, func(t *testing.T) {
			trail := new(Trail)
			seen := map[string]int{}
			for i, step := range strings.Fields(test.steps) {
				switch step {
				case "v", "V":
					trail.Validation = step == "v"
				case "l", "L":
					trail.Logging = step == "l"
				case "o":
					trail.Organization = "o-example"
				case "O":
					trail.Organization = ""
				}
				trail.mark(start.Add(time.Duration(i+1) * time.Hour))
				if trail.Run.ID != "" && seen[trail.Run.ID] == 0 {
					seen[trail.Run.ID] = len(seen) + 1
				}
			}
			runs := ""
			if trail.Run.ID != "" {
				runs = fmt.Sprint(seen[trail.Run.ID])
				if !trail.Run.lasts() {
					runs += "-"
				}
				if trail.Run.lasts() && trail.Run.Organization != trail.Organization {
					t.Errorf("the run is of %q", trail.Run.Organization)
				}
			}
			var periods []string
			for _, p := range trail.Validated {
				until := ""
				if !p.Until.IsZero() {
					until = fmt.Sprint(int(p.Until.Sub(start).Hours()))
				}
				periods = append(periods, fmt.Sprintf("%d-%s", int(p.From.Sub(start).Hours()), until))
			}
			if got := strings.Join(periods, " "); runs != test.runs || got != test.periods {
				t.Errorf("runs %q, periods %q; want %q, %q", runs, got, test.runs, test.periods)
			}
		})
	}
}

// What was on long ago is forgotten; what is kept never grows without bound
// and never leaves out a time in which validation was on.
func TestRememberedPeriods(t *testing.T) {
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	trail := new(Trail)
	toggle := func(d time.Duration) {
		now = now.Add(d)
		trail.Validation = !trail.Validation
		trail.mark(now)
	}
	first := now.Add(time.Hour)
	for range 100 {
		before := trail.Validated
		toggle(time.Hour)
		if len(before) > 0 && !trail.Validation && before[len(before)-1].Until == now {
			t.Fatal("the stored periods were changed")
		}
	}
	if n := len(trail.Validated); n != maxValidated || !trail.Validated[0].From.Equal(first) {
		t.Errorf("%d periods from %s", n, trail.Validated[0].From)
	}
	toggle(validatedFor + time.Hour)
	if n := len(trail.Validated); n != 1 {
		t.Errorf("%d periods after a long time", n)
	}
}
