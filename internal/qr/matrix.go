package qr

// matrix is the square of modules: dark or light, and whether a pattern has
// fixed it.
type matrix struct {
	version
	n           int
	dark, fixed []bool
}

func newMatrix(v version) *matrix {
	n := v.size()
	m := &matrix{version: v, n: n, dark: make([]bool, n*n), fixed: make([]bool, n*n)}
	for i := range n {
		m.fix(6, i, i%2 == 0)
		m.fix(i, 6, i%2 == 0)
	}
	for _, at := range [][2]int{{3, 3}, {n - 4, 3}, {3, n - 4}} {
		m.square(at[0], at[1], 4, func(ring int) bool { return ring != 2 && ring != 4 })
	}
	centres := v.alignments()
	for i, x := range centres {
		for j, y := range centres {
			last := len(centres) - 1
			if i == 0 && j == 0 || i == 0 && j == last || i == last && j == 0 {
				continue // a finder is there
			}
			m.square(x, y, 2, func(ring int) bool { return ring != 1 })
		}
	}
	m.format(0) // keeps its place
	m.versionBits()
	return m
}

// fix draws a module of a pattern.
func (m *matrix) fix(x, y int, dark bool) {
	if x < 0 || y < 0 || x >= m.n || y >= m.n {
		return
	}
	m.dark[y*m.n+x], m.fixed[y*m.n+x] = dark, true
}

// square draws rings around a centre.
func (m *matrix) square(x, y, radius int, dark func(ring int) bool) {
	for dy := -radius; dy <= radius; dy++ {
		for dx := -radius; dx <= radius; dx++ {
			m.fix(x+dx, y+dy, dark(max(dx, -dx, dy, -dy)))
		}
	}
}

// alignments are the coordinates between which the alignment patterns lie.
func (v version) alignments() []int {
	if v == 1 {
		return nil
	}
	count := int(v)/7 + 2
	step := (int(v)*8 + count*3 + 5) / (count*4 - 4) * 2
	list := make([]int, count)
	list[0] = 6
	for i, at := count-1, v.size()-7; i > 0; i, at = i-1, at-step {
		list[i] = at
	}
	return list
}

// format draws the level of error correction and the mask, twice.
func (m *matrix) format(mask int) {
	const low = 1
	data := low<<3 | mask
	rest := data
	for range 10 {
		rest = rest<<1 ^ rest>>9*0x537
	}
	word := (data<<10 | rest) ^ 0x5412
	bit := func(i int) bool { return word>>i&1 == 1 }
	for i := range 6 {
		m.fix(8, i, bit(i))
	}
	m.fix(8, 7, bit(6))
	m.fix(8, 8, bit(7))
	m.fix(7, 8, bit(8))
	for i := 9; i < 15; i++ {
		m.fix(14-i, 8, bit(i))
	}
	for i := range 8 {
		m.fix(m.n-1-i, 8, bit(i))
	}
	for i := 8; i < 15; i++ {
		m.fix(8, m.n-15+i, bit(i))
	}
	m.fix(8, m.n-8, true)
}

// versionBits draws the number of a version from 7 up, twice.
func (m *matrix) versionBits() {
	if m.version < 7 {
		return
	}
	rest := int(m.version)
	for range 12 {
		rest = rest<<1 ^ rest>>11*0x1F25
	}
	word := int(m.version)<<12 | rest
	for i := range 18 {
		dark := word>>i&1 == 1
		m.fix(m.n-11+i%3, i/3, dark)
		m.fix(i/3, m.n-11+i%3, dark)
	}
}

// path calls visit with every free module in the order of the bits: two
// columns at a time from the right, up and down in turn.
func (m *matrix) path(visit func(i int)) {
	up := true
	for right := m.n - 1; right > 0; right -= 2 {
		if right == 6 {
			right-- // the timing pattern
		}
		for k := range m.n {
			y := k
			if up {
				y = m.n - 1 - k
			}
			for _, x := range [2]int{right, right - 1} {
				if !m.fixed[y*m.n+x] {
					visit(y*m.n + x)
				}
			}
		}
		up = !up
	}
}

// fill writes bytes along the path. What is left over stays light.
func (m *matrix) fill(data []byte) {
	n := 0
	m.path(func(i int) {
		if n < 8*len(data) {
			m.dark[i] = data[n/8]>>(7-n%8)&1 == 1
		}
		n++
	})
}

var masks = [...]func(x, y int) bool{
	func(x, y int) bool { return (x+y)%2 == 0 },
	func(_, y int) bool { return y%2 == 0 },
	func(x, _ int) bool { return x%3 == 0 },
	func(x, y int) bool { return (x+y)%3 == 0 },
	func(x, y int) bool { return (x/3+y/2)%2 == 0 },
	func(x, y int) bool { return x*y%2+x*y%3 == 0 },
	func(x, y int) bool { return (x*y%2+x*y%3)%2 == 0 },
	func(x, y int) bool { return ((x+y)%2+x*y%3)%2 == 0 },
}

// flip applies a mask, or takes it off.
func (m *matrix) flip(mask int) {
	for i, fixed := range m.fixed {
		if !fixed && masks[mask](i%m.n, i/m.n) {
			m.dark[i] = !m.dark[i]
		}
	}
}

// penalty is how hard the code is to read: long runs, blocks, a lack of
// balance. (The look-alikes of finders, which the standard counts too, do not
// keep a reader from reading.)
func (m *matrix) penalty() int {
	at := func(x, y int) bool { return m.dark[y*m.n+x] }
	sum, darks := 0, 0
	for _, get := range []func(x, y int) bool{at, func(x, y int) bool { return at(y, x) }} {
		for y := range m.n {
			run := 0
			for x := range m.n {
				if x > 0 && get(x, y) == get(x-1, y) {
					run++
				} else {
					run = 1
				}
				if run == 5 {
					sum += 3
				} else if run > 5 {
					sum++
				}
			}
		}
	}
	for y := range m.n {
		for x := range m.n {
			d := at(x, y)
			if d {
				darks++
			}
			if x > 0 && y > 0 && at(x-1, y) == d && at(x, y-1) == d && at(x-1, y-1) == d {
				sum += 3
			}
		}
	}
	return sum + 10*(max(20*darks-10*m.n*m.n, 10*m.n*m.n-20*darks)/(m.n*m.n))
}
