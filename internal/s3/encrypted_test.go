package s3_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/orgtrail/orgtrail/internal/aws"
	"github.com/orgtrail/orgtrail/internal/call"
	"github.com/orgtrail/orgtrail/internal/policy"
	"github.com/orgtrail/orgtrail/internal/s3"
	"github.com/orgtrail/orgtrail/internal/store"
	"github.com/orgtrail/orgtrail/internal/wire"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

const (
	keyARN     = "arn:aws:kms:us-east-1:111111111111:key/k-1"
	managedARN = "arn:aws:kms:us-east-1:111111111111:key/managed"
	segment    = 64 << 10
)

// keys is a KMS of three keys. The encryption context is authenticated, as
// KMS does it.
type keys struct {
	aead   cipher.AEAD
	broken *aws.Error // what every look at a key answers
	policy *policy.Attached
	made   bool // the key that is managed for S3
}

func newKeys() *keys {
	key := make([]byte, 32)
	rand.Read(key)
	block, _ := aes.NewCipher(key)
	aead, _ := cipher.NewGCM(block)
	return &keys{aead: aead}
}

func (k *keys) Target(_ store.Reader, key, account, region, action string, encryptionContext map[string]string, via string) (call.Target, *aws.Error) {
	arn, ok := map[string]string{"k-1": keyARN, keyARN: keyARN, "alias/aws/s3": managedARN, managedARN: managedARN}[key]
	switch {
	case k.broken != nil:
		return call.Target{}, k.broken
	case !ok || region != "us-east-1" || arn == managedARN && !k.made:
		return call.Target{}, aws.Errorf("NotFoundException", "Key '%s' does not exist", key)
	}
	ctx := policy.Context{}
	ctx.Set("kms:ViaService", via)
	for name, value := range encryptionContext {
		ctx.Set("kms:EncryptionContext:"+name, value)
	}
	return call.Target{Action: action, Resource: arn, Owner: owner, PolicyRequired: true, Policy: k.policy, Context: ctx}, nil
}

func (k *keys) ManagedKey(_ *store.Tx, _ time.Time, account, region, service string) (string, error) {
	if account != owner || region != "us-east-1" || service != "s3" {
		return "", fmt.Errorf("key of %s in %s for %s", account, region, service)
	}
	k.made = true
	return managedARN, nil
}

func (k *keys) GenerateDataKey(_ store.Reader, arn string, encryptionContext map[string]string) (plaintext, ciphertext []byte, _ *aws.Error) {
	plaintext = make([]byte, 32)
	rand.Read(plaintext)
	nonce := make([]byte, 12)
	rand.Read(nonce)
	context, _ := json.Marshal(encryptionContext)
	return plaintext, append([]byte(arn+"\n"), k.aead.Seal(nonce, nonce, plaintext, context)...), nil
}

func (k *keys) Decrypt(_ store.Reader, ciphertext []byte, encryptionContext map[string]string) ([]byte, string, *aws.Error) {
	arn, box, _ := bytes.Cut(ciphertext, []byte("\n"))
	context, _ := json.Marshal(encryptionContext)
	plaintext, err := k.aead.Open(nil, box[:12], box[12:], context)
	if err != nil {
		return nil, "", aws.Errorf("InvalidCiphertextException", "")
	}
	return plaintext, string(arn), nil
}

// newKeyHouse is a house with a KMS and a bucket.
func newKeyHouse(t *testing.T) (*house, *keys) {
	t.Helper()
	h, k := newHouse(t), newKeys()
	h.service.Keys = k
	h.bucket("bucket", nil)
	return h, k
}

// text is content of which no stretch repeats within reach.
func text(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "content %08d ", i)
	}
	return b.String()[:n]
}

func kmsInput(bucket, key, body string) *api.PutObjectInput {
	in := putInput(bucket, key, body)
	in.ServerSideEncryption, in.SSEKMSKeyId = new("aws:kms"), new("k-1")
	return in
}

// read reads an object, as far as it goes.
func (h *house) read(in *api.GetObjectInput) (out *api.GetObjectOutput, content string, err error) {
	h.t.Helper()
	answer, _, err := h.call(owner, in)
	if err != nil {
		return nil, "", err
	}
	out = answer.(*api.GetObjectOutput)
	defer out.Body.Close()
	all, err := io.ReadAll(out.Body)
	return out, string(all), err
}

func TestEncryptedContent(t *testing.T) {
	h, _ := newKeyHouse(t)
	h.bucket("versions", nil)
	must[api.PutBucketVersioningOutput](h, &api.PutBucketVersioningInput{Bucket: new("versions"), VersioningConfiguration: &api.VersioningConfiguration{Status: new("Enabled")}})
	for _, bucket := range []string{"bucket", "versions"} {
		for _, n := range []int{0, 1, 100, segment - 1, segment, segment + 1, 2*segment - 1, 2 * segment, 2*segment + 1, 5*segment + 17} {
			key, want := fmt.Sprint("object/", n), text(n)
			in := kmsInput(bucket, key, want)
			in.Metadata = map[string]string{"colour": "red"}
			put := must[api.PutObjectOutput](h, in)
			if aws.Val(put.ServerSideEncryption) != "aws:kms" || aws.Val(put.SSEKMSKeyId) != keyARN || aws.Val(put.ETag) == "" || put.BucketKeyEnabled != nil {
				t.Fatalf("%+v", put)
			}
			sum := s3.NewChecksum("CRC64NVME") // of the content, not of what is stored
			sum.Write([]byte(want))
			checksum := base64.StdEncoding.EncodeToString(sum.Sum(nil))
			if aws.Val(put.ChecksumCRC64NVME) != checksum || aws.Val(put.ChecksumType) != "FULL_OBJECT" {
				t.Errorf("checksum of %d: %+v", n, put)
			}
			out, got, err := h.read(&api.GetObjectInput{Bucket: &bucket, Key: &key})
			if err != nil || got != want || aws.Val(out.ContentLength) != int64(n) || aws.Val(out.ETag) != *put.ETag ||
				aws.Val(out.SSEKMSKeyId) != keyARN || len(out.Metadata) != 1 || out.Metadata["colour"] != "red" || aws.Val(out.VersionId) != aws.Val(put.VersionId) {
				t.Fatalf("%d bytes: %v, %d bytes, %+v", n, err, len(got), out)
			}
			h.ranges(bucket, key, want)
			head := must[api.HeadObjectOutput](h, &api.HeadObjectInput{Bucket: &bucket, Key: &key})
			if aws.Val(head.ContentLength) != int64(n) || aws.Val(head.ServerSideEncryption) != "aws:kms" || len(head.Metadata) != 1 {
				t.Errorf("head of %d: %+v", n, head)
			}
			attributes := must[api.GetObjectAttributesOutput](h, &api.GetObjectAttributesInput{Bucket: &bucket, Key: &key, ObjectAttributes: []string{"ObjectSize", "ETag", "StorageClass", "ObjectParts", "Checksum"}})
			if aws.Val(attributes.ObjectSize) != int64(n) || `"`+aws.Val(attributes.ETag)+`"` != *put.ETag || attributes.ObjectParts != nil ||
				attributes.Checksum == nil || aws.Val(attributes.Checksum.ChecksumCRC64NVME) != checksum {
				t.Errorf("attributes of %d: %+v", n, attributes)
			}
		}
		must[api.PutObjectOutput](h, putInput(bucket, "plain", text(777)))
		h.listed(bucket)
	}
}

// ranges compares ranges of an object, around the borders of segments.
func (h *house) ranges(bucket, key, want string) {
	h.t.Helper()
	n := len(want)
	edges := []int{0, 1, segment - 1, segment, segment + 1, 2 * segment, n / 2, n - 1}
	for _, from := range edges {
		for _, to := range append(edges, n+10) {
			if from < 0 || from >= n || to < from {
				continue
			}
			out, got, err := h.read(&api.GetObjectInput{Bucket: &bucket, Key: &key, Range: new(fmt.Sprintf("bytes=%d-%d", from, to))})
			end := min(to, n-1)
			if err != nil || got != want[from:end+1] || aws.Val(out.ContentRange) != fmt.Sprintf("bytes %d-%d/%d", from, end, n) || aws.Val(out.ContentLength) != int64(len(got)) {
				h.t.Fatalf("%s %d-%d: %v, %d bytes, %+v", key, from, to, err, len(got), out)
			}
		}
	}
	if n > 3 {
		if _, got, err := h.read(&api.GetObjectInput{Bucket: &bucket, Key: &key, Range: new("bytes=-3")}); err != nil || got != want[n-3:] {
			h.t.Errorf("%s, the end: %q, %v", key, got, err)
		}
	}
	_, _, err := h.read(&api.GetObjectInput{Bucket: &bucket, Key: &key, Range: new(fmt.Sprintf("bytes=%d-", n))})
	if aws.CodeOf(err) != "InvalidRange" {
		h.t.Errorf("%s, past the end: %v", key, err)
	}
}

// listed checks that listings show the sizes that the names tell.
func (h *house) listed(bucket string) {
	h.t.Helper()
	check := func(what string, key *string, size *int64) {
		want := int64(777)
		fmt.Sscanf(*key, "object/%d", &want)
		if aws.Val(size) != want {
			h.t.Errorf("%s shows %s with %d bytes", what, *key, aws.Val(size))
		}
	}
	v1 := must[api.ListObjectsOutput](h, &api.ListObjectsInput{Bucket: &bucket})
	v2 := must[api.ListObjectsV2Output](h, &api.ListObjectsV2Input{Bucket: &bucket})
	versions := must[api.ListObjectVersionsOutput](h, &api.ListObjectVersionsInput{Bucket: &bucket})
	if len(v1.Contents) != 11 || len(v2.Contents) != 11 || len(versions.Versions) != 11 {
		h.t.Errorf("%d, %d, %d entries", len(v1.Contents), len(v2.Contents), len(versions.Versions))
	}
	for i := range v1.Contents {
		check("ListObjects", v1.Contents[i].Key, v1.Contents[i].Size)
		check("ListObjectsV2", v2.Contents[i].Key, v2.Contents[i].Size)
		check("ListObjectVersions", versions.Versions[i].Key, versions.Versions[i].Size)
	}
}

func TestEncryptedConditions(t *testing.T) {
	h, _ := newKeyHouse(t)
	put := must[api.PutObjectOutput](h, kmsInput("bucket", "key", "content"))
	for _, test := range []struct {
		edit func(*api.GetObjectInput)
		want string
	}{
		{func(in *api.GetObjectInput) { in.IfMatch = put.ETag }, ""},
		{func(in *api.GetObjectInput) { in.IfMatch = new(`"x"`) }, "PreconditionFailed"},
		{func(in *api.GetObjectInput) { in.IfNoneMatch = put.ETag }, "NotModified"},
		{func(in *api.GetObjectInput) { in.PartNumber = new(int32(1)) }, ""},
		{func(in *api.GetObjectInput) { in.PartNumber = new(int32(2)) }, "InvalidPartNumber"},
		{func(in *api.GetObjectInput) { in.Range = new("bytes=a-b") }, ""},
		{func(in *api.GetObjectInput) { in.Range = new("bytes=7-") }, "InvalidRange"},
	} {
		in := &api.GetObjectInput{Bucket: new("bucket"), Key: new("key")}
		test.edit(in)
		if _, got, err := h.read(in); aws.CodeOf(err) != test.want || err == nil && got != "content" {
			t.Errorf("%+v: %q, %v", in, got, err)
		}
	}
	in := kmsInput("bucket", "key", "other")
	in.IfNoneMatch = new("*")
	if got := h.code(in); got != "PreconditionFailed" {
		t.Errorf("put where there is one: %q", got)
	}
}

func TestEncryptedChecksums(t *testing.T) {
	h, _ := newKeyHouse(t)
	content := text(segment + 5)
	sum := func(h hash.Hash) string {
		io.WriteString(h, content)
		return base64.StdEncoding.EncodeToString(h.Sum(nil))
	}
	for _, algorithm := range []string{"CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"} {
		in := kmsInput("bucket", algorithm, content)
		in.ChecksumAlgorithm = &algorithm
		put := must[api.PutObjectOutput](h, in)
		if (put.ChecksumCRC64NVME != nil) != (algorithm == "CRC64NVME") {
			t.Errorf("%s: the answer tells the checksum of what is stored: %+v", algorithm, put)
		}
		head := must[api.HeadObjectOutput](h, &api.HeadObjectInput{Bucket: new("bucket"), Key: &algorithm, ChecksumMode: new("ENABLED")})
		got := map[string]*string{"CRC32": head.ChecksumCRC32, "CRC32C": head.ChecksumCRC32C, "CRC64NVME": head.ChecksumCRC64NVME, "SHA1": head.ChecksumSHA1, "SHA256": head.ChecksumSHA256}[algorithm]
		if want := sum(s3.NewChecksum(algorithm)); aws.Val(got) != want || aws.Val(head.ChecksumType) != "FULL_OBJECT" {
			t.Errorf("%s: %q, want %q", algorithm, aws.Val(got), want)
		}
	}
	for _, test := range []struct {
		edit func(*api.PutObjectInput)
		want string
	}{
		{func(in *api.PutObjectInput) { in.ContentMD5 = new(sum(md5.New())) }, ""},
		{func(in *api.PutObjectInput) { in.ContentMD5 = new("1B2M2Y8AsgTpgAmY7PhCfg==") }, "BadDigest"},
		{func(in *api.PutObjectInput) { in.ContentMD5 = new("x") }, "InvalidDigest"},
		{func(in *api.PutObjectInput) { in.ChecksumSHA256 = new(sum(s3.NewChecksum("SHA256"))) }, ""},
		{func(in *api.PutObjectInput) { in.ChecksumSHA256 = new(sum(s3.NewChecksum("SHA1"))) }, "BadDigest"},
		{func(in *api.PutObjectInput) { in.ChecksumXXHASH64 = new("AAAAAAAAAAA=") }, "NotImplemented"},
		{func(in *api.PutObjectInput) { in.ContentLength = new(int64(7)) }, "IncompleteBody"},
		{func(in *api.PutObjectInput) { in.ContentLength = new(int64(segment + 6)) }, "IncompleteBody"},
		{func(in *api.PutObjectInput) { in.ContentLength = nil }, "MissingContentLength"},
		{func(in *api.PutObjectInput) { in.ContentLength = new(int64(5<<30 + 1)) }, "EntityTooLarge"},
		{func(in *api.PutObjectInput) { in.Metadata = map[string]string{"orgtrail-envelope": "x"} }, "InvalidArgument"},
	} {
		in := kmsInput("bucket", "key", content)
		test.edit(in)
		if _, _, err := h.call(owner, in); aws.CodeOf(err) != test.want {
			t.Errorf("want %q: %v", test.want, err)
		}
		if _, got, err := h.read(&api.GetObjectInput{Bucket: new("bucket"), Key: new("key")}); test.want == "" && (err != nil || got != content) {
			t.Errorf("reading it: %v", err)
		}
	}
}

// refusing is a caller who may do everything but one thing with keys.
func refusing(action string) func(call.Target) error {
	return func(t call.Target) error {
		if t.Action == action {
			return aws.Errorf(aws.AccessDenied, "User: x is not authorized to perform: %s on resource: %s", action, t.Resource)
		}
		return nil
	}
}

func TestKeyPermissions(t *testing.T) {
	h, k := newKeyHouse(t)
	must[api.PutObjectOutput](h, kmsInput("bucket", "key", "content"))
	must[api.PutObjectOutput](h, putInput("bucket", "plain", "content"))
	get := &api.GetObjectInput{Bucket: new("bucket"), Key: new("key")}
	head := &api.HeadObjectInput{Bucket: new("bucket"), Key: new("key")}
	headSum := &api.HeadObjectInput{Bucket: new("bucket"), Key: new("key"), ChecksumMode: new("ENABLED")}
	put := func() wire.Shape { return kmsInput("bucket", "other", "content") }
	copied := &api.CopyObjectInput{Bucket: new("bucket"), Key: new("copy"), CopySource: new("bucket/key")}
	encrypting := &api.CopyObjectInput{Bucket: new("bucket"), Key: new("copy"), CopySource: new("bucket/plain"), ServerSideEncryption: new("aws:kms")}
	for _, test := range []struct {
		refused string
		in      wire.Shape
		want    string
	}{
		{"kms:GenerateDataKey", put(), "AccessDenied"}, {"kms:Decrypt", put(), ""},
		{"kms:Decrypt", get, "AccessDenied"}, {"kms:GenerateDataKey", get, ""},
		{"kms:Decrypt", head, ""}, {"kms:Decrypt", headSum, "AccessDenied"},
		{"kms:Decrypt", copied, "AccessDenied"}, {"kms:GenerateDataKey", copied, ""},
		{"kms:GenerateDataKey", encrypting, "AccessDenied"}, {"kms:Decrypt", encrypting, ""},
		{"kms:Decrypt", &api.GetObjectInput{Bucket: new("bucket"), Key: new("plain")}, ""},
	} {
		h.allow = refusing(test.refused)
		_, c, err := h.call(owner, test.in)
		if aws.CodeOf(err) != test.want {
			t.Errorf("%T without %s: %v", test.in, test.refused, err)
		}
		if test.want != "" && (len(c.Events) == 0 || c.Events[len(c.Events)-1].Err == nil || !strings.Contains(err.Error(), test.refused)) {
			t.Errorf("%T without %s: %v, %+v", test.in, test.refused, err, c.Events)
		}
	}
	h.allow = nil
	for code, want := range map[string]string{
		"DisabledException": "KMS.DisabledException", "NotFoundException": "KMS.NotFoundException", "KMSInvalidStateException": "KMS.KMSInvalidStateException",
	} {
		k.broken = aws.Errorf(code, "%s is not usable.", keyARN)
		if got := h.code(put()); got != want {
			t.Errorf("put with a key that answers %s: %q", code, got)
		}
		if got := h.code(get); got != want {
			t.Errorf("get with a key that answers %s: %q", code, got)
		}
	}
}

func TestKeyEvents(t *testing.T) {
	h, _ := newKeyHouse(t)
	in := kmsInput("bucket", "a/b", "content")
	in.SSEKMSEncryptionContext = new(base64.StdEncoding.EncodeToString([]byte(`{"team":"audit"}`)))
	_, c, err := h.call(stranger, in)
	if err != nil {
		t.Fatal(err)
	}
	var accounts []string
	for _, e := range c.Events {
		accounts = append(accounts, e.Account)
		if e.Name != "GenerateDataKey" || e.Source != "kms.amazonaws.com" || !e.Inside || e.Resources[0].ARN != keyARN || !e.ReadOnly {
			t.Errorf("%+v", e)
		}
		request, _ := json.Marshal(e.Request)
		if want := `{"encryptionContext":{"aws:s3:arn":"arn:aws:s3:::bucket/a/b","team":"audit"},"keyId":"` + keyARN + `","keySpec":"AES_256"}`; string(request) != want {
			t.Errorf("%s", request)
		}
	}
	if !slices.Equal(accounts, []string{stranger, owner}) {
		t.Errorf("events of %q", accounts)
	}
	if c.Additional["SSEApplied"] != "SSE_KMS" {
		t.Errorf("%+v", c.Additional)
	}
	_, c, err = h.call(owner, &api.GetObjectInput{Bucket: new("bucket"), Key: new("a/b")})
	if err != nil || len(c.Events) != 1 || c.Events[0].Name != "Decrypt" {
		t.Errorf("%v, %+v", err, c.Events)
	}
}

func TestEncryptionHeaders(t *testing.T) {
	h, _ := newKeyHouse(t)
	for _, test := range []struct {
		what string
		edit func(*api.PutObjectInput)
		want string // a code, or the key
	}{
		{"no key", func(in *api.PutObjectInput) { in.SSEKMSKeyId = nil }, managedARN},
		{"bucket key", func(in *api.PutObjectInput) { in.BucketKeyEnabled = new(true) }, keyARN},
		{"unknown key", func(in *api.PutObjectInput) { in.SSEKMSKeyId = new("k-9") }, "KMS.NotFoundException"},
		{"dsse", func(in *api.PutObjectInput) { in.ServerSideEncryption = new("aws:kms:dsse") }, "NotImplemented"},
		{"key without method", func(in *api.PutObjectInput) { in.ServerSideEncryption = nil }, "InvalidArgument"},
		{"key of AES256", func(in *api.PutObjectInput) { in.ServerSideEncryption = new("AES256") }, "InvalidArgument"},
		{"customer key", func(in *api.PutObjectInput) { in.SSECustomerAlgorithm = new("AES256") }, "NotImplemented"},
		{"context that is no base64", func(in *api.PutObjectInput) { in.SSEKMSEncryptionContext = new("{}") }, "InvalidArgument"},
		{"context that is no map", func(in *api.PutObjectInput) { in.SSEKMSEncryptionContext = new("WzFd") }, "InvalidArgument"},
		{"context of another object", func(in *api.PutObjectInput) {
			in.SSEKMSEncryptionContext = new(base64.StdEncoding.EncodeToString([]byte(`{"aws:s3:arn":"arn:aws:s3:::other/key"}`)))
		}, "InvalidArgument"},
	} {
		in := kmsInput("bucket", "key", "content")
		test.edit(in)
		out, _, err := h.call(owner, in)
		if err != nil {
			if aws.CodeOf(err) != test.want {
				t.Errorf("%s: %v", test.what, err)
			}
			continue
		}
		if got := aws.Val(out.(*api.PutObjectOutput).SSEKMSKeyId); got != test.want {
			t.Errorf("%s: %q", test.what, got)
		}
		if _, got, err := h.read(&api.GetObjectInput{Bucket: new("bucket"), Key: new("key")}); err != nil || got != "content" {
			t.Errorf("%s: %q, %v", test.what, got, err)
		}
	}
}

func TestDefaultKey(t *testing.T) {
	h, _ := newKeyHouse(t)
	rule := func(d api.ServerSideEncryptionByDefault) *api.PutBucketEncryptionInput {
		return &api.PutBucketEncryptionInput{Bucket: new("bucket"), ServerSideEncryptionConfiguration: &api.ServerSideEncryptionConfiguration{
			Rules: []api.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: &d, BucketKeyEnabled: new(true)}}}}
	}
	must[api.PutBucketEncryptionOutput](h, rule(api.ServerSideEncryptionByDefault{SSEAlgorithm: new("aws:kms"), KMSMasterKeyID: new(keyARN)}))
	out, c, err := h.call(owner, putInput("bucket", "key", "content"))
	if err != nil {
		t.Fatal(err)
	}
	if put := out.(*api.PutObjectOutput); aws.Val(put.SSEKMSKeyId) != keyARN || !aws.Val(put.BucketKeyEnabled) || c.Additional["SSEApplied"] != "Default_SSE_KMS" {
		t.Errorf("%+v %+v", put, c.Additional)
	}
	if request, _ := json.Marshal(c.Events[0].Request); !strings.Contains(string(request), `"aws:s3:arn":"arn:aws:s3:::bucket"`) {
		t.Errorf("%s", request)
	}
	in := putInput("bucket", "plain", "content")
	in.ServerSideEncryption = new("AES256")
	if put := must[api.PutObjectOutput](h, in); aws.Val(put.ServerSideEncryption) != "AES256" {
		t.Errorf("%+v", put)
	}
	must[api.PutBucketEncryptionOutput](h, rule(api.ServerSideEncryptionByDefault{SSEAlgorithm: new("aws:kms")}))
	if put := must[api.PutObjectOutput](h, putInput("bucket", "managed", "content")); aws.Val(put.SSEKMSKeyId) != managedARN {
		t.Errorf("%+v", put)
	}
	if got := h.code(rule(api.ServerSideEncryptionByDefault{SSEAlgorithm: new("aws:kms:dsse")})); got != "NotImplemented" {
		t.Errorf("dsse: %q", got)
	}
}

func TestEncryptedCopies(t *testing.T) {
	h, _ := newKeyHouse(t)
	content := text(segment + 10)
	in := kmsInput("bucket", "sealed", content)
	in.Metadata, in.ContentType, in.Tagging, in.ChecksumAlgorithm = map[string]string{"colour": "red"}, new("text/x"), new("team=audit"), new("SHA1")
	must[api.PutObjectOutput](h, in)
	in = putInput("bucket", "plain", content)
	in.Metadata, in.ContentType, in.Tagging = map[string]string{"colour": "red"}, new("text/x"), new("team=audit")
	must[api.PutObjectOutput](h, in)
	for _, test := range []struct{ from, method, want string }{
		{"sealed", "", "AES256"}, {"sealed", "aws:kms", "aws:kms"}, {"plain", "aws:kms", "aws:kms"}, {"plain", "", "AES256"},
	} {
		in := &api.CopyObjectInput{Bucket: new("bucket"), Key: new("copy"), CopySource: new("bucket/" + test.from)}
		if test.method != "" {
			in.ServerSideEncryption = &test.method
		}
		out := must[api.CopyObjectOutput](h, in)
		get, got, err := h.read(&api.GetObjectInput{Bucket: new("bucket"), Key: new("copy")})
		if err != nil || got != content || aws.Val(out.ServerSideEncryption) != test.want || aws.Val(get.ServerSideEncryption) != test.want ||
			get.Metadata["colour"] != "red" || aws.Val(get.ContentType) != "text/x" || aws.Val(get.TagCount) != 1 ||
			aws.Val(out.CopyObjectResult.ETag) != aws.Val(get.ETag) || out.CopyObjectResult.LastModified == nil {
			t.Errorf("%+v: %v, %+v, %+v", test, err, out, get)
		}
	}
	itself := &api.CopyObjectInput{Bucket: new("bucket"), Key: new("sealed"), CopySource: new("bucket/sealed")}
	if got := h.code(itself); got != "InvalidRequest" {
		t.Errorf("to itself: %q", got)
	}
	itself.ServerSideEncryption = new("aws:kms")
	must[api.CopyObjectOutput](h, itself)
	if _, got, err := h.read(&api.GetObjectInput{Bucket: new("bucket"), Key: new("sealed")}); err != nil || got != content {
		t.Errorf("to itself with another key: %v", err)
	}
	itself.CopySourceIfMatch = new(`"x"`)
	if got := h.code(itself); got != "PreconditionFailed" {
		t.Errorf("of something else: %q", got)
	}
}

func TestServiceEncryption(t *testing.T) {
	h, k := newKeyHouse(t)
	const trail = "arn:aws:cloudtrail:us-east-1:111111111111:trail/t"
	attached := func(text string) *policy.Attached {
		source, err := policy.NewSource(text)
		if err != nil {
			t.Fatal(err)
		}
		return &policy.Attached{Document: source.Document()}
	}
	must[api.PutBucketPolicyOutput](h, &api.PutBucketPolicyInput{Bucket: new("bucket"), Policy: new(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::bucket"},
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::bucket/*","Condition":{
			"StringEquals":{"s3:x-amz-server-side-encryption":"aws:kms","s3:x-amz-server-side-encryption-aws-kms-key-id":"` + keyARN + `"}}}]}`)})
	k.policy = attached(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"kms:GenerateDataKey*","Resource":"*",
		"Condition":{"StringEquals":{"aws:SourceArn":"` + trail + `","kms:EncryptionContext:aws:cloudtrail:arn":"` + trail + `","kms:EncryptionContext:aws:s3:arn":"arn:aws:s3:::bucket/log"}}}]}`)
	from := call.Source{Service: "cloudtrail.amazonaws.com", ARN: trail, Account: owner}
	o := s3.ServiceObject{Bucket: "bucket", Key: "log", Body: []byte("content"), Type: "application/json", Encoding: "gzip", From: from, KMSKey: keyARN}
	event, failed := h.service.PutAsService(context.Background(), h.store.View(), o)
	if failed != nil {
		t.Fatal(failed)
	}
	if request, _ := json.Marshal(event.Request); !strings.Contains(string(request), `"x-amz-server-side-encryption-aws-kms-key-id":"`+keyARN+`"`) {
		t.Errorf("%s", request)
	}
	if out, got, err := h.read(&api.GetObjectInput{Bucket: new("bucket"), Key: new("log")}); err != nil || got != "content" || aws.Val(out.SSEKMSKeyId) != keyARN || aws.Val(out.ContentEncoding) != "gzip" {
		t.Errorf("%v, %q, %+v", err, got, out)
	}
	probe := func(key string) *aws.Error {
		return h.service.ProbeKey(h.store.View(), "bucket", "log", key, from)
	}
	if err := probe(keyARN); err != nil {
		t.Error(err)
	}
	if err := probe(""); err == nil {
		t.Error("the bucket wants a key")
	}
	o.KMSKey = ""
	if _, failed = h.service.PutAsService(context.Background(), h.store.View(), o); failed == nil || failed.Code != aws.AccessDenied {
		t.Errorf("without a key: %v", failed)
	}
	o.KMSKey = keyARN
	o.From.ARN += "2"
	if _, failed = h.service.PutAsService(context.Background(), h.store.View(), o); failed == nil || failed.Code != aws.AccessDenied || !strings.Contains(failed.Message, "kms:GenerateDataKey") {
		t.Errorf("another trail: %v", failed)
	}
	k.policy = nil
	o.From.ARN = trail
	if _, failed = h.service.PutAsService(context.Background(), h.store.View(), o); failed == nil || failed.Code != aws.AccessDenied {
		t.Errorf("a key without a policy: %v", failed)
	}
	if err := probe(keyARN); err == nil || err.Code != aws.AccessDenied {
		t.Errorf("probe of a key without a policy: %v", err)
	}
}
