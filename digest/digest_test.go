package digest

import (
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"
)

// vector is a digest and what is known of it.
const vector = `{"awsAccountId":"222222222222","digestStartTime":"2026-01-31T02:00:00Z","digestEndTime":"2026-01-31T03:00:00Z","digestS3Bucket":"my-bucket","digestS3Object":"AWSLogs/o-exampleorgid/222222222222/CloudTrail-Digest/us-east-2/2026/01/31/222222222222_CloudTrail-Digest_us-east-2_my-trail_us-east-2_20260131T030000Z.json.gz","digestPublicKeyFingerprint":"8eba5db5bea9b640d1c96a77256fe7f2","digestSignatureAlgorithm":"SHA256withRSA","newestEventTime":null,"oldestEventTime":null,"previousDigestS3Bucket":null,"previousDigestS3Object":null,"previousDigestHashValue":null,"previousDigestHashAlgorithm":null,"previousDigestSignature":null,"logFiles":[]}`

const (
	vectorHash       = "b98e3f376ea4c9c23b94217d3679eef034dcb708f16467b6bf6745aa8fd47055"
	vectorToSignHash = "fec49944b70134cbba4b8034867234b6c9a8795e85a215d4b0549a3d29ac3cde"
)

func TestVector(t *testing.T) {
	d, err := Parse([]byte(vector))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(d.Marshal()); got != vector {
		t.Errorf("Marshal gives\n%s\nwant\n%s", got, vector)
	}
	f := &File{Digest: *d, JSON: []byte(vector)}
	if f.Hash() != vectorHash {
		t.Errorf("Hash = %s, want %s", f.Hash(), vectorHash)
	}
	toSign := f.StringToSign()
	sum := sha256.Sum256([]byte(toSign))
	if len(toSign) != 260 || hex.EncodeToString(sum[:]) != vectorToSignHash {
		t.Errorf("StringToSign (%d bytes) = %q", len(toSign), toSign)
	}
}

func TestMarshalFull(t *testing.T) {
	d := Digest{
		Account: "222222222222", Start: "2026-01-31T02:00:00Z", End: "2026-01-31T03:00:00Z",
		Bucket: "my-bucket", Object: "a&b<c>/d", Fingerprint: "ff",
		Newest: "2026-01-31T02:59:00Z", Oldest: "2026-01-31T01:59:00Z",
		Previous: Link{"old-bucket", "p&q", "aa", "bb"},
		LogFiles: []LogFile{{"my-bucket", "log&1", "cc", "2026-01-31T02:59:00Z", "2026-01-31T01:59:00Z"}},
	}
	want := `{"awsAccountId":"222222222222","digestStartTime":"2026-01-31T02:00:00Z","digestEndTime":"2026-01-31T03:00:00Z","digestS3Bucket":"my-bucket","digestS3Object":"a&b<c>/d","digestPublicKeyFingerprint":"ff","digestSignatureAlgorithm":"SHA256withRSA","newestEventTime":"2026-01-31T02:59:00Z","oldestEventTime":"2026-01-31T01:59:00Z","previousDigestS3Bucket":"old-bucket","previousDigestS3Object":"p&q","previousDigestHashValue":"aa","previousDigestHashAlgorithm":"SHA-256","previousDigestSignature":"bb","logFiles":[{"s3Bucket":"my-bucket","s3Object":"log&1","hashValue":"cc","hashAlgorithm":"SHA-256","newestEventTime":"2026-01-31T02:59:00Z","oldestEventTime":"2026-01-31T01:59:00Z"}]}`
	got := d.Marshal()
	if string(got) != want {
		t.Fatalf("Marshal gives\n%s\nwant\n%s", got, want)
	}
	back, err := Parse(got)
	if err != nil || !reflect.DeepEqual(*back, d) {
		t.Fatalf("Parse gives %+v, %v", back, err)
	}
}

func TestParseRefuses(t *testing.T) {
	edit := func(old, new string) string {
		s := strings.Replace(vector, old, new, 1)
		if s == vector {
			t.Fatalf("the vector has no %s", old)
		}
		return s
	}
	for name, in := range map[string]string{
		"empty":                 "",
		"not an object":         "[]",
		"null":                  "null",
		"cut":                   vector[:200],
		"two documents":         vector + vector,
		"no end":                edit(`"digestEndTime":"2026-01-31T03:00:00Z",`, ""),
		"null start":            edit(`"digestStartTime":"2026-01-31T02:00:00Z"`, `"digestStartTime":null`),
		"no bucket":             edit(`"digestS3Bucket":"my-bucket",`, ""),
		"no fingerprint":        edit(`"digestPublicKeyFingerprint":"8eba5db5bea9b640d1c96a77256fe7f2",`, ""),
		"no previous signature": edit(`"previousDigestSignature":null,`, ""),
		"empty signature":       edit(`"previousDigestSignature":null`, `"previousDigestSignature":""`),
		"numeric signature":     edit(`"previousDigestSignature":null`, `"previousDigestSignature":1`),
		"unreadable end":        edit(`T03:00:00Z"`, `T99:00:00Z"`),
		"other algorithm":       edit("SHA256withRSA", "SHA512withRSA"),
		"log without hash":      edit(`"logFiles":[]`, `"logFiles":[{"s3Bucket":"b","s3Object":"o"}]`),
		"log of another hash":   edit(`"logFiles":[]`, `"logFiles":[{"s3Bucket":"b","s3Object":"o","hashValue":"aa","hashAlgorithm":"MD5"}]`),
	} {
		if d, err := Parse([]byte(in)); err == nil {
			t.Errorf("%s: Parse gives %+v", name, d)
		}
	}
}

func TestParseForgives(t *testing.T) {
	for name, in := range map[string]string{
		"further members": strings.Replace(vector, "{", `{"new":{"x":[1]},`, 1),
		"no algorithm":    strings.Replace(vector, `"digestSignatureAlgorithm":"SHA256withRSA",`, "", 1),
		"no log files":    strings.Replace(vector, `,"logFiles":[]`, "", 1),
		"null log files":  strings.Replace(vector, `"logFiles":[]`, `"logFiles":null`, 1),
		"written loosely": strings.ReplaceAll(vector, ",", " ,\n"),
	} {
		if _, err := Parse([]byte(in)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzParse: what Parse accepts can be written and read again, and says the
// same.
func FuzzParse(f *testing.F) {
	f.Add([]byte(vector))
	f.Add([]byte(strings.Replace(vector, `"logFiles":[]`, `"logFiles":[{"s3Bucket":"b","s3Object":"o","hashValue":"aa"}]`, 1)))
	f.Add([]byte(`{"previousDigestSignature":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Parse(data)
		if err != nil {
			return
		}
		(&File{Digest: *d, JSON: data}).StringToSign()
		back, err := Parse(d.Marshal())
		if err != nil {
			t.Fatalf("%s: %v", d.Marshal(), err)
		}
		if !reflect.DeepEqual(back, d) {
			t.Fatalf("%+v became %+v", d, back)
		}
	})
}
