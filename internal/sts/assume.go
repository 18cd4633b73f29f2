package sts

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/session"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/sts"
)

// The durations of role sessions: when the caller does not say, and the most
// that a role session may ask for when it assumes the next role.
const (
	defaultSession = time.Hour
	chainedSession = time.Hour
)

// What a session may be limited by.
const (
	maxPolicyText  = 2048 // characters of the policy and the ARNs together
	maxPolicyARNs  = 10
	maxSessionTags = 50
	// packedLimit is the room that session policies and tags share in a token
	// once they are packed, in bytes.
	packedLimit = 2048
)

// AssumeRole issues credentials of a role. That the role trusts the caller was
// decided before (Access); here is what the session may look like.
func (s *Service) AssumeRole(c *call.Call, in *api.AssumeRoleInput) (*api.AssumeRoleOutput, error) {
	role, ok := s.roles.Role(c.State, aws.Val(in.RoleArn))
	if !ok {
		return nil, denied("User: %s is not authorized to perform: sts:AssumeRole on resource: %s", c.Principal.ARN, aws.Val(in.RoleArn))
	}
	if len(in.ProvidedContexts) > 0 {
		return nil, invalid("Context assertions are not supported.")
	}
	credentials, p, packed, err := s.assume(c, in, role)
	if err != nil {
		return nil, err
	}
	if role.Account != c.Account() {
		c.Owners = []string{role.Account}
	}
	out := &api.AssumeRoleOutput{
		Credentials: credentials, AssumedRoleUser: &api.AssumedRoleUser{AssumedRoleId: &p.ID, Arn: &p.ARN}, PackedPolicySize: packed,
	}
	if p.Session.SourceIdentity != "" {
		out.SourceIdentity = &p.Session.SourceIdentity
	}
	return out, nil
}

// assume issues credentials of a role to whom it trusts.
func (s *Service) assume(c *call.Call, in *api.AssumeRoleInput, role Role) (*api.Credentials, aws.Principal, *int32, error) {
	of := &aws.Session{
		IssuerType: aws.RoleIssuer, IssuerID: role.ID, IssuerARN: role.ARN, IssuerName: role.Name,
		Name: aws.Val(in.RoleSessionName), SourceIdentity: sourceIdentity(c, in),
	}
	p := aws.Principal{
		Type: aws.AssumedRole, Account: role.Account, ID: role.ID + ":" + of.Name, Session: of,
		ARN: aws.NewARN("sts", "", role.Account, "assumed-role/"+role.Name+"/"+of.Name).String(),
	}
	if err := checkDuration(c, in, role); err != nil {
		return nil, p, nil, err
	}
	if err := checkSourceIdentity(c, of.SourceIdentity); err != nil {
		return nil, p, nil, err
	}
	var err error
	if of.Policies, err = s.sessionPolicies(c, in, role.Account); err != nil {
		return nil, p, nil, err
	}
	if of.Tags, of.TransitiveTags, err = sessionTags(c, in); err != nil {
		return nil, p, nil, err
	}
	packed, err := pack(of)
	if err != nil {
		return nil, p, nil, err
	}
	// A call that is refused for another reason leaves the code good.
	if of.MFA, err = s.useCode(c, in.SerialNumber, in.TokenCode); err != nil {
		return nil, p, nil, err
	}
	c.Resources = []call.Resource{{Account: role.Account, Type: "AWS::IAM::Role", ARN: role.ARN}}
	return s.issue(c.Time, p, duration(in), ""), p, packed, nil
}

func duration(in *api.AssumeRoleInput) time.Duration {
	if in.DurationSeconds == nil {
		return defaultSession
	}
	return time.Duration(*in.DurationSeconds) * time.Second
}

func checkDuration(c *call.Call, in *api.AssumeRoleInput, role Role) error {
	if duration(in) > role.MaxSession {
		return invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	if c.Principal.Type == aws.AssumedRole && duration(in) > chainedSession {
		return invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
	}
	return nil
}

// checkSourceIdentity refuses to change the source identity of a session.
func checkSourceIdentity(c *call.Call, identity string) error {
	if s := c.Principal.Session; s != nil && s.SourceIdentity != "" && s.SourceIdentity != identity {
		return denied("The source identity of a session cannot be changed: it is %s.", s.SourceIdentity)
	}
	return nil
}

// sessionPolicies are the policy documents and the ARNs of managed policies
// that limit a session of an account. ARNs are resolved whenever the session is used.
func (s *Service) sessionPolicies(c *call.Call, in *api.AssumeRoleInput, account string) ([]string, error) {
	var list []string
	length := 0
	if in.Policy != nil {
		if err := policy.CheckIdentity([]byte(*in.Policy)); err != nil {
			return nil, err
		}
		list, length = append(list, *in.Policy), len(*in.Policy)
	}
	if len(in.PolicyArns) > maxPolicyARNs {
		return nil, invalid("1 validation error detected: Value at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to %d", maxPolicyARNs)
	}
	for _, p := range in.PolicyArns {
		arn := aws.Val(p.Arn)
		if !s.roles.ManagedPolicy(c.State, account, arn) {
			return nil, invalid("The policy %s does not exist or is not attachable.", arn)
		}
		list, length = append(list, arn), length+len(arn)
	}
	if length > maxPolicyText {
		return nil, invalid("1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must have length less than or equal to %d", maxPolicyText)
	}
	return list, nil
}

// sessionTags are the tags of a session: those of the request, and those that
// the caller's own session hands on.
func sessionTags(c *call.Call, in *api.AssumeRoleInput) (tags map[string]string, transitive []string, err error) {
	inherited := inheritedTags(c.Principal.Session)
	tags, transitive = maps.Clone(inherited), slices.Sorted(maps.Keys(inherited))
	if tags == nil && len(in.Tags) > 0 {
		tags = make(map[string]string, len(in.Tags))
	}
	for i, t := range in.Tags {
		key := aws.Val(t.Key)
		same := func(k string) bool { return strings.EqualFold(k, key) }
		if tag.Reserved(key) {
			return nil, nil, invalid("Tag keys that begin with aws: are reserved for system use: %s", key)
		}
		if slices.ContainsFunc(in.Tags[:i], func(o api.Tag) bool { return same(aws.Val(o.Key)) }) {
			return nil, nil, aws.Errorf("InvalidParameterValue", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		if slices.ContainsFunc(transitive, same) {
			return nil, nil, aws.Errorf("InvalidParameterValue", "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.")
		}
		tags[key] = aws.Val(t.Value)
	}
	for _, key := range in.TransitiveTagKeys {
		name, ok := keyFold(tags, key)
		if !ok {
			return nil, nil, aws.Errorf("InvalidParameterValue", "The specified transitive tag key must be included in the requested tags.")
		}
		if !slices.Contains(transitive, name) {
			transitive = append(transitive, name)
		}
	}
	if len(tags) > maxSessionTags {
		return nil, nil, invalid("A session may have %d tags.", maxSessionTags)
	}
	return tags, transitive, nil
}

// inheritedTags are the transitive tags of the caller's session, nil when it
// has none.
func inheritedTags(s *aws.Session) map[string]string {
	if s == nil || len(s.TransitiveTags) == 0 {
		return nil
	}
	tags := make(map[string]string, len(s.TransitiveTags))
	for _, key := range s.TransitiveTags {
		tags[key] = s.Tags[key]
	}
	return tags
}

// keyFold finds a tag key without regard to case.
func keyFold(tags map[string]string, key string) (string, bool) {
	for k := range tags {
		if strings.EqualFold(k, key) {
			return k, true
		}
	}
	return "", false
}

// pack measures what limits a session, in percent of the room there is; nil
// when nothing does.
func pack(s *aws.Session) (*int32, error) {
	if len(s.Policies) == 0 && len(s.Tags) == 0 {
		return nil, nil
	}
	percent := (session.Packed(s.Policies, s.Tags)*100 + packedLimit - 1) / packedLimit
	if percent > 100 {
		return nil, aws.Errorf("PackedPolicyTooLarge", "Packed policy consumes %d%% of allotted space, please use smaller policy.", percent)
	}
	return new(int32(percent)), nil
}
