package gateway

import (
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/wire"
	"github.com/orgtrail/orgtrail/internal/wire/sigv4"
)

// authenticate finds out who calls and checks that it is they: their key,
// their signature over every byte, and a region that exists. S3 takes calls
// without a signature; what they may do is decided by the bucket. Calls that
// carry the word of an identity provider need none: their service judges it.
func (x *exchange) authenticate() error {
	if x.Operation.Unsigned {
		if x.sig != nil && aws.IsRegion(x.sig.Region) {
			x.Region = x.sig.Region
		}
		return nil
	}
	if x.sig == nil && x.Operation.MayBeUnsigned {
		return nil
	}
	if x.sig == nil {
		if x.api().Protocol == wire.RESTXML {
			return x.openBody()
		}
		return sigv4.Refusal(&sigv4.Failure{Kind: sigv4.Missing}, x.family())
	}
	if !aws.IsRegion(x.sig.Region) && x.sig.Region != x.g.Region {
		return sigv4.Refusal(x.sig.WrongRegion(x.g.Region), x.family())
	}
	x.Region = x.sig.Region
	if err := x.verify(); err != nil {
		return sigv4.Refusal(err, x.family())
	}
	return x.openBody()
}

func (x *exchange) verify() error {
	principal, secret, failed := x.g.Identities.Credentials(x.State, x.sig.AccessKey, x.sig.Token, x.Time)
	if failed != nil {
		failure := credentialFailure(failed, x.sig)
		if failure.Kind != sigv4.UnknownKey || x.g.Unknown == nil {
			return failure
		}
		return x.admit()
	}
	if err := x.g.verifier.Verify(x.sig, x.req.HTTP, x.req.Body, time.Now(), secret); err != nil {
		return err
	}
	if !x.g.Organizations.Usable(x.State, principal.Account) {
		return unknownKey(x.sig)
	}
	x.Principal = principal
	x.g.Identities.Used(&x.Principal, x.Region, x.api().SigningName, x.Time)
	return nil
}

// admit lets an unknown access key in, in development.
func (x *exchange) admit() error {
	p, ok, err := x.g.Unknown(x.Ctx, x.sig.AccessKey)
	if err != nil {
		return err
	}
	x.State = x.g.Store.View()
	if !ok || !x.g.Organizations.Usable(x.State, p.Account) {
		return unknownKey(x.sig)
	}
	x.sig.Accept()
	x.Principal = p
	return nil
}

// credentialFailure puts a refused access key into the terms of signatures,
// so that each protocol words it its own way.
func credentialFailure(e *aws.Error, s *sigv4.Signature) *sigv4.Failure {
	switch {
	case e.Code == "ExpiredToken":
		return &sigv4.Failure{Kind: sigv4.TokenExpired, Got: s.Token}
	case s.Token != "":
		return &sigv4.Failure{Kind: sigv4.TokenInvalid, Got: s.Token}
	}
	return unknownKey(s)
}

func unknownKey(s *sigv4.Signature) *sigv4.Failure {
	return &sigv4.Failure{Kind: sigv4.UnknownKey, AccessKey: s.AccessKey}
}

// openBody makes the body of an S3 call one that fails when it is not what
// was signed: a stream for objects, read whole for documents.
func (x *exchange) openBody() error {
	if x.api().Protocol != wire.RESTXML {
		return nil
	}
	body, err := sigv4.NewBody(x.req.HTTP, x.sig)
	if err != nil {
		return sigv4.Refusal(err, sigv4.S3)
	}
	if x.Operation.Streaming {
		x.req.HTTP.Body, x.req.HTTP.ContentLength = body, body.Length()
		return nil
	}
	x.req.Body, err = readAll(body, maxDocument)
	return err
}
