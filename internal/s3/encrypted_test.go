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
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
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
			if aws.Val(attributes.ObjectSize) != int64(n) || `"`+aws.Val(attributes.ETag)+`"` != *put.ETag || attributes.ObjectParts != nil || attributes.Checksum != nil {
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

// storedFile is the one file below a bucket's directory that has at least n
// bytes.
func (h *house) storedFile(n int64) string {
	h.t.Helper()
	var found []string
	filepath.WalkDir(filepath.Join(h.dir, "buckets"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil && info.Size() >= n {
				found = append(found, path)
			}
		}
		return nil
	})
	if len(found) != 1 {
		h.t.Fatalf("files: %q", found)
	}
	return found[0]
}

// spoil writes other bytes into a file, which stays the same file.
func spoil(t *testing.T, path string, content []byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestDamage: whatever happens to what is stored, no byte is read that was
// not written.
func TestDamage(t *testing.T) {
	h, _ := newKeyHouse(t)
	const n = 3*segment + 100
	want := text(n)
	in := kmsInput("bucket", "key", want)
	in.ChecksumAlgorithm = new("SHA256")
	must[api.PutObjectOutput](h, in)
	path := h.storedFile(n)
	stored, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(stored, []byte("content 0")) || bytes.Contains(stored, []byte(want[n-16:])) {
		t.Fatal("plain text at rest")
	}
	const stride = segment + 32
	damages := map[string][]byte{
		"cut at a segment":  stored[:2*stride],
		"cut in a segment":  stored[:2*stride+5],
		"no trailer":        stored[:len(stored)-73],
		"more":              append(slices.Clone(stored), 0),
		"empty":             {},
		"a trailer alone":   stored[len(stored)-73:],
		"segments swapped":  slices.Concat(stored[stride:2*stride], stored[:stride], stored[2*stride:]),
		"a segment dropped": slices.Concat(stored[:stride], stored[2*stride:]),
		"a segment twice":   slices.Concat(stored[:stride], stored[:stride], stored[2*stride:]),
	}
	for _, i := range []int{0, 1, 4, 15, 16, 100, stride, stride + 4, 3 * stride, len(stored) - 74} {
		flipped := slices.Clone(stored)
		flipped[i] ^= 1
		damages[fmt.Sprint("bit at ", i)] = flipped
	}
	for what, content := range damages {
		spoil(t, path, content)
		_, got, err := h.read(&api.GetObjectInput{Bucket: new("bucket"), Key: new("key")})
		if err == nil || !strings.HasPrefix(want, got) {
			t.Errorf("%s: %v, %d bytes", what, err, len(got))
		}
		_, got, err = h.read(&api.GetObjectInput{Bucket: new("bucket"), Key: new("key"), Range: new(fmt.Sprintf("bytes=%d-", segment+10))})
		if err == nil && got != want[segment+10:] || !strings.HasPrefix(want[segment+10:], got) {
			t.Errorf("%s: a range gives other bytes, %v", what, err)
		}
	}
	for _, i := range []int{len(stored) - 73, len(stored) - 60, len(stored) - 1} {
		flipped := slices.Clone(stored)
		flipped[i] ^= 1
		spoil(t, path, flipped)
		if _, _, err := h.read(&api.GetObjectInput{Bucket: new("bucket"), Key: new("key"), ChecksumMode: new("ENABLED")}); err == nil {
			t.Errorf("trailer with a changed byte at %d", i)
		}
	}
	spoil(t, path, stored)
	if _, got, err := h.read(&api.GetObjectInput{Bucket: new("bucket"), Key: new("key")}); err != nil || got != want {
		t.Error("restored:", err)
	}
}

// TestEmptyDamage: an object of no bytes is authenticated, too.
func TestEmptyDamage(t *testing.T) {
	h, _ := newKeyHouse(t)
	must[api.PutObjectOutput](h, kmsInput("bucket", "key", ""))
	path := h.storedFile(1)
	stored, err := os.ReadFile(path)
	if err != nil || len(stored) != 73 {
		t.Fatal(len(stored), err)
	}
	stored[30] ^= 1
	spoil(t, path, stored)
	if _, _, err := h.read(&api.GetObjectInput{Bucket: new("bucket"), Key: new("key")}); err == nil {
		t.Error("no error")
	}
}

// TestExchange: an object does not open under the name of another one.
func TestExchange(t *testing.T) {
	h, _ := newKeyHouse(t)
	must[api.PutObjectOutput](h, kmsInput("bucket", "a", text(100)))
	path := h.storedFile(100)
	in := kmsInput("bucket", "b", text(100))
	must[api.PutObjectOutput](h, in)
	moved := strings.Replace(path, "a#", "b#", 1)
	if err := os.Rename(path, moved); err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.read(&api.GetObjectInput{Bucket: new("bucket"), Key: new("b")}); aws.CodeOf(err) != "KMS.InvalidCiphertextException" {
		t.Error(err)
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
		must[api.PutObjectOutput](h, in)
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
		if e.Name != "GenerateDataKey" || e.Source != "kms.amazonaws.com" || e.InvokedBy != "s3.amazonaws.com" || e.Resources[0].ARN != keyARN || !e.ReadOnly {
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

func TestEncryptedUpload(t *testing.T) {
	h, _ := newKeyHouse(t)
	must[api.PutObjectOutput](h, kmsInput("bucket", "source", text(5<<20+100)))
	for _, algorithm := range []string{"", "CRC32", "CRC64NVME"} {
		create := &api.CreateMultipartUploadInput{Bucket: new("bucket"), Key: new("key"), ServerSideEncryption: new("aws:kms"), SSEKMSKeyId: new("k-1"), Metadata: map[string]string{"colour": "red"}}
		if algorithm != "" {
			create.ChecksumAlgorithm = &algorithm
		}
		up := must[api.CreateMultipartUploadOutput](h, create)
		contents := map[int32]string{2: text(5<<20 + 1), 3: text(5 << 20), 7: "the end"}
		var list []api.CompletedPart
		var want string
		for _, number := range []int32{2, 3, 7} {
			out := must[api.UploadPartOutput](h, h.partInput(up.UploadId, number, contents[number]))
			list = append(list, api.CompletedPart{PartNumber: &number, ETag: out.ETag, ChecksumCRC32: out.ChecksumCRC32})
			want += contents[number]
		}
		copied := must[api.UploadPartCopyOutput](h, &api.UploadPartCopyInput{Bucket: new("bucket"), Key: new("key"), UploadId: up.UploadId,
			PartNumber: new(int32(3)), CopySource: new("bucket/source"), CopySourceRange: new("bytes=100-5242979")})
		list[1].ETag, list[1].ChecksumCRC32 = copied.CopyPartResult.ETag, copied.CopyPartResult.ChecksumCRC32
		contents[3] = text(5<<20 + 100)[100:]
		want = contents[2] + contents[3] + contents[7]
		parts := must[api.ListPartsOutput](h, &api.ListPartsInput{Bucket: new("bucket"), Key: new("key"), UploadId: up.UploadId})
		if len(parts.Parts) != 3 || *parts.Parts[0].Size != 5<<20+1 || *parts.Parts[2].Size != 7 || (parts.Parts[0].ChecksumCRC32 != nil) != (algorithm == "CRC32") {
			t.Errorf("%+v", parts.Parts)
		}
		uploads := must[api.ListMultipartUploadsOutput](h, &api.ListMultipartUploadsInput{Bucket: new("bucket")})
		if len(uploads.Uploads) != 1 || *uploads.Uploads[0].UploadId != *up.UploadId {
			t.Errorf("%+v", uploads.Uploads)
		}
		done := must[api.CompleteMultipartUploadOutput](h, &api.CompleteMultipartUploadInput{Bucket: new("bucket"), Key: new("key"), UploadId: up.UploadId,
			MpuObjectSize: new(int64(len(want))), MultipartUpload: &api.CompletedMultipartUpload{Parts: list}})
		h.uploaded(done, algorithm, want)
		if got := h.code(&api.ListPartsInput{Bucket: new("bucket"), Key: new("key"), UploadId: up.UploadId}); got != "NoSuchUpload" {
			t.Errorf("parts of what is done: %q", got)
		}
	}
}

func (h *house) partInput(id *string, number int32, content string) *api.UploadPartInput {
	return &api.UploadPartInput{Bucket: new("bucket"), Key: new("key"), UploadId: id, PartNumber: &number,
		Body: io.NopCloser(strings.NewReader(content)), ContentLength: new(int64(len(content)))}
}

// uploaded checks an object that was uploaded in three parts.
func (h *house) uploaded(done *api.CompleteMultipartUploadOutput, algorithm, want string) {
	t := h.t
	t.Helper()
	out, got, err := h.read(&api.GetObjectInput{Bucket: new("bucket"), Key: new("key"), ChecksumMode: new("ENABLED")})
	if err != nil || got != want || *out.ContentLength != int64(len(want)) || out.Metadata["colour"] != "red" || len(out.Metadata) != 1 || !strings.Contains(*done.ETag, "-3") {
		t.Fatalf("%v, %d of %d bytes, %+v", err, len(got), len(want), out)
	}
	switch algorithm {
	case "CRC32":
		if !strings.HasSuffix(aws.Val(out.ChecksumCRC32), "-3") || aws.Val(out.ChecksumType) != "COMPOSITE" || aws.Val(done.ChecksumCRC32) != *out.ChecksumCRC32 {
			t.Errorf("%+v, %+v", done, out)
		}
	case "CRC64NVME":
		sum := s3.NewChecksum(algorithm)
		io.WriteString(sum, want)
		if aws.Val(out.ChecksumCRC64NVME) != base64.StdEncoding.EncodeToString(sum.Sum(nil)) || aws.Val(out.ChecksumType) != "FULL_OBJECT" {
			t.Errorf("%+v", out)
		}
	}
	border := 5<<20 + 1
	for _, r := range [][2]int{{0, 0}, {border - 1, border}, {border - segment, border + 2*segment}, {border, border}, {10, len(want) - 1}, {len(want) - 8, len(want) - 1}} {
		_, got, err := h.read(&api.GetObjectInput{Bucket: new("bucket"), Key: new("key"), Range: new(fmt.Sprintf("bytes=%d-%d", r[0], r[1]))})
		if err != nil || got != want[r[0]:r[1]+1] {
			t.Errorf("%v: %v, %d bytes", r, err, len(got))
		}
	}
	part, got, err := h.read(&api.GetObjectInput{Bucket: new("bucket"), Key: new("key"), PartNumber: new(int32(3))})
	if err != nil || got != "the end" || aws.Val(part.PartsCount) != 3 || aws.Val(part.ContentRange) == "" {
		t.Errorf("%v, %q, %+v", err, got, part)
	}
	attributes := must[api.GetObjectAttributesOutput](h, &api.GetObjectAttributesInput{Bucket: new("bucket"), Key: new("key"), MaxParts: new(int32(2)), ObjectAttributes: []string{"ObjectSize", "ObjectParts"}})
	if p := attributes.ObjectParts; *attributes.ObjectSize != int64(len(want)) || *p.TotalPartsCount != 3 || algorithm != "" && (len(p.Parts) != 2 || !*p.IsTruncated || *p.Parts[0].Size != int64(border)) {
		t.Errorf("%+v", attributes)
	}
	list := must[api.ListObjectsV2Output](h, &api.ListObjectsV2Input{Bucket: new("bucket"), Prefix: new("key")})
	if *list.Contents[0].Size != int64(len(want)) {
		t.Errorf("listed with %d bytes", *list.Contents[0].Size)
	}
}

func TestEncryptedUploadRefusals(t *testing.T) {
	h, _ := newKeyHouse(t)
	up := must[api.CreateMultipartUploadOutput](h, &api.CreateMultipartUploadInput{Bucket: new("bucket"), Key: new("key"),
		ServerSideEncryption: new("aws:kms"), ChecksumAlgorithm: new("CRC32")})
	part := h.partInput(up.UploadId, 1, "content")
	part.ChecksumSHA1 = new("AAAA")
	if got := h.code(part); got != "InvalidRequest" {
		t.Errorf("other checksum: %q", got)
	}
	h.allow = refusing("kms:Decrypt")
	if got := h.code(h.partInput(up.UploadId, 1, "content")); got != "AccessDenied" {
		t.Errorf("part without kms:Decrypt: %q", got)
	}
	h.allow = nil
	one := must[api.UploadPartOutput](h, h.partInput(up.UploadId, 1, "content"))
	two := must[api.UploadPartOutput](h, h.partInput(up.UploadId, 2, "content"))
	complete := func(edit func(*api.CompleteMultipartUploadInput)) string {
		in := &api.CompleteMultipartUploadInput{Bucket: new("bucket"), Key: new("key"), UploadId: up.UploadId, MultipartUpload: &api.CompletedMultipartUpload{
			Parts: []api.CompletedPart{{PartNumber: new(int32(1)), ETag: one.ETag}}}}
		edit(in)
		return h.code(in)
	}
	for want, edit := range map[string]func(*api.CompleteMultipartUploadInput){
		"EntityTooSmall": func(in *api.CompleteMultipartUploadInput) {
			in.MultipartUpload.Parts = append(in.MultipartUpload.Parts, api.CompletedPart{PartNumber: new(int32(2)), ETag: two.ETag})
		},
		"InvalidRequest": func(in *api.CompleteMultipartUploadInput) { in.MpuObjectSize = new(int64(8)) },
		"InvalidPart": func(in *api.CompleteMultipartUploadInput) {
			in.MultipartUpload.Parts[0].ChecksumCRC32 = new("AAAAAA==")
		},
		"BadDigest":    func(in *api.CompleteMultipartUploadInput) { in.ChecksumCRC32 = new("AAAAAA==") },
		"NoSuchUpload": func(in *api.CompleteMultipartUploadInput) { in.UploadId = new("none.kms") },
		"":             func(*api.CompleteMultipartUploadInput) {},
	} {
		if want == "" {
			continue
		}
		if got := complete(edit); got != want {
			t.Errorf("want %q: %q", want, got)
		}
	}
	if got := complete(func(*api.CompleteMultipartUploadInput) {}); got != "" {
		t.Error(got)
	}
	up = must[api.CreateMultipartUploadOutput](h, &api.CreateMultipartUploadInput{Bucket: new("bucket"), Key: new("key"), ServerSideEncryption: new("aws:kms")})
	must[api.AbortMultipartUploadOutput](h, &api.AbortMultipartUploadInput{Bucket: new("bucket"), Key: new("key"), UploadId: up.UploadId})
	if got := h.code(h.partInput(up.UploadId, 1, "content")); got != "NoSuchUpload" {
		t.Errorf("part of what was dropped: %q", got)
	}
	for kind, algorithm := range map[string]string{"FULL_OBJECT": "SHA256", "COMPOSITE": "CRC64NVME"} {
		if got := h.code(&api.CreateMultipartUploadInput{Bucket: new("bucket"), Key: new("key"), ServerSideEncryption: new("aws:kms"), ChecksumAlgorithm: &algorithm, ChecksumType: &kind}); got != "InvalidRequest" {
			t.Errorf("%s of %s: %q", kind, algorithm, got)
		}
	}
}

// TestEncryptedUploadReopened: the parts of an object are found again by
// whoever has not seen them come, and damage to them is.
func TestEncryptedUploadReopened(t *testing.T) {
	h, k := newKeyHouse(t)
	up := must[api.CreateMultipartUploadOutput](h, &api.CreateMultipartUploadInput{Bucket: new("bucket"), Key: new("key"), ServerSideEncryption: new("aws:kms")})
	first, second := text(5<<20), text(segment+3)
	var list []api.CompletedPart
	for i, content := range []string{first, second} {
		out := must[api.UploadPartOutput](h, h.partInput(up.UploadId, int32(i+1), content))
		list = append(list, api.CompletedPart{PartNumber: new(int32(i + 1)), ETag: out.ETag})
	}
	must[api.CompleteMultipartUploadOutput](h, &api.CompleteMultipartUploadInput{Bucket: new("bucket"), Key: new("key"), UploadId: up.UploadId, MultipartUpload: &api.CompletedMultipartUpload{Parts: list}})
	path := h.storedFile(5 << 20)
	stored, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	firstEnd := 5<<20 + 80*32 + 73
	for what, content := range map[string][]byte{
		"as it was":          stored,
		"parts swapped":      slices.Concat(stored[firstEnd:], stored[:firstEnd]),
		"the last part gone": stored[:firstEnd],
		"the first gone":     stored[firstEnd:],
		"a size changed":     slices.Concat(stored[:firstEnd-62], []byte{stored[firstEnd-62] ^ 1}, stored[firstEnd-61:]),
	} {
		spoil(t, path, content)
		fresh := s3.New(h.service.Plane, everybody{}) // remembers nothing
		fresh.Keys, fresh.Update = k, h.store.Update
		h.service, h.handlers = fresh, api.Handlers(fresh)
		_, got, err := h.read(&api.GetObjectInput{Bucket: new("bucket"), Key: new("key")})
		switch {
		case what == "as it was" && (err != nil || got != first+second):
			t.Errorf("%s: %v", what, err)
		case what != "as it was" && (err == nil || !strings.HasPrefix(first+second, got)):
			t.Errorf("%s: %v, %d bytes", what, err, len(got))
		}
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
	o := s3.ServiceObject{Bucket: "bucket", Key: "log", Body: []byte("content"), From: from, KMSKey: keyARN}
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
		return h.service.LogKeyProbe(&call.Call{State: h.store.View()}, "bucket", []string{"log"}, key, from)
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

func FuzzSealed(f *testing.F) {
	f.Add(uint32(0), uint32(0), uint32(0), byte(0))
	f.Add(uint32(65536), uint32(65535), uint32(2), byte(9))
	f.Fuzz(func(t *testing.T, size, at, n uint32, flip byte) {
		size %= 4 * segment
		want := text(int(size))
		got, err := s3.SealAndOpen(want, int64(at), int64(n), flip)
		if err != nil {
			if flip == 0 || !errors.Is(err, s3.ErrDamaged) {
				t.Fatal(err)
			}
			return
		}
		from := min(int64(at), int64(size))
		if to := min(from+int64(n), int64(size)); got != want[from:to] {
			t.Fatalf("%d bytes, want %d", len(got), to-from)
		}
	})
}
