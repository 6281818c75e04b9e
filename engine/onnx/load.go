package onnx

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/models"
)

// LoadOptions say how a folder is opened.
type LoadOptions struct {
	// Window: threads rest between steps and leave the cores to a window's painting.
	Window     bool
	Threads    int    // 0: all cores
	Provider   string // one of Runtime.Providers, or Auto; "": the processor
	LoRAs      []LoRA
	Embeddings []Embedding
	// Cache is a folder for optimised graphs, which open sooner the next time; "": none.
	Cache string
	// Fuse rewrites attention into one operation where the network writes it out and is large enough to gain by it.
	Fuse bool
	// Idle closes sessions that were not used for so long; 0: never.
	Idle time.Duration
}

// LoRA is an adapter file and how much of it is merged into the weights.
type LoRA struct {
	File   string
	Weight float32
	// Text is the weight in the text encoders; nil: Weight.
	Text *float32
	// Blocks are block weights, a list or a preset's name (adapter.ParseBlockWeights); "": all blocks alike.
	Blocks string
	// Rank is how much of each delta's rank counts; 0: all of it.
	Rank int
	// Unknown are settings that it was asked for with and that mean nothing here; they are told.
	Unknown string
}

// Embedding is a textual inversion file with the word that stands for it; without one, the file's own.
type Embedding struct {
	File, Token string
	// Name is the file's without its ending, with the folders below the folder of embeddings that it was found in.
	Name string
	// Found says that nobody asked for it: where the folder's encoders do not take it, it is left out.
	Found bool
}

// Loaded is a folder's networks, open. Close frees them.
type Loaded struct {
	Parts  engine.Parts
	Device string // what was settled on: "CPU", "CUDA", ...
	// Notices are sentences for the artist: what is otherwise than asked.
	Notices []fault.Notice

	loras   []LoRA // merged from the start on
	opening opening
	graphs  map[string]*Graph // by component: "unet" is the denoiser whatever its folder's name
	draft   *Graph            // the denoiser as it was distilled to few steps; nil
	mu      sync.Mutex        // of late
	late    []fault.Notice
}

// Load takes a folder's networks. Their sessions start on first use.
func (r *Runtime) Load(f models.Folder, o LoadOptions) (*Loaded, error) {
	l := &Loaded{graphs: map[string]*Graph{}, Parts: engine.Parts{Name: f.Name, Hash: f.Identity, Index: f.Index, Scheduler: f.Scheduler}}
	provider, notice := r.selectProvider(o.Provider, o.Cache)
	if notice.Format != "" {
		l.Notices = append(l.Notices, notice)
	}
	l.Device = shown(provider)
	options := Options{Threads: o.Threads, Provider: provider, Cache: o.Cache, Idle: o.Idle, Notify: l.tell}
	of := func(p models.Part, component string) Options {
		options := options
		if component == denoiserGraph && !o.Window {
			options.awake = awakeToNext
		}
		options.Fuse = o.Fuse && spacious(p.Config)
		return options
	}
	err := l.fill(f, func(p models.Part, component string) (engine.Part, error) {
		if p.Path == "" {
			return engine.Part{Name: p.Name}, nil
		}
		g, err := r.part(p, component == denoiserGraph && len(f.Control) > 0, of(p, component))
		if err != nil {
			return engine.Part{}, err
		}
		l.graphs[component] = g
		return engine.Part{Graph: g, Config: p.Config, Name: p.Name}, nil
	})
	if err == nil {
		err = l.loadDraft(r, f, of(f.Denoiser, denoiserGraph))
	}
	if err == nil {
		l.Parts.OneCall = provider != CPU || l.graphs["unet"].bytes < small
		err = l.adapt(o.LoRAs, o.Embeddings)
	}
	if err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// part describes a part of a folder; controlled is for a U-Net that ControlNets steer.
func (r *Runtime) part(p models.Part, controlled bool, o Options) (*Graph, error) {
	if p.Weights != nil {
		return r.Network(p, controlled, o)
	}
	return r.Graph(p.Path, o)
}

// gains is the side of a latent in places from which on attention in one operation was measured to be
// quicker than attention written out: below, the scores fit the processor's caches.
const gains = 32

// small is the size in bytes below which one call of two rows takes less than two calls: what a call costs
// beside arithmetic counts then.
const small = 128 << 20

// spacious says whether a network works on latents of that side, by its config.json; so does one that says nothing.
func spacious(config []byte) bool {
	var c struct {
		Side any `json:"sample_size"`
	}
	if json.Unmarshal(config, &c) != nil {
		return true
	}
	side, ok := c.Side.(float64)
	return !ok || side >= gains
}

// shown is a provider's name for people.
func shown(provider string) string {
	switch provider {
	case "directml":
		return "DirectML"
	case "coreml":
		return "Core ML"
	case "tensorrt":
		return "TensorRT"
	case "openvino":
		return "OpenVINO"
	case "webgpu":
		return "WebGPU"
	}
	return strings.ToUpper(provider)
}

func (l *Loaded) fill(f models.Folder, part func(models.Part, string) (engine.Part, error)) (err error) {
	if l.Parts.Denoiser, err = part(f.Denoiser, "unet"); err != nil {
		return err
	}
	if l.Parts.Encoder, err = part(f.Encoder, f.Encoder.Name); err != nil {
		return err
	}
	if l.Parts.Decoder, err = part(f.Decoder, f.Decoder.Name); err != nil {
		return err
	}
	for _, t := range f.Text {
		p, err := part(t, t.Name)
		if err != nil {
			return err
		}
		l.Parts.Text = append(l.Parts.Text, engine.TextPart{Part: p, Tokenizer: t.Tokenizer})
	}
	for _, c := range f.Control {
		p, err := part(c, c.Name)
		if err != nil {
			return err
		}
		l.Parts.Control = append(l.Parts.Control, p)
	}
	if v := f.Verifier; v != nil {
		p, err := part(v.Part, v.Name)
		if err != nil {
			return err
		}
		l.Parts.Verifier = &engine.VerifierPart{Part: p, Preprocessor: v.Preprocessor, Tokenizer: v.Tokenizer}
	}
	return nil
}

// tell keeps what a session said while it was opened or ran.
func (l *Loaded) tell(n fault.Notice) {
	l.mu.Lock()
	defer l.mu.Unlock()
	same := func(o fault.Notice) bool { return o.String() == n.String() }
	if !slices.ContainsFunc(l.late, same) {
		l.late = append(l.late, n)
	}
}

// Late gives the notices that came up since the last call, from sessions that
// went on otherwise than asked. Safe from any goroutine.
func (l *Loaded) Late() []fault.Notice {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.late
	l.late = nil
	return out
}

// Close ends all sessions, after runs under way.
func (l *Loaded) Close() error {
	l.opening.all.Wait()
	var first error
	for _, g := range l.graphs {
		if err := g.Close(); err != nil && first == nil {
			first = err
		}
	}
	if l.draft != nil {
		first = errors.Join(first, l.draft.Close())
	}
	return first
}
