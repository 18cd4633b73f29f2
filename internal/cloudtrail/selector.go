package cloudtrail

import (
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/call"
)

// Selectors say what a trail logs. At most one of the two forms is set; the
// zero value is the default: every management event and no data event.
type Selectors struct {
	Basic    []BasicSelector    `json:",omitempty"`
	Advanced []AdvancedSelector `json:",omitempty"`
}

// BasicSelector is one event selector of the older form.
type BasicSelector struct {
	ReadWrite  string // All, ReadOnly or WriteOnly
	Management bool
	Excluded   []string       `json:",omitempty"` // event sources left out of management events
	Data       []DataResource `json:",omitempty"`
}

// DataResource is a type of resource and the ARNs, or prefixes of them, whose
// data events are logged.
type DataResource struct {
	Type   string
	Values []string
}

// AdvancedSelector logs an event when all of its fields match.
type AdvancedSelector struct {
	Name   string `json:",omitempty"`
	Fields []FieldSelector
}

// FieldSelector matches when any of the positive values does, if there are
// any, and none of the negative ones.
type FieldSelector struct {
	Field                                 string
	Equals, StartsWith, EndsWith          []string `json:",omitempty"`
	NotEquals, NotStartsWith, NotEndsWith []string `json:",omitempty"`
}

const (
	readWriteAll = "All"
	readOnly     = "ReadOnly"
	writeOnly    = "WriteOnly"

	s3Object = "AWS::S3::Object"
)

// defaultSelectors are what GetEventSelectors shows of a trail that was never
// given others.
var defaultSelectors = []BasicSelector{{ReadWrite: readWriteAll, Management: true}}

// basic returns the selectors in force in the older form.
func (s Selectors) basic() []BasicSelector {
	if s.Basic == nil && s.Advanced == nil {
		return defaultSelectors
	}
	return s.Basic
}

// custom reports whether the selectors differ from the default.
func (s Selectors) custom() bool {
	if s.Advanced != nil {
		return true
	}
	b := s.basic()
	return len(b) != 1 || b[0].ReadWrite != readWriteAll || !b[0].Management || len(b[0].Excluded) > 0 || len(b[0].Data) > 0
}

// Match reports whether an event is logged.
func (s Selectors) Match(f *call.Facts) bool {
	for i := range s.Advanced {
		if s.Advanced[i].match(f) {
			return true
		}
	}
	for _, b := range s.basic() {
		if b.match(f) {
			return true
		}
	}
	return false
}

func (b *BasicSelector) match(f *call.Facts) bool {
	if b.ReadWrite == readOnly && !f.ReadOnly || b.ReadWrite == writeOnly && f.ReadOnly {
		return false
	}
	if f.DataType == "" {
		return b.Management && !slices.Contains(b.Excluded, f.Source)
	}
	return slices.ContainsFunc(b.Data, func(d DataResource) bool { return d.Type == f.DataType && d.match(f) })
}

func (d *DataResource) match(f *call.Facts) bool {
	for arn := range resourceARNs(f) {
		for _, v := range d.Values {
			if d.Type == s3Object {
				if strings.HasPrefix(arn, v) {
					return true
				}
			} else if arn == v || allOf(v) && strings.HasPrefix(arn, v+":") {
				return true
			}
		}
	}
	return false
}

// allOf reports whether a value names every resource of a service, as
// arn:aws:lambda does.
func allOf(value string) bool { return strings.Count(value, ":") == 2 }

// resourceARNs yields the ARNs that resources.ARN is compared with. A call on
// a whole bucket stands for the prefix of all its objects.
func resourceARNs(f *call.Facts) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, r := range f.Resources {
			arn := r.ARN
			if f.DataType == s3Object && r.Type != s3Object {
				if len(f.Resources) > 1 {
					continue // the object itself is named beside its bucket
				}
				arn += "/"
			}
			if !yield(arn) {
				return
			}
		}
	}
}

func (a *AdvancedSelector) match(f *call.Facts) bool {
	for i := range a.Fields {
		if !a.Fields[i].match(f) {
			return false
		}
	}
	return true
}

func (s *FieldSelector) match(f *call.Facts) bool {
	for _, v := range fieldValues(s.Field, f) {
		if s.matchValue(v) {
			return true
		}
	}
	return false
}

func (s *FieldSelector) matchValue(v string) bool {
	is := func(c string) bool { return v == c }
	starts := func(c string) bool { return strings.HasPrefix(v, c) }
	ends := func(c string) bool { return strings.HasSuffix(v, c) }
	if slices.ContainsFunc(s.NotEquals, is) || slices.ContainsFunc(s.NotStartsWith, starts) || slices.ContainsFunc(s.NotEndsWith, ends) {
		return false
	}
	if len(s.Equals)+len(s.StartsWith)+len(s.EndsWith) == 0 {
		return true
	}
	return slices.ContainsFunc(s.Equals, is) || slices.ContainsFunc(s.StartsWith, starts) || slices.ContainsFunc(s.EndsWith, ends)
}

// fieldValues are the values of a field of an event; a field that the event
// does not have is the empty string.
func fieldValues(field string, f *call.Facts) []string {
	boolean := func(b bool) []string {
		if b {
			return []string{"true"}
		}
		return []string{"false"}
	}
	switch field {
	case "eventCategory":
		if f.DataType != "" {
			return []string{"Data"}
		}
		return []string{"Management"}
	case "readOnly":
		return boolean(f.ReadOnly)
	case "eventSource":
		return []string{f.Source}
	case "eventName":
		return []string{f.Name}
	case "eventType":
		return []string{f.Type}
	case "resources.type":
		return []string{f.DataType}
	case "userIdentity.arn":
		return []string{f.UserARN}
	case "sessionCredentialFromConsole":
		return boolean(f.FromConsole)
	case "resources.ARN":
		return slices.Collect(resourceARNs(f))
	}
	return []string{""}
}
