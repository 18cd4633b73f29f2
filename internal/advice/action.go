package advice

import (
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/policy"
)

// actions judges the words of Action or NotAction.
func (s *statement) actions() {
	for _, a := range s.Action.Values {
		text, known := s.spelled[a]
		if !known {
			text = actionFault(a)
			s.spelled[a] = text
		}
		if text != "" {
			s.report(Error, ruleAction, "%s", text)
		}
	}
}

// actionFault says what is wrong with an action, or returns "".
func actionFault(action string) string {
	if action == "*" {
		return ""
	}
	vendor, name, ok := strings.Cut(action, ":")
	vendor = strings.ToLower(vendor)
	service := services()[vendor]
	switch {
	case !ok || vendor == "" || name == "" || strings.Trim(name, letters+"*?") != "" || vendor != "*" && strings.Trim(vendor, vendorLetters) != "":
		return action + " is no action: it takes a service, a colon and a name, such as s3:PutObject"
	case service == nil:
		return ""
	case strings.ContainsAny(name, "*?"):
		if !slices.ContainsFunc(service.names, func(n string) bool { return policy.MatchesAction(name, n) }) {
			return action + " matches no action of " + service.title
		}
		return ""
	}
	lower := strings.ToLower(name)
	if _, known := service.actions[lower]; known {
		return ""
	}
	if instead := s3Operations[lower]; vendor == "s3" && instead != "" {
		return action + " is no action: the operation needs " + instead
	}
	if n := nearest(name, service.names); n != "" {
		return action + " is no action of " + service.title + "; did you mean " + vendor + ":" + n + "?"
	}
	return action + " is no action of " + service.title
}

const (
	letters       = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	vendorLetters = "abcdefghijklmnopqrstuvwxyz0123456789-"
)

// vendors are the services that the actions speak of, lower case; all is true
// when that is every service.
func (s *statement) vendors() (names []string, all bool) {
	if s.Action.Negated() {
		return nil, true
	}
	for _, a := range s.Action.Values {
		vendor, _, ok := strings.Cut(strings.ToLower(a), ":")
		if !ok || strings.ContainsAny(vendor, "*?") {
			return nil, true
		}
		if !slices.Contains(names, vendor) {
			names = append(names, vendor)
		}
	}
	return names, false
}
