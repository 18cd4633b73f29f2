package sns

import (
	"encoding/json"
	"errors"
	"regexp"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/pattern"
	"github.com/orgtrail/orgtrail/internal/store"
)

// The scopes of a filter policy.
const (
	scopeAttributes = "MessageAttributes"
	scopeBody       = "MessageBody"
)

// Filter is a filter policy as its author wrote it, parsed once. The zero
// Filter lets everything pass.
type Filter struct {
	text    string
	body    bool // whether it is about the body or the attributes
	pattern *pattern.Pattern
}

// readFilter reads a filter policy; "" and {} are none.
func readFilter(where, text string, body bool) (Filter, error) {
	if isEmpty(text) {
		return Filter{body: body}, nil
	}
	p, err := pattern.ParseFilter(text, body)
	if err != nil {
		var fault *pattern.SyntaxError
		if errors.As(err, &fault) {
			return Filter{}, invalid("%s%s", where, fault.Reason)
		}
		return Filter{}, invalid("%sFilterPolicy: %v", where, err)
	}
	return Filter{text, body, p}, nil
}

var empty = regexp.MustCompile(`^\s*(\{\s*\})?\s*$`)

// isEmpty reports whether an attribute that is an object is to be taken away.
func isEmpty(text string) bool { return empty.MatchString(text) }

func (f Filter) isZero() bool { return f.pattern == nil }

func (f Filter) scope() string {
	if f.body {
		return scopeBody
	}
	return scopeAttributes
}

// passes reports whether a message, with the text that the subscription would
// get, is one that it wants.
func (f Filter) passes(m *Message, text string) bool {
	switch {
	case f.isZero():
		return true
	case f.body:
		return f.pattern.MatchJSON([]byte(text))
	}
	return f.pattern.MatchAttributes(m.filterable())
}

// storedFilter is how a filter stands in the database.
type storedFilter struct {
	Text string `json:",omitempty"`
	Body bool   `json:",omitempty"`
}

// MarshalJSON writes the text and the scope.
func (f Filter) MarshalJSON() ([]byte, error) { return json.Marshal(storedFilter{f.text, f.body}) }

// UnmarshalJSON reads them and parses the text.
func (f *Filter) UnmarshalJSON(b []byte) error {
	var stored storedFilter
	err := json.Unmarshal(b, &stored)
	if err == nil {
		*f, err = readFilter("", stored.Text, stored.Body)
	}
	return err
}

// roomForFilter holds a topic and an account to their quotas of filters,
// before one more is stored.
func (s *Subscription) roomForFilter(r store.Reader) error {
	if s.Filter.isZero() {
		return nil
	}
	onTopic, inAccount := 0, 0
	for _, other := range subscriptions.Scan(r, s.Topic.Account+"/"+s.Topic.Region+"/") {
		if other.Filter.isZero() {
			continue
		}
		inAccount++
		if other.Topic == s.Topic {
			onTopic++
		}
	}
	if onTopic >= filtersOfTopic || inAccount >= filtersOfAccount {
		return aws.Errorf("FilterPolicyLimitExceeded", "You have reached the maximum number of filter policies.")
	}
	return nil
}
