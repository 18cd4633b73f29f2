package delivery

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"testing"

	"github.com/klauspost/compress/gzip"
)

func TestPack(t *testing.T) {
	records := []record{
		{data: []byte(`{"a":1},`), time: 20},
		{data: []byte(`{"b":2},`), time: 10},
		{data: []byte(`{"c":3},`), time: 30},
	}
	for _, tt := range []struct {
		n              int
		want           string
		oldest, newest int64
	}{
		{1, `{"Records":[{"a":1}]}`, 20, 20},
		{2, `{"Records":[{"a":1},{"b":2}]}`, 10, 20},
		{3, `{"Records":[{"a":1},{"b":2},{"c":3}]}`, 10, 30},
	} {
		p := packers.Get().(*packer)
		b := p.pack(records[:tt.n])
		if got := gunzip(t, b.gzip); got != tt.want {
			t.Errorf("%d records: %s", tt.n, got)
		}
		sum := sha256.Sum256([]byte(tt.want))
		if b.sha256 != hex.EncodeToString(sum[:]) || b.size != int64(len(tt.want)) || b.records != tt.n {
			t.Errorf("%d records: sha256 %s, size %d, %d records", tt.n, b.sha256, b.size, b.records)
		}
		if b.oldest != tt.oldest || b.newest != tt.newest {
			t.Errorf("%d records: times %d to %d", tt.n, b.oldest, b.newest)
		}
		first := bytes.Clone(b.gzip)
		if again := p.pack(records[:tt.n]); !bytes.Equal(again.gzip, first) {
			t.Errorf("%d records: other bytes the second time", tt.n)
		}
		packers.Put(p)
	}
}

func gunzip(t testing.TB, data []byte) string {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
