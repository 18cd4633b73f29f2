package iam

import (
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/session"
	"github.com/orgtrail/orgtrail/internal/store"
)

// Credentials finds who an access key belongs to and the secret that their
// signatures are made with. sessionToken is "" for long-term keys. What it
// answers holds for the state and the moment it is asked about: a key that is
// deleted or inactive, a session whose role, user or issuing key is gone, is
// refused from the next revision on.
//
// The error's code is InvalidClientTokenId or ExpiredToken, or InternalFailure
// when the master key does not open what is stored.
func (s *Service) Credentials(r store.Reader, accessKeyID, sessionToken string, now time.Time) (aws.Principal, string, *aws.Error) {
	if sessionToken != "" {
		return s.temporary(r, accessKeyID, sessionToken, now)
	}
	k, ok := accessKeys.Get(r, accessKeyID)
	if !ok {
		return aws.Principal{}, "", invalidToken()
	}
	p, ok := k.principal(r)
	if !ok {
		return aws.Principal{}, "", invalidToken()
	}
	p.AccessKeyID = accessKeyID
	secret, err := s.secret(accessKeyID, k)
	if err != nil {
		return aws.Principal{}, "", aws.Errorf(aws.InternalFailure, "the secret of access key %s: %v", accessKeyID, err)
	}
	return p, secret, nil
}

// temporary verifies temporary credentials.
func (s *Service) temporary(r store.Reader, accessKeyID, token string, now time.Time) (aws.Principal, string, *aws.Error) {
	cr, err := s.tokens.get(token, func() (*session.Credentials, error) { return s.sessions.Open(accessKeyID, token) })
	if err != nil || cr.Principal.AccessKeyID != accessKeyID {
		return aws.Principal{}, "", invalidToken()
	}
	if !now.Before(cr.Principal.Session.Expires) {
		return aws.Principal{}, "", aws.Errorf("ExpiredToken", "The security token included in the request is expired")
	}
	p, ok := s.alive(r, cr)
	if !ok {
		return aws.Principal{}, "", invalidToken()
	}
	return p, cr.Secret, nil
}

// alive reports whether those who issued a session still stand behind it, and
// who acts with it: a user may have another name by now.
func (s *Service) alive(r store.Reader, cr *session.Credentials) (aws.Principal, bool) {
	p := cr.Principal
	if p.IsAssumedRoot() {
		issuer, ok := aws.ParseARN(p.Session.IssuerARN)
		return p, ok && s.RootSession(r, issuer.Account, p.Account) == nil
	}
	if p.Type == aws.AssumedRole {
		_, ok := roleBehind(r, &p)
		return p, ok
	}
	k, ok := accessKeys.Get(r, cr.IssuedBy)
	if !ok {
		return p, false
	}
	issuer, ok := k.principal(r)
	if p.Type == aws.FederatedUser {
		p.Session = new(*p.Session)
		p.Session.IssuerARN, p.Session.IssuerName = issuer.ARN, issuer.UserName
		return p, ok && issuer.ID == p.Session.IssuerID
	}
	p.ARN, p.UserName = issuer.ARN, issuer.UserName
	return p, ok && issuer.ID == p.ID
}

// AccessKeyExists reports whether somebody has a long-term access key, be it
// active or not.
func (s *Service) AccessKeyExists(r store.Reader, accessKeyID string) bool {
	_, ok := accessKeys.Get(r, accessKeyID)
	return ok
}

// principal is who acts with a long-term key, if anybody may.
func (k *AccessKey) principal(r store.Reader) (aws.Principal, bool) {
	if k.Inactive {
		return aws.Principal{}, false
	}
	if k.User == "" {
		return aws.Principal{Type: aws.Root, Account: k.Account, ARN: aws.RootARN(k.Account), ID: k.Account}, true
	}
	u, ok := users.Get(r, k.User)
	if !ok {
		return aws.Principal{}, false
	}
	return aws.Principal{Type: aws.IAMUser, Account: u.Account, ARN: u.ARN, ID: u.ID, UserName: u.Name}, true
}

func invalidToken() *aws.Error {
	return aws.Errorf("InvalidClientTokenId", "The security token included in the request is invalid.")
}
