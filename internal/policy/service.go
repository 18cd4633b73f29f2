package policy

import "strings"

// Grants reports whether the document allows anything of a service, by the
// name in front of its actions: s3. What resources it speaks of, under which
// conditions, and what is denied elsewhere is not asked.
func (d *Document) Grants(service string) bool {
	service = strings.ToLower(service)
	for i := range d.Statements {
		if s := &d.Statements[i]; s.Effect == Allow && s.allowsOf(service) {
			return true
		}
	}
	return false
}

// allowsOf reports whether the statement speaks of any action of a service.
func (s *Statement) allowsOf(service string) bool {
	for i := range s.actions {
		name, action, colon := strings.Cut(s.actions[i].pattern, ":")
		switch {
		case !colon && !matchGlob(name, service+":", true), colon && !matchGlob(name, service, true):
		case !s.notAction:
			return true
		case !colon || strings.Trim(action, string([]byte{anyRun})) == "" && action != "":
			return false // all of the service is left out
		}
	}
	return s.notAction
}
