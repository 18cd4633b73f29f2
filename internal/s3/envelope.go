package s3

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// envelope says how an object is encrypted with a key of KMS. It lies with
// the object in the data plane, in user metadata that clients do not see.
type envelope struct {
	KeyARN  string `json:"key"`
	DataKey []byte `json:"data"` // as KMS encrypted it
	// Context is the encryption context that the writer gave.
	Context   map[string]string `json:"context,omitempty"`
	BucketKey bool              `json:"bucketKey,omitempty"`
	// Size is that of the content of an object that was written whole, nil
	// for one that was uploaded in parts.
	Size *int64 `json:"size,omitempty"`
	// ChecksumType is how the checksums of parts become the object's.
	ChecksumType string `json:"checksumType,omitempty"`
}

const (
	// ownMetadata begins the names of metadata that is not the clients'.
	ownMetadata      = "orgtrail-"
	envelopeMetadata = ownMetadata + "envelope"
)

// checkMetadata refuses names that are not for clients.
func checkMetadata(metadata map[string]string) error {
	for name := range metadata {
		if strings.HasPrefix(strings.ToLower(name), ownMetadata) {
			return invalidArgument("x-amz-meta-"+name, metadata[name], "Metadata names that begin with %s are reserved.", ownMetadata)
		}
	}
	return nil
}

// with adds the envelope to the metadata of a write.
func (e *envelope) with(metadata map[string]string) map[string]string {
	text, err := json.Marshal(e)
	if err != nil {
		panic(err) // strings, bytes and numbers
	}
	all := map[string]string{envelopeMetadata: base64.StdEncoding.EncodeToString(text)}
	maps.Copy(all, metadata)
	return all
}

// takeEnvelope takes the envelope out of the metadata of an object; nil when
// the object has none. Metadata that cannot be read is an object that cannot.
func takeEnvelope(metadata map[string]string) (*envelope, error) {
	text, ok := metadata[envelopeMetadata]
	if !ok {
		return nil, nil
	}
	delete(metadata, envelopeMetadata)
	decoded, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, errDamaged
	}
	e := new(envelope)
	if json.Unmarshal(decoded, e) != nil || len(e.DataKey) == 0 || e.Size != nil && (*e.Size < 0 || *e.Size > maxContentSize) {
		return nil, errDamaged
	}
	return e, nil
}

// sourceARN is the key of the encryption context that names the object, or
// the bucket for objects whose keys come from a bucket key.
const sourceARN = "aws:s3:arn"

// context is the encryption context of the object's data key.
func (e *envelope) context(bucket, key string) map[string]string {
	all := map[string]string{sourceARN: objectARN(bucket, key)}
	if e.BucketKey {
		all[sourceARN] = bucketARN(bucket)
	}
	maps.Copy(all, e.Context)
	return all
}

// readContext reads the encryption context of a header.
func readContext(header *string, bucket, key string) (map[string]string, error) {
	if header == nil {
		return nil, nil
	}
	var all map[string]string
	text, err := base64.StdEncoding.DecodeString(*header)
	if err != nil || json.Unmarshal(text, &all) != nil {
		return nil, invalidArgument("x-amz-server-side-encryption-context", *header,
			"The header 'x-amz-server-side-encryption-context' shall be Base64-encoded UTF-8 string holding JSON which represents a string-string map")
	}
	if arn, ok := all[sourceARN]; ok && arn != objectARN(bucket, key) && arn != bucketARN(bucket) {
		return nil, invalidArgument("x-amz-server-side-encryption-context", *header, "The encryption context names another object as its %s.", sourceARN)
	}
	delete(all, sourceARN)
	return all, nil
}

// contextHeader is the encryption context as answers to writes repeat it.
func (e *envelope) contextHeader(bucket, key string) *string {
	if e == nil || len(e.Context) == 0 {
		return nil
	}
	text, err := json.Marshal(e.context(bucket, key))
	if err != nil {
		panic(err) // strings
	}
	return new(base64.StdEncoding.EncodeToString(text))
}

// kmsError words an error of KMS as S3 does.
func kmsError(e *aws.Error) *aws.Error {
	if e.Code == aws.AccessDenied || e.Code == "AccessDeniedException" {
		return aws.Errorf(aws.AccessDenied, "%s", e.Message)
	}
	if e.Code == aws.InternalFailure {
		return e
	}
	return aws.Errorf("KMS."+e.Code, "%s", e.Message)
}
