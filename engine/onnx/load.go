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
	"nirvana/engine/onnx/adapter"
	"nirvana/engine/parallel"
	"nirvana/models"
)

// LoadOptions are how a folder is opened.
type LoadOptions struct {
	// Window makes threads sleep between steps, to leave the cores to a window's painting.
	Window     bool
	Threads    int    // 0: all cores
	Provider   string // one of Runtime.Providers, or Auto; "": CPU
	LoRAs      []LoRA
	Embeddings []Embedding
	// Cache is a folder for optimised graphs, which open faster the next time; "": none.
	Cache string
	// Fuse replaces attention that is written out by one operation, in networks large enough to gain from it.
	Fuse bool
	// Idle closes sessions that were not used for this long; 0: never.
	Idle time.Duration
}

// LoRA is an adapter file and how it is merged.
type LoRA = adapter.Call

// Embedding is a textual inversion file with its word; "": the file's own.
type Embedding struct {
	File, Token string
	// Name is the file's name without extension, with the folders below the embeddings folder in which it was found.
	Name string
	// Found is set where nobody asked for it: it is left out where the folder's encoders do not take it.
	Found bool
}

// Loaded is an opened folder. Close frees it.
type Loaded struct {
	Parts  engine.Parts
	Device string // the device used, as shown: "CPU", "CUDA", ...
	// Notices tell the artist what differs from what was asked for.
	Notices []fault.Notice

	loras   []LoRA // merged from the start
	opening opening
	graphs  map[string]*Graph // by component: "unet" is the denoiser, whatever its folder's name
	draft   *Graph            // the denoiser with the draft's weights; nil: none
	mu      sync.Mutex        // guards late
	late    []fault.Notice
}

// Load describes a folder's networks. Their sessions start on first use. It fails where files are missing or wrong,
// and says what to do.
func (r *Runtime) Load(f models.Folder, o LoadOptions) (*Loaded, error) {
	l := &Loaded{graphs: map[string]*Graph{}, Parts: engine.Parts{Name: f.Name, Hash: f.Identity, Index: f.Index, Scheduler: f.Scheduler}}
	provider, notice := r.selectProvider(o.Provider, o.Cache)
	if notice.Format != "" {
		l.Notices = append(l.Notices, notice)
	}
	l.Device = shown(provider)
	options := Options{Threads: o.Threads, Provider: provider, Cache: o.Cache, Idle: o.Idle, Notify: l.report}
	of := func(p models.Part, component string) Options {
		options := options
		if component == denoiserGraph && !o.Window {
			options.awake = awakeToNext
		}
		options.Fuse = o.Fuse && spacious(p.Config)
		return options
	}
	var all []*Graph
	l.fill(f, func(p models.Part, component string) engine.Part {
		if p.Path == "" {
			return engine.Part{Name: p.Name}
		}
		g := r.part(p, component == denoiserGraph && len(f.Control) > 0, of(p, component))
		l.graphs[component], all = g, append(all, g)
		return engine.Part{Graph: g, Config: p.Config, Name: p.Name}
	})
	err := describe(all)
	if err == nil {
		err = l.loadDraft(r, f, of(f.Denoiser, denoiserGraph))
	}
	if err == nil {
		l.Parts.OneCall = provider != CPU || l.graphs["unet"].bytes < small
		if provider == CPU && l.Parts.OneCall { // TestRowsAreAlike; elsewhere that is not known
			l.Parts.Join = parallel.Join
		}
		err = l.adapt(o.LoRAs, o.Embeddings)
	}
	if err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// part is a part of a folder, whose ports are not read yet; controlled is for a U-Net with ControlNets.
func (r *Runtime) part(p models.Part, controlled bool, o Options) *Graph {
	if p.Weights != nil {
		return r.ofWeights(p, controlled, o)
	}
	return r.ofFile(p.Path, o)
}

// describe reads networks' ports, all at the same time. The error is the first one's that cannot be read.
func describe(all []*Graph) error {
	var reading sync.WaitGroup
	errs := make([]error, len(all))
	for i, g := range all {
		reading.Go(func() { errs[i] = fault.Guarded(g.readPorts) })
	}
	reading.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// gains is the side of latents in latent pixels from which fused attention was measured to be faster than attention
// written out: below, the scores fit the CPU's caches.
const gains = 32

// small is the size in bytes below which one call with two rows takes less time than two calls: the overhead of a
// call matters then.
const small = 128 << 20

// spacious reports whether a network's config.json declares latents of at least that side, or none.
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

// shown is a provider's name as shown to users.
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

// fill takes the folder's parts.
func (l *Loaded) fill(f models.Folder, part func(models.Part, string) engine.Part) {
	l.Parts.Denoiser = part(f.Denoiser, denoiserGraph)
	l.Parts.Encoder, l.Parts.Decoder = part(f.Encoder, f.Encoder.Name), part(f.Decoder, f.Decoder.Name)
	for _, t := range f.Text {
		l.Parts.Text = append(l.Parts.Text, engine.TextPart{Part: part(t, t.Name), Tokenizer: t.Tokenizer})
	}
	for _, c := range f.Control {
		l.Parts.Control = append(l.Parts.Control, part(c, c.Name))
	}
	if v := f.Verifier; v != nil {
		l.Parts.Verifier = &engine.VerifierPart{Part: part(v.Part, v.Name), Preprocessor: v.Preprocessor, Tokenizer: v.Tokenizer}
	}
}

// report keeps a notice of a session.
func (l *Loaded) report(n fault.Notice) {
	l.mu.Lock()
	defer l.mu.Unlock()
	same := func(o fault.Notice) bool { return o.String() == n.String() }
	if !slices.ContainsFunc(l.late, same) {
		l.late = append(l.late, n)
	}
}

// Late returns the notices that came since the last call, of sessions that differ from what was asked for. Safe for
// concurrent use.
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
