package adapter

import (
	"fmt"
	"slices"

	"nirvana/models/safetensors"
)

// entry collects one module's tensors by kind; those used by a delta are removed.
type entry struct {
	tensors  map[string]*safetensors.Tensor
	name     string // of one of them, as in the file
	training training
}

// has reports whether any of the tensors is there.
func (e *entry) has(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return e.tensors[name] != nil })
}

// take removes and returns a tensor, nil where there is none.
func (e *entry) take(name string) *safetensors.Tensor {
	t := e.tensors[name]
	delete(e.tensors, name)
	return t
}

// delta makes the module's delta after checking shapes; nil where no known tensor changes it.
func (e *entry) delta(key string) (*Delta, error) {
	d := &Delta{Key: key}
	alpha := e.take("alpha")
	known, err := e.weight(d, alpha)
	if err != nil {
		return nil, err
	}
	biased, err := e.bias(d, alpha)
	if err != nil || !known && !biased {
		return nil, err
	}
	return d, e.magnitude(d)
}

// weight sets the change of the weight; false where no known tensor changes it.
func (e *entry) weight(d *Delta, alpha *safetensors.Tensor) (known bool, err error) {
	switch {
	case e.has("set_weight"), e.has("diff"):
		err = e.difference(d)
	case e.has("hada_w1_a"):
		err = e.hadamard(d, alpha)
	case e.has("lokr_w1", "lokr_w1_a"):
		err = e.kronecker(d, alpha)
	case e.has("glora_a1") && e.has("glora_a2") && e.has("glora_b1") && e.has("glora_b2"):
		err = e.glora(d, alpha)
	case e.has("ia3", "ia3_l"):
		err = e.ia3(d)
	case e.has("oft_R"):
		err = e.peftOFT(d)
	case e.has("boft_R"):
		err = e.peftBOFT(d, "boft_R", "boft_s")
	case e.has("oft_r") && e.has("oft_s"):
		err = e.peftBOFT(d, "oft_r", "oft_s")
	case e.has("oft_blocks", "oft_r"):
		err = e.oft(d, alpha)
	case e.has("up") && e.has("down"):
		err = e.lora(d, alpha)
	default:
		return false, nil
	}
	return true, err
}

// lora reads up and down, and LoCon's Tucker form, a core between 1x1 convolutions.
func (e *entry) lora(d *Delta, alpha *safetensors.Tensor) error {
	up, down := e.take("up"), e.take("down")
	u, err := two(up, "up")
	if err != nil {
		return err
	}
	v, err := two(down, "down")
	if err != nil {
		return err
	}
	mid, err := middle(e.take("mid"))
	if err != nil {
		return err
	}
	scale, err := e.scale(alpha, u.columns)
	if err != nil {
		return err
	}
	d.Out, d.In = u.rows, slices.Clone(down.Shape[1:])
	f := factors{scaledMatrix(u, scale), v, mid}
	if err := f.check("up", "down"); err != nil {
		return err
	}
	if mid.data == nil {
		d.Rank, d.Up, d.Down = u.columns, f.up.data, v.data
		return nil
	}
	d.form, d.In = sum{f}, []int{v.columns, mid.area}
	return nil
}

// scale is alpha over the rank, from the file or from its training settings; 1 without an alpha.
func (e *entry) scale(alpha *safetensors.Tensor, rank int) (float32, error) {
	if rank == 0 {
		return 1, nil
	}
	if alpha == nil {
		return e.training.scale(e.name, rank), nil
	}
	a, err := alpha.Number()
	if err != nil {
		return 0, fmt.Errorf("alpha is not one number: %w", err)
	}
	return a / float32(rank), nil
}

// bias reads the bias's change: a difference, or what PEFT trains with lora_B, which alpha scales.
func (e *entry) bias(d *Delta, alpha *safetensors.Tensor) (known bool, err error) {
	if t := e.take("diff_b"); t != nil {
		if d.Bias, err = t.Floats(); err != nil {
			return false, err
		}
		known = true
	}
	if t := e.take("up_bias"); t != nil && d.Rank > 0 {
		b, err := t.Floats()
		if err != nil {
			return false, err
		}
		scale, err := e.scale(alpha, d.Rank)
		if err != nil {
			return false, err
		}
		if b = scaled(b, scale); d.Bias == nil {
			d.Bias = b
		} else if err = addTo(d.Bias, b); err != nil {
			return false, err
		}
		known = true
	}
	if t := e.take("down_bias"); t != nil && d.Rank > 0 {
		b, err := t.Floats()
		if err == nil && len(b) != d.Rank {
			err = fmt.Errorf("down has a bias of %d values for rank %d", len(b), d.Rank)
		}
		if err != nil {
			return false, err
		}
		through := (matrix{d.Out, d.Rank, d.Up}).times(matrix{d.Rank, 1, b}).data
		if d.Bias == nil {
			d.Bias = through
		} else if err = addTo(d.Bias, through); err != nil {
			return false, err
		}
		known = true
	}
	if d.Bias != nil && d.Out > 0 && len(d.Bias) != d.Out {
		return false, fmt.Errorf("the bias has %d values for %d outputs", len(d.Bias), d.Out)
	}
	return known, nil
}

func addTo(dst, src []float32) error {
	if len(dst) != len(src) {
		return fmt.Errorf("two biases of %d and %d values", len(dst), len(src))
	}
	for i := range dst {
		dst[i] += src[i]
	}
	return nil
}

// magnitude is DoRA's: the changed weight is scaled to these norms, of its rows (one an output), or with byInput of
// each input's values.
type magnitude struct {
	lengths []float32
	byInput bool
}

// magnitude reads DoRA's norms: LyCORIS' dora_scale, [out, 1...] or [1, in, 1...], or peft's vector of the outputs.
func (e *entry) magnitude(d *Delta) error {
	t, byShape := e.take("magnitude"), false
	if t == nil {
		t, byShape = e.take("dora_scale"), true
	}
	if t == nil || d.Out == 0 {
		return nil
	}
	var err error
	if d.lengths, err = t.Floats(); err != nil {
		return err
	}
	d.byInput = byShape && len(t.Shape) > 1 && t.Shape[0] == 1
	if !d.byInput && len(d.lengths) != d.Out || d.byInput && (len(d.lengths) == 0 || product(d.In)%len(d.lengths) != 0) {
		return fmt.Errorf("the DoRA has %d lengths for %d x %v weights", len(d.lengths), d.Out, d.In)
	}
	return nil
}

func scaled(v []float32, by float32) []float32 {
	out := slices.Clone(v)
	for i := range out {
		out[i] *= by
	}
	return out
}

func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
