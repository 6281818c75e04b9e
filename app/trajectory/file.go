package trajectory

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/crc32"
	"io"
	"math"

	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/random"
)

// A file is a magic number, then arrays of float32 and whole files one after another, then JSON with their locations,
// then the JSON's location with a checksum. Bit-identical arrays are stored once. Everything is exact: float16 would
// halve a file, but continuing from it would make another picture.

const (
	mark    = "nirvana steps 1\n"
	tail    = 8 + 4 + 4 // the index's offset, length and checksum
	longest = 64 << 20  // of an index, bytes
)

var table = crc32.MakeTable(crc32.Castagnoli)

// ref is the location of an array or a file.
type ref struct {
	At  int64
	N   int // bytes
	Sum uint32
}

type index struct {
	About json.RawMessage
	Files map[string]ref
	Steps []entry
}

type entry struct {
	Index, Of                 int
	Share                     float64
	Timestep, Sigma, Guidance uint32          // bits of float32: JSON has no infinity
	Changes                   []engine.Change `json:",omitempty"`
	Shape                     []int
	X, X0                     *ref
	Look                      *look
	State                     *state
}

type look struct {
	Factors        ref
	CutOut, Packed bool
	Height, Width  int
	Tiling         engine.Tiling
}

type state struct {
	Eval, Begin, Stage, Rested int
	X, X0                      *ref
	Memory                     []*ref
	Numbers                    []uint64
	Random                     []random.State
}

// writer counts what it writes, and remembers the arrays written.
type writer struct {
	to   io.Writer
	at   int64
	have map[[32]byte]ref
	err  error
}

func (w *writer) bytes(b []byte) ref {
	r := ref{w.at, len(b), crc32.Checksum(b, table)}
	if w.err == nil {
		_, w.err = w.to.Write(b)
	}
	w.at += int64(len(b))
	return r
}

// once writes bytes that are not in the file yet.
func (w *writer) once(b []byte) ref {
	sum := sha256.Sum256(b)
	r, ok := w.have[sum]
	if !ok {
		r = w.bytes(b)
		w.have[sum] = r
	}
	return r
}

func (w *writer) floats(v []float32) *ref {
	if v == nil {
		return nil
	}
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	r := w.once(b)
	return &r
}

func (w *writer) entry(s engine.Step) entry {
	e := entry{Index: s.Index, Of: s.Of, Share: s.Share, Timestep: math.Float32bits(s.Timestep), Sigma: math.Float32bits(s.Sigma), Guidance: math.Float32bits(s.Guidance),
		Changes: s.Changes, Shape: s.X.Shape, X: w.floats(s.X.Data), X0: w.floats(s.X0.Data)}
	if l := s.Look(); l.Factors != nil {
		e.Look = &look{*w.floats(l.Factors), l.CutOut, l.Plane.Packed, l.Plane.Height, l.Plane.Width, l.Tiling}
	}
	if st := s.State; st.Sampler.X != nil {
		e.State = &state{Eval: st.Sampler.Eval, Begin: st.Sampler.Begin, Stage: st.Stage, Rested: st.Rested, X: w.floats(st.Sampler.X), X0: w.floats(st.Sampler.X0), Random: st.Random}
		for _, m := range st.Sampler.Memory {
			e.State.Memory = append(e.State.Memory, w.floats(m))
		}
		for _, v := range st.Sampler.Numbers {
			e.State.Numbers = append(e.State.Numbers, math.Float64bits(v))
		}
	}
	return e
}

// write writes a path.
func write(to io.Writer, p Path) error {
	w := &writer{to: to, have: map[[32]byte]ref{}}
	w.bytes([]byte(mark))
	x := index{About: p.About, Files: map[string]ref{}}
	for name, data := range p.Files {
		x.Files[name] = w.once(data)
	}
	for s := range p.Steps {
		x.Steps = append(x.Steps, w.entry(s))
	}
	js, err := json.Marshal(x)
	if err != nil {
		return err
	}
	r := w.bytes(js)
	end := binary.LittleEndian.AppendUint64(nil, uint64(r.At))
	end = binary.LittleEndian.AppendUint32(end, uint32(r.N))
	w.bytes(binary.LittleEndian.AppendUint32(end, r.Sum))
	return w.err
}

// File is a stored path. Its methods may be called from any goroutine, and open the file again each time.
type File struct {
	open  func() (source, error)
	size  int64
	index index
}

// source is an open file.
type source interface {
	io.ReaderAt
	io.Closer
}

var errDamaged = fault.Lost.Errorf("the steps of this picture are damaged")

// read reads a file's index.
func read(open func() (source, error), size int64) (*File, error) {
	f, err := open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head, end := make([]byte, len(mark)), make([]byte, tail)
	if _, err := f.ReadAt(head, 0); err != nil || string(head) != mark {
		return nil, errDamaged
	}
	if _, err := f.ReadAt(end, size-tail); err != nil && !errors.Is(err, io.EOF) {
		return nil, errDamaged
	}
	r := ref{int64(binary.LittleEndian.Uint64(end)), int(binary.LittleEndian.Uint32(end[8:])), binary.LittleEndian.Uint32(end[12:])}
	if r.N > longest {
		return nil, errDamaged
	}
	js, err := r.read(f, size)
	if err != nil {
		return nil, err
	}
	x := &File{open: open, size: size}
	if json.Unmarshal(js, &x.index) != nil {
		return nil, errDamaged
	}
	return x, nil
}

// read returns the bytes of a ref, from a file of this size.
func (r ref) read(f io.ReaderAt, size int64) ([]byte, error) {
	if r.At < 0 || r.N < 0 || r.At > size || int64(r.N) > size-r.At {
		return nil, errDamaged
	}
	b := make([]byte, r.N)
	if n, err := f.ReadAt(b, r.At); n < len(b) || err != nil && !errors.Is(err, io.EOF) || crc32.Checksum(b, table) != r.Sum {
		return nil, errDamaged
	}
	return b, nil
}

// About is the stored description of the run.
func (f *File) About() []byte { return f.index.About }

// Files are those that About names.
func (f *File) Files() (map[string][]byte, error) {
	s, err := f.open()
	if err != nil {
		return nil, err
	}
	defer s.Close()
	out := map[string][]byte{}
	for name, r := range f.index.Files {
		if out[name], err = r.read(s, f.size); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Heads are the steps without their arrays.
func (f *File) Heads() []engine.Step {
	var out []engine.Step
	for _, e := range f.index.Steps {
		out = append(out, e.head())
	}
	return out
}

func (e entry) head() engine.Step {
	return engine.Step{Index: e.Index, Of: e.Of, Share: e.Share, Timestep: math.Float32frombits(e.Timestep), Sigma: math.Float32frombits(e.Sigma),
		Guidance: math.Float32frombits(e.Guidance), Changes: e.Changes}
}

// Step is the i-th step with its arrays, and its state if that was stored.
func (f *File) Step(i int) (engine.Step, error) {
	if i < 0 || i >= len(f.index.Steps) {
		return engine.Step{}, errDamaged
	}
	s, err := f.open()
	if err != nil {
		return engine.Step{}, err
	}
	defer s.Close()
	in := &reader{from: s, size: f.size}
	e := f.index.Steps[i]
	out := e.head()
	out.X, out.X0 = in.tensor(e.X, e.Shape), in.tensor(e.X0, e.Shape)
	if t := e.State; t != nil {
		out.State = engine.State{Stage: t.Stage, Rested: t.Rested, Random: t.Random}
		out.State.Sampler.Eval, out.State.Sampler.Begin, out.State.Sampler.X, out.State.Sampler.X0 = t.Eval, t.Begin, in.floats(t.X), in.floats(t.X0)
		for _, m := range t.Memory {
			out.State.Sampler.Memory = append(out.State.Sampler.Memory, in.floats(m))
		}
		for _, v := range t.Numbers {
			out.State.Sampler.Numbers = append(out.State.Sampler.Numbers, math.Float64frombits(v))
		}
		if t.Eval < t.Begin || t.Begin < 0 || t.X == nil {
			in.err = errDamaged
		}
	}
	if l := e.Look; l != nil && in.err == nil {
		factors := in.floats(&l.Factors)
		if seen, ok := out.Seen(engine.Look{Factors: factors, CutOut: l.CutOut, Plane: engine.Plane{Packed: l.Packed, Height: l.Height, Width: l.Width}, Tiling: l.Tiling}); ok && in.err == nil {
			return seen, nil
		}
		in.err = errDamaged
	}
	return out, in.err
}

// reader reads arrays, and remembers the first error.
type reader struct {
	from io.ReaderAt
	size int64
	err  error
}

func (r *reader) floats(at *ref) []float32 {
	if at == nil || r.err != nil {
		return nil
	}
	if at.N%4 != 0 {
		r.err = errDamaged
		return nil
	}
	b, err := at.read(r.from, r.size)
	if err != nil {
		r.err = err
		return nil
	}
	out := make([]float32, len(b)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return out
}

func (r *reader) tensor(at *ref, shape []int) engine.Tensor {
	v := r.floats(at)
	if v == nil {
		return engine.Tensor{}
	}
	n := 1
	for _, d := range shape {
		if d <= 0 || d > len(v) {
			n = -1
			break
		}
		n *= d
	}
	if n != len(v) {
		r.err = errDamaged
		return engine.Tensor{}
	}
	return engine.Tensor{Shape: shape, Data: v}
}

// inMemory is a file's contents in memory.
type inMemory struct{ *bytes.Reader }

func (inMemory) Close() error { return nil }
