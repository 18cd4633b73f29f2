package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// Body reads the body of a call to S3: decoded if it came as aws-chunked, and
// checked against what was signed and announced while it is read.
//
// The last bytes are handed out only when everything about the body has been
// found right. Whoever copies Length bytes to another place has therefore
// either the true body or an error before the end; there is no complete but
// wrong copy. The bytes before the last are not yet proven.
type Body struct {
	source  source
	closer  io.Closer
	chunked bool
	length  int64
	left    int64 // bytes of length that were not handed out yet
	trailer http.Header
	err     error // what Read answers from now on
}

// A source is where the decoded bytes of a body come from.
type source interface {
	// Read is not called for more than is left of the body.
	io.Reader
	// finish is called after the last byte. It reads what follows and checks
	// the whole.
	finish() (http.Header, error)
}

// NewBody returns the body of a request whose signature Verify or Accept has
// passed, or of an anonymous request when s is nil. It refuses requests that
// do not say how long their body is, or do not say it well.
func NewBody(r *http.Request, s *Signature) (*Body, error) {
	if s != nil && !s.accepted {
		return nil, Refusal(&Failure{Kind: Mismatch, AccessKey: s.AccessKey, Got: s.signature}, S3)
	}
	payload := first(r.Header["X-Amz-Content-Sha256"])
	if s != nil {
		payload = s.PayloadHash
	}
	raw := r.Body
	if raw == nil {
		raw = http.NoBody
	}
	b := &Body{closer: raw, length: r.ContentLength, chunked: isStreaming(payload)}
	var err error
	switch {
	case b.chunked:
		if b.length, err = decodedLength(r.Header); err != nil {
			return nil, err
		}
		b.source, err = newChunks(raw, payload, r.Header, s, b.length)
	case payload == "" || payload == UnsignedPayload:
		b.source = plain{raw}
	case isHash(payload):
		b.source = &hashed{raw, sha256.New(), strings.ToLower(payload)}
	default:
		err = Refusal(&Failure{Kind: PayloadInvalid, Got: payload}, S3)
	}
	if err != nil {
		return nil, err
	}
	if b.length < 0 {
		return nil, aws.Errorf("MissingContentLength", "You must provide the Content-Length HTTP header.")
	}
	b.left = b.length
	return b, nil
}

func decodedLength(h http.Header) (int64, error) {
	text := first(h["X-Amz-Decoded-Content-Length"])
	if text == "" {
		return 0, aws.Errorf("MissingContentLength", "You must provide the Content-Length HTTP header.")
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return 0, aws.Errorf("InvalidArgument", "The value of x-amz-decoded-content-length is not valid.").
			With("ArgumentName", "x-amz-decoded-content-length").With("ArgumentValue", text)
	}
	return int64(n), nil
}

// Length is the number of bytes that the body decodes to.
func (b *Body) Length() int64 { return b.length }

// Trailer returns the checked headers that followed the body. It is nil until
// Read has returned io.EOF, and for bodies without any.
func (b *Body) Trailer() http.Header { return b.trailer }

// Close closes the request's body, without checking what was not read.
func (b *Body) Close() error { return b.closer.Close() }

// Read reads decoded bytes. Its error is an *aws.Error if the body is not what
// it should be, the connection's own if reading failed, and io.EOF if all is
// well.
func (b *Body) Read(p []byte) (n int, err error) {
	if b.err != nil {
		return 0, b.err
	}
	if b.left > 0 {
		if len(p) == 0 {
			return 0, nil
		}
		n, err = b.source.Read(p[:min(int64(len(p)), b.left)])
		b.left -= int64(n)
		if b.left > 0 {
			b.err = endOfBody(err)
			return n, b.err
		}
	}
	if err == nil || err == io.EOF {
		b.trailer, err = b.source.finish()
	}
	if err != nil {
		b.err = endOfBody(err)
		return 0, b.err
	}
	b.err = io.EOF
	return n, io.EOF
}

// endOfBody names the error of a body that stops before its end.
func endOfBody(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return aws.Errorf("IncompleteBody", "The request body terminated unexpectedly")
	}
	return err
}

// plain is a body that nothing was said of.
type plain struct{ io.Reader }

func (plain) finish() (http.Header, error) { return nil, nil }

// hashed is a body whose hash was signed.
type hashed struct {
	body io.Reader
	hash hash.Hash
	want string
}

func (h *hashed) Read(p []byte) (int, error) {
	n, err := h.body.Read(p)
	h.hash.Write(p[:n])
	return n, err
}

func (h *hashed) finish() (http.Header, error) {
	got := hex.EncodeToString(h.hash.Sum(nil))
	if got != h.want {
		return nil, Refusal(&Failure{Kind: PayloadMismatch, Got: h.want, Want: got}, S3)
	}
	return nil, nil
}
