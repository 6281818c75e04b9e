package adapter

import (
	"slices"
	"strings"

	"nirvana/engine/onnx/graphfile"
)

// place is a node with a weight that a LoRA can change.
type place struct {
	node       *graphfile.Node
	input      int // of the weight
	dims       []int64
	kind       graphfile.Type
	transposed bool // [in, out], as in MatMul
	quantised  bool
	blocks     *blocks // the weight stays quantised beside what is added; nil: it does not
}

// graphIndex finds places by their modules' names.
type graphIndex struct {
	model  *graphfile.Model
	values weights
	places map[string][]*place // by key
	keys   []string
	norms  map[string][]*slot // nodes of a scope that have a vector
	scopes []string
	biases map[*place]*slot
}

// index names every node with a weight after its module: by the node's own name, or by its weight's.
func index(m *graphfile.Model) *graphIndex {
	g := &graphIndex{model: m, values: constants(m), places: map[string][]*place{}, norms: map[string][]*slot{}, biases: map[*place]*slot{}}
	for _, n := range m.Nodes {
		g.addNorm(n)
		p := g.values.place(n)
		if p == nil {
			continue
		}
		keys := []string{scopeKey(n.Name)}
		if w, ok := strings.CutSuffix(n.Inputs[p.input], ".weight"); ok {
			keys = append(keys, strings.ReplaceAll(w, ".", "_"))
		}
		for _, k := range keys {
			if k != "" && !slices.Contains(g.places[k], p) {
				g.places[k] = append(g.places[k], p)
			}
		}
	}
	g.keys, g.scopes = shortestFirst(g.places), shortestFirst(g.norms)
	return g
}

// shortestFirst sorts the names so that the end of a name finds the least nested module.
func shortestFirst[T any](of map[string]T) (keys []string) {
	for k := range of {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	return keys
}

// scopeKey converts a node's name to its module's: /a.0/to_q/MatMul is a_0_to_q.
func scopeKey(name string) string {
	parts := strings.Split(strings.TrimPrefix(name, "/"), "/")
	if len(parts) < 2 {
		return ""
	}
	parts = parts[:len(parts)-1]
	var kept []string
	for i, p := range parts {
		// inside a Sequential the scope is repeated: layers/layers.0
		if i+1 < len(parts) && strings.HasPrefix(parts[i+1], p+".") {
			continue
		}
		kept = append(kept, p)
	}
	return strings.ReplaceAll(strings.Join(kept, "_"), ".", "_")
}

// find returns the places of a module.
func (g *graphIndex) find(key string) []*place { return g.places[nameIn(g.places, g.keys, key)] }

// nameIn is a module's name in a network. Exports of wrapped models have a prefix, some leave "text_model" out.
func nameIn[T any](of map[string]T, keys []string, key string) string {
	for _, k := range []string{key, strings.TrimPrefix(key, "text_model_")} {
		if _, ok := of[k]; ok {
			return k
		}
		for _, have := range keys {
			if strings.HasSuffix(have, "_"+k) {
				return have
			}
		}
	}
	return ""
}
