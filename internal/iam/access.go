package iam

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// Access lists the permissions that a call needs. What does not exist is named
// as it would be at the root path; whether it exists is asked later.
func (s *Service) Access(c *call.Call, in any) ([]call.Target, error) {
	if s := c.Principal.Session; s != nil && c.Principal.Type != aws.AssumedRole && !c.Principal.IsAssumedRoot() && !s.MFA {
		return nil, invalidToken() // IAM takes no credentials of GetFederationToken, and of GetSessionToken those with a second factor
	}
	need, ok := permissions[c.Operation.Name]
	if !ok {
		return nil, call.NoPermission(c)
	}
	n := &permission{c: c, Target: call.Target{Action: "iam:" + c.Operation.Name, Resource: "*", Context: policy.Context{}}}
	need(n, in)
	targets := []call.Target{n.Target}
	if n.becomes != "" && n.becomes != n.Resource {
		t := n.Target
		t.Resource, t.Called = n.becomes, ""
		targets = append(targets, t)
	}
	if n.tagging != "" {
		t := n.Target
		t.Action, t.Called = n.tagging, ""
		targets = append(targets, t)
	}
	return targets, nil
}

// permission is what one call needs. Its resource is "*" until a method says
// otherwise.
type permission struct {
	call.Target
	c *call.Call
	// tagging is the further action that making something with tags needs.
	tagging string
	// becomes is the ARN that the resource is to have: who gives it another
	// name or path needs the permission for both.
	becomes string
}

// named says how a refusal calls the resource: by its class and the name that
// the call has for it. What is made, listed, tagged or simulated is called by
// its ARN.
func (n *permission) named(noun string, name *string) {
	if name != nil && !strings.HasPrefix(n.c.Operation.Name, "Tag") && !strings.HasPrefix(n.c.Operation.Name, "Untag") {
		n.Called = noun + " " + *name
	}
}

// under names whatever of a class lies under a path.
func (n *permission) under(k *class, path *string) {
	n.Resource = k.arn(n.c.Account(), "/", strings.TrimPrefix(aws.Val(path), "/"))
}

// renamed says where a call puts what the permission is about, if it moves it.
func (n *permission) renamed(k *class, name, newName, newPath *string) {
	if newName == nil && newPath == nil {
		return
	}
	newName = cmp.Or(newName, name)
	if newPath == nil {
		a, _ := aws.ParseARN(n.Resource)
		path, _ := pathAndName(a.Resource)
		newPath = &path
	}
	n.becomes = k.arn(n.c.Account(), *newPath, aws.Val(newName))
}

// user names a user, the caller when name is nil.
func (n *permission) user(name *string) {
	asked := name
	if name == nil && n.c.Principal.Type != aws.IAMUser {
		n.Resource = aws.RootARN(n.c.Account())
		return
	}
	if name == nil {
		name = &n.c.Principal.UserName
	}
	n.Resource = userClass.arn(n.c.Account(), "/", *name)
	n.named("user", asked)
	if u, ok := users.Get(n.c.State, recordKey(n.c.Account(), *name)); ok {
		n.Resource = u.ARN
		n.resourceTags(u.Tags)
	}
}

// userPolicies names a user whose policies are changed: within which boundary
// they are is a condition key.
func (n *permission) userPolicies(name *string) {
	n.user(name)
	if u, ok := users.Get(n.c.State, recordKey(n.c.Account(), aws.Val(name))); ok {
		n.boundary(&u.Boundary)
	}
}

func (n *permission) group(name *string) {
	n.Resource = groupClass.arn(n.c.Account(), "/", aws.Val(name))
	n.named("group", name)
	if g, ok := groups.Get(n.c.State, recordKey(n.c.Account(), aws.Val(name))); ok {
		n.Resource = g.ARN
	}
}

func (n *permission) role(name *string) {
	n.Resource = roleClass.arn(n.c.Account(), "/", aws.Val(name))
	n.named("role", name)
	if r, ok := roles.Get(n.c.State, recordKey(n.c.Account(), aws.Val(name))); ok {
		n.Resource = r.ARN
		n.resourceTags(r.Tags)
	}
}

func (n *permission) rolePolicies(name *string) {
	n.role(name)
	if r, ok := roles.Get(n.c.State, recordKey(n.c.Account(), aws.Val(name))); ok {
		n.boundary(&r.Boundary)
	}
}

// policy names a managed policy. Another account's belongs to that account.
func (n *permission) policy(arn *string) {
	n.Resource = aws.Val(arn)
	n.named("policy", arn)
	if a, ok := aws.ParseARN(n.Resource); ok && aws.IsAccountID(a.Account) {
		n.Owner = a.Account
	}
	if p, ok := policyByARN(n.c.State, n.Resource); ok {
		n.resourceTags(p.Tags)
	}
}

// principal names a user, a group or a role by its ARN.
func (n *permission) principal(arn *string) {
	n.Resource = aws.Val(arn)
	a, ok := aws.ParseARN(n.Resource)
	if !ok || a.Account != n.c.Account() {
		return
	}
	_, name := pathAndName(a.Resource)
	switch class, _, _ := strings.Cut(a.Resource, "/"); class {
	case userClass.noun:
		n.user(&name)
	case groupClass.noun:
		n.group(&name)
	case roleClass.noun:
		n.role(&name)
	}
	n.Called = ""
}

// device names an MFA device by its serial number.
func (n *permission) device(serial *string) {
	n.Resource = aws.Val(serial)
	if d, ok := mfaDevices.Get(n.c.State, n.Resource); ok && d.Account == n.c.Account() {
		n.resourceTags(d.Tags)
	}
}

// provider names an OpenID Connect provider.
func (n *permission) provider(arn *string) {
	n.Resource = aws.Val(arn)
	if p, ok := providers.Get(n.c.State, n.Resource); ok && p.Account == n.c.Account() {
		n.resourceTags(p.Tags)
	}
}

// samlProvider names a SAML provider.
func (n *permission) samlProvider(arn *string) {
	n.Resource = aws.Val(arn)
	if p, ok := samlProviders.Get(n.c.State, n.Resource); ok && p.Account == n.c.Account() {
		n.resourceTags(p.Tags)
	}
}

// serviceCredential says which service a credential is for, and for how many
// days.
func (n *permission) serviceCredential(service *string, days *int32) {
	if service != nil {
		n.set("iam:ServiceSpecificCredentialServiceName", *service)
	}
	if days != nil {
		n.set("iam:ServiceSpecificCredentialAgeDays", strconv.Itoa(int(*days)))
	}
}

// certificate names a server certificate.
func (n *permission) certificate(name *string) {
	n.Resource = certificateClass.arn(n.c.Account(), "/", aws.Val(name))
	if k, ok := serverCertificates.Get(n.c.State, recordKey(n.c.Account(), aws.Val(name))); ok {
		n.Resource = k.ARN
		n.resourceTags(k.Tags)
	}
}

func (n *permission) profile(name *string) {
	n.Resource = profileClass.arn(n.c.Account(), "/", aws.Val(name))
	n.named("instance profile", name)
	if p, ok := profiles.Get(n.c.State, recordKey(n.c.Account(), aws.Val(name))); ok {
		n.Resource = p.ARN
		n.resourceTags(p.Tags)
	}
}

// made names what is about to exist.
func (n *permission) made(k *class, name, path *string, tags []api.Tag, tagging string) {
	if path == nil {
		path = new("/")
	}
	n.Resource = k.arn(n.c.Account(), *path, aws.Val(name))
	if len(tags) > 0 {
		n.requestTags(tags)
		n.tagging = tagging
	}
}

func (n *permission) attaching(arn *string) { n.set("iam:PolicyARN", aws.Val(arn)) }

func (n *permission) boundary(arn *string) {
	if aws.Val(arn) != "" {
		n.set("iam:PermissionsBoundary", *arn)
	}
}

func (n *permission) set(key, value string) { n.Context.Set(key, value) }

func (n *permission) resourceTags(tags tag.Set) {
	tags.SetResource(n.Context)
	for _, t := range tags {
		n.set("iam:ResourceTag/"+t.Key, t.Value)
	}
}

func (n *permission) requestTags(tags []api.Tag) { tag.Of(tags).SetRequest(n.Context) }

func (n *permission) tagKeys(keys []string) { tag.SetKeys(n.Context, keys) }
