package sigv4

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// every form of body that S3 takes.
func everyForm(content string, chunk int) map[string]upload {
	forms := map[string]upload{
		"unsigned":     {payload: UnsignedPayload, content: content},
		"hash":         {payload: PayloadHash([]byte(content)), content: content},
		"HASH":         {payload: strings.ToUpper(PayloadHash([]byte(content))), content: content},
		"signed":       {payload: StreamingSigned, content: content, chunk: chunk},
		"no checksum":  {payload: StreamingUnsignedTrailer, content: content, chunk: chunk},
		"only a chain": {payload: StreamingSignedTrailer, content: content, chunk: chunk},
		"empty line":   {payload: StreamingSignedTrailer, content: content, chunk: chunk, trailer: "x-amz-checksum-crc32", blank: true},
	}
	for name := range checksums {
		trailer := checksumPrefix + name
		forms["signed "+name] = upload{payload: StreamingSignedTrailer, content: content, chunk: chunk, trailer: trailer}
		forms["unsigned "+name] = upload{payload: StreamingUnsignedTrailer, content: content, chunk: chunk, trailer: trailer}
	}
	return forms
}

func TestBody(t *testing.T) {
	for _, size := range []int{0, 1, minChunk, minChunk + 1, 3*minChunk + 100} {
		content := strings.Repeat("0123456789", size/10+1)[:size]
		for name, u := range everyForm(content, minChunk) {
			r, s := u.request(t, u.encode())
			b, err := NewBody(r, s)
			if err != nil {
				t.Fatalf("%s of %d: %v", name, size, err)
			}
			if b.Length() != int64(size) || b.chunked != isStreaming(u.payload) {
				t.Errorf("%s of %d: length %d, chunked %v", name, size, b.Length(), b.chunked)
			}
			// The reader's own test reads it in pieces of many sizes.
			if err := iotest.TestReader(b, []byte(content)); err != nil {
				t.Errorf("%s of %d: %v", name, size, err)
			}
			want := ""
			if u.trailer != "" {
				want = checksumOf(u.trailer, content)
			}
			if got := b.Trailer().Get(u.trailer); got != want || len(b.Trailer()) > 1 {
				t.Errorf("%s of %d: trailer %v, want %s %q", name, size, b.Trailer(), u.trailer, want)
			}
		}
	}
}

// TestBodyInPieces gets the body from the connection byte by byte.
func TestBodyInPieces(t *testing.T) {
	content := strings.Repeat("0123456789", 2000)
	for name, u := range everyForm(content, minChunk) {
		r, s := u.request(t, u.encode())
		r.Body = io.NopCloser(iotest.OneByteReader(r.Body))
		b, err := NewBody(r, s)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(b); err != nil || string(got) != content {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

// checkBody reads a body to its end and returns its error's code. It fails
// the test if a body that is refused was handed out in full.
func checkBody(t *testing.T, r *http.Request, s *Signature) string {
	t.Helper()
	b, err := NewBody(r, s)
	if err != nil {
		return code(t, err)
	}
	var got bytes.Buffer
	_, err = io.CopyBuffer(struct{ io.Writer }{&got}, b, make([]byte, 512))
	if err != nil && int64(got.Len()) >= b.Length() && b.Length() > 0 {
		t.Errorf("%v, after all %d bytes", err, got.Len())
	}
	if n, again := b.Read(make([]byte, 1)); n != 0 || err != nil && again != err {
		t.Errorf("after %v: %d bytes, %v", err, n, again)
	}
	if err != nil && b.Trailer() != nil {
		t.Errorf("a trailer after %v", err)
	}
	return code(t, err)
}

// code returns the AWS code of a refusal, which every refusal must have.
func code(t *testing.T, err error) string {
	t.Helper()
	if err != nil && aws.CodeOf(err) == "" {
		t.Errorf("%v (%T) has no code", err, err)
	}
	return aws.CodeOf(err)
}

func TestBodyRefusals(t *testing.T) {
	content := strings.Repeat("0123456789", 2000)
	hash := upload{payload: PayloadHash([]byte(content)), content: content}
	chunks := upload{payload: StreamingSigned, content: content, chunk: minChunk}
	trailer := upload{payload: StreamingSignedTrailer, content: content, chunk: minChunk, trailer: "x-amz-checksum-crc32"}
	plain := upload{payload: StreamingUnsignedTrailer, content: content, chunk: minChunk, trailer: "x-amz-checksum-crc32"}
	with := func(u upload, change func(*upload)) upload { change(&u); return u }
	length := func(n int) func(*upload) { return func(u *upload) { u.length = new(int64(n)) } }
	value := func(v string) func(*upload) { return func(u *upload) { u.value = v } }
	keep := func(s string) string { return s }
	replace := func(old, new string) func(string) string {
		return func(s string) string { return strings.Replace(s, old, new, 1) }
	}
	tests := []struct {
		name   string
		upload upload
		change func(string) string
		want   string
	}{
		{"right", trailer, keep, ""},
		{"another body", hash, replace("0", "1"), "XAmzContentSHA256Mismatch"},
		{"another last byte", hash, func(s string) string { return s[:len(s)-1] + "x" }, "XAmzContentSHA256Mismatch"},

		{"changed chunk", chunks, replace("\r\n0123", "\r\n1123"), "SignatureDoesNotMatch"},
		{"changed last byte", chunks, replace("9\r\n0;", "8\r\n0;"), "SignatureDoesNotMatch"},
		{"changed signature", chunks, replace("chunk-signature=", "chunk-signature=0"), "SignatureDoesNotMatch"},
		{"no signature", chunks, func(s string) string { return s[:4] + s[4+1+len("chunk-signature=")+64:] }, "SignatureDoesNotMatch"},
		{"last chunk unsigned", chunks, func(s string) string { return s[:strings.LastIndex(s, ";")] + "\r\n\r\n" }, "SignatureDoesNotMatch"},
		{"cut off", chunks, func(s string) string { return s[:len(s)/2] }, "IncompleteBody"},
		{"cut before the last chunk", chunks, func(s string) string { return s[:strings.LastIndex(s, "0;")] }, "IncompleteBody"},
		{"empty", chunks, func(string) string { return "" }, "IncompleteBody"},
		{"more after the end", chunks, func(s string) string { return s + "x" }, "IncompleteBody"},
		{"no size", chunks, replace("2000;", ";"), "IncompleteBody"},
		{"negative size", chunks, replace("2000;", "-2000;"), "IncompleteBody"},
		{"enormous size", chunks, replace("2000;", "7fffffffffffffff;"), "IncompleteBody"},
		{"size out of range", chunks, replace("2000;", strings.Repeat("f", 17)+";"), "IncompleteBody"},
		{"endless line", chunks, replace("2000;", "2000;"+strings.Repeat("a", 1<<20)), "IncompleteBody"},
		{"no end of chunk", chunks, replace("\r\ne20;", "xe20;"), "IncompleteBody"},
		{"small chunks", with(chunks, func(u *upload) { u.chunk = minChunk - 1 }), keep, "InvalidChunkSizeError"},
		{"fewer bytes than announced", with(chunks, length(len(content)+1)), keep, "InvalidChunkSizeError"},
		{"fewer chunks than announced", with(upload{payload: StreamingSigned, content: content[:minChunk], chunk: minChunk}, length(2*minChunk)), keep, "IncompleteBody"},
		{"more bytes than announced", with(chunks, length(len(content)-1)), keep, "IncompleteBody"},
		{"no bytes announced", with(chunks, length(0)), keep, "IncompleteBody"},

		{"wrong checksum", with(trailer, value(checksumOf(trailer.trailer, "x"))), keep, "BadDigest"},
		{"wrong checksum, unsigned", with(plain, value(checksumOf(trailer.trailer, "x"))), keep, "BadDigest"},
		{"changed body, unsigned", plain, replace("\r\n0123", "\r\n1123"), "BadDigest"},
		{"changed last byte, unsigned", plain, replace("9\r\n0\r\n", "8\r\n0\r\n"), "BadDigest"},
		{"no base64", with(plain, value("????????")), keep, "InvalidRequest"},
		{"short checksum", with(plain, value("AAAA")), keep, "InvalidRequest"},
		{"another trailer", plain, replace("crc32:", "sha1:"), "MalformedTrailerError"},
		{"no trailer", plain, func(s string) string { return s[:strings.LastIndex(s, "x-amz")] + "\r\n" }, "MalformedTrailerError"},
		{"trailer twice", plain, func(s string) string { return s[:len(s)-2] + s[strings.LastIndex(s, "x-amz"):] }, "MalformedTrailerError"},
		{"more after the trailer", plain, func(s string) string { return s + "x" }, "IncompleteBody"},
		{"trailer not announced", with(plain, func(u *upload) { u.trailer = "" }), func(s string) string { return s[:len(s)-2] + "x-amz-checksum-crc32:AAAAAA==\r\n\r\n" }, "MalformedTrailerError"},
		{"changed trailer", trailer, replace("x-amz-checksum-crc32:", "x-amz-checksum-crc32:A"), "SignatureDoesNotMatch"},
		{"changed trailer signature", trailer, replace("trailer-signature:", "trailer-signature:0"), "SignatureDoesNotMatch"},
		{"no trailer signature", trailer, func(s string) string { return s[:strings.LastIndex(s, "x-amz-trailer")] + "\r\n" }, "MalformedTrailerError"},
	}
	for _, tt := range tests {
		r, s := tt.upload.request(t, tt.change(tt.upload.encode()))
		if got := checkBody(t, r, s); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestInvalidChunkSize(t *testing.T) {
	u := upload{payload: StreamingSigned, content: strings.Repeat("x", 2*minChunk), chunk: minChunk - 2}
	r, s := u.request(t, u.encode())
	b, err := NewBody(r, s)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.ReadAll(b)
	var e *aws.Error
	if !errors.As(err, &e) || e.Message != "Only the last chunk is allowed to have a size less than 8192 bytes" ||
		e.Field("Chunk") != "1" || e.Field("BadChunkSize") != "8190" {
		t.Errorf("got %+v", e)
	}
}

func TestNewBodyRefusals(t *testing.T) {
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	tests := []struct {
		name, payload string
		change        func(*http.Request)
		want          string
	}{
		{"no length", UnsignedPayload, func(r *http.Request) { r.ContentLength = -1 }, "MissingContentLength"},
		{"no decoded length", StreamingSigned, func(r *http.Request) { r.Header.Del("X-Amz-Decoded-Content-Length") }, "MissingContentLength"},
		{"decoded length in words", StreamingSigned, set("X-Amz-Decoded-Content-Length", "ten"), "InvalidArgument"},
		{"negative decoded length", StreamingSigned, set("X-Amz-Decoded-Content-Length", "-1"), "InvalidArgument"},
		{"decoded length with a sign", StreamingSigned, set("X-Amz-Decoded-Content-Length", "+1"), "InvalidArgument"},
		{"unknown trailer", StreamingUnsignedTrailer, set("X-Amz-Trailer", "x-amz-checksum-md4"), "InvalidRequest"},
		{"other trailer", StreamingUnsignedTrailer, set("X-Amz-Trailer", "x-amz-meta-a"), "InvalidRequest"},
		{"two trailers", StreamingUnsignedTrailer, set("X-Amz-Trailer", "x-amz-checksum-sha1, x-amz-checksum-crc32"), "InvalidRequest"},
	}
	for _, tt := range tests {
		u := upload{payload: tt.payload, content: "0123456789", chunk: minChunk}
		r, s := u.request(t, u.encode())
		tt.change(r)
		if _, err := NewBody(r, s); code(t, err) != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}

// TestBodyOfUnverified sees that a body is not read for a signature that
// nobody has checked.
func TestBodyOfUnverified(t *testing.T) {
	u := upload{payload: StreamingSigned, content: "x", chunk: minChunk}
	r := u.unchecked(0)
	s, err := Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewBody(r, s); code(t, err) != "SignatureDoesNotMatch" {
		t.Errorf("got %v", err)
	}
}

// TestBodyOfAccepted decodes every form without looking at signatures, and
// still checks what needs no secret.
func TestBodyOfAccepted(t *testing.T) {
	content := strings.Repeat("0123456789", 2000)
	for name, u := range everyForm(content, minChunk) {
		r, s := u.request(t, strings.ReplaceAll(u.encode(), "signature=", "signature=0"))
		s.key, s.accepted = nil, false
		s.Accept()
		if got := checkBody(t, r, s); got != "" {
			t.Errorf("%s: %s", name, got)
		}
	}
	u := upload{payload: StreamingSignedTrailer, content: content, chunk: minChunk, trailer: "x-amz-checksum-crc32", value: "AAAAAA=="}
	r, s := u.request(t, u.encode())
	s.key = nil
	if got := checkBody(t, r, s); got != "BadDigest" {
		t.Errorf("wrong checksum: %q", got)
	}
}

func TestBodyOfAnonymous(t *testing.T) {
	tests := []struct {
		name, payload, want string
	}{
		{"nothing said", "", ""},
		{"unsigned", UnsignedPayload, ""},
		{"hash", PayloadHash([]byte("0123456789")), ""},
		{"wrong hash", EmptyPayload, "XAmzContentSHA256Mismatch"},
		{"no hash", "x", "InvalidArgument"},
		{"trailer", StreamingUnsignedTrailer, ""},
		{"signed chunks", StreamingSigned, "InvalidRequest"},
		{"signed trailer", StreamingSignedTrailer, "InvalidRequest"},
	}
	for _, tt := range tests {
		u := upload{payload: tt.payload, content: "0123456789", chunk: minChunk}
		raw := u.encode()
		r := u.unchecked(int64(len(raw)))
		r.Header.Del("Authorization")
		r.Body = newText(raw)
		if got := checkBody(t, r, nil); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestBodyPassesOtherErrors sees that an error of the connection is not taken
// for one of the client's.
func TestBodyPassesOtherErrors(t *testing.T) {
	broken := errors.New("broken")
	for name, u := range everyForm(strings.Repeat("x", 3*minChunk), minChunk) {
		raw := u.encode()
		for _, at := range []int{0, 5, len(raw) / 2, len(raw) - 1} {
			if at == len(raw)-1 && !isStreaming(u.payload) {
				at--
			}
			r, s := u.request(t, raw)
			r.Body = io.NopCloser(io.MultiReader(strings.NewReader(raw[:at]), iotest.ErrReader(broken)))
			b, err := NewBody(r, s)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadAll(b); err != broken {
				t.Errorf("%s, broken at %d: %v", name, at, err)
			}
		}
	}
}
