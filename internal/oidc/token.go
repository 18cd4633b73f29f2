package oidc

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"time"
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

// token is a token taken apart.
type token struct {
	algorithm, keyID string
	claims           Claims
	signed           string
	signature        []byte
}

// Unverified reads what a token says without asking whether it is true: whose
// keys to verify it with. The error is ErrMalformed.
func Unverified(text string) (Claims, error) {
	t, err := parse(text)
	return t.claims, err
}

func parse(text string) (t token, err error) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 || len(text) > longestToken {
		return t, ErrMalformed
	}
	var header struct {
		Alg  string   `json:"alg"`
		Kid  string   `json:"kid"`
		Crit []string `json:"crit"`
	}
	var body payload
	if !decode(parts[0], &header) || !decode(parts[1], &body) || len(header.Crit) > 0 {
		return t, ErrMalformed
	}
	if t.signature, err = base64.RawURLEncoding.DecodeString(parts[2]); err != nil {
		return t, ErrMalformed
	}
	t.algorithm, t.keyID, t.signed = header.Alg, header.Kid, parts[0]+"."+parts[1]
	t.claims = body.claims()
	return t, nil
}

func decode(part string, into any) bool {
	b, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && json.Unmarshal(b, into) == nil
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
	sum := sha256.Sum256([]byte(t.signed))
	switch key := key.(type) {
	case *rsa.PublicKey:
		return t.algorithm == "RS256" && rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], t.signature) == nil
	case *ecdsa.PublicKey:
		if t.algorithm != "ES256" || len(t.signature) != 64 {
			return false
		}
		r, s := new(big.Int).SetBytes(t.signature[:32]), new(big.Int).SetBytes(t.signature[32:])
		return ecdsa.Verify(key, sum[:], r, s)
	}
	return false
}
