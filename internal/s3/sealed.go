package s3

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/minio/sio"

	"github.com/orgtrail/orgtrail/internal/aws"
)

// An object that is encrypted with a key of KMS lies in the data plane as one
// or more parts, one behind the other: those of its upload, or a single one.
// A part is its content in segments of 64 KiB, each encrypted and
// authenticated by itself (DARE 2.0, AES-256-GCM), and a trailer of fixed
// size:
//
//	number  4 bytes   of the part in its upload, big endian; 1 for a single one
//	size    8 bytes   of the content, big endian
//	box    61 bytes   the content's checksum, encrypted and authenticated
//
// Where a byte of the content lies thus follows from the sizes of the parts,
// which the trailers tell from the last one to the first, and a range costs
// no more than its segments.
//
// Each part has keys of its own. They are derived from the object's data key,
// the object's ARN, and the number and the size of the part: what was cut
// off, moved or exchanged cannot be opened.
const (
	segmentSize    = 64 << 10
	segmentCost    = 32 // a header and an authentication tag
	maxSum         = sha256.Size
	nonceSize      = 12
	boxSize        = nonceSize + 1 + maxSum + 16
	trailerSize    = 4 + 8 + boxSize
	maxContentSize = 1 << 50
)

// errDamaged is the answer for an object whose stored form is not what was
// written.
var errDamaged = aws.Errorf(aws.InternalFailure, "The stored object is damaged: it does not open with its key.")

// streamSize is how many bytes the segments of a content take.
func streamSize(content int64) int64 {
	return content + (content+segmentSize-1)/segmentSize*segmentCost
}

// storedSize is how many bytes a part takes.
func storedSize(content int64) int64 { return streamSize(content) + trailerSize }

// contentSize is the inverse of storedSize. It reports false for what is no
// size of a part.
func contentSize(stored int64) (int64, bool) {
	stream := stored - trailerSize
	if stream < 0 {
		return 0, false
	}
	segments := (stream + segmentSize + segmentCost - 1) / (segmentSize + segmentCost)
	content := stream - segments*segmentCost
	return content, content >= 0 && streamSize(content) == stream
}

// dataKey is the key of one object.
type dataKey []byte

// of derives a key of a part.
func (k dataKey) of(purpose, arn string, number int32, size int64) []byte {
	key, err := hkdf.Key(sha256.New, k, nil, fmt.Sprintf("orgtrail %s of part %d of %d bytes of %s", purpose, number, size, arn), 32)
	if err != nil {
		panic(err) // of the length asked for, which is right
	}
	return key
}

func streamConfig(key []byte) sio.Config {
	return sio.Config{MinVersion: sio.Version20, MaxVersion: sio.Version20, CipherSuites: []byte{sio.AES_256_GCM}, Key: key}
}

// seal is the stored form of a part whose content is being read.
func (k dataKey) seal(arn string, number int32, size int64, content *body) (io.ReadCloser, error) {
	stream, err := sio.EncryptReader(content, streamConfig(k.of("content", arn, number, size)))
	if err != nil {
		return nil, err
	}
	end := &late{make: func() ([]byte, error) {
		// The stream ends with the content, and an empty content is not read.
		if _, err := content.Read(make([]byte, 1)); err != io.EOF {
			return nil, err
		}
		var sum []byte
		if content.sum != nil {
			sum = content.sum.Sum(nil)
		}
		return k.trailer(arn, number, size, content.algorithm, sum), nil
	}}
	return struct {
		io.Reader
		io.Closer
	}{io.MultiReader(stream, end), content}, nil
}

// late is a text that is made when it is read.
type late struct {
	make func() ([]byte, error)
	text *bytes.Reader
}

func (l *late) Read(p []byte) (int, error) {
	if l.text == nil {
		text, err := l.make()
		if err != nil {
			return 0, err
		}
		l.text = bytes.NewReader(text)
	}
	return l.text.Read(p)
}

// trailer is what stands behind the segments of a part.
func (k dataKey) trailer(arn string, number int32, size int64, algorithm string, sum []byte) []byte {
	t := binary.BigEndian.AppendUint32(make([]byte, 0, trailerSize), uint32(number))
	t = binary.BigEndian.AppendUint64(t, uint64(size))
	nonce := make([]byte, nonceSize)
	rand.Read(nonce)
	text := make([]byte, 1+maxSum)
	text[0] = algorithmNumber(algorithm)
	copy(text[1:], sum)
	return k.box(arn, number, size).Seal(append(t, nonce...), nonce, text, nil)
}

func (k dataKey) box(arn string, number int32, size int64) cipher.AEAD {
	block, err := aes.NewCipher(k.of("trailer", arn, number, size))
	if err != nil {
		panic(err) // of the key's length, which is right
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return aead
}

// part is one part of a stored object.
type part struct {
	number int32
	size   int64  // of its content
	box    []byte // nil until the trailer has been read
	start  int64  // of the content in the object's
	offset int64  // where it is stored
}

// readTrailer reads the trailer of the part that ends at the given offset.
func readTrailer(text []byte, end int64) (part, bool) {
	if len(text) != trailerSize {
		return part{}, false
	}
	number, size := binary.BigEndian.Uint32(text), binary.BigEndian.Uint64(text[4:])
	if number < 1 || number > maxParts || size > maxContentSize {
		return part{}, false
	}
	p := part{number: int32(number), size: int64(size), box: bytes.Clone(text[12:])}
	p.offset = end - storedSize(p.size)
	return p, p.offset >= 0
}

// checksum opens the trailer of a part. The algorithm is "" when its writer
// asked for no checksum.
func (p *part) checksum(k dataKey, arn string) (algorithm string, sum []byte, err error) {
	text, err := k.box(arn, p.number, p.size).Open(nil, p.box[:nonceSize], p.box[nonceSize:], nil)
	switch {
	case err != nil || int(text[0]) > len(algorithms):
		return "", nil, errDamaged
	case text[0] == 0:
		return "", nil, nil
	}
	algorithm = algorithms[text[0]-1]
	return algorithm, text[1 : 1+NewChecksum(algorithm).Size()], nil
}

// layout is where the content of an object is stored. Parts come in order.
type layout []part

// size is that of the content.
func (l layout) size() int64 {
	if len(l) == 0 {
		return 0
	}
	last := l[len(l)-1]
	return last.start + last.size
}

// piece is what is wanted of a part: its content from one byte up to another.
type piece struct {
	part
	from, to int64
}

// pieces are what holds n bytes of the content from an offset on.
func (l layout) pieces(offset, n int64) (all []piece) {
	for _, p := range l {
		from, to := max(offset-p.start, 0), min(offset+n-p.start, p.size)
		if from < to {
			all = append(all, piece{p, from, to})
		}
	}
	return all
}

// stored is where the segments of pieces are, from the first byte up to
// another.
func stored(pieces []piece) (from, to int64) {
	first, last := pieces[0], pieces[len(pieces)-1]
	from = first.offset + first.from/segmentSize*(segmentSize+segmentCost)
	to = last.offset + min(streamSize(last.size), ((last.to-1)/segmentSize+1)*(segmentSize+segmentCost))
	return from, to
}

// opened is the content of pieces, read from what is stored of them. It ends
// with errDamaged instead of giving a byte that was not written.
type opened struct {
	stored io.Reader
	key    dataKey
	arn    string
	pieces []piece // those that are not done with

	content io.Reader         // of the first of them
	segment *io.LimitedReader // what is stored of it
}

func (o *opened) Read(p []byte) (int, error) {
	for len(o.pieces) > 0 {
		if o.content == nil {
			if err := o.begin(); err != nil {
				return 0, damaged(err)
			}
		}
		n, err := o.content.Read(p)
		o.pieces[0].from += int64(n)
		if err == io.EOF && o.pieces[0].from < o.pieces[0].to {
			err = io.ErrUnexpectedEOF
		}
		if err == io.EOF {
			err = o.end()
		}
		if n > 0 || err != nil {
			return n, damaged(err)
		}
	}
	return 0, io.EOF
}

// damaged is err as readers see it: that the object is not what was written,
// or what kept it from being read.
func damaged(err error) error {
	var refused sio.Error
	if errors.As(err, &refused) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errDamaged
	}
	return err
}

// begin opens the segments of the first piece.
func (o *opened) begin() error {
	p := &o.pieces[0]
	first := p.from / segmentSize
	o.segment = &io.LimitedReader{R: o.stored, N: streamSize(p.size) - first*(segmentSize+segmentCost)}
	config := streamConfig(o.key.of("content", o.arn, p.number, p.size))
	config.SequenceNumber = uint32(first)
	content, err := sio.DecryptReader(o.segment, config)
	if err != nil {
		return err
	}
	if _, err := io.CopyN(io.Discard, content, p.from-first*segmentSize); err != nil {
		return err
	}
	o.content = io.LimitReader(content, p.to-p.from)
	return nil
}

// end goes on to the next piece, past the trailer of the first.
func (o *opened) end() error {
	o.pieces, o.content = o.pieces[1:], nil
	if len(o.pieces) == 0 {
		return nil
	}
	_, err := io.CopyN(io.Discard, o.stored, o.segment.N+trailerSize)
	return err
}
