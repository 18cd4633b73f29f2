package digest

import "time"

// Tally counts the files of a sort by what was found of them.
type Tally struct {
	Valid     int `json:"valid"`
	Invalid   int `json:"invalid"`
	Unchecked int `json:"unchecked"`
}

// Total is how many files were counted.
func (t Tally) Total() int { return t.Valid + t.Invalid + t.Unchecked }

func (t *Tally) add(s Severity) {
	switch s {
	case Invalid:
		t.Invalid++
	case Unchecked:
		t.Unchecked++
	default:
		t.Valid++
	}
}

// Summary is what a verification has come to so far.
type Summary struct {
	// Accounts and Chains are how many were found; a chain is an account's
	// in one region.
	Accounts int `json:"accounts"`
	Chains   int `json:"chains"`
	// A file is counted once, by the worst finding about it.
	Digests   Tally `json:"digests"`
	Backfills Tally `json:"backfillDigests"`
	Logs      Tally `json:"logs"`
	// Bytes is the unpacked size of the log files that were read.
	Bytes int64 `json:"bytes"`
	// From and To bound what the valid digests cover within the period
	// asked for; zero when there are none.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
	// Findings by severity.
	Invalid   int `json:"invalid"`
	Unchecked int `json:"unchecked"`
	Notices   int `json:"notices"`
}

func (s *Summary) count(f *Finding) {
	switch f.Kind.Severity() {
	case Invalid:
		s.Invalid++
	case Unchecked:
		s.Unchecked++
	case Notice:
		s.Notices++
	}
}

// cover widens the period found.
func (s *Summary) cover(from, to time.Time) {
	if s.From.IsZero() || from.Before(s.From) {
		s.From = from
	}
	if to.After(s.To) {
		s.To = to
	}
}
