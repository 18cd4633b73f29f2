package iam

import (
	"fmt"
	"strings"
	"testing"

	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

func TestOpenIDConnectProvider(t *testing.T) {
	f := newFixture(t)
	for _, bad := range []string{"http://idp.example", "https://", "https://idp.example?x=1", "https://idp.example#x", "https://u@idp.example", "idp.example", "https://idp.example/*"} {
		f.fails("InvalidInput: Invalid Open ID Connect Provider URL", &api.CreateOpenIDConnectProviderInput{Url: &bad})
	}
	in := &api.CreateOpenIDConnectProviderInput{
		Url: new("https://idp.example/a"), ClientIDList: []string{"app", "app"}, ThumbprintList: []string{strings.Repeat("aB", 20)},
		Tags: []api.Tag{{Key: new("team"), Value: new("blue")}},
	}
	arn := f.do(in).(*api.CreateOpenIDConnectProviderOutput).OpenIDConnectProviderArn
	f.equal("arn", *arn, "arn:aws:iam::111111111111:oidc-provider/idp.example/a")
	f.fails("EntityAlreadyExists: Provider with url https://idp.example/a already exists.", in)
	f.do(&api.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, ClientID: new("other")},
		&api.RemoveClientIDFromOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, ClientID: new("app")},
		&api.RemoveClientIDFromOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, ClientID: new("nobody")},
		&api.UpdateOpenIDConnectProviderThumbprintInput{OpenIDConnectProviderArn: arn, ThumbprintList: []string{strings.Repeat("00", 20)}},
		&api.TagOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, Tags: []api.Tag{{Key: new("x"), Value: new("y")}}},
		&api.UntagOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, TagKeys: []string{"team"}})
	p := f.do(&api.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn}).(*api.GetOpenIDConnectProviderOutput)
	f.equal("provider", []any{*p.Url, p.ClientIDList, p.ThumbprintList, *p.Tags[0].Key}, []any{"idp.example/a", []string{"other"}, []string{strings.Repeat("00", 20)}, "x"})
	f.equal("tags", len(f.do(&api.ListOpenIDConnectProviderTagsInput{OpenIDConnectProviderArn: arn}).(*api.ListOpenIDConnectProviderTagsOutput).Tags), 1)
	f.fails("InvalidInput: Thumbprint "+strings.Repeat("x", 40)+" is not a SHA-1 sum in hexadecimal.",
		&api.UpdateOpenIDConnectProviderThumbprintInput{OpenIDConnectProviderArn: arn, ThumbprintList: []string{strings.Repeat("x", 40)}})
	for i := range clientIDsPerProvider - 1 {
		f.do(&api.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, ClientID: new(fmt.Sprint("app", i))})
	}
	f.fails("LimitExceeded: Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100",
		&api.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, ClientID: new("one more")})
	f.equal("target", f.access(&api.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})[0].Context["aws:resourcetag/x"], []string{"y"})
	if _, ok := f.service.IdentityProvider(f.store.View(), account, "https://idp.example/a"); !ok {
		t.Error("the provider is not found by its issuer")
	}

	missing := "NoSuchEntity: OpenIDConnect Provider not found for arn " + *arn
	f.caller = root(other)
	f.fails(missing, &api.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
	f.equal("list of another account", len(f.do(&api.ListOpenIDConnectProvidersInput{}).(*api.ListOpenIDConnectProvidersOutput).OpenIDConnectProviderList), 0)
	f.caller = root(account)
	f.equal("list", *f.do(&api.ListOpenIDConnectProvidersInput{}).(*api.ListOpenIDConnectProvidersOutput).OpenIDConnectProviderList[0].Arn, *arn)
	f.do(&api.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
	f.fails(missing, &api.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
	f.fails("InvalidInput: Invalid ARN: arn:aws:iam::111111111111:user/x", &api.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: new("arn:aws:iam::111111111111:user/x")})
}
