package kms

import (
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/kms"
)

const (
	cloudtrail = "cloudtrail.amazonaws.com"
	trailARN   = "arn:aws:cloudtrail:us-east-2:" + owner + ":trail/t"
	viaS3      = "s3.us-east-2.amazonaws.com"
)

// TestTarget: a service is let in by the key's policy, for its source and its
// encryption context.
func TestTarget(t *testing.T) {
	h := newHouse(t)
	id := h.create(&api.CreateKeyInput{Policy: allowing(`{"Effect":"Allow","Principal":{"Service":"` + cloudtrail + `"},"Action":"kms:GenerateDataKey*","Resource":"*","Condition":{` +
		`"StringEquals":{"aws:SourceArn":"` + trailARN + `"},"StringLike":{"kms:EncryptionContext:aws:cloudtrail:arn":"arn:aws:cloudtrail:*:` + owner + `:trail/*"}}}`)})
	house := House{h.Service}
	context := map[string]string{"aws:cloudtrail:arn": trailARN}
	for _, test := range []struct {
		name, action string
		source       string
		context      map[string]string
		want         bool
	}{
		{"let in", "kms:GenerateDataKey", trailARN, context, true},
		{"for another trail", "kms:GenerateDataKey", trailARN + "2", context, false},
		{"without a context", "kms:GenerateDataKey", trailARN, nil, false},
		{"for another action", "kms:Decrypt", trailARN, context, false},
	} {
		target, err := house.Target(h.Store.View(), h.arn(id), owner, home, test.action, test.context, "")
		if err != nil {
			t.Fatal(err)
		}
		refused := call.Source{Service: cloudtrail, ARN: test.source, Account: owner}.Ask(target, home, h.Clock.Now(), nil)
		h.Equal(test.name, refused == nil, test.want)
	}
	// A grant counts here as well.
	h.Do(&api.CreateGrantInput{KeyId: &id, GranteePrincipal: new(userARN(owner, "ann")), Operations: []string{"Decrypt"}})
	target, err := house.Target(h.Store.View(), id, owner, home, "kms:Decrypt", context, viaS3)
	if err != nil {
		t.Fatal(err)
	}
	h.Equal("granted", h.May(calltest.User(owner, "ann"), target), error(nil))
	h.Equal("keys", []any{target.Context["kms:viaservice"][0], target.Context["kms:calleraccount"][0], target.Owner, target.Resource, target.PolicyRequired}, []any{viaS3, owner, owner, h.arn(id), true})
	if h.May(calltest.User(owner, "eve"), target) == nil {
		t.Error("everybody is granted")
	}
}

func TestTargetRefused(t *testing.T) {
	h := newHouse(t)
	house := House{h.Service}
	id, off, mac := h.create(&api.CreateKeyInput{}), h.create(&api.CreateKeyInput{}), h.specced("HMAC_256", "GENERATE_VERIFY_MAC")
	h.Do(&api.DisableKeyInput{KeyId: &off}, &api.CreateAliasInput{AliasName: new("alias/a"), TargetKeyId: &id})
	for _, test := range []struct{ key, region, action, want string }{
		{id, home, "kms:GenerateDataKey", ""},
		{"alias/a", home, "kms:GenerateDataKey", ""},
		{aliasARN(owner, home, "alias/a"), home, "kms:GenerateDataKey", ""},
		{off, home, "kms:DescribeKey", ""},
		{off, home, "kms:GenerateDataKey", "DisabledException"},
		{*mac, home, "kms:GenerateDataKey", "InvalidKeyUsageException"},
		{"alias/aws/s3", home, "kms:GenerateDataKey", "NotFoundException"},
		{id, abroad, "kms:GenerateDataKey", "NotFoundException"},
		{h.arn(id), abroad, "kms:GenerateDataKey", "NotFoundException"},
		{"arn:aws:s3:::x", home, "kms:GenerateDataKey", "InvalidArnException"},
	} {
		_, err := house.Target(h.Store.View(), test.key, owner, test.region, test.action, nil, "")
		code := ""
		if err != nil {
			code = err.Code
		}
		h.Equal(test.key+" "+test.action, code, test.want)
	}
}

func TestHouseUse(t *testing.T) {
	h := newHouse(t)
	house, view := House{h.Service}, func() store.Reader { return h.Store.View() }
	id := h.create(&api.CreateKeyInput{})
	context := map[string]string{"aws:s3:arn": "arn:aws:s3:::b/k"}
	plaintext, blob, err := house.GenerateDataKey(view(), h.arn(id), context)
	if err != nil || len(plaintext) != 32 {
		t.Fatal(len(plaintext), err)
	}
	back, arn, err := house.Decrypt(view(), blob, context)
	if err != nil {
		t.Fatal(err)
	}
	h.Equal("decrypted", []any{back, arn}, []any{plaintext, h.arn(id)})
	h.Equal("by the API", do[api.DecryptOutput](h, &api.DecryptInput{CiphertextBlob: blob, EncryptionContext: context}).Plaintext, plaintext)
	if _, _, err := house.Decrypt(view(), blob, nil); err.Code != "InvalidCiphertextException" {
		t.Error(err)
	}
	if _, _, err := house.Decrypt(view(), []byte("x"), nil); err.Code != "InvalidCiphertextException" {
		t.Error(err)
	}
	if _, err := house.Encrypt(view(), "alias/x", []byte("x"), nil); err == nil {
		t.Error("a name that is no ARN was found")
	}
	k, ok := house.Describe(view(), id, owner, home)
	h.Equal("described", []any{ok, k.ARN(), k.Symmetric(), k.State}, []any{true, h.arn(id), true, "Enabled"})
	_, ok = house.Describe(view(), "alias/x", owner, home)
	h.Equal("nothing", ok, false)

	h.Do(&api.DisableKeyInput{KeyId: &id})
	if _, _, err := house.Decrypt(view(), blob, context); err.Code != "DisabledException" {
		t.Error(err)
	}
	if _, _, err := house.GenerateDataKey(view(), h.arn(id), nil); err.Code != "DisabledException" {
		t.Error(err)
	}
	h.Do(&api.ScheduleKeyDeletionInput{KeyId: &id})
	h.pass(31 * day)
	if _, _, err := house.Decrypt(view(), blob, context); err.Code != "NotFoundException" {
		t.Error(err)
	}
}

// TestManagedKey: the keys of services are made once, and used through the
// service alone.
func TestManagedKey(t *testing.T) {
	h := newHouse(t)
	house := House{h.Service}
	made := func() (arn string) {
		if err := h.Store.Update(h.Context(), func(tx *store.Tx) (err error) {
			arn, err = house.ManagedKey(tx, h.Clock.Now(), owner, home, "s3")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return arn
	}
	arn := made()
	h.Equal("once", made(), arn)
	m := h.describe("alias/aws/s3")
	h.Equal("metadata", []any{*m.Arn, *m.KeyManager, *m.KeyState}, []any{arn, "AWS", "Enabled"})
	h.Equal("rotated", *do[api.GetKeyRotationStatusOutput](h, &api.GetKeyRotationStatusInput{KeyId: &arn}).RotationPeriodInDays, int32(365))
	h.Fails(aws.AccessDenied, &api.EncryptInput{KeyId: &arn, Plaintext: []byte("x")})
	h.Fails(aws.AccessDenied, &api.ScheduleKeyDeletionInput{KeyId: &arn})
	h.Fails(aws.AccessDenied, &api.PutKeyPolicyInput{KeyId: &arn, Policy: allowing()})
	h.Fails(aws.AccessDenied, &api.DisableKeyRotationInput{KeyId: &arn})
	ann := calltest.User(owner, "ann")
	for via, want := range map[string]bool{viaS3: true, "": false, "sqs.us-east-2.amazonaws.com": false} {
		target, err := house.Target(h.Store.View(), "alias/aws/s3", owner, home, "kms:GenerateDataKey", nil, via)
		if err != nil {
			t.Fatal(err)
		}
		h.Equal("via "+via, h.May(ann, target) == nil, want)
		h.Equal("AWS's own", target.AWSManaged, true) // which resource control policies spare
	}
}
