package sns

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha1" // of signatures of version 1
	_ "crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"

	"github.com/orgtrail/orgtrail/internal/store"
)

// signingKey is the key that signs a region's messages from one time to
// another. The certificate is kept for as long as messages may be verified,
// which is for ever. The key of the record is the region and the beginning.
type signingKey struct {
	Region      string
	ID          string // hex, in the certificate's URL
	From, Until time.Time
	Certificate []byte // DER
	Private     []byte // DER of a PKCS #1 RSAPrivateKey, sealed under the label
}

const byID = "id"

var signingKeys = store.NewKind("sns.signingkey",
	store.Index[signingKey]{Name: byID, Keys: func(_ string, k *signingKey) []string { return []string{k.ID} }},
)

const (
	keyBits = 2048
	keyLife = 5 * 365 * 24 * time.Hour
	// keySlack is how long before a key's end the next one signs, and how
	// far its certificate reaches back for clocks that are slow.
	keySlack = 30 * 24 * time.Hour
)

func (k *signingKey) label() string { return "sns.signingkey/" + k.Region + "/" + k.ID }

// certificatePath is where certificates are found on this server.
const (
	certificatePath = "/_orgtrail/sns/SimpleNotificationService-"
	certificateEnd  = ".pem"
)

// CertificatePath is the path at which the certificate of an id is found; of
// "{id}" it is a pattern for all of them.
func CertificatePath(id string) string { return certificatePath + id + certificateEnd }

// Certificate returns a certificate in PEM by its id.
func Certificate(r store.Reader, id string) ([]byte, bool) {
	for _, k := range signingKeys.By(r, byID, id) {
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: k.Certificate}), true
	}
	return nil, false
}

// sign signs an envelope in the version of its topic. Notifications of FIFO
// topics bear no signature.
func (s *Service) sign(tx *store.Tx, t *Topic, e envelope) (envelope, error) {
	if t.FIFO() && e.Type == notification {
		return e, nil
	}
	k, err := s.currentKey(tx, t.Region, e.Time)
	if err != nil {
		return e, err
	}
	private, err := s.open(k)
	if err != nil {
		return e, err
	}
	e.version, e.certID = "1", k.ID
	hash := crypto.SHA1
	if t.SignatureVersion == "2" {
		e.version, hash = "2", crypto.SHA256
	}
	h := hash.New()
	h.Write([]byte(e.canonical(s.Base)))
	signature, err := rsa.SignPKCS1v15(nil, private, hash, h.Sum(nil))
	e.signature = base64.StdEncoding.EncodeToString(signature)
	return e, err
}

// currentKey returns the key that signs for a region now, and makes it when
// there is none.
func (s *Service) currentKey(tx *store.Tx, region string, now time.Time) (*signingKey, error) {
	var current *signingKey
	for _, k := range signingKeys.Scan(tx, region+"/") {
		if !now.Before(k.From) && now.Before(k.Until.Add(-keySlack)) {
			current = k
		}
	}
	if current != nil {
		s.spares.Delete(region)
		return current, nil
	}
	private, ok := s.spares.Load(region)
	if !ok {
		return nil, tx.Ahead(func() error { return s.makeSpare(region) })
	}
	k, err := s.newKey(region, now, private.(*rsa.PrivateKey))
	if err != nil {
		return nil, err
	}
	signingKeys.Put(tx, k.Region+"/"+k.From.Format(time.RFC3339), k)
	return k, nil
}

// makeSpare makes a private key for a region that has none. Of those who want
// one at the same time the first makes it for all.
func (s *Service) makeSpare(region string) error {
	s.making.Lock()
	defer s.making.Unlock()
	if _, ok := s.spares.Load(region); ok {
		return nil
	}
	private, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err == nil {
		s.spares.Store(region, private)
	}
	return err
}

// newKey makes the certificate of a private key and seals it.
func (s *Service) newKey(region string, now time.Time, private *rsa.PrivateKey) (*signingKey, error) {
	serial := make([]byte, 16)
	rand.Read(serial)
	k := &signingKey{Region: region, ID: hex.EncodeToString(serial), From: now.UTC().Add(-keySlack).Truncate(time.Second)}
	k.Until = k.From.Add(keyLife)
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(serial),
		Subject:      pkix.Name{CommonName: "sns." + region + ".orgtrail"},
		NotBefore:    k.From, NotAfter: k.Until,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
	}
	var err error
	if k.Certificate, err = x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private); err != nil {
		return nil, err
	}
	k.Private = s.seal.Seal(x509.MarshalPKCS1PrivateKey(private), k.label())
	return k, nil
}

// open unseals a private key, once in a process.
func (s *Service) open(k *signingKey) (*rsa.PrivateKey, error) {
	if private, ok := s.private.Load(k.ID); ok {
		return private.(*rsa.PrivateKey), nil
	}
	der, err := s.seal.Open(k.Private, k.label())
	if err != nil {
		return nil, fmt.Errorf("sns: the signing key of %s: %w", k.Region, err)
	}
	private, err := x509.ParsePKCS1PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("sns: the signing key of %s: %w", k.Region, err)
	}
	s.private.Store(k.ID, private)
	return private, nil
}
