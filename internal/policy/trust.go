package policy

import (
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// CheckTrust judges the policy of a role that says who may assume it. exists
// is asked for every AWS principal: an account by the ARN of its root, users
// and roles as they are written, a session by the root of its account. Without
// exists all of them do.
func CheckTrust(data []byte, exists func(principalARN string) bool) *aws.Error {
	src, serr := readOutline(data)
	if serr != nil {
		return malformed("%s", resourcePolicyFault(serr, "This policy contains invalid Json", "Syntax errors in policy."))
	}
	for i := range src.statements {
		if err := checkTrustStatement(&src.statements[i], exists); err != nil {
			return err
		}
	}
	if src.duplicateSid() {
		return malformed("The Statement Ids in the policy are not unique")
	}
	if _, serr := compile(src); serr != nil {
		return malformed("Syntax errors in policy.")
	}
	return nil
}

func checkTrustStatement(s *outlineStatement, exists func(string) bool) *aws.Error {
	switch {
	case s.effect == "":
		return malformed("Missing required field Effect")
	case s.effect != "Allow" && s.effect != "Deny":
		return malformed("Invalid effect: %s", s.effect)
	case s.resources.element != "":
		return malformed("Has prohibited field %s", s.resources.element)
	case s.principalElement == "NotPrincipal" && s.effect == "Allow":
		return malformed("Allow with NotPrincipal is not allowed.")
	case s.principalElement == "NotPrincipal":
		return malformed("AssumeRole policy must not contain NotPrincipal field.")
	case s.principalElement == "":
		return malformed("Missing required field Principal")
	case len(s.principals) == 0:
		return malformed("Missing required field Principal cannot be empty!")
	}
	for _, set := range s.principals {
		if err := checkTrustPrincipals(set, exists); err != nil {
			return err
		}
	}
	if len(s.actions.values) == 0 {
		return malformed("Missing required field Action")
	}
	for _, a := range s.actions.values {
		if !assumesRole(a) {
			return malformed("AssumeRole policy may only specify STS AssumeRole actions.")
		}
	}
	return nil
}

func checkTrustPrincipals(set principalSet, exists func(string) bool) *aws.Error {
	if set.kind == "" {
		return malformed("Principal must be a JSON object.")
	}
	if len(set.values) == 0 {
		return malformed("Missing required field Principal cannot be empty!")
	}
	for _, value := range set.values {
		kind := set.kind
		known := false
		switch kind {
		case "AWS":
			known = value == "*" || principalExists(value, exists)
		case "Service":
			known, kind = isServicePrincipal(value), "SERVICE"
		case "Federated":
			known, kind = value != "", "FEDERATED"
		}
		if !known {
			return malformed(`Invalid principal in policy: "%s":"%s"`, kind, value)
		}
	}
	return nil
}

// assumeActions are what a trust policy can allow.
var assumeActions = []string{"sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity",
	"sts:SetContext", "sts:SetSourceIdentity", "sts:TagSession"}

// assumesRole reports whether an action, with its wildcards, is one of STS and
// speaks of assuming roles.
func assumesRole(action string) bool {
	if !isSTS(action) {
		return false
	}
	t := compileAction(action)
	for _, a := range assumeActions {
		if t.matchFold(a) {
			return true
		}
	}
	return false
}

// principalExists reports whether an AWS principal is well formed and there.
func principalExists(value string, exists func(string) bool) bool {
	arn, ok := arnToAsk(value)
	return ok && (exists == nil || exists(arn))
}

// arnToAsk returns the ARN to look up when a policy names an AWS principal.
func arnToAsk(value string) (string, bool) {
	if account, ok := wholeAccount(value); ok {
		return aws.RootARN(account), true
	}
	arn, ok := aws.ParseARN(value)
	if !ok || arn.Partition != aws.Partition || arn.Region != "" || !aws.IsAccountID(arn.Account) ||
		strings.ContainsAny(arn.Resource, "*?") {
		return "", false
	}
	kind, name, _ := strings.Cut(arn.Resource, "/")
	switch {
	case name == "" || strings.HasSuffix(name, "/"):
	case arn.Service == "iam" && (kind == "user" || kind == "role"):
		return value, true
	case arn.Service == "sts" && kind == "assumed-role" && strings.Contains(name, "/"),
		arn.Service == "sts" && kind == "federated-user":
		return aws.RootARN(arn.Account), true
	}
	return "", false
}

// isServicePrincipal reports whether a name has the form of a service's.
func isServicePrincipal(name string) bool {
	service, ok := strings.CutSuffix(name, ".amazonaws.com")
	return ok && service != "" && strings.Trim(service, "abcdefghijklmnopqrstuvwxyz0123456789.-") == ""
}
