package kms

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/tag"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

// Access lists the permissions that a call needs. A key or an alias that does
// not exist answers the call before any policy is asked. What is found is
// noted for the record, so that a refused call says what it was about.
func (s *Service) Access(c *call.Call, in any) ([]call.Target, error) {
	ask, ok := needs[c.Operation.Name]
	if !ok {
		return nil, call.NoPermission(c)
	}
	q := &question{s: s, c: c, in: reflect.ValueOf(in).Elem()}
	q.noteRequest()
	if err := ask(q); err != nil {
		return nil, err
	}
	return q.targets, nil
}

// needs are the permissions of every operation. The source is the service
// authorization reference.
var needs = map[string]func(*question) error{
	"CreateKey":           askCreateKey,
	"ListKeys":            askFreely,
	"ListAliases":         askFreely,
	"ListRetirableGrants": askFreely,
	"GenerateRandom":      askFreely,

	"DescribeKey":               askAny,
	"UpdateKeyDescription":      askOwn,
	"EnableKey":                 askOwn,
	"DisableKey":                askOwn,
	"ScheduleKeyDeletion":       askOwn,
	"CancelKeyDeletion":         askOwn,
	"GetKeyPolicy":              askOwn,
	"PutKeyPolicy":              askOwn,
	"ListKeyPolicies":           askOwn,
	"EnableKeyRotation":         askOwn,
	"DisableKeyRotation":        askOwn,
	"GetKeyRotationStatus":      askAbroad,
	"RotateKeyOnDemand":         askOwn,
	"ListKeyRotations":          askOwn,
	"GetParametersForImport":    askOwn,
	"ImportKeyMaterial":         askOwn,
	"DeleteImportedKeyMaterial": askOwn,
	"TagResource":               askTagging,
	"UntagResource":             askTagging,
	"ListResourceTags":          askOwn,
	"ReplicateKey":              askReplicateKey,
	"UpdatePrimaryRegion":       askUpdatePrimaryRegion,

	"CreateAlias": askCreateAlias,
	"UpdateAlias": askUpdateAlias,
	"DeleteAlias": askDeleteAlias,

	"CreateGrant": askCreateGrant,
	"ListGrants":  askAbroad,
	"RevokeGrant": askAbroad,
	"RetireGrant": askRetireGrant,

	"Encrypt":                             askAny,
	"Decrypt":                             askDecrypt,
	"ReEncrypt":                           askReEncrypt,
	"GenerateDataKey":                     askAny,
	"GenerateDataKeyWithoutPlaintext":     askAny,
	"GenerateDataKeyPair":                 askAny,
	"GenerateDataKeyPairWithoutPlaintext": askAny,
	"Sign":                                askAny,
	"Verify":                              askAny,
	"GetPublicKey":                        askAny,
	"GenerateMac":                         askAny,
	"VerifyMac":                           askAny,
	"DeriveSharedSecret":                  askAny,
}

// question is a call whose permissions are being listed.
type question struct {
	s       *Service
	c       *call.Call
	in      reflect.Value // the input's structure
	targets []call.Target
}

func input[T any](q *question) *T { return q.in.Addr().Interface().(*T) }

// askFreely asks for the action on no resource in particular.
func askFreely(q *question) error {
	q.add(call.Target{Action: "kms:" + q.c.Operation.Name, Resource: "*", Context: q.context()})
	return nil
}

// askAny asks for the action on a key that may be another account's and may
// be called by an alias.
func askAny(q *question) error {
	name := q.text("KeyId")
	k, err := q.find(name)
	if err != nil {
		return err
	}
	q.on(k, name, use{operation: q.c.Operation.Name, context: q.encryptionContext("EncryptionContext")})
	return nil
}

// askAbroad asks for the action on a key that may be another account's.
func askAbroad(q *question) error {
	k, err := q.findKey(q.text("KeyId"))
	if err != nil {
		return err
	}
	q.on(k, "", use{operation: q.c.Operation.Name})
	return nil
}

// askOwn asks for the action on a key of the caller's account.
func askOwn(q *question) error {
	k, err := q.own(q.text("KeyId"))
	if err != nil {
		return err
	}
	q.on(k, "", use{operation: q.c.Operation.Name})
	return nil
}

func askTagging(q *question) error {
	if err := askOwn(q); err != nil {
		return err
	}
	ctx := q.targets[0].Context
	if q.c.Operation.Name == "TagResource" {
		tagsOf(input[api.TagResourceInput](q).Tags).SetRequest(ctx)
	} else {
		tag.SetKeys(ctx, input[api.UntagResourceInput](q).TagKeys)
	}
	return nil
}

// askCreateKey asks for the key to be.
func askCreateKey(q *question) error {
	in := input[api.CreateKeyInput](q)
	k := &Key{Account: q.c.Account(), Region: q.c.Region}
	if aws.Val(in.MultiRegion) {
		k.Primary = k.Region
	}
	if err := k.determine(in); err != nil {
		return err
	}
	if in.KeySpec == nil && in.CustomerMasterKeySpec == nil {
		q.c.Supplied["keySpec"] = k.Spec
	}
	ctx := q.context()
	k.describe(q.c.State, ctx)
	q.makes(ctx, in.Tags)
	return nil
}

// makes asks for a key to be. Making it with tags needs the right to tag.
func (q *question) makes(ctx policy.Context, tags []api.Tag) {
	tagsOf(tags).SetRequest(ctx)
	q.add(call.Target{Action: "kms:CreateKey", Resource: "*", Context: ctx})
	if len(tags) > 0 {
		q.add(call.Target{Action: "kms:TagResource", Resource: "*", Context: ctx})
	}
}

// askReplicateKey asks for the primary, and for the replica to be.
func askReplicateKey(q *question) error {
	k, err := q.own(q.text("KeyId"))
	if err != nil {
		return err
	}
	q.on(k, "", use{operation: "ReplicateKey"})
	in := input[api.ReplicateKeyInput](q)
	ctx := q.context()
	k.describe(q.c.State, ctx)
	ctx.Set("kms:MultiRegionKeyType", api.MultiRegionKeyTypeReplica)
	q.makes(ctx, in.Tags)
	return nil
}

// askUpdatePrimaryRegion asks for the primary, and for the replica that is to
// take its place.
func askUpdatePrimaryRegion(q *question) error {
	k, err := q.own(q.text("KeyId"))
	if err != nil {
		return err
	}
	q.on(k, "", use{operation: "UpdatePrimaryRegion"})
	if replica, ok := keys.Get(q.c.State, place(k.Account, q.text("PrimaryRegion"))+k.ID); ok {
		q.on(replica, "", use{operation: "UpdatePrimaryRegion"})
	}
	return nil
}

// askCreateAlias asks for the alias and for its key.
func askCreateAlias(q *question) error {
	k, err := q.target()
	if err != nil {
		return err
	}
	q.on(k, "", use{operation: "CreateAlias"})
	q.onAlias(q.text("AliasName"))
	return nil
}

// askUpdateAlias asks for the alias, its key, and its new key.
func askUpdateAlias(q *question) error {
	k, err := q.target()
	if err != nil {
		return err
	}
	if err := askDeleteAlias(q); err != nil {
		return err
	}
	q.on(k, "", use{operation: "UpdateAlias"})
	return nil
}

// askDeleteAlias asks for the alias and its key. The key may be gone in the
// eyes of nobody but its alias, which goes then, too.
func askDeleteAlias(q *question) error {
	a, err := q.s.alias(q.c, new(q.text("AliasName")))
	if err != nil {
		return err
	}
	q.onAlias(a.Name)
	if k, ok := keys.Get(q.c.State, place(a.Account, a.Region)+a.Target); ok {
		q.on(k, "", use{operation: q.c.Operation.Name})
	}
	return nil
}

// target is the key that an alias is to be the name of.
func (q *question) target() (*Key, error) {
	name := q.text("TargetKeyId")
	if isAlias(name) || strings.Contains(name, ":"+aliasPrefix) {
		return nil, validation("Aliases must refer to keys. Not aliases")
	}
	return q.own(name)
}

func askCreateGrant(q *question) error {
	k, err := q.findKey(q.text("KeyId"))
	if err != nil {
		return err
	}
	in := input[api.CreateGrantInput](q)
	q.on(k, "", use{operation: "CreateGrant", grant: in})
	ctx := q.targets[0].Context
	ctx.Set("kms:GrantOperations", in.Operations...)
	p := &q.c.Principal
	ctx.Set("kms:GrantIsForAWSResource", strconv.FormatBool(p.Type == aws.AWSService || p.InvokedBy != ""))
	switch c := constraintsOf(in.Constraints); {
	case len(c.Equals) > 0:
		ctx.Set("kms:GrantConstraintType", "EncryptionContextEquals")
	case len(c.Subset) > 0:
		ctx.Set("kms:GrantConstraintType", "EncryptionContextSubset")
	}
	return nil
}

// askRetireGrant lets in who may retire the grant: the one it names for that,
// its grantee when it says so, and the accounts that own the key and made the
// grant, for which their identity policies decide.
func askRetireGrant(q *question) error {
	g, k, err := q.s.retirable(q.c, input[api.RetireGrantInput](q))
	if err != nil {
		return err
	}
	note(q.c, k)
	var more []policy.Statement
	who := []string{aws.RootARN(k.Account), aws.RootARN(g.Issuer)}
	if g.RetirableByGrantee {
		who = append(who, g.Grantee)
	}
	for _, principal := range who {
		st, err := statement(principal, "RetireGrant")
		if err != nil {
			return err
		}
		more = append(more, st.Bind(g.Statement.IDOf).Document().Statements...)
	}
	if !g.RetirerStatement.IsZero() {
		more = append(more, g.RetirerStatement.Document().Statements...)
	}
	t := k.target(q.c.State, "RetireGrant", k.policyWith(more), q.context())
	t.Context.Set("kms:CallerAccount", q.c.Account())
	q.add(t)
	return nil
}

// askDecrypt asks for the key that the caller names or, of a symmetric
// ciphertext, the key that the blob names.
func askDecrypt(q *question) error {
	in := input[api.DecryptInput](q)
	k, err := q.s.source(q.c, in.CiphertextBlob, in.KeyId, in.EncryptionAlgorithm)
	if err != nil {
		return err
	}
	note(q.c, k)
	q.on(k, aws.Val(in.KeyId), use{operation: "Decrypt", context: in.EncryptionContext})
	return nil
}

// askReEncrypt asks for the key that decrypts and the key that encrypts.
func askReEncrypt(q *question) error {
	in := input[api.ReEncryptInput](q)
	from, err := q.s.source(q.c, in.CiphertextBlob, in.SourceKeyId, in.SourceEncryptionAlgorithm)
	if err != nil {
		return err
	}
	note(q.c, from)
	to, err := q.find(aws.Val(in.DestinationKeyId))
	if err != nil {
		return err
	}
	q.on(from, aws.Val(in.SourceKeyId), use{operation: "ReEncryptFrom", context: in.SourceEncryptionContext})
	q.on(to, *in.DestinationKeyId, use{operation: "ReEncryptTo", context: in.DestinationEncryptionContext})
	same := strconv.FormatBool(from.key() == to.key())
	for i, algorithm := range []*string{in.SourceEncryptionAlgorithm, in.DestinationEncryptionAlgorithm} {
		q.targets[i].Context.Set("kms:ReEncryptOnSameKey", same)
		q.targets[i].Context.Set("kms:EncryptionAlgorithm", orSymmetric(algorithm))
	}
	return nil
}

// find, findKey and own look a key up and note it for the record.
func (q *question) find(name string) (*Key, error) {
	k, err := find(q.c.State, q.c.Account(), q.c.Region, name)
	if err != nil {
		return nil, err
	}
	note(q.c, k)
	return k, nil
}

func (q *question) findKey(name string) (*Key, error) {
	k, err := findKey(q.c.State, q.c.Account(), q.c.Region, name)
	if err != nil {
		return nil, err
	}
	note(q.c, k)
	return k, nil
}

func (q *question) own(name string) (*Key, error) {
	if a, ok := aws.ParseARN(name); ok && aws.IsAccountID(a.Account) && a.Account != q.c.Account() {
		return nil, foreign(&q.c.Principal, q.c.Operation.Name, name)
	}
	return q.findKey(name)
}

// on asks for a use of a key. Alias is the name that the call has for it,
// which counts where it is one.
func (q *question) on(k *Key, alias string, u use) {
	t := k.target(q.c.State, u.operation, k.policyFor(q.c.State, u), q.context())
	t.Context.Set("kms:CallerAccount", q.c.Account())
	setRequestAlias(t.Context, alias)
	setEncryptionContext(t.Context, u.context)
	q.add(t)
}

// onAlias asks for an alias of the caller's account. Aliases have no policy.
func (q *question) onAlias(name string) {
	arn := aliasARN(q.c.Account(), q.c.Region, name)
	noteResource(q.c, q.c.Account(), "AWS::KMS::Alias", arn)
	q.add(call.Target{Action: "kms:" + q.c.Operation.Name, Resource: arn, Context: q.context()})
}

func (q *question) add(t call.Target) { q.targets = append(q.targets, t) }

// target is an action on a key, with what conditions can ask of the key.
func (k *Key) target(r store.Reader, operation string, doc *policy.Attached, ctx policy.Context) call.Target {
	k.describe(r, ctx)
	return call.Target{
		Action: "kms:" + operation, Resource: k.ARN(), Owner: k.Account, AWSManaged: k.Manager == api.KeyManagerTypeAws,
		Policy: doc, PolicyRequired: true, Context: ctx,
	}
}
