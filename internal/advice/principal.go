package advice

import (
	"fmt"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/policy"
)

// principals judges Principal or NotPrincipal.
func (s *statement) principals() {
	if s.p.Kind.namesPrincipals() != (s.Principal.Name != "") {
		what := "names no principal, and the statements of %s must"
		if s.Principal.Name != "" {
			what = "names a principal, and the statements of %s must not"
		}
		s.report(Error, rulePrincipal, what, s.p.Kind.Title())
	}
	for _, p := range s.Principals {
		if fault := principalFault(p); fault != "" {
			s.report(Error, rulePrincipal, "%s", fault)
		} else if isUniqueID(p.Value) {
			s.report(Warning, rulePrincipal, "%s is what is left of a user or role that was deleted", p.Value)
		}
	}
}

// principalFault says why a principal matches nobody, or returns "".
func principalFault(p policy.WrittenPrincipal) string {
	nobody := func(format string, args ...any) string {
		return fmt.Sprintf("principal %q matches nobody: ", p.Value) + fmt.Sprintf(format, args...)
	}
	switch p.Kind {
	case "AWS":
		if why := awsPrincipalFault(p.Value); why != "" {
			return nobody("%s", why)
		}
	case "Service":
		name, ok := strings.CutSuffix(p.Value, ".amazonaws.com")
		switch {
		case strings.Trim(p.Value, vendorLetters) == "":
			return nobody("did you mean %s.amazonaws.com?", p.Value)
		case !ok && !strings.HasSuffix(p.Value, ".amazonaws.com.cn") && !strings.HasSuffix(p.Value, ".aws.internal"):
			return nobody("the name of a service ends in .amazonaws.com")
		case ok && (name == "" || strings.Trim(name, vendorLetters+".") != ""):
			return nobody("no service has such a name")
		}
	case "CanonicalUser":
		if len(p.Value) != 64 || strings.Trim(p.Value, "0123456789abcdef") != "" {
			return nobody("a canonical user id has 64 digits from 0 to f")
		}
	}
	return ""
}

// awsPrincipalFault says why a value of AWS matches nobody, or returns "".
func awsPrincipalFault(value string) string {
	if value == "*" || aws.IsAccountID(value) || isUniqueID(value) {
		return ""
	}
	if !strings.HasPrefix(value, "arn:") {
		return noAccount(value)
	}
	arn, ok := aws.ParseARN(value)
	kind, name, _ := strings.Cut(arn.Resource, "/")
	of := arn.Service + ":" + kind
	switch {
	case strings.ContainsAny(value, "*?"):
		return `there are no wildcards within a principal: name the account, and ask for aws:PrincipalArn in a condition`
	case !ok:
		return "it is no ARN"
	case arn.Partition != "aws" && arn.Partition != "aws-cn" && arn.Partition != "aws-us-gov":
		return fmt.Sprintf("there is no partition %q", arn.Partition)
	case arn.Region != "":
		return "the ARNs of principals have no region"
	case !aws.IsAccountID(arn.Account):
		return noAccount(arn.Account)
	case of == "iam:root" && name == "":
		return ""
	case of == "iam:group":
		return "a group is no principal: name its users"
	case name == "" || of != "iam:user" && of != "iam:role" && of != "sts:assumed-role" && of != "sts:federated-user":
		return "it is not the ARN of a root, a user, a role or a session"
	case of == "sts:assumed-role" && !strings.Contains(name, "/"):
		return "the ARN of a session ends in the session's name: …:assumed-role/role/session"
	}
	return ""
}

// isUniqueID reports whether a value has the form of a user's or role's id.
func isUniqueID(value string) bool {
	return len(value) > 12 && (strings.HasPrefix(value, "AIDA") || strings.HasPrefix(value, "AROA")) && strings.Trim(value, letters) == ""
}
