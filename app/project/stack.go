package project

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"math"
	"slices"
	"strconv"

	"nirvana/engine/fault"
	"nirvana/engine/pixel"
)

// node is an element of stack.xml: image, stack or layer.
type node struct {
	XMLName    xml.Name
	Attributes []xml.Attr `xml:",any,attr"`
	Children   []node     `xml:",any"`
}

func (n node) get(name string) string {
	for _, a := range n.Attributes {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (n node) number(name string, otherwise float64) float64 {
	v, err := strconv.ParseFloat(n.get(name), 64)
	if err != nil || math.IsNaN(v) || math.Abs(v) > 1e9 {
		return otherwise
	}
	return v
}

const (
	maxDepth  = 64
	maxLayers = 4096
)

func (f *File) readStack(data []byte, files map[string]*zip.File) error {
	var top node
	if err := xml.Unmarshal(data, &top); err != nil || top.XMLName.Local != "image" {
		return fault.Project.Errorf("stack.xml is damaged: save the file again (%v)", err)
	}
	f.Width, f.Height = int(top.number("w", 0)), int(top.number("h", 0))
	if f.Width <= 0 || f.Height <= 0 || f.Width > pixel.MaxPixels || f.Height > pixel.MaxPixels/f.Width {
		return fault.TooLarge.Errorf("a picture of %d x %d pixels cannot be opened", f.Width, f.Height)
	}
	for _, c := range top.Children {
		if err := f.walk(c, files, Layer{Opacity: 1}, 0); err != nil {
			return err
		}
	}
	return nil
}

// walk takes the layers of a stack; groups hand their place, opacity and visibility down.
func (f *File) walk(n node, files map[string]*zip.File, in Layer, depth int) error {
	if depth > maxDepth || len(f.Layers) > maxLayers {
		return fault.Project.Errorf("stack.xml has too many layers")
	}
	l := Layer{Name: n.get("name"), Source: n.get("src"), Op: n.get("composite-op"),
		At:      in.At.Add(image.Pt(int(n.number("x", 0)), int(n.number("y", 0)))),
		Opacity: in.Opacity * float32(min(max(n.number("opacity", 1), 0), 1)), Hidden: in.Hidden || n.get("visibility") == "hidden"}
	if in.Op != "" && in.Op != normal {
		l.Op = in.Op
	}
	switch n.XMLName.Local {
	case "stack":
		for _, c := range n.Children {
			if err := f.walk(c, files, l, depth+1); err != nil {
				return err
			}
		}
	case "layer":
		data, err := entry(files, l.Source, maxEntry)
		if err != nil {
			return err
		}
		l.PNG = data
		f.Layers = append(f.Layers, l)
	}
	return nil
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
// skip names; false where a layer is mixed in a way that only the file's own
// merged picture shows.
func (f *File) Flatten(skip func(Layer) bool) (*image.RGBA, bool, error) {
	out := image.NewRGBA(image.Rect(0, 0, f.Width, f.Height))
	for _, l := range slices.Backward(f.Layers) {
		if l.Hidden || skip(l) {
			continue
		}
		if l.Op != "" && l.Op != normal {
			return nil, false, nil
		}
		img, err := l.Picture()
		if err != nil {
			return nil, false, err
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
