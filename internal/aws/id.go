package aws

import (
	"crypto/rand"

	"github.com/google/uuid"
)

const (
	upperBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	lowerAlnum  = "0123456789abcdefghijklmnopqrstuvwxyz"
	mixedAlnum  = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	digits      = "0123456789"
	secretChars = mixedAlnum + "+/"
)

// random returns n characters drawn evenly from the alphabet.
func random(n int, alphabet string) string {
	limit := 256 - 256%len(alphabet) // bytes past it would favour the first characters
	out := make([]byte, 0, n)
	var buf [64]byte
	for len(out) < n {
		rand.Read(buf[:])
		for _, b := range buf {
			if int(b) < limit && len(out) < n {
				out = append(out, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(out)
}

// UniqueID returns an IAM unique id: a four-letter prefix (AIDA, AROA, AGPA,
// ANPA, AKIA, ASIA) and seventeen characters, sixteen for access keys.
func UniqueID(prefix string) string {
	n := 17
	if prefix == "AKIA" || prefix == "ASIA" {
		n = 16
	}
	return prefix + random(n, upperBase32)
}

// SecretKey returns a new secret access key of forty characters.
func SecretKey() string { return random(40, secretChars) }

// LowerID returns a prefix and n lower-case letters and digits, the form of
// the ids of Organizations.
func LowerID(prefix string, n int) string { return prefix + random(n, lowerAlnum) }

// NewAccountID returns a random account id that does not start with zero.
func NewAccountID() string { return random(1, digits[1:]) + random(11, digits) }

// FileSuffix returns the sixteen characters that keep log file names apart.
func FileSuffix() string { return random(16, mixedAlnum) }

// UUID returns a random UUID, the form of event and request ids.
func UUID() string { return uuid.NewString() }

// EventID returns a UUID that carries its time (version 7), so that a look-up
// by id knows the day.
func EventID() string { return uuid.Must(uuid.NewV7()).String() }
