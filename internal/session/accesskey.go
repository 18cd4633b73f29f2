package session

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// The prefixes of access key ids.
const (
	LongTerm  = "AKIA"
	Temporary = "ASIA"
)

// An access key id is a prefix and eighty bits in base 32: a one, the account
// in forty bits, thirty-nine random bits. It is the form of AWS's own keys, so
// tools that read the account out of a key do so here too.
const (
	accountShift = 7
	carries      = 1 << 47 // set in a key that carries its account
)

// NewAccessKeyID returns a new access key id of an account. The prefix is
// LongTerm or Temporary.
func NewAccessKeyID(prefix, account string) string {
	n, err := strconv.ParseUint(account, 10, 40)
	if err != nil {
		panic("session: not an account id: " + account)
	}
	var b [10]byte
	rand.Read(b[:])
	low := binary.BigEndian.Uint64(b[:8]) & (1<<(16+accountShift) - 1)
	binary.BigEndian.PutUint64(b[:8], (carries|n<<accountShift)<<16|low)
	return prefix + base32.StdEncoding.EncodeToString(b[:])
}

// AccountOf returns the account that an access key id carries.
func AccountOf(accessKeyID string) (string, bool) {
	body, ok := strings.CutPrefix(accessKeyID, LongTerm)
	if !ok {
		body, ok = strings.CutPrefix(accessKeyID, Temporary)
	}
	b, err := base32.StdEncoding.DecodeString(body)
	if !ok || err != nil || len(b) != 10 {
		return "", false
	}
	head := binary.BigEndian.Uint64(b[:8]) >> 16
	account := fmt.Sprintf("%012d", head&^carries>>accountShift)
	return account, head&carries != 0 && aws.IsAccountID(account)
}
