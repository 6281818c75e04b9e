package remote

import (
	"context"
	"errors"
	"slices"
	"sync"

	"nirvana/engine"
)

// Apart says that rows of a batch do not depend on each other, as those of a denoiser. Where the pool has several servers
// each row is then a call of its own, and they run at once on whichever servers are expected to answer first. That is so
// however many of the servers answer: a run is the same to the bit when one of them fails.
func (g *Graph) Apart() *Graph {
	g.apart = true
	return g
}

// rowsOf are the inputs of each row. Inputs of one row, and single numbers, are every row's; false where one has another
// number of rows.
func rowsOf(inputs map[string]engine.Tensor, rows int) ([]map[string]engine.Tensor, bool) {
	out := make([]map[string]engine.Tensor, rows)
	for i := range out {
		out[i] = map[string]engine.Tensor{}
	}
	for name, t := range inputs {
		whole := len(t.Shape) == 0 || t.Shape[0] == 1
		if !whole && (t.Shape[0] != rows || len(t.Data)%rows != 0) {
			return nil, false
		}
		size := len(t.Data) / rows
		for i := range out {
			if whole {
				out[i][name] = t
				continue
			}
			shape := slices.Clone(t.Shape)
			shape[0] = 1
			out[i][name] = engine.Tensor{Shape: shape, Data: t.Data[i*size : (i+1)*size]}
		}
	}
	return out, true
}

// spread runs the rows at once, and joins their outputs. The first that fails ends the others.
func (g *Graph) spread(ctx context.Context, rows []map[string]engine.Tensor) ([]engine.Tensor, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	made, errs := make([][]engine.Tensor, len(rows)), make([]error, len(rows))
	var wg sync.WaitGroup
	for i, inputs := range rows {
		wg.Go(func() {
			if made[i], errs[i] = g.once(ctx, inputs); errs[i] != nil {
				cancel()
			}
		})
	}
	wg.Wait()
	if err := cause(errs); err != nil {
		return nil, err
	}
	out := make([]engine.Tensor, len(g.out))
	for o := range out {
		for _, row := range made {
			out[o].Data = append(out[o].Data, row[o].Data...)
		}
		if out[o].Shape = slices.Clone(made[0][o].Shape); len(out[o].Shape) > 0 {
			out[o].Shape[0] = len(rows)
		}
	}
	return out, nil
}

// cause is the error that ended the others; nil where there is none.
func cause(errs []error) (first error) {
	for _, err := range errs {
		if err != nil && (first == nil || errors.Is(first, context.Canceled)) {
			first = err
		}
	}
	return first
}

// fixedRows reports whether the network takes batches of one size only.
func (g *Graph) fixedRows() bool {
	return slices.ContainsFunc(g.in, func(p engine.Port) bool { return len(p.Shape) > 1 && p.Shape[0] > 0 })
}
