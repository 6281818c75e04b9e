// Package library has the models on disk: the list to choose from, with what is known of each, downloads, and removed
// models in the trash. It does not depend on the studio. Start with Library.
package library

import (
	"path/filepath"
	"slices"
	"strings"

	"nirvana/models/listing"
)

// Model is one entry of the model menu.
type Model struct {
	Name    string // as shown and as in recipes
	Dir     string // given to whoever opens it
	Licence string
	Bytes   int64
	Kind    string // its family, from its files
	Width   int    // px that it was trained at; 0: unknown
	Height  int
	// Steps, Guidance and BestOf are what it is usually run with, as its files say; 0: not known before it is open.
	Steps    int      `json:",omitempty"`
	Guidance float32  `json:",omitempty"`
	BestOf   int      `json:",omitempty"` // seeds of a search
	Verifier bool     `json:",omitempty"` // it can choose among seeds
	Draft    int      `json:",omitempty"` // steps of its distilled denoiser; 0: it has none
	Opacity  bool     `json:",omitempty"` // its decoder gives an opacity channel
	Memory   int64    // bytes that it needs, estimated
	Fetched  bool     // from the hub, into the folder of fetched models
	Shipped  bool     // with the program
	On       Hardware `json:"-"`         // set before the model is opened
	With     With     `json:",omitzero"` // set before the model is opened
	Refiner  bool     // an SDXL refiner: takes over from other models
	Root     string   // the listed folder that it was found in; "": added by itself
	Lacks    string   // missing parts, as text
}

// LoRA is a LoRA's file, as prompts call it.
type LoRA struct {
	Name    string // in prompts: <lora:Name:1>
	Path    string
	Preview string   // a picture next to it; "": none
	Words   []string // trigger words
	Weight  float64  // recommended by its author; 0: none
}

// Hardware is what a model runs on.
type Hardware struct {
	Device  string // a provider of ONNX Runtime; "": the processor
	Threads int    // 0: all cores
}

// MaxControls is how many ControlNets can be used at once.
const MaxControls = 4

// With has the files that a model is opened with.
type With struct {
	VAE          string              // replaces the model's own; "": its own
	TextEncoders Encoders            `json:",omitzero"`
	Controls     [MaxControls]string // additional ControlNets; "": none
}

// EncoderNames are the text encoders that files can replace.
var EncoderNames = listing.EncoderNames

// Encoders are files in place of a model's text encoders, or for those that it lacks, in the order of
// listing.EncoderNames; "": its own.
type Encoders [len(listing.EncoderNames)]string

// Files are those that are given.
func (e Encoders) Files() (out []string) {
	for _, file := range e {
		if file != "" {
			out = append(out, file)
		}
	}
	return out
}

// Put sets the file of the text encoder with a name; other names are ignored.
func (e *Encoders) Put(name, file string) {
	if i := slices.Index(listing.EncoderNames[:], name); i >= 0 {
		e[i] = file
	}
}

// Part is a file of weights that a model can be opened or used with: a VAE, a text encoder, a ControlNet, an upscaler.
type Part struct {
	Name    string // as shown, and as recipes name it
	Path    string
	Bytes   int64
	Scale   int    // how many times an upscaler enlarges; 0: not known
	Encoder string // which text encoder it is, one of listing.EncoderNames; "": none
}

// Parts are those that fit a model. Upscalers fit every model.
type Parts struct{ VAEs, TextEncoders, ControlNets, Upscalers []Part }

// Called reports whether it has a name, with or without extension, in any case.
func (p Part) Called(name string) bool {
	return strings.EqualFold(p.Name, name) || strings.EqualFold(filepath.Base(p.Path), name)
}

// Named finds a file by name, with or without extension, in any case; "" if there is none.
func Named(all []Part, name string) string {
	for _, p := range all {
		if p.Called(name) {
			return p.Path
		}
	}
	return ""
}
