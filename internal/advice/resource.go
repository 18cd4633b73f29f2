package advice

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/policy"
)

// resources judges Resource or NotResource, and whether the actions are done
// to anything that is named there.
func (s *statement) resources() {
	if s.Resource.Name == "" {
		return
	}
	if len(s.Resource.Values) == 0 {
		s.report(Error, ruleResource, "%s is an empty list", s.Resource.Name)
		return
	}
	sound := true
	for _, r := range s.Resource.Values {
		if fault := resourceFault(r); fault != "" {
			s.report(Error, ruleResource, "%s", fault)
			sound = false
		} else if fault := logPathFault(r); fault != "" {
			s.report(Warning, ruleResource, "%s", fault)
		}
	}
	if sound {
		s.fit()
	}
}

// parts takes an ARN of a policy apart. A part of which nothing is known, for
// it has wildcards or variables or lies behind a *, is "*".
func parts(resource string) (arn aws.ARN, ok bool) {
	p := strings.SplitN(resource, ":", 6)
	if star := slices.IndexFunc(p, func(part string) bool { return strings.Contains(part, "*") }); star >= 0 {
		for len(p) < 6 {
			p = append(p, "*")
		}
		if star < 5 { // it may reach over colons
			for i := star; i < 6; i++ {
				p[i] = "*"
			}
		}
	}
	if len(p) < 6 || p[0] != "arn" && p[0] != "*" {
		return aws.ARN{}, false
	}
	for i := range p[:5] {
		if strings.ContainsAny(p[i], "*?$") {
			p[i] = "*"
		}
	}
	return aws.ARN{Partition: p[1], Service: p[2], Region: p[3], Account: p[4], Resource: p[5]}, true
}

var regionPattern = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$`)

// resourceFault says why a resource matches nothing, or returns "".
func resourceFault(r string) string {
	if r == "*" {
		return ""
	}
	arn, ok := parts(r)
	raw := strings.SplitN(r, ":", 6)
	if len(raw) == 5 { // a * may reach over a colon, but what is before it stands where the account does
		lead := strings.TrimRight(raw[4][:strings.IndexAny(raw[4]+"*", "*?$")], "0123456789")
		ok = ok && lead == ""
	}
	switch {
	case !ok:
		return r + " is no ARN and matches nothing: it takes arn:partition:service:region:account:resource, with the colons of parts that are empty"
	case arn.Partition != "*" && arn.Partition != "aws" && arn.Partition != "aws-cn" && arn.Partition != "aws-us-gov":
		return fmt.Sprintf("%s matches nothing: there is no partition %q", r, arn.Partition)
	case arn.Region != "" && arn.Region != "*" && !regionPattern.MatchString(arn.Region):
		return fmt.Sprintf("%s matches nothing: %q is no region", r, arn.Region)
	case arn.Account != "" && arn.Account != "*" && arn.Account != "aws" && arn.Account != "cloudfront" && !aws.IsAccountID(arn.Account):
		return fmt.Sprintf("%s matches nothing: %s", r, noAccount(arn.Account))
	case arn.Service == "s3" && (arn.Region != "" || arn.Account != "") && arn.Region != "*" && arn.Account != "*" && isBucketPath(arn.Resource):
		return r + " matches nothing: the ARNs of buckets and objects have neither region nor account, arn:aws:s3:::" + arn.Resource
	}
	return ""
}

// noAccount says what is wrong with the id of an account.
func noAccount(id string) string {
	if strings.Trim(id, "0123456789") == "" {
		return fmt.Sprintf("account %s has %d digits instead of 12", id, len(id))
	}
	return fmt.Sprintf("%q is no account id, which has 12 digits", id)
}

// isBucketPath tells a bucket or an object from the other resources of S3.
func isBucketPath(resource string) bool {
	for _, kind := range []string{"accesspoint", "access-grants", "job", "storage-lens", "storage-lens-group", "async-request"} {
		if strings.HasPrefix(resource, kind+"/") {
			return false
		}
	}
	return true
}

var organizationID = regexp.MustCompile(`^o-[a-z0-9]{10,32}$`)

// logPathFault says what is wrong with the path of a log file, or returns "".
func logPathFault(r string) string {
	owner, deeper := logOwner(r)
	switch {
	case owner == "":
		return ""
	case !aws.IsAccountID(owner) && !organizationID.MatchString(owner):
		return fmt.Sprintf("no log file is below AWSLogs/%s: %s", owner, noOwner(owner))
	case !deeper:
		return fmt.Sprintf("%s is one object and not what is below it: %s/*", r, r)
	}
	return ""
}

// logOwner is whose log files a resource stands for, "" when it does not say,
// and whether it goes on behind that.
func logOwner(r string) (owner string, deeper bool) {
	_, path, ok := strings.Cut(r, "/AWSLogs/")
	owner, _, deeper = strings.Cut(path, "/")
	if !ok || !strings.HasPrefix(r, "arn:aws:s3:::") || strings.ContainsAny(owner, "*?$") {
		return "", false
	}
	return owner, deeper
}

// noOwner says what stands where the id of an account or an organization
// should.
func noOwner(id string) string {
	switch {
	case strings.HasPrefix(id, "ou-"):
		return id + " is an organizational unit, and the folder is named after the organization, o-…"
	case strings.HasPrefix(id, "r-"):
		return id + " is the root of an organization, and the folder is named after the organization, o-…"
	case strings.HasPrefix(id, "o-"):
		return id + " is no organization id, which has 10 to 32 small letters and digits after o-"
	}
	return noAccount(id)
}

// fit finds actions that are done to none of the resources, and resources that
// none of the actions is done to.
func (s *statement) fit() {
	vendors, all := s.vendors()
	if all || s.Resource.Negated() || s.anyResource() {
		return
	}
	var idle []string
	for _, a := range s.Action.Values {
		if s.spelled[a] == "" && !slices.ContainsFunc(s.Resource.Values, func(r string) bool { return doneTo(a, r) }) {
			idle = append(idle, a)
		}
	}
	switch {
	case len(idle) == len(s.Action.Values):
		s.report(Error, ruleNever, "never matches: %s", unfit(idle[0], s.Resource.Values[0]))
		return
	case len(idle) > 0:
		for _, a := range idle {
			s.report(Warning, ruleNever, "no resource here is one for %s: %s", a, unfit(a, s.Resource.Values[0]))
		}
	}
	for _, r := range s.Resource.Values {
		arn, _ := parts(r)
		if arn.Service != "*" && !slices.ContainsFunc(vendors, func(v string) bool { return serves(v, arn.Service) }) {
			s.report(Warning, ruleNever, "no action here is done to %s", r)
		}
	}
}

// namesakes are services whose words are not known, but whose actions are
// done to their own resources alone.
var namesakes = []string{"dynamodb", "kms", "lambda", "logs", "secretsmanager", "sns", "sqs"}

// serves reports whether actions of a service may be done to resources of
// another.
func serves(vendor, arnService string) bool {
	if s := services()[vendor]; s != nil {
		return slices.Contains(s.arns, arnService)
	}
	return vendor == arnService || !slices.Contains(namesakes, vendor)
}

// doneTo reports whether an action may be done to a resource.
func doneTo(action, resource string) bool {
	vendor, _, _ := strings.Cut(strings.ToLower(action), ":")
	arn, _ := parts(resource)
	if arn.Service == "*" || arn.Resource == "*" && serves(vendor, arn.Service) {
		return true
	}
	if !serves(vendor, arn.Service) {
		return false
	}
	if vendor != "s3" || arn.Region != "" || arn.Account != "" {
		return true
	}
	onBucket, onObject := s3Scope(arn.Resource)
	for _, a := range policy.S3ActionsLike(action) {
		if onBucket && a.OnBucket() || onObject && a.OnObject() {
			return true
		}
	}
	return false
}

// s3Scope says whether a path can be a bucket's, and whether an object's.
func s3Scope(path string) (bucket, object bool) {
	name, _, slash := strings.Cut(path, "/")
	open := strings.ContainsAny(name, "*$")
	return !slash || open, slash || open
}

// unfit says why an action is not done to a resource.
func unfit(action, resource string) string {
	vendor, _, _ := strings.Cut(strings.ToLower(action), ":")
	arn, _ := parts(resource)
	if vendor == "s3" && arn.Service == "s3" {
		bucket, _, _ := strings.Cut(arn.Resource, "/")
		onBucket, onObject := false, false
		for _, a := range policy.S3ActionsLike(action) {
			onBucket, onObject = onBucket || a.OnBucket(), onObject || a.OnObject()
		}
		switch {
		case onBucket && !onObject:
			return fmt.Sprintf("%s is done to the bucket, arn:aws:s3:::%s", action, bucket)
		case onObject:
			return fmt.Sprintf("%s is done to objects, arn:aws:s3:::%s/*", action, bucket)
		}
		return action + " is done to neither buckets nor objects: its resource is *"
	}
	return fmt.Sprintf("%s is not done to resources of %s", action, arn.Service)
}
