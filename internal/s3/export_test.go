package s3

import (
	"bytes"
	"io"
	"strings"
)

// ErrDamaged is errDamaged.
var ErrDamaged error = errDamaged

// SealAndOpen encrypts a content and reads n bytes from an offset on of what
// was stored, in which a byte was changed unless flip is 0.
func SealAndOpen(content string, offset, n int64, flip byte) (string, error) {
	key, arn, size := dataKey("01234567890123456789012345678901"), "arn:aws:s3:::bucket/key", int64(len(content))
	plain, err := newBody(io.NopCloser(strings.NewReader(content)), size, nil, "", "")
	if err != nil {
		return "", err
	}
	sealed, err := key.seal(arn, 1, size, plain)
	if err != nil {
		return "", err
	}
	all, err := io.ReadAll(sealed)
	if err != nil {
		return "", err
	}
	if got, ok := contentSize(int64(len(all))); !ok || got != size || storedSize(size) != int64(len(all)) {
		panic("sizes do not fit")
	}
	pieces := layout{{number: 1, size: size}}.pieces(offset, n)
	if len(pieces) == 0 {
		return "", nil
	}
	from, to := stored(pieces)
	all = bytes.Clone(all[from:to])
	if flip != 0 {
		all[int(flip)*len(all)/256] ^= flip
	}
	got, err := io.ReadAll(&opened{stored: bytes.NewReader(all), key: key, arn: arn, pieces: pieces})
	return string(got), err
}
