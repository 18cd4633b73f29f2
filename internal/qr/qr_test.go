package qr

import (
	"bytes"
	"image/png"
	"slices"
	"strings"
	"testing"
)

// read takes a drawn code apart again: format, mask, path, blocks, checks,
// text.
func read(t *testing.T, m *matrix) string {
	t.Helper()
	word := 0
	for i, at := range [][2]int{{8, 0}, {8, 1}, {8, 2}, {8, 3}, {8, 4}, {8, 5}, {8, 7}, {8, 8}, {7, 8}, {5, 8}, {4, 8}, {3, 8}, {2, 8}, {1, 8}, {0, 8}} {
		if m.dark[at[1]*m.n+at[0]] {
			word |= 1 << i
		}
	}
	mask := (word ^ 0x5412) >> 10 & 7
	m.flip(mask)
	var w bits
	m.path(func(i int) {
		bit := 0
		if m.dark[i] {
			bit = 1
		}
		w.put(bit, 1)
	})
	m.flip(mask)
	all := w.b[:m.bytes()]
	count, check := blockCount[m.version-1], checkBytes[m.version-1]
	data := len(all) - count*check
	blocks := make([][]byte, count)
	short, longer := data/count, data%count
	for i, b := range all[:data] {
		j := i % count
		if i >= short*count {
			j = count - longer + i - short*count
		}
		blocks[j] = append(blocks[j], b)
	}
	var text []byte
	for j := range blocks {
		text = append(text, blocks[j]...)
		whole := slices.Clone(blocks[j])
		for i := range check {
			whole = append(whole, all[data+i*count+j])
		}
		root := byte(1)
		for i := range check { // every root of the generator is one of the block
			value := byte(0)
			for _, b := range whole {
				value = times(value, root) ^ b
			}
			if value != 0 {
				t.Fatalf("block %d: syndrome %d is %d", j, i, value)
			}
			root = times(root, 2)
		}
	}
	bit := func(from, width int) (n int) {
		for i := range width {
			n = n<<1 | int(text[(from+i)/8]>>(7-(from+i)%8)&1)
		}
		return n
	}
	if bit(0, 4) != 4 {
		t.Fatalf("mode %d", bit(0, 4))
	}
	out := make([]byte, bit(4, m.lengthBits()))
	for i := range out {
		out[i] = byte(bit(4+m.lengthBits()+8*i, 8))
	}
	return string(out)
}

func TestRoundTrip(t *testing.T) {
	for n := 0; n <= 1273; n += 7 {
		text := strings.Repeat("otpauth://totp/x?secret=ABC", 1+n/27)[:n]
		m, err := draw(text)
		if err != nil {
			t.Fatalf("%d: %v", n, err)
		}
		if got := read(t, m); got != text {
			t.Errorf("%d bytes, version %d: %q", n, m.version, got)
		}
	}
	if _, err := PNG(strings.Repeat("x", 1274)); err != ErrTooLong {
		t.Error(err)
	}
}

// The capacities, the positions and the generator that the standard lists.
func TestStandard(t *testing.T) {
	for v, want := range map[version]int{1: 19, 2: 34, 5: 108, 7: 156, 10: 274, 15: 523, 20: 861, 25: 1276} {
		if got := v.dataBytes(); got != want {
			t.Errorf("version %d holds %d bytes, want %d", v, got, want)
		}
	}
	for v, want := range map[version][]int{2: {6, 18}, 7: {6, 22, 38}, 14: {6, 26, 46, 66}, 22: {6, 26, 50, 74, 98}} {
		if got := v.alignments(); !slices.Equal(got, want) {
			t.Errorf("version %d: %v", v, got)
		}
	}
	if g := generator(7); !slices.Equal(g, []byte{127, 122, 154, 164, 11, 68, 117}) {
		t.Errorf("generator %v", g)
	}
}

func TestPNG(t *testing.T) {
	b, err := PNG("hello")
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil || img.Bounds().Dx() != (21+2*border)*scale {
		t.Error(img.Bounds(), err)
	}
}
