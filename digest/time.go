package digest

import (
	"fmt"
	"time"
)

// TimeFormat is how a digest writes a moment: UTC, whole seconds.
const TimeFormat = "2006-01-02T15:04:05Z"

// Time is a moment as a digest writes it, kept as it was written because the
// signature covers it so. "" is null.
type Time string

// At is the Time of t, cut to the second. The zero time is "".
func At(t time.Time) Time {
	if t.IsZero() {
		return ""
	}
	return Time(t.UTC().Format(TimeFormat))
}

// Time is the moment that t names; the zero time when it names none.
func (t Time) Time() time.Time {
	moment, err := time.Parse(time.RFC3339, string(t))
	if err != nil {
		return time.Time{}
	}
	return moment.UTC()
}

// check reports text that names no moment.
func (t Time) check() error {
	if _, err := time.Parse(time.RFC3339, string(t)); err != nil {
		return fmt.Errorf("%q is not a time", string(t))
	}
	return nil
}
