package rewrite

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"nirvana/engine/onnx/graphfile"
)

var layerScope = regexp.MustCompile(`/layers\.(\d+)/`)

const finalNorm = "/final_layer_norm/"

// SkipLast makes a CLIP text encoder's final norm read the output of the layer n before the last one, as diffusers and
// AUTOMATIC1111 do for clip skip. Layers are found by their nodes' names; false where that fails, or there are fewer.
func SkipLast(m *graphfile.Model, n int) bool {
	layer := map[string]int{} // that computes a value
	for _, node := range m.Nodes {
		if s := layerScope.FindStringSubmatch(node.Name); s != nil {
			k, _ := strconv.Atoi(s[1])
			for _, out := range node.Outputs {
				layer[out] = k
			}
		}
	}
	given, last := map[int]string{}, -1 // a layer's output
	for _, node := range m.Nodes {
		final := strings.Contains(node.Name, finalNorm)
		if !final && !strings.Contains(node.Name, "/layer_norm1/") {
			continue
		}
		reader := -1
		if s := layerScope.FindStringSubmatch(node.Name); s != nil {
			reader, _ = strconv.Atoi(s[1])
		}
		for _, in := range node.Inputs {
			if k, ok := layer[in]; ok && (final || k == reader-1) {
				given[k] = in
				if final {
					last = k
				}
			}
		}
	}
	from, ok := given[last-n]
	if last < 0 || !ok {
		return false
	}
	for _, node := range m.Nodes {
		if !strings.Contains(node.Name, finalNorm) {
			continue
		}
		for i := range node.Inputs {
			if node.Inputs[i] == given[last] {
				node.Inputs = slices.Clone(node.Inputs)
				node.Inputs[i] = from
			}
		}
	}
	return true
}
