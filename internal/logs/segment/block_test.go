package segment

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/orgtrail/orgtrail/internal/seal"
)

func TestBlocks(t *testing.T) {
	key, err := seal.New([]byte(strings.Repeat("k", seal.Size)))
	if err != nil {
		t.Fatal(err)
	}
	events := []Event{
		{ID{5, 10, 7, 3}, []byte("five")}, {ID{5, 10, 8, 3}, []byte{}},
		{ID{9, 11, 2, 3}, []byte("nine\x00\xff")}, {ID{6, 12, 1 << 50, 3}, bytes.Repeat([]byte("x"), 100_000)},
	}
	for _, k := range []*seal.Key{nil, key} {
		data := pack(events, k)
		b, _, err := unpack(data, 3, 2, k, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range events {
			if b.ids[i] != events[i].ID || !bytes.Equal(b.message(i), events[i].Message) {
				t.Errorf("event %d is %v %.20q", i, b.ids[i], b.message(i))
			}
		}
		for at := range data {
			damaged := slices.Clone(data)
			damaged[at] ^= 1
			if _, _, err := unpack(damaged, 3, 2, k, nil); err != nil && !errors.Is(err, ErrCorrupt) {
				t.Errorf("byte %d: %v", at, err)
			}
		}
	}
	if _, _, err := unpack(pack(events, key), 3, 3, key, nil); !errors.Is(err, ErrCorrupt) {
		t.Error("a sealed block opens in another's place:", err)
	}
}

func TestCut(t *testing.T) {
	events := []Event{
		{ID{Time: 0}, make([]byte, blockSize)}, // too large for any
		{ID{Time: 1}, make([]byte, blockSize/2)},
		{ID{Time: 2}, make([]byte, blockSize/2)},
		{ID{Time: 3}, nil},
		{ID{Time: 2 + blockSpan}, nil},
		{ID{Time: 3 + blockSpan}, nil},
	}
	var sizes []int
	for _, part := range cut(events) {
		sizes = append(sizes, len(part))
	}
	if !slices.Equal(sizes, []int{1, 1, 3, 1}) {
		t.Error("parts of", sizes)
	}
	if len(cut(nil)) != 0 {
		t.Error("nothing makes a part")
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(pack([]Event{{ID{1, 2, 4, 3}, []byte("m")}, {ID{0, 9, 5, 3}, nil}}, nil))
	f.Add([]byte{blockVersion})
	f.Add(append([]byte{blockVersion}, encoder().EncodeAll([]byte{2, 2, 2, 2, 2, 2, 2, 1, 1, 'a', 'b'}, nil)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, raw := range [][]byte{data, append([]byte{blockVersion}, encoder().EncodeAll(data, nil)...)} {
			b, _, err := unpack(raw, 3, 4, nil, nil)
			if err != nil || len(b.ids) == 0 {
				continue
			}
			var events []Event
			for i := range b.ids {
				events = append(events, Event{b.ids[i], b.message(i)})
			}
			again, _, err := unpack(pack(events, nil), 3, 4, nil, nil)
			if err != nil || !slices.Equal(again.ids, b.ids) || !bytes.Equal(again.text, b.text) {
				t.Errorf("the block changes when it is written again: %v", err)
			}
		}
	})
}
