package qr

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
)

// The width of a module and of the empty border, in pixels and modules.
const (
	scale  = 5
	border = 4
)

// PNG draws a text. The error is ErrTooLong.
func PNG(text string) ([]byte, error) {
	m, err := draw(text)
	if err != nil {
		return nil, err
	}
	side := (m.n + 2*border) * scale
	img := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	for y := range side {
		for x := range side {
			mx, my := x/scale-border, y/scale-border
			if mx >= 0 && my >= 0 && mx < m.n && my < m.n && m.dark[my*m.n+mx] {
				img.SetColorIndex(x, y, 1)
			}
		}
	}
	var b bytes.Buffer
	err = png.Encode(&b, img)
	return b.Bytes(), err
}

// draw makes the code of a text, with the mask that is read best.
func draw(text string) (*matrix, error) {
	v, err := fit(len(text))
	if err != nil {
		return nil, err
	}
	m := newMatrix(v)
	m.fill(v.interleave(v.encode(text)))
	best, least := 0, 0
	for mask := range masks {
		m.flip(mask)
		m.format(mask)
		if p := m.penalty(); mask == 0 || p < least {
			best, least = mask, p
		}
		m.flip(mask)
	}
	m.flip(best)
	m.format(best)
	return m, nil
}
