package sigv4

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	terminator = "aws4_request"
	stampForm  = "20060102T150405Z"
	dayForm    = "20060102"

	// maxSignedHeaders bounds the list of signed headers, which is searched for
	// every header that has to be in it. S3 takes 8 KB of headers in all.
	maxSignedHeaders = 8 << 10

	// maxExpires is how long a presigned URL can be good for.
	maxExpires = 7 * 24 * time.Hour
)

// Signature is what a request says of who signed it, when and for what. It
// is a claim until Verify has returned nil for it.
type Signature struct {
	AccessKey string
	// Date, Region, Service and Terminator are the scope that the signing
	// key was derived for.
	Date, Region, Service, Terminator string
	// SignedHeaders are the lower-case names, joined with semicolons.
	SignedHeaders string
	Token         string    // session token, "" for long-term keys
	Time          time.Time // X-Amz-Date, or else Date, in whole seconds
	// PayloadHash is x-amz-content-sha256 as sent: a hash or one of the
	// Payload constants. A presigned call to S3 without it has
	// UnsignedPayload, other calls without it have "".
	PayloadHash string
	Presigned   bool
	Expires     time.Duration // of a presigned URL; 0 when it does not say

	stamp     string // Time as it was signed
	scope     string // 20260131/us-east-1/s3/aws4_request
	signature string

	accepted bool
	key      *signingKey // set by Verify
}

// Parse takes the signature of a request apart, from its Authorization header
// or its query. It returns nil and no error for a request that carries none.
//
// With an error it still returns what could be read, so that a caller who
// chooses the protocol by the scope's service can choose: Service is "" when
// the credential was unreadable.
func Parse(r *http.Request) (*Signature, error) {
	header := r.Header["Authorization"]
	if len(header) == 1 && header[0] == "" {
		header = nil
	}
	switch inQuery := queryScheme(r.URL.RawQuery); {
	case len(header) > 1, len(header) == 1 && inQuery != unsigned:
		return nil, &Failure{Kind: Ambiguous}
	case inQuery == version2:
		return nil, &Failure{Kind: Legacy, Presigned: true}
	case inQuery == version4:
		s := &Signature{Presigned: true}
		return s, s.parseQuery(r)
	case len(header) == 1:
		s := &Signature{}
		return s, s.parseHeader(r, header[0])
	}
	return nil, nil
}

// Accept takes the signature as good without a look at it. It is for the
// development mode, where unknown keys may call; the signatures of chunks are
// then not checked either.
func (s *Signature) Accept() { s.accepted = true }

// WrongRegion is the failure of a scope that names no region of this server;
// want is one of them.
func (s *Signature) WrongRegion(want string) error {
	return s.failure(Failure{Kind: ScopeRegion, Got: s.Region, Want: want})
}

func (s *Signature) isS3() bool { return s.Service == "s3" }

// failure completes f with what every failure of this signature says. What
// the client sent is cut short, because it comes back in the answer.
func (s *Signature) failure(f Failure) error {
	f.Presigned, f.AccessKey = s.Presigned, clip(s.AccessKey)
	f.Got = clip(f.Got)
	for i := range f.Lacks {
		f.Lacks[i] = clip(f.Lacks[i])
	}
	return &f
}

func clip(s string) string {
	const enough = 256
	if len(s) > enough {
		return strings.ToValidUTF8(s[:enough], "") + "..."
	}
	return s
}

func (s *Signature) parseHeader(r *http.Request, header string) error {
	rest, ok := strings.CutPrefix(header, algorithm)
	if !ok || rest != "" && rest[0] != ' ' {
		scheme, _, _ := strings.Cut(header, " ")
		if scheme == "AWS" {
			return &Failure{Kind: Legacy}
		}
		return &Failure{Kind: Unsupported, Got: schemeName(scheme)}
	}
	var credential string
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.Trim(part, " "), "=")
		switch name {
		case "Credential":
			credential = value
		case "SignedHeaders":
			s.SignedHeaders = value
		case "Signature":
			s.signature = value
		}
	}
	s.Token = first(r.Header["X-Amz-Security-Token"])
	s.PayloadHash = first(r.Header["X-Amz-Content-Sha256"])
	date := first(r.Header["X-Amz-Date"])
	if date == "" {
		date = first(r.Header["Date"])
	}
	return s.complete(credential, date,
		named{"Credential", credential}, named{"Signature", s.signature},
		named{"SignedHeaders", s.SignedHeaders}, named{"Date", date})
}

func (s *Signature) parseQuery(r *http.Request) error {
	raw := r.URL.RawQuery
	credential, date := queryValue(raw, "X-Amz-Credential"), queryValue(raw, "X-Amz-Date")
	alg, expires := queryValue(raw, "X-Amz-Algorithm"), queryValue(raw, "X-Amz-Expires")
	s.SignedHeaders = queryValue(raw, "X-Amz-SignedHeaders")
	s.signature = queryValue(raw, "X-Amz-Signature")
	s.Token = queryValue(raw, "X-Amz-Security-Token")
	s.PayloadHash = queryValue(raw, "X-Amz-Content-Sha256")
	if s.PayloadHash == "" {
		s.PayloadHash = first(r.Header["X-Amz-Content-Sha256"])
	}
	if alg != "" && alg != algorithm {
		return s.failure(Failure{Kind: Unsupported, Got: alg})
	}
	if err := s.complete(credential, date,
		named{"X-Amz-Algorithm", alg}, named{"X-Amz-Credential", credential},
		named{"X-Amz-Signature", s.signature}, named{"X-Amz-SignedHeaders", s.SignedHeaders},
		named{"X-Amz-Date", date}); err != nil {
		return err
	}
	if s.isS3() {
		if expires == "" {
			return s.failure(Failure{Kind: Incomplete, Lacks: []string{"X-Amz-Expires"}})
		}
		if s.PayloadHash == "" {
			s.PayloadHash = UnsignedPayload
		}
	}
	return s.parseExpires(expires)
}

func (s *Signature) parseExpires(seconds string) error {
	if seconds == "" {
		return nil
	}
	n, err := strconv.Atoi(seconds)
	if err != nil || n < 1 || n > int(maxExpires/time.Second) {
		return s.failure(Failure{Kind: BadExpires, Got: seconds})
	}
	s.Expires = time.Duration(n) * time.Second
	return nil
}

// named is a part of a signature that must be there.
type named struct{ name, value string }

// complete reads the credential and the date, after it has seen that no
// required part is missing. It reads the credential first, so that its
// service is known whatever else is wrong.
func (s *Signature) complete(credential, date string, required ...named) error {
	wellFormed := s.parseCredential(credential)
	var lacks []string
	for _, part := range required {
		if part.value == "" {
			lacks = append(lacks, part.name)
		}
	}
	if len(s.SignedHeaders) > maxSignedHeaders {
		lacks = append(lacks, "SignedHeaders")
	}
	switch {
	case lacks != nil:
		return s.failure(Failure{Kind: Incomplete, Lacks: lacks})
	case !wellFormed:
		return s.failure(Failure{Kind: BadCredential, Got: credential})
	case !s.parseDate(date):
		return s.failure(Failure{Kind: BadDate, Got: date})
	}
	return nil
}

// parseCredential reads key/date/region/service/terminator.
func (s *Signature) parseCredential(c string) (ok bool) {
	if strings.Count(c, "/") != 4 {
		return false
	}
	s.AccessKey, s.scope, _ = strings.Cut(c, "/")
	s.Date, c, _ = strings.Cut(s.scope, "/")
	s.Region, c, _ = strings.Cut(c, "/")
	s.Service, s.Terminator, _ = strings.Cut(c, "/")
	return s.AccessKey != "" && s.Date != "" && s.Region != "" && s.Service != ""
}

// parseDate reads the basic form of ISO 8601, which is signed as it was sent,
// or any form of an HTTP Date, which is signed in the basic form.
func (s *Signature) parseDate(date string) (ok bool) {
	if t, err := time.Parse(stampForm, date); err == nil && len(date) == len(stampForm) {
		s.Time, s.stamp = t, date
		return true
	}
	t, err := http.ParseTime(date)
	if err != nil {
		return false
	}
	s.Time = t.UTC()
	s.stamp = s.Time.Format(stampForm)
	return true
}

// The ways in which a query can carry a signature.
const (
	unsigned = iota
	version2
	version4
)

// queryScheme tells which kind of signature a query carries. One parameter
// of a kind is enough: a half of a signature is an error and not a call
// without one.
func queryScheme(raw string) int {
	scheme := unsigned
	for name := range params(raw) {
		switch name {
		case "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature":
			return version4
		case "AWSAccessKeyId":
			scheme = version2
		}
	}
	return scheme
}

// queryValue returns the decoded value of a parameter, the first if there are
// several, or "".
func queryValue(raw, name string) string {
	for n, v := range params(raw) {
		if n != name {
			continue
		}
		if decoded, err := url.QueryUnescape(v); err == nil {
			return decoded
		}
		return v
	}
	return ""
}

// params ranges over the parameters of a query, as they were sent.
func params(raw string) func(yield func(name, value string) bool) {
	return func(yield func(name, value string) bool) {
		for raw != "" {
			var p string
			p, raw, _ = strings.Cut(raw, "&")
			if p == "" {
				continue
			}
			name, value, _ := strings.Cut(p, "=")
			if !yield(name, value) {
				return
			}
		}
	}
}

// schemeName is the scheme of an Authorization header if it looks like one:
// what is no scheme may be a secret, and is not repeated.
func schemeName(s string) string {
	if len(s) > 32 {
		return ""
	}
	return s
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}
