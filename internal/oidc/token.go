package oidc

import (
	"crypto"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// The ways in which a token is no good. What keeps an issuer's keys from being
// fetched is ErrUnreachable, with its cause.
var (
	ErrMalformed   = errors.New("oidc: not a token")
	ErrSignature   = errors.New("oidc: the signature is not the issuer's")
	ErrExpired     = errors.New("oidc: the token has expired")
	ErrEarly       = errors.New("oidc: the token is not good yet")
	ErrUnreachable = errors.New("oidc: the issuer's keys could not be fetched")
)

// longestToken bounds what is parsed, in bytes.
const longestToken = 20_000

// skew is how far an issuer's clock may be ahead.
const skew = 5 * time.Minute

// Claims are what a token says.
type Claims struct {
	Issuer, Subject string
	Audience        []string
	AuthorizedParty string
	Expires, Issued time.Time
	Methods         []string // amr: how the subject was authenticated
	// Tags, TransitiveTags and SourceIdentity are what the claims of
	// https://aws.amazon.com ask of a session.
	Tags           map[string]string
	TransitiveTags []string
	SourceIdentity string
}

// algorithms are the signatures that are accepted. A token of another one is
// nobody's, whatever it says.
var algorithms = []jose.SignatureAlgorithm{jose.RS256, jose.ES256}

// token is a token taken apart.
type token struct {
	keyID  string
	claims Claims
	signed *jose.JSONWebSignature
}

// Unverified reads what a token says without asking whether it is true: whose
// keys to verify it with. The error is ErrMalformed, or ErrSignature when its
// algorithm is none that is accepted.
func Unverified(text string) (Claims, error) {
	t, err := parse(text)
	return t.claims, err
}

func parse(text string) (t token, err error) {
	if len(text) > longestToken {
		return t, ErrMalformed
	}
	if t.signed, err = jose.ParseSignedCompact(text, algorithms); err != nil {
		var other *jose.ErrUnexpectedSignatureAlgorithm
		if errors.As(err, &other) {
			return t, ErrSignature
		}
		return t, ErrMalformed
	}
	var body payload
	if json.Unmarshal(t.signed.UnsafePayloadWithoutVerification(), &body) != nil {
		return t, ErrMalformed
	}
	t.keyID, t.claims = t.signed.Signatures[0].Header.KeyID, body.claims()
	return t, nil
}

// payload is the middle of a token.
type payload struct {
	Iss  string   `json:"iss"`
	Sub  string   `json:"sub"`
	Aud  oneOrAll `json:"aud"`
	Azp  string   `json:"azp"`
	Exp  float64  `json:"exp"`
	Iat  float64  `json:"iat"`
	Nbf  float64  `json:"nbf"`
	Amr  oneOrAll `json:"amr"`
	Tags struct {
		Principal  map[string]oneOrAll `json:"principal_tags"`
		Transitive []string            `json:"transitive_tag_keys"`
	} `json:"https://aws.amazon.com/tags"`
	SourceIdentity string `json:"https://aws.amazon.com/source_identity"`
}

// oneOrAll is a string or a list of them.
type oneOrAll []string

// UnmarshalJSON reads either.
func (o *oneOrAll) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*o = oneOrAll{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(o))
}

func (p *payload) claims() Claims {
	c := Claims{
		Issuer: p.Iss, Subject: p.Sub, Audience: p.Aud, AuthorizedParty: p.Azp, Methods: p.Amr,
		Expires: date(p.Exp), Issued: date(max(p.Iat, p.Nbf)),
		TransitiveTags: p.Tags.Transitive, SourceIdentity: p.SourceIdentity,
	}
	for key, values := range p.Tags.Principal {
		if c.Tags == nil {
			c.Tags = make(map[string]string)
		}
		c.Tags[key] = strings.Join(values, "")
	}
	return c
}

// date reads seconds; what is out of reason is long ago.
func date(seconds float64) time.Time {
	if seconds <= 0 || seconds > 1e11 {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}

// current judges the times of a token.
func (c *Claims) current(now time.Time) error {
	switch {
	case !now.Before(c.Expires):
		return ErrExpired
	case c.Issued.After(now.Add(skew)):
		return ErrEarly
	}
	return nil
}

// signedBy reports whether a key has made the signature. The algorithm must be
// that of the key: a token does not choose how it is judged.
func (t *token) signedBy(key crypto.PublicKey) bool {
	_, err := t.signed.Verify(key)
	return err == nil
}
