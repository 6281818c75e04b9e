// Package models knows model folders: what is in one, whether it is whole, and
// which ones there are. A folder is in diffusers' layout with ONNX graphs
// (model_index.json, scheduler/, tokenizer/, text_encoder/, unet/, vae_encoder/,
// vae_decoder/). Start with Read; Catalogue finds folders by name. Nothing here
// opens a network; models/hub does.
package models

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"nirvana/engine/fault"
)

// Part is one network of a folder.
type Part struct {
	Name      string // the folder's: "unet"
	Path      string // of model.onnx
	Config    []byte // config.json; nil when there is none
	Tokenizer string // a text encoder's tokenizer folder
}

// Folder is a model folder as it lies on disk.
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
	Draft     *Draft // nil: none
	Bytes     int64  // of all its files
	Identity  string // SHA-256 over the files' names, sizes and ends, hex: cheap, and another for another model
}

// Read describes the folder. It fails when the folder is no model, and says what is missing.
func Read(dir string) (Folder, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return Folder{}, fault.Missing.Errorf("the model folder %s is not there: choose another, or fetch the model again", dir)
	}
	if !info.IsDir() {
		return Folder{}, fault.NoModel.Errorf("%s is a file, not a model folder: choose the folder with model_index.json in it", dir)
	}
	f := Folder{Dir: dir, Name: filepath.Base(absolute(dir))}
	if f.Denoiser = part(dir, "unet", "transformer"); f.Denoiser.Path == "" {
		if err := otherPipeline(dir); err != nil {
			return Folder{}, err
		}
		return Folder{}, fault.NoModel.Errorf("%s is not a model folder: it has no unet/model.onnx or transformer/model.onnx; choose a diffusers-layout ONNX folder", dir)
	}
	if f.Scheduler, err = os.ReadFile(filepath.Join(dir, "scheduler", "scheduler_config.json")); err != nil {
		return Folder{}, fault.Incomplete.Errorf("%s has no scheduler/scheduler_config.json: the folder is incomplete, fetch it again", dir)
	}
	if f.Index, err = os.ReadFile(filepath.Join(dir, "model_index.json")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Folder{}, fault.Incomplete.Errorf("model_index.json of %s cannot be read: %w", f.Name, err)
	}
	f.Encoder, f.Decoder = part(dir, "vae_encoder"), part(dir, "vae_decoder")
	if err := f.readText(); err != nil {
		return Folder{}, err
	}
	for _, name := range controlNets(dir) {
		f.Control = append(f.Control, part(dir, name))
	}
	if err := emptyPart(dir); err != nil {
		return Folder{}, err
	}
	f.readTitle()
	if err := f.readDraft(); err != nil {
		return Folder{}, err
	}
	return f, f.identify()
}

func absolute(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		return abs
	}
	return dir
}

// otherPipeline names a pipeline that has other networks than a U-Net or a transformer; nil where nothing says that it is one.
func otherPipeline(dir string) error {
	data, err := os.ReadFile(filepath.Join(dir, "model_index.json"))
	var index struct {
		Class string `json:"_class_name"`
	}
	if err != nil || json.Unmarshal(data, &index) != nil || index.Class == "" {
		return nil
	}
	var has []string
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if e.IsDir() && part(dir, e.Name()).Path != "" {
			has = append(has, e.Name())
		}
	}
	if len(has) == 0 {
		return nil // incomplete
	}
	return fault.Unknown.Errorf("%s is a %s, which this program does not run: its networks are %s, and there is no unet or transformer among them; choose a folder of Stable Diffusion, SDXL, SD 3 or FLUX",
		dir, index.Class, strings.Join(has, ", "))
}

// part is the first of the named subfolders that holds a network.
func part(dir string, names ...string) Part {
	for _, name := range names {
		path := filepath.Join(dir, name, "model.onnx")
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			config, _ := os.ReadFile(filepath.Join(dir, name, "config.json"))
			return Part{Name: name, Path: path, Config: config}
		}
	}
	return Part{}
}

// emptyPart fails where a network's folder is there and the network is not: what is left
// may still look like a model of another kind.
func emptyPart(dir string) error {
	for _, name := range []string{"text_encoder", "text_encoder_2", "text_encoder_3", "vae_encoder", "vae_decoder"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && info.IsDir() && part(dir, name).Path == "" {
			return fault.Incomplete.Errorf("%s has no %s/model.onnx: the folder is incomplete, fetch it again", dir, name)
		}
	}
	return nil
}

func (f *Folder) readText() error {
	for _, suffix := range []string{"", "_2", "_3"} {
		p := part(f.Dir, "text_encoder"+suffix)
		if p.Path == "" {
			continue
		}
		p.Tokenizer = filepath.Join(f.Dir, "tokenizer"+suffix)
		if _, err := os.Stat(p.Tokenizer); err != nil {
			return fault.Incomplete.Errorf("%s has text_encoder%s but no tokenizer%s: the folder is incomplete, fetch it again", f.Dir, suffix, suffix)
		}
		f.Text = append(f.Text, p)
	}
	return nil
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

// readTitle takes name and licence from the README's front matter, where there is one.
func (f *Folder) readTitle() {
	data, err := os.ReadFile(filepath.Join(f.Dir, "README.md"))
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

// identify sums the folder up without reading all of it: names, sizes and the
// last 64 KiB of every file that matters.
func (f *Folder) identify() error {
	h := sha256.New()
	err := eachFile(f.Dir, deepest, func(path string, info fs.FileInfo) error {
		f.Bytes += info.Size()
		rel, _ := filepath.Rel(f.Dir, path)
		if filepath.Ext(path) == ".md" {
			return nil
		}
		fmt.Fprintln(h, filepath.ToSlash(rel), info.Size())
		return tail(path, info.Size(), h.Write)
	})
	if err != nil {
		return fault.Incomplete.Errorf("%s cannot be read: %w", f.Dir, err)
	}
	f.Identity = hex.EncodeToString(h.Sum(nil))
	return nil
}

// deepest is how many folders deep a model's files lie at most; it ends a ring of links.
const deepest = 6

// eachFile visits the files under dir in the order of their names. Links to files and folders are followed: the
// hub's own cache is made of them.
func eachFile(dir string, depth int, visit func(path string, info fs.FileInfo) error) error {
	entries, err := os.ReadDir(dir)
	if err != nil || depth == 0 {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		info, err := os.Stat(path)
		switch {
		case err != nil:
			return err
		case info.IsDir():
			err = eachFile(path, depth-1, visit)
		default:
			err = visit(path, info)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func tail(path string, size int64, to func([]byte) (int, error)) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	buf := make([]byte, min(size, 64<<10))
	if _, err := file.ReadAt(buf, size-int64(len(buf))); err != nil {
		return err
	}
	_, err = to(buf)
	return err
}

// Tokenizers are the tokenizer folders of the text encoders.
func (f Folder) Tokenizers() []string {
	var out []string
	for _, t := range f.Text {
		out = append(out, t.Tokenizer)
	}
	return out
}

// parts are all networks that the folder has.
func (f Folder) parts() []Part {
	all := append([]Part{f.Denoiser}, f.Text...)
	for _, p := range []Part{f.Encoder, f.Decoder} {
		if p.Path != "" {
			all = append(all, p)
		}
	}
	return append(all, f.Control...)
}

// validJSON says where a JSON file breaks; bare Infinity and NaN, which Python writes, are let through.
func validJSON(data []byte) error {
	s := string(data)
	for _, bare := range []string{"-Infinity", "Infinity", "NaN"} {
		s = strings.ReplaceAll(s, ": "+bare, ": 0")
	}
	var v any
	return json.Unmarshal([]byte(s), &v)
}
