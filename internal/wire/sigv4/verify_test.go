package sigv4

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

var testCredentials = Credentials{AccessKey: testKey, Secret: testSecret}

// signed returns a call to a service that Sign has signed for testNow.
func signed(service string, change func(*http.Request)) *http.Request {
	r, err := http.NewRequest("POST", "http://h.example.com/", newText("{}"))
	if err != nil {
		panic(err)
	}
	r.Header.Set("X-Amz-Target", "CloudTrail_20131101.ListTrails")
	if change != nil {
		change(r)
	}
	Sign(r, testCredentials, "us-east-2", service, PayloadHash([]byte("{}")), testNow)
	return r
}

// presigned returns a presigned GET of the SDK's signer.
func presigned(t testing.TB, service, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequest("GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	payload := EmptyPayload
	if service == "s3" {
		payload = UnsignedPayload
	}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = service == "s3" })
	signedURL, headers, err := signer.PresignHTTP(context.Background(), sdk.Credentials{AccessKeyID: testKey, SecretAccessKey: testSecret},
		r, payload, service, "us-east-2", testNow)
	if err != nil {
		t.Fatal(err)
	}
	r, err = http.NewRequest("GET", signedURL, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range headers {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	return r
}

func TestTimeWindows(t *testing.T) {
	const minute, second = time.Minute, time.Second
	service := func() *http.Request { return signed("cloudtrail", nil) }
	s3 := func() *http.Request { return signed("s3", nil) }
	url := func() *http.Request { return presigned(t, "s3", "http://h/k?X-Amz-Expires=3600") }
	serviceURL := func() *http.Request {
		return presigned(t, "sts", "http://h/?Action=GetCallerIdentity&X-Amz-Expires=60")
	}
	openURL := func() *http.Request { return presigned(t, "sts", "http://h/?Action=GetCallerIdentity") }
	tests := []struct {
		name    string
		request func() *http.Request
		after   time.Duration // the request's time
		want    Kind
	}{
		{"service", service, 0, 0},
		{"service", service, 5 * minute, 0},
		{"service", service, 5*minute + 999*time.Millisecond, 0},
		{"service", service, 5*minute + second, Expired},
		{"service", service, -5 * minute, 0},
		{"service", service, -5*minute - second, NotYetValid},
		{"S3", s3, 15 * minute, 0},
		{"S3", s3, 15*minute + second, Expired},
		{"S3", s3, -15 * minute, 0},
		{"S3", s3, -15*minute - second, NotYetValid},
		{"S3 URL", url, time.Hour, 0},
		{"S3 URL", url, time.Hour + second, Expired},
		{"S3 URL", url, -15 * minute, 0},
		{"S3 URL", url, -15*minute - second, NotYetValid},
		{"service URL", serviceURL, minute, 0},
		{"service URL", serviceURL, minute + second, Expired},
		{"service URL without an end", openURL, 5 * minute, 0},
		{"service URL without an end", openURL, 5*minute + second, Expired},
	}
	for _, tt := range tests {
		_, err := check(tt.request(), testNow.Add(tt.after), testSecret)
		if kindOf(err) != tt.want {
			t.Errorf("%s after %v: %v%s, want kind %d", tt.name, tt.after, err, details(err), tt.want)
		}
	}
}

func TestVerifyFailures(t *testing.T) {
	add := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	replace := func(old, new string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, new, 1))
		}
	}
	tests := []struct {
		name, service string
		before, after func(*http.Request) // the signing
		want          Failure
	}{
		{"terminator", "cloudtrail", nil, replace("aws4_request", "aws5_request"), Failure{Kind: ScopeTerminator, Got: "aws5_request", Want: "aws4_request"}},
		{"day", "cloudtrail", nil, replace("20260131", "20260130"), Failure{Kind: ScopeDate, Got: "20260130", Want: "20260131", Time: testNow}},
		{"day in other digits", "cloudtrail", nil, replace("20260131", "2026013"), Failure{Kind: ScopeDate, Got: "2026013", Want: "20260131", Time: testNow}},
		{"host", "cloudtrail", nil, replace("SignedHeaders=host;", "SignedHeaders="), Failure{Kind: HeaderNotSigned, Lacks: []string{"host"}}},
		{"target", "cloudtrail", nil, replace(";x-amz-target", ""), Failure{Kind: HeaderNotSigned, Lacks: []string{"x-amz-target"}}},
		{"headers", "s3", nil, func(r *http.Request) { add("X-Amz-Meta-B", "1")(r); add("X-Amz-Acl", "1")(r) }, Failure{Kind: HeaderNotSigned, Lacks: []string{"x-amz-acl", "x-amz-meta-b"}}},
		{"payload", "cloudtrail", add("X-Amz-Content-Sha256", EmptyPayload), nil, Failure{Kind: PayloadMismatch, Got: EmptyPayload, Want: PayloadHash([]byte("{}"))}},
		{"payload unsigned", "cloudtrail", add("X-Amz-Content-Sha256", UnsignedPayload), nil, Failure{Kind: PayloadMismatch, Got: UnsignedPayload, Want: PayloadHash([]byte("{}"))}},
		{"no payload", "s3", nil, func(r *http.Request) { r.Header.Del("X-Amz-Content-Sha256") }, Failure{Kind: PayloadMissing}},
		{"payload", "s3", nil, add("X-Amz-Content-Sha256", "x"), Failure{Kind: PayloadInvalid, Got: "x"}},
		{"asymmetric chunks", "s3", nil, add("X-Amz-Content-Sha256", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"), Failure{Kind: PayloadInvalid, Got: "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"}},
	}
	for _, tt := range tests {
		r := signed(tt.service, tt.before)
		if tt.after != nil {
			tt.after(r)
		}
		tt.want.AccessKey = testKey
		_, err := check(r, testNow, testSecret)
		if got, ok := err.(*Failure); !ok || !reflect.DeepEqual(*got, tt.want) {
			t.Errorf("%s of %s:\n got %+v\nwant %+v", tt.name, tt.service, err, tt.want)
		}
	}
}

// TestMismatch sees that the answer lets the client compare what was signed.
func TestMismatch(t *testing.T) {
	r := signed("cloudtrail", nil)
	_, err := check(r, testNow, "another secret")
	f, ok := err.(*Failure)
	want := "POST\n/\n\nhost:h.example.com\nx-amz-date:20260131T021011Z\nx-amz-target:CloudTrail_20131101.ListTrails\n\n" +
		"host;x-amz-date;x-amz-target\n" + PayloadHash([]byte("{}"))
	if !ok || f.Kind != Mismatch || f.CanonicalRequest != want ||
		f.StringToSign != "AWS4-HMAC-SHA256\n20260131T021011Z\n20260131/us-east-2/cloudtrail/aws4_request\n"+PayloadHash([]byte(want)) {
		t.Errorf("got %+v%s", f, details(err))
	}
}

func TestWrongRegion(t *testing.T) {
	s := &Signature{AccessKey: "A", Service: "s3", Region: "us-east-1", Presigned: true}
	want := Failure{Kind: ScopeRegion, Got: "us-east-1", Want: "eu-west-1", Presigned: true, AccessKey: "A"}
	if f, ok := s.WrongRegion("eu-west-1").(*Failure); !ok || !reflect.DeepEqual(*f, want) {
		t.Errorf("got %+v, want %+v", f, want)
	}
}

// TestSecretChanges sees that a remembered key is not used for a new secret,
// nor a new key for the old one.
func TestSecretChanges(t *testing.T) {
	var v Verifier
	verify := func(secret string) error {
		r := signed("cloudtrail", nil)
		s, err := Parse(r)
		if err != nil {
			t.Fatal(err)
		}
		return v.Verify(s, r, []byte("{}"), testNow, secret)
	}
	for range 2 {
		if err := verify(testSecret); err != nil {
			t.Error(err)
		}
		if err := verify("rotated"); kindOf(err) != Mismatch {
			t.Errorf("the old secret's signature passes: %v", err)
		}
	}
}

// TestUnprovenKeysAreNotRemembered sees that only those who know a secret can
// fill the keyring.
func TestUnprovenKeysAreNotRemembered(t *testing.T) {
	var v Verifier
	r := signed("cloudtrail", nil)
	s, err := Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Verify(s, r, []byte("{}"), testNow, "another"); err == nil || len(v.keys.young) != 0 {
		t.Errorf("%v, %d keys", err, len(v.keys.young))
	}
}

func TestKeyringIsBounded(t *testing.T) {
	var k keyring
	used := keyID{scope: "used"}
	k.put(used, &signingKey{1})
	for i := range 5 * maxKeys {
		id := keyID{scope: fmt.Sprint(i)}
		k.put(id, &signingKey{2})
		if k.get(id) == nil {
			t.Fatalf("key %d is forgotten at once", i)
		}
		if i%1000 == 0 && k.get(used) == nil {
			t.Fatalf("a key in use is forgotten after %d others", i)
		}
		if n := len(k.young) + len(k.old); n > 2*maxKeys {
			t.Fatalf("%d keys", n)
		}
	}
	if k.get(keyID{scope: "0"}) != nil {
		t.Error("an idle key is kept for ever")
	}
	if k.get(keyID{secret: [32]byte{1}, scope: "used"}) != nil {
		t.Error("another secret gets the key")
	}
}

func TestVerifyConcurrently(t *testing.T) {
	all := readVectors(t)
	var v Verifier
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 200 {
				vec := all.Cases[(i+j)%len(all.Cases)]
				secret, want := all.Secret, Kind(0)
				if j%7 == 0 {
					secret, want = "another", Mismatch
				}
				r := vec.request(t)
				s, err := Parse(r)
				if err == nil {
					err = v.Verify(s, r, []byte(vec.Body), all.Now, secret)
				}
				if kindOf(err) != want {
					t.Errorf("%s: %v", vec.Name, err)
				}
			}
		})
	}
	group.Wait()
}
