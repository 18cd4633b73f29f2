package sigv4

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

const (
	testKey    = "AKIDEXAMPLE"
	testSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
)

// vectors are requests that botocore signed at a fixed time, as they stood on
// the wire.
type vectors struct {
	AccessKey, Secret string
	Now               time.Time
	Cases             []vector
}

type vector struct {
	Name, Service, Region string
	Request               string // request line and headers
	Body                  string // as sent
	Decoded               *string
	Token                 string
	Expires               int
}

func readVectors(t testing.TB) vectors {
	t.Helper()
	text, err := os.ReadFile("testdata/requests.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func (v *vector) request(t testing.TB) *http.Request {
	t.Helper()
	return readRequest(t, v.Request+v.Body)
}

func (v *vector) decoded() string {
	if v.Decoded != nil {
		return *v.Decoded
	}
	return v.Body
}

// readRequest reads a request as a server does.
func readRequest(t testing.TB, raw string) *http.Request {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// check does all that a server does with a request, and returns its body.
func check(r *http.Request, now time.Time, secret string) (body string, err error) {
	if r.Body == nil { // as of a request that was not received
		r.Body = http.NoBody
	}
	s, err := Parse(r)
	if err != nil || s == nil {
		return "", err
	}
	var v Verifier
	if !s.isS3() {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return "", err
		}
		return string(text), v.Verify(s, r, text, now, secret)
	}
	if err := v.Verify(s, r, nil, now, secret); err != nil {
		return "", err
	}
	b, err := NewBody(r, s)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(b)
	return string(text), err
}

func TestVectors(t *testing.T) {
	all := readVectors(t)
	for _, v := range all.Cases {
		t.Run(v.Name, func(t *testing.T) {
			r := v.request(t)
			s, err := Parse(r)
			if err != nil {
				t.Fatal(err)
			}
			if s.AccessKey != all.AccessKey || s.Service != v.Service || s.Region != v.Region || s.Token != v.Token ||
				!s.Time.Equal(all.Now) || s.Expires != time.Duration(v.Expires)*time.Second || s.Presigned != (v.Expires > 0) {
				t.Errorf("parsed %+v", s)
			}
			got, err := check(r, all.Now, all.Secret)
			if err != nil {
				t.Fatalf("refused: %v%s", err, details(err))
			}
			if want := v.decoded(); got != want {
				t.Errorf("body is %d bytes %.80q, want %d bytes %.80q", len(got), got, len(want), want)
			}
			if _, err := check(v.request(t), all.Now, "another secret"); err == nil {
				t.Error("another secret is accepted")
			}
		})
	}
}

// details are the inputs of a signature that did not match.
func details(err error) string {
	if f, ok := err.(*Failure); ok {
		return "\n" + f.CanonicalRequest + "\n" + f.StringToSign
	}
	return ""
}

// newText is the body of a request.
func newText(s string) io.ReadCloser { return io.NopCloser(strings.NewReader(s)) }
