// Package models finds and describes models: what is in one, whether it is complete, and which ones there are. A
// model is a folder in diffusers' layout (model_index.json, scheduler/, tokenizer/, text_encoder/, unet/,
// vae_encoder/, vae_decoder/) with ONNX graphs or with weights in .safetensors, or a checkpoint, a single file. Start
// with Read; Catalogue finds folders by name. Nothing here uses the network; models/hub does.
package models

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"nirvana/engine/fault"
	"nirvana/models/checkpoint"
	"nirvana/models/files"
)

// Part is one network of a folder.
type Part struct {
	Name      string // the folder's: "unet"
	Path      string // of the graph, usually model.onnx; of weights, their file or folder
	Config    []byte // config.json; nil: none
	Tokenizer string // a text encoder's tokenizer folder, or BundledTokenizer and a name
	// Weights are what the network is built from; nil for one that has a graph.
	Weights checkpoint.Weights
}

// Folder is a model folder on disk.
type Folder struct {
	Dir       string
	Name      string
	Licence   string
	Index     []byte // model_index.json
	Scheduler []byte // scheduler/scheduler_config.json
	Text      []Part
	Denoiser  Part
	Encoder   Part
	Decoder   Part
	Control   []Part
	Draft     *Draft    // nil: none
	Verifier  *Verifier // nil: none
	// Checkpoint is what the networks are built from, where the model is a single file; Dir is then its path.
	Checkpoint *checkpoint.Model
	// VAE is the file of a VAE that was given in place of the model's own; "": its own.
	VAE      string
	Bytes    int64  // of all its files
	Identity string // SHA-256 of the model's own files' names, sizes and ends, hex: fast to compute, and different for different models
}

// Read describes a folder. It fails where the folder is not a model, or incomplete, and says what is missing. A
// repository in the hub's cache means its newest snapshot.
func Read(dir string) (Folder, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return Folder{}, fault.Missing.Errorf("the model folder %s is not there: choose another, or fetch the model again", dir)
	}
	if !info.IsDir() {
		if !IsWeights(dir) {
			return Folder{}, fault.NoModel.Errorf("%s is a file, not a model folder, and no checkpoint: choose the folder with model_index.json in it, or a .safetensors file", dir)
		}
		return ReadFile(dir)
	}
	f := Folder{Dir: dir, Name: filepath.Base(absolute(dir))}
	if snapshot, name := snapshotOf(dir); snapshot != "" {
		f.Dir, f.Name = snapshot, name
	}
	if err := f.readNetworks(); err != nil {
		return Folder{}, err
	}
	if f.Denoiser.Path == "" {
		if f.Index == nil && FetchedFile(dir) != "" {
			return ReadFile(dir)
		}
		if err := f.otherPipeline(); err != nil {
			return Folder{}, err
		}
		return Folder{}, fault.NoModel.Errorf("%s is not a model folder: it has no unet or transformer with model.onnx or .safetensors in it; choose a folder in diffusers' layout, or a checkpoint file", dir)
	}
	if f.Scheduler, err = readJSON(f.Dir, "scheduler", "scheduler_config.json"); errors.Is(err, fs.ErrNotExist) {
		return Folder{}, fault.Incomplete.Errorf("%s has no scheduler/scheduler_config.json: the folder is incomplete, fetch it again", dir)
	} else if err != nil {
		return Folder{}, fault.Incomplete.Errorf("scheduler/scheduler_config.json of %s cannot be read: fetch it again: %w", f.Name, err)
	}
	if lacks := f.lacks(); len(lacks) > 0 {
		return Folder{}, fault.Incomplete.Errorf("%s has no %s: the folder is incomplete, fetch it again", dir, strings.Join(lacks, ", no "))
	}
	f.readTitle()
	if err := f.readDraft(); err != nil {
		return Folder{}, err
	}
	if err := f.readVerifier(); err != nil {
		return Folder{}, err
	}
	return f, f.identify()
}

// readNetworks reads the index, the networks and their tokenizers.
func (f *Folder) readNetworks() (err error) {
	if f.Index, err = readJSON(f.Dir, "model_index.json"); errors.Is(err, fs.ErrNotExist) {
		f.Index, err = nil, nil
	} else if err != nil {
		return fault.Incomplete.Errorf("model_index.json of %s cannot be read: fetch it again: %w", f.Name, err)
	}
	take := func(to *Part, names ...string) {
		for _, name := range names {
			if err == nil && to.Path == "" {
				*to, err = part(f.Dir, name)
			}
		}
	}
	take(&f.Denoiser, "unet", "transformer")
	take(&f.Encoder, "vae_encoder")
	take(&f.Decoder, "vae_decoder")
	for _, suffix := range []string{"", "_2", "_3"} {
		var p Part
		if take(&p, "text_encoder"+suffix); p.Path != "" {
			p.Tokenizer = child(f.Dir, "tokenizer"+suffix)
			f.Text = append(f.Text, p)
		}
	}
	for _, name := range controlNets(f.Dir) {
		var p Part
		if take(&p, name); p.Path != "" {
			f.Control = append(f.Control, p)
		}
	}
	f.pooled()
	if err == nil {
		err = f.pictured()
	}
	return err
}

func absolute(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		return abs
	}
	return dir
}

// otherPipeline is the error for a pipeline without a U-Net or transformer; nil where nothing names one.
func (f *Folder) otherPipeline() error {
	class := readIndex(f.Index).class
	if class == "" || family(class) != nil {
		return nil
	}
	var has []string
	entries, _ := os.ReadDir(f.Dir)
	for _, e := range entries {
		if p, _ := part(f.Dir, e.Name()); p.Path != "" {
			has = append(has, e.Name())
		}
	}
	if len(has) == 0 {
		return nil // incomplete
	}
	return fault.Unknown.Errorf("%s is a %s, which this program does not run: its networks are %s, and there is no unet or transformer among them; choose a folder of Stable Diffusion, SDXL, SD 3, FLUX, FLUX.2 klein, Z-Image or Qwen-Image",
		f.Dir, class, strings.Join(has, ", "))
}

func controlNets(dir string) []string {
	var names []string
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if e.IsDir() && strings.HasPrefix(e.Name(), "controlnet") {
			names = append(names, e.Name())
		}
	}
	sort.Strings(names)
	return names
}

// readTitle reads name and licence from the README's front matter, where there is one.
func (f *Folder) readTitle() {
	data, err := files.Read(child(f.Dir, "README.md"), most)
	if err != nil || !strings.HasPrefix(string(data), "---\n") {
		return
	}
	head, _, ok := strings.Cut(string(data[4:]), "\n---")
	if !ok {
		return
	}
	for _, line := range strings.Split(head, "\n") {
		key, value, _ := strings.Cut(line, ":")
		value = strings.Trim(strings.TrimSpace(value), `"'`)
		switch {
		case value == "":
		case key == "license" || key == "licence":
			f.Licence = value
		case key == "title":
			f.Name = value
		}
	}
}

// Tokenizers are the tokenizer folders of the text encoders.
func (f Folder) Tokenizers() []string {
	var out []string
	for _, t := range f.Text {
		out = append(out, t.Tokenizer)
	}
	return out
}

// parts are all networks of the folder.
func (f Folder) parts() []Part {
	all := append([]Part{f.Denoiser}, f.Text...)
	for _, p := range []Part{f.Encoder, f.Decoder} {
		if p.Path != "" {
			all = append(all, p)
		}
	}
	if f.Verifier != nil {
		all = append(all, f.Verifier.Part)
	}
	return append(all, f.Control...)
}
