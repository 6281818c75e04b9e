package document

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/json"
	"image"
	"io"

	"nirvana/engine/fault"
	"nirvana/engine/pixel"
)

// savedEdit is the head of an edit's contents; the tiles' pixels follow it.
type savedEdit struct {
	Frame   image.Rectangle
	Whole   bool
	Shift   image.Point
	Picture string      // blob
	Mask    image.Point // its size; its pixels are the first
	Lines   image.Point // the scribble's size; its pixels are next
	Select  image.Point // the selection's, likewise
	Tiles   []savedTile
	Layers  *SavedLayers
}

type savedTile struct {
	Mask   bool
	Lines  bool // of the scribble
	Select bool // of the selection
	At     image.Rectangle
	Bytes  int
}

// pack encodes an edit's contents: the length of a JSON header, the header, then the tiles, deflated.
func (e *edit) pack(b Keeps, err *error) (data []byte, blobs []string) {
	head := savedEdit{Frame: e.frame, Whole: e.whole, Shift: e.shift, Picture: b.Color(e.picture, err), Layers: saveLayers(e.layers, b, err)}
	var pix [][]byte
	if e.mask != nil {
		head.Mask, pix = e.mask.Rect.Size(), append(pix, e.mask.Pix)
	}
	if e.scribble != nil {
		head.Lines, pix = e.scribble.Rect.Size(), append(pix, e.scribble.Pix)
	}
	if e.selection != nil {
		head.Select, pix = e.selection.Rect.Size(), append(pix, e.selection.Pix)
	}
	for _, t := range e.pictureTiles {
		head.Tiles, pix = append(head.Tiles, savedTile{At: t.at, Bytes: len(t.pix)}), append(pix, t.pix)
	}
	for _, t := range e.maskTiles {
		head.Tiles, pix = append(head.Tiles, savedTile{Mask: true, At: t.at, Bytes: len(t.pix)}), append(pix, t.pix)
	}
	for _, t := range e.lineTiles {
		head.Tiles, pix = append(head.Tiles, savedTile{Lines: true, At: t.at, Bytes: len(t.pix)}), append(pix, t.pix)
	}
	for _, t := range e.selectTiles {
		head.Tiles, pix = append(head.Tiles, savedTile{Select: true, At: t.at, Bytes: len(t.pix)}), append(pix, t.pix)
	}
	js, e2 := json.Marshal(head)
	if e2 != nil && *err == nil {
		*err = e2
	}
	if blobs = head.Layers.blobs(); head.Picture != "" {
		blobs = append(blobs, head.Picture)
	}
	return deflated(append([][]byte{binary.LittleEndian.AppendUint32(nil, uint32(len(js))), js}, pix...)...), blobs
}

func deflated(parts ...[]byte) []byte {
	var out bytes.Buffer
	z, _ := flate.NewWriter(&out, flate.BestSpeed)
	for _, p := range parts {
		z.Write(p)
	}
	z.Close()
	return out.Bytes()
}

func inflated(data []byte, limit int64) ([]byte, error) {
	out, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(data)), limit+1))
	if err == nil && int64(len(out)) > limit {
		err = fault.Lost.Errorf("too large")
	}
	return out, err
}

// unpack decodes contents into the edit. Everything is checked, because they may come from an untrusted file.
func (e *edit) unpack(data []byte, b Holds) error {
	wrong := fault.Lost.Errorf("this undo step is damaged")
	plain, err := inflated(data, undoBytes+pixel.MaxPixels)
	if err != nil || len(plain) < 4 {
		return wrong
	}
	n := binary.LittleEndian.Uint32(plain)
	if uint64(n)+4 > uint64(len(plain)) {
		return wrong
	}
	var head savedEdit
	if json.Unmarshal(plain[4:4+n], &head) != nil {
		return wrong
	}
	rest := plain[4+n:]
	out := edit{name: e.name, frame: head.Frame, whole: head.Whole, shift: head.Shift, id: e.id, version: e.version}
	for _, plane := range []struct {
		size image.Point
		to   **image.Gray
	}{{head.Mask, &out.mask}, {head.Lines, &out.scribble}, {head.Select, &out.selection}} {
		m := plane.size
		if m == (image.Point{}) {
			continue
		}
		if m.X <= 0 || m.Y <= 0 || m.X > pixel.MaxPixels || m.Y > pixel.MaxPixels/m.X || m.X*m.Y > len(rest) {
			return wrong
		}
		*plane.to = &image.Gray{Pix: rest[: m.X*m.Y : m.X*m.Y], Stride: m.X, Rect: image.Rectangle{Max: m}}
		rest = rest[m.X*m.Y:]
	}
	for _, t := range head.Tiles {
		size := 4
		if t.Mask || t.Lines || t.Select {
			size = 1
		}
		if t.At.Empty() || t.At.Min.X < 0 || t.At.Min.Y < 0 || t.At.Dx() > tileSide || t.At.Dy() > tileSide || t.Bytes > len(rest) ||
			t.Bytes != size && t.Bytes != size*t.At.Dx()*t.At.Dy() {
			return wrong
		}
		to := &out.pictureTiles
		switch {
		case t.Mask:
			to = &out.maskTiles
		case t.Lines:
			to = &out.lineTiles
		case t.Select:
			to = &out.selectTiles
		}
		*to, rest = append(*to, tile{t.At, rest[:t.Bytes:t.Bytes]}), rest[t.Bytes:]
	}
	if head.Frame.Empty() || head.Frame.Dx() > pixel.MaxPixels || head.Frame.Dy() > pixel.MaxPixels {
		return wrong
	}
	out.picture = b.LoadColor(head.Picture, &err)
	if err == nil && out.selection != nil && (out.mask == nil || out.selection.Rect != out.mask.Rect) {
		err = wrong
	}
	if err == nil && (out.picture == nil) != (out.mask == nil) || out.picture != nil && out.picture.Rect != out.mask.Rect {
		err = wrong
	}
	if err == nil {
		out.layers, err = head.Layers.load(b)
	}
	if err != nil {
		return err
	}
	out.measure()
	*e = out
	return nil
}
