package iam

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/store"
	api "github.com/orgtrail/orgtrail/internal/wire/api/iam"
)

// ServiceCredential is what a user signs in to one service with. Its key in
// the store is its id. The service is none of this house, so that nobody ever
// asks for the secret: it is told once, and not kept.
type ServiceCredential struct {
	User     string // key of the user
	Service  string // codecommit.amazonaws.com
	Name     string // that the service knows the user by
	Created  time.Time
	Expires  time.Time `json:",omitzero"`
	Inactive bool
}

var serviceCredentials = store.NewKind("iam.servicecredential", store.Index[ServiceCredential]{
	Name: byUser, Keys: func(_ string, k *ServiceCredential) []string { return []string{k.User} },
})

// credentialServices are the services that have such credentials; those that
// are keys have a secret instead of a password, and may expire.
var credentialServices = map[string]struct{ isKey bool }{
	"codecommit.amazonaws.com": {},
	"cassandra.amazonaws.com":  {},
	"bedrock.amazonaws.com":    {isKey: true},
}

// credentialsPerService is how many of them a user may have for one service.
const credentialsPerService = 2

// CreateServiceSpecificCredential makes a credential and answers with its
// secret, which nobody is told again.
func (s *Service) CreateServiceSpecificCredential(c *call.Call, in *api.CreateServiceSpecificCredentialInput) (*api.CreateServiceSpecificCredentialOutput, error) {
	u, err := findUser(c, in.UserName)
	if err != nil {
		return nil, err
	}
	service := aws.Val(in.ServiceName)
	kind, ok := credentialServices[service]
	if !ok {
		return nil, unsupported(service)
	}
	k := &ServiceCredential{User: u.key(), Service: service, Created: c.Time.UTC().Truncate(time.Second)}
	if in.CredentialAgeDays != nil {
		if !kind.isKey {
			return nil, invalidInput("Credentials of %s do not expire.", service)
		}
		k.Expires = k.Created.AddDate(0, 0, int(*in.CredentialAgeDays))
	}
	n := 0
	names := map[string]bool{}
	for _, other := range serviceCredentials.By(c.State, byUser, u.key()) {
		if other.Service == service {
			names[other.Name] = true
			n++
		}
	}
	if n >= credentialsPerService {
		return nil, overQuota("ServiceSpecificCredentialsPerUser", credentialsPerService)
	}
	k.Name = k.name(u, 0)
	for i := 1; names[k.Name]; i++ {
		k.Name = k.name(u, i)
	}
	id := aws.UniqueID("ACCA")
	serviceCredentials.Put(c.Tx, id, k)
	return &api.CreateServiceSpecificCredentialOutput{ServiceSpecificCredential: k.told(c, u, id)}, nil
}

// name is what a service calls the user: its first credential is ada-at-1…, the
// second ada+1-at-1….
func (k *ServiceCredential) name(u *User, i int) string {
	if credentialServices[k.Service].isKey {
		b := make([]byte, 3)
		rand.Read(b)
		return fmt.Sprintf("BedrockAPIKey-%x", b)
	}
	if i == 0 {
		return u.Name + "-at-" + u.Account
	}
	return fmt.Sprintf("%s+%d-at-%s", u.Name, i, u.Account)
}

// ListServiceSpecificCredentials lists the credentials of a user or, on
// demand, of all users of the account.
func (s *Service) ListServiceSpecificCredentials(c *call.Call, in *api.ListServiceSpecificCredentialsInput) (*api.ListServiceSpecificCredentialsOutput, error) {
	if in.ServiceName != nil {
		if _, ok := credentialServices[*in.ServiceName]; !ok {
			return nil, unsupported(*in.ServiceName)
		}
	}
	var of []*User
	if aws.Val(in.AllUsers) {
		if in.UserName != nil {
			return nil, invalidInput("A user cannot be named together with AllUsers.")
		}
		for _, u := range users.Scan(c.State, c.Account()+"/") {
			of = append(of, u)
		}
	} else {
		u, err := findUser(c, in.UserName)
		if err != nil {
			return nil, err
		}
		of = append(of, u)
	}
	var list []api.ServiceSpecificCredentialMetadata
	for _, u := range of {
		for id, k := range serviceCredentials.By(c.State, byUser, u.key()) {
			if in.ServiceName == nil || *in.ServiceName == k.Service {
				list = append(list, k.summary(c, u, id))
			}
		}
	}
	p, err := page(c, byKey(list, func(k api.ServiceSpecificCredentialMetadata) string { return *k.ServiceSpecificCredentialId }), in.Marker, in.MaxItems)
	return &api.ListServiceSpecificCredentialsOutput{ServiceSpecificCredentials: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
}

// UpdateServiceSpecificCredential switches a credential on or off.
func (s *Service) UpdateServiceSpecificCredential(c *call.Call, in *api.UpdateServiceSpecificCredentialInput) (*api.UpdateServiceSpecificCredentialOutput, error) {
	_, k, err := findServiceCredential(c, in.UserName, in.ServiceSpecificCredentialId)
	if err != nil {
		return nil, err
	}
	if k.Inactive, err = inactive(in.Status); err != nil {
		return nil, err
	}
	serviceCredentials.Put(c.Tx, *in.ServiceSpecificCredentialId, k)
	return nil, nil
}

// ResetServiceSpecificCredential answers with a new secret; the old one is
// good no longer.
func (s *Service) ResetServiceSpecificCredential(c *call.Call, in *api.ResetServiceSpecificCredentialInput) (*api.ResetServiceSpecificCredentialOutput, error) {
	u, k, err := findServiceCredential(c, in.UserName, in.ServiceSpecificCredentialId)
	if err != nil {
		return nil, err
	}
	return &api.ResetServiceSpecificCredentialOutput{ServiceSpecificCredential: k.told(c, u, *in.ServiceSpecificCredentialId)}, nil
}

// DeleteServiceSpecificCredential deletes a credential.
func (s *Service) DeleteServiceSpecificCredential(c *call.Call, in *api.DeleteServiceSpecificCredentialInput) (*api.DeleteServiceSpecificCredentialOutput, error) {
	if _, _, err := findServiceCredential(c, in.UserName, in.ServiceSpecificCredentialId); err != nil {
		return nil, err
	}
	serviceCredentials.Delete(c.Tx, *in.ServiceSpecificCredentialId)
	return nil, nil
}

// findServiceCredential finds a copy of a user's credential.
func findServiceCredential(c *call.Call, user, id *string) (*User, *ServiceCredential, error) {
	u, err := findUser(c, user)
	if err != nil {
		return nil, nil, err
	}
	k, ok := serviceCredentials.Get(c.State, aws.Val(id))
	if !ok || k.User != u.key() {
		return nil, nil, noSuchEntity("No such credential %s exists.", aws.Val(id))
	}
	return u, new(*k), nil
}

func (k *ServiceCredential) status(c *call.Call) string {
	if !k.Expires.IsZero() && !c.Time.Before(k.Expires) {
		return api.StatusTypeExpired
	}
	return status(k.Inactive)
}

func (k *ServiceCredential) summary(c *call.Call, u *User, id string) api.ServiceSpecificCredentialMetadata {
	v := api.ServiceSpecificCredentialMetadata{
		UserName: &u.Name, Status: new(k.status(c)), CreateDate: &k.Created, ServiceSpecificCredentialId: &id, ServiceName: &k.Service,
	}
	if !k.Expires.IsZero() {
		v.ExpirationDate = &k.Expires
	}
	if credentialServices[k.Service].isKey {
		v.ServiceCredentialAlias = &k.Name
	} else {
		v.ServiceUserName = &k.Name
	}
	return v
}

// told shows a credential with a secret that was made for it now.
func (k *ServiceCredential) told(c *call.Call, u *User, id string) *api.ServiceSpecificCredential {
	m := k.summary(c, u, id)
	v := &api.ServiceSpecificCredential{
		UserName: m.UserName, Status: m.Status, CreateDate: m.CreateDate, ExpirationDate: m.ExpirationDate,
		ServiceName: m.ServiceName, ServiceSpecificCredentialId: m.ServiceSpecificCredentialId,
		ServiceUserName: m.ServiceUserName, ServiceCredentialAlias: m.ServiceCredentialAlias,
	}
	secret := make([]byte, 32)
	rand.Read(secret)
	if credentialServices[k.Service].isKey {
		v.ServiceCredentialSecret = new("ABSK" + base64.StdEncoding.EncodeToString([]byte(k.Name+"-at-"+u.Account+":"+base64.StdEncoding.EncodeToString(secret))))
	} else {
		v.ServicePassword = new(base64.StdEncoding.EncodeToString(secret))
	}
	return v
}

func unsupported(service string) *aws.Error {
	return aws.Errorf("NotSupportedService", "No such service %s is supported for Service Specific Credentials", service)
}
