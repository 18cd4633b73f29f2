package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

var testNow = time.Date(2026, 1, 31, 2, 10, 11, 0, time.UTC)

// upload is a PutObject of S3 whose body a test can make in every form, right
// or wrong.
type upload struct {
	payload string
	content string
	chunk   int    // bytes of every chunk but the last
	trailer string // name of the checksum, "" for none
	blank   bool   // whether an empty line stands before the trailer's signature

	// What is wrong with it.
	length *int64 // decoded length that is announced
	value  string // of the trailer
}

// signed returns the request without its body, and its signature, verified.
func (u upload) request(t testing.TB, raw string) (*http.Request, *Signature) {
	t.Helper()
	r := u.unchecked(int64(len(raw)))
	r.Body = io.NopCloser(strings.NewReader(raw))
	s, err := Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	var v Verifier
	if err := v.Verify(s, r, nil, testNow, testSecret); err != nil {
		t.Fatal(err)
	}
	return r, s
}

func (u upload) unchecked(size int64) *http.Request {
	r, err := http.NewRequest("PUT", "http://s3.us-east-2.amazonaws.com/bucket/key", nil)
	if err != nil {
		panic(err)
	}
	r.ContentLength = size
	if isStreaming(u.payload) {
		length := int64(len(u.content))
		if u.length != nil {
			length = *u.length
		}
		r.Header.Set("X-Amz-Decoded-Content-Length", strconv.FormatInt(length, 10))
		if u.payload != StreamingSigned && u.trailer != "" {
			r.Header.Set("X-Amz-Trailer", u.trailer)
		}
	}
	Sign(r, Credentials{AccessKey: testKey, Secret: testSecret}, "us-east-2", "s3", u.payload, testNow)
	return r
}

// encode returns the body as it is sent.
func (u upload) encode() string {
	if !isStreaming(u.payload) {
		return u.content
	}
	chain := &chain{on: u.payload != StreamingUnsignedTrailer, key: deriveKey(testSecret, "20260131/us-east-2/s3/aws4_request")}
	_, chain.previous, _ = strings.Cut(u.unchecked(0).Header.Get("Authorization"), "Signature=")
	var b strings.Builder
	for rest := u.content; rest != ""; {
		n := min(len(rest), u.chunk)
		chain.write(&b, rest[:n])
		rest = rest[n:]
	}
	chain.write(&b, "")
	if u.payload != StreamingSigned {
		chain.writeTrailer(&b, u)
	}
	b.WriteString("\r\n")
	return b.String()
}

// chain signs chunks one after the other, as a client does.
type chain struct {
	on       bool
	key      *signingKey
	previous string
}

func (c *chain) sign(kind, rest string) string {
	h := hmac.New(sha256.New, c.key[:])
	fmt.Fprintf(h, "AWS4-HMAC-SHA256-%s\n20260131T021011Z\n20260131/us-east-2/s3/aws4_request\n%s\n%s", kind, c.previous, rest)
	c.previous = hex.EncodeToString(h.Sum(nil))
	return c.previous
}

func (c *chain) write(b *strings.Builder, data string) {
	b.WriteString(strconv.FormatInt(int64(len(data)), 16))
	if c.on {
		b.WriteString(";chunk-signature=" + c.sign("PAYLOAD", EmptyPayload+"\n"+PayloadHash([]byte(data))))
	}
	b.WriteString("\r\n" + data)
	if data != "" {
		b.WriteString("\r\n")
	}
}

func (c *chain) writeTrailer(b *strings.Builder, u upload) {
	var line string
	if u.trailer != "" {
		value := u.value
		if value == "" {
			value = checksumOf(u.trailer, u.content)
		}
		line = u.trailer + ":" + value
		b.WriteString(line + "\r\n")
		line += "\n"
	}
	if u.blank {
		b.WriteString("\r\n")
	}
	if c.on {
		b.WriteString("x-amz-trailer-signature:" + c.sign("TRAILER", PayloadHash([]byte(line))) + "\r\n")
	}
}

func checksumOf(trailer, content string) string {
	h := checksums[strings.TrimPrefix(trailer, checksumPrefix)]()
	io.WriteString(h, content)
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}
