package paint

import (
	"fmt"
	"image"
	"math"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"nirvana/engine/fault"
	"nirvana/engine/memory"
)

// Text is lines of text in a font.
type Text struct {
	Font string // the font's name, for errors
	Data []byte // an OpenType or TrueType font
	Size float64
	Text string // lines separated by \n
}

// maxText is the largest size of text, px.
const maxText = 2048

// Coverage is the text with the first baseline's left end at x, y in picture pixels, within bounds. It fails where
// the font lacks letters, and names them: boxes would be painted instead.
func (t Text) Coverage(bounds image.Rectangle, x, y float64) (*image.Gray, error) {
	face, err := t.face()
	if err != nil {
		return nil, err
	}
	defer face.Close()
	if err := memory.Pixels("text", bounds.Size(), 6); err != nil { // letters, and their layer
		return nil, err
	}
	out := image.NewAlpha(bounds)
	d := font.Drawer{Dst: out, Src: image.Opaque, Face: face}
	step := float64(face.Metrics().Height) / 64
	for i, line := range strings.Split(t.Text, "\n") {
		d.Dot = fixed.Point26_6{X: fixed.Int26_6(math.Round(x * 64)), Y: fixed.Int26_6(math.Round((y + float64(i)*step) * 64))}
		d.DrawString(line)
	}
	return &image.Gray{Pix: out.Pix, Stride: out.Stride, Rect: out.Rect}, nil
}

// Bounds is the rectangle that Coverage would paint with the first baseline's left end at 0,0.
func (t Text) Bounds() (image.Rectangle, error) {
	face, err := t.face()
	if err != nil {
		return image.Rectangle{}, err
	}
	defer face.Close()
	var out image.Rectangle
	step := face.Metrics().Height
	for i, line := range strings.Split(t.Text, "\n") {
		b, _ := font.BoundString(face, line)
		down := step * fixed.Int26_6(i)
		out = out.Union(image.Rect(b.Min.X.Floor(), (b.Min.Y + down).Floor(), b.Max.X.Ceil(), (b.Max.Y + down).Ceil()))
	}
	return out, nil
}

func (t Text) face() (font.Face, error) {
	if !(t.Size > 0 && t.Size <= maxText) {
		return nil, fault.Settings.Errorf("text of %g px cannot be painted: choose 1 to %d", t.Size, maxText)
	}
	f, err := opentype.Parse(t.Data)
	if err != nil {
		return nil, fault.Settings.Errorf("the font %s cannot be read: choose another (%w)", t.Font, err)
	}
	if lacks := missing(f, t.Text); lacks != "" {
		return nil, fault.Settings.Errorf("the font %s has no letter %s: choose another font", t.Font, lacks)
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: t.Size, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return nil, fmt.Errorf("opening the font %s: %w", t.Font, err)
	}
	return face, nil
}

// missing are the letters that a font lacks, up to ten.
func missing(f *opentype.Font, text string) string {
	var out []string
	seen := map[rune]bool{'\n': true}
	for _, c := range text {
		if seen[c] {
			continue
		}
		seen[c] = true
		if i, err := f.GlyphIndex(nil, c); (err != nil || i == 0) && len(out) < 10 {
			out = append(out, string(c))
		}
	}
	return strings.Join(out, " ")
}
