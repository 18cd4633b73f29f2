package qr

import "errors"

// ErrTooLong is the error of a text that no code up to version 25 holds.
var ErrTooLong = errors.New("qr: the text is too long")

// Of each version from 1 to 25, at the lowest level of error correction: the
// check bytes in a block, and the number of blocks (table 9 of the standard).
var (
	checkBytes = [...]int{7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28, 28, 28, 30, 30, 26}
	blockCount = [...]int{1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8, 8, 9, 9, 10, 12}
)

// version is a size of codes, from 1.
type version int

func (v version) size() int { return 17 + 4*int(v) }

// bytes is the number of bytes, check bytes included, that fit into the
// modules that no pattern takes.
func (v version) bytes() int {
	n := int(v)
	bits := (16*n+128)*n + 64
	if n >= 2 {
		align := n/7 + 2
		bits -= (25*align-10)*align - 55
	}
	if n >= 7 {
		bits -= 36
	}
	return bits / 8
}

func (v version) dataBytes() int { return v.bytes() - checkBytes[v-1]*blockCount[v-1] }

// lengthBits is the width of the length of a text.
func (v version) lengthBits() int {
	if v < 10 {
		return 8
	}
	return 16
}

// fit is the smallest version for a text of n bytes.
func fit(n int) (version, error) {
	for v := version(1); int(v) <= len(checkBytes); v++ {
		if 4+v.lengthBits()+8*n <= 8*v.dataBytes() {
			return v, nil
		}
	}
	return 0, ErrTooLong
}

// bits are written from the most significant one.
type bits struct {
	b []byte
	n int
}

func (w *bits) put(value, width int) {
	for i := width - 1; i >= 0; i-- {
		if w.n%8 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[w.n/8] |= byte(value>>i&1) << (7 - w.n%8)
		w.n++
	}
}

// encode returns the data bytes of a text: mode, length, text, padding.
func (v version) encode(text string) []byte {
	const byteMode = 4
	var w bits
	w.put(byteMode, 4)
	w.put(len(text), v.lengthBits())
	for _, c := range []byte(text) {
		w.put(int(c), 8)
	}
	w.put(0, min(4, 8*v.dataBytes()-w.n))
	for pad := 0; len(w.b) < v.dataBytes(); pad ^= 1 {
		w.b = append(w.b, [...]byte{0xEC, 0x11}[pad])
	}
	return w.b
}

// interleave splits data into blocks, adds the check bytes of each, and takes
// the bytes of all blocks in turn. The later blocks may have one byte more.
func (v version) interleave(data []byte) []byte {
	count, check := blockCount[v-1], checkBytes[v-1]
	short := len(data) / count
	longer := len(data) % count
	blocks, checks := make([][]byte, count), make([][]byte, count)
	generator := generator(check)
	for i := range blocks {
		n := short
		if i >= count-longer {
			n++
		}
		blocks[i], data = data[:n], data[n:]
		checks[i] = remainder(blocks[i], generator)
	}
	out := make([]byte, 0, v.bytes())
	for _, part := range [][][]byte{blocks, checks} {
		for i := range short + check {
			for _, b := range part {
				if i < len(b) {
					out = append(out, b[i])
				}
			}
		}
	}
	return out
}

// times multiplies in the field of 256 elements modulo x⁸+x⁴+x³+x²+1.
func times(a, b byte) byte {
	product := 0
	for i := 7; i >= 0; i-- {
		product = product<<1 ^ product>>7*0x11D
		product ^= int(b>>i&1) * int(a)
	}
	return byte(product)
}

// generator is the Reed-Solomon generator of a degree, without its leading
// one, the highest power first.
func generator(degree int) []byte {
	g := make([]byte, degree)
	g[degree-1] = 1
	root := byte(1)
	for range degree {
		for i := range g {
			g[i] = times(g[i], root)
			if i+1 < degree {
				g[i] ^= g[i+1]
			}
		}
		root = times(root, 2)
	}
	return g
}

// remainder is the check bytes of a block.
func remainder(block, generator []byte) []byte {
	r := make([]byte, len(generator))
	for _, b := range block {
		factor := b ^ r[0]
		copy(r, r[1:])
		r[len(r)-1] = 0
		for i, g := range generator {
			r[i] ^= times(g, factor)
		}
	}
	return r
}
