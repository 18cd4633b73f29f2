package iam

import (
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/store"
)

// BootstrapResult is the way into a new store.
type BootstrapResult struct {
	AccountID   string
	UserName    string
	AccessKeyID string
	Secret      string
}

// adminName is the first user of the first account.
const adminName = "admin"

const administratorAccess = "arn:aws:iam::aws:policy/AdministratorAccess"

// Bootstrap makes the first account, whose id may be given, and in it the user
// admin with AdministratorAccess and an access key, whose secret is in the
// result and nowhere else in the clear. In a store that has an account it does
// nothing and returns the zero result.
func (s *Service) Bootstrap(tx *store.Tx, now time.Time, accountID string) (BootstrapResult, error) {
	if s.HasAccounts(tx) {
		return BootstrapResult{}, nil
	}
	if accountID == "" {
		accountID = aws.NewAccountID()
	}
	if err := s.AddAccount(tx, now, accountID, adminName, "root@"+accountID+".example.com"); err != nil {
		return BootstrapResult{}, err
	}
	e, err := userClass.entity(accountID, adminName, nil, now)
	if err != nil {
		return BootstrapResult{}, err
	}
	u := &User{Entity: e}
	if err := u.attach(tx, userClass, accountID, new(administratorAccess)); err != nil {
		return BootstrapResult{}, err
	}
	users.Put(tx, u.key(), u)
	id, secret := s.newAccessKey(tx, now, accountID, u.key())
	return BootstrapResult{accountID, u.Name, id, secret}, nil
}
