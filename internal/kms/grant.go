package kms

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/pages"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

// Grant lets somebody use a key in certain ways.
type Grant struct {
	Key                string // the key's record
	ARN                string // of the key
	ID, Name           string
	Created            time.Time
	Issuer             string // account that made it
	Grantee, Retirer   string // ARNs; Retirer may be ""
	Operations         []string
	Constraints        Constraints
	Statement          policy.Source // of the key's policy while the grant covers a call
	RetirerStatement   policy.Source // while the grant is to be retired
	RetirableByGrantee bool
}

const byRetirer = "retirer"

var grants = store.NewKind("kms.grant",
	store.Index[Grant]{Name: byRetirer, Keys: func(_ string, g *Grant) []string {
		if g.Retirer == "" {
			return nil
		}
		return []string{g.Retirer}
	}})

func (g *Grant) key() string { return g.Key + "/" + g.ID }

// statement allows operations on whichever key it is joined to. Its version
// knows no policy variables, so that a name is nothing but a name.
func statement(principal string, operations ...string) (policy.Source, error) {
	actions := make([]string, len(operations))
	for i, o := range operations {
		actions[i] = "kms:" + o
	}
	text, err := json.Marshal(map[string]any{"Version": "2008-10-17", "Statement": map[string]any{
		"Effect": "Allow", "Principal": map[string]any{"AWS": principal}, "Action": actions, "Resource": "*",
	}})
	if err != nil {
		return policy.Source{}, err
	}
	return policy.NewSource(string(text))
}

// policyFor is the key's policy as it bears on a use: its own, and the
// statements of the grants that cover the use.
func (k *Key) policyFor(r store.Reader, u use) *policy.Attached {
	var more []policy.Statement
	for _, g := range grants.Scan(r, k.key()+"/") {
		if g.covers(u) {
			more = append(more, g.Statement.Document().Statements...)
		}
	}
	return k.policyWith(more)
}

// policyWith is the key's policy and further statements.
func (k *Key) policyWith(more []policy.Statement) *policy.Attached {
	doc := k.Policy.Document()
	if len(more) > 0 {
		doc = new(*doc)
		doc.Statements = slices.Concat(doc.Statements, more)
	}
	return &policy.Attached{Name: policyName, Document: doc}
}

// CreateGrant makes a grant. The same call with the same name makes no
// second one.
func (s *Service) CreateGrant(c *call.Call, in *api.CreateGrantInput) (*api.CreateGrantOutput, error) {
	if err := s.checkTokens(in.GrantTokens); err != nil {
		return nil, err
	}
	k, err := s.named(c, in.KeyId)
	if err != nil {
		return nil, err
	}
	if err := k.usable(c.Time); err != nil {
		return nil, err
	}
	g, err := s.newGrant(c, k, in)
	if err != nil {
		return nil, err
	}
	if err := asDryRun(in.DryRun); err != nil {
		return nil, err
	}
	if same, ok := g.twin(c.State); ok {
		g = same
	} else {
		grants.Put(c.Tx, g.key(), g)
	}
	c.Response = map[string]any{"grantId": g.ID, "keyId": k.ARN()}
	return &api.CreateGrantOutput{GrantId: &g.ID, GrantToken: new(s.token(g))}, nil
}

func (s *Service) newGrant(c *call.Call, k *Key, in *api.CreateGrantInput) (*Grant, error) {
	g := &Grant{
		Key: k.key(), ARN: k.ARN(), ID: hex.EncodeToString(random(32)), Name: aws.Val(in.Name), Created: c.Time,
		Issuer: c.Account(), Grantee: aws.Val(in.GranteePrincipal), Retirer: aws.Val(in.RetiringPrincipal),
		Operations: slices.Compact(slices.Sorted(slices.Values(in.Operations))), Constraints: constraintsOf(in.Constraints),
		RetirableByGrantee: slices.Contains(in.Operations, api.GrantOperationRetireGrant),
	}
	for _, p := range []string{g.Grantee, g.Retirer} {
		if p != "" && (!strings.HasPrefix(p, "arn:") || !s.exists(c.State, p)) {
			return nil, aws.Errorf("InvalidArnException", "ARN does not refer to a valid principal")
		}
	}
	for _, o := range g.Operations {
		if !k.grantable(o) {
			return nil, validation("Grant operation %s is not valid for a key of spec %s and usage %s.", o, k.Spec, k.Usage)
		}
	}
	if !g.Constraints.empty() && !k.symmetric() {
		return nil, validation("Grant constraints are valid for symmetric encryption keys only.")
	}
	var err error
	if g.Statement, err = statement(g.Grantee, g.Operations...); err == nil && g.Retirer != "" {
		g.RetirerStatement, err = statement(g.Retirer, api.GrantOperationRetireGrant)
	}
	g.Statement, g.RetirerStatement = s.bind(c.State, g.Statement), s.bind(c.State, g.RetirerStatement)
	return g, err
}

// grantable reports whether an operation is one that can be done with a key
// of this kind.
func (k *Key) grantable(operation string) bool {
	switch operation {
	case "CreateGrant", "RetireGrant", "DescribeKey":
		return true
	case "Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo":
		return k.Usage == encryptDecrypt
	case "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext":
		return k.symmetric()
	case "Sign", "Verify":
		return k.Usage == signVerify
	case "GenerateMac", "VerifyMac":
		return k.Usage == generateMac
	case "DeriveSharedSecret":
		return k.Usage == keyAgreement
	case "GetPublicKey":
		return k.spec().asymmetric()
	}
	return false
}

// twin finds the grant of the same name that says the same.
func (g *Grant) twin(r store.Reader) (*Grant, bool) {
	if g.Name == "" {
		return nil, false
	}
	for _, o := range grants.Scan(r, g.Key+"/") {
		if o.Name == g.Name && o.Issuer == g.Issuer && o.Grantee == g.Grantee && o.Retirer == g.Retirer &&
			slices.Equal(o.Operations, g.Operations) && o.Constraints.equal(g.Constraints) {
			return o, true
		}
	}
	return nil, false
}

// token names a grant to whoever shows it. It differs every time.
func (s *Service) token(g *Grant) string {
	return base64.RawURLEncoding.EncodeToString(s.tokens.Seal([]byte(g.key()), ""))
}

// tokened returns the record of the grant that a token names; the grant may
// be gone.
func (s *Service) tokened(token string) (string, error) {
	invalid := aws.Errorf("InvalidGrantTokenException", "The grant token is not valid.")
	sealed, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return "", invalid
	}
	key, err := s.tokens.Open(sealed, "")
	if err != nil {
		return "", invalid
	}
	return string(key), nil
}

// checkTokens refuses tokens that are none. Those that are give nothing: every
// grant counts from the moment that it is made.
func (s *Service) checkTokens(tokens []string) error {
	for _, t := range tokens {
		if _, err := s.tokened(t); err != nil {
			return err
		}
	}
	return nil
}

var grantIDForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// grantOf finds a grant of a key.
func grantOf(r store.Reader, k *Key, id string) (*Grant, error) {
	if !grantIDForm.MatchString(id) {
		return nil, aws.Errorf("InvalidGrantIdException", "Invalid grant id '%s'", id)
	}
	g, ok := grants.Get(r, k.key()+"/"+id)
	if !ok {
		return nil, notFound("Grant ID '%s' not found", id)
	}
	return g, nil
}

// retirable finds the grant that a RetireGrant means, and its key.
func (s *Service) retirable(c *call.Call, in *api.RetireGrantInput) (*Grant, *Key, error) {
	if in.GrantToken == nil {
		if in.KeyId == nil || in.GrantId == nil {
			return nil, nil, validation("Grant token OR (grant ID, key ID) must be specified")
		}
		k, err := findKey(c.State, c.Account(), c.Region, *in.KeyId)
		if err != nil {
			return nil, nil, err
		}
		g, e := grantOf(c.State, k, *in.GrantId)
		return g, k, e
	}
	record, err := s.tokened(*in.GrantToken)
	if err != nil {
		return nil, nil, err
	}
	g, ok := grants.Get(c.State, record)
	if !ok {
		return nil, nil, notFound("The grant of the token does not exist")
	}
	k, ok := keys.Get(c.State, g.Key)
	if !ok || k.Region != c.Region {
		return nil, nil, notFound("Key '%s' does not exist", g.ARN)
	}
	return g, k, nil
}

// RetireGrant ends a grant that is no longer needed.
func (s *Service) RetireGrant(c *call.Call, in *api.RetireGrantInput) (*api.RetireGrantOutput, error) {
	g, k, err := s.retirable(c, in)
	if err != nil {
		return nil, err
	}
	if err := asDryRun(in.DryRun); err != nil {
		return nil, err
	}
	noteOwner(c, k)
	grants.Delete(c.Tx, g.key())
	c.Additional = map[string]any{"grantId": g.ID}
	c.Response = map[string]any{"keyId": k.ARN()}
	return nil, nil
}

// RevokeGrant ends a grant, needed or not.
func (s *Service) RevokeGrant(c *call.Call, in *api.RevokeGrantInput) (*api.RevokeGrantOutput, error) {
	k, err := s.named(c, in.KeyId)
	if err != nil {
		return nil, err
	}
	g, err := grantOf(c.State, k, aws.Val(in.GrantId))
	if err != nil {
		return nil, err
	}
	if err := asDryRun(in.DryRun); err != nil {
		return nil, err
	}
	grants.Delete(c.Tx, g.key())
	c.Response = map[string]any{"keyId": k.ARN()}
	return nil, nil
}

// ListGrants lists the grants of a key.
func (s *Service) ListGrants(c *call.Call, in *api.ListGrantsInput) (*api.ListGrantsOutput, error) {
	k, err := s.named(c, in.KeyId)
	if err != nil {
		return nil, err
	}
	if in.GrantId != nil {
		if _, err := grantOf(c.State, k, *in.GrantId); err != nil {
			return nil, err
		}
	}
	asked := func(g *Grant) bool {
		return (in.GrantId == nil || g.ID == *in.GrantId) && (in.GranteePrincipal == nil || g.Grantee == *in.GranteePrincipal)
	}
	p, err := page(c, pages.Where(grants.Scan(c.State, k.key()+"/"), asked), in.Marker, in.Limit, 50)
	return &api.ListGrantsOutput{Grants: pages.Views(p.items, (*Grant).view), NextMarker: p.next, Truncated: &p.truncated}, err
}

// ListRetirableGrants lists the grants of the region that name somebody as
// the one who may retire them, whosever keys they are for.
func (s *Service) ListRetirableGrants(c *call.Call, in *api.ListRetirableGrantsInput) (*api.ListRetirableGrantsOutput, error) {
	who := aws.Val(in.RetiringPrincipal)
	a, ok := aws.ParseARN(who)
	if !ok {
		return nil, aws.Errorf("InvalidArnException", "ARN does not refer to a valid principal")
	}
	if a.Account != c.Account() {
		return nil, foreign(&c.Principal, c.Operation.Name, who)
	}
	here := func(g *Grant) bool { return strings.Split(g.Key, "/")[1] == c.Region }
	p, err := page(c, pages.Where(grants.By(c.State, byRetirer, who), here), in.Marker, in.Limit, 50)
	return &api.ListRetirableGrantsOutput{Grants: pages.Views(p.items, (*Grant).view), NextMarker: p.next, Truncated: &p.truncated}, err
}

func (g *Grant) view() api.GrantListEntry {
	v := api.GrantListEntry{
		KeyId: &g.ARN, GrantId: &g.ID, Name: &g.Name, CreationDate: &g.Created, GranteePrincipal: &g.Grantee,
		IssuingAccount: new(aws.RootARN(g.Issuer)), Operations: g.Operations,
	}
	if g.Retirer != "" {
		v.RetiringPrincipal = &g.Retirer
	}
	if !g.Constraints.empty() {
		v.Constraints = &api.GrantConstraints{
			EncryptionContextEquals: maps.Clone(g.Constraints.Equals), EncryptionContextSubset: maps.Clone(g.Constraints.Subset),
		}
	}
	return v
}
