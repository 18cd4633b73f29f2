package digest

import (
	"crypto/md5"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// PublicKey is one key of ListPublicKeys.
type PublicKey struct {
	// Value is the DER of a PKCS#1 RSAPublicKey.
	Value []byte
	// Fingerprint is the hex MD5 of Value: how digests name the key.
	Fingerprint string
	// Start and End bound the time in which digests may be signed with it.
	Start, End time.Time
}

// NewPublicKey describes the public half of a signing key.
func NewPublicKey(key *rsa.PublicKey, start, end time.Time) PublicKey {
	der := x509.MarshalPKCS1PublicKey(key)
	return PublicKey{Value: der, Fingerprint: Fingerprint(der), Start: start, End: end}
}

// Fingerprint is the hex MD5 of a public key's DER. It names the key and
// protects nothing.
func Fingerprint(der []byte) string {
	sum := md5.Sum(der)
	return hex.EncodeToString(sum[:])
}

// ErrPublicKey is returned for a public key that is not a PKCS#1
// RSAPublicKey.
var ErrPublicKey = errors.New("not a PKCS #1 public key")

// RSA reads the key.
func (k PublicKey) RSA() (*rsa.PublicKey, error) {
	key, err := x509.ParsePKCS1PublicKey(k.Value)
	if err != nil {
		return nil, ErrPublicKey
	}
	return key, nil
}

// keyList is the output of ListPublicKeys.
type keyList struct {
	PublicKeyList []listedKey
}

type listedKey struct {
	Value             []byte
	ValidityStartTime moment
	ValidityEndTime   moment
	Fingerprint       string
}

// moment reads a time as the CLI prints it: seconds since 1970 or ISO 8601.
type moment time.Time

func (m *moment) UnmarshalJSON(data []byte) error {
	var seconds float64
	if json.Unmarshal(data, &seconds) == nil {
		// Years 0 to 9999: what a time in JSON can say.
		if seconds < -62135596800 || seconds > 253402300799 {
			return fmt.Errorf("%s is not a time", data)
		}
		*m = moment(time.UnixMilli(int64(seconds * 1000)).UTC())
		return nil
	}
	return (*time.Time)(m).UnmarshalJSON(data)
}

func (m moment) MarshalJSON() ([]byte, error) {
	return time.Time(m).UTC().MarshalJSON()
}

// ParsePublicKeys reads what `aws cloudtrail list-public-keys` prints.
func ParsePublicKeys(data []byte) ([]PublicKey, error) {
	var list keyList
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("not the output of ListPublicKeys: %w", err)
	}
	keys := make([]PublicKey, len(list.PublicKeyList))
	for i, k := range list.PublicKeyList {
		if k.Fingerprint == "" || len(k.Value) == 0 {
			return nil, fmt.Errorf("PublicKeyList[%d] lacks its value or fingerprint", i)
		}
		keys[i] = PublicKey{k.Value, k.Fingerprint, time.Time(k.ValidityStartTime), time.Time(k.ValidityEndTime)}
	}
	return keys, nil
}

// MarshalPublicKeys is the JSON that ParsePublicKeys reads.
func MarshalPublicKeys(keys []PublicKey) ([]byte, error) {
	list := keyList{PublicKeyList: make([]listedKey, len(keys))}
	for i, k := range keys {
		list.PublicKeyList[i] = listedKey{k.Value, moment(k.Start), moment(k.End), k.Fingerprint}
	}
	return json.MarshalIndent(list, "", "  ")
}
