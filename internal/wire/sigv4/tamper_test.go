package sigv4

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// tampering is a change to a signed request that must not go unseen.
type tampering struct {
	name   string
	change func(*http.Request)
}

// tamperings lists a change to every part of a request that is signed.
func tamperings(r *http.Request, s *Signature) []tampering {
	list := []tampering{
		{"method", func(r *http.Request) { r.Method = "DELETE" }},
		{"path", func(r *http.Request) { r.URL.Path, r.URL.RawPath = r.URL.Path+"x", "" }},
		{"path segment", func(r *http.Request) { r.URL.Path, r.URL.RawPath = "/x"+r.URL.Path, "" }},
		{"query parameter added", func(r *http.Request) { r.URL.RawQuery += "&x=1" }},
		{"x-amz header added", func(r *http.Request) { r.Header.Set("X-Amz-Grant-Read", "everyone") }},
		{"host", func(r *http.Request) { r.Host += "x" }},
	}
	for name, value := range params(r.URL.RawQuery) {
		list = append(list,
			tampering{"value of " + name, func(r *http.Request) {
				sent := strings.TrimSuffix(name+"="+value, "=")
				r.URL.RawQuery = strings.Replace(r.URL.RawQuery, sent, name+"="+value+"1", 1)
			}},
			tampering{"name " + name, func(r *http.Request) {
				r.URL.RawQuery = strings.Replace(r.URL.RawQuery, name, name+"1", 1)
			}},
		)
	}
	for name := range strings.SplitSeq(s.SignedHeaders, ";") {
		if name == "host" {
			continue
		}
		list = append(list,
			tampering{"value of " + name, func(r *http.Request) { r.Header.Set(name, r.Header.Get(name)+"x") }},
			tampering{"second " + name, func(r *http.Request) { r.Header.Add(name, "x") }},
			tampering{"without " + name, func(r *http.Request) { r.Header.Del(name) }},
		)
	}
	for _, part := range []string{s.Date, s.Region, s.Service, s.Terminator, s.signature, s.SignedHeaders} {
		list = append(list, tampering{"scope or signature: " + part, func(r *http.Request) {
			header := r.Header.Get("Authorization")
			if header != "" {
				r.Header.Set("Authorization", strings.Replace(header, part, part+"0", 1))
				return
			}
			part := url.QueryEscape(part)
			r.URL.RawQuery = strings.Replace(r.URL.RawQuery, part, part+"0", 1)
		}})
	}
	return list
}

func TestTampering(t *testing.T) {
	all := readVectors(t)
	for _, v := range all.Cases {
		t.Run(v.Name, func(t *testing.T) {
			r := v.request(t)
			s, err := Parse(r)
			if err != nil {
				t.Fatal(err)
			}
			for _, tamper := range tamperings(r, s) {
				r := v.request(t)
				before := r.Header.Get("Authorization") + r.URL.RawQuery
				tamper.change(r)
				if strings.HasPrefix(tamper.name, "scope") && before == r.Header.Get("Authorization")+r.URL.RawQuery {
					t.Errorf("%s: not changed", tamper.name)
				}
				if _, err := check(r, all.Now, all.Secret); err == nil {
					t.Errorf("%s changed and accepted", tamper.name)
				}
			}
		})
	}
}

// TestTamperedSignature changes every digit of a signature.
func TestTamperedSignature(t *testing.T) {
	all := readVectors(t)
	v := all.find(t, "json call")
	s, err := Parse(v.request(t))
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(s.signature) {
		changed := *s
		digit := byte('0')
		if s.signature[i] == digit {
			digit = 'f'
		}
		changed.signature = s.signature[:i] + string(digit) + s.signature[i+1:]
		var verifier Verifier
		if err := verifier.Verify(&changed, v.request(t), []byte(v.Body), all.Now, all.Secret); kindOf(err) != Mismatch {
			t.Errorf("digit %d: %v", i, err)
		}
	}
}

// TestTamperedBody changes every byte of every body that is signed: where it
// is not seen, it is in the framing and not in the content.
func TestTamperedBody(t *testing.T) {
	all := readVectors(t)
	for _, v := range all.Cases {
		if v.Body == "" || len(v.Body) > 1000 || strings.Contains(v.Request, UnsignedPayload) || v.Name == "s3 presigned put" {
			continue
		}
		for i := range len(v.Body) {
			changed := v
			changed.Body = v.Body[:i] + string(v.Body[i]^1) + v.Body[i+1:]
			got, err := check(changed.request(t), all.Now, all.Secret)
			if err == nil && (v.Decoded == nil || got != *v.Decoded) {
				t.Errorf("%s: byte %d (%q) changed and accepted", v.Name, i, v.Body[i])
			}
		}
		for _, body := range []string{v.Body[:len(v.Body)/2], v.Body + "x"} {
			r := readRequest(t, v.Request)
			r.Body, r.ContentLength = newText(body), int64(len(body))
			if _, err := check(r, all.Now, all.Secret); err == nil {
				t.Errorf("%s: body of %d instead of %d bytes accepted", v.Name, len(body), len(v.Body))
			}
		}
	}
}
