// Package adapter puts LoRA weights and textual inversion vectors into networks
// (graphfile.Model) without touching the files on disk. Start with ReadLoRA and
// ReadEmbedding; Merge and AddRows change a model in memory.
//
// Weights are not computed here: a changed weight W becomes the nodes
// W + up down, all of them constants, which ONNX Runtime folds when it opens the
// network. So weights that lie in external data stay where they are, and files
// over 2 GB work like small ones. Nothing is made larger than its file before it
// was held against the network that it is for.
//
// LoRA: Hu et al. 2021 (arXiv:2106.09685), W += scale alpha/rank up down. DoRA: Liu
// et al. 2024 (arXiv:2402.09353). The relatives of LyCORIS (Yeh et al. 2023,
// arXiv:2309.14859), of which each is a form, are in form.go, glora.go and oft.go.
package adapter

import (
	"path/filepath"
	"slices"
	"strings"

	"nirvana/engine/fault"
	"nirvana/models/checkpoint"
	"nirvana/models/safetensors"
)

// Delta is what a LoRA changes in one module: its weight, its bias or both.
type Delta struct {
	Key      string    // the module as kohya names it: "down_blocks_0_attentions_0_proj_in"
	Out      int       // outputs; 0: the weight stays as it is
	In       []int     // in, or in, height, width of a convolution; none for a norm, whose weight is a vector
	Rank     int       // of plain LoRA
	Up, Down []float32 // plain LoRA: [out, rank], [rank, in...]; alpha/rank is in Up
	Bias     []float32 // added to the module's bias, one an output

	form form // another kind than plain LoRA; nil
	// anyOut and anyIn say that the form fits any number of them; with anyOut In is the inputs, whatever the kernel.
	anyOut, anyIn bool
	magnitude
}

// changesWeight says that it is not the bias alone that is changed.
func (d *Delta) changesWeight() bool { return d.form != nil || d.Up != nil }

// plain says that the change of the weight is Up Down and nothing else.
func (d *Delta) plain() bool { return d.form == nil && d.lengths == nil }

// LoRA is a file's deltas by component: "unet" (the denoiser, whatever its
// folder), "text_encoder", "text_encoder_2", "text_encoder_3".
type LoRA struct {
	File   string
	Deltas map[string][]Delta
	// Unknown counts what the file holds beside, by its kind: "oft_r (PEFT's OFT)".
	Unknown map[string]int
}

// ReadLoRA reads a file in the naming of kohya, diffusers, peft, LyCORIS, SimpleTuner, XLabs, ComfyUI or OneTrainer.
func ReadLoRA(path string) (*LoRA, error) {
	if err := refuse(path, "LoRA", checkpoint.LoRA); err != nil {
		return nil, err
	}
	file, err := safetensors.Read(path)
	if err != nil {
		return nil, err
	}
	return readLoRA(path, file)
}

func readLoRA(path string, file *safetensors.File) (*LoRA, error) {
	l := &LoRA{File: filepath.Base(path), Deltas: map[string][]Delta{}, Unknown: map[string]int{}}
	training := trainingOf(path, file.Metadata)
	entries := l.sort(file)
	if len(entries) == 0 {
		return nil, fault.Adapter.Errorf("%s is not a LoRA: it has no lora_up and lora_down (or lora_A and lora_B) tensors; choose another file", path)
	}
	for id, e := range entries {
		e.training = training.of(id.component)
		d, err := e.delta(id.key)
		if err != nil {
			return nil, fault.Adapter.Errorf("%s: %s: %w", path, id.key, err)
		}
		for kind := range e.tensors {
			if kind == "up" || kind == "down" {
				kind = "up or down without the other"
			}
			l.Unknown[kind]++
		}
		if d == nil {
			continue
		}
		parts := []Delta{*d}
		if id.component == "unet" {
			parts = d.apart()
		}
		if parts == nil {
			l.Unknown["a matrix of several modules that cannot be cut"]++
		}
		l.Deltas[id.component] = append(l.Deltas[id.component], parts...)
	}
	for _, d := range l.Deltas {
		slices.SortFunc(d, func(a, b Delta) int { return strings.Compare(a.Key, b.Key) })
	}
	return l, nil
}

// module is one entry's place.
type module struct{ component, key string }

// sort puts a file's tensors together by module and counts those that are nothing of a LoRA's.
func (l *LoRA) sort(file *safetensors.File) map[module]*entry {
	entries := map[module]*entry{}
	at := func(component, key, name string) *entry {
		id := module{component, key}
		if entries[id] == nil {
			entries[id] = &entry{tensors: map[string]*safetensors.Tensor{}, name: name}
		}
		return entries[id]
	}
	var others []string
	for _, name := range file.Names() {
		component, key, what := parseName(name)
		if what == "" {
			others = append(others, name)
			continue
		}
		t := file.Scaled(name)
		at(component, key, name).tensors[what] = &t
	}
	for _, name := range others {
		if id, ok := scaleOf(file, name, entries); ok { // (IA)3 calls its vector "weight", as whole networks call theirs
			t := file.Scaled(name)
			entries[id].tensors["ia3"] = &t
		} else if !file.IsScale(name) {
			l.Unknown[kindOf(name)]++
		}
	}
	return entries
}

// scaleOf is the (IA)3 module that a tensor called "weight" is the vector of.
func scaleOf(file *safetensors.File, name string, entries map[module]*entry) (module, bool) {
	key, ok := strings.CutSuffix(name, ".weight")
	if !ok {
		return module{}, false
	}
	if _, ok := file.Tensors[key+".on_input"]; !ok {
		return module{}, false
	}
	component, key, _ := parseName(key + ".on_input")
	id := module{component, key}
	return id, entries[id] != nil
}

// kindOf says of a tensor that is nothing of a LoRA's what it is called behind its module's name.
func kindOf(name string) string {
	if strings.HasPrefix(name, "bundle_emb.") {
		return "a bundled embedding"
	}
	parts := strings.Split(name, ".")
	if n := len(parts) - 1; n > 0 && parts[n] == "default" {
		parts = parts[:n] // PEFT's name of an adapter
	}
	last := len(parts) - 1
	if last > 0 && (parts[last] == "weight" || parts[last] == "bias") && strings.Contains(parts[last-1], "_") {
		return parts[last-1] + "." + parts[last]
	}
	return parts[last]
}

// Count is how many modules the file changes in ways that are known here.
func (l *LoRA) Count() (n int) {
	for _, d := range l.Deltas {
		n += len(d)
	}
	return n
}

// Truncated are the deltas with the first rank of their ranks alone (AUTOMATIC1111's dyn); other forms stay whole.
func Truncated(deltas []Delta, rank int) []Delta {
	out := slices.Clone(deltas)
	for i := range out {
		d := &out[i]
		if d.Up == nil || d.Rank <= rank {
			continue
		}
		up := matrix{d.Out, d.Rank, d.Up}.transposed().pick([][2]int{{0, rank}}).transposed()
		d.Up, d.Down = up.data, d.Down[:rank*len(d.Down)/d.Rank]
		d.Rank = rank
	}
	return out
}
