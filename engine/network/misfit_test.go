package network

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nirvana/engine/network/published"
	"nirvana/models/checkpoint"
)

// otherShapes are shapes that a tensor may have wrongly: an axis more or less long, and a matrix transposed.
func otherShapes(shape []int64) (out [][]int64) {
	for i := range min(len(shape), 2) {
		for _, by := range []int64{1, -1, 32} {
			s := slices.Clone(shape)
			if s[i] += by; s[i] > 0 {
				out = append(out, s)
			}
		}
	}
	if len(shape) == 2 && shape[0] != shape[1] {
		out = append(out, []int64{shape[1], shape[0]})
	}
	return append(out, append(slices.Clone(shape), 2))
}

// pattern is a tensor's name without its numbers: layers are alike.
func pattern(name string) string {
	return strings.Join(strings.FieldsFunc(name, func(r rune) bool { return r >= '0' && r <= '9' }), "#")
}

// Of a file that is right but for one tensor, that tensor is told with the shape that it has and the one that it ought to have: each kind
// of tensor of each family, one wrong shape of each; of one with further axes the shape that it ought to have may not be known whole. Sizes that only another network shares are free: rows of tables of
// tokens and positions, and the widths of what a network is given.
func TestMisfit(t *testing.T) {
	free := []string{"embeddings.token_embedding.weight 0", "embeddings.position_embedding.weight 0", "positional_embedding 0", "token_embedding.weight 0",
		"shared.weight 0", "embed_tokens.weight 0", "txt_in.weight 1",
		"input_blocks.0.0.weight 1", "cap_embedder.1.weight 1", "cap_embedder.0.weight 0", "final_layer.linear.weight 0", "img_in.weight 1", "_pad_token 0"}
	for _, name := range []string{"sd15", "sd15-controlnet", "sd21", "sdxl", "sd35-medium", "flux-dev", "z-image", "flux2-klein"} {
		t.Run(name, func(t *testing.T) {
			tensors, err := published.Tensors(name)
			if err != nil {
				t.Fatal(err)
			}
			all, path, at := checkpoint.Weights{}, filepath.Join(t.TempDir(), name+".safetensors"), int64(0)
			for _, w := range tensors {
				n := 2 * w.Elements()
				all[w.Name] = checkpoint.Tensor{Name: w.Name, Type: "F16", Shape: w.Shape, Pieces: []checkpoint.Piece{{File: path, Offset: at, Length: n}}}
				at += n
			}
			seen, n := map[string]bool{}, 0
			for _, w := range tensors {
				if seen[pattern(w.Name)] {
					continue
				}
				seen[pattern(w.Name)] = true
				shapes := otherShapes(w.Shape)
				if n++; n%3 != 0 || len(w.Shape) == 0 { // a third of them, for the time that it takes
					continue
				}
				shape := shapes[n/3%len(shapes)]
				axis := slices.IndexFunc(shape[:len(w.Shape)], func(d int64) bool { return !slices.Contains(w.Shape, d) })
				if slices.ContainsFunc(free, func(f string) bool { return strings.HasSuffix(w.Name+fmt.Sprintf(" %d", axis), f) }) {
					continue
				}
				wrong := all[w.Name]
				right := wrong
				wrong.Shape = shape
				all[w.Name] = wrong
				want := fmt.Sprintf("%s: the tensor %s has the shape %v, where the network takes ", path, w.Name, shape)
				if len(shape) == len(w.Shape) {
					want += fmt.Sprintf("%v: ", w.Shape)
				}
				if err := built(all, path, w.Name); err == nil || !strings.HasPrefix(err.Error(), want) {
					t.Errorf("%v instead of %v: %v", shape, w.Shape, cmp.Or(err, fmt.Errorf("%s is taken for right", w.Name)))
				}
				all[w.Name] = right
			}
		})
	}
}

// built builds the networks of a file that have a tensor.
func built(all checkpoint.Weights, path, tensor string) error {
	f := &checkpoint.File{Path: path, Parts: checkpoint.Split(maps.Clone(all))}
	m, err := checkpoint.Assemble(f)
	networks := f.Apart()
	if err == nil {
		networks = m.Networks()
	}
	for _, n := range networks {
		for _, w := range n.Weights {
			if w.Name == tensor {
				if _, err := Build(n.Name, n.Config, n.Weights, Options{}); err != nil {
					return err
				}
				break
			}
		}
	}
	return nil
}
