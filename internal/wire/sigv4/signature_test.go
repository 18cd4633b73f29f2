package sigv4

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
)

const authorization = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260131/us-east-2/cloudtrail/aws4_request, SignedHeaders=host;x-amz-date, Signature=00"

func TestParseFailures(t *testing.T) {
	presigned := "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20260131%2Fus-east-2%2Fs3%2Faws4_request&X-Amz-Date=20260131T021011Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=00"
	without := func(name string) string {
		var kept []string
		for p := range strings.SplitSeq(presigned, "&") {
			if !strings.HasPrefix(p, name+"=") {
				kept = append(kept, p)
			}
		}
		return strings.Join(kept, "&")
	}
	tests := []struct {
		name, header, date, query string
		want                      Kind
		lacks                     []string
	}{
		{"good", authorization, "20260131T021011Z", "", 0, nil},
		{"good, no blanks", strings.ReplaceAll(authorization, ", ", ","), "20260131T021011Z", "", 0, nil},
		{"good, HTTP date", authorization, "Sat, 31 Jan 2026 02:10:11 GMT", "", 0, nil},
		{"good url", "", "", presigned, 0, nil},
		{"nothing", "", "", "a=b", 0, nil},
		{"version 2 header", "AWS AKID:c2ln", "", "", Legacy, nil},
		{"version 2 url", "", "", "AWSAccessKeyId=AKID&Signature=x&Expires=1", Legacy, nil},
		{"basic", "Basic dTpw", "", "", Unsupported, nil},
		{"asymmetric", "AWS4-ECDSA-P256-SHA256 Credential=a", "", "", Unsupported, nil},
		{"longer name", "AWS4-HMAC-SHA256X Credential=a", "", "", Unsupported, nil},
		{"asymmetric url", "", "", "X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256", Unsupported, nil},
		{"both", authorization, "20260131T021011Z", presigned, Ambiguous, nil},
		{"header and version 2 url", authorization, "20260131T021011Z", "AWSAccessKeyId=A", Ambiguous, nil},
		{"nothing but the name", "AWS4-HMAC-SHA256", "", "", Incomplete, []string{"Credential", "Signature", "SignedHeaders", "Date"}},
		{"no signature", strings.TrimSuffix(authorization, ", Signature=00"), "20260131T021011Z", "", Incomplete, []string{"Signature"}},
		{"no date", authorization, "", "", Incomplete, []string{"Date"}},
		{"too many headers", strings.Replace(authorization, "host", "host"+strings.Repeat(";a", 5000), 1), "20260131T021011Z", "", Incomplete, []string{"SignedHeaders"}},
		{"short credential", strings.Replace(authorization, "/cloudtrail", "", 1), "20260131T021011Z", "", BadCredential, nil},
		{"long credential", strings.Replace(authorization, "/cloudtrail", "/cloud/trail", 1), "20260131T021011Z", "", BadCredential, nil},
		{"empty key", strings.Replace(authorization, "AKIDEXAMPLE", "", 1), "20260131T021011Z", "", BadCredential, nil},
		{"bad date", authorization, "2026-01-31T02:10:11Z", "", BadDate, nil},
		{"date with a fraction", authorization, "20260131T021011.5Z", "", BadDate, nil},
		{"no such day", authorization, "20260231T021011Z", "", BadDate, nil},
		{"url without algorithm", "", "", without("X-Amz-Algorithm"), Incomplete, []string{"X-Amz-Algorithm"}},
		{"url without credential", "", "", without("X-Amz-Credential"), Incomplete, []string{"X-Amz-Credential"}},
		{"url without signature", "", "", without("X-Amz-Signature"), Incomplete, []string{"X-Amz-Signature"}},
		{"url without headers", "", "", without("X-Amz-SignedHeaders"), Incomplete, []string{"X-Amz-SignedHeaders"}},
		{"url without date", "", "", without("X-Amz-Date"), Incomplete, []string{"X-Amz-Date"}},
		{"url without expires", "", "", without("X-Amz-Expires"), Incomplete, []string{"X-Amz-Expires"}},
		{"service url without expires", "", "", strings.Replace(without("X-Amz-Expires"), "s3", "sts", 1), 0, nil},
		{"expires in no time", "", "", strings.Replace(presigned, "Expires=60", "Expires=0", 1), BadExpires, nil},
		{"expires before", "", "", strings.Replace(presigned, "Expires=60", "Expires=-60", 1), BadExpires, nil},
		{"expires in a week", "", "", strings.Replace(presigned, "Expires=60", "Expires=604800", 1), 0, nil},
		{"expires after a week", "", "", strings.Replace(presigned, "Expires=60", "Expires=604801", 1), BadExpires, nil},
		{"expires in words", "", "", strings.Replace(presigned, "Expires=60", "Expires=soon", 1), BadExpires, nil},
		{"expires in eternity", "", "", strings.Replace(presigned, "Expires=60", "Expires=99999999999999999999", 1), BadExpires, nil},
	}
	for _, tt := range tests {
		r, _ := http.NewRequest("GET", "http://h/?"+tt.query, nil)
		if tt.header != "" {
			r.Header.Set("Authorization", tt.header)
		}
		if tt.date != "" {
			r.Header.Set("X-Amz-Date", tt.date)
		}
		s, err := Parse(r)
		var lacks []string
		if f, ok := err.(*Failure); ok {
			lacks = f.Lacks
		}
		if kindOf(err) != tt.want || !reflect.DeepEqual(lacks, tt.lacks) {
			t.Errorf("%s: kind %d lacking %q, want kind %d lacking %q", tt.name, kindOf(err), lacks, tt.want, tt.lacks)
		}
		if err == nil && (s == nil) != (tt.name == "nothing") {
			t.Errorf("%s: signature is %+v", tt.name, s)
		}
	}
}

// TestParseTellsTheService sees that a refusal can be put in the words of the
// right service although the signature is incomplete.
func TestParseTellsTheService(t *testing.T) {
	r, _ := http.NewRequest("GET", "http://h/", nil)
	r.Header.Set("Authorization", strings.TrimSuffix(authorization, ", Signature=00"))
	s, err := Parse(r)
	if kindOf(err) != Incomplete || s.Service != "cloudtrail" {
		t.Errorf("got %+v, %v", s, err)
	}
}

// TestFailuresAreShort sees that an answer does not grow with what was sent.
func TestFailuresAreShort(t *testing.T) {
	r, _ := http.NewRequest("GET", "http://h/", nil)
	r.Header.Set("Authorization", strings.Replace(authorization, "cloudtrail", strings.Repeat("é/", 1000), 1))
	r.Header.Set("X-Amz-Date", "20260131T021011Z")
	_, err := Parse(r)
	if text := err.Error(); kindOf(err) != BadCredential || len(text) > 500 || !strings.Contains(text, "é/...") {
		t.Errorf("%d bytes: %v", len(text), err)
	}
}
