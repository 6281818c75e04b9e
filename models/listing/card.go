package listing

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"nirvana/engine/fault"
	"nirvana/models"
	"nirvana/models/checkpoint"
)

// Kind is what a file is for.
type Kind string

// The kinds of files.
const (
	Model       Kind = "model" // it has a denoiser
	VAE         Kind = "VAE"
	TextEncoder Kind = "text encoder"
	LoRA        Kind = "LoRA"
	Embedding   Kind = "embedding"
	ControlNet  Kind = "ControlNet"
	Upscaler    Kind = "upscaler"
	Pickle      Kind = "pickle"  // what PyTorch writes by itself, which is not read
	Unknown     Kind = "unknown" // nothing of these, or damaged
)

// kinds are what the networks of a file make it, the first that it has.
var kinds = []struct {
	parts []string
	kind  Kind
}{{checkpoint.Denoisers, Model}, {[]string{checkpoint.LoRA}, LoRA}, {[]string{checkpoint.Embedding}, Embedding}, {[]string{checkpoint.ControlNet}, ControlNet},
	{[]string{checkpoint.Upscaler}, Upscaler}, {checkpoint.VAEs, VAE}, {checkpoint.TextEncoders, TextEncoder}}

// EncoderNames are the text encoders of models that files can replace.
var EncoderNames = [...]string{checkpoint.EncoderCLIP, checkpoint.EncoderOpenCLIP, checkpoint.EncoderT5, checkpoint.EncoderQwen, checkpoint.EncoderQwenVL, checkpoint.EncoderVision}

// Card is what lists say of a file.
type Card struct {
	Path     string `json:"-"`
	Kind     Kind
	Bytes    int64
	Family   string             `json:",omitempty"` // of a model, "Stable Diffusion XL Inpainting"
	Memory   int64              `json:",omitempty"` // bytes that a model needs, estimated
	Width    int                `json:",omitempty"` // px that a model was trained at; 0: not known
	Height   int                `json:",omitempty"`
	Steps    int                `json:",omitempty"` // that a model is usually run with, as its folder says; 0: not said
	Guidance float32            `json:",omitempty"`
	BestOf   int                `json:",omitempty"` // seeds of a search
	Verifier bool               `json:",omitempty"` // it can choose among seeds
	Draft    int                `json:",omitempty"` // steps of a model's distilled denoiser; 0: it has none
	Opacity  bool               `json:",omitempty"` // a model's decoder gives an opacity channel
	Licence  string             `json:",omitempty"`
	Refiner  bool               `json:",omitempty"`
	Lacks    string             `json:",omitempty"` // parts of a model that are nowhere beside it, in words
	Alone    bool               `json:",omitempty"` // the file has not all of a model's parts
	Latents  checkpoint.Latents // of a VAE, and of a model
	Context  int64              `json:",omitempty"` // width of the text states of a ControlNet, and of a model that takes such; 0: none
	Trained  string             `json:",omitempty"` // what a LoRA's training called it
	Scale    int                `json:",omitempty"` // how many times an upscaler enlarges; 0: not known
	// Encoder is which of a model's text encoders a file can be, Encoders those that a model takes from files.
	Encoder  string   `json:",omitempty"`
	Encoders []string `json:",omitempty"`
	Fault    string   `json:",omitempty"` // why an Unknown or a Pickle is not used
}

// Name is the file's or folder's, without the ending.
func (c Card) Name() string {
	base := filepath.Base(c.Path)
	if ext := strings.ToLower(filepath.Ext(base)); ext == ".safetensors" || ext == ".gguf" || ext == ".onnx" || ext == ".sft" {
		base = base[:len(base)-len(ext)]
	}
	return base
}

// Read reads a file's header, or what lies in a model's folder.
func Read(path string) Card {
	if isFolder(path) {
		folder, err := models.Read(path)
		if lacks := (models.Lacking)(nil); errors.As(err, &lacks) && models.FetchedFile(path) != "" { // a checkpoint alone
			c := Read(models.FetchedFile(path))
			c.Path = path
			return c
		}
		if err != nil {
			return Card{Path: path, Kind: Unknown, Fault: err.Error()}
		}
		return described(folder)
	}
	if strings.EqualFold(filepath.Ext(path), ".onnx") {
		bytes, err := models.UpscalerGraph(path)
		if err != nil {
			return Card{Path: path, Kind: Unknown, Bytes: bytes, Fault: err.Error()}
		}
		return Card{Path: path, Kind: Upscaler, Bytes: bytes}
	}
	file, err := checkpoint.Open(path)
	if err != nil {
		kind := Unknown
		if errors.Is(err, checkpoint.ErrPickle) {
			kind = Pickle
		}
		return Card{Path: path, Kind: kind, Fault: err.Error()}
	}
	return Of(file)
}

// Of tells of an open file.
func Of(file *checkpoint.File) Card {
	c := Card{Path: file.Path, Kind: Unknown, Bytes: file.Size}
	for _, k := range kinds {
		if file.Part(k.parts...) != nil {
			c.Kind = k.kind
			break
		}
	}
	switch c.Kind {
	case Model:
		return ofModel(file)
	case VAE:
		c.Latents = file.Part(checkpoint.VAEs...).Latents()
	case ControlNet:
		c.Context = file.Part(checkpoint.ControlNet).Context()
	case TextEncoder:
		c.Encoder = file.Part(checkpoint.TextEncoders...).Encoder()
	case Upscaler:
		c.Scale = file.Part(checkpoint.Upscaler).Scale()
	case LoRA:
		c.Trained = file.Metadata["ss_output_name"]
	}
	return c
}

func ofModel(file *checkpoint.File) Card {
	alone, err := models.Alone(file)
	if err != nil {
		return Card{Path: file.Path, Kind: Unknown, Bytes: file.Size, Fault: err.Error()}
	}
	f, err := models.ReadOpened(file)
	if lacks := (models.Lacking)(nil); errors.As(err, &lacks) {
		if alone.Decoder.Path == "" {
			alone.Decoder.Path = file.Path // there will be one: sizes are in pixels
		}
		c := described(alone)
		c.Lacks, c.Alone = fault.Joined(lacks), true
		return c
	}
	if err != nil {
		return Card{Path: file.Path, Kind: Unknown, Bytes: file.Size, Fault: err.Error()}
	}
	c := described(f)
	c.Alone = len(alone.Checkpoint.Missing) > 0
	return c
}

// described is what a list says of a whole model.
func described(f models.Folder) Card {
	w, h := f.Resolution()
	usual := f.Usual()
	var encoders []string
	if f.Checkpoint != nil {
		encoders = f.Checkpoint.Family.Encoders()
	}
	return Card{Path: f.Dir, Kind: Model, Bytes: f.Bytes, Family: f.Kind(), Memory: f.Memory(), Width: w, Height: h, Licence: f.Licence, Refiner: f.Refiner(),
		Steps: usual.Steps, Guidance: usual.Guidance, BestOf: usual.BestOf, Verifier: f.Verifier != nil, Draft: f.DraftSteps(), Opacity: f.Opacity(),
		Latents: f.Latents(), Context: f.Context(), Encoders: encoders}
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
