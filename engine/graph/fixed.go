package graph

import (
	"fmt"
	"slices"
	"strings"

	"nirvana/engine/fault"
	"nirvana/engine/tensor"
)

// Exports with fixed axes (optimum's --no-dynamic-axes) take one batch and one size only: rows are padded or split
// into batches, the VAE's pictures are padded or cut into tiles of that size, and another size of the denoiser's is
// refused before the run.

// FixedAxis is the size of a port's axis; 0 where it is dynamic or not declared.
func FixedAxis(p *Port, axis int) int {
	if p == nil || axis >= len(p.Shape) {
		return 0
	}
	return max(0, p.Shape[axis])
}

// FixedBatch is the number of rows that a network takes, by its inputs of several axes; 0: any number.
func FixedBatch(in []Port) int {
	batch := 0
	for i := range in {
		if len(in[i].Shape) >= 2 && !strings.HasSuffix(in[i].Name, "_ids") || in[i].Name == "input_ids" {
			batch = max(batch, FixedAxis(&in[i], 0))
		}
	}
	return batch
}

// InBatches runs a network on any number of rows, in batches of the size that it takes.
func InBatches(g Graph, inputs map[string]tensor.Tensor, run func(map[string]tensor.Tensor) ([]tensor.Tensor, error)) ([]tensor.Tensor, error) {
	in, _ := g.Ports()
	batch := FixedBatch(in)
	if batch == 0 {
		return run(inputs)
	}
	rows := 0
	for _, p := range in {
		if t := inputs[p.Name]; len(t.Shape) >= 2 && FixedAxis(&p, 0) == batch {
			rows = max(rows, t.Shape[0])
		}
	}
	var whole []tensor.Tensor
	for from := 0; from < max(rows, 1); from += batch {
		part := map[string]tensor.Tensor{}
		for name, t := range inputs {
			part[name] = t
			p := Find(in, name)
			if p == nil {
				continue // run reports the wrong input
			}
			switch n := FixedAxis(p, 0); {
			case len(t.Shape) == 0:
			case n == batch:
				part[name] = tensor.Rows(t, from, batch)
			case n == 1: // one timestep for all rows
				part[name] = tensor.Rows(t, 0, 1)
			}
			if err := fits(*p, part[name]); err != nil {
				return nil, err
			}
		}
		out, err := run(part)
		if err != nil {
			return nil, err
		}
		whole = joined(whole, out, min(batch, rows-from), batch)
	}
	return whole, nil
}

// joined appends the first n rows of a network's outputs to whole.
func joined(whole, out []tensor.Tensor, n, batch int) []tensor.Tensor {
	for i, t := range out {
		if len(t.Shape) > 0 && t.Shape[0] == batch {
			t = tensor.Rows(t, 0, n)
		}
		if i < len(whole) {
			t = tensor.Tensor{Shape: slices.Clone(t.Shape), Data: slices.Concat(whole[i].Data, t.Data)}
			t.Shape[0] += whole[i].Shape[0]
			whole[i] = t
		} else {
			whole = append(whole, t)
		}
	}
	return whole
}

// fits checks a tensor against the axes that an input declares.
func fits(p Port, t tensor.Tensor) error {
	for i, n := range p.Shape {
		if n > 0 && i < len(t.Shape) && t.Shape[i] != n {
			return fault.Size.Errorf("the network was exported for %s of %s alone, and %s is asked for: use the size that it was exported for and a short prompt, or export it with dynamic axes", p.Name, axes(p.Shape), axes(t.Shape))
		}
	}
	return nil
}

func axes(shape []int) string {
	var out []string
	for _, n := range shape {
		if n < 0 {
			out = append(out, "any")
		} else {
			out = append(out, fmt.Sprint(n))
		}
	}
	return strings.Join(out, "x")
}

// FixedSides are the height and width that one half of the VAE takes; 0 where any.
func FixedSides(p Part, input string) (h, w int) {
	if p.Graph == nil {
		return 0, 0
	}
	in, _ := p.Graph.Ports()
	x := Find(in, input)
	if x == nil && len(in) == 1 {
		x = &in[0]
	}
	return FixedAxis(x, 2), FixedAxis(x, 3)
}
