package cloudtrail

import (
	"iter"
	"slices"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/store"
)

// A Run is a time in which a trail logs and its files are validated without a
// break. The digests of a run are one chain in each account and region, and
// the next run begins new ones.
type Run struct {
	ID string
	// Organization is the key layout of the run, as in a trail.
	Organization string `json:",omitempty"`
	Period
}

// Period is a time from its beginning up to its end. A zero end is still to
// come.
type Period struct {
	From  time.Time
	Until time.Time `json:",omitzero"`
}

func (p Period) lasts() bool { return !p.From.IsZero() && p.Until.IsZero() }

const (
	// validatedFor is how long it is remembered when validation was on:
	// longer than a file may wait for its digest.
	validatedFor = 40 * 24 * time.Hour
	// maxValidated bounds how many such periods are remembered. Of more than
	// that the first two become one, so that no file is left out.
	maxValidated = 16
)

// mark notes in a changed trail when validation was switched on and off, and
// which run it is in now.
func (t *Trail) mark(now time.Time) {
	n := len(t.Validated)
	switch on := n > 0 && t.Validated[n-1].lasts(); {
	case t.Validation && !on:
		t.Validated = append(remembered(t.Validated, now), Period{From: now})
	case !t.Validation && on:
		t.Validated = slices.Clone(t.Validated)
		t.Validated[n-1].Until = now
	}
	wanted := t.Logging && t.Validation
	switch runs := t.Run.lasts(); {
	case wanted && (!runs || t.Run.Organization != t.Organization):
		t.Run = Run{ID: aws.UUID(), Organization: t.Organization, Period: Period{From: now}}
	case !wanted && runs:
		t.Run.Until = now
	}
}

// remembered copies the periods that still matter.
func remembered(all []Period, now time.Time) []Period {
	var kept []Period
	for _, p := range all {
		if p.Until.After(now.Add(-validatedFor)) {
			kept = append(kept, p)
		}
	}
	if len(kept) >= maxValidated {
		kept[1].From = kept[0].From
		kept = kept[1:]
	}
	return kept
}

// Validated yields the trails, deleted ones among them, of which there is or
// was a run.
func Validated(r store.Reader) iter.Seq[*Trail] {
	return func(yield func(*Trail) bool) {
		for _, kind := range []*store.Kind[Trail]{trails, retired} {
			for _, t := range kind.Scan(r, "") {
				if t.Run.ID != "" && !yield(t) {
					return
				}
			}
		}
	}
}

// Validates reports whether a run of the trail lasts and has a chain in an
// account and a region.
func (s *Service) Validates(r store.Reader, t *Trail, account, region string) bool {
	return t.Run.lasts() && t.covers(region) && s.appliesTo(r, t, account)
}

// Accounts yields the accounts that a trail logs.
func (s *Service) Accounts(r store.Reader, t *Trail) iter.Seq[string] {
	if t.Organization == "" {
		return slices.Values([]string{t.Account})
	}
	return s.Organizations.Accounts(r, t.Organization)
}
