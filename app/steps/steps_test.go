package steps

import (
	"image"
	"reflect"
	"testing"

	"nirvana/engine"
)

func samples(t testing.TB) (engine.Step, engine.State, [][]byte) {
	step := engine.Step{Index: 3, Of: 9, X: engine.Tensor{Shape: []int{1, 2}, Data: []float32{1, 2}}, X0: engine.Tensor{Shape: []int{1, 2}, Data: []float32{3, 4}}}
	guidance := float32(5)
	step.Changes = []engine.Change{{At: 2, Guidance: &guidance, Strokes: []engine.Stroke{{Picture: image.NewRGBA(image.Rect(0, 0, 2, 1)), Strength: 1}}}}
	state := engine.State{Rested: 2}
	state.Sampler.X, state.Sampler.Memory, state.Sampler.Numbers = []float32{1}, [][]float32{nil, {2, 3}}, []float64{4}
	a, err := Pack(step)
	if err != nil {
		t.Fatal(err)
	}
	b, err := PackState(state)
	if err != nil {
		t.Fatal(err)
	}
	return step, state, [][]byte{a, b}
}

func TestRoundTrip(t *testing.T) {
	step, state, data := samples(t)
	if got, err := Unpack(data[0]); err != nil || !reflect.DeepEqual(got.X, step.X) || !reflect.DeepEqual(got.X0, step.X0) || !reflect.DeepEqual(got.Changes, step.Changes) || got.Index != 3 || got.Of != 9 {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := UnpackState(data[1]); err != nil || !reflect.DeepEqual(got, state) {
		t.Errorf("%+v, %v", got, err)
	}
}

func FuzzUnpack(f *testing.F) {
	_, _, data := samples(f)
	f.Add(data[0])
	f.Add(data[1])
	f.Fuzz(func(t *testing.T, data []byte) {
		if s, err := Unpack(data); err == nil {
			n := 1
			for _, d := range s.X.Shape {
				n *= d
			}
			if len(s.X.Data) != n {
				t.Errorf("%d numbers of shape %v", len(s.X.Data), s.X.Shape)
			}
		}
		UnpackState(data)
	})
}
