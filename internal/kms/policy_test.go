package kms

import (
	"fmt"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

// allowing is a policy of one statement after that which keeps the owner's
// root in charge.
func allowing(statements ...string) *string {
	list := append([]string{`{"Effect":"Allow","Principal":{"AWS":"` + aws.RootARN(owner) + `"},"Action":"kms:*","Resource":"*"}`}, statements...)
	return new(`{"Version":"2012-10-17","Statement":[` + strings.Join(list, ",") + `]}`)
}

func toUser(effect, user, action, condition string) string {
	if condition != "" {
		condition = `,"Condition":` + condition
	}
	return fmt.Sprintf(`{"Effect":%q,"Principal":{"AWS":%q},"Action":%q,"Resource":"*"%s}`, effect, user, action, condition)
}

var allowAll = calltest.Allowing("kms:*")

func TestKeyPolicy(t *testing.T) {
	h := newHouse(t)
	id := h.create(&api.CreateKeyInput{})
	out := do[api.GetKeyPolicyOutput](h, &api.GetKeyPolicyInput{KeyId: &id})
	h.Equal("default", []string{*out.Policy, *out.PolicyName}, []string{strings.Replace(defaultPolicy, "ACCOUNT", owner, 1), "default"})
	text := *allowing() + " "
	h.Do(&api.PutKeyPolicyInput{KeyId: &id, Policy: &text})
	h.Equal("as written", *do[api.GetKeyPolicyOutput](h, &api.GetKeyPolicyInput{KeyId: &id, PolicyName: new("default")}).Policy, text)
	h.Fails("NotFoundException: No such policy exists", &api.GetKeyPolicyInput{KeyId: &id, PolicyName: new("other")})
	h.Fails("UnsupportedOperationException", &api.PutKeyPolicyInput{KeyId: &id, Policy: &text, PolicyName: new("other")})
	locked := "MalformedPolicyDocumentException: The new key policy will not allow you to update the key policy in the future."
	invalid := "MalformedPolicyDocumentException: Policy contains a statement with one or more invalid principals."
	for _, test := range []struct{ text, want string }{
		{`{`, "MalformedPolicyDocumentException"},
		{`{"Version":"2012-10-17"}`, "MalformedPolicyDocumentException"},
		{`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"kms:*"}]}`, "MalformedPolicyDocumentException: Policy contains a statement with no resource."},
		{`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:*","Resource":"*"}]}`, "MalformedPolicyDocumentException: Policy contains a statement with no principal."},
		{`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotPrincipal":"*","Action":"kms:*","Resource":"*"}]}`, "MalformedPolicyDocumentException: Policy contains an Allow statement with NotPrincipal."},
		{*allowing(toUser("Allow", userARN(owner, "nobody"), "kms:*", "")), invalid},
		{*allowing(toUser("Allow", "333333333333", "kms:*", "")), invalid},
		{*allowing(toUser("Allow", "AIDAEXAMPLE", "kms:*", "")), invalid},
		{*allowing(`{"Effect":"Allow","Principal":{"Service":"s3"},"Action":"kms:*","Resource":"*"}`), invalid},
		{*allowing(`{"Effect":"Allow","Principal":{"CanonicalUser":"x"},"Action":"kms:*","Resource":"*"}`), invalid},
		{`{"Version":"2012-10-17","Statement":[` + toUser("Allow", userARN(owner, "u"), "kms:*", "") + `]}`, locked},
		{`{"Version":"2012-10-17","Statement":[` + toUser("Allow", owner, "kms:Encrypt", "") + `]}`, locked},
		{*allowing(toUser("Deny", "*", "kms:PutKeyPolicy", "")), locked},
		{*allowing(toUser("Deny", "*", "kms:*", `{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`)), ""},
		{*allowing(`{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"kms:*","Resource":"*"}`), ""},
		{*allowing(toUser("Allow", stranger, "kms:*", "")), ""},
		{*allowing() + strings.Repeat(" ", policySize), "LimitExceededException"},
	} {
		in := &api.PutKeyPolicyInput{KeyId: &id, Policy: &test.text}
		if test.want == "" {
			h.Do(in)
		} else {
			h.Fails(test.want, in)
		}
		if test.want == locked {
			h.Fails(test.want, &api.CreateKeyInput{Policy: &test.text})
			h.Do(&api.CreateKeyInput{Policy: &test.text, BypassPolicyLockoutSafetyCheck: new(true)})
		}
	}
}

// TestAuthorization: who gets in, by which policies.
func TestAuthorization(t *testing.T) {
	h := newHouse(t)
	id := h.create(&api.CreateKeyInput{})
	ann, bob := calltest.User(owner, "ann"), calltest.User(stranger, "bob")
	use := func(context map[string]string) wire.Shape {
		return &api.EncryptInput{KeyId: new(h.arn(id)), Plaintext: []byte("x"), EncryptionContext: context}
	}
	eq := func(key, value string) string {
		return fmt.Sprintf(`{"StringEquals":{%q:%q}}`, key, value)
	}
	for _, test := range []struct {
		name     string
		key      *string // key policy
		caller   aws.Principal
		identity string
		context  map[string]string
		want     string // "" is allowed, else the end of the message
	}{
		{"left to the account, no identity policy", allowing(), ann, "", nil, "because no identity-based policy allows the kms:Encrypt action"},
		{"left to the account, identity policy", allowing(), ann, allowAll, nil, ""},
		{"not left to the account", new(`{"Version":"2012-10-17","Statement":[` + toUser("Allow", userARN(owner, "u"), "kms:*", "") + `]}`), ann, allowAll, nil, "because no resource-based policy allows the kms:Encrypt action"},
		{"not even to its root", new(`{"Version":"2012-10-17","Statement":[` + toUser("Allow", userARN(owner, "u"), "kms:*", "") + `]}`), calltest.Root(owner), "", nil, "because no resource-based policy allows the kms:Encrypt action"},
		{"named", allowing(toUser("Allow", ann.ARN, "kms:Encrypt", "")), ann, "", nil, ""},
		{"denied", allowing(toUser("Deny", ann.ARN, "kms:Encrypt", "")), ann, allowAll, nil, "with an explicit deny in a resource-based policy"},
		{"abroad, named", allowing(toUser("Allow", bob.ARN, "kms:Encrypt", "")), bob, "", nil, "because no identity-based policy allows the kms:Encrypt action"},
		{"abroad, both", allowing(toUser("Allow", stranger, "kms:Encrypt", "")), bob, allowAll, nil, ""},
		{"abroad, own side alone", allowing(), bob, allowAll, nil, "because no resource-based policy allows the kms:Encrypt action"},
		{"context", allowing(toUser("Allow", ann.ARN, "kms:*", eq("kms:EncryptionContext:App", "x"))), ann, "", map[string]string{"app": "x"}, ""},
		{"another context", allowing(toUser("Allow", ann.ARN, "kms:*", eq("kms:EncryptionContext:App", "x"))), ann, "", map[string]string{"app": "y"}, "because no identity-based policy allows the kms:Encrypt action"},
		{"context keys", allowing(toUser("Allow", ann.ARN, "kms:*", `{"ForAllValues:StringEquals":{"kms:EncryptionContextKeys":["a","b"]}}`)), ann, "", map[string]string{"a": "", "b": ""}, ""},
		{"one key too many", allowing(toUser("Allow", ann.ARN, "kms:*", `{"ForAllValues:StringEquals":{"kms:EncryptionContextKeys":["a","b"]}}`)), ann, "", map[string]string{"a": "", "c": ""}, "because no identity-based policy allows the kms:Encrypt action"},
		{"caller's account", allowing(toUser("Allow", "*", "kms:*", eq("kms:CallerAccount", stranger))), bob, allowAll, nil, ""},
		{"another caller's account", allowing(toUser("Deny", "*", "kms:Encrypt", `{"StringNotEquals":{"kms:CallerAccount":"`+stranger+`"}}`)), ann, allowAll, nil, "with an explicit deny in a resource-based policy"},
		{"spec", allowing(toUser("Allow", ann.ARN, "kms:*", eq("kms:KeySpec", "SYMMETRIC_DEFAULT"))), ann, "", nil, ""},
		{"usage", allowing(toUser("Deny", ann.ARN, "kms:Encrypt", eq("kms:KeyUsage", "ENCRYPT_DECRYPT"))), ann, allowAll, nil, "with an explicit deny in a resource-based policy"},
		{"algorithm", allowing(toUser("Allow", ann.ARN, "kms:*", eq("kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT"))), ann, "", nil, ""},
		{"through no service", allowing(toUser("Allow", ann.ARN, "kms:*", eq("kms:ViaService", "s3.us-east-2.amazonaws.com"))), ann, "", nil, "because no identity-based policy allows the kms:Encrypt action"},
	} {
		h.Do(&api.PutKeyPolicyInput{KeyId: &id, Policy: test.key, BypassPolicyLockoutSafetyCheck: new(true)})
		h.Permit(test.caller)
		if test.identity != "" {
			h.Permit(test.caller, test.identity)
		}
		h.as(test.caller, func() {
			_, err := h.Call(use(test.context))
			want := ""
			if test.want != "" {
				want = "AccessDenied: User: " + test.caller.ARN + " is not authorized to perform: kms:Encrypt on resource: " + h.arn(id) + " " + test.want
			}
			if got := fmt.Sprint(err); got != want && (err != nil || want != "") {
				t.Errorf("%s: %s", test.name, got)
			}
		})
		k := h.stored(id) // whose policy may be nobody's to change
		k.Policy, _ = policy.NewSource(*allowing())
		h.put(k)
	}
}

// TestConditionKeys: what conditions can ask of a call.
func TestConditionKeys(t *testing.T) {
	h := newHouse(t)
	id := h.create(&api.CreateKeyInput{Tags: []api.Tag{{TagKey: new("Team"), TagValue: new("x")}}})
	h.Do(&api.CreateAliasInput{AliasName: new("alias/a"), TargetKeyId: &id})
	sign := h.specced("ECC_NIST_P256", "SIGN_VERIFY")
	for _, test := range []struct {
		in   wire.Shape
		want map[string]string
	}{
		{&api.DescribeKeyInput{KeyId: new("alias/a")}, map[string]string{
			"kms:requestalias": "alias/a", "kms:resourcealiases": "alias/a", "kms:calleraccount": owner, "kms:keyspec": "SYMMETRIC_DEFAULT",
			"kms:keyusage": "ENCRYPT_DECRYPT", "kms:keyorigin": "AWS_KMS", "kms:multiregion": "false", "aws:resourcetag/team": "x",
			"kms:encryptionalgorithm": "",
		}},
		{&api.DescribeKeyInput{KeyId: new(aliasARN(owner, home, "alias/a"))}, map[string]string{"kms:requestalias": "alias/a"}},
		{&api.DescribeKeyInput{KeyId: &id}, map[string]string{"kms:requestalias": ""}},
		{&api.EncryptInput{KeyId: &id, Plaintext: []byte("x"), EncryptionContext: map[string]string{"b": "2", "A": "1", "a": "3"}}, map[string]string{
			"kms:encryptioncontextkeys": "A a b", "kms:encryptioncontext:a": "1 3", "kms:encryptioncontext:b": "2", "kms:encryptionalgorithm": "SYMMETRIC_DEFAULT",
		}},
		{&api.SignInput{KeyId: sign, Message: []byte("x"), SigningAlgorithm: new("ECDSA_SHA_256")}, map[string]string{"kms:signingalgorithm": "ECDSA_SHA_256", "kms:messagetype": "RAW"}},
		{&api.GenerateDataKeyPairInput{KeyId: &id, KeyPairSpec: new("ECC_NIST_P256")}, map[string]string{"kms:datakeypairspec": "ECC_NIST_P256"}},
		{&api.CreateGrantInput{KeyId: &id, GranteePrincipal: new(userARN(owner, "u")), RetiringPrincipal: new(userARN(owner, "r")), Operations: []string{"Encrypt", "Decrypt"}, Constraints: &api.GrantConstraints{EncryptionContextSubset: map[string]string{"a": "1"}}}, map[string]string{
			"kms:grantoperations": "Encrypt Decrypt", "kms:grantisforawsresource": "false", "kms:granteeprincipal": userARN(owner, "u"),
			"kms:retiringprincipal": userARN(owner, "r"), "kms:grantconstrainttype": "EncryptionContextSubset",
		}},
		{&api.PutKeyPolicyInput{KeyId: &id, Policy: allowing()}, map[string]string{"kms:bypasspolicylockoutsafetycheck": "false"}},
		{&api.CreateKeyInput{KeySpec: new("HMAC_256"), KeyUsage: new("GENERATE_VERIFY_MAC"), MultiRegion: new(true), Tags: []api.Tag{{TagKey: new("k"), TagValue: new("v")}}}, map[string]string{
			"kms:keyspec": "HMAC_256", "kms:keyusage": "GENERATE_VERIFY_MAC", "kms:multiregion": "true", "kms:multiregionkeytype": "PRIMARY",
			"aws:requesttag/k": "v", "aws:tagkeys": "k", "kms:bypasspolicylockoutsafetycheck": "false",
		}},
		{&api.TagResourceInput{KeyId: &id, Tags: []api.Tag{{TagKey: new("k"), TagValue: new("v")}}}, map[string]string{"aws:requesttag/k": "v", "aws:tagkeys": "k"}},
		{&api.UntagResourceInput{KeyId: &id, TagKeys: []string{"k"}}, map[string]string{"aws:tagkeys": "k"}},
		{&api.EnableKeyRotationInput{KeyId: &id, RotationPeriodInDays: new(int32(90))}, map[string]string{"kms:rotationperiodindays": "90"}},
		{&api.ScheduleKeyDeletionInput{KeyId: sign}, map[string]string{"kms:schedulekeydeletionpendingwindowindays": "30"}},
	} {
		h.Asked()
		h.Do(test.in)
		asked := h.Asked()
		for key, want := range test.want {
			if got := strings.Join(asked[0].Context[key], " "); got != want {
				t.Errorf("%s: %s is %q, want %q", test.in.Describe().Name, key, got, want)
			}
		}
	}
}

// TestPermissions: every operation names a permission, and these are they.
func TestPermissions(t *testing.T) {
	for name := range api.Handlers(New(calltest.Key(t))) {
		if needs[name] == nil {
			t.Errorf("no permission is known for %s", name)
		}
	}
	h := newHouse(t)
	id := h.create(&api.CreateKeyInput{MultiRegion: new(true)})
	h.Do(&api.ReplicateKeyInput{KeyId: &id, ReplicaRegion: new(abroad)})
	two := h.create(&api.CreateKeyInput{})
	h.Do(&api.CreateAliasInput{AliasName: new("alias/a"), TargetKeyId: &id})
	blob := do[api.EncryptOutput](h, &api.EncryptInput{KeyId: &id, Plaintext: []byte("x")}).CiphertextBlob
	key, alias := h.arn(id), aliasARN(owner, home, "alias/a")
	for _, test := range []struct {
		in   wire.Shape
		want string
	}{
		{&api.ListKeysInput{}, "kms:ListKeys *"},
		{&api.GenerateRandomInput{NumberOfBytes: new(int32(1))}, "kms:GenerateRandom *"},
		{&api.CreateKeyInput{Tags: []api.Tag{{TagKey: new("k"), TagValue: new("v")}}}, "kms:CreateKey *, kms:TagResource *"},
		{&api.DescribeKeyInput{KeyId: &id}, "kms:DescribeKey " + key + " key policy"},
		{&api.CreateAliasInput{AliasName: new("alias/b"), TargetKeyId: &id}, "kms:CreateAlias " + key + " key policy, kms:CreateAlias " + aliasARN(owner, home, "alias/b")},
		{&api.UpdateAliasInput{AliasName: new("alias/a"), TargetKeyId: &two}, "kms:UpdateAlias " + alias + ", kms:UpdateAlias " + key + " key policy, kms:UpdateAlias " + h.arn(two) + " key policy"},
		{&api.DeleteAliasInput{AliasName: new("alias/a")}, "kms:DeleteAlias " + alias + ", kms:DeleteAlias " + h.arn(two) + " key policy"},
		{&api.DecryptInput{CiphertextBlob: blob}, "kms:Decrypt " + key + " key policy"},
		{&api.ReEncryptInput{CiphertextBlob: blob, DestinationKeyId: &two}, "kms:ReEncryptFrom " + key + " key policy, kms:ReEncryptTo " + h.arn(two) + " key policy"},
		{&api.ReplicateKeyInput{KeyId: &id, ReplicaRegion: new("us-west-2")}, "kms:ReplicateKey " + key + " key policy, kms:CreateKey *"},
		{&api.UpdatePrimaryRegionInput{KeyId: &id, PrimaryRegion: new(abroad)}, "kms:UpdatePrimaryRegion " + key + " key policy, kms:UpdatePrimaryRegion " + keyARN(owner, abroad, id) + " key policy"},
	} {
		h.Asked()
		h.Do(test.in)
		var got []string
		for _, target := range h.Asked() {
			text := target.Action + " " + target.Resource
			if target.PolicyRequired {
				text += " key policy"
			}
			got = append(got, text)
		}
		h.Equal(test.in.Describe().Name, strings.Join(got, ", "), test.want)
	}
	// Operations that no account can do to another's keys say so whatever the
	// key's policy says.
	theirs := h.create(&api.CreateKeyInput{Policy: allowing(toUser("Allow", stranger, "kms:*", ""))})
	bob := calltest.User(stranger, "bob")
	h.Permit(bob, allowAll)
	h.as(bob, func() {
		arn := h.arn(theirs)
		h.Do(&api.DescribeKeyInput{KeyId: &arn}, &api.ListGrantsInput{KeyId: &arn}, &api.GetKeyRotationStatusInput{KeyId: &arn})
		h.Equal("owners", h.Last().Owners, []string{owner})
		for _, in := range []wire.Shape{
			&api.DisableKeyInput{KeyId: &arn}, &api.ScheduleKeyDeletionInput{KeyId: &arn}, &api.PutKeyPolicyInput{KeyId: &arn, Policy: allowing()},
			&api.GetKeyPolicyInput{KeyId: &arn}, &api.EnableKeyRotationInput{KeyId: &arn}, &api.ListResourceTagsInput{KeyId: &arn},
		} {
			h.Fails(aws.AccessDenied, in)
			h.Equal("owners of the refused", h.Last().Owners, []string(nil))
		}
	})
}
