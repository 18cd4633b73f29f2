package iam

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/store"
)

// LastUse is when an access key or a role was last used, and for what. Its key
// in the store is the access key id or the role's unique id.
type LastUse struct {
	Time    time.Time
	Region  string
	Service string // as signatures name it: s3
}

var lastUses = store.NewKind[LastUse]("iam.lastuse")

// uses are the uses that are not stored yet. A use costs a call no write: it
// is noted in memory, answered from there, and stored now and then by
// FlushUses. A crash loses what was noted since; another replica sees it once
// it is stored.
type uses struct {
	mu       sync.Mutex
	noted    map[string]LastUse
	accesses map[accessed]Access
}

// Used notes that a principal has authenticated for a call.
func (s *Service) Used(p *aws.Principal, region, service string, at time.Time) {
	at = at.UTC().Truncate(time.Second)
	s.uses.mu.Lock()
	defer s.uses.mu.Unlock()
	if s.uses.accesses == nil {
		s.uses.accesses = make(map[accessed]Access)
	}
	s.uses.accesses[accessed{p.Account, entityID(p), service}] = Access{at, region}
	id := p.AccessKeyID
	if p.Session != nil {
		id = p.Session.IssuerID
		if p.Type != aws.AssumedRole {
			return // the key that asked for the session was noted then
		}
	}
	if s.uses.noted == nil {
		s.uses.noted = make(map[string]LastUse)
	}
	s.uses.noted[id] = LastUse{at, region, service}
}

// FlushUses stores what Used has noted. A nil error means that it is durable.
func (s *Service) FlushUses(ctx context.Context, st *store.Store) error {
	s.uses.mu.Lock()
	noted, accesses := s.uses.noted, s.uses.accesses
	s.uses.noted, s.uses.accesses = nil, nil
	s.uses.mu.Unlock()
	if len(noted)+len(accesses) == 0 {
		return nil
	}
	err := st.Update(ctx, func(tx *store.Tx) error {
		for id, use := range noted {
			if old, ok := lastUses.Get(tx, id); s.used(tx, id) && (!ok || old.Time.Before(use.Time)) {
				lastUses.Put(tx, id, &use)
			}
		}
		storeAccesses(tx, accesses)
		return nil
	})
	if err != nil {
		s.keep(noted, accesses)
	}
	return err
}

// keep notes again what could not be stored.
func (s *Service) keep(noted map[string]LastUse, accesses map[accessed]Access) {
	s.uses.mu.Lock()
	defer s.uses.mu.Unlock()
	for id, use := range s.uses.noted {
		noted[id] = use
	}
	maps.Copy(accesses, s.uses.accesses)
	s.uses.noted, s.uses.accesses = noted, accesses
}

// used reports whether the access key or the role of that id still exists.
func (s *Service) used(r store.Reader, id string) bool {
	if s.AccessKeyExists(r, id) {
		return true
	}
	for range roles.By(r, byID, id) {
		return true
	}
	return false
}

// lastUse returns the latest use of an access key or a role, stored or noted.
func (s *Service) lastUse(r store.Reader, id string) (LastUse, bool) {
	stored, ok := lastUses.Get(r, id)
	s.uses.mu.Lock()
	noted, here := s.uses.noted[id]
	s.uses.mu.Unlock()
	switch {
	case here && (!ok || noted.Time.After(stored.Time)):
		return noted, true
	case ok:
		return *stored, true
	}
	return LastUse{}, false
}
