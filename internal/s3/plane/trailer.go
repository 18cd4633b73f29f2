package plane

import (
	"encoding/base64"
	"fmt"
	"hash"
	"io"
	"strings"

	"github.com/orgtrail/orgtrail/internal/s3"
)

// trailed sends a body in chunks with its checksum behind it, for an object
// whose writer named an algorithm and leaves the sum to be known at the end.
// Its form is aws-chunked with an unsigned trailer.
type trailed struct {
	body   io.ReadCloser
	sum    hash.Hash
	header string
	chunk  []byte
	rest   []byte // of what is encoded already
	err    error
}

const chunkSize = 64 << 10

func checksumHeader(algorithm string) string { return "x-amz-checksum-" + strings.ToLower(algorithm) }

func newTrailed(body io.ReadCloser, algorithm string) *trailed {
	return &trailed{body: body, sum: s3.NewChecksum(algorithm), header: checksumHeader(algorithm), chunk: make([]byte, chunkSize)}
}

// trailedLength is the encoded length of a body of n bytes.
func trailedLength(n int64, algorithm string) int64 {
	full := int64(len(fmt.Sprintf("%x\r\n\r\n", chunkSize)) + chunkSize)
	length := n / chunkSize * full
	if part := n % chunkSize; part > 0 {
		length += int64(len(fmt.Sprintf("%x\r\n\r\n", part))) + part
	}
	sum := base64.StdEncoding.EncodedLen(s3.NewChecksum(algorithm).Size())
	return length + int64(len("0\r\n")+len(checksumHeader(algorithm))+len(":")+sum+len("\r\n\r\n"))
}

func (t *trailed) Read(p []byte) (int, error) {
	for len(t.rest) == 0 {
		if t.err != nil {
			return 0, t.err
		}
		t.fill()
	}
	n := copy(p, t.rest)
	t.rest = t.rest[n:]
	return n, nil
}

// fill encodes the next chunk, and behind the last one the trailer. What the
// body fails with is passed on, and then the end of the body never comes.
func (t *trailed) fill() {
	n, err := io.ReadFull(t.body, t.chunk)
	if n > 0 {
		t.sum.Write(t.chunk[:n])
		t.rest = fmt.Appendf(nil, "%x\r\n%s\r\n", n, t.chunk[:n])
	}
	switch err {
	case nil:
	case io.EOF, io.ErrUnexpectedEOF:
		t.rest = fmt.Appendf(t.rest, "0\r\n%s:%s\r\n\r\n", t.header, base64.StdEncoding.EncodeToString(t.sum.Sum(nil)))
		t.err = io.EOF
	default:
		t.rest, t.err = nil, err
	}
}

func (t *trailed) Close() error { return t.body.Close() }
