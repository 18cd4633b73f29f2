package sigv4

import (
	"bufio"
	"bytes"
	"crypto/hmac"
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

const (
	minChunk = 8 << 10 // bytes of every chunk but the last
	maxLine  = 4 << 10 // bytes of a chunk's head or a trailer's line
)

// chunks decodes aws-chunked:
//
//	size[;chunk-signature=hex] CRLF bytes CRLF …
//	0[;chunk-signature=hex] CRLF
//	name:value CRLF [x-amz-trailer-signature:hex CRLF] CRLF
//
// It holds one line and no chunk in memory.
type chunks struct {
	body     *bufio.Reader
	left     int64 // decoded bytes to come, in this chunk and the next ones
	chunk    int64 // of them, bytes of this chunk
	number   int   // of this chunk, from one
	signer   *chunkSigner
	checksum *checksum // nil when none was announced
	trailer  bool      // whether a trailer may follow
}

func newChunks(body io.Reader, payload string, h http.Header, s *Signature, length int64) (*chunks, error) {
	c := &chunks{body: bufio.NewReaderSize(body, maxLine), left: length}
	if payload != StreamingUnsignedTrailer {
		if s == nil {
			return nil, aws.Errorf("InvalidRequest", "A request without a signature cannot have signed chunks.")
		}
		c.signer = newChunkSigner(s)
	}
	if payload != StreamingSigned {
		c.trailer = true
		var err error
		c.checksum, err = newChecksum(strings.Join(h["X-Amz-Trailer"], ","))
		return c, err
	}
	return c, nil
}

func (c *chunks) Read(p []byte) (int, error) {
	if c.chunk == 0 {
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	n, err := c.body.Read(p[:min(int64(len(p)), c.chunk)])
	c.chunk -= int64(n)
	c.left -= int64(n)
	if c.signer != nil {
		c.signer.hash.Write(p[:n])
	}
	if c.checksum != nil {
		c.checksum.hash.Write(p[:n])
	}
	if err == nil && c.chunk == 0 {
		err = c.endOfChunk()
	}
	return n, err
}

// next reads the head of a chunk of which there must be one.
func (c *chunks) next() error {
	size, err := c.head()
	switch {
	case err != nil:
		return err
	case size == 0 || size > c.left:
		return wrongLength()
	case size < minChunk && size < c.left:
		return aws.Errorf("InvalidChunkSizeError", "Only the last chunk is allowed to have a size less than 8192 bytes").
			With("Chunk", strconv.Itoa(c.number)).With("BadChunkSize", strconv.FormatInt(size, 10))
	}
	c.chunk = size
	return nil
}

func (c *chunks) head() (size int64, err error) {
	line, err := c.line()
	if err != nil {
		return 0, err
	}
	digits, extension, _ := strings.Cut(line, ";")
	n, err := strconv.ParseUint(digits, 16, 63)
	if err != nil {
		return 0, malformed()
	}
	c.number++
	if c.signer != nil {
		c.signer.claimed = strings.TrimPrefix(extension, "chunk-signature=")
	}
	return int64(n), nil
}

func (c *chunks) endOfChunk() error {
	switch line, err := c.line(); {
	case err != nil:
		return err
	case line != "":
		return malformed()
	case c.signer != nil:
		return c.signer.checkChunk()
	}
	return nil
}

// finish reads the empty chunk, the trailer and the end of the body.
func (c *chunks) finish() (http.Header, error) {
	size, err := c.head()
	if err != nil {
		return nil, err
	}
	if size != 0 {
		return nil, wrongLength()
	}
	if c.signer != nil {
		if err := c.signer.checkChunk(); err != nil {
			return nil, err
		}
	}
	if !c.trailer {
		return nil, c.blank()
	}
	return c.readTrailer()
}

// readTrailer reads the announced checksum and, where chunks are signed, the
// signature of the trailer. Some clients put an empty line between the two,
// and some end the last line with a bare line feed.
func (c *chunks) readTrailer() (http.Header, error) {
	var name, value string
	line, err := c.lastLine()
	if err != nil {
		return nil, err
	}
	if c.checksum != nil {
		name, value = field(line)
		if name != c.checksum.name {
			return nil, malformedTrailer()
		}
		if line, err = c.lastLine(); err != nil {
			return nil, err
		}
	}
	if c.signer != nil {
		if line, err = c.checkTrailer(name, value, line); err != nil {
			return nil, err
		}
	}
	if line != "" {
		return nil, malformedTrailer()
	}
	if err := c.end(); err != nil || c.checksum == nil {
		return nil, err
	}
	if err := c.checksum.check(value); err != nil {
		return nil, err
	}
	return http.Header{http.CanonicalHeaderKey(name): {value}}, nil
}

// checkTrailer checks the trailer's signature, which stands in this line or
// after it, and returns the line that follows.
func (c *chunks) checkTrailer(name, value, line string) (next string, err error) {
	if line == "" {
		if line, err = c.lastLine(); err != nil {
			return "", err
		}
	}
	label, signature := field(line)
	if label == "" && c.checksum == nil {
		return "", nil // nothing was announced, so there is nothing to sign
	}
	if label != "x-amz-trailer-signature" {
		return "", malformedTrailer()
	}
	var text string
	if c.checksum != nil {
		text = name + ":" + value + "\n"
	}
	if err := c.signer.checkTrailer(text, signature); err != nil {
		return "", err
	}
	return c.lastLine()
}

// line reads a line without its end.
func (c *chunks) line() (string, error) {
	b, err := c.body.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return "", malformed()
	case err != nil:
		return "", err
	}
	return string(bytes.TrimSuffix(b[:len(b)-1], []byte("\r"))), nil
}

// lastLine is line, but at the end of the body it is the empty line that
// should have ended it.
func (c *chunks) lastLine() (string, error) {
	if _, err := c.body.Peek(1); err == io.EOF {
		return "", nil
	}
	return c.line()
}

// blank reads the empty line after which nothing follows.
func (c *chunks) blank() error {
	line, err := c.lastLine()
	if err != nil {
		return err
	}
	if line != "" {
		return malformed()
	}
	return c.end()
}

// end sees that nothing follows.
func (c *chunks) end() error {
	switch _, err := c.body.Peek(1); err {
	case io.EOF:
		return nil
	case nil:
		return wrongLength()
	default:
		return err
	}
}

// field takes a line name:value apart.
func field(line string) (name, value string) {
	name, value, _ = strings.Cut(line, ":")
	return strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
}

func wrongLength() error {
	return aws.Errorf("IncompleteBody", "You did not provide the number of bytes specified by the x-amz-decoded-content-length HTTP header")
}

func malformed() error {
	return aws.Errorf("IncompleteBody", "The body of the aws-chunked request is not well formed.")
}

func malformedTrailer() error {
	return aws.Errorf("MalformedTrailerError", "The request contained trailing data that was not well-formed or did not conform to our published schema.")
}

// chunkSigner checks the chain of signatures that begins with the request's:
// every chunk's is made of the one before it.
type chunkSigner struct {
	mac       hash.Hash // nil when the request was accepted without a check
	hash      hash.Hash // of the chunk's bytes
	accessKey string
	context   string // stamp and scope, which every signature covers
	previous  string
	claimed   string // what the chunk's head says
}

func newChunkSigner(s *Signature) *chunkSigner {
	c := &chunkSigner{
		hash:      sha256.New(),
		accessKey: s.AccessKey,
		context:   s.stamp + "\n" + s.scope + "\n",
		previous:  s.signature,
	}
	if s.key != nil {
		c.mac = hmac.New(sha256.New, s.key[:])
	}
	return c
}

// checkChunk checks the signature of the bytes since the last check.
func (c *chunkSigner) checkChunk() error {
	err := c.check(algorithm+"-PAYLOAD\n", EmptyPayload+"\n", c.hash.Sum(nil), c.claimed)
	c.hash.Reset()
	return err
}

func (c *chunkSigner) checkTrailer(text, signature string) error {
	sum := sha256.Sum256([]byte(text))
	return c.check(algorithm+"-TRAILER\n", "", sum[:], signature)
}

func (c *chunkSigner) check(kind, middle string, sum []byte, claimed string) error {
	if c.mac == nil {
		return nil
	}
	text := kind + c.context + c.previous + "\n" + middle + hex.EncodeToString(sum)
	c.mac.Reset()
	io.WriteString(c.mac, text)
	if !isSignature(c.mac.Sum(nil), claimed) {
		return Refusal(&Failure{Kind: Mismatch, AccessKey: c.accessKey, Got: claimed, StringToSign: text}, S3)
	}
	c.previous = claimed
	return nil
}
