package iam

import (
	"iter"
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// Entity is what everything with a name and a path has.
type Entity struct {
	Account string
	Name    string
	Path    string // begins and ends with a slash
	ID      string // AIDA…; given once, unlike the name
	ARN     string
	Created time.Time
}

func (e *Entity) key() string  { return recordKey(e.Account, e.Name) }
func (e *Entity) path() string { return e.Path }

// recordKey is the key under which a name of an account is stored.
func recordKey(account, name string) string { return account + "/" + strings.ToLower(name) }

// nameOfKey is the name in a record's key, in lower case.
func nameOfKey(key string) string { return key[len("123456789012/"):] }

// class is one kind of entity, as messages, ARNs and quotas call it.
type class struct {
	noun      string // in ARNs and messages: user
	title     string // at the beginning of messages: User
	parameter string // that names it: userName
	prefix    string // of unique ids
	longest   int    // name
	quota     string // UsersPerAccount
	limit     int
	inline    int // bytes of all inline policies together, without white space
}

var (
	userClass        = &class{"user", "User", "userName", "AIDA", 64, "UsersPerAccount", 5000, 2048}
	groupClass       = &class{"group", "Group", "groupName", "AGPA", 128, "GroupsPerAccount", 300, 5120}
	roleClass        = &class{"role", "Role", "roleName", "AROA", 64, "RolesPerAccount", 1000, 10240}
	policyClass      = &class{"policy", "Policy", "policyName", "ANPA", 128, "PoliciesPerAccount", 1500, 0}
	mfaClass         = &class{"mfa", "MFA Device", "virtualMFADeviceName", "", 226, "MFADevicesPerAccount", 5000, 0}
	certificateClass = &class{"server-certificate", "The Server Certificate", "serverCertificateName", "ASCA", 128, "ServerCertificatesPerAccount", 20, 0}
	profileClass     = &class{"instance-profile", "Instance Profile", "instanceProfileName", "AIPA", 128, "InstanceProfilesPerAccount", 1000, 0}
)

// entity makes a new entity of the class. A nil path is the root path.
func (k *class) entity(account, name string, path *string, now time.Time) (Entity, error) {
	e := Entity{Account: account, ID: aws.UniqueID(k.prefix), Created: now.UTC().Truncate(time.Second)}
	if path == nil {
		path = new("/")
	}
	err := k.call(&e, name, *path)
	return e, err
}

// call gives an entity a name and a path, and the ARN that follows from them.
func (k *class) call(e *Entity, name, path string) error {
	if err := checkName(k.parameter, name, k.longest); err != nil {
		return err
	}
	if err := checkPath(path); err != nil {
		return err
	}
	e.Name, e.Path, e.ARN = name, path, k.arn(e.Account, path, name)
	return nil
}

func (k *class) arn(account, path, name string) string {
	return aws.NewARN("iam", "", account, k.noun+path+name).String()
}

func (k *class) notFound(name string) *aws.Error {
	if k == certificateClass {
		return noSuchEntity("The Server Certificate with name %s cannot be found.", name)
	}
	if k == profileClass {
		return noSuchEntity("Instance Profile %s cannot be found.", name)
	}
	return noSuchEntity("The %s with name %s cannot be found.", k.noun, name)
}

func (k *class) exists(name string) *aws.Error {
	if k == profileClass {
		return alreadyExists("Instance Profile %s already exists.", name)
	}
	return alreadyExists("%s with name %s already exists.", k.title, name)
}

// room refuses when the account has as many of the class as it may have.
func room[T any](k *class, have iter.Seq2[string, *T]) error {
	n := 0
	for range have {
		if n++; n >= k.limit {
			return overQuota(k.quota, k.limit)
		}
	}
	return nil
}
