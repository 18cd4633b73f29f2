package policy

import (
	"regexp"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
)

func malformed(format string, args ...any) *aws.Error {
	return aws.Errorf("MalformedPolicyDocument", format, args...)
}

// CheckIdentity judges a policy for users, groups and roles, a permissions
// boundary or a session policy, as IAM does. The faults are looked for in
// IAM's order, each throughout the document before the next. Size limits are
// the service's.
func CheckIdentity(data []byte) *aws.Error {
	src, serr := readOutline(data)
	if serr != nil {
		return malformed("Syntax errors in policy.")
	}
	for _, check := range []func(*outline) *aws.Error{
		(*outline).checkWords, (*outline).checkVersion, (*outline).checkLegacy, (*outline).checkSids,
		(*outline).checkNoPrincipal, (*outline).checkActionsExist, (*outline).checkResourceFormat,
		(*outline).checkActionFormat, (*outline).checkResourcesExist,
	} {
		if err := check(src); err != nil {
			return err
		}
	}
	if _, serr := compile(src); serr != nil {
		return malformed("Syntax errors in policy.")
	}
	return nil
}

// checkWords refuses what is no effect in any case of letters, and unknown
// operators of conditions.
func (src *outline) checkWords() *aws.Error {
	for _, s := range src.statements {
		if !strings.EqualFold(s.effect, "Allow") && !strings.EqualFold(s.effect, "Deny") {
			return malformed("Syntax errors in policy.")
		}
		for _, c := range s.conditions {
			if _, _, _, ok := readOperator(c.operator); !ok {
				return malformed("Syntax errors in policy.")
			}
		}
	}
	return nil
}

func (src *outline) checkVersion() *aws.Error {
	if src.version != version2012 {
		return malformed("Policy document must be version 2012-10-17 or greater.")
	}
	return nil
}

// checkLegacy refuses what IAM's older parser stumbles over.
func (src *outline) checkLegacy() *aws.Error {
	legacy := malformed("The policy failed legacy parsing")
	for _, s := range src.statements {
		if s.effect != "Allow" && s.effect != "Deny" {
			return legacy
		}
		for _, c := range s.conditions {
			if !strings.Contains(c.operator, "Date") {
				continue
			}
			for _, value := range c.values {
				if _, ok := parseDate(value); !ok {
					return legacy
				}
			}
		}
	}
	for _, s := range src.statements {
		for _, r := range s.resources.values {
			if resourceFault(r) == "" && r != "*" && !legacyARN(r) {
				return legacy
			}
		}
	}
	return nil
}

// legacyARN reports whether an ARN names its service and, unless it leaves
// parts out altogether, has all six.
func legacyARN(arn string) bool {
	parts := strings.Split(arn, ":")
	return (len(parts) >= 6 || !strings.Contains(arn, "::")) && len(parts) > 2 && parts[2] != ""
}

var sidPattern = regexp.MustCompile(`^[0-9A-Za-z]*$`)

func (src *outline) checkSids() *aws.Error {
	if src.duplicateSid() {
		return malformed("Statement IDs (SID) in a single policy must be unique.")
	}
	for _, s := range src.statements {
		if !sidPattern.MatchString(s.sid) {
			return malformed("Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*")
		}
	}
	return nil
}

func (src *outline) duplicateSid() bool {
	seen := map[string]bool{}
	for _, s := range src.statements {
		if s.sid != "" && seen[s.sid] {
			return true
		}
		seen[s.sid] = true
	}
	return false
}

func (src *outline) checkNoPrincipal() *aws.Error {
	for _, s := range src.statements {
		if s.principalElement != "" {
			return malformed("Policy document should not specify a principal.")
		}
	}
	return nil
}

func (src *outline) checkActionsExist() *aws.Error {
	for _, s := range src.statements {
		if len(s.actions.values) == 0 {
			return malformed("Policy statement must contain actions.")
		}
	}
	return nil
}

func (src *outline) checkResourcesExist() *aws.Error {
	for _, s := range src.statements {
		if len(s.resources.values) == 0 {
			return malformed("Policy statement must contain resources.")
		}
	}
	return nil
}

func (src *outline) checkResourceFormat() *aws.Error {
	for _, s := range src.statements {
		for _, r := range s.resources.values {
			if fault := resourceFault(r); fault != "" {
				return malformed("%s", fault)
			}
		}
	}
	return nil
}

var iamPaths = []string{"user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/", "server-certificate/",
	"policy/", "sms-mfa/", "saml-provider/", "oidc-provider/", "report/", "access-report/"}

// resourceFault says what is wrong with a resource of an identity policy, or
// returns "".
func resourceFault(r string) string {
	if r == "*" {
		return ""
	}
	parts := strings.SplitN(r, ":", 6)
	if len(parts) < 2 {
		return "Resource " + r + ` must be in ARN format or "*".`
	}
	if p := parts[1]; p != "*" && p != "aws" && p != "aws-cn" && p != "aws-us-gov" {
		for len(parts) < 6 {
			parts = append(parts, "*")
		}
		if parts[2] == "" && len(strings.Split(r, ":")) < 4 {
			parts[2] = "*"
		}
		return `Partition "` + p + `" is not valid for resource "arn:` + strings.Join(parts[1:], ":") + `".`
	}
	if parts[0] != "arn" {
		return "Resource " + r + ` must be in ARN format or "*".`
	}
	if len(parts) < 3 || strings.ContainsAny(parts[2], "*?") {
		return "Resource vendor must be fully qualified and cannot contain regexes."
	}
	region, resource := "", ""
	if len(parts) > 3 {
		region = parts[3]
	}
	if len(parts) > 5 {
		resource = parts[5]
	}
	switch {
	case parts[2] == "iam" && region != "":
		return "IAM resource " + r + " cannot contain region information."
	case parts[2] == "s3" && region != "" && !strings.HasPrefix(resource, "accesspoint/"):
		return "Resource " + r + " can not contain region information."
	case parts[2] == "iam" && len(parts) > 5 && !iamResource(resource):
		return `IAM resource path must either be "*" or start with ` + strings.Join(iamPaths, ", ") + "."
	}
	return ""
}

func iamResource(resource string) bool {
	if resource == "*" || resource == "root" {
		return true
	}
	for _, p := range iamPaths {
		if strings.HasPrefix(resource, p) {
			return true
		}
	}
	return false
}

var vendorPattern = regexp.MustCompile(`^[0-9A-Za-z.-]*$`)

func (src *outline) checkActionFormat() *aws.Error {
	for _, s := range src.statements {
		for _, a := range s.actions.values {
			vendor, name, prefaced := strings.Cut(a, ":")
			switch {
			case a == "*":
			case !prefaced:
				return malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
			case strings.Contains(name, ":"):
				return malformed("Actions/Condition can contain only one colon.")
			case vendor != "*" && !vendorPattern.MatchString(vendor):
				return malformed("Vendor %s is not valid", vendor)
			}
		}
	}
	return nil
}
