package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
)

// What x-amz-content-sha256 says in place of a hash: that the payload is not
// signed, or comes in chunks (aws-chunked), each signed or not, with checksums
// after the last or without.
const (
	UnsignedPayload          = "UNSIGNED-PAYLOAD"
	StreamingSigned          = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
	StreamingSignedTrailer   = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
	StreamingUnsignedTrailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
)

// EmptyPayload is the hash of an empty body.
const EmptyPayload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// PayloadHash returns the hash of a body as x-amz-content-sha256 says it.
func PayloadHash(body []byte) string {
	if len(body) == 0 {
		return EmptyPayload
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// isPayload reports whether S3 knows what to do with an x-amz-content-sha256.
func isPayload(s string) bool {
	return s == UnsignedPayload || isStreaming(s) || isHash(s)
}

func isStreaming(s string) bool {
	return s == StreamingSigned || s == StreamingSignedTrailer || s == StreamingUnsignedTrailer
}

func isHash(s string) bool { return len(s) == 2*sha256.Size && isHex(s) }
