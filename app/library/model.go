// Package library is the models on disk: those to choose from, with what is known of each, downloads, and removed
// models in the trash. It does not depend on the studio. Start with Library.
package library

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
	On      Hardware `json:"-"` // set where the model is about to be opened
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
