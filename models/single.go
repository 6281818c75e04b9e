package models

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"nirvana/engine/fault"
	"nirvana/engine/token"
	"nirvana/engine/wholefile"
	"nirvana/models/checkpoint"
	"nirvana/models/files"
)

// BundledTokenizer begins the name of a tokenizer that comes with the program, in place of a folder's path.
const BundledTokenizer = token.Bundled

// ReadFile describes a checkpoint, a single file of weights, as a folder: its networks are built from it when they
// are opened. further are files of parts that the checkpoint lacks or that replace its own: text encoders and a VAE.
// A folder with the checkpoint's name next to it, in diffusers' layout, gives what weights do not show: configs,
// scheduler, tokenizers (the config of diffusers' from_single_file). It fails where the file is not a model, or
// incomplete.
func ReadFile(path string, further ...string) (Folder, error) {
	dir := path // a downloaded checkpoint is in a folder of its own
	if isFolder(path) {
		if path = FetchedFile(dir); path == "" {
			return Folder{}, fault.NoModel.Errorf("%s is a folder, not a checkpoint: choose the file in it", dir)
		}
	}
	var all []*checkpoint.File
	for _, p := range append([]string{path}, further...) {
		f, err := checkpoint.Open(p)
		if err != nil {
			return Folder{}, err
		}
		all = append(all, f)
	}
	f, err := ReadOpened(all...)
	if err == nil {
		f.Dir = dir
	}
	return f, err
}

// ReadOpened is ReadFile for files that are open.
func ReadOpened(all ...*checkpoint.File) (Folder, error) {
	path, given := all[0].Path, all[1:]
	if err := only(all[1:], parts...); err != nil {
		return Folder{}, err
	}
	m, err := checkpoint.Assemble(all...)
	if err != nil {
		return Folder{}, err
	}
	for _, f := range all[1:] {
		if err := checkpoint.Mismatch(f, m.Latents()); err != nil {
			return Folder{}, err
		}
	}
	if err := misplaced(given, m.Family); err != nil {
		return Folder{}, err
	}
	if len(m.Missing) > 0 {
		if all, m, err = completed(path, all); err != nil {
			return Folder{}, err
		}
	}
	f := Folder{Dir: path, VAE: vaeIn(given), Name: stem(path), Index: m.Index, Scheduler: m.Scheduler, Checkpoint: m}
	f.Denoiser = built(path, m.Denoiser)
	f.Encoder, f.Decoder = built(path, m.Encoder), built(path, m.Decoder)
	for _, t := range m.Text {
		p := built(path, t.Network)
		p.Tokenizer = BundledTokenizer + t.Tokenizer
		f.Text = append(f.Text, p)
	}
	f.configured(strings.TrimSuffix(path, filepath.Ext(path)))
	f.pooled()
	all = f.sighted(path, all)
	if err := f.pictured(); err != nil {
		return Folder{}, err
	}
	if err := f.tokenizers(); err != nil {
		return Folder{}, err
	}
	return f, f.identifyFiles(all)
}

// misplaced fails where a given file is a text encoder that models of a family do not have.
func misplaced(given []*checkpoint.File, family checkpoint.Family) error {
	takes := family.Encoders()
	if slices.Contains(takes, checkpoint.EncoderOpenCLIP) || slices.Contains(takes, checkpoint.EncoderCLIP) { // small ones are told apart by their place alone
		takes = append(takes, checkpoint.EncoderCLIP, checkpoint.EncoderOpenCLIP)
	}
	for _, f := range given {
		p := f.Part(checkpoint.TextEncoders...)
		if p != nil && len(takes) > 0 && f.Part(checkpoint.VAEs...) == nil && !slices.Contains(takes, p.Encoder()) {
			return fault.Settings.Errorf("%s is a text encoder %s, which %s does not have: its are %s", f.Path, p.Encoder(), family, strings.Join(family.Encoders(), " and "))
		}
	}
	return nil
}

// stem is a file's name without its folder and its ending.
func stem(path string) string { return strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)) }

// vaeIn is the last of the given files that holds a VAE; "" for none.
func vaeIn(given []*checkpoint.File) (path string) {
	for _, f := range given {
		if f.Part(checkpoint.VAEs...) != nil {
			path = f.Path
		}
	}
	return path
}

// tokenizers fails where a Qwen knows fewer tokens than the tokenizer that comes with the program, and its own does not
// lie beside the checkpoint.
func (f *Folder) tokenizers() error {
	for _, t := range f.Text {
		qwen := t.Tokenizer == BundledTokenizer+checkpoint.QwenTokens || t.Tokenizer == BundledTokenizer+checkpoint.QwenVLTokens
		if rows := t.Weights.Tokens(); qwen && rows < int64(token.BundledSize(t.Tokenizer)) {
			beside := filepath.Join(strings.TrimSuffix(f.Dir, filepath.Ext(f.Dir)), strings.Replace(t.Name, "text_encoder", "tokenizer", 1))
			return fault.Incomplete.Errorf("%s needs the tokenizer of its text encoder, whose %d tokens are not those of the one that comes with the program: put tokenizer.json and tokenizer_config.json of the model's diffusers folder into %s", f.Dir, rows, beside)
		}
	}
	return nil
}

// only fails where files given with a checkpoint are of other kinds.
func only(all []*checkpoint.File, kinds ...string) error {
	for _, f := range all {
		if f.Part(kinds...) == nil {
			return f.NotA("text encoder or VAE")
		}
	}
	return nil
}

// Lacking are a checkpoint's parts that are neither in it nor beside it, in words.
type Lacking []fault.Part

func (l Lacking) Error() string {
	return "without " + strings.ReplaceAll(fault.Joined(l), ", ", " and ")
}

func lacking(path string, m *checkpoint.Model) error {
	return fault.Lacking.Errorf("%s is %s %w: name the file that holds it with --text-encoder or --vae, or put it into the folder text_encoders or vae beside", path, m.Family, Lacking(m.Missing))
}

// FetchedFile is the file that a folder was downloaded for; "" for other folders.
func FetchedFile(dir string) string {
	var from struct{ File string }
	data, err := files.Read(filepath.Join(dir, "hub.json"), most)
	if err != nil || json.Unmarshal(data, &from) != nil || !filepath.IsLocal(filepath.FromSlash(from.File)) {
		return ""
	}
	return filepath.Join(dir, filepath.FromSlash(from.File))
}

// fetchedFolder is the folder that was downloaded for a file; "" where the file was not.
func fetchedFolder(path string) string {
	path = absolute(path)
	for dir := filepath.Dir(path); filepath.Dir(dir) != dir; dir = filepath.Dir(dir) {
		if FetchedFile(dir) == path {
			return dir
		}
	}
	return ""
}

// built is a network that is built from a file's weights.
func built(path string, n checkpoint.Network) Part {
	if n.Weights == nil {
		return Part{Name: n.Name}
	}
	return Part{Name: n.Name, Path: path, Config: n.Config, Weights: n.Weights}
}

// configured applies the folder next to a checkpoint.
func (f *Folder) configured(dir string) {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return
	}
	read := func(to *[]byte, names ...string) {
		for _, name := range names {
			data, err := wholefile.ReadMost(filepath.Join(dir, filepath.FromSlash(name)), most)
			if err == nil && validJSON(data) == nil && sameClass(*to, data) {
				*to = data
				return
			}
		}
	}
	read(&f.Index, "model_index.json")
	read(&f.Scheduler, "scheduler/scheduler_config.json")
	read(&f.Denoiser.Config, f.Denoiser.Name+"/config.json")
	read(&f.Encoder.Config, "vae_encoder/config.json", "vae/config.json")
	read(&f.Decoder.Config, "vae_decoder/config.json", "vae/config.json")
	for i := range f.Text {
		t := &f.Text[i]
		read(&t.Config, t.Name+"/config.json")
		tokens := filepath.Join(dir, strings.Replace(t.Name, "text_encoder", "tokenizer", 1))
		if info, err := os.Stat(tokens); err == nil && info.IsDir() {
			t.Tokenizer = tokens
		}
	}
}

// sameClass reports whether two configs are of the same class of network, or of none: a part that replaces the
// checkpoint's may be of another.
func sameClass(a, b []byte) bool {
	var x, y struct {
		Class string `json:"_class_name"`
	}
	json.Unmarshal(a, &x)
	json.Unmarshal(b, &y)
	return !strings.HasPrefix(x.Class, "Autoencoder") || x.Class == y.Class
}

// identifyFiles computes the Identity of a checkpoint from its name, its size and its end: the files of further parts, such as
// another VAE, leave it the same.
func (f *Folder) identifyFiles(all []*checkpoint.File) error {
	for _, file := range all {
		f.Bytes += file.Size
	}
	h, file := sha256.New(), all[0]
	fmt.Fprintln(h, filepath.Base(file.Path), file.Size)
	if err := tail(file.Path, h.Write); err != nil {
		return fault.Incomplete.Errorf("%s cannot be read: %w", file.Path, err)
	}
	f.Identity = hex.EncodeToString(h.Sum(nil))
	return nil
}
