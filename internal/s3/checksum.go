package s3

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/orgtrail/orgtrail/internal/aws"
	api "github.com/orgtrail/orgtrail/internal/wire/api/s3"
)

// algorithms are the checksums that are computed here. The place of each is
// part of the stored form of encrypted objects.
var algorithms = []string{
	api.ChecksumAlgorithmCrc32, api.ChecksumAlgorithmCrc32c, api.ChecksumAlgorithmCrc64nvme,
	api.ChecksumAlgorithmSha1, api.ChecksumAlgorithmSha256,
}

// foreignAlgorithms are those that are not.
var foreignAlgorithms = []string{"SHA512", "MD5", "XXHASH64", "XXHASH3", "XXHASH128"}

// The polynomials of the cyclic checksums, bits reversed.
const crc64NVME = 0x9a6c9329ac4bc9b5

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	nvme       = crc64.MakeTable(crc64NVME)
)

// NewChecksum returns the hash of an algorithm as S3 names it, nil for one
// that is not computed here.
func NewChecksum(algorithm string) hash.Hash {
	switch strings.ToUpper(algorithm) {
	case api.ChecksumAlgorithmCrc32:
		return crc32.NewIEEE()
	case api.ChecksumAlgorithmCrc32c:
		return crc32.New(castagnoli)
	case api.ChecksumAlgorithmCrc64nvme:
		return crc64.New(nvme)
	case api.ChecksumAlgorithmSha1:
		return sha1.New()
	case api.ChecksumAlgorithmSha256:
		return sha256.New()
	}
	return nil
}

// checksumMember is the member of a shape that holds a checksum.
func checksumMember(shape any, algorithm string) **string {
	return reflect.ValueOf(shape).Elem().FieldByName("Checksum" + algorithm).Addr().Interface().(**string)
}

// takeChecksum takes from the input of a write the checksum that it was given
// in a header; "" when none was.
func takeChecksum(in any) (algorithm, value string, err error) {
	for _, a := range foreignAlgorithms {
		if *checksumMember(in, a) != nil {
			return "", "", notImplemented("The checksum algorithm " + a + " is not available on objects that are encrypted with AWS KMS.")
		}
	}
	for _, a := range algorithms {
		if m := checksumMember(in, a); *m != nil {
			algorithm, value, *m = a, **m, nil
		}
	}
	return algorithm, value, nil
}

// body is the plain content of a write on its way. Its end is an error when
// it is not what its writer said it would be.
type body struct {
	src       io.ReadCloser
	rest      int64
	md5       hash.Hash
	wantMD5   string // base64, "" when the writer did not say
	algorithm string // "" for no checksum
	sum       hash.Hash
	wantSum   string
	err       error
}

func newBody(src io.ReadCloser, length int64, contentMD5 *string, algorithm, sum string) (*body, error) {
	b := &body{src: src, rest: length, wantMD5: aws.Val(contentMD5), algorithm: algorithm, wantSum: sum}
	if src == nil {
		b.src = io.NopCloser(strings.NewReader(""))
	}
	if b.wantMD5 != "" {
		if text, err := base64.StdEncoding.DecodeString(b.wantMD5); err != nil || len(text) != md5.Size {
			return nil, aws.Errorf("InvalidDigest", "The Content-MD5 you specified was invalid.")
		}
		b.md5 = md5.New()
	}
	if algorithm != "" {
		if b.sum = NewChecksum(algorithm); b.sum == nil {
			return nil, invalidRequest("Checksum algorithm provided is unsupported. Please try again with any of the valid types: [%s]", strings.Join(algorithms, ", "))
		}
	}
	return b, nil
}

func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.src.Read(p)
	if b.rest -= int64(n); b.rest < 0 {
		err, n = errIncompleteBody, 0
	}
	if b.md5 != nil {
		b.md5.Write(p[:n])
	}
	if b.sum != nil {
		b.sum.Write(p[:n])
	}
	if err == io.EOF {
		err = b.end()
	}
	b.err = err
	return n, err
}

var errIncompleteBody = aws.Errorf("IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header.")

// end is io.EOF when the content is what its writer said.
func (b *body) end() error {
	switch {
	case b.rest != 0:
		return errIncompleteBody
	case b.md5 != nil && base64.StdEncoding.EncodeToString(b.md5.Sum(nil)) != b.wantMD5:
		return aws.Errorf("BadDigest", "The Content-MD5 you specified did not match what we received.")
	case b.wantSum != "" && b.checksum() != b.wantSum:
		return aws.Errorf("BadDigest", "The %s you specified did not match the calculated checksum.", b.algorithm)
	}
	return io.EOF
}

// checksum is the checksum of what was read, in base64; "" without an
// algorithm.
func (b *body) checksum() string {
	if b.sum == nil {
		return ""
	}
	return base64.StdEncoding.EncodeToString(b.sum.Sum(nil))
}

func (b *body) Close() error { return b.src.Close() }

// fullObject is the checksum of a whole object, whose parts have the given
// ones. It reports false for algorithms that do not have this property.
func fullObject(algorithm string, sums [][]byte, sizes []int64) ([]byte, bool) {
	poly, width := uint64(0), 0
	switch algorithm {
	case api.ChecksumAlgorithmCrc32:
		poly, width = crc32.IEEE, 32
	case api.ChecksumAlgorithmCrc32c:
		poly, width = crc32.Castagnoli, 32
	case api.ChecksumAlgorithmCrc64nvme:
		poly, width = crc64NVME, 64
	default:
		return nil, false
	}
	crc := uint64(0)
	for i, sum := range sums {
		crc = joined(poly, width, crc, number(sum), sizes[i])
	}
	out := make([]byte, width/8)
	for i := range out {
		out[len(out)-1-i] = byte(crc >> (8 * i))
	}
	return out, true
}

func number(b []byte) (n uint64) {
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	return n
}

// joined is the cyclic checksum of two texts one behind the other, by those
// of each and the length of the second. To append a zero bit is a linear map
// on checksums, so that to append many is a power of it.
func joined(poly uint64, width int, first, second uint64, length int64) uint64 {
	zero := make([]uint64, width) // the image of each bit
	zero[0] = poly
	for i := 1; i < width; i++ {
		zero[i] = 1 << (i - 1)
	}
	for bits := uint64(length) * 8; bits > 0; bits >>= 1 {
		if bits&1 == 1 {
			first = image(zero, first)
		}
		square := make([]uint64, width)
		for i := range square {
			square[i] = image(zero, zero[i])
		}
		zero = square
	}
	return first ^ second
}

func image(m []uint64, v uint64) (sum uint64) {
	for i := 0; v != 0; i, v = i+1, v>>1 {
		if v&1 == 1 {
			sum ^= m[i]
		}
	}
	return sum
}

// composite is the checksum of an object's parts' checksums.
func composite(algorithm string, sums [][]byte) []byte {
	h := NewChecksum(algorithm)
	h.Write(bytes.Join(sums, nil))
	return h.Sum(nil)
}

// algorithmNumber is the place of an algorithm, from 1 on; 0 for none.
func algorithmNumber(algorithm string) byte {
	return byte(slices.Index(algorithms, strings.ToUpper(algorithm)) + 1)
}
