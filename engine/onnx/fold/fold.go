// Package fold applies what a graph does to its weights alone in advance: conversions to float32, transpositions of
// matrices and concatenations are carried out once, into one file of external data as torch's exporter would have written it.
// ONNX Runtime does the same when it opens a network, but into memory, where the weights then stand beside their packed
// forms until the optimised graph is saved. Start with Into.
package fold

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"nirvana/engine/onnx/graphfile"
)

// page is what weights are aligned to, bytes, so that each of them can be mapped.
const page = 4096

// weight is a value of the graph that is made of weights alone: tensors joined along their first axis, then converted to
// float32 and transposed.
type weight struct {
	pieces       []*graphfile.Tensor
	dims         []int64 // before the transposition
	kind         graphfile.Type
	wide, turned bool
}

// folder is the work on one graph.
type folder struct {
	from    string
	to      io.Writer
	at      int64
	weights map[string]weight // by the name of the value in the graph

	part, whole, turned, buffer []byte // used again for every weight: garbage would stay in memory while the network is opened
}

// Into writes the external data of a graph to a writer, folded, and makes the graph take it from a file of that name. from
// is the folder that the graph's locations are relative to. Data that is handed over from memory stays as it is.
func Into(m *graphfile.Model, from string, to io.Writer, name string) (err error) {
	b := newBehind(to)
	defer func() {
		if e := b.Close(); err == nil {
			err = e
		}
	}()
	f := &folder{from: from, to: b, weights: map[string]weight{}}
	var own []*graphfile.Tensor
	for _, t := range m.Tensors {
		if t.External == nil || t.InMemory() {
			own = append(own, t)
		} else {
			f.weights[t.Name] = weight{pieces: []*graphfile.Tensor{t}, dims: t.Dims, kind: t.Type}
		}
	}
	m.Nodes = slices.DeleteFunc(m.Nodes, f.folded)
	written := map[string]bool{}
	for _, n := range m.Nodes {
		for _, in := range n.Inputs {
			w, ok := f.weights[in]
			if !ok || written[in] {
				continue
			}
			t, err := f.write(in, name, w)
			if err != nil {
				return fmt.Errorf("%s: %w", in, err)
			}
			own, written[in] = append(own, t), true
		}
	}
	m.Tensors = own
	return nil
}

// folded takes an operation on weights alone into the weight that it makes of them; false for all others.
func (f *folder) folded(n *graphfile.Node) bool {
	if len(n.Inputs) == 0 || len(n.Outputs) != 1 {
		return false
	}
	w, ok := f.weights[n.Inputs[0]]
	switch {
	case !ok:
		return false
	case n.Op == "Cast" && n.Int("to", 0) == int64(graphfile.Float32) && (w.wide || w.kind == graphfile.Float32 || widener(w.kind) != nil):
		w.wide = true
	case n.Op == "Transpose" && len(w.dims) == 2:
		w.turned = !w.turned
	case n.Op == "Concat" && n.Int("axis", 0) == 0:
		if w, ok = f.joined(n.Inputs); !ok {
			return false
		}
	default:
		return false
	}
	f.weights[n.Outputs[0]] = w
	return true
}

// joined are weights along their first axis, as they lie in their files, all of them widened or none.
func (f *folder) joined(names []string) (out weight, ok bool) {
	for i, name := range names {
		w, ok := f.weights[name]
		if !ok || w.turned || len(w.dims) == 0 || i > 0 && (w.kind != out.kind || w.wide != out.wide) {
			return out, false
		}
		if i == 0 {
			out = weight{dims: slices.Clone(w.dims), kind: w.kind, wide: w.wide}
			out.dims[0] = 0
		}
		out.pieces = append(out.pieces, w.pieces...)
		out.dims[0] += w.dims[0]
	}
	return out, true
}

// write writes a weight and returns it as the graph has it from now on.
func (f *folder) write(name, file string, w weight) (*graphfile.Tensor, error) {
	if rest := f.at % page; rest != 0 {
		n, err := f.to.Write(make([]byte, page-rest))
		if err != nil {
			return nil, err
		}
		f.at += int64(n)
	}
	t := &graphfile.Tensor{Name: name, Type: w.kind, Dims: slices.Clone(w.dims)}
	if w.wide {
		t.Type = graphfile.Float32
	}
	if w.turned {
		slices.Reverse(t.Dims)
	}
	start := f.at
	err := f.values(w)
	t.External = map[string]string{"location": file, "offset": fmt.Sprint(start), "length": fmt.Sprint(f.at - start)}
	return t, err
}

// values writes a weight's numbers.
func (f *folder) values(w weight) error {
	convert, size := func(to, from []byte) []byte { return append(to, from...) }, sizeOf(w.kind)
	if w.wide && w.kind != graphfile.Float32 {
		convert = widener(w.kind)
	}
	if size == 0 {
		return fmt.Errorf("%s is no type of weights", w.kind)
	}
	if w.turned {
		return f.transposed(w, size, convert)
	}
	for _, p := range w.pieces {
		if err := f.read(p, size, func(raw []byte) error { return f.put(convert(f.buffer[:0], raw)) }); err != nil {
			return err
		}
	}
	return nil
}

// strip is how many columns of a matrix are transposed at a time: a cache line of halves.
const strip = 32

// transposed writes a matrix by columns.
func (f *folder) transposed(w weight, size int, convert func(to, from []byte) []byte) error {
	whole := slices.Grow(f.whole[:0], int(w.dims[0]*w.dims[1])*size)
	for _, p := range w.pieces {
		if err := f.read(p, size, func(raw []byte) error { whole = append(whole, raw...); return nil }); err != nil {
			return err
		}
	}
	f.whole = whole
	rows, columns := int(w.dims[0]), int(w.dims[1])
	if len(whole) != rows*columns*size {
		return fmt.Errorf("%d bytes are no matrix of %v: %w", len(whole), w.dims, io.ErrUnexpectedEOF)
	}
	f.turned = slices.Grow(f.turned[:0], strip*rows*size)
	turned := f.turned[:strip*rows*size]
	for first := 0; first < columns; first += strip {
		n := min(strip, columns-first)
		turn(turned, whole, rows, columns, first, n, size)
		if err := f.put(convert(f.buffer[:0], turned[:n*rows*size])); err != nil {
			return err
		}
	}
	return nil
}

// turn makes rows of n columns of a matrix of elements of a size in bytes.
func turn(to, from []byte, rows, columns, first, n, size int) {
	if size == 2 { // nearly every file
		turnHalves(to, from, rows, columns, first, n)
		return
	}
	for r := range rows {
		line := from[(r*columns+first)*size:]
		for c := range n {
			copy(to[(c*rows+r)*size:][:size], line[c*size:])
		}
	}
}

// turnHalves is turn in squares, whose lines stay in the processor's cache.
func turnHalves(to, from []byte, rows, columns, first, n int) {
	var square [2 * strip * strip]byte
	for top := 0; top < rows; top += strip {
		high := min(strip, rows-top)
		for r := range high {
			line := from[2*((top+r)*columns+first):][:2*n]
			for c := 0; c < len(line)-1; c += 2 {
				at := c*strip + 2*r
				square[at], square[at+1] = line[c], line[c+1]
			}
		}
		for c := range n {
			copy(to[2*(c*rows+top):], square[2*c*strip:][:2*high])
		}
	}
}

// put writes bytes; the buffer that they may lie in is used again.
func (f *folder) put(data []byte) error {
	f.buffer = data
	n, err := f.to.Write(data)
	f.at += int64(n)
	return err
}

// chunk is how many bytes of a weight are read at a time.
const chunk = 1 << 20

// read passes a tensor's bytes on, in pieces of whole elements.
func (f *folder) read(t *graphfile.Tensor, size int, use func([]byte) error) (err error) {
	at, err := strconv.ParseInt(cmp.Or(t.External["offset"], "0"), 10, 64)
	if err != nil {
		return err
	}
	file, err := os.Open(filepath.Join(f.from, filepath.FromSlash(t.External["location"])))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	for left := t.Elements() * int64(size); left > 0; {
		f.part = slices.Grow(f.part[:0], int(min(chunk, left)))
		part := f.part[:min(chunk, left)]
		if _, err := io.ReadFull(io.NewSectionReader(file, at, left), part); err != nil {
			return err
		}
		if err := use(part); err != nil {
			return err
		}
		at, left = at+int64(len(part)), left-int64(len(part))
	}
	return nil
}
