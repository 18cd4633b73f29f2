package saml

import "errors"

// The ways in which a document is no good.
var (
	ErrMalformed = errors.New("saml: not a document of SAML 2.0")
	// ErrSignature is also the error of an assertion that cannot be decrypted:
	// who tries ciphertexts learns nothing from the difference.
	ErrSignature = errors.New("saml: the signature is not the provider's")
	ErrPlain     = errors.New("saml: the assertion is not encrypted")
	ErrRejected  = errors.New("saml: the provider has authenticated nobody")
	ErrIssuer    = errors.New("saml: another provider has issued it")
	ErrAudience  = errors.New("saml: it is meant for somebody else")
	ErrExpired   = errors.New("saml: it has expired")
	ErrEarly     = errors.New("saml: it is not good yet")
)
