package sigv4

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// FuzzParse parses and verifies any header, date and query: nothing panics,
// and nothing without the right signature passes.
func FuzzParse(f *testing.F) {
	f.Add(authorization, "20260131T021011Z", "a=b", "/", "v")
	f.Add("AWS AKID:c2ln", "", "AWSAccessKeyId=x", "//..//", "")
	f.Add("", "", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a%2F20260131%2Fr%2Fs3%2Faws4_request&X-Amz-Date=20260131T021011Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host%3Bcontent-length&X-Amz-Signature=00", "/%", " \t ")
	f.Fuzz(func(t *testing.T, authorization, date, query, path, value string) {
		r := &http.Request{Method: "GET", Host: "h", ContentLength: -1, URL: &url.URL{Path: path, RawQuery: query}, Header: http.Header{}}
		if authorization != "" {
			r.Header.Set("Authorization", authorization)
		}
		r.Header.Set("X-Amz-Date", date)
		r.Header.Set("X-Amz-Meta-A", value)
		s, err := Parse(r)
		for _, family := range []Family{JSON, Query, S3} {
			if e := Refusal(err, family); err != nil && (e == nil || e.Code == "" || e.Message == "") {
				t.Errorf("%v becomes %v", err, e)
			}
		}
		if err != nil || s == nil {
			return
		}
		var v Verifier
		if err := v.Verify(s, r, nil, s.Time, testSecret); err == nil {
			t.Errorf("accepted %+v", s)
		}
	})
}

// FuzzBody decodes any bytes as every form of aws-chunked. What is handed out
// is no more than was announced, and what is accepted has its checksum.
func FuzzBody(f *testing.F) {
	forms := []upload{
		{payload: StreamingSigned},
		{payload: StreamingSignedTrailer, trailer: "x-amz-checksum-crc32c"},
		{payload: StreamingUnsignedTrailer, trailer: "x-amz-checksum-crc32c"},
		{payload: StreamingUnsignedTrailer},
	}
	for i, u := range forms {
		u.content, u.chunk = "Hello, chunks!", minChunk
		f.Add(byte(i), []byte(u.encode()), uint16(len(u.content)))
		u.content = strings.Repeat("x", minChunk+5)
		f.Add(byte(i), []byte(u.encode()), uint16(len(u.content)))
	}
	f.Fuzz(func(t *testing.T, form byte, raw []byte, announced uint16) {
		u := forms[int(form)%len(forms)]
		u.length = new(int64(announced))
		r, s := u.request(t, string(raw))
		if form >= 128 {
			s.key = nil // accepted unchecked, so that the framing is reached
		}
		b, err := NewBody(r, s)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(b)
		if len(got) > int(announced) || err == nil && len(got) != int(announced) {
			t.Errorf("%d of %d bytes, %v", len(got), announced, err)
		}
		if err == nil && u.trailer != "" && b.Trailer().Get(u.trailer) != checksumOf(u.trailer, string(got)) {
			t.Errorf("accepted with %v", b.Trailer())
		}
	})
}

// FuzzCanonicalQuery sees that a query's canonical form is its own canonical
// form.
func FuzzCanonicalQuery(f *testing.F) {
	for _, q := range []string{"", "a", "b=2&a=1&a=", "%zz=+&&=x", "a%2Fb=%e6%97%a5", "a=1=2"} {
		f.Add(q)
	}
	canonicalQuery := func(raw string) string {
		var c canonical
		c.sortedQuery(raw)
		return string(c.text)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		once := canonicalQuery(raw)
		if twice := canonicalQuery(once); twice != once {
			t.Errorf("%q becomes %q becomes %q", raw, once, twice)
		}
	})
}
