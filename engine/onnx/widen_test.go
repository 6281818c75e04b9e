package onnx

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"

	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/onnx/graphfile"
)

// half are values of half precision as a file has them.
func half(values ...float32) []byte {
	var raw []byte
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint16(raw, toHalf(v))
	}
	return raw
}

// overflowing multiplies by 600 and by 1/600, with a cast to half precision between: 500 times 600 is over its range. One factor
// is an initialiser, one a constant; outside says whether the first lies beside the file.
func overflowing(t *testing.T, outside bool) string {
	m := graphfile.New(17)
	w := &graphfile.Tensor{Name: "w", Type: graphfile.Float16, Dims: []int64{2}, Raw: half(600, 2)}
	if outside {
		w.Raw, w.External = nil, map[string]string{"location": "model.onnx_data", "offset": "2", "length": "4"}
	}
	m.Tensors = append(m.Tensors, w)
	m.Inputs = []graphfile.Value{graphfile.NewValue("latent_sample", graphfile.Float16, -1)}
	m.Outputs = []graphfile.Value{graphfile.NewValue("sample", graphfile.Float16, -1), graphfile.NewValue("whole", graphfile.Float32, -1)}
	node(m, "ConstantOfShape", "ones", "ones", "shape").SetTensor("value", &graphfile.Tensor{Type: graphfile.Float16, Dims: []int64{1}, Raw: half(1)})
	m.Tensors = append(m.Tensors, graphfile.NewInts("shape", 2), graphfile.NewInts("turned", 1, 0))
	node(m, "Mul", "a", "scaled", "latent_sample", "w")
	node(m, "Cast", "b", "wide", "scaled").SetInt("to", int64(graphfile.Float32))
	node(m, "Cast", "c", "narrow", "wide").SetInt("to", int64(graphfile.Float16))
	node(m, "Gather", "g", "there", "narrow", "turned") // it moves halves: without it ONNX Runtime would leave the casts out
	node(m, "Gather", "h", "here", "there", "turned")
	node(m, "Div", "d", "back", "here", "w")
	node(m, "Mul", "e", "sample", "back", "ones")
	node(m, "Cast", "f", "whole", "sample").SetInt("to", int64(graphfile.Float32))
	path := save(t, m)
	if outside {
		if err := os.WriteFile(filepath.Join(filepath.Dir(path), "model.onnx_data"), append([]byte{0, 0}, half(600, 2)...), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// A network whose values leave the range of half precision gives them in float32, once it is widened, and says so once.
func TestWiden(t *testing.T) {
	for _, outside := range []bool{false, true} {
		for _, cache := range []string{"", t.TempDir()} {
			var said []fault.Notice
			g := open(t, overflowing(t, outside), Options{Cache: cache, Notify: func(n fault.Notice) { said = append(said, n) }})
			in := map[string]engine.Tensor{"latent_sample": {Shape: []int{2}, Data: []float32{500, 3}}}
			if got := run(t, g, in)[0].Data; !math.IsInf(float64(got[0]), 1) {
				t.Errorf("before: %v, which is no overflow", got)
			}
			if changed, err := g.Widen(); !changed || err != nil {
				t.Fatal(changed, err)
			}
			for range 2 {
				for _, out := range run(t, g, in) {
					if math.Abs(float64(out.Data[0]-500)) > 0.1 || out.Data[1] != 3 {
						t.Errorf("outside %v: %v", outside, out.Data)
					}
				}
			}
			if changed, err := g.Widen(); changed || err != nil || len(said) != 1 || said[0].Format != fault.Widened {
				t.Errorf("again: %v, %v, %v", changed, err, said)
			}
		}
	}
}

// One that has nothing in half precision is left alone.
func TestWidenNothing(t *testing.T) {
	g := open(t, save(t, trial()), Options{})
	if changed, err := g.Widen(); changed || err != nil {
		t.Error(changed, err)
	}
}
