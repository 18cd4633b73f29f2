package iam

import (
	"fmt"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/call/calltest"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

func TestOpenIDConnectProvider(t *testing.T) {
	f := newFixture(t)
	for _, bad := range []string{"http://idp.example", "https://", "https://idp.example?x=1", "https://idp.example#x", "https://u@idp.example", "idp.example", "https://idp.example/*"} {
		f.Fails("InvalidInput: Invalid Open ID Connect Provider URL", &api.CreateOpenIDConnectProviderInput{Url: &bad})
	}
	in := &api.CreateOpenIDConnectProviderInput{
		Url: new("https://idp.example/a"), ClientIDList: []string{"app", "app"}, ThumbprintList: []string{strings.Repeat("aB", 20)},
		Tags: []api.Tag{{Key: new("team"), Value: new("blue")}},
	}
	arn := f.Do(in).(*api.CreateOpenIDConnectProviderOutput).OpenIDConnectProviderArn
	f.Equal("arn", *arn, "arn:aws:iam::111111111111:oidc-provider/idp.example/a")
	f.Fails("EntityAlreadyExists: Provider with url https://idp.example/a already exists.", in)
	f.Do(&api.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, ClientID: new("other")},
		&api.RemoveClientIDFromOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, ClientID: new("app")},
		&api.RemoveClientIDFromOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, ClientID: new("nobody")},
		&api.UpdateOpenIDConnectProviderThumbprintInput{OpenIDConnectProviderArn: arn, ThumbprintList: []string{strings.Repeat("00", 20)}},
		&api.TagOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, Tags: []api.Tag{{Key: new("x"), Value: new("y")}}},
		&api.UntagOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, TagKeys: []string{"team"}})
	p := f.Do(&api.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn}).(*api.GetOpenIDConnectProviderOutput)
	f.Equal("provider", []any{*p.Url, p.ClientIDList, p.ThumbprintList, *p.Tags[0].Key}, []any{"idp.example/a", []string{"other"}, []string{strings.Repeat("00", 20)}, "x"})
	f.Equal("tags", len(f.Do(&api.ListOpenIDConnectProviderTagsInput{OpenIDConnectProviderArn: arn}).(*api.ListOpenIDConnectProviderTagsOutput).Tags), 1)
	f.Fails("InvalidInput: Thumbprint "+strings.Repeat("x", 40)+" is not a SHA-1 sum in hexadecimal.",
		&api.UpdateOpenIDConnectProviderThumbprintInput{OpenIDConnectProviderArn: arn, ThumbprintList: []string{strings.Repeat("x", 40)}})
	for i := range clientIDsPerProvider - 1 {
		f.Do(&api.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, ClientID: new(fmt.Sprint("app", i))})
	}
	f.Fails("LimitExceeded: Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100",
		&api.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, ClientID: new("one more")})
	f.Equal("target", f.access(&api.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})[0].Context["aws:resourcetag/x"], []string{"y"})
	if _, ok := f.service.IdentityProvider(f.Store.View(), account, "https://idp.example/a"); !ok {
		t.Error("the provider is not found by its issuer")
	}

	missing := "NoSuchEntity: OpenIDConnect Provider not found for arn " + *arn
	f.Caller = calltest.Root(other)
	f.Fails(missing, &api.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
	f.Equal("list of another account", len(f.Do(&api.ListOpenIDConnectProvidersInput{}).(*api.ListOpenIDConnectProvidersOutput).OpenIDConnectProviderList), 0)
	f.Caller = calltest.Root(account)
	f.Equal("list", *f.Do(&api.ListOpenIDConnectProvidersInput{}).(*api.ListOpenIDConnectProvidersOutput).OpenIDConnectProviderList[0].Arn, *arn)
	f.Do(&api.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
	f.Fails(missing, &api.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
	f.Fails("InvalidInput: Invalid ARN: arn:aws:iam::111111111111:user/x", &api.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: new("arn:aws:iam::111111111111:user/x")})
}
