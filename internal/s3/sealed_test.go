package s3

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"testing"

	"github.com/orgtrail/orgtrail/internal/aws"
)

func FuzzReadRange(f *testing.F) {
	for _, header := range []string{"bytes=0-1", "bytes=-5", "bytes=5-", "bytes=-", "bytes=0-0,2-3", "bytes=9223372036854775807-", "x"} {
		f.Add(header, int64(10))
	}
	f.Fuzz(func(t *testing.T, header string, size int64) {
		if size < 0 {
			return
		}
		w, err := readRange(header, size)
		if err != nil {
			if aws.CodeOf(err) != "InvalidRange" {
				t.Fatal(err)
			}
			return
		}
		if w.offset < 0 || w.n < 0 || w.offset > size-w.n || w.partial && w.n == 0 || !w.partial && w.n != size {
			t.Fatalf("%q of %d: %+v", header, size, w)
		}
		if again, err := readRange(w.header(), size); w.partial && (err != nil || again != w) {
			t.Fatalf("%+v is asked for with %q, which is %+v, %v", w, w.header(), again, err)
		}
		if c, err := copyRange(&header, size); err == nil && c != w {
			t.Fatalf("%q: a copy takes %+v, a reader %+v", header, c, w)
		}
	})
}

func FuzzEnvelope(f *testing.F) {
	f.Add([]byte(`{"key":"k","data":"AAAA","size":5}`))
	f.Add([]byte(`{"key":"k","data":"AAAA","context":{"a":"b"},"bucketKey":true,"checksumType":"COMPOSITE"}`))
	f.Add([]byte(`{"data":"AAAA","size":-1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		metadata := map[string]string{envelopeMetadata: base64.StdEncoding.EncodeToString(text), "colour": "red"}
		e, err := takeEnvelope(metadata)
		if len(metadata) != 1 || (err == nil) == (e == nil) {
			t.Fatalf("%+v, %v", metadata, err)
		}
		if err != nil {
			return
		}
		again, err := takeEnvelope(e.with(nil))
		if err != nil {
			t.Fatal(err)
		}
		if a, b := must(json.Marshal(e)), must(json.Marshal(again)); !bytes.Equal(a, b) {
			t.Fatalf("%s, %s", a, b)
		}
	})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func FuzzReadTrailer(f *testing.F) {
	key := dataKey("01234567890123456789012345678901")
	f.Add(key.trailer("arn", 1, 100, "SHA256", bytes.Repeat([]byte{1}, 32)), int64(1000))
	f.Add(make([]byte, trailerSize), int64(73))
	f.Fuzz(func(t *testing.T, text []byte, end int64) {
		if end < 0 || end > maxContentSize {
			return
		}
		p, ok := readTrailer(text, end)
		if !ok {
			return
		}
		if p.offset < 0 || p.offset+storedSize(p.size) != end {
			t.Fatalf("%+v ends at %d", p, end)
		}
		if algorithm, sum, err := p.checksum(key, "arn"); err == nil && algorithm != "" && len(sum) != NewChecksum(algorithm).Size() {
			t.Fatalf("%s %x", algorithm, sum)
		}
	})
}

func FuzzFullObject(f *testing.F) {
	f.Add([]byte("one"), []byte("and two"))
	f.Add([]byte{}, []byte("x"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		for _, algorithm := range []string{"CRC32", "CRC32C", "CRC64NVME"} {
			sum := func(parts ...[]byte) []byte {
				h := NewChecksum(algorithm)
				h.Write(bytes.Join(parts, nil))
				return h.Sum(nil)
			}
			got, ok := fullObject(algorithm, [][]byte{sum(a), sum(b)}, []int64{int64(len(a)), int64(len(b))})
			if want := sum(a, b); !ok || !bytes.Equal(got, want) {
				t.Fatalf("%s: %x, want %x", algorithm, got, want)
			}
		}
	})
}

func TestStoredSizes(t *testing.T) {
	for _, n := range []int64{0, 1, segmentSize - 1, segmentSize, segmentSize + 1, 10*segmentSize - 1, 10 * segmentSize, 5 << 40} {
		if got, ok := contentSize(storedSize(n)); !ok || got != n {
			t.Errorf("%d is stored in %d, which holds %d, %v", n, storedSize(n), got, ok)
		}
	}
	for _, n := range []int64{-1, 0, trailerSize - 1, trailerSize + 1, trailerSize + segmentCost, storedSize(segmentSize) + 1, storedSize(segmentSize) + segmentCost} {
		if got, ok := contentSize(n); ok {
			t.Errorf("%d holds %d", n, got)
		}
	}
}
