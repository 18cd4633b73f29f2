package server

import (
	"context"
	"errors"
	"fmt"

	"github.com/orgtrail/orgtrail/internal/seal"
	"github.com/orgtrail/orgtrail/internal/store"
)

// firstUser is what a store remembers of how it began.
type firstUser struct {
	AccessKeyID string
	// Told says that the key stands in the profile of a data directory.
	Told bool
	// Proof is sealed with the master key of the store.
	Proof []byte
}

var firstUsers = store.NewKind[firstUser]("server.firstuser")

const proofLabel = "server.firstuser"

// bootstrap makes the first account of an empty store, and leaves the profile
// of its first user in the data directory. A crash between the two loses
// nothing: the next start finds the user untold, and its secret in the store.
// Every other start, and that of another replica on the same database, only
// renews the part of the profile that is no secret.
func (s *Server) bootstrap(ctx context.Context) error {
	if err := s.store.Update(ctx, s.createFirstUser); err != nil {
		return err
	}
	user, _ := firstUsers.Get(s.store.View(), "")
	if _, err := s.key.Open(user.Proof, proofLabel); errors.Is(err, seal.ErrOtherKey) {
		return errors.New("the master key is not the one that this database is sealed with: every server on it needs the same master.key or " + seal.Environment)
	} else if err != nil {
		return fmt.Errorf("the database's proof of its master key: %w", err)
	}
	p := Profile{Endpoint: s.URL(), Region: s.Region}
	if user.Told {
		return p.writeConfig(s.Data)
	}
	_, secret, refused := s.iam.Credentials(s.store.View(), user.AccessKeyID, "", s.clock.now())
	if refused != nil {
		return fmt.Errorf("the first user's key: %w", refused)
	}
	p.AccessKeyID, p.SecretAccessKey = user.AccessKeyID, secret
	if err := p.write(s.Data); err != nil {
		return err
	}
	return s.store.Update(ctx, func(tx *store.Tx) error {
		firstUsers.Put(tx, "", &firstUser{user.AccessKeyID, true, user.Proof})
		return nil
	})
}

// createFirstUser makes the first account and its user where there are none.
func (s *Server) createFirstUser(tx *store.Tx) error {
	if _, ok := firstUsers.Get(tx, ""); ok {
		return nil
	}
	account := s.AccountID
	if account == "" && s.Dev {
		account = devAccount
	}
	b, err := s.iam.Bootstrap(tx, s.clock.now(), account)
	if err != nil {
		return err
	}
	firstUsers.Put(tx, "", &firstUser{b.AccessKeyID, b.AccessKeyID == "", s.key.Seal(nil, proofLabel)})
	return nil
}
