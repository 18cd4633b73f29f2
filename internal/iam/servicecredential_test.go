package iam

import (
	"strings"
	"testing"
	"time"

	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

func TestServiceSpecificCredential(t *testing.T) {
	f := newFixture(t)
	f.do(&api.CreateUserInput{UserName: new("ada")})
	make := func(service string, days *int32) *api.ServiceSpecificCredential {
		t.Helper()
		return f.do(&api.CreateServiceSpecificCredentialInput{UserName: new("ada"), ServiceName: &service, CredentialAgeDays: days}).(*api.CreateServiceSpecificCredentialOutput).ServiceSpecificCredential
	}
	const commit = "codecommit.amazonaws.com"
	first, second := make(commit, nil), make(commit, nil)
	f.equal("names", []string{*first.ServiceUserName, *second.ServiceUserName}, []string{"ada-at-111111111111", "ada+1-at-111111111111"})
	f.fails("LimitExceeded: Cannot exceed quota for ServiceSpecificCredentialsPerUser: 2", &api.CreateServiceSpecificCredentialInput{UserName: new("ada"), ServiceName: new(commit)})
	f.fails("NotSupportedService: No such service s3.amazonaws.com is supported for Service Specific Credentials", &api.CreateServiceSpecificCredentialInput{UserName: new("ada"), ServiceName: new("s3.amazonaws.com")})
	f.fails("InvalidInput: Credentials of cassandra.amazonaws.com do not expire.", &api.CreateServiceSpecificCredentialInput{UserName: new("ada"), ServiceName: new("cassandra.amazonaws.com"), CredentialAgeDays: new(int32(1))})
	key := make("bedrock.amazonaws.com", new(int32(30)))
	if key.ServicePassword != nil || !strings.HasPrefix(*key.ServiceCredentialSecret, "ABSK") || !key.ExpirationDate.Equal(f.now.AddDate(0, 0, 30)) {
		t.Errorf("%+v", key)
	}
	reset := f.do(&api.ResetServiceSpecificCredentialInput{UserName: new("ada"), ServiceSpecificCredentialId: first.ServiceSpecificCredentialId}).(*api.ResetServiceSpecificCredentialOutput).ServiceSpecificCredential
	if *reset.ServicePassword == *first.ServicePassword || *reset.ServiceUserName != *first.ServiceUserName {
		t.Errorf("%+v", reset)
	}
	f.do(&api.UpdateServiceSpecificCredentialInput{UserName: new("ada"), ServiceSpecificCredentialId: second.ServiceSpecificCredentialId, Status: new("Inactive")})
	f.fails("InvalidInput: The status Expired cannot be set.", &api.UpdateServiceSpecificCredentialInput{UserName: new("ada"), ServiceSpecificCredentialId: second.ServiceSpecificCredentialId, Status: new("Expired")})

	f.do(&api.UpdateUserInput{UserName: new("ada"), NewUserName: new("eve")})
	f.now = f.now.Add(30 * 24 * time.Hour)
	statuses := func(in *api.ListServiceSpecificCredentialsInput) map[string]int {
		t.Helper()
		count := map[string]int{}
		for _, k := range f.do(in).(*api.ListServiceSpecificCredentialsOutput).ServiceSpecificCredentials {
			count[*k.UserName+" "+*k.Status]++
		}
		return count
	}
	f.equal("all", statuses(&api.ListServiceSpecificCredentialsInput{AllUsers: new(true)}), map[string]int{"eve Active": 1, "eve Inactive": 1, "eve Expired": 1})
	f.equal("of one service", statuses(&api.ListServiceSpecificCredentialsInput{UserName: new("eve"), ServiceName: new(commit)}), map[string]int{"eve Active": 1, "eve Inactive": 1})
	f.equal("my own", statuses(&api.ListServiceSpecificCredentialsInput{}), map[string]int{})
	f.fails("InvalidInput: A user cannot be named together with AllUsers.", &api.ListServiceSpecificCredentialsInput{UserName: new("eve"), AllUsers: new(true)})
	f.fails("DeleteConflict: Cannot delete entity, must delete service specific credentials first.", &api.DeleteUserInput{UserName: new("eve")})
	f.fails("NoSuchEntity: No such credential "+*first.ServiceSpecificCredentialId+" exists.", &api.DeleteServiceSpecificCredentialInput{ServiceSpecificCredentialId: first.ServiceSpecificCredentialId})
	for _, k := range []*api.ServiceSpecificCredential{first, second, key} {
		f.do(&api.DeleteServiceSpecificCredentialInput{UserName: new("eve"), ServiceSpecificCredentialId: k.ServiceSpecificCredentialId})
	}
	f.do(&api.DeleteUserInput{UserName: new("eve")})
}

func TestSecurityTokenServicePreferences(t *testing.T) {
	f := newFixture(t)
	version := func() int32 {
		return f.do(&api.GetAccountSummaryInput{}).(*api.GetAccountSummaryOutput).SummaryMap["GlobalEndpointTokenVersion"]
	}
	f.equal("at first", version(), int32(1))
	f.do(&api.SetSecurityTokenServicePreferencesInput{GlobalEndpointTokenVersion: new("v2Token")})
	f.equal("then", version(), int32(2))
	f.do(&api.CreateAccountAliasInput{AccountAlias: new("acme")}, &api.SetSecurityTokenServicePreferencesInput{GlobalEndpointTokenVersion: new("v1Token")})
	f.equal("again", version(), int32(1))
}
