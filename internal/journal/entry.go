package journal

import "time"

// Entry is one record on its way to the trails that want it.
type Entry struct {
	// Account and Region say whose log the record stands in and where it
	// was recorded.
	Account, Region string
	// Time is the record's eventTime.
	Time    time.Time
	EventID string
	// Routes are the trails the record goes to, decided when the record was
	// closed: a later change of a trail never rewrites the past.
	Routes []Route
	// Record is the event's JSON, exactly as it is delivered.
	Record []byte
}

// Route is one trail that a record goes to.
type Route struct {
	// Trail is the trail's internal id.
	Trail string
	// Organization is the organization's id (o-…) when the object keys have
	// the organization's layout, "" when they have the account's.
	Organization string
}
