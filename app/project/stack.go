package project

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image"
	"image/png"
	"maps"
	"slices"
	"strconv"
)

// node is an element of stack.xml to be written.
type node struct {
	XMLName    xml.Name
	Attributes []xml.Attr `xml:",any,attr"`
	Children   []node     `xml:",any"`
	group      *node      // stands for a group that is still being filled
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
	lists := map[*Group]*node{nil: &all}
	for i, l := range f.Layers {
		name := fmt.Sprintf("data/layer%d.png", i)
		for n := len(f.Layers); taken[name]; n++ {
			name = fmt.Sprintf("data/layer%d.png", n)
		}
		taken[name] = true
		names = append(names, name)
		own := append(attr("name", l.Name, "src", name, "x", strconv.Itoa(l.At.X), "y", strconv.Itoa(l.At.Y)), attr(look(l.Opacity, l.Hidden, l.Locked, l.Op)...)...)
		add(lists, l.Within, node{XMLName: xml.Name{Local: "layer"}, Attributes: own}, attr)
	}
	whole := finished(all)
	top := node{XMLName: xml.Name{Local: "image"}, Attributes: attr("version", "0.0.3", "w", strconv.Itoa(f.Width), "h", strconv.Itoa(f.Height)), Children: []node{whole}}
	body, err := xml.MarshalIndent(top, "", " ")
	if err != nil { // plain attributes always can be written
		panic(err)
	}
	return append([]byte(xml.Header), body...), names
}

const normal = "svg:src-over"

// look is the attributes that layers and groups share.
func look(opacity float32, hidden, locked bool, op string) []string {
	visibility := "visible"
	if hidden {
		visibility = "hidden"
	}
	if op == "" {
		op = normal
	}
	out := []string{"opacity", strconv.FormatFloat(float64(opacity), 'f', -1, 32), "visibility", visibility, "composite-op", op}
	if locked {
		out = append(out, "edit-locked", "true")
	}
	return out
}

// add appends an element to its group's list, which starts at the group's first element.
func add(lists map[*Group]*node, to *Group, n node, attr func(...string) []xml.Attr) {
	list, ok := lists[to]
	if !ok {
		list = &node{XMLName: xml.Name{Local: "stack"}, Attributes: attr(append([]string{"name", to.Name}, look(to.Opacity, to.Hidden, to.Locked, to.Op)...)...)}
		if to.Isolated {
			list.Attributes = append(list.Attributes, attr("isolation", "isolate")...)
		}
		lists[to] = list
		add(lists, to.Within, node{group: list}, attr)
	}
	list.Children = append(list.Children, n)
}

// finished is a list with its groups' lists inserted.
func finished(n node) node {
	for i, c := range n.Children {
		if c.group != nil {
			n.Children[i] = finished(*c.group)
		}
	}
	return n
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
