package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

func encode(t testing.TB, entries []Entry) Packed {
	t.Helper()
	p, err := new(Encoder).Encode(entries)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func sample(n int) []Entry {
	rnd := rand.New(rand.NewPCG(1, 2))
	at := time.Date(2026, 2, 3, 4, 5, 6, 7000, time.UTC)
	entries := make([]Entry, n)
	for i := range entries {
		at = at.Add(time.Duration(rnd.IntN(3000)-500) * time.Millisecond)
		entries[i] = Entry{
			Account: fmt.Sprintf("%012d", rnd.IntN(5)), Region: "us-east-1", Time: at,
			EventID: fmt.Sprintf("%032x", rnd.Uint64()),
			Record:  fmt.Appendf(nil, `{"eventVersion":"1.11","n":%d,"pad":"%0*d"}`, i, rnd.IntN(300)+1, 0),
		}
		for r := range rnd.IntN(3) {
			entries[i].Routes = append(entries[i].Routes, Route{fmt.Sprint("trail", r), []string{"", "o-abc"}[r%2]})
		}
	}
	return entries
}

func TestRoundTrip(t *testing.T) {
	for name, entries := range map[string][]Entry{
		"none": {}, "one": sample(1), "many": sample(1000),
		"zero entry":   {{Record: []byte{}, Time: time.Time{}}},
		"far times":    {{Record: []byte{1}, Time: time.Unix(1<<40, 999999999).UTC()}, {Record: []byte{2}, Time: time.Unix(-1<<40, 1).UTC()}},
		"empty routes": {{Record: []byte("{}"), Routes: []Route{{}, {"a", ""}, {"", "a"}}}},
	} {
		p := encode(t, entries)
		got, err := Decode(p.Data, p.Hash[:])
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !reflect.DeepEqual(got, entries) {
			t.Fatalf("%s: got %v\nwant %v", name, got, entries)
		}
		if p.N != len(entries) || p.Hash != sha256.Sum256(p.Data) {
			t.Fatalf("%s: n %d, hash %x", name, p.N, p.Hash)
		}
		for _, e := range entries {
			if e.Time.Before(p.First) || e.Time.After(p.Last) {
				t.Fatalf("%s: %v is outside %v–%v", name, e.Time, p.First, p.Last)
			}
		}
	}
}

// TestOldChunk reads a chunk as version 1 wrote it first: what is in somebody's
// database stays readable.
func TestOldChunk(t *testing.T) {
	data, err := hex.DecodeString("0128b52ffd4000e300750400140702000c3033000975732d656173742d31e6cf8b980dd8eaa4810320633864303436303533" +
		"313266383038380095027b226576656e7456657273696f6e223a22312e3131222c226e223a302c22706164223a22227d3202" +
		"0098cac2cd0137333061643236323662316332663865004e31227d09004124406d18a2768e5febe8328ada0b4206961c0e55" +
		"1a9b2302")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	got, err := Decode(data, sum[:])
	if err != nil || !reflect.DeepEqual(got, sample(2)) {
		t.Fatalf("%v, %v", got, err)
	}
}

func TestEncoderStartsAfresh(t *testing.T) {
	var e Encoder
	first, _ := e.Encode(sample(20))
	again, _ := e.Encode(sample(20))
	if !bytes.Equal(first.Data, again.Data) {
		t.Fatal("a chunk depends on the one before")
	}
}

func TestRecordsShareOneBuffer(t *testing.T) {
	p := encode(t, sample(1000))
	allocs := testing.AllocsPerRun(5, func() {
		if _, err := Decode(p.Data, p.Hash[:]); err != nil {
			t.Fatal(err)
		}
	})
	// An event id and the routes of each entry, but no record.
	if allocs > 2*1000+50 {
		t.Fatalf("%v allocations for 1000 entries", allocs)
	}
	entries, _ := Decode(p.Data, p.Hash[:])
	if r := entries[0].Record; cap(r) != len(r) {
		t.Fatal("appending to a record would write into the next one")
	}
}

func TestDamage(t *testing.T) {
	p := encode(t, sample(3))
	for i := range p.Data {
		bad := bytes.Clone(p.Data)
		bad[i] ^= 1
		if _, err := Decode(bad, p.Hash[:]); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("byte %d: %v", i, err)
		}
	}
	for n := range p.Data {
		cut := p.Data[:n]
		if _, err := Decode(cut, p.Hash[:]); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("cut to %d: %v", n, err)
		}
		sum := sha256.Sum256(cut)
		if _, err := Decode(cut, sum[:]); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("cut to %d with a new hash: %v", n, err)
		}
	}
	if _, err := Decode(p.Data, nil); !errors.Is(err, ErrCorrupt) {
		t.Fatalf("no hash: %v", err)
	}
}

// pack makes a chunk of any content, well formed or not.
func pack(raw []byte) (data, hash []byte) {
	data = packer().EncodeAll(raw, []byte{version})
	sum := sha256.Sum256(data)
	return data, sum[:]
}

func TestMalformed(t *testing.T) {
	for name, raw := range map[string]string{
		"nothing":          "",
		"too many entries": "\xff\xff\xff\xff\x0f",
		"no entries":       "\x01",
		"unknown ref":      "\x01\x01\x00\x00\x00\x00\x00\x00\x00",
		"long string":      "\x01\x00\x7f\x00\x00\x00\x00\x00\x00\x00\x00",
		"nanos":            "\x01\x00\x00\x01\x00\x80\x94\xeb\xdc\x03\x00\x00\x00",
		"too many routes":  "\x01\x00\x00\x01\x00\x00\x00\x7f\x00\x00\x00",
		"something after":  "\x00\x00",
	} {
		if got, err := Decode(pack([]byte(raw))); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func TestTooLarge(t *testing.T) {
	record := make([]byte, MaxSize/4)
	entries := make([]Entry, 4)
	for i := range entries {
		entries[i].Record = record
	}
	if _, err := new(Encoder).Encode(entries); !errors.Is(err, ErrTooLarge) {
		t.Fatal(err)
	}
	if _, err := new(Encoder).Encode(make([]Entry, maxParts+1)); !errors.Is(err, ErrTooLarge) {
		t.Fatal(err)
	}
	full := encode(t, make([]Entry, maxParts))
	if got, err := Decode(full.Data, full.Hash[:]); err != nil || len(got) != maxParts {
		t.Fatalf("%d entries, %v", len(got), err)
	}
	if _, err := Decode(pack(make([]byte, MaxSize+1))); !errors.Is(err, ErrCorrupt) {
		t.Fatal(err)
	}
}

func FuzzDecodeData(f *testing.F) {
	f.Add(encode(f, sample(3)).Data)
	f.Add([]byte{version})
	f.Fuzz(func(t *testing.T, data []byte) {
		sum := sha256.Sum256(data)
		again(t, data, sum[:])
	})
}

func FuzzDecodeContent(f *testing.F) {
	var e Encoder
	for _, n := range []int{0, 1, 3} {
		if _, err := e.Encode(sample(n)); err != nil {
			f.Fatal(err)
		}
		f.Add(bytes.Clone(e.raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		data, hash := pack(raw)
		again(t, data, hash)
	})
}

// again checks that whatever decodes also encodes, and decodes to the same.
func again(t *testing.T, data, hash []byte) {
	entries, err := Decode(data, hash)
	if err != nil {
		return
	}
	p := encode(t, entries)
	got, err := Decode(p.Data, p.Hash[:])
	if err != nil || !reflect.DeepEqual(got, entries) {
		t.Fatalf("%v: got %v\nwant %v", err, got, entries)
	}
}

func BenchmarkEncode256(b *testing.B) {
	entries := sample(256)
	var e Encoder
	var raw int64
	for _, x := range entries {
		raw += int64(len(x.Record))
	}
	b.SetBytes(raw)
	for b.Loop() {
		if _, err := e.Encode(entries); err != nil {
			b.Fatal(err)
		}
	}
}
