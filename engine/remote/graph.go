package remote

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"nirvana/engine"
)

// Graph is a network on a pool's servers; it implements the engine's Graph.
type Graph struct {
	pool    *Pool
	model   string
	in, out []engine.Port
	like    string // input whose dynamic axes the outputs share, times ratio from the third on; "": unknown
	ratio   float64
	apart   bool // its rows do not depend on each other
}

// Graph is the network with a name, and ports from Check.
func (p *Pool) Graph(model string, in, out []engine.Port) *Graph {
	return &Graph{pool: p, model: model, in: in, out: out}
}

// Like declares that outputs with the input's number of axes have its size, times ratio in height and width (the
// third and fourth axis). Others are refused.
func (g *Graph) Like(input string, ratio float64) *Graph {
	g.like, g.ratio = input, ratio
	return g
}

// Ports lists inputs and outputs as the servers declare them.
func (g *Graph) Ports() (inputs, outputs []engine.Port) { return g.in, g.out }

// Run computes the outputs. When ctx ends the call is cancelled. Outputs of impossible shapes, and values that are
// not finite, are refused with the server's name.
func (g *Graph) Run(ctx context.Context, inputs map[string]engine.Tensor) ([]engine.Tensor, error) {
	if rows := g.rows(inputs); g.apart && rows > 1 && !g.fixedRows() && len(g.pool.members) > 1 {
		if each, ok := rowsOf(inputs, rows); ok {
			return g.spread(ctx, each)
		}
	}
	return g.once(ctx, inputs)
}

// once is one call, of all rows.
func (g *Graph) once(ctx context.Context, inputs map[string]engine.Tensor) ([]engine.Tensor, error) {
	var packedIn []array
	for _, p := range g.in {
		t, ok := inputs[p.Name]
		if !ok {
			return nil, fmt.Errorf("%s: input %s is missing", g.model, p.Name)
		}
		a, err := packed(p, t)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", g.model, err)
		}
		packedIn = append(packedIn, a)
	}
	for name := range inputs {
		if !slices.ContainsFunc(g.in, func(p engine.Port) bool { return p.Name == name }) {
			return nil, fmt.Errorf("%s has no input %s", g.model, name)
		}
	}
	var names []string
	for _, p := range g.out {
		names = append(names, p.Name)
	}
	return g.pool.call(ctx, g.model, packedIn, names, g.most(inputs), func(a []array) ([]engine.Tensor, error) { return g.read(a, inputs) })
}

// rows is the batch of the inputs; 0 where they have none.
func (g *Graph) rows(inputs map[string]engine.Tensor) int {
	for _, p := range g.in {
		if t := inputs[p.Name]; len(t.Shape) > 1 {
			return t.Shape[0]
		}
	}
	return 0
}

// expected is the shape of an output; -1 where an axis is unknown.
func (g *Graph) expected(p engine.Port, inputs map[string]engine.Tensor) []int {
	out := slices.Clone(p.Shape)
	if rows := g.rows(inputs); len(out) > 1 && out[0] <= 0 && rows > 0 {
		out[0] = rows
	}
	like := inputs[g.like].Shape
	for i := range out {
		if len(like) != len(out) || out[i] > 0 {
			continue
		}
		if i == 1 && len(out) == 4 { // channels
			continue
		}
		if out[i] = like[i]; i >= 2 && len(out) == 4 {
			out[i] = int(float64(like[i]) * g.ratio)
		}
	}
	return out
}

// most is the size of the longest response that the outputs can make, bytes, so that an endless one is not read for
// long: numbers in JSON have up to 32 characters. Channels that are not declared are taken to be at most 64.
func (g *Graph) most(inputs map[string]engine.Tensor) int {
	sum := mostHead
	for _, p := range g.out {
		n := 32
		for i, d := range g.expected(p, inputs) {
			switch {
			case d > 0:
			case i == 1 && len(p.Shape) == 4:
				d = 64
			default:
				return mostAnswer
			}
			if n > mostAnswer/d {
				return mostAnswer
			}
			n *= d
		}
		if p.Shape == nil {
			return mostAnswer
		}
		sum += n
	}
	return min(sum, mostAnswer)
}

// read returns the outputs in the graph's order, each of a shape that its port allows.
func (g *Graph) read(answer []array, inputs map[string]engine.Tensor) (out []engine.Tensor, err error) {
	for _, p := range g.out {
		i := slices.IndexFunc(answer, func(a array) bool { return a.name == p.Name })
		if i < 0 {
			return nil, lied("its answer has no output %s", p.Name)
		}
		t, err := answer[i].unpacked()
		if err != nil {
			return nil, err
		}
		if want := g.expected(p, inputs); !fits(t.Shape, want) {
			return nil, lied("output %s has the shape %v and should have %v", p.Name, t.Shape, want)
		}
		if strings.HasPrefix(p.Type, "float") && slices.ContainsFunc(t.Data, func(v float32) bool { return math.IsNaN(float64(v)) }) {
			return nil, errNoNumbers
		}
		out = append(out, t)
	}
	return out, nil
}

var errNoNumbers error = nonsense{errors.New("its answer has values that are not finite (NaN): its network exceeded the range of its precision, or computes wrongly")}

// fits reports whether a shape is the expected one, as far as that is known.
func fits(have, want []int) bool {
	if want == nil {
		return true
	}
	if len(have) != len(want) {
		return false
	}
	for i, n := range want {
		if n > 0 && have[i] != n {
			return false
		}
	}
	return true
}
