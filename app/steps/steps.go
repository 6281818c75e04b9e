// Package steps writes a run's steps and its sampler's state as bytes, and reads them back: a JSON head behind its
// length, then the numbers as little-endian bits, which JSON would make larger and could not write where they are not
// finite. What is damaged is an error. Start with Pack and Unpack.
package steps

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"

	"nirvana/engine"
)

type stepHead struct {
	Index, Of       int
	Timestep, Sigma float32
	Shape           []int
	X0              bool
	Guidance        float32
	Changes         []engine.Change `json:",omitempty"`
}

// Pack is a step: x_t and, where it has one, the predicted x_0.
func Pack(s engine.Step) ([]byte, error) {
	head := stepHead{s.Index, s.Of, s.Timestep, s.Sigma, s.X.Shape, s.X0.Data != nil, s.Guidance, s.Changes}
	return packNumbers(head, nil, s.X.Data, s.X0.Data)
}

// Unpack reads a step.
func Unpack(data []byte) (engine.Step, error) {
	var h stepHead
	rest, err := unpackHead(data, &h)
	if err != nil {
		return engine.Step{}, err
	}
	n := 1
	for _, d := range h.Shape {
		if d <= 0 || d > len(rest) || n > len(rest) {
			return engine.Step{}, errStep
		}
		n *= d
	}
	s := engine.Step{Index: h.Index, Of: h.Of, Timestep: h.Timestep, Sigma: h.Sigma, Guidance: h.Guidance, Changes: h.Changes}
	var ok bool
	if s.X.Data, rest, ok = floats(rest, n); !ok {
		return engine.Step{}, errStep
	}
	s.X.Shape = h.Shape
	if h.X0 {
		if s.X0.Data, _, ok = floats(rest, n); !ok {
			return engine.Step{}, errStep
		}
		s.X0.Shape = h.Shape
	}
	return s, nil
}

type stateHead struct {
	Eval, Begin, X, X0 int
	Memory             []int
	Numbers, Stage     int
	Rested             int
	Random             json.RawMessage
}

// PackState is what the sampler and the sources of noise need to go on.
func PackState(s engine.State) ([]byte, error) {
	random, err := json.Marshal(s.Random)
	if err != nil {
		return nil, err
	}
	head := stateHead{Eval: s.Sampler.Eval, Begin: s.Sampler.Begin, X: len(s.Sampler.X), X0: -1, Numbers: len(s.Sampler.Numbers), Stage: s.Stage, Rested: s.Rested, Random: random}
	arrays := [][]float32{s.Sampler.X, s.Sampler.X0}
	if s.Sampler.X0 != nil {
		head.X0 = len(s.Sampler.X0)
	}
	for _, m := range s.Sampler.Memory {
		n := len(m)
		if m == nil {
			n = -1
		}
		head.Memory, arrays = append(head.Memory, n), append(arrays, m)
	}
	return packNumbers(head, s.Sampler.Numbers, arrays...)
}

// UnpackState reads that.
func UnpackState(data []byte) (engine.State, error) {
	var h stateHead
	var s engine.State
	rest, err := unpackHead(data, &h)
	if err != nil {
		return s, err
	}
	if h.Numbers < 0 || h.Numbers > len(rest)/8 || json.Unmarshal(h.Random, &s.Random) != nil {
		return s, errStep
	}
	for i := range h.Numbers {
		s.Sampler.Numbers = append(s.Sampler.Numbers, math.Float64frombits(binary.LittleEndian.Uint64(rest[8*i:])))
	}
	rest = rest[8*h.Numbers:]
	s.Sampler.Eval, s.Sampler.Begin, s.Stage, s.Rested = h.Eval, h.Begin, h.Stage, h.Rested
	ok, ok2 := true, true
	s.Sampler.X, rest, ok = floats(rest, h.X)
	s.Sampler.X0, rest, ok2 = floats(rest, h.X0)
	for _, n := range h.Memory {
		var m []float32
		var ok3 bool
		m, rest, ok3 = floats(rest, n)
		ok = ok && ok3
		s.Sampler.Memory = append(s.Sampler.Memory, m)
	}
	if !ok || !ok2 || h.Eval < h.Begin || h.Begin < 0 {
		return s, errStep
	}
	return s, nil
}

var errStep = errors.New("a saved step is damaged")

func packNumbers(head any, numbers []float64, arrays ...[]float32) ([]byte, error) {
	js, err := json.Marshal(head)
	if err != nil {
		return nil, err
	}
	n := 4 + len(js) + 8*len(numbers)
	for _, a := range arrays {
		n += 4 * len(a)
	}
	out := append(binary.LittleEndian.AppendUint32(make([]byte, 0, n), uint32(len(js))), js...)
	for _, v := range numbers {
		out = binary.LittleEndian.AppendUint64(out, math.Float64bits(v))
	}
	for _, a := range arrays {
		for _, v := range a {
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
		}
	}
	return out, nil
}

func unpackHead(data []byte, head any) (rest []byte, err error) {
	if len(data) < 4 {
		return nil, errStep
	}
	size := uint64(binary.LittleEndian.Uint32(data))
	if size+4 > uint64(len(data)) || json.Unmarshal(data[4:4+size], head) != nil {
		return nil, errStep
	}
	return data[4+size:], nil
}

// floats takes n numbers off; -1 is nil.
func floats(data []byte, n int) (out []float32, rest []byte, ok bool) {
	if n == -1 {
		return nil, data, true
	}
	if n < 0 || n > len(data)/4 {
		return nil, nil, false
	}
	out = make([]float32, n)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return out, data[4*n:], true
}
