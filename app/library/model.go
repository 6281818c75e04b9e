// Package library is the models on disk: those to choose from, with what is known of each, downloads, and removed
// models in the trash. It does not depend on the studio. Start with Library.
package library

import (
	"path/filepath"
	"strings"
)

// Model is one line of the model menu.
type Model struct {
	Name    string // as shown and as recipes name it
	Dir     string // given to whoever opens it
	Licence string
	Bytes   int64
	Kind    string // its family, as its files name it
	Width   int    // px that it was trained at, 0: unknown
	Height  int
	Memory  int64    // bytes that it needs, estimated
	Fetched bool     // from the hub, into the folder of fetched models
	Shipped bool     // with the program
	On      Hardware `json:"-"`         // set where the model is about to be opened
	With    With     `json:",omitzero"` // set where the model is about to be opened
	Refiner bool     // of SDXL: other models hand over to it
	Root    string   // the folder of the artist's whose models are all listed that it was found in; "": added by itself
	Lacks   string   // parts that are nowhere beside it, in words
}

// LoRA is a LoRA's file, as prompts call it.
type LoRA struct {
	Name    string // in prompts: <lora:Name:1>
	Path    string
	Preview string   // a picture beside it; "": none
	Words   []string // that call what it was trained on
	Weight  float64  // that its owner prefers; 0: not said
}

// Hardware is what a model runs on.
type Hardware struct {
	Device  string // a provider of ONNX Runtime; "": the processor
	Threads int    // 0: all cores
}

// MaxControls is how many ControlNets act at once.
const MaxControls = 4

// With are files that a model is opened with.
type With struct {
	VAE      string              // in place of its own; "": its own
	Controls [MaxControls]string // ControlNets, beside its own; "": none
}

// Part is a file of weights that a model can be opened or used with: a VAE, a ControlNet, an upscaler.
type Part struct {
	Name string // as shown, and as recipes name it
	Path string
}

// Parts are those that fit a model. Upscalers do with every one.
type Parts struct{ VAEs, ControlNets, Upscalers []Part }

// Named is the file with a name among several, without its ending or with it, in any case; "" for none.
func Named(all []Part, name string) string {
	for _, p := range all {
		if strings.EqualFold(p.Name, name) || strings.EqualFold(filepath.Base(p.Path), name) {
			return p.Path
		}
	}
	return ""
}
