package digest

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
)

// The user metadata of a digest object, without the x-amz-meta- before it.
const (
	MetadataSignature = "signature"
	MetadataAlgorithm = "signature-algorithm"
	MetadataGenerated = "backfill-generation-timestamp"
)

// generatedFormat is that of MetadataGenerated.
const generatedFormat = "2006-01-02T15:04:05.000Z"

// File is a digest with the bytes it is written in and its signature.
type File struct {
	Digest
	// JSON is what was signed: the uncompressed content of the object.
	JSON []byte
	// Signature is in lower-case hex.
	Signature string
	// Generated is when a backfill digest was made; zero in others.
	Generated time.Time
}

// Sign serialises a digest once and signs it. Fingerprint, Newest and Oldest
// are filled in. The same digest and key give the same file, so that a write
// that may have been interrupted can be repeated.
func Sign(d Digest, key crypto.Signer) (*File, error) {
	public, ok := key.Public().(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("digests are signed with RSA keys, not %T", key.Public())
	}
	d.Fingerprint = Fingerprint(x509.MarshalPKCS1PublicKey(public))
	d.span()
	f := &File{Digest: d, JSON: d.Marshal()}
	sum := sha256.Sum256([]byte(f.StringToSign()))
	signature, err := key.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	f.Signature = hex.EncodeToString(signature)
	return f, nil
}

// StringToSign is what the signature is made over.
func (f *File) StringToSign() string {
	previous := f.Previous.Signature
	if previous == "" {
		previous = "null"
	}
	return string(f.End) + "\n" + f.Bucket + "/" + f.Object + "\n" + f.Hash() + "\n" + previous
}

// Hash is the hex SHA-256 of the JSON.
func (f *File) Hash() string {
	sum := sha256.Sum256(f.JSON)
	return hex.EncodeToString(sum[:])
}

// Link is what the next digest of the chain says of this one.
func (f *File) Link() Link {
	return Link{Bucket: f.Bucket, Object: f.Object, Hash: f.Hash(), Signature: f.Signature}
}

// Metadata is the user metadata of the object.
func (f *File) Metadata() map[string]string {
	m := map[string]string{MetadataSignature: f.Signature, MetadataAlgorithm: SignatureAlgorithm}
	if !f.Generated.IsZero() {
		m[MetadataGenerated] = f.Generated.UTC().Format(generatedFormat)
	}
	return m
}

// Body is the content of the object: the JSON in gzip. The same JSON gives
// the same bytes.
func (f *File) Body() []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(f.JSON)
	z.Close() // writing to memory cannot fail
	return b.Bytes()
}

// ErrTooLarge is returned for an object that unpacks to more than is allowed.
var ErrTooLarge = errors.New("unpacks to more than the limit")

// Read reads the content of a digest object that unpacks to at most limit
// bytes. The signature is not verified, and "" when the metadata lacks it.
func Read(body io.Reader, metadata map[string]string, limit int64) (*File, error) {
	data, err := unpack(body, limit)
	if err != nil {
		return nil, err
	}
	d, err := Parse(data)
	if err != nil {
		return nil, err
	}
	f := &File{Digest: *d, JSON: data}
	if metadata[MetadataAlgorithm] != "" {
		f.Signature = metadata[MetadataSignature]
	}
	if generated := metadata[MetadataGenerated]; generated != "" {
		if f.Generated, err = time.Parse(time.RFC3339, generated); err != nil {
			return nil, fmt.Errorf("%s: %q is not a time", MetadataGenerated, generated)
		}
	}
	return f, nil
}

// ErrSignature is returned when a signature does not fit.
var ErrSignature = errors.New("signature verification failed")

// Verify reports whether the file's signature was made over it with the
// private half of key; ErrSignature when it was not.
func (f *File) Verify(key *rsa.PublicKey) error {
	signature, err := hex.DecodeString(f.Signature)
	if err != nil {
		return fmt.Errorf("%w: not in hex", ErrSignature)
	}
	sum := sha256.Sum256([]byte(f.StringToSign()))
	if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature); err != nil {
		return ErrSignature
	}
	return nil
}

// unzippers are pooled: each holds a window of its own.
var unzippers = sync.Pool{New: func() any { return new(gzip.Reader) }}

// unzip calls read with the unpacked content, cut off after limit bytes, and
// fails with ErrTooLarge when there is more. All members of the gzip stream
// count: bytes behind the first one are content too.
func unzip(body io.Reader, limit int64, read func(io.Reader) error) error {
	z := unzippers.Get().(*gzip.Reader)
	defer unzippers.Put(z)
	if err := z.Reset(body); err != nil {
		return err
	}
	content := &io.LimitedReader{R: z, N: limit + 1}
	if err := read(content); err != nil {
		return err
	}
	if content.N <= 0 {
		return ErrTooLarge
	}
	return nil
}

func unpack(body io.Reader, limit int64) (data []byte, err error) {
	err = unzip(body, limit, func(r io.Reader) error {
		data, err = io.ReadAll(r)
		return err
	})
	return data, err
}
