package checkpoint

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"nirvana/engine/fault"
	"nirvana/engine/wholefile"
	"nirvana/models/safetensors"
)

// The networks that a file may hold.
const (
	UNet       = "unet"
	VAE        = "vae"
	TinyVAE    = "taesd"
	CLIP       = "clip"        // OpenAI's text encoder, in transformers' names
	OpenCLIP   = "open_clip"   // OpenCLIP's, H or bigG
	CLIPVision = "clip_vision" // CLIP's image encoder, without a text encoder
	T5         = "t5"          // T5's encoder (Raffel et al., 2020)
	ControlNet = "controlnet"  // Zhang et al., 2023
	SD3        = "transformer" // MMDiT (Esser et al., 2024)
	Flux       = "flux"
	Flux2      = "flux2"
	ZImage     = "z_image"
	QwenImage  = "qwen_image"
	QwenVAE    = "qwen_vae"    // Wan's autoencoder of videos (Wan Team, 2025), Qwen-Image's
	Qwen       = "qwen"        // Qwen3's language model (Yang et al., 2025)
	QwenVL     = "qwen_vl"     // Qwen2.5-VL (Bai et al., 2025)
	QwenVision = "qwen_vision" // its image encoder alone, llama.cpp's mmproj
	Upscaler   = "upscaler"    // RRDBNet (Wang et al., 2018)
	LoRA       = "lora"
	Embedding  = "embedding"
)

// Part is one network in a file.
type Part struct {
	Kind string
	Weights
	Prefix string // prefix of its tensors' names in the file
	// Original is set where the names were the original code's, not diffusers'.
	Original bool
}

// File is what a file contains.
type File struct {
	Path     string
	Size     int64
	Parts    []Part
	Metadata map[string]string
	// Marks are tensors without values that mark something: "v_pred", "ztsnr".
	Marks map[string]bool
	Steps int64 // global_step; 0 where the file has none

	gguf bool
}

// Part is the first network of a kind; nil where there is none.
func (f *File) Part(kinds ...string) *Part {
	for i := range f.Parts {
		if slices.Contains(kinds, f.Parts[i].Kind) {
			return &f.Parts[i]
		}
	}
	return nil
}

// ErrPickle is a file of weights in PyTorch's own format.
var ErrPickle = errors.New("the pickle format of Python")

// Open reads a file's header and finds its networks. Errors name the file and what to do.
func Open(path string) (*File, error) {
	if err := refuse(path); err != nil {
		return nil, err
	}
	real, err := filepath.EvalSymlinks(path) // ONNX Runtime follows no links
	if err != nil {
		return nil, fault.Missing.Errorf("%s is not there: choose another file", path)
	}
	f := &File{Path: path, gguf: isGGUF(real)}
	tensors, err := f.read(real)
	if err != nil && !f.gguf && !named(path) {
		return nil, fault.NoModel.Errorf("%s is a file of another kind, not a model: choose a .safetensors or .gguf file, or the folder with model_index.json in it", path)
	}
	if err != nil {
		return nil, fault.Incomplete.Errorf("%s %w: fetch the file again", path, err)
	}
	f.Parts = Split(tensors)
	if len(f.Parts) == 0 {
		return nil, fault.NoModel.Errorf("%s holds no network that this program knows: its tensors are %s; Stable Diffusion 1, 2, XL, 3, FLUX, FLUX.2 klein, Z-Image and Qwen-Image, their parts, ControlNets, LoRAs, embeddings and ESRGAN upscalers are known", path, some(tensors))
	}
	return f, nil
}

// named reports whether the file's name is that of weights.
func named(path string) bool {
	ext := strings.ToLower(filepath.Ext(path))
	return ext == ".safetensors" || ext == ".sft"
}

// read returns all tensors under the file's names.
func (f *File) read(real string) (Weights, error) {
	abs, err := filepath.Abs(real)
	if err != nil {
		return nil, err
	}
	if f.gguf {
		if f.Size, err = sizeOf(real); err != nil {
			return nil, err
		}
		return readGGUF(abs)
	}
	h, err := safetensors.ReadHeader(real)
	if err != nil {
		return nil, err
	}
	f.Size, f.Metadata, f.Marks = h.Size, h.Metadata, map[string]bool{}
	out := make(Weights, len(h.Tensors))
	for name, e := range h.Tensors {
		switch name {
		case "v_pred", "ztsnr", "edm_mean", "edm_std":
			f.Marks[name] = true
			continue
		case "global_step":
			f.Steps = integerAt(real, e)
			continue
		}
		t := Tensor{Name: name, Type: Type(e.Type), Pieces: []Piece{{abs, e.Offset, e.Length, h.File}}}
		for _, d := range e.Shape {
			t.Shape = append(t.Shape, int64(d))
		}
		out[name] = t
	}
	return scaled(out), nil
}

func isGGUF(path string) bool {
	file, err := wholefile.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	var magic [4]byte
	_, err = io.ReadFull(file, magic[:])
	return err == nil && string(magic[:]) == "GGUF"
}

func sizeOf(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// integerAt is a small integer tensor's value; 0 for others.
func integerAt(path string, e safetensors.Entry) int64 {
	file, err := wholefile.Open(path)
	if err != nil || e.Length > 8 {
		return 0
	}
	defer file.Close()
	var b [8]byte
	if _, err := file.ReadAt(b[:e.Length], e.Offset); err != nil && !errors.Is(err, io.EOF) {
		return 0
	}
	n := int64(0)
	for i := range e.Length {
		n |= int64(b[i]) << (8 * i)
	}
	return n
}

// scaled attaches the scales of 8-bit weights to their weights.
func scaled(w Weights) Weights {
	for name, s := range w {
		base, ok := strings.CutSuffix(name, ".scale_weight")
		if !ok {
			base, ok = strings.CutSuffix(name, ".weight_scale")
		}
		if t, has := w[base+".weight"]; ok && has {
			t.Scale = &s
			w[base+".weight"] = t
		}
	}
	maps.DeleteFunc(w, func(name string, _ Tensor) bool {
		return strings.HasSuffix(name, ".scale_weight") || strings.HasSuffix(name, ".weight_scale") || strings.HasSuffix(name, ".scale_input") ||
			strings.HasSuffix(name, ".input_scale") || name == "scaled_fp8" || strings.HasSuffix(name, ".scaled_fp8")
	})
	return w
}

// refuse recognises other formats by their first bytes.
func refuse(path string) error {
	file, err := wholefile.Open(path)
	if err != nil {
		return fault.Missing.Errorf("%s cannot be read: choose another file: %w", path, err)
	}
	defer file.Close()
	head := make([]byte, 64)
	n, _ := io.ReadFull(file, head)
	head = head[:n]
	pickle := bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte{0x80, 2}) || bytes.HasPrefix(head, []byte{0x80, 4})
	switch ext := strings.ToLower(filepath.Ext(path)); {
	case pickle || ext == ".ckpt" || ext == ".pt" || ext == ".pth" || ext == ".bin":
		return fault.Pickle.Errorf("%s is in %w, which can run any program when it is opened, so it is not read here: get the same model as .safetensors, which most pages offer beside it, or convert it with a program that you trust", path, ErrPickle)
	case bytes.HasPrefix(head, []byte("version https://git-lfs")):
		return fault.Incomplete.Errorf("%s is a pointer of Git LFS, not the file itself: fetch it again", path)
	case bytes.HasPrefix(bytes.TrimSpace(head), []byte("<")):
		return fault.Incomplete.Errorf("%s is a web page, not the file itself (some downloads need a login): fetch it again", path)
	}
	return nil
}

func some(w Weights) string {
	names := slices.Sorted(maps.Keys(w))
	if len(names) == 0 {
		return "none"
	}
	more := ""
	if len(names) > 3 {
		names, more = names[:3], ", ..."
	}
	for i, name := range names {
		names[i] = safetensors.OneLine(name)
	}
	return strings.Join(names, ", ") + more
}
