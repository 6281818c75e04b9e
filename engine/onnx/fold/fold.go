// Package fold applies what a graph does to its weights alone in advance: conversions to float32, transpositions of
// matrices and concatenations are carried out once, into one file of external data as torch's exporter would have written it.
// ONNX Runtime does the same when it opens a network, but into memory, where the weights then stand beside their packed
// forms until the optimised graph is saved. Start with Into.
package fold

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

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
	to      io.WriterAt
	weights map[string]weight // by the name of the value in the graph
}

// mostWorkers bounds how many weights are worked on at a time: each may hold a matrix in memory.
const mostWorkers = 4

// Into writes the external data of a graph to a file of that name, folded, and makes the graph take it from there. from
// is the folder that the graph's locations are relative to. Several weights are written at a time, each at a place of its own.
// Data that is handed over from memory stays as it is.
func Into(m *graphfile.Model, from string, to io.WriterAt, name string) error {
	f := &folder{from: from, to: to, weights: map[string]weight{}}
	var own []*graphfile.Tensor
	for _, t := range m.Tensors {
		if t.External == nil || t.InMemory() {
			own = append(own, t)
		} else {
			f.weights[t.Name] = weight{pieces: []*graphfile.Tensor{t}, dims: t.Dims, kind: t.Type}
		}
	}
	m.Nodes = slices.DeleteFunc(m.Nodes, f.folded)
	var all []placed
	written, at := map[string]bool{}, int64(0)
	for _, n := range m.Nodes {
		for _, in := range n.Inputs {
			w, ok := f.weights[in]
			if !ok || written[in] {
				continue
			}
			p, err := place(in, name, w, at)
			if err != nil {
				return fmt.Errorf("%s: %w", in, err)
			}
			own, all, written[in] = append(own, p.tensor), append(all, p), true
			at = (p.end + page - 1) / page * page
		}
	}
	m.Tensors = own
	return f.write(all)
}

// placed is a weight and where it lies in the file, bytes.
type placed struct {
	weight
	tensor  *graphfile.Tensor // as the graph has it from now on
	at, end int64
}

// place gives a weight its place.
func place(name, file string, w weight, at int64) (placed, error) {
	t := &graphfile.Tensor{Name: name, Type: w.kind, Dims: slices.Clone(w.dims)}
	if w.wide {
		t.Type = graphfile.Float32
	}
	if w.turned {
		slices.Reverse(t.Dims)
	}
	size, n := int64(sizeOf(t.Type)), t.Elements()
	if size == 0 || sizeOf(w.kind) == 0 {
		return placed{}, fmt.Errorf("%s is no type of weights", w.kind)
	}
	if n < 0 || n > (math.MaxInt64-page-at)/size {
		return placed{}, fmt.Errorf("%v is no shape of weights", w.dims)
	}
	t.External = map[string]string{"location": file, "offset": fmt.Sprint(at), "length": fmt.Sprint(n * size)}
	return placed{w, t, at, at + n*size}, nil
}

// write writes the weights, and ends with the first error.
func (f *folder) write(all []placed) error {
	var next atomic.Int64
	var workers sync.WaitGroup
	fails := make(chan error, mostWorkers)
	for range min(mostWorkers, runtime.GOMAXPROCS(0), len(all)) {
		workers.Go(func() {
			w := &worker{folder: f}
			for i := next.Add(1) - 1; i < int64(len(all)); i = next.Add(1) - 1 {
				if err := w.values(all[i]); err != nil {
					next.Store(int64(len(all)))
					fails <- fmt.Errorf("%s: %w", all[i].tensor.Name, err)
					return
				}
			}
		})
	}
	workers.Wait()
	close(fails)
	return <-fails
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

// worker writes one weight at a time.
type worker struct {
	*folder
	at int64 // where the next bytes are written

	part, whole, turned, buffer []byte // used again for every weight: garbage would stay in memory while the network is opened
}

// values writes a weight's numbers.
func (f *worker) values(w placed) error {
	convert, size := func(to, from []byte) []byte { return append(to, from...) }, sizeOf(w.kind)
	if w.wide && w.kind != graphfile.Float32 {
		convert = widener(w.kind)
	}
	f.at = w.at
	if w.turned {
		if err := f.transposed(w.weight, size, convert); err != nil {
			return err
		}
	} else {
		for _, p := range w.pieces {
			f.part = slices.Grow(f.part[:0], chunk)[:chunk]
			if err := f.read(p, size, f.part, func(raw []byte) error { return f.put(convert(f.buffer[:0], raw)) }); err != nil {
				return err
			}
		}
	}
	if f.at != w.end {
		return fmt.Errorf("%d bytes are no weight of %v: %w", f.at-w.at, w.dims, io.ErrUnexpectedEOF)
	}
	return nil
}

// strip is how many columns of a matrix are transposed at a time: a cache line of halves.
const strip = 32

// transposed writes a matrix by columns.
func (f *worker) transposed(w weight, size int, convert func(to, from []byte) []byte) error {
	rows, columns := int(w.dims[0]), int(w.dims[1])
	whole := slices.Grow(f.whole[:0], rows*columns*size)
	for _, p := range w.pieces {
		n := len(whole)
		if k := p.Elements(); k < 0 || k > int64((cap(whole)-n)/size) {
			return fmt.Errorf("%v does not fit a matrix of %v", p.Dims, w.dims)
		}
		whole = whole[:n+int(p.Elements())*size]
		if err := f.read(p, size, whole[n:], func([]byte) error { return nil }); err != nil {
			return err
		}
	}
	f.whole = whole
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

// turnHalves is turn in squares, whose lines stay in the processor's cache, four numbers at a time.
func turnHalves(to, from []byte, rows, columns, first, n int) {
	var square [2 * strip * strip]byte
	half := func(line []byte, c int) uint64 { return uint64(binary.LittleEndian.Uint16(line[2*c:])) }
	for top := 0; top < rows; top += strip {
		high := min(strip, rows-top)
		line := func(r int) []byte { return from[2*((top+r)*columns+first):][:2*n] }
		r := 0
		for ; r+4 <= high; r += 4 {
			a, b, c, d := line(r), line(r+1), line(r+2), line(r+3)
			for i := range n {
				binary.LittleEndian.PutUint64(square[2*(i*strip+r):], half(a, i)|half(b, i)<<16|half(c, i)<<32|half(d, i)<<48)
			}
		}
		for ; r < high; r++ {
			for i := range n {
				binary.LittleEndian.PutUint16(square[2*(i*strip+r):], uint16(half(line(r), i)))
			}
		}
		for c := range n {
			copy(to[2*(c*rows+top):], square[2*c*strip:][:2*high])
		}
	}
}

// put writes bytes; the buffer that they may lie in is used again.
func (f *worker) put(data []byte) error {
	f.buffer = data
	n, err := f.to.WriteAt(data, f.at)
	f.at += int64(n)
	return err
}

// chunk is how many bytes of a weight are read at a time.
const chunk = 1 << 20

// read passes a tensor's bytes on, in pieces of whole elements as long as the buffer that they are read into.
func (f *worker) read(t *graphfile.Tensor, size int, buffer []byte, use func([]byte) error) (err error) {
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
		part := buffer[:min(int64(len(buffer)), left)]
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
