package psd

import (
	"image"
	"io"
	"unicode/utf16"

	"nirvana/app/layers"
	"nirvana/engine/fault"
	"nirvana/engine/memory"
	"nirvana/engine/pixel/composite"
)

// Encode writes a stack on a canvas of the merged picture's size. Modes that the format lacks are written as Normal, see
// Carried; the merged picture shows them right.
func Encode(w io.Writer, s *layers.Stack, merged *image.RGBA) error {
	size := merged.Rect.Size()
	if size.X > maxSide || size.Y > maxSide {
		return fault.TooLarge.Errorf("Photoshop's files hold at most %d px a side: make the picture smaller, or save it as .ora", maxSide)
	}
	if err := encodes(s, size); err != nil {
		return err
	}
	var o out
	o.text("8BPS")
	o.number(2, 1)
	o.bytes = append(o.bytes, make([]byte, 6)...)
	o.number(2, 4)
	o.number(4, size.Y)
	o.number(4, size.X)
	o.number(2, 8)
	o.number(2, 3) // RGB
	o.number(4, 0)
	o.number(4, 0)
	section, err := layerSection(s)
	if err != nil {
		return err
	}
	o.part(4, 1, section)
	o.bytes = append(o.bytes, whole(merged)...)
	_, err = w.Write(o.bytes)
	return err
}

// encodes is whether a file of the layers and the picture fits into the memory: packed, copied into their section, and
// into the file.
func encodes(s *layers.Stack, size image.Point) error {
	all := 4 * int64(size.X) * int64(size.Y)
	for _, l := range s.Layers {
		for _, r := range append([]layers.Layer{l}, l.Layers...) {
			b := r.Pixels.Bounds().Size()
			all += 4 * int64(b.X) * int64(b.Y)
		}
	}
	return memory.Ask("a Photoshop file of the layers", 3*all)
}

type out struct{ bytes []byte }

func (o *out) text(s string) { o.bytes = append(o.bytes, s...) }

func (o *out) number(bytes, v int) {
	for i := bytes - 1; i >= 0; i-- {
		o.bytes = append(o.bytes, byte(v>>(8*i)))
	}
}

// part appends a section with its length before it, padded to a multiple.
func (o *out) part(bytes, multiple int, data []byte) {
	pad := (multiple - len(data)%multiple) % multiple
	o.number(bytes, len(data)+pad)
	o.bytes = append(append(o.bytes, data...), make([]byte, pad)...)
}

// item is one record of the list with its channels.
type item struct {
	layer   layers.Layer
	section int
	rect    image.Rectangle
	data    [4][]byte // opacity, red, green, blue
}

func layerSection(s *layers.Stack) ([]byte, error) {
	var all []item
	for _, l := range s.Layers {
		if !l.Group {
			all = append(all, raster(l))
			continue
		}
		all = append(all, item{layer: layers.Layer{Name: "</Layer group>", Opacity: 1}, section: sectionEnd})
		for _, c := range l.Layers {
			all = append(all, raster(c))
		}
		all = append(all, item{layer: l, section: sectionOpen})
	}
	var info out
	info.number(2, -len(all)) // less than none: the first channel beyond the colours is the opacity
	for i := range all {
		if r := all[i].rect; r.Dx() > maxSide || r.Dy() > maxSide {
			return nil, fault.TooLarge.Errorf("layer %q is larger than Photoshop's files hold: crop it, or save as .ora", all[i].layer.Name)
		}
		all[i].pack()
		all[i].record(&info)
	}
	for _, it := range all {
		for _, d := range it.data {
			info.bytes = append(info.bytes, d...)
		}
	}
	var section out
	section.part(4, 2, info.bytes)
	section.number(4, 0)
	return section.bytes, nil
}

func raster(l layers.Layer) item { return item{layer: l, rect: l.Pixels.Bounds()} }

func (it *item) pack() {
	img := it.layer.Pixels.Picture(it.rect)
	for i, c := range [4]int{3, 0, 1, 2} {
		var counts, rows out
		counts.number(2, compressRLE)
		if it.rect.Empty() {
			it.data[i] = (&out{[]byte{0, compressRaw}}).bytes
			continue
		}
		row := make([]byte, it.rect.Dx())
		for y := range it.rect.Dy() {
			for x := range row {
				row[x] = img.Pix[img.PixOffset(x, y)+c]
			}
			before := len(rows.bytes)
			rows.bytes = packed(rows.bytes, row)
			counts.number(2, len(rows.bytes)-before)
		}
		it.data[i] = append(counts.bytes, rows.bytes...)
	}
}

func (it *item) record(o *out) {
	l := it.layer
	for _, v := range [4]int{it.rect.Min.Y, it.rect.Min.X, it.rect.Max.Y, it.rect.Max.X} {
		o.number(4, v)
	}
	o.number(2, 4)
	for i, id := range [4]int{-1, 0, 1, 2} {
		o.number(2, id)
		o.number(4, len(it.data[i]))
	}
	key := keys[l.Mode]
	if key == "" {
		key = keys[composite.Normal]
	}
	folder := key
	if it.section == sectionOpen && !l.Apart() {
		folder = "pass"
	}
	o.text("8BIM")
	o.text(folder)
	o.number(1, int(l.Opacity*255+0.5))
	o.number(1, 0)
	flags := 8
	if l.LockAlpha {
		flags |= 1
	}
	if l.Hidden {
		flags |= 2
	}
	if it.section != 0 {
		flags |= 16 // its pixels do not matter
	}
	o.number(1, flags)
	o.number(1, 0)
	var extra out
	extra.number(4, 0)
	extra.number(4, 0)
	name := pascal(l.Name)
	extra.number(1, len(name))
	extra.bytes = append(extra.bytes, name...)
	extra.bytes = append(extra.bytes, make([]byte, (4-(len(name)+1)%4)%4)...)
	var unicode out
	text := utf16.Encode([]rune(l.Name))
	unicode.number(4, len(text))
	for _, v := range text {
		unicode.number(2, int(v))
	}
	extra.block("luni", unicode.bytes)
	if it.section != 0 {
		var mark out
		mark.number(4, it.section)
		mark.text("8BIM")
		mark.text(folder)
		extra.block("lsct", mark.bytes)
	}
	if l.Locked {
		extra.block("lspf", []byte{0, 0, 0, 0x0e})
	}
	o.part(4, 2, extra.bytes)
}

func (o *out) block(key string, data []byte) {
	o.text("8BIM")
	o.text(key)
	o.part(4, 4, data)
}

// pascal is a name in the format's old field, in its character set; the full name is in another field.
func pascal(name string) []byte {
	var out []byte
	for _, c := range name {
		if c > 126 || c < 32 {
			c = '?'
		}
		out = append(out, byte(c))
	}
	return out[:min(len(out), 31)]
}

// whole is the merged picture: planes of red, green, blue and opacity, with transparent colours blended with white.
func whole(img *image.RGBA) []byte {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	var counts, rows out
	counts.number(2, compressRLE)
	row := make([]byte, w)
	for c := range 4 {
		for y := range h {
			for x := range row {
				p := img.Pix[img.PixOffset(x, y):]
				if row[x] = p[3]; c < 3 {
					row[x] = p[c] + 255 - p[3]
				}
			}
			before := len(rows.bytes)
			rows.bytes = packed(rows.bytes, row)
			counts.number(2, len(rows.bytes)-before)
		}
	}
	return append(counts.bytes, rows.bytes...)
}
