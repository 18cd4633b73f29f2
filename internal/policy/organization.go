package policy

import (
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// CheckSCP judges a service control policy: an identity policy that any
// action may stand in. Size limits are the service's.
func CheckSCP(data []byte) *aws.Error {
	return checkOrganizationPolicy(data, func(s *outlineStatement) bool {
		return s.principalElement == ""
	})
}

// CheckRCP judges a resource control policy: it can only deny, speaks of
// everyone, and of the services whose resources such policies govern.
func CheckRCP(data []byte) *aws.Error {
	return checkOrganizationPolicy(data, func(s *outlineStatement) bool {
		return s.effect == "Deny" && s.principalElement == "Principal" && s.namesEveryone() &&
			s.actions.element == "Action" && !slices.ContainsFunc(s.actions.values, ungoverned)
	})
}

func (s *outlineStatement) namesEveryone() bool {
	return len(s.principals) == 1 && s.principals[0].kind == "" && slices.Equal(s.principals[0].values, []string{"*"})
}

// ungoverned reports whether an action is one that no resource control policy
// reaches. The * reaches all that any of them does.
func ungoverned(action string) bool { return action != "*" && !rcpsGovern(action) }

// checkOrganizationPolicy asks for what both kinds demand, and of each
// statement for what its kind does. Organizations says the same of every
// fault.
func checkOrganizationPolicy(data []byte, fits func(*outlineStatement) bool) *aws.Error {
	refusal := aws.Errorf("MalformedPolicyDocumentException",
		"The provided policy document does not meet the requirements of the specified policy type.")
	src, serr := readOutline(data)
	if serr != nil || src.version != version2012 || src.duplicateSid() || src.checkActionFormat() != nil {
		return refusal
	}
	for i := range src.statements {
		s := &src.statements[i]
		if !fits(s) || len(s.resources.values) == 0 || slices.ContainsFunc(s.resources.values, noResource) {
			return refusal
		}
	}
	if _, serr := compile(src); serr != nil {
		return refusal
	}
	return nil
}

// noResource reports whether a resource is neither the * nor an ARN.
func noResource(r string) bool { return r != "*" && !strings.HasPrefix(r, "arn:") }
