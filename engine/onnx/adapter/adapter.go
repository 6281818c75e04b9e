// Package adapter merges LoRA weights and textual inversion vectors into networks (graphfile.Model) without changing
// the files on disk. Start with ReadLoRA and ReadEmbedding; Merge and AddRows change a model in memory.
//
// Weights are not computed here: a changed weight W becomes the nodes W + up down, all of them constants, which ONNX
// Runtime folds when it opens the network. So weights in external data stay there, and files over 2 GB work like
// small ones. Nothing is allocated larger than its file before it was checked against the network.
//
// LoRA: Hu et al. 2021 (arXiv:2106.09685), W += scale alpha/rank up down. DoRA: Liu et al. 2024 (arXiv:2402.09353).
// LyCORIS' other forms (Yeh et al. 2023, arXiv:2309.14859) are in form.go, glora.go and oft.go,
// PEFT's OFT and BOFT in peft.go.
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
	Key      string    // the module in kohya's naming: "down_blocks_0_attentions_0_proj_in"
	Out      int       // outputs; 0: the weight is unchanged
	In       []int     // inputs, or inputs, height, width of a convolution; none for a norm, whose weight is a vector
	Rank     int       // of plain LoRA
	Up, Down []float32 // plain LoRA: [out, rank], [rank, in...]; alpha/rank is in Up
	Bias     []float32 // added to the module's bias, one an output

	form form // another form than plain LoRA; nil: plain
	// anyOut and anyIn are set where the form fits any number of outputs or inputs; with anyOut In is the inputs,
	// whatever the kernel.
	anyOut, anyIn bool
	magnitude
}

// changesWeight reports whether the weight is changed, not only the bias.
func (d *Delta) changesWeight() bool { return d.form != nil || d.Up != nil }

// plain reports whether the change of the weight is Up Down and nothing else.
func (d *Delta) plain() bool { return d.form == nil && d.lengths == nil }

// LoRA is a file's deltas by component: "unet" (the denoiser, whatever its folder), "text_encoder", "text_encoder_2",
// "text_encoder_3".
type LoRA struct {
	File   string
	Deltas map[string][]Delta
	// Unknown counts the file's tensors that are not used, by kind: "oft_s".
	Unknown map[string]int
}

// ReadLoRA reads a file in the naming of kohya, diffusers, peft, LyCORIS, SimpleTuner, XLabs, ComfyUI or OneTrainer.
// It fails for files that are not LoRAs.
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
	found, flux2 := map[module]*Delta{}, false
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
		if d != nil {
			found[id], flux2 = d, flux2 || id.component == denoiser && d.ofFlux2()
		}
	}
	for id, d := range found {
		parts := []Delta{*d}
		switch {
		case id.component != denoiser:
		case flux2:
			parts = d.apartFlux2()
		default:
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

// module identifies an entry.
type module struct{ component, key string }

// sort groups a file's tensors by module and counts those that are not a LoRA's.
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
		if id, ok := scaleOf(file, name, entries); ok { // (IA)3 calls its vector "weight", as whole networks do
			t := file.Scaled(name)
			entries[id].tensors["ia3"] = &t
		} else if !file.IsScale(name) {
			l.Unknown[kindOf(name)]++
		}
	}
	return entries
}

// scaleOf is the (IA)3 module whose vector a tensor named "weight" is.
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

// kindOf is the part of a tensor's name after the module's, for tensors that are not a LoRA's.
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

// Count is how many modules the file changes.
func (l *LoRA) Count() (n int) {
	for _, d := range l.Deltas {
		n += len(d)
	}
	return n
}

// Truncated are the deltas truncated to the first rank of their ranks (AUTOMATIC1111's dyn); other forms are
// unchanged.
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
