package digest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// The algorithms that digests name. There are no others.
const (
	SignatureAlgorithm = "SHA256withRSA" // RSASSA-PKCS1-v1_5 with SHA-256
	HashAlgorithm      = "SHA-256"
)

// Digest is the content of one digest file: the log files of one account and
// one region that a trail delivered between Start and End.
type Digest struct {
	Account string
	// Start and End bound the delivery times of the log files. The windows
	// of one chain abut.
	Start, End Time
	// Bucket and Object are where the digest itself lies.
	Bucket, Object string
	// Fingerprint names the public key that verifies the signature.
	Fingerprint string
	// Newest and Oldest are the outermost event times of the log files;
	// Oldest may precede Start. Both are "" when there are no log files.
	Newest, Oldest Time
	// Previous is the digest before this one; the zero Link in the first
	// digest of a chain.
	Previous Link
	LogFiles []LogFile
}

// Link names a digest from its successor.
type Link struct {
	Bucket, Object string
	Hash           string // hex SHA-256 of the uncompressed JSON
	Signature      string // lower-case hex
}

// LogFile is one log object that a digest vouches for.
type LogFile struct {
	Bucket, Object string
	Hash           string // hex SHA-256 of the uncompressed bytes
	Newest, Oldest Time   // event times of its records
}

// document is the JSON of a digest: its members in the order of the format.
type document struct {
	Account               string    `json:"awsAccountId"`
	Start                 *string   `json:"digestStartTime"`
	End                   *string   `json:"digestEndTime"`
	Bucket                *string   `json:"digestS3Bucket"`
	Object                *string   `json:"digestS3Object"`
	Fingerprint           *string   `json:"digestPublicKeyFingerprint"`
	SignatureAlgorithm    *string   `json:"digestSignatureAlgorithm"`
	Newest                *string   `json:"newestEventTime"`
	Oldest                *string   `json:"oldestEventTime"`
	PreviousBucket        *string   `json:"previousDigestS3Bucket"`
	PreviousObject        *string   `json:"previousDigestS3Object"`
	PreviousHash          *string   `json:"previousDigestHashValue"`
	PreviousHashAlgorithm *string   `json:"previousDigestHashAlgorithm"`
	PreviousSignature     *string   `json:"previousDigestSignature"`
	LogFiles              []logFile `json:"logFiles"`
}

type logFile struct {
	Bucket        string  `json:"s3Bucket"`
	Object        string  `json:"s3Object"`
	Hash          string  `json:"hashValue"`
	HashAlgorithm *string `json:"hashAlgorithm"`
	Newest        *string `json:"newestEventTime"`
	Oldest        *string `json:"oldestEventTime"`
}

// Marshal is the JSON of the digest, one line without a newline at its end:
// the bytes that are hashed and signed. Serialise once and keep them.
func (d *Digest) Marshal() []byte {
	doc := document{
		Account: d.Account,
		Start:   nullable(string(d.Start)), End: nullable(string(d.End)),
		Bucket: nullable(d.Bucket), Object: nullable(d.Object),
		Fingerprint:        nullable(d.Fingerprint),
		SignatureAlgorithm: nullable(SignatureAlgorithm),
		Newest:             nullable(string(d.Newest)), Oldest: nullable(string(d.Oldest)),
		PreviousBucket: nullable(d.Previous.Bucket), PreviousObject: nullable(d.Previous.Object),
		PreviousHash: nullable(d.Previous.Hash), PreviousSignature: nullable(d.Previous.Signature),
		LogFiles: make([]logFile, len(d.LogFiles)),
	}
	if doc.PreviousHash != nil {
		doc.PreviousHashAlgorithm = nullable(HashAlgorithm)
	}
	for i, f := range d.LogFiles {
		doc.LogFiles[i] = logFile{
			Bucket: f.Bucket, Object: f.Object, Hash: f.Hash, HashAlgorithm: nullable(HashAlgorithm),
			Newest: nullable(string(f.Newest)), Oldest: nullable(string(f.Oldest)),
		}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // object keys stand as they are
	if err := e.Encode(doc); err != nil {
		panic(err) // strings always encode
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// Parse reads the JSON of a digest. Members that it does not know are
// ignored; those without which nothing can be verified must be there.
func Parse(data []byte) (*Digest, error) {
	// previousDigestSignature must be present and may be null: what is no
	// signature stays where the member is missing.
	const missing = "\x00"
	signature := missing
	in := document{PreviousSignature: &signature}
	if err := json.Unmarshal(data, &in); err != nil {
		return nil, fmt.Errorf("not a JSON digest: %w", err)
	}
	if in.PreviousSignature != nil && *in.PreviousSignature == missing {
		return nil, errors.New("previousDigestSignature is missing")
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	d := in.digest()
	for _, t := range []Time{d.Start, d.End} {
		if err := t.check(); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// check reports what a document lacks to be verified, or has that cannot be.
func (doc *document) check() error {
	for _, m := range []struct {
		name  string
		value *string
	}{
		{"digestStartTime", doc.Start}, {"digestEndTime", doc.End},
		{"digestS3Bucket", doc.Bucket}, {"digestS3Object", doc.Object},
		{"digestPublicKeyFingerprint", doc.Fingerprint},
	} {
		if m.value == nil || *m.value == "" {
			return fmt.Errorf("%s is missing", m.name)
		}
	}
	if p := doc.PreviousSignature; p != nil && *p == "" {
		return errors.New("previousDigestSignature is empty") // "" is signed otherwise than null
	}
	if a := doc.SignatureAlgorithm; a != nil && *a != SignatureAlgorithm {
		return fmt.Errorf("digestSignatureAlgorithm: %q is unknown", *a)
	}
	if a := doc.PreviousHashAlgorithm; a != nil && *a != HashAlgorithm {
		return fmt.Errorf("previousDigestHashAlgorithm: %q is unknown", *a)
	}
	for i, f := range doc.LogFiles {
		if f.Bucket == "" || f.Object == "" || f.Hash == "" {
			return fmt.Errorf("logFiles[%d] lacks its bucket, object or hash", i)
		}
		if a := f.HashAlgorithm; a != nil && *a != HashAlgorithm {
			return fmt.Errorf("logFiles[%d].hashAlgorithm: %q is unknown", i, *a)
		}
	}
	return nil
}

func (doc *document) digest() *Digest {
	d := &Digest{
		Account: doc.Account,
		Start:   Time(text(doc.Start)), End: Time(text(doc.End)),
		Bucket: text(doc.Bucket), Object: text(doc.Object),
		Fingerprint: text(doc.Fingerprint),
		Newest:      Time(text(doc.Newest)), Oldest: Time(text(doc.Oldest)),
		Previous: Link{
			Bucket: text(doc.PreviousBucket), Object: text(doc.PreviousObject),
			Hash: text(doc.PreviousHash), Signature: text(doc.PreviousSignature),
		},
	}
	if len(doc.LogFiles) > 0 {
		d.LogFiles = make([]LogFile, len(doc.LogFiles))
	}
	for i, f := range doc.LogFiles {
		d.LogFiles[i] = LogFile{f.Bucket, f.Object, f.Hash, Time(text(f.Newest)), Time(text(f.Oldest))}
	}
	return d
}

// span sets Newest and Oldest to the outermost event times of the log files.
func (d *Digest) span() {
	var newest, oldest time.Time
	for _, f := range d.LogFiles {
		if t := f.Newest.Time(); newest.Before(t) {
			newest = t
		}
		if t := f.Oldest.Time(); !t.IsZero() && (oldest.IsZero() || t.Before(oldest)) {
			oldest = t
		}
	}
	d.Newest, d.Oldest = At(newest), At(oldest)
}

// nullable is null for "".
func nullable(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}
