package iam

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"sync"
	"time"
)

// Authenticators show a code of six digits that changes every thirty seconds
// (RFC 6238 with SHA-1).
const (
	codeStep   = 30 * time.Second
	seedSize   = 40 // bytes, 64 characters of base 32
	codeDrift  = 1  // steps that a code may be early or late
	searchSpan = 20 // steps either way in which two codes are looked for when a device is enabled
)

// stepAt is the number of the step that a moment is in.
func stepAt(t time.Time) int64 { return t.Unix() / int64(codeStep/time.Second) }

// codeOf is the code of a step.
func codeOf(seed []byte, step int64) string {
	mac := hmac.New(sha1.New, seed)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(step)))
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:])&0x7fffffff%1_000_000)
}

// isCode reports whether a code is that of a step.
func isCode(seed []byte, step int64, code string) bool {
	return subtle.ConstantTimeCompare([]byte(codeOf(seed, step)), []byte(code)) == 1
}

// findCode looks for the step of a code among those around one, after which
// the code was not used yet.
func findCode(seed []byte, around, after int64, code string) (step int64, ok bool) {
	for step := max(around-codeDrift, after+1); step <= around+codeDrift; step++ {
		if isCode(seed, step, code) {
			return step, true
		}
	}
	return 0, false
}

// findPair looks for two codes that follow one another and returns the step of
// the second.
func findPair(seed []byte, around, after int64, first, second string) (step int64, ok bool) {
	for step := max(around-searchSpan, after+1); step < around+searchSpan; step++ {
		if isCode(seed, step, first) && isCode(seed, step+1, second) {
			return step + 1, true
		}
	}
	return 0, false
}

// maxGuesses is how many wrong codes of a device are looked at in one step.
const maxGuesses = 5

// guesses counts wrong codes, so that nobody tries them all. It forgets with
// every step; another replica counts its own.
type guesses struct {
	mu   sync.Mutex
	step int64
	of   map[string]int // by serial number
}

// room reports whether a code of the device may still be tried in a step.
func (g *guesses) room(serial string, step int64) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if step != g.step {
		g.step, g.of = step, nil
	}
	return g.of[serial] < maxGuesses
}

func (g *guesses) failed(serial string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.of == nil {
		g.of = make(map[string]int)
	}
	g.of[serial]++
}

// seedText is a seed as it is typed into an authenticator.
func seedText(seed []byte) string { return base32.StdEncoding.EncodeToString(seed) }

// seedURL is a seed as authenticators scan it.
func seedURL(seed []byte, device, issuer string) string {
	label := url.PathEscape(issuer + ":" + device)
	return "otpauth://totp/" + label + "?secret=" + seedText(seed) + "&issuer=" + url.QueryEscape(issuer)
}
