package program

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"nirvana/app"
	"nirvana/app/cli"
	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/onnx"
	"nirvana/engine/parallel"
	"nirvana/models"
	"nirvana/models/runtime"
)

// lazyRuntime opens ONNX Runtime when the first model is loaded, so that
// commands without a model start at once and a missing library is told only
// where it matters.
type lazyRuntime struct {
	window bool // models are run beside one
	mu     sync.Mutex
	rt     *onnx.Runtime
}

func (l *lazyRuntime) get() (*onnx.Runtime, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rt != nil {
		return l.rt, nil
	}
	library, err := runtime.Find()
	if err != nil {
		return nil, err
	}
	if l.rt, err = onnx.Open(library); err != nil {
		return nil, err
	}
	forgetReports()
	return l.rt, nil
}

// forgetReports removes, once, what ONNX Runtime kept for its maker under earlier versions of this program. Where none
// has run, what other programs' libraries keep there is left alone.
func forgetReports() {
	dir := graphs()
	if dir == "" {
		return
	}
	done := filepath.Join(filepath.Dir(dir), "reports-removed")
	if _, err := os.Stat(done); err == nil {
		return
	}
	if _, err := os.Stat(dir); err == nil {
		runtime.RemoveReports()
	}
	if os.MkdirAll(filepath.Dir(done), 0o700) == nil {
		os.WriteFile(done, nil, 0o600)
	}
}

// idle is how long a model's networks stay in memory without being used; they come back from the cache in a second.
const idle = 10 * time.Minute

// graphs is the folder for optimised networks: in NIRVANA_HOME, or else in the system's cache folder; "" where there is none.
func graphs() string {
	if dir := os.Getenv("NIRVANA_HOME"); dir != "" {
		return filepath.Join(dir, "cache", "graphs")
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "nirvana", "graphs")
}

// fitted is a file that keeps how a model's latents are shown, so that it is fitted once; "" keeps nothing.
type fitted string

func previews(f models.Folder) fitted {
	dir := graphs()
	if dir == "" || f.Identity == "" {
		return ""
	}
	name := f.Identity[:32]
	if from := strings.Join(f.Decoder.Weights.Files(), "\n"); from != "" { // another VAE shows latents otherwise
		name = fmt.Sprintf("%.16s-%.15x", name, sha256.Sum256([]byte(from)))
	}
	return fitted(filepath.Join(filepath.Dir(dir), "previews", name+".json"))
}

// read returns what was kept; nil where nothing is or it is broken.
func (p fitted) read() []float32 {
	var factors []float32
	if data, err := os.ReadFile(string(p)); err != nil || json.Unmarshal(data, &factors) != nil {
		return nil
	}
	return factors
}

// write keeps the factors where they are new. A full disk is no reason not to draw.
func (p fitted) write(factors []float32) {
	if p == "" || len(factors) == 0 || slices.Equal(p.read(), factors) {
		return
	}
	data, err := json.Marshal(factors)
	if err == nil && os.MkdirAll(filepath.Dir(string(p)), 0o700) == nil {
		os.WriteFile(string(p), data, 0o600)
	}
}

// open loads a model folder for the command line and the window alike.
func (l *lazyRuntime) open(ctx context.Context, f models.Folder, o cli.OpenOptions) (*cli.Opened, error) {
	rt, err := l.get()
	if err != nil {
		return nil, err
	}
	load := onnx.LoadOptions{Window: l.window, Threads: o.Threads, Provider: strings.ToLower(o.Device), Cache: graphs(), Fuse: true, Idle: idle}
	for _, lora := range o.LoRAs {
		load.LoRAs = append(load.LoRAs, onnx.LoRA{File: lora.File, Weight: lora.Weight})
	}
	for _, e := range o.Embeddings {
		load.Embeddings = append(load.Embeddings, onnx.Embedding{File: e.File, Token: e.Token})
	}
	var own []string
	var pickled []models.Adapter
	dir, homeErr := home()
	if homeErr == nil {
		own = append(own, filepath.Join(dir, "embeddings"))
	}
	if o.Found {
		files, unused := f.Embeddings(own...)
		for _, file := range files {
			if !slices.ContainsFunc(o.Embeddings, func(e cli.Embedding) bool { return same(e.File, file.Path) }) {
				load.Embeddings = append(load.Embeddings, onnx.Embedding{File: file.Path, Name: file.Name, Found: true})
			}
		}
		pickled = unused
	}
	away, err := onServersOf(f, homeOrNone())
	if err == nil {
		err = away.allows(f, o, &load)
	}
	if err != nil {
		return nil, err
	}
	loaded, err := rt.Load(f, load)
	if err != nil {
		return nil, err
	}
	pool, err := away.place(ctx, loaded)
	if err != nil {
		loaded.Close()
		return nil, err
	}
	closeAll := loaded.Close
	if pool != nil {
		closeAll = func() error { return errors.Join(loaded.Close(), pool.Close()) }
	}
	if len(pickled) > 0 {
		loaded.Notices = append(loaded.Notices, fault.Notice{Format: fault.PickledEmbeddings, Args: []any{names(pickled)}})
	}
	loaded.Begin()
	kept := previews(f)
	loaded.Parts.Previews = kept.read()
	m, err := engine.New(loaded.Parts)
	if err != nil {
		closeAll()
		return nil, err
	}
	var loras []string
	if homeErr == nil {
		loras = append(loras, filepath.Join(dir, "loras"))
	}
	var ahead cli.Ahead
	if loaded.Parts.Pull != nil { // the denoiser is on several servers
		runs, rest := parallel.NewRuns(m.Generate, pool.Len()), closeAll
		ahead, closeAll = runs, func() error { runs.Close(); return rest() }
	}
	return &cli.Opened{Model: m, Ahead: ahead, Device: loaded.Device, Runtime: rt.Version(), Notices: loaded.Notices, Late: loaded.Late, Close: closeAll,
		Ready: func(ctx context.Context, m *engine.Model) error {
			err := m.Warm(ctx)
			if err == nil {
				kept.write(m.Previews())
			}
			return errors.Join(err, loaded.Ready())
		},
		LoRA:  func(name string) (string, error) { return f.LoRA(name, loras...) },
		Adapt: away.adapt(loaded)}, nil
}

// names are the first few names of files, for a sentence.
func names(files []models.Adapter) string {
	var out []string
	for _, f := range files[:min(len(files), 5)] {
		out = append(out, filepath.Base(f.Path))
	}
	if len(files) > len(out) {
		out = append(out, "...")
	}
	return strings.Join(out, ", ")
}

// same reports whether two paths name one file.
func same(a, b string) bool {
	x, err := os.Stat(a)
	y, err2 := os.Stat(b)
	return err == nil && err2 == nil && os.SameFile(x, y)
}

func converted(loras []cli.PromptLoRA) []onnx.LoRA {
	var out []onnx.LoRA
	for _, l := range loras {
		out = append(out, onnx.LoRA{File: l.File, Weight: l.Net, Text: &l.Text, Blocks: l.Blocks, Rank: l.Rank, Unknown: l.Unknown})
	}
	return out
}

// devices are the providers that the library was built with, and the choice of the quickest where there are several.
func (l *lazyRuntime) devices() []string {
	rt, err := l.get()
	if err != nil {
		return []string{onnx.CPU} // opening a model reports it
	}
	all := rt.Providers()
	if len(all) > 1 {
		all = append([]string{onnx.Auto}, all...)
	}
	return all
}

func (l *lazyRuntime) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rt == nil {
		return nil
	}
	return l.rt.Close()
}

// upscalerOn opens an upscaler for the studio.
func (l *lazyRuntime) upscalerOn(file string, on app.Hardware) (engine.Upscaler, func() error, error) {
	return l.upscaler(file, cli.OpenOptions{Device: on.Device, Threads: on.Threads})
}

// upscaler opens an upscaler for the command line.
func (l *lazyRuntime) upscaler(file string, o cli.OpenOptions) (engine.Upscaler, func() error, error) {
	rt, err := l.get()
	if err != nil {
		return engine.Upscaler{}, nil, err
	}
	return rt.Upscaler(file, onnx.Options{Threads: o.Threads, Provider: strings.ToLower(o.Device), Cache: graphs()})
}
