package models

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"nirvana/engine/fault"
	"nirvana/engine/onnx/graphfile"
	"nirvana/models/checkpoint"
	"nirvana/models/files"
	"nirvana/models/installation"
)

// partFolders are where other programs keep the parts of checkpoints that are files of their own: next to the
// checkpoint's folder (ComfyUI, Forge), or in it.
var partFolders = []string{"text_encoders", "clip", "text_encoder", "vae", "VAE"}

// parts are the kinds of networks that a model has besides its denoiser.
var parts = slices.Concat(checkpoint.VAEs, checkpoint.TextEncoders)

// mostLooked is how many files are opened in search of a part.
const mostLooked = 200

// completed adds the files with the parts that a checkpoint lacks.
func completed(path string, files []*checkpoint.File) ([]*checkpoint.File, *checkpoint.Model, error) {
	m, err := checkpoint.Assemble(files...)
	if err != nil {
		return nil, nil, err
	}
	for _, candidate := range Besides(path) {
		if m.Wanting() == 0 {
			break
		}
		f, err := checkpoint.Open(candidate)
		if err != nil || f.Part(parts...) == nil || !m.Takes(f) {
			continue
		}
		with := append([]*checkpoint.File{files[0], f}, files[1:]...)
		if more, err := checkpoint.Assemble(with...); err == nil && more.Wanting() < m.Wanting() {
			files, m = with, more
		}
	}
	if len(m.Missing) > 0 {
		return nil, nil, lacking(path, m)
	}
	return files, m, nil
}

// sighted gives a text encoder that is shown pictures the image encoder that lies beside the checkpoint in a file of its own,
// where it has none; the file is added to those of the model.
func (f *Folder) sighted(path string, files []*checkpoint.File) []*checkpoint.File {
	if !f.showsPictures() || f.Text[0].Weights.HasUnder("visual.") {
		return files
	}
	for _, candidate := range Besides(path) {
		v, err := checkpoint.Open(candidate)
		if err != nil || v.Part(checkpoint.QwenVision) == nil {
			continue
		}
		with := append(slices.Clone(files), v)
		if m, err := checkpoint.Assemble(with...); err == nil && len(m.Text) > 0 && m.Text[0].Weights.HasUnder("visual.") {
			f.Text[0].Weights, f.Checkpoint.Text[0].Weights = m.Text[0].Weights, m.Text[0].Weights
			return with
		}
	}
	return files
}

// isCheckpoint reports by name whether a file may hold weights that can be read.
func isCheckpoint(name string) bool {
	ext := strings.ToLower(filepath.Ext(name))
	return ext == ".safetensors" || ext == ".sft" || ext == ".gguf"
}

// IsWeights reports by name whether a file is one of weights, of a format that can be read or of one that is refused with a reason.
func IsWeights(name string) bool {
	return isCheckpoint(name) || slices.Contains([]string{".ckpt", ".pt", ".pth", ".bin", ".onnx"}, strings.ToLower(filepath.Ext(name)))
}

// Besides are the weights in the part folders, the nearest first.
func Besides(path string) (out []string) {
	take := func(file string) {
		if isCheckpoint(file) && len(out) < mostLooked && !slices.Contains(out, file) {
			out = append(out, file)
		}
	}
	look := func(dir string) {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			if !e.IsDir() {
				take(filepath.Join(dir, e.Name()))
			}
		}
	}
	dir := filepath.Dir(absolute(path))
	for range 3 {
		for _, name := range partFolders {
			look(filepath.Join(dir, name))
		}
		dir = filepath.Dir(dir)
	}
	if dir := fetchedFolder(path); dir != "" { // beside it, and in the data folder, as deep as the file is in its repository
		for range 2 {
			dir = filepath.Dir(dir)
			for _, name := range partFolders {
				look(filepath.Join(dir, name))
			}
		}
	}
	around := installation.Around(path)
	for _, kind := range []installation.Kind{installation.TextEncoders, installation.VAEs} {
		for _, dir := range around[kind] {
			files.Walk(dir, func(w files.Walked) bool {
				if !w.Dir {
					take(w.Path)
				}
				return len(out) < mostLooked
			})
		}
	}
	return out
}

// ReadWith is Read with files in place of the model's own parts, or for those that it lacks, see With.
func ReadWith(dir string, paths ...string) (Folder, error) {
	if info, err := os.Stat(dir); len(paths) > 0 && err == nil && (!info.IsDir() || FetchedFile(dir) != "") {
		return ReadFile(dir, paths...)
	}
	f, err := Read(dir)
	if err != nil || len(paths) == 0 {
		return f, err
	}
	return f.With(paths...)
}

// Further are files that are given as VAEs and as text encoders, for ReadWith. It fails where one is something else, and says
// what it is.
func Further(vaes, encoders []string) ([]string, error) {
	if err := onlyParts(vaes, "VAE", checkpoint.VAEs); err != nil {
		return nil, err
	}
	return slices.Concat(encoders, vaes), onlyParts(encoders, "text encoder", checkpoint.TextEncoders)
}

// AsEncoder is the error of a file that is given as the text encoder of a name and holds another one; nil for files without any.
func AsEncoder(name, path string) error {
	file, err := checkpoint.Open(path)
	if err != nil {
		return err
	}
	is := ""
	for _, p := range file.Parts {
		switch found := p.Encoder(); found {
		case name:
			return nil
		case "":
		default:
			is = found
		}
	}
	if is == "" {
		return nil
	}
	return fault.Settings.Errorf("%s is the text encoder %s, not %s: choose it as %s", path, is, name, is)
}

func onlyParts(paths []string, what string, kinds []string) error {
	for _, path := range paths {
		file, err := checkpoint.Open(path)
		if err != nil {
			return err
		}
		if file.Part(kinds...) == nil {
			return file.NotA(what)
		}
	}
	return nil
}

// WithControls adds ControlNets' files to those that the folder has.
func (f Folder) WithControls(paths ...string) (Folder, error) {
	f.Control = slices.Clone(f.Control)
	for _, path := range paths {
		p, err := f.ControlFile(path)
		if err != nil {
			return f, err
		}
		f.Control = append(f.Control, p)
	}
	return f, nil
}

// With replaces parts by those in files: a VAE; in a checkpoint text encoders too. It fails for files that hold other
// things.
func (f Folder) With(paths ...string) (Folder, error) {
	if f.Checkpoint != nil {
		return ReadFile(f.Dir, paths...)
	}
	for _, path := range paths {
		file, err := checkpoint.Open(path)
		if err != nil {
			return f, err
		}
		p := file.Part(checkpoint.VAEs...)
		if p == nil {
			if file.Part(checkpoint.TextEncoders...) != nil {
				return f, fault.NoModel.Errorf("%s holds no VAE: a model folder takes a VAE from a file, text encoders only a checkpoint does", path)
			}
			return f, file.NotA("VAE")
		}
		if err := checkpoint.Mismatch(file, f.Latents()); err != nil {
			return f, err
		}
		f.VAE = path
		encoder, decoder := checkpoint.Halves(*p, f.Decoder.Config)
		if encoder.Weights != nil {
			f.Encoder = Part{Name: encoder.Name, Path: path, Config: encoder.Config, Weights: encoder.Weights}
		}
		if decoder.Weights != nil {
			f.Decoder = Part{Name: decoder.Name, Path: path, Config: decoder.Config, Weights: decoder.Weights}
		}
	}
	return f, nil
}

// ControlFile is a ControlNet's file as a part of this folder.
func (f *Folder) ControlFile(path string) (Part, error) {
	file, err := checkpoint.Open(path)
	if err != nil {
		return Part{}, err
	}
	if p := file.Part(checkpoint.ControlNet); p != nil {
		switch own := f.Context(); {
		case own == 0:
			return Part{}, fault.Settings.Errorf("%s takes no ControlNet from a file, as it is no U-Net, or was exported without a ControlNet's inputs: choose a checkpoint of Stable Diffusion 1, 2 or XL", f.Name)
		case p.Context() != 0 && p.Context() != own:
			return Part{}, fault.Settings.Errorf("the ControlNet %s is for another family of models (text states of %d, and %s has %d): choose one that was made for %s", path, p.Context(), f.Name, own, f.Kind())
		}
	}
	n, err := checkpoint.Control(file, f.Denoiser.Config)
	if err != nil {
		return Part{}, err
	}
	return Part{Name: n.Name, Path: path, Config: n.Config, Weights: n.Weights}, nil
}

// Upscaler is an upscaler's file as a part.
func Upscaler(path string) (Part, error) {
	file, err := checkpoint.Open(path)
	if err != nil {
		return Part{}, err
	}
	p := file.Part(checkpoint.Upscaler)
	if p == nil {
		return Part{}, file.NotA("network like ESRGAN")
	}
	return Part{Name: "upscaler", Path: path, Config: []byte(`{"_class_name":"RRDBNet"}`), Weights: p.Weights}, nil
}

// UpscalerGraph is the size in bytes of an ONNX file that may be an upscaler: it makes one picture of one picture. It fails
// for others.
func UpscalerGraph(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, fault.Missing.Errorf("%s cannot be read: choose another file: %w", path, err)
	}
	g, err := graphfile.Open(path)
	if err != nil {
		return info.Size(), fault.Incomplete.Errorf("%s is no network that can be read (%w): fetch the file again", path, err)
	}
	defer g.Close()
	picture := func(all []graphfile.Value) bool {
		return len(all) == 1 && (!all[0].Shaped || len(all[0].Dims) == 4 && (all[0].Dims[1] == 3 || all[0].Dims[1] < 0))
	}
	if !picture(g.Feeds()) || !picture(g.Outputs) {
		return info.Size(), fault.NoModel.Errorf("%s is not a network that makes a picture of a picture: only upscalers are used as single .onnx files, other networks in a folder with model_index.json", path)
	}
	return info.Size(), nil
}
