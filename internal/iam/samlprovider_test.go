package iam

import (
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/call/calltest"
	"github.com/orgtrail/orgtrail/internal/saml/samltest"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

func TestSAMLProvider(t *testing.T) {
	f, idp := newFixture(t), samltest.New(t)
	metadata := idp.Metadata()
	der, _ := x509.MarshalPKCS8PrivateKey(idp.Key)
	key := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	old := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(idp.Key)}))
	const arn = "arn:aws:iam::111111111111:saml-provider/corp"

	create := &api.CreateSAMLProviderInput{Name: new("corp"), SAMLMetadataDocument: &metadata, Tags: []api.Tag{{Key: new("team"), Value: new("blue")}}}
	out := f.Do(create).(*api.CreateSAMLProviderOutput)
	f.Equal("arn", *out.SAMLProviderArn, arn)
	f.Fails("EntityAlreadyExists: SAMLProvider with name corp already exists.", create)
	get := func() *api.GetSAMLProviderOutput {
		t.Helper()
		return f.Do(&api.GetSAMLProviderInput{SAMLProviderArn: new(arn)}).(*api.GetSAMLProviderOutput)
	}
	g := get()
	f.Equal("provider", []any{*g.SAMLMetadataDocument, *g.ValidUntil, *g.CreateDate, *g.Tags[0].Value, g.AssertionEncryptionMode, len(g.PrivateKeyList)},
		[]any{metadata, f.Clock.Now().AddDate(100, 0, 0), f.Clock.Now(), "blue", (*string)(nil), 0})

	update := func(change func(*api.UpdateSAMLProviderInput)) *api.UpdateSAMLProviderInput {
		in := &api.UpdateSAMLProviderInput{SAMLProviderArn: new(arn)}
		change(in)
		return in
	}
	f.Fails("InvalidInput: A private key is needed where assertions must be encrypted.",
		update(func(in *api.UpdateSAMLProviderInput) { in.AssertionEncryptionMode = new("Required") }))
	f.Fails("InvalidInput: Invalid private key: it must be an RSA key in PEM.",
		update(func(in *api.UpdateSAMLProviderInput) { in.AddPrivateKey = new("key") }))
	f.Do(update(func(in *api.UpdateSAMLProviderInput) {
		in.AddPrivateKey, in.AssertionEncryptionMode = &key, new("Required")
	}),
		update(func(in *api.UpdateSAMLProviderInput) { in.AddPrivateKey = &old }))
	f.Fails("LimitExceeded: Cannot exceed quota for PrivateKeysPerSAMLProvider: 2", update(func(in *api.UpdateSAMLProviderInput) { in.AddPrivateKey = &key }))
	until := strings.Replace(metadata, "entityID=", `validUntil="2027-01-02T03:04:05Z" entityID=`, 1)
	f.Do(update(func(in *api.UpdateSAMLProviderInput) {
		in.SAMLMetadataDocument, in.RemovePrivateKey = &until, get().PrivateKeyList[0].KeyId
	}))
	f.Fails("NoSuchEntity: The private key with id SAMLPKAAAAAAAAAAAAAAAAA cannot be found.",
		update(func(in *api.UpdateSAMLProviderInput) { in.RemovePrivateKey = new("SAMLPKAAAAAAAAAAAAAAAAA") }))
	f.Fails("InvalidInput: Could not parse metadata",
		update(func(in *api.UpdateSAMLProviderInput) { in.SAMLMetadataDocument = new(strings.Repeat("x", 1000)) }))
	g = get()
	f.Equal("updated", []any{*g.ValidUntil, *g.AssertionEncryptionMode, len(g.PrivateKeyList)}, []any{time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC), "Required", 1})
	p, _ := f.service.SAMLProvider(f.Store.View(), arn)
	keys, err := f.service.AssertionKeys(p)
	if err != nil || len(keys) != 1 || !keys[0].Equal(idp.Key) {
		t.Errorf("keys %v, %v", keys, err)
	}
	moved := new(*p)
	moved.ARN += "x"
	if _, err := f.service.AssertionKeys(moved); err == nil {
		t.Error("a sealed key opens for another provider")
	}

	f.Do(&api.TagSAMLProviderInput{SAMLProviderArn: new(arn), Tags: []api.Tag{{Key: new("a"), Value: new("b")}}}, &api.UntagSAMLProviderInput{SAMLProviderArn: new(arn), TagKeys: []string{"TEAM"}})
	tags := f.Do(&api.ListSAMLProviderTagsInput{SAMLProviderArn: new(arn)}).(*api.ListSAMLProviderTagsOutput).Tags
	f.Equal("tags", []any{len(tags), *tags[0].Key}, []any{1, "a"})
	f.Equal("list", len(f.Do(&api.ListSAMLProvidersInput{}).(*api.ListSAMLProvidersOutput).SAMLProviderList), 1)
	f.Fails("InvalidInput: Invalid ARN: arn:aws:iam::111111111111:role/corp", &api.GetSAMLProviderInput{SAMLProviderArn: new("arn:aws:iam::111111111111:role/corp")})
	admin := f.Caller
	f.Caller = calltest.Root(other)
	f.Fails("NoSuchEntity: Manifest not found for arn "+arn, &api.DeleteSAMLProviderInput{SAMLProviderArn: new(arn)})
	f.Equal("another account's", len(f.Do(&api.ListSAMLProvidersInput{}).(*api.ListSAMLProvidersOutput).SAMLProviderList), 0)
	f.Caller = admin
	f.Do(&api.DeleteSAMLProviderInput{SAMLProviderArn: new(arn)})
	f.Fails("NoSuchEntity: Manifest not found for arn "+arn, &api.GetSAMLProviderInput{SAMLProviderArn: new(arn)})
}
