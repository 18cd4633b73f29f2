package policy

import (
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
)

const (
	home    = "111111111111" // the account of most callers
	abroad  = "222222222222"
	object  = "arn:aws:s3:::my-bucket/key"
	userARN = "arn:aws:iam::111111111111:user/zoe"
	roleARN = "arn:aws:iam::111111111111:role/team/Auditor"
	session = "arn:aws:sts::111111111111:assumed-role/Auditor/s1"
	fedARN  = "arn:aws:sts::111111111111:federated-user/fay"
)

func roleSession(role, id, arn string) aws.Principal {
	return aws.Principal{Type: aws.AssumedRole, Account: home, ARN: arn, ID: id + ":s1",
		Session: &aws.Session{IssuerType: aws.RoleIssuer, IssuerID: id, IssuerARN: role, IssuerName: "Auditor", Name: "s1"}}
}

var (
	user      = aws.Principal{Type: aws.IAMUser, Account: home, ARN: userARN, ID: "AIDAZOE", UserName: "zoe"}
	auditor   = roleSession(roleARN, "AROAAUDITOR", session)
	linked    = roleSession("arn:aws:iam::111111111111:role/aws-service-role/cloudtrail.amazonaws.com/AWSServiceRoleForCloudTrail", "AROALINKED", "arn:aws:sts::111111111111:assumed-role/AWSServiceRoleForCloudTrail/s1")
	root      = aws.Principal{Type: aws.Root, Account: home, ARN: aws.RootARN(home), ID: home}
	federated = aws.Principal{Type: aws.FederatedUser, Account: home, ARN: fedARN, ID: home + ":fay",
		Session: &aws.Session{IssuerType: aws.IAMUser, IssuerID: "AIDAZOE", IssuerARN: userARN, Name: "fay"}}
	service   = aws.ServicePrincipal("cloudtrail.amazonaws.com")
	anonymous = aws.Principal{}
	account   = aws.Principal{Type: aws.AWSAccount, Account: home}
)

var callers = map[string]aws.Principal{
	"user": user, "role": auditor, "linked role": linked, "root": root, "federated": federated,
	"service": service, "anonymous": anonymous, "account": account,
}

// policyOf makes a policy of statements; "allow" and "deny" stand for those
// that say so of everything.
func policyOf(t testing.TB, statements ...string) []Attached {
	t.Helper()
	for i, s := range statements {
		switch s {
		case "allow":
			statements[i] = `{"Effect":"Allow","Action":"*","Resource":"*"}`
		case "deny":
			statements[i] = `{"Effect":"Deny","Action":"*","Resource":"*"}`
		case "other":
			statements[i] = `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::other/*"}`
		}
	}
	return []Attached{{Name: "p", ARN: "arn:aws:iam::aws:policy/P", Document: parse(t, `{"Version":"2012-10-17","Statement":[`+strings.Join(statements, ",")+`]}`)}}
}

// resourceFor makes a resource's policy that has the effect for a principal.
func resourceFor(t testing.TB, effect, principal string) *Attached {
	p := policyOf(t, `{"Effect":"`+effect+`","Principal":`+principal+`,"Action":"s3:*","Resource":"arn:aws:s3:::my-bucket/*"}`)
	p[0].ARN = ""
	return &p[0]
}

type verdict struct {
	decision Decision
	kind     Kind
}

func check(t *testing.T, name string, r Request, d Documents, want verdict) {
	t.Helper()
	if r.Action == "" {
		r.Action, r.Resource = "s3:GetObject", object
	}
	got := Evaluate(r, d)
	if (verdict{got.Decision, got.Kind}) != want {
		t.Errorf("%s: %v by %v, want %v by %v", name, got.Decision, got.Kind, want.decision, want.kind)
	}
	if got.Decision == ExplicitDeny && len(got.Statements()) != 1 {
		t.Errorf("%s: denied by %d statements", name, len(got.Statements()))
	}
}

// Every kind of caller, in and out of its account, against every way in which
// the resource's policy may speak of it, with and without an identity policy
// that allows.
func TestEvaluateMatrix(t *testing.T) {
	var (
		yes       = verdict{Allowed, Identity}
		byPolicy  = verdict{Allowed, Resource}
		noIdent   = verdict{ImplicitDeny, Identity}
		noPolicy  = verdict{ImplicitDeny, Resource}
		denied    = verdict{ExplicitDeny, Resource}
		noSession = verdict{ImplicitDeny, Session}
	)
	type row struct {
		principal string // of the resource's policy, "" when there is none
		// outcomes in the same account without and with an identity policy,
		// and the same across accounts
		bare, identity, bareAbroad, identityAbroad verdict
	}
	const (
		everyone   = `"*"`
		accountID  = `{"AWS":"111111111111"}`
		accountARN = `{"AWS":"arn:aws:iam::111111111111:root"}`
		stranger   = `{"AWS":"arn:aws:iam::333333333333:root"}`
		services   = `{"Service":["x.amazonaws.com","cloudtrail.amazonaws.com"]}`
	)
	aws := func(arn string) string { return `{"AWS":"` + arn + `"}` }
	for who, rows := range map[string][]row{
		"user": {
			{"", noIdent, yes, noIdent, noPolicy},
			{everyone, byPolicy, byPolicy, noIdent, byPolicy},
			{`{"AWS":"*"}`, byPolicy, byPolicy, noIdent, byPolicy},
			{aws(userARN), byPolicy, byPolicy, noIdent, byPolicy},
			{aws("AIDAZOE"), byPolicy, byPolicy, noIdent, byPolicy},
			{accountID, noIdent, byPolicy, noIdent, byPolicy},
			{accountARN, noIdent, byPolicy, noIdent, byPolicy},
			{stranger, noIdent, yes, noIdent, noPolicy},
			{aws(roleARN), noIdent, yes, noIdent, noPolicy},
			{services, noIdent, yes, noIdent, noPolicy},
		},
		"role": {
			{"", noIdent, yes, noIdent, noPolicy},
			{everyone, byPolicy, byPolicy, noIdent, byPolicy},
			{aws(session), byPolicy, byPolicy, noIdent, byPolicy},
			{aws(roleARN), byPolicy, byPolicy, noIdent, byPolicy},
			{aws("AROAAUDITOR"), byPolicy, byPolicy, noIdent, byPolicy},
			{aws("AROAAUDITOR:s1"), byPolicy, byPolicy, noIdent, byPolicy},
			{aws("arn:aws:sts::111111111111:assumed-role/Auditor/s2"), noIdent, yes, noIdent, noPolicy},
			{accountARN, noIdent, byPolicy, noIdent, byPolicy},
		},
		"linked role": {
			{"", noIdent, yes, noIdent, noPolicy},
			{accountARN, noIdent, byPolicy, noIdent, byPolicy},
		},
		"root": {
			{"", yes, yes, noPolicy, noPolicy},
			{everyone, byPolicy, byPolicy, byPolicy, byPolicy},
			{accountARN, byPolicy, byPolicy, byPolicy, byPolicy},
			{stranger, yes, yes, noPolicy, noPolicy},
		},
		"federated": { // no session policy was passed
			{"", noIdent, noSession, noIdent, noSession},
			{aws(fedARN), byPolicy, byPolicy, noIdent, noSession},
			{aws(userARN), noSession, noSession, noIdent, noSession},
			{everyone, noSession, noSession, noIdent, noSession},
			{accountARN, noIdent, noSession, noIdent, noSession},
		},
		"service": {
			{"", noPolicy, noPolicy, noPolicy, noPolicy},
			{services, byPolicy, byPolicy, byPolicy, byPolicy},
			{everyone, byPolicy, byPolicy, byPolicy, byPolicy},
			{`{"Service":"cloudtrail.us-east-2.amazonaws.com"}`, noPolicy, noPolicy, noPolicy, noPolicy},
			{accountARN, noPolicy, noPolicy, noPolicy, noPolicy},
		},
		"anonymous": {
			{"", noPolicy, noPolicy, noPolicy, noPolicy},
			{everyone, byPolicy, byPolicy, byPolicy, byPolicy},
			{accountARN, noPolicy, noPolicy, noPolicy, noPolicy},
			{services, noPolicy, noPolicy, noPolicy, noPolicy},
		},
		"account": {
			{accountID, noIdent, byPolicy, noIdent, byPolicy},
			{aws(userARN), noIdent, yes, noIdent, noPolicy},
		},
	} {
		for _, row := range rows {
			d := Documents{}
			if row.principal != "" {
				d.Resource = resourceFor(t, "Allow", row.principal)
			}
			with := d
			with.Identity = policyOf(t, "allow")
			r := Request{Principal: callers[who], ResourceAccount: home}
			check(t, who+", bare, "+row.principal, r, d, row.bare)
			check(t, who+", identity, "+row.principal, r, with, row.identity)
			r.ResourceAccount = abroad
			check(t, who+", bare abroad, "+row.principal, r, d, row.bareAbroad)
			check(t, who+", identity abroad, "+row.principal, r, with, row.identityAbroad)
		}
		// A denial that reaches the caller beats everything else.
		with := Documents{Identity: policyOf(t, "allow"), Resource: resourceFor(t, "Deny", everyone)}
		check(t, who+", denied", Request{Principal: callers[who]}, with, denied)
	}
}

func TestEvaluateNoResourceAccount(t *testing.T) {
	check(t, "own account", Request{Principal: user}, Documents{Identity: policyOf(t, "allow")}, verdict{Allowed, Identity})
}

func TestDenialsEverywhere(t *testing.T) {
	allow := func() Documents {
		return Documents{
			Identity: policyOf(t, "allow"), Boundary: policyOf(t, "allow"), Session: policyOf(t, "allow"),
			Resource: resourceFor(t, "Allow", `"*"`),
			SCPs:     [][]Attached{policyOf(t, "allow"), policyOf(t, "allow")},
			RCPs:     [][]Attached{policyOf(t, `{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`)},
		}
	}
	r := Request{Principal: user}
	check(t, "nothing denies", r, allow(), verdict{Allowed, Resource})

	d := allow()
	d.SCPs[1] = policyOf(t, "allow", "deny")
	check(t, "SCP", r, d, verdict{ExplicitDeny, SCP})
	d = allow()
	d.RCPs[0] = policyOf(t, `{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}`)
	check(t, "RCP", r, d, verdict{ExplicitDeny, RCP})
	d = allow()
	d.Resource = resourceFor(t, "Deny", `{"AWS":"`+userARN+`"}`)
	check(t, "resource", r, d, verdict{ExplicitDeny, Resource})
	d = allow()
	d.Resource = resourceFor(t, "Deny", `{"AWS":"111111111111"}`)
	check(t, "resource, by account", r, d, verdict{ExplicitDeny, Resource})
	d = allow()
	d.Identity = append(policyOf(t, "allow"), policyOf(t, "deny")...)
	check(t, "identity", r, d, verdict{ExplicitDeny, Identity})
	d = allow()
	d.Boundary = policyOf(t, "allow", "deny")
	check(t, "boundary", r, d, verdict{ExplicitDeny, Boundary})
	d = allow()
	d.Session = policyOf(t, "allow", "deny")
	check(t, "session", r, d, verdict{ExplicitDeny, Session})
	// Only one cause is named, the outermost.
	d.SCPs[0] = policyOf(t, "deny")
	check(t, "SCP before session", r, d, verdict{ExplicitDeny, SCP})
}

func TestLimits(t *testing.T) {
	nothing, allow := []Attached{}, policyOf(t, "allow")
	byName := func(arn string) *Attached { return resourceFor(t, "Allow", `{"AWS":"`+arn+`"}`) }
	for _, c := range []struct {
		name string
		who  aws.Principal
		d    Documents
		want verdict
	}{
		{"boundary allows", user, Documents{Identity: allow, Boundary: allow}, verdict{Allowed, Identity}},
		{"boundary is silent", user, Documents{Identity: allow, Boundary: policyOf(t, "other")}, verdict{ImplicitDeny, Boundary}},
		{"boundary is empty", user, Documents{Identity: allow, Boundary: nothing}, verdict{ImplicitDeny, Boundary}},
		{"boundary grants nothing", user, Documents{Boundary: allow}, verdict{ImplicitDeny, Identity}},
		{"session allows", auditor, Documents{Identity: allow, Session: allow}, verdict{Allowed, Identity}},
		{"session is silent", auditor, Documents{Identity: allow, Session: policyOf(t, "other")}, verdict{ImplicitDeny, Session}},
		{"session is empty", auditor, Documents{Identity: allow, Session: nothing}, verdict{ImplicitDeny, Session}},
		{"session grants nothing", auditor, Documents{Session: allow}, verdict{ImplicitDeny, Identity}},
		{"root with a task policy", root, Documents{Session: policyOf(t, "other")}, verdict{ImplicitDeny, Session}},
		{"federated", federated, Documents{Identity: allow, Session: allow}, verdict{Allowed, Identity}},

		{"user by name beats the boundary", user, Documents{Boundary: nothing, Resource: byName(userARN)}, verdict{Allowed, Resource}},
		{"session by name beats boundary and session", auditor, Documents{Boundary: nothing, Session: nothing, Resource: byName(session)}, verdict{Allowed, Resource}},
		{"role by name is held by the boundary", auditor, Documents{Boundary: nothing, Resource: byName(roleARN)}, verdict{ImplicitDeny, Boundary}},
		{"role by name is held by the session", auditor, Documents{Session: nothing, Resource: byName(roleARN)}, verdict{ImplicitDeny, Session}},
		{"role by name within both", auditor, Documents{Boundary: allow, Session: allow, Resource: byName(roleARN)}, verdict{Allowed, Resource}},
		{"everyone holds the session", auditor, Documents{Session: nothing, Resource: resourceFor(t, "Allow", `"*"`)}, verdict{ImplicitDeny, Session}},

		{"SCP is silent", user, Documents{Identity: allow, SCPs: [][]Attached{allow, policyOf(t, "other"), allow}}, verdict{ImplicitDeny, SCP}},
		{"SCP level without policies", user, Documents{Identity: allow, SCPs: [][]Attached{allow, nil}}, verdict{ImplicitDeny, SCP}},
		{"SCP allows by any of a level", user, Documents{Identity: allow, SCPs: [][]Attached{append(policyOf(t, "other"), allow...)}}, verdict{Allowed, Identity}},
		{"SCP grants nothing", user, Documents{SCPs: [][]Attached{allow}}, verdict{ImplicitDeny, Identity}},
		{"SCP binds root", root, Documents{SCPs: [][]Attached{policyOf(t, "deny")}}, verdict{ExplicitDeny, SCP}},
		{"SCP binds who is named by a resource", user, Documents{SCPs: [][]Attached{policyOf(t, "other")}, Resource: byName(userARN)}, verdict{ImplicitDeny, SCP}},
		{"SCP spares a service-linked role", linked, Documents{Identity: allow, SCPs: [][]Attached{policyOf(t, "deny")}}, verdict{Allowed, Identity}},
		{"SCP spares a service", service, Documents{SCPs: [][]Attached{policyOf(t, "deny")}, Resource: resourceFor(t, "Allow", `{"Service":"cloudtrail.amazonaws.com"}`)}, verdict{Allowed, Resource}},
		{"SCP spares strangers", anonymous, Documents{SCPs: [][]Attached{policyOf(t, "deny")}, Resource: resourceFor(t, "Allow", `"*"`)}, verdict{Allowed, Resource}},
		{"no SCPs: the management account", user, Documents{Identity: allow, SCPs: nil}, verdict{Allowed, Identity}},
	} {
		check(t, c.name, Request{Principal: c.who}, c.d, c.want)
	}
	// Across accounts the caller's own side counts in full.
	r := Request{Principal: auditor, ResourceAccount: abroad}
	check(t, "abroad, session", r, Documents{Identity: allow, Session: nothing, Resource: byName(session)}, verdict{ImplicitDeny, Session})
	check(t, "abroad, boundary", r, Documents{Identity: allow, Boundary: nothing, Resource: byName(session)}, verdict{ImplicitDeny, Boundary})
}

func TestRCPs(t *testing.T) {
	full := policyOf(t, `{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`)
	deny := policyOf(t, `{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}`)
	exempt := policyOf(t, `{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}}`)
	allow := policyOf(t, "allow")
	admit := resourceFor(t, "Allow", `{"Service":"cloudtrail.amazonaws.com"}`)
	now := time.Unix(0, 0)
	for _, c := range []struct {
		name   string
		who    aws.Principal
		action string
		rcps   [][]Attached
		want   verdict
	}{
		{"full access", user, "s3:GetObject", [][]Attached{full, full}, verdict{Allowed, Identity}},
		{"silent", user, "s3:GetObject", [][]Attached{full, nil}, verdict{ImplicitDeny, RCP}},
		{"denies", user, "s3:GetObject", [][]Attached{full, append(full, deny...)}, verdict{ExplicitDeny, RCP}},
		{"denies root", root, "s3:GetObject", [][]Attached{append(full, deny...)}, verdict{ExplicitDeny, RCP}},
		{"denies services", service, "s3:GetObject", [][]Attached{append(full, deny...)}, verdict{ExplicitDeny, RCP}},
		{"exempts services", service, "s3:GetObject", [][]Attached{append(full, exempt...)}, verdict{Allowed, Resource}},
		{"exempts services only", user, "s3:GetObject", [][]Attached{append(full, exempt...)}, verdict{ExplicitDeny, RCP}},
		{"spares a service-linked role", linked, "s3:GetObject", [][]Attached{append(full, deny...)}, verdict{Allowed, Identity}},
		{"does not know the service", user, "iam:GetUser", [][]Attached{append(full, deny...)}, verdict{Allowed, Identity}},
		{"lets grants be retired", user, "kms:RetireGrant", [][]Attached{append(full, deny...)}, verdict{Allowed, Identity}},
		{"has no say in what is no action", user, "*", [][]Attached{deny}, verdict{Allowed, Identity}},
	} {
		r := Request{Principal: c.who, Action: c.action, Resource: object, Context: PrincipalContext(c.who, nil, now)}
		d := Documents{RCPs: c.rcps, Identity: allow}
		if c.who.Type == aws.AWSService {
			d.Resource = admit
		}
		check(t, c.name, r, d, c.want)
	}
	key := Request{Principal: user, Action: "kms:Decrypt", Resource: "arn:aws:kms:us-east-1:111111111111:key/k"}
	d := Documents{RCPs: [][]Attached{append(full, deny...)}, Identity: allow}
	check(t, "a key of the account's", key, d, verdict{ExplicitDeny, RCP})
	key.AWSManaged = true
	check(t, "a key that AWS manages", key, d, verdict{Allowed, Identity})
}

// Keys and roles: nothing but their own policy can let anyone in.
func TestResourceOnly(t *testing.T) {
	allow := policyOf(t, "allow")
	for _, c := range []struct {
		name, principal string
		who             aws.Principal
		owner           string
		identity        []Attached
		want            verdict
	}{
		{"no policy at all", "", user, home, allow, verdict{ImplicitDeny, Resource}},
		{"silent", `{"AWS":"333333333333"}`, user, home, allow, verdict{ImplicitDeny, Resource}},
		{"root is not special", `{"AWS":"` + userARN + `"}`, root, home, nil, verdict{ImplicitDeny, Resource}},
		{"root through the account", `{"AWS":"111111111111"}`, root, home, nil, verdict{Allowed, Resource}},
		{"account hands on, identity allows", `{"AWS":"111111111111"}`, user, home, allow, verdict{Allowed, Resource}},
		{"account hands on, identity is silent", `{"AWS":"111111111111"}`, user, home, nil, verdict{ImplicitDeny, Identity}},
		{"by name", `{"AWS":"` + userARN + `"}`, user, home, nil, verdict{Allowed, Resource}},
		{"abroad by name, identity is silent", `{"AWS":"` + userARN + `"}`, user, abroad, nil, verdict{ImplicitDeny, Identity}},
		{"abroad by name", `{"AWS":"` + userARN + `"}`, user, abroad, allow, verdict{Allowed, Resource}},
		{"abroad by account", `{"AWS":"111111111111"}`, user, abroad, allow, verdict{Allowed, Resource}},
		{"abroad, silent", `{"AWS":"333333333333"}`, user, abroad, allow, verdict{ImplicitDeny, Resource}},
	} {
		d := Documents{Identity: c.identity, ResourceOnly: true}
		if c.principal != "" {
			d.Resource = &policyOf(t, `{"Effect":"Allow","Principal":`+c.principal+`,"Action":["kms:*","sts:*"],"Resource":"*"}`)[0]
		}
		check(t, c.name, Request{Principal: c.who, Action: "kms:Decrypt", Resource: "arn:aws:kms:us-east-2:111111111111:key/k", ResourceAccount: c.owner}, d, c.want)
		want := c.want
		if want.kind == Resource {
			want.kind = Trust
		}
		check(t, c.name+", role", Request{Principal: c.who, Action: "sts:AssumeRole", Resource: roleARN, ResourceAccount: c.owner}, d, want)
	}
}

func TestTrustPolicies(t *testing.T) {
	trust := func(principal, condition string) Documents {
		return Documents{ResourceOnly: true, Resource: &policyOf(t,
			`{"Effect":"Allow","Principal":`+principal+`,"Action":"sts:AssumeRole*","Condition":`+condition+`}`)[0]}
	}
	r := Request{Principal: service, Action: "sts:AssumeRole", Resource: roleARN, ResourceAccount: home}
	check(t, "service", r, trust(`{"Service":"cloudtrail.amazonaws.com"}`, `{}`), verdict{Allowed, Trust})
	check(t, "other service", r, trust(`{"Service":"ec2.amazonaws.com"}`, `{}`), verdict{ImplicitDeny, Trust})

	r.Principal = user
	r.Context = Context{"sts:externalid": {"x"}}
	check(t, "external id", r, trust(`{"AWS":"`+userARN+`"}`, `{"StringEquals":{"sts:ExternalId":"x"}}`), verdict{Allowed, Trust})
	check(t, "wrong external id", r, trust(`{"AWS":"`+userARN+`"}`, `{"StringEquals":{"sts:ExternalId":"y"}}`), verdict{ImplicitDeny, Trust})

	const saml = "arn:aws:iam::111111111111:saml-provider/idp"
	r = Request{Action: "sts:AssumeRoleWithSAML", Resource: roleARN, Context: Context{"aws:federatedprovider": {saml}}}
	check(t, "identity provider", r, trust(`{"Federated":"`+saml+`"}`, `{}`), verdict{Allowed, Trust})
	check(t, "another provider", r, trust(`{"Federated":"x"}`, `{}`), verdict{ImplicitDeny, Trust})
}

func TestNotPrincipal(t *testing.T) {
	denyBut := func(principal string) Documents {
		return Documents{Identity: policyOf(t, "allow"), Session: nil, Resource: &policyOf(t,
			`{"Effect":"Deny","NotPrincipal":`+principal+`,"Action":"s3:*","Resource":"*"}`, `{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}`)[0]}
	}
	denied, allowed := verdict{ExplicitDeny, Resource}, verdict{Allowed, Resource}
	for _, c := range []struct {
		name, principal string
		who             aws.Principal
		want            verdict
	}{
		{"user and account", `{"AWS":["` + userARN + `","111111111111"]}`, user, allowed},
		{"user without its account", `{"AWS":"` + userARN + `"}`, user, denied},
		{"account without the user", `{"AWS":"111111111111"}`, user, denied},
		{"another user", `{"AWS":["arn:aws:iam::111111111111:user/bob","111111111111"]}`, user, denied},
		{"account for root", `{"AWS":"111111111111"}`, root, allowed},
		{"session, role and account", `{"AWS":["` + session + `","` + roleARN + `","111111111111"]}`, auditor, allowed},
		{"role without the session", `{"AWS":["` + roleARN + `","111111111111"]}`, auditor, denied},
		{"service", `{"Service":"cloudtrail.amazonaws.com"}`, service, allowed},
		{"another service", `{"Service":"ec2.amazonaws.com"}`, service, denied},
		{"user, only a service is excepted", `{"Service":"cloudtrail.amazonaws.com"}`, user, denied},
		{"stranger", `{"AWS":"111111111111"}`, anonymous, denied},
		{"everyone", `"*"`, user, allowed},
		{"everyone, stranger", `"*"`, anonymous, allowed},
	} {
		check(t, c.name, Request{Principal: c.who}, denyBut(c.principal), c.want)
	}

	allowBut := func(principal string) Documents {
		return Documents{Resource: &policyOf(t, `{"Effect":"Allow","NotPrincipal":`+principal+`,"Action":"s3:*","Resource":"*"}`)[0]}
	}
	check(t, "allowed but for the account", Request{Principal: user}, allowBut(`{"AWS":"111111111111"}`), verdict{ImplicitDeny, Identity})
	check(t, "allowed but for another", Request{Principal: user}, allowBut(`{"AWS":"333333333333"}`), verdict{Allowed, Resource})
	check(t, "role, allowed but for another", Request{Principal: auditor}, allowBut(`{"AWS":"333333333333"}`), verdict{Allowed, Resource})
	d := allowBut(`{"AWS":"333333333333"}`)
	d.Boundary = []Attached{}
	check(t, "role, allowed but for another, held by the boundary", Request{Principal: auditor}, d, verdict{ImplicitDeny, Boundary})
}

func TestCanonicalUser(t *testing.T) {
	id := strings.Repeat("ab", 32)
	d := Documents{Identity: policyOf(t, "allow"), Resource: resourceFor(t, "Allow", `{"CanonicalUser":"`+id+`"}`)}
	r := Request{Principal: user, ResourceAccount: abroad, CanonicalUser: id}
	check(t, "by canonical id", r, d, verdict{Allowed, Resource})
	r.CanonicalUser = strings.Repeat("cd", 32)
	check(t, "by another's", r, d, verdict{ImplicitDeny, Resource})
	r.CanonicalUser = ""
	check(t, "unknown", r, d, verdict{ImplicitDeny, Resource})
}

func TestFederatedByRoot(t *testing.T) {
	who := federated
	who.Session = &aws.Session{IssuerType: aws.Root, IssuerARN: aws.RootARN(home)}
	check(t, "without a session policy", Request{Principal: who}, Documents{}, verdict{ImplicitDeny, Session})
	check(t, "with one", Request{Principal: who}, Documents{Session: policyOf(t, "allow")}, verdict{Allowed, Session})
}

// The elements of a statement that say what it does not speak of.
func TestNotActionNotResource(t *testing.T) {
	d := Documents{Identity: policyOf(t,
		`{"Effect":"Allow","NotAction":["iam:*","s3:DeleteBucket"],"Resource":"*"}`,
		`{"Effect":"Deny","Action":"s3:*","NotResource":["arn:aws:s3:::my-bucket","arn:aws:s3:::my-bucket/*"]}`)}
	for _, c := range []struct {
		action, resource string
		want             verdict
	}{
		{"s3:GetObject", object, verdict{Allowed, Identity}},
		{"S3:getobject", object, verdict{Allowed, Identity}},
		{"s3:GetObject", "arn:aws:s3:::My-bucket/key", verdict{ExplicitDeny, Identity}},
		{"s3:GetObject", "arn:aws:s3:::other/key", verdict{ExplicitDeny, Identity}},
		{"s3:ListAllMyBuckets", "*", verdict{ExplicitDeny, Identity}},
		{"s3:DeleteBucket", "arn:aws:s3:::my-bucket", verdict{ImplicitDeny, Identity}},
		{"IAM:GetUser", userARN, verdict{ImplicitDeny, Identity}},
		{"sqs:SendMessage", "arn:aws:sqs:us-east-2:111111111111:q", verdict{Allowed, Identity}},
	} {
		check(t, c.action+" "+c.resource, Request{Principal: user, Action: c.action, Resource: c.resource}, d, c.want)
	}
}

// An action without a resource is only in reach of a resource of "*".
func TestNoResource(t *testing.T) {
	r := Request{Principal: user, Action: "s3:ListAllMyBuckets", Resource: "*"}
	check(t, "star", r, Documents{Identity: policyOf(t, "allow")}, verdict{Allowed, Identity})
	check(t, "ARN", r, Documents{Identity: policyOf(t, `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::*"}`)}, verdict{ImplicitDeny, Identity})
}

func TestStatements(t *testing.T) {
	d := Documents{
		Identity: policyOf(t, `{"Sid":"no","Effect":"Allow","Action":"iam:*","Resource":"*"}`, `{"Sid":"yes","Effect":"Allow","Action":"s3:*","Resource":"*"}`),
		Boundary: policyOf(t, "allow"), Session: policyOf(t, "allow"),
		Resource: resourceFor(t, "Allow", `{"AWS":"`+session+`"}`),
		SCPs:     [][]Attached{policyOf(t, "allow"), policyOf(t, "allow"), policyOf(t, "allow"), policyOf(t, "allow"), policyOf(t, "allow")},
	}
	got := Evaluate(Request{Principal: auditor, Action: "s3:GetObject", Resource: object, ResourceAccount: abroad}, d)
	var kinds []Kind
	for _, m := range got.Statements() {
		kinds = append(kinds, m.Kind)
		if m.Kind == Identity && (m.Statement.Sid != "yes" || m.Policy != &d.Identity[0]) {
			t.Errorf("%+v", m)
		}
	}
	if len(kinds) != 4 || kinds[0] != Resource || kinds[1] != Identity || kinds[2] != Boundary || kinds[3] != Session {
		t.Errorf("decided by %v", kinds)
	}
	got = Evaluate(Request{Principal: root, Action: "s3:GetObject", Resource: object}, Documents{})
	if got.Decision != Allowed || len(got.Statements()) != 0 {
		t.Errorf("root: %v by %d statements", got.Decision, len(got.Statements()))
	}
}

func TestMessages(t *testing.T) {
	const scp, rcp = "arn:aws:organizations::111111111111:policy/o-1/service_control_policy/p-1", "arn:aws:organizations::111111111111:policy/o-1/resource_control_policy/p-2"
	named := func(arn string, p []Attached) []Attached { p[0].ARN = arn; return p }
	allow, full := policyOf(t, "allow"), policyOf(t, `{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`)
	denyAll := `{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}`
	const head = `User: arn:aws:iam::111111111111:user/zoe is not authorized to perform: `
	const s3 = `s3:GetObject on resource: "arn:aws:s3:::my-bucket/key" `
	for _, c := range []struct {
		name string
		r    Request
		d    Documents
		want string
	}{
		{"identity", Request{}, Documents{}, head + s3 + "because no identity-based policy allows the s3:GetObject action"},
		{"resource", Request{ResourceAccount: abroad}, Documents{Identity: allow}, head + s3 + "because no resource-based policy allows the s3:GetObject action"},
		{"SCP", Request{}, Documents{SCPs: [][]Attached{nil}}, head + s3 + "because no service control policy allows the s3:GetObject action"},
		{"RCP", Request{}, Documents{RCPs: [][]Attached{nil}}, head + s3 + "because no resource control policy allows the s3:GetObject action"},
		{"boundary", Request{}, Documents{Identity: allow, Boundary: []Attached{}}, head + s3 + "because no permissions boundary allows the s3:GetObject action"},
		{"session", Request{}, Documents{Identity: allow, Session: []Attached{}}, head + s3 + "because no session policy allows the s3:GetObject action"},
		{"trust", Request{Action: "sts:AssumeRole", Resource: roleARN}, Documents{ResourceOnly: true}, head + "sts:AssumeRole on resource: " + roleARN + " because no role trust policy allows the sts:AssumeRole action"},
		{"trust denies", Request{Action: "sts:AssumeRole", Resource: roleARN}, Documents{ResourceOnly: true, Resource: &named("", policyOf(t, denyAll))[0]},
			head + "sts:AssumeRole on resource: " + roleARN + " with an explicit deny in the role trust policy"},
		{"called by another name", Request{Action: "iam:GetRole", Resource: roleARN, Called: "role Auditor"}, Documents{}, head + "iam:GetRole on resource: role Auditor because no identity-based policy allows the iam:GetRole action"},
		{"identity denies", Request{}, Documents{Identity: policyOf(t, "deny")}, head + s3 + "with an explicit deny in an identity-based policy: arn:aws:iam::aws:policy/P"},
		{"inline denies", Request{}, Documents{Identity: named("", policyOf(t, "deny"))}, head + s3 + "with an explicit deny in an identity-based policy"},
		{"resource denies", Request{}, Documents{Resource: resourceFor(t, "Deny", `"*"`)}, head + s3 + "with an explicit deny in a resource-based policy"},
		{"SCP denies", Request{}, Documents{SCPs: [][]Attached{named(scp, policyOf(t, "deny"))}}, head + s3 + "with an explicit deny in a service control policy: " + scp},
		{"RCP denies", Request{}, Documents{RCPs: [][]Attached{named(rcp, policyOf(t, denyAll))}}, head + s3 + "with an explicit deny in a resource control policy: " + rcp},
		{"RCP of strangers denies", Request{ResourceAccount: abroad}, Documents{RCPs: [][]Attached{named(rcp, policyOf(t, denyAll))}}, head + s3 + "with an explicit deny in a resource control policy"},
		{"RCP of the organization denies", Request{ResourceAccount: abroad, Context: Context{"aws:principalorgid": {"o-1"}, "aws:resourceorgid": {"o-1"}}},
			Documents{RCPs: [][]Attached{named(rcp, policyOf(t, denyAll))}}, head + s3 + "with an explicit deny in a resource control policy: " + rcp},
		{"boundary denies", Request{}, Documents{Boundary: policyOf(t, "deny")}, head + s3 + "with an explicit deny in a permissions boundary: arn:aws:iam::aws:policy/P"},
		{"session denies", Request{}, Documents{Session: named("", policyOf(t, "deny"))}, head + s3 + "with an explicit deny in a session policy"},

		{"no resource, S3", Request{Action: "s3:ListAllMyBuckets", Resource: "*"}, Documents{}, head + "s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action"},
		{"no resource, CloudTrail", Request{Action: "cloudtrail:LookupEvents", Resource: "*"}, Documents{}, head + "cloudtrail:LookupEvents because no identity-based policy allows the cloudtrail:LookupEvents action"},
		{"no resource, Organizations", Request{Action: "organizations:ListRoots", Resource: "*"}, Documents{}, head + "organizations:ListRoots on resource: * because no identity-based policy allows the organizations:ListRoots action"},
		{"KMS", Request{Principal: service, Action: "kms:GenerateDataKey", Resource: "arn:aws:kms:us-east-2:111111111111:key/k"}, Documents{ResourceOnly: true},
			"User: cloudtrail.amazonaws.com is not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:us-east-2:111111111111:key/k because no resource-based policy allows the kms:GenerateDataKey action"},
		{"stranger", Request{Principal: aws.Principal{AccessKeyID: "none"}}, Documents{}, "User: anonymous is not authorized to perform: " + s3 + "because no resource-based policy allows the s3:GetObject action"},
		{"account", Request{Principal: account}, Documents{}, "User: arn:aws:iam::111111111111:root is not authorized to perform: " + s3 + "because no identity-based policy allows the s3:GetObject action"},
		{"allowed", Request{}, Documents{Identity: allow, RCPs: [][]Attached{full}}, ""},
	} {
		r := c.r
		if r.Action == "" {
			r.Action, r.Resource = "s3:GetObject", object
		}
		if r.Principal == (aws.Principal{}) {
			r.Principal = user
		}
		got := Evaluate(r, c.d)
		if m := got.Message(r); m != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, m, c.want)
		}
		err := got.Denial(r)
		if (err == nil) != (c.want == "") || err != nil && (err.Code != aws.AccessDenied || err.Message != c.want) {
			t.Errorf("%s: denial %v", c.name, err)
		}
	}
}

func TestNames(t *testing.T) {
	for d, want := range map[Decision]string{Allowed: "allowed", ExplicitDeny: "explicitDeny", ImplicitDeny: "implicitDeny"} {
		if d.String() != want {
			t.Errorf("%s, want %s", d, want)
		}
	}
	var zero Result
	if zero.Decision != ImplicitDeny {
		t.Error("the zero result allows")
	}
}
