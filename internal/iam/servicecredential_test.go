package iam

import (
	"strings"
	"testing"
	"time"

	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

func TestServiceSpecificCredential(t *testing.T) {
	f := newFixture(t)
	f.Do(&api.CreateUserInput{UserName: new("ada")})
	make := func(service string, days *int32) *api.ServiceSpecificCredential {
		t.Helper()
		return f.Do(&api.CreateServiceSpecificCredentialInput{UserName: new("ada"), ServiceName: &service, CredentialAgeDays: days}).(*api.CreateServiceSpecificCredentialOutput).ServiceSpecificCredential
	}
	const commit = "codecommit.amazonaws.com"
	first, second := make(commit, nil), make(commit, nil)
	f.Equal("names", []string{*first.ServiceUserName, *second.ServiceUserName}, []string{"ada-at-111111111111", "ada+1-at-111111111111"})
	f.Fails("LimitExceeded: Cannot exceed quota for ServiceSpecificCredentialsPerUser: 2", &api.CreateServiceSpecificCredentialInput{UserName: new("ada"), ServiceName: new(commit)})
	f.Fails("NotSupportedService: No such service s3.amazonaws.com is supported for Service Specific Credentials", &api.CreateServiceSpecificCredentialInput{UserName: new("ada"), ServiceName: new("s3.amazonaws.com")})
	f.Fails("InvalidInput: Credentials of cassandra.amazonaws.com do not expire.", &api.CreateServiceSpecificCredentialInput{UserName: new("ada"), ServiceName: new("cassandra.amazonaws.com"), CredentialAgeDays: new(int32(1))})
	key := make("bedrock.amazonaws.com", new(int32(30)))
	if key.ServicePassword != nil || !strings.HasPrefix(*key.ServiceCredentialSecret, "ABSK") || !key.ExpirationDate.Equal(f.Clock.Now().AddDate(0, 0, 30)) {
		t.Errorf("%+v", key)
	}
	reset := f.Do(&api.ResetServiceSpecificCredentialInput{UserName: new("ada"), ServiceSpecificCredentialId: first.ServiceSpecificCredentialId}).(*api.ResetServiceSpecificCredentialOutput).ServiceSpecificCredential
	if *reset.ServicePassword == *first.ServicePassword || *reset.ServiceUserName != *first.ServiceUserName {
		t.Errorf("%+v", reset)
	}
	f.Do(&api.UpdateServiceSpecificCredentialInput{UserName: new("ada"), ServiceSpecificCredentialId: second.ServiceSpecificCredentialId, Status: new("Inactive")})
	f.Fails("InvalidInput: The status Expired cannot be set.", &api.UpdateServiceSpecificCredentialInput{UserName: new("ada"), ServiceSpecificCredentialId: second.ServiceSpecificCredentialId, Status: new("Expired")})

	f.Do(&api.UpdateUserInput{UserName: new("ada"), NewUserName: new("eve")})
	f.Clock.Advance(30 * 24 * time.Hour)
	statuses := func(in *api.ListServiceSpecificCredentialsInput) map[string]int {
		t.Helper()
		count := map[string]int{}
		for _, k := range f.Do(in).(*api.ListServiceSpecificCredentialsOutput).ServiceSpecificCredentials {
			count[*k.UserName+" "+*k.Status]++
		}
		return count
	}
	f.Equal("all", statuses(&api.ListServiceSpecificCredentialsInput{AllUsers: new(true)}), map[string]int{"eve Active": 1, "eve Inactive": 1, "eve Expired": 1})
	f.Equal("of one service", statuses(&api.ListServiceSpecificCredentialsInput{UserName: new("eve"), ServiceName: new(commit)}), map[string]int{"eve Active": 1, "eve Inactive": 1})
	f.Equal("my own", statuses(&api.ListServiceSpecificCredentialsInput{}), map[string]int{})
	f.Fails("InvalidInput: A user cannot be named together with AllUsers.", &api.ListServiceSpecificCredentialsInput{UserName: new("eve"), AllUsers: new(true)})
	f.Fails("DeleteConflict: Cannot delete entity, must delete service specific credentials first.", &api.DeleteUserInput{UserName: new("eve")})
	f.Fails("NoSuchEntity: No such credential "+*first.ServiceSpecificCredentialId+" exists.", &api.DeleteServiceSpecificCredentialInput{ServiceSpecificCredentialId: first.ServiceSpecificCredentialId})
	for _, k := range []*api.ServiceSpecificCredential{first, second, key} {
		f.Do(&api.DeleteServiceSpecificCredentialInput{UserName: new("eve"), ServiceSpecificCredentialId: k.ServiceSpecificCredentialId})
	}
	f.Do(&api.DeleteUserInput{UserName: new("eve")})
}

func TestSecurityTokenServicePreferences(t *testing.T) {
	f := newFixture(t)
	version := func() int32 {
		return f.Do(&api.GetAccountSummaryInput{}).(*api.GetAccountSummaryOutput).SummaryMap["GlobalEndpointTokenVersion"]
	}
	f.Equal("at first", version(), int32(1))
	f.Do(&api.SetSecurityTokenServicePreferencesInput{GlobalEndpointTokenVersion: new("v2Token")})
	f.Equal("then", version(), int32(2))
	f.Do(&api.CreateAccountAliasInput{AccountAlias: new("acme")}, &api.SetSecurityTokenServicePreferencesInput{GlobalEndpointTokenVersion: new("v1Token")})
	f.Equal("again", version(), int32(1))
}
