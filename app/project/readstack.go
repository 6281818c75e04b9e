package project

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image"
	"io"
	"math"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"

	"nirvana/engine/fault"
	"nirvana/engine/pixel"
)

// element is one of stack.xml: image, stack or layer, as it begins.
type element []xml.Attr

func (e element) get(name string) string {
	for _, a := range e {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (e element) number(name string, fallback float64) float64 {
	v, err := strconv.ParseFloat(strings.TrimSpace(e.get(name)), 64)
	if err != nil || math.IsNaN(v) || math.Abs(v) > 1e9 {
		return fallback
	}
	return v
}

const (
	maxDepth  = 64
	maxLayers = 4096
)

// readStack reads stack.xml element by element, so that memory depends only on its layers.
func (f *File) readStack(data []byte, in *entries) error {
	d := xml.NewDecoder(bytes.NewReader(inUTF8(data)))
	d.CharsetReader = func(label string, input io.Reader) (io.Reader, error) {
		if strings.HasPrefix(strings.ToLower(label), "utf-16") { // it is UTF-8 by now
			return input, nil
		}
		e, err := htmlindex.Get(label)
		if err != nil {
			return nil, err
		}
		return e.NewDecoder().Reader(input), nil
	}
	var open []opened // the groups around
	for {
		token, err := d.Token()
		switch {
		case err == io.EOF && f.Width > 0:
			return f.lost()
		case err != nil:
			return damaged("stack.xml (%v)", err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			l, err := f.begin(token, open, in)
			if err != nil {
				return err
			}
			if open = append(open, l); len(open) > maxDepth {
				return fault.Project.Errorf("stack.xml has groups in more than %d others", maxDepth)
			}
		case xml.EndElement:
			open = open[:len(open)-1]
		}
	}
}

// inUTF8 converts UTF-16, recognised by its byte order mark or first character, to UTF-8.
func inUTF8(data []byte) []byte {
	order := unicode.LittleEndian
	switch {
	case bytes.HasPrefix(data, []byte("\xfe\xff")), bytes.HasPrefix(data, []byte("\x00<")):
		order = unicode.BigEndian
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("<\x00")):
	default:
		return bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	}
	out, err := unicode.UTF16(order, unicode.UseBOM).NewDecoder().Bytes(data)
	if err != nil {
		return nil
	}
	return out
}

// opened is an open element: a group with its origin, or the root stack.
type opened struct {
	group *Group // nil: image, and the stack of all
	at    image.Point
}

// begin handles an element. Groups pass their origin down.
func (f *File) begin(token xml.StartElement, open []opened, in *entries) (opened, error) {
	if err := in.budget.Count(); err != nil {
		return opened{}, err
	}
	e := element(token.Attr)
	if len(open) == 0 {
		return opened{}, f.size(token.Name.Local, e)
	}
	above := open[len(open)-1]
	at := above.at.Add(image.Pt(int(e.number("x", 0)), int(e.number("y", 0))))
	opacity := float32(min(max(e.number("opacity", 1), 0), 1))
	hidden, locked := e.get("visibility") == "hidden", e.get("edit-locked") == "true"
	if token.Name.Local != "layer" {
		g := Group{Name: e.get("name"), Opacity: opacity, Hidden: hidden, Locked: locked, Op: e.get("composite-op"), Isolated: e.get("isolation") == "isolate", Within: above.group}
		if plain := (Group{Name: g.Name, Opacity: 1, Isolated: g.Isolated}); len(open) == 1 && (g == plain || g.Op == normal && opacity == 1 && !hidden) {
			return opened{at: at}, nil // the stack of all
		}
		return opened{&g, at}, nil
	}
	if len(f.Layers) >= maxLayers {
		return opened{}, fault.Project.Errorf("stack.xml has more than %d layers", maxLayers)
	}
	l := Layer{Name: e.get("name"), Source: e.get("src"), Op: e.get("composite-op"), decoded: f.decoded, At: at, Opacity: opacity, Hidden: hidden, Locked: locked, Within: above.group}
	var err error
	if l.PNG, err = in.entry(l.Source, maxEntry); err != nil && !errors.Is(err, errDamaged) {
		return opened{}, err
	}
	f.Layers = append(f.Layers, l)
	return opened{at: at}, nil
}

// size takes that of the canvas.
func (f *File) size(name string, e element) error {
	if name != "image" {
		return damaged("stack.xml begins with %q", name)
	}
	w, h := int(e.number("w", 0)), int(e.number("h", 0))
	if w <= 0 || h <= 0 {
		return damaged("stack.xml gives no size")
	}
	if w > pixel.MaxPixels || h > pixel.MaxPixels/w {
		return fault.TooLarge.Errorf("a picture of %d x %d pixels cannot be opened", w, h)
	}
	f.Width, f.Height = w, h
	return nil
}

// lost lists the layers that are missing, truncated or not pictures, without decoding them.
func (f *File) lost() error {
	var names []string
	for _, l := range f.Layers {
		if !l.begins() {
			names = append(names, strconv.Quote(l.Name))
		}
	}
	if len(names) == 0 {
		return nil
	}
	const listed = 8
	more := ""
	if len(names) > listed {
		names, more = names[:listed], " and more"
	}
	return damaged("layers %s%s", strings.Join(names, ", "), more)
}
