// Package adapter puts LoRA weights and textual inversion vectors into networks
// (graphfile.Model) without touching the files on disk. Start with ReadLoRA and
// ReadEmbedding; Merge and AddRows change a model in memory.
//
// Weights are not computed here: a changed weight W becomes the nodes
// W + up down, all of them constants, which ONNX Runtime folds when it opens the
// network. So weights that lie in external data stay where they are, and files
// over 2 GB work like small ones.
//
// LoRA: Hu et al. 2021 (arXiv:2106.09685), W += scale alpha/rank up down. Its relatives of
// LyCORIS (Yeh et al. 2023, arXiv:2309.14859) and DoRA (Liu et al. 2024, arXiv:2402.09353) are in relatives.go.
package adapter

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"nirvana/engine/fault"
	"nirvana/models/safetensors"
)

// Delta is what a LoRA adds to one module's weight: alpha/rank up down.
type Delta struct {
	Key      string // the module as kohya names it: "down_blocks_0_attentions_0_proj_in"
	Rank     int
	Out      int
	In       []int     // in, or in, height, width of a convolution
	Up, Down []float32 // [out, rank], [rank, in...]; alpha/rank is in Up
	relative           // what makes it another kind than plain LoRA
}

// LoRA is a file's deltas by component: "unet" (the denoiser, whatever its
// folder), "text_encoder", "text_encoder_2", "text_encoder_3".
type LoRA struct {
	File   string
	Deltas map[string][]Delta
	// Strange are modules that the file changes in a way not known here.
	Strange []string
}

// entry collects one module's tensors.
type entry struct {
	up, down, mid, alpha *safetensors.Tensor
	others               map[string]*safetensors.Tensor // of LoRA's relatives, by the end of their names
}

// ReadLoRA reads a file in kohya's, diffusers' or peft's naming.
func ReadLoRA(path string) (*LoRA, error) {
	file, err := safetensors.Read(path)
	if err != nil {
		return nil, err
	}
	entries := map[[2]string]*entry{}
	for _, name := range file.Names() {
		component, key, what := parseName(name)
		if what == "" {
			continue
		}
		id := [2]string{component, key}
		if entries[id] == nil {
			entries[id] = &entry{others: map[string]*safetensors.Tensor{}}
		}
		t := file.Tensors[name]
		entries[id].put(what, &t)
	}
	l := &LoRA{File: filepath.Base(path), Deltas: map[string][]Delta{}}
	for id, e := range entries {
		d, err := e.delta(id[1])
		if err != nil {
			return nil, fault.Adapter.Errorf("%s: %s: %w", path, id[1], err)
		}
		if d == nil {
			l.Strange = append(l.Strange, id[0]+": "+id[1]+" ("+e.kind()+")")
			continue
		}
		if id[0] == "unet" {
			l.Deltas[id[0]] = append(l.Deltas[id[0]], d.apart()...)
			continue
		}
		l.Deltas[id[0]] = append(l.Deltas[id[0]], *d)
	}
	if len(entries) == 0 {
		return nil, fault.Adapter.Errorf("%s is not a LoRA: it has no lora_up and lora_down (or lora_A and lora_B) tensors; choose another file", path)
	}
	slices.Sort(l.Strange)
	for _, d := range l.Deltas {
		slices.SortFunc(d, func(a, b Delta) int { return strings.Compare(a.Key, b.Key) })
	}
	return l, nil
}

func (e *entry) put(what string, t *safetensors.Tensor) {
	switch what {
	case "up":
		e.up = t
	case "down":
		e.down = t
	case "mid":
		e.mid = t
	case "alpha":
		e.alpha = t
	default:
		e.others[what] = t
	}
}

// delta checks the shapes; nil for a module that is changed in a way not known here.
func (e *entry) delta(key string) (*Delta, error) {
	if d, err := e.relative(key); d != nil || err != nil {
		return d, err
	}
	if e.up == nil || e.down == nil {
		return nil, nil
	}
	up, down := e.up.Shape, e.down.Shape
	if len(up) < 2 || len(down) < 2 || up[1] != down[0] || product(up) != up[0]*up[1] || up[1] == 0 {
		return nil, fmt.Errorf("up has shape %v and down %v, which do not go together", up, down)
	}
	d := &Delta{Key: key, Rank: up[1], Out: up[0], In: slices.Clone(down[1:])}
	var err error
	if d.Up, err = e.up.Floats(); err != nil {
		return nil, err
	}
	if d.Down, err = e.down.Floats(); err != nil {
		return nil, err
	}
	if err := e.fold(d); err != nil {
		return nil, err
	}
	scale, err := e.scale(d.Rank)
	if err != nil {
		return nil, err
	}
	d.Up = scaled(d.Up, scale)
	return d, e.magnitude(d)
}

// scale is alpha over the rank; 1 without an alpha.
func (e *entry) scale(rank int) (float32, error) {
	if e.alpha == nil {
		return 1, nil
	}
	alpha, err := e.alpha.Floats()
	if err != nil || len(alpha) != 1 {
		return 0, fmt.Errorf("alpha is not one number")
	}
	return alpha[0] / float32(rank), nil
}

func scaled(v []float32, by float32) []float32 {
	out := slices.Clone(v)
	for i := range out {
		out[i] *= by
	}
	return out
}

// fold multiplies a middle matrix (LoCon's Tucker form, [rank, rank, height,
// width] between 1x1 convolutions) into down.
func (e *entry) fold(d *Delta) error {
	if e.mid == nil {
		return nil
	}
	mid, err := e.mid.Floats()
	s := e.mid.Shape
	if err != nil || len(s) != 4 || s[0] != d.Rank || s[1] != d.Rank || product(d.In) != d.In[0] {
		return fmt.Errorf("the middle matrix has shape %v, which does not fit rank %d", s, d.Rank)
	}
	in, area := d.In[0], s[2]*s[3]
	down := make([]float32, d.Rank*in*area)
	for a := range d.Rank {
		for b := range d.Rank {
			for i := range in {
				w := d.Down[b*in+i]
				for k := range area {
					down[(a*in+i)*area+k] += mid[(a*d.Rank+b)*area+k] * w
				}
			}
		}
	}
	d.Down, d.In = down, []int{in, s[2], s[3]}
	return nil
}

func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// endings are how the namings end, with what the tensor is.
var endings = []struct{ suffix, what string }{
	{".lora_down.weight", "down"}, {".lora_up.weight", "up"}, {".lora_mid.weight", "mid"}, {".alpha", "alpha"},
	{".lora_linear_layer.down.weight", "down"}, {".lora_linear_layer.up.weight", "up"},
	{".lora.down.weight", "down"}, {".lora.up.weight", "up"},
	{"_lora.down.weight", "down"}, {"_lora.up.weight", "up"},
	{".lora_A.weight", "down"}, {".lora_B.weight", "up"},
	{".lora_A.default.weight", "down"}, {".lora_B.default.weight", "up"},
	{".dora_scale", "dora_scale"}, {".lora_magnitude_vector", "magnitude"}, {".lora_magnitude_vector.weight", "magnitude"}, {".lora_magnitude_vector.default.weight", "magnitude"},
	{".diff", "diff"}, {".diff_b", "diff"}, {".hada_w1_a", "w1_a"}, {".hada_w1_b", "w1_b"}, {".hada_w2_a", "w2_a"}, {".hada_w2_b", "w2_b"}, {".hada_t1", "tucker"}, {".hada_t2", "tucker"},
	{".lokr_w1", "kron1"}, {".lokr_w1_a", "kron1_a"}, {".lokr_w1_b", "kron1_b"}, {".lokr_w2", "kron2"}, {".lokr_w2_a", "kron2_a"}, {".lokr_w2_b", "kron2_b"}, {".lokr_t2", "tucker"},
	{".oft_blocks", "oft"}, {".oft_diag", "oft"}, {".a1.weight", "glora"}, {".on_input", "ia3"},
}

// components are the prefixes by which the namings tell networks apart, longest first.
var components = []struct{ prefix, component string }{
	{"lora_te1_", "text_encoder"}, {"lora_te2_", "text_encoder_2"}, {"lora_te3_", "text_encoder_3"}, {"lora_te_", "text_encoder"},
	{"lora_unet_", "unet"}, {"lora_transformer_", "unet"},
	{"text_encoder_2.", "text_encoder_2"}, {"text_encoder_3.", "text_encoder_3"}, {"text_encoder.", "text_encoder"},
	{"unet.", "unet"}, {"transformer.", "unet"}, {"diffusion_model.", "unet"}, {"base_model.model.", "unet"},
}

var oldAttention = regexp.MustCompile(`^(.*_self_attn_)to_(q|k|v|out)(?:_0)?$`)

var processor = regexp.MustCompile(`_processor_(to_[a-z]+)$`)

// parseName takes a tensor's name apart: network, module, and which of its tensors; "" for one that is nothing of a LoRA's.
func parseName(name string) (component, key, what string) {
	for _, e := range endings {
		if rest, ok := strings.CutSuffix(name, e.suffix); ok {
			key, what = rest, e.what
			break
		}
	}
	if what == "" {
		return "", "", ""
	}
	component = "unet"
	for _, c := range components {
		if rest, ok := strings.CutPrefix(key, c.prefix); ok {
			key, component = rest, c.component
			break
		}
	}
	key = strings.TrimPrefix(key, "base_model.model.")
	key = strings.ReplaceAll(key, ".", "_")
	// diffusers before 0.20 kept its LoRA in the attention's processor
	key = processor.ReplaceAllString(key, "_$1")
	if strings.Contains(name, ".processor.to_out_lora") {
		key += "_0"
	}
	if component == "unet" {
		key = diffusersName(key)
	} else if m := oldAttention.FindStringSubmatch(key); m != nil {
		key = m[1] + m[2] + "_proj" // as it was called in the text encoders' processors
	}
	return component, key, what
}
