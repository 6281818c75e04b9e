package project

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"slices"
	"strconv"

	"nirvana/engine/fault"
)

// node is an element of stack.xml to be written.
type node struct {
	XMLName    xml.Name
	Attributes []xml.Attr `xml:",any,attr"`
	Children   []node     `xml:",any"`
}

// stack writes stack.xml, and names the layers' entries.
func (f *File) stack(taken map[string]bool) (data []byte, names []string) {
	attr := func(pairs ...string) (out []xml.Attr) {
		for i := 0; i+1 < len(pairs); i += 2 {
			out = append(out, xml.Attr{Name: xml.Name{Local: pairs[i]}, Value: pairs[i+1]})
		}
		return out
	}
	all := node{XMLName: xml.Name{Local: "stack"}}
	for i, l := range f.Layers {
		name := fmt.Sprintf("data/layer%d.png", i)
		for n := len(f.Layers); taken[name]; n++ {
			name = fmt.Sprintf("data/layer%d.png", n)
		}
		taken[name] = true
		names = append(names, name)
		visibility := "visible"
		if l.Hidden {
			visibility = "hidden"
		}
		op := l.Op
		if op == "" {
			op = normal
		}
		all.Children = append(all.Children, node{XMLName: xml.Name{Local: "layer"}, Attributes: attr("name", l.Name, "src", name,
			"x", strconv.Itoa(l.At.X), "y", strconv.Itoa(l.At.Y), "opacity", strconv.FormatFloat(float64(l.Opacity), 'f', -1, 32),
			"visibility", visibility, "composite-op", op)})
	}
	top := node{XMLName: xml.Name{Local: "image"}, Attributes: attr("version", "0.0.3", "w", strconv.Itoa(f.Width), "h", strconv.Itoa(f.Height)), Children: []node{all}}
	body, err := xml.MarshalIndent(top, "", " ")
	if err != nil { // plain attributes always can be written
		panic(err)
	}
	return append([]byte(xml.Header), body...), names
}

const normal = "svg:src-over"

// Flatten is what the visible layers look like together, those left out that
// skip names; false where only the file's own merged picture shows it: a layer
// is mixed in another way, or damaged, which f.Damaged tells then. Without a
// merged picture damaged ones are left out.
func (f *File) Flatten(skip func(Layer) bool) (*image.RGBA, bool, error) {
	out := image.NewRGBA(image.Rect(0, 0, f.Width, f.Height))
	for _, l := range slices.Backward(f.Layers) {
		if l.Hidden || skip(l) {
			continue
		}
		if l.Op != "" && l.Op != normal || f.Damaged != nil && f.Merged != nil {
			return nil, false, nil
		}
		img, err := l.Picture()
		if fault.Of(err) == fault.TooLarge {
			return nil, false, err
		}
		if err != nil {
			if f.Damaged = damaged("%v", err); f.Merged != nil {
				return nil, false, nil
			}
			continue
		}
		alpha := image.NewUniform(color.Alpha16{uint16(l.Opacity*0xffff + 0.5)})
		draw.DrawMask(out, img.Rect.Add(l.At), img, image.Point{}, alpha, image.Point{}, draw.Over)
	}
	return out, true, nil
}

func encoded(img image.Image) ([]byte, error) {
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, img); err != nil {
		return nil, fmt.Errorf("encoding a layer: %w", err)
	}
	return b.Bytes(), nil
}

// PNG is a layer's file of a picture.
func PNG(img image.Image) ([]byte, error) { return encoded(img) }

func sorted(m map[string][]byte) []string { return slices.Sorted(maps.Keys(m)) }
