package sigv4

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
)

const checksumPrefix = "x-amz-checksum-"

// nvme is the polynomial of CRC-64/NVME, reversed.
var nvme = crc64.MakeTable(0x9a6c9329ac4bc9b5)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksums are the algorithms that a trailer may carry, by the end of its
// name.
var checksums = map[string]func() hash.Hash{
	"crc32":     func() hash.Hash { return crc32.NewIEEE() },
	"crc32c":    func() hash.Hash { return crc32.New(castagnoli) },
	"crc64nvme": func() hash.Hash { return crc64.New(nvme) },
	"sha1":      sha1.New,
	"sha256":    sha256.New,
}

// checksum is the trailer that a request has announced, and the hash of the
// bytes it has to agree with.
type checksum struct {
	name string // lower case: x-amz-checksum-crc32
	hash hash.Hash
}

// newChecksum returns the checksum that an x-amz-trailer header announces, or
// nil if it is empty.
func newChecksum(announced string) (*checksum, error) {
	name := strings.ToLower(strings.TrimSpace(announced))
	if name == "" {
		return nil, nil
	}
	if strings.Contains(name, ",") {
		return nil, aws.Errorf("InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
	}
	algorithm, ok := strings.CutPrefix(name, checksumPrefix)
	if !ok || checksums[algorithm] == nil {
		return nil, aws.Errorf("InvalidRequest", "The value specified in the x-amz-trailer header is not supported")
	}
	return &checksum{name, checksums[algorithm]()}, nil
}

// check compares the trailer's value, base64, with the hash.
func (c *checksum) check(value string) error {
	sum, err := base64.StdEncoding.Strict().DecodeString(value)
	if err != nil || len(sum) != c.hash.Size() {
		return aws.Errorf("InvalidRequest", "Value for %s trailing header is invalid.", c.name)
	}
	if string(sum) != string(c.hash.Sum(nil)) {
		return aws.Errorf("BadDigest", "The %s you specified did not match the calculated checksum.",
			strings.ToUpper(strings.TrimPrefix(c.name, checksumPrefix)))
	}
	return nil
}
