package digest

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

// signingKeys are made once: one for each name.
var signingKeys sync.Map

func signingKey(t testing.TB, name string) *rsa.PrivateKey {
	t.Helper()
	if key, ok := signingKeys.Load(name); ok {
		return key.(*rsa.PrivateKey)
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	actual, _ := signingKeys.LoadOrStore(name, key)
	return actual.(*rsa.PrivateKey)
}

func sampleDigest() Digest {
	return Digest{
		Account: "222222222222", Start: "2026-01-31T02:00:00Z", End: "2026-01-31T03:00:00Z",
		Bucket: "my-bucket", Object: "k",
		LogFiles: []LogFile{
			{"my-bucket", "a", strings.Repeat("a", 64), "2026-01-31T02:30:00Z", "2026-01-31T01:58:00Z"},
			{"my-bucket", "b", strings.Repeat("b", 64), "2026-01-31T02:59:00Z", "2026-01-31T02:31:00Z"},
		},
	}
}

func TestSignReadVerify(t *testing.T) {
	key := signingKey(t, "one")
	f, err := Sign(sampleDigest(), key)
	if err != nil {
		t.Fatal(err)
	}
	if f.Newest != "2026-01-31T02:59:00Z" || f.Oldest != "2026-01-31T01:58:00Z" {
		t.Errorf("events between %s and %s", f.Oldest, f.Newest)
	}
	again, _ := Sign(sampleDigest(), key)
	if !bytes.Equal(f.Body(), again.Body()) || !reflect.DeepEqual(f, again) {
		t.Error("the same digest and key give another file")
	}
	f.Generated = time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	if got := f.Metadata()[MetadataGenerated]; got != "2026-02-01T00:00:00.000Z" {
		t.Errorf("backfill generated at %s", got)
	}
	back, err := Read(bytes.NewReader(f.Body()), f.Metadata(), 1<<20)
	if err != nil || !reflect.DeepEqual(back, f) {
		t.Fatalf("Read gives %+v, %v, want %+v", back, err, f)
	}
	if err := back.Verify(&key.PublicKey); err != nil {
		t.Error(err)
	}
}

func TestVerifyRefuses(t *testing.T) {
	key := signingKey(t, "one")
	for name, change := range map[string]func(*File){
		"content":            func(f *File) { f.JSON = append(f.JSON, ' ') },
		"end":                func(f *File) { f.End = "2026-01-31T03:00:01Z" },
		"bucket":             func(f *File) { f.Bucket = "other" },
		"object":             func(f *File) { f.Object = "other" },
		"previous signature": func(f *File) { f.Previous.Signature = "00" },
		"signature":          func(f *File) { f.Signature = strings.Replace("1"+f.Signature[1:], f.Signature, "0"+f.Signature[1:], 1) },
		"short signature":    func(f *File) { f.Signature = f.Signature[2:] },
		"no signature":       func(f *File) { f.Signature = "" },
		"not hex":            func(f *File) { f.Signature = "zz" },
		"another's signature": func(f *File) {
			other, err := Sign(sampleDigest(), signingKey(t, "two"))
			if err != nil {
				t.Fatal(err)
			}
			f.Signature = other.Signature
		},
	} {
		f, err := Sign(sampleDigest(), key)
		if err != nil {
			t.Fatal(err)
		}
		change(f)
		if err := f.Verify(&key.PublicKey); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadLimit(t *testing.T) {
	f, err := Sign(sampleDigest(), signingKey(t, "one"))
	if err != nil {
		t.Fatal(err)
	}
	size := int64(len(f.JSON))
	if _, err := Read(bytes.NewReader(f.Body()), nil, size); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	if _, err := Read(bytes.NewReader(f.Body()), nil, size-1); !errors.Is(err, ErrTooLarge) {
		t.Errorf("above the limit: %v", err)
	}
}

// samplePublicKey is the sample of the CloudTrail documentation, whose
// fingerprint is published with it.
const samplePublicKey = "MIIBCgKCAQEAn11L2YZ9h7onug2ILi1MWyHiMRsTQjfWE+pHVRLk1QjfWhirG+lpOa8NrwQ/r7Ah5bNL6HepznOU9XTDSfmmnP97mqyc7z/upfZdS/AHhYcGaz7n6Wc/RRBU6VmiPCrAUojuSk6/GjvA8iOPFsYDuBtviXarvuLPlrT9kAd4Lb+rFfR5peEgBEkhlzc5HuWO7S0y+KunqxX6jQBnXGMtxmPBPP0FylgWGNdFtks/4YSKcgqwH0YDcawP9GGGDAeCIqPWIXDLG1jOjRRzWfCmD0iJUkz8vTsn4hq/5ZxRFE7UBAUiVcGbdnDdvVfhF9C3dQiDq3k7adQIziLT0cShgQIDAQAB"

func TestFingerprint(t *testing.T) {
	der, err := base64.StdEncoding.DecodeString(samplePublicKey)
	if err != nil {
		t.Fatal(err)
	}
	if got := Fingerprint(der); got != "8eba5db5bea9b640d1c96a77256fe7f2" {
		t.Errorf("Fingerprint = %s", got)
	}
	if _, err := (PublicKey{Value: der}).RSA(); err != nil {
		t.Error(err)
	}
	spki, _ := x509.MarshalPKIXPublicKey(&signingKey(t, "one").PublicKey)
	if _, err := (PublicKey{Value: spki}).RSA(); !errors.Is(err, ErrPublicKey) {
		t.Errorf("SubjectPublicKeyInfo: %v", err)
	}
}

func TestPublicKeys(t *testing.T) {
	const listed = `{"PublicKeyList":[{"Value":"` + samplePublicKey + `","ValidityStartTime":%s,"ValidityEndTime":%s,"Fingerprint":"8eba5db5bea9b640d1c96a77256fe7f2"}]}`
	start, end := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
	for _, times := range [][2]string{
		{"1767225600.0", "1769817600.0"},
		{`"2026-01-01T00:00:00Z"`, `"2026-01-31T01:00:00+01:00"`},
	} {
		in := strings.Replace(strings.Replace(listed, "%s", times[0], 1), "%s", times[1], 1)
		keys, err := ParsePublicKeys([]byte(in))
		if err != nil || len(keys) != 1 || !keys[0].Start.Equal(start) || !keys[0].End.Equal(end) || keys[0].Fingerprint != Fingerprint(keys[0].Value) {
			t.Fatalf("%s: %+v, %v", times, keys, err)
		}
		out, err := MarshalPublicKeys(keys)
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParsePublicKeys(out)
		if err != nil || !back[0].Start.Equal(start) || !bytes.Equal(back[0].Value, keys[0].Value) {
			t.Errorf("written %s, read %+v, %v", out, back, err)
		}
	}
}

func FuzzPublicKeys(f *testing.F) {
	f.Add([]byte(`{"PublicKeyList":[{"Value":"` + samplePublicKey + `","ValidityStartTime":1767225600.0,"ValidityEndTime":"2026-01-31T00:00:00Z","Fingerprint":"8eba5db5bea9b640d1c96a77256fe7f2"}]}`))
	f.Add([]byte(`{"PublicKeyList":[{"Value":"AA==","ValidityStartTime":-1e300,"Fingerprint":"x"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		keys, err := ParsePublicKeys(data)
		if err != nil {
			return
		}
		for _, k := range keys {
			k.RSA()
		}
		out, err := MarshalPublicKeys(keys)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParsePublicKeys(out); err != nil {
			t.Fatalf("%s: %v", out, err)
		}
	})
}

// FuzzRead: no bytes of an object make Read fail otherwise than with an
// error.
func FuzzRead(f *testing.F) {
	file, err := Sign(sampleDigest(), signingKey(f, "one"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file.Body(), file.Signature, "2026-02-01T00:00:00.000Z")
	f.Add([]byte("\x1f\x8b"), "", "never")
	public := &signingKey(f, "one").PublicKey
	f.Fuzz(func(t *testing.T, body []byte, signature, generated string) {
		read, err := Read(bytes.NewReader(body), map[string]string{
			MetadataSignature: signature, MetadataAlgorithm: SignatureAlgorithm, MetadataGenerated: generated,
		}, 1<<16)
		if err == nil {
			read.Verify(public)
		}
	})
}
