// Package random draws the noise that pictures start from: the same numbers as the field's programs from the same
// seed.
//
// NewTorch is torch.manual_seed and torch.randn on a CPU, bit for bit, which diffusers, and AUTOMATIC1111 with CPU
// noise, use; NewPhilox draws as torch does on CUDA devices; NewNumPy is RandomState, which the first ONNX pipelines
// used. A Source fills one tensor a call, and the size of each call matters: eight calls for one number are not one
// call for eight. Brownian is the noise of the SDE samplers, a function of time instead of a sequence. Slerp
// interpolates between two noises.
package random

import "fmt"

// Source draws standard normal numbers as one of the field's generators does. A call is one tensor of len(dst)
// elements in row-major order.
type Source interface {
	Normal(dst []float32)
}

// State is the state of a source between two calls: a plain value that can be written to a file and compared. Restore
// continues from it.
type State struct {
	Kind  string  `json:"kind"` // "torch", "philox" or "numpy"
	Seed  uint64  `json:"seed"`
	Drawn uint64  `json:"drawn"`           // 32-bit words drawn; for philox calls made
	Held  bool    `json:"held,omitempty"`  // the second number of a pair is left
	Spare float64 `json:"spare,omitempty"` // that number
}

// mostDrawn bounds how far Restore advances a generator: more than any run draws, and still a matter of seconds.
const mostDrawn = 1 << 32

// Restore returns the source that st was taken from; it continues bit-identically. It fails for states out of range.
func Restore(st State) (Source, error) {
	if st.Kind != "philox" && st.Drawn > mostDrawn {
		return nil, fmt.Errorf("saved random generator has drawn %d numbers, more than a run can: the file is damaged", st.Drawn)
	}
	switch st.Kind {
	case "torch":
		t := NewTorch(st.Seed)
		t.mt.skip(st.Drawn)
		t.held, t.spare = st.Held, st.Spare
		return t, nil
	case "numpy":
		n := NewNumPy(uint32(st.Seed))
		n.mt.skip(st.Drawn)
		n.held, n.spare = st.Held, st.Spare
		return n, nil
	case "philox":
		return &Philox{seed: st.Seed, calls: uint32(st.Drawn)}, nil
	}
	return nil, fmt.Errorf("saved random generator of unknown kind %q: it is of a newer version, or the file is damaged", st.Kind)
}
