package safetensors

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"slices"
	"strings"
	"unicode"

	"nirvana/engine/wholefile"
)

// mostHeader is the size of the largest table of contents that is read: the format's own limit.
const mostHeader = 100 << 20

// mostAxes is more than any weight has.
const mostAxes = 8

// Entry is a tensor in the table of contents: where its values are, without the values.
type Entry struct {
	Type   string
	Shape  []int
	Offset int64 // from the start of the file, bytes
	Length int64 // bytes
}

// Header is a file's table of contents.
type Header struct {
	Tensors  map[string]Entry
	Metadata map[string]string
	Size     int64 // of the whole file, bytes
	File     fs.FileInfo
}

// ReadHeader reads the table of contents alone, whatever the size of the file, and checks it against the file's size:
// entries outside, overlapping or repeated, or with a shape that does not match their bytes, are errors. Their texts
// continue the file's name: "is cut off: ...".
func ReadHeader(path string) (*Header, error) {
	file, err := wholefile.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	h, err := parseHeader(file, info.Size())
	if h != nil {
		h.File = info
	}
	return h, err
}

func parseHeader(from io.Reader, size int64) (*Header, error) {
	var first [8]byte
	if _, err := io.ReadFull(from, first[:]); err != nil {
		return nil, errors.New("is not a .safetensors file: it is shorter than the length that such a file begins with")
	}
	n := binary.LittleEndian.Uint64(first[:])
	switch {
	case n > mostHeader:
		return nil, errors.New("is not a .safetensors file: it does not begin with the length of a table of contents")
	case n > uint64(size-8):
		return nil, fmt.Errorf("is cut off: its table of contents has %d bytes and the file %d in all", n, size)
	}
	h := &Header{Tensors: map[string]Entry{}, Size: size}
	d := json.NewDecoder(bufio.NewReader(io.LimitReader(from, int64(n))))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("is not a .safetensors file: its table of contents is not JSON")
	}
	for d.More() {
		if err := h.next(d, size-8-int64(n), 8+int64(n)); err != nil {
			return nil, err
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("has a broken table of contents: %w", err)
	}
	return h, h.overlaps()
}

// next reads one entry of the table. values is the number of bytes after the table, which begin at the offset at.
func (h *Header) next(d *json.Decoder, values, at int64) error {
	key, err := d.Token()
	if err != nil {
		return fmt.Errorf("has a broken table of contents: %w", err)
	}
	name, _ := key.(string)
	if name == "__metadata__" {
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return fmt.Errorf("has a broken table of contents: %w", err)
		}
		json.Unmarshal(raw, &h.Metadata) // metadata of other types is ignored
		return nil
	}
	var e struct {
		Type    string  `json:"dtype"`
		Shape   []int   `json:"shape"`
		Offsets []int64 `json:"data_offsets"`
	}
	if err := d.Decode(&e); err != nil {
		return fmt.Errorf("has a broken table of contents, at %s: %w", OneLine(name), err)
	}
	if _, twice := h.Tensors[name]; twice {
		return fmt.Errorf("lists the tensor %s twice", OneLine(name))
	}
	if len(e.Offsets) != 2 || e.Offsets[0] < 0 || e.Offsets[0] > e.Offsets[1] {
		return fmt.Errorf("does not give the position of the tensor %s", OneLine(name))
	}
	if e.Offsets[1] > values {
		return fmt.Errorf("is cut off: the tensor %s ends at %d bytes and the file has %d", OneLine(name), at+e.Offsets[1], at+values)
	}
	length := e.Offsets[1] - e.Offsets[0]
	if err := fits(e.Type, e.Shape, length, values); err != nil {
		return fmt.Errorf("has a tensor %s that %w", OneLine(name), err)
	}
	h.Tensors[name] = Entry{Type: e.Type, Shape: e.Shape, Offset: at + e.Offsets[0], Length: length}
	return nil
}

// OneLine is a file's own name of something for a message: as much as fits a line of it.
func OneLine(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || !unicode.IsGraphic(r) {
			return ' '
		}
		return r
	}, name)
	if r := []rune(name); len(r) > 80 {
		return string(r[:80]) + "..."
	}
	return name
}

// fits checks that a shape of the type takes length bytes, and that no axis is longer than all values, most bytes: beside
// an axis of 0 it could be, and networks are written by the lengths of axes.
func fits(kind string, shape []int, length, most int64) error {
	size, ok := sizes[kind]
	if !ok {
		return fmt.Errorf("has the unknown type %q", OneLine(kind))
	}
	if len(shape) > mostAxes {
		return fmt.Errorf("has %d axes", len(shape))
	}
	n := int64(size)
	for _, d := range shape {
		if d < 0 || int64(d) > most || d > 0 && n > math.MaxInt64/int64(d) {
			return fmt.Errorf("has the impossible shape %v", shape)
		}
		n *= int64(d)
	}
	if n != length {
		return fmt.Errorf("has %d bytes where its shape %v of %s takes %d", length, shape, kind, n)
	}
	return nil
}

// overlaps fails where two tensors share bytes.
func (h *Header) overlaps() error {
	type span struct {
		name string
		Entry
	}
	all := make([]span, 0, len(h.Tensors))
	for name, e := range h.Tensors {
		if e.Length > 0 {
			all = append(all, span{name, e})
		}
	}
	slices.SortFunc(all, func(a, b span) int {
		if a.Offset != b.Offset {
			if a.Offset < b.Offset {
				return -1
			}
			return 1
		}
		return strings.Compare(a.name, b.name)
	})
	for i := 1; i < len(all); i++ {
		if all[i].Offset < all[i-1].Offset+all[i-1].Length {
			return fmt.Errorf("has overlapping tensors: %s and %s", OneLine(all[i-1].name), OneLine(all[i].name))
		}
	}
	return nil
}
