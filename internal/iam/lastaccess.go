package iam

import (
	"strings"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/store"
)

// Access is when somebody last called a service, and in which region. Its key
// is the account, the unique id of the user or role (of a root the account's)
// and the service as policies name it, with slashes between them.
type Access struct {
	Time   time.Time
	Region string
}

var accesses = store.NewKind[Access]("iam.access")

// accessed is who called what.
type accessed struct{ account, id, service string }

func (a accessed) key() string { return a.account + "/" + a.id + "/" + a.service }

// entityID is the unique id of the user, role or root behind a principal.
func entityID(p *aws.Principal) string {
	if p.Session != nil && (p.Type == aws.AssumedRole || p.Type == aws.FederatedUser) {
		return p.Session.IssuerID
	}
	return p.ID
}

// storeAccesses writes down what was noted, of those that still exist.
func storeAccesses(tx *store.Tx, noted map[accessed]Access) {
	for a, access := range noted {
		old, ok := accesses.Get(tx, a.key())
		if (!ok || old.Time.Before(access.Time)) && entityExists(tx, a.account, a.id) {
			accesses.Put(tx, a.key(), &access)
		}
	}
}

func entityExists(r store.Reader, account, id string) bool {
	for range users.By(r, byID, id) {
		return true
	}
	for range roles.By(r, byID, id) {
		return true
	}
	_, ok := accounts.Get(r, account)
	return ok && id == account
}

// forgetAccess forgets what a user or a role called.
func forgetAccess(tx *store.Tx, account, id string) {
	for key := range accesses.Scan(tx, account+"/"+id+"/") {
		accesses.Delete(tx, key)
	}
}

// lastAccess returns the last call of a service by a user or a role, stored or
// noted.
func (s *Service) lastAccess(r store.Reader, a accessed) (Access, bool) {
	stored, ok := accesses.Get(r, a.key())
	s.uses.mu.Lock()
	noted, here := s.uses.accesses[a]
	s.uses.mu.Unlock()
	switch {
	case here && (!ok || noted.Time.After(stored.Time)):
		return noted, true
	case ok:
		return *stored, true
	}
	return Access{}, false
}

// lastOfAccount returns the last calls of an account by service, whoever made
// them, stored or noted.
func (s *Service) lastOfAccount(r store.Reader, account string) map[string]Access {
	last := make(map[string]Access)
	see := func(service string, a Access) {
		if old, ok := last[service]; !ok || old.Time.Before(a.Time) {
			last[service] = a
		}
	}
	for key, a := range accesses.Scan(r, account+"/") {
		see(key[strings.LastIndexByte(key, '/')+1:], *a)
	}
	s.uses.mu.Lock()
	defer s.uses.mu.Unlock()
	for a, access := range s.uses.accesses {
		if a.account == account {
			see(a.service, access)
		}
	}
	return last
}
