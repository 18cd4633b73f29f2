package sigv4

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"
)

// How far the clock of a client may be away from ours.
const (
	serviceSkew = 5 * time.Minute
	s3Skew      = 15 * time.Minute
)

// Verifier checks signatures. It remembers the signing keys that it derived,
// those of some thousand scopes at most. The zero value is ready, and safe for
// concurrent use; a program needs one.
type Verifier struct{ keys keyring }

// Verify returns nil if the holder of the secret signed the request as it is,
// for the time now is in. The request must be as it came: its method, URL,
// host, headers and transfer encodings are signed.
//
// The body of a call to a service is signed too, and given here as a whole.
// The bodies of S3 are not looked at: NewBody checks them while they are read.
func (v *Verifier) Verify(s *Signature, r *http.Request, body []byte, now time.Time, secret string) error {
	if err := s.checkDates(now.UTC()); err != nil {
		return err
	}
	if err := s.checkHeaders(r.Header); err != nil {
		return err
	}
	payload, err := s.checkPayload(body)
	if err != nil {
		return err
	}
	c := newCanonical()
	defer c.free()
	c.line(r, s.isS3())
	c.received(r, s.SignedHeaders)
	c.end(s.SignedHeaders, payload)
	text := c.appendStringToSign(make([]byte, 0, 256), s.stamp, s.scope)

	id := keyID{sha256.Sum256([]byte(secret)), s.scope}
	key := v.keys.get(id)
	known := key != nil
	if !known {
		key = deriveKey(secret, s.scope)
	}
	if !isSignature(key.sign(text), s.signature) {
		return s.failure(Failure{Kind: Mismatch, Got: s.signature,
			StringToSign: string(text), CanonicalRequest: string(c.text)})
	}
	if !known { // only the secret's owner may fill the keyring
		v.keys.put(id, key)
	}
	s.key, s.accepted = key, true
	return nil
}

// checkDates compares the scope with the time of the request, and that with
// now.
func (s *Signature) checkDates(now time.Time) error {
	if s.Terminator != terminator {
		return s.failure(Failure{Kind: ScopeTerminator, Got: s.Terminator, Want: terminator})
	}
	if day := s.Time.Format(dayForm); s.Date != day {
		return s.failure(Failure{Kind: ScopeDate, Got: s.Date, Want: day, Time: s.Time})
	}
	skew := serviceSkew
	if s.isS3() {
		skew = s3Skew
	}
	life := skew
	if s.Expires > 0 {
		life = s.Expires
	}
	now = now.Truncate(time.Second)
	switch {
	case s.Time.Before(now.Add(-life)):
		return s.failure(Failure{Kind: Expired, Time: s.Time, Now: now, Window: life})
	case s.Time.After(now.Add(skew)):
		return s.failure(Failure{Kind: NotYetValid, Time: s.Time, Now: now, Window: skew})
	}
	return nil
}

// checkHeaders sees that the host and every x-amz- header that was sent are
// among the signed ones, so that nobody on the way can add one. The payload's
// hash needs no place among them: the canonical request ends with it.
func (s *Signature) checkHeaders(h http.Header) error {
	const enough = 16 // to name in an answer
	var lacks []string
	if !s.signs("host") {
		lacks = append(lacks, "host")
	}
	for name := range h {
		if len(name) > 6 && strings.EqualFold(name[:6], "x-amz-") && name != "X-Amz-Content-Sha256" && !s.signs(name) {
			lacks = append(lacks, strings.ToLower(name))
		}
		if len(lacks) == enough {
			break
		}
	}
	if lacks == nil {
		return nil
	}
	slices.Sort(lacks)
	return s.failure(Failure{Kind: HeaderNotSigned, Lacks: lacks})
}

func (s *Signature) signs(name string) bool {
	for signed := range strings.SplitSeq(s.SignedHeaders, ";") {
		if len(signed) == len(name) && strings.EqualFold(signed, name) {
			return true
		}
	}
	return false
}

// checkPayload returns the payload's hash as it was signed.
func (s *Signature) checkPayload(body []byte) (string, error) {
	if s.isS3() {
		switch {
		case s.PayloadHash == "":
			return "", s.failure(Failure{Kind: PayloadMissing})
		case !isPayload(s.PayloadHash):
			return "", s.failure(Failure{Kind: PayloadInvalid, Got: s.PayloadHash})
		}
		return s.PayloadHash, nil
	}
	hash := PayloadHash(body)
	if s.PayloadHash != "" && !strings.EqualFold(s.PayloadHash, hash) {
		return "", s.failure(Failure{Kind: PayloadMismatch, Got: s.PayloadHash, Want: hash})
	}
	return hash, nil
}

// isSignature compares a signature with its hexadecimal form, in a time that
// does not tell how much of it is right.
func isSignature(want []byte, got string) bool {
	var buf [2 * sha256.Size]byte
	hex.Encode(buf[:], want)
	return subtle.ConstantTimeCompare(buf[:], []byte(got)) == 1
}
