package delivery

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// A log file is one line of JSON: the records between head and tail.
const (
	head = `{"Records":[`
	tail = `]}`
)

// level is the compression of log files. A cut that is repeated after a crash
// must give the same bytes, so it is a constant.
const level = 5

// A packer makes the bytes of log files, one after another. Packers are
// pooled: a gzip writer weighs about a megabyte.
type packer struct {
	out bytes.Buffer
	zip *gzip.Writer
	sum hash.Hash
}

var packers = sync.Pool{New: func() any {
	zip, err := gzip.NewWriterLevel(nil, level)
	if err != nil {
		panic(err) // the level is a constant
	}
	return &packer{zip: zip, sum: sha256.New()}
}}

// A body is the content of one log file.
type body struct {
	gzip           []byte
	sha256         string // hex, of the uncompressed bytes
	size           int64  // of the uncompressed bytes
	records        int
	oldest, newest int64 // eventTime, Unix milliseconds
}

// pack makes a body of at least one record. Its bytes belong to the packer
// and are valid until the next call.
func (p *packer) pack(records []record) body {
	p.out.Reset()
	p.zip.Reset(&p.out)
	p.sum.Reset()
	b := body{records: len(records), oldest: records[0].time, newest: records[0].time}
	p.write(&b, []byte(head))
	last := len(records) - 1
	for i, r := range records {
		b.oldest, b.newest = min(b.oldest, r.time), max(b.newest, r.time)
		if i == last {
			r.data = r.data[:len(r.data)-1]
		}
		p.write(&b, r.data)
	}
	p.write(&b, []byte(tail))
	p.zip.Close() // writing to memory cannot fail
	b.gzip = p.out.Bytes()
	b.sha256 = hex.EncodeToString(p.sum.Sum(nil))
	return b
}

func (p *packer) write(b *body, data []byte) {
	p.zip.Write(data)
	p.sum.Write(data)
	b.size += int64(len(data))
}
