// Package cli is the program without a window: `nirvana generate` and the other commands, on the same engine. Start
// with Run. Names and exit codes are stable: scripts, tests and benchmarks depend on them.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sort"
	"strings"

	"nirvana/app/background"
	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/onnx/graphcache"
	"nirvana/models"
	"nirvana/models/hub"
	"nirvana/models/listing"
)

// Exit codes.
const (
	Done        = 0
	Failed      = 1
	WrongUsage  = 2
	Interrupted = 130
)

// Env is a command's environment; main fills it in, tests too.
type Env struct {
	Out, Err io.Writer
	// Open loads a model folder with its adapters.
	Open func(ctx context.Context, f models.Folder, o OpenOptions) (*Opened, error)
	// Upscaler opens an upscaler's file.
	Upscaler func(file string, o OpenOptions) (u engine.Upscaler, closeIt func() error, err error)
	// Segment runs a segmentation model on a picture.
	Segment background.Segment
	// Catalogue finds the folders by name.
	Catalogue models.Catalogue
	// Listing caches what the files in large folders are; nil: no cache. Roots are the folders that the artist added.
	Listing *listing.Cache
	Roots   func() []string
	// Graphs is where optimised networks are kept.
	Graphs graphcache.Folder
	// Hub is where models are downloaded from, In what is typed (for a token).
	Hub hub.Client
	In  io.Reader
	// Version is written into recipes.
	Version string
	// Home is the data folder, "" where there is none: its folders loras, embeddings and upscalers, and its
	// styles.csv, are used.
	Home string
}

func (e Env) listing() *listing.Cache {
	if e.Listing == nil {
		return listing.Open("", "")
	}
	return e.Listing
}

// OpenOptions are what is merged into a model when it is opened.
type OpenOptions struct {
	LoRAs      []Weighted
	Embeddings []Embedding
	Found      bool   // use the embeddings in the embeddings folders too
	Device     string // "", "cpu", "cuda", ...
	Threads    int    // 0: one per core
}

// Weighted is an adapter file with its weight.
type Weighted struct {
	File   string
	Weight float32
}

// Embedding is a textual inversion file with the token that stands for it; without one, the file's own.
type Embedding struct{ File, Token string }

// Opened is a loaded model.
type Opened struct {
	*engine.Model
	Device  string
	Runtime string // ONNX Runtime's version
	Notices []fault.Notice
	Close   func() error
	// LoRA finds the file of a LoRA by its name in prompts; Adapt merges the LoRAs of a prompt, replacing the last
	// prompt's.
	LoRA  func(name string) (string, error)
	Adapt func([]PromptLoRA) error
	// Late returns the notices since the last call: sessions open on first use, and may fail later. May be nil.
	Late func() []fault.Notice
	// Ahead carries out runs of which the next ones may be known; nil: the model itself does.
	Ahead Ahead
	// Ready waits until the networks that every picture needs are open; nil if they open on first use.
	Ready func(context.Context, *engine.Model) error

	adapted []PromptLoRA
}

// Ahead is a way to carry out runs that knows which come next, and may compute them before they are asked for.
type Ahead interface {
	Expect([]engine.Request)
	Generate(context.Context, engine.Request) iter.Seq2[engine.Step, error]
}

// Expect names the runs that are asked for after the next one.
func (o *Opened) Expect(requests []engine.Request) {
	if o.Ahead != nil {
		o.Ahead.Expect(requests)
	}
}

// Warm does what the first picture would otherwise wait for: opening networks, fitting the preview.
func (o *Opened) Warm(ctx context.Context) error {
	if o.Ready == nil {
		return o.Model.Warm(ctx)
	}
	return o.Ready(ctx, o.Model)
}

// usage is the error of a wrong command line.
type usage struct{ message string }

func (u usage) Error() string { return u.message }

func wrong(format string, args ...any) error { return usage{fmt.Sprintf(format, args...)} }

// command is a subcommand.
type command struct {
	run  func(ctx context.Context, env Env, args []string) error
	what string
}

func commands() map[string]command {
	return map[string]command{
		"generate":    {generate, "make pictures from a prompt"},
		"models":      {modelsCommand, "list | check DIR | fetch NAME [--to DIR] [--revision R] | repair DIR | cache [--limit GB] [--clear] | token | export-server [--lora FILE:0.8] DIR OUT | server-token ADDRESS"},
		"info":        {info, "[--json] FILE...: show how pictures were made"},
		"tokenize":    {tokenize, "--model DIR TEXT: show the prompt's tokens"},
		"bench":       {benchCommand, "measure the engine on this machine"},
		"runtime":     {runtimeCommand, "[cuda|openvino|webgpu|auto|remove]: list this machine's graphics cards, or install the library for one"},
		"serve":       {serveCommand, "serve other programs: AUTOMATIC1111's API, OpenAI's images API, a page to paint in"},
		"conformance": {conformanceCommand, "CASES.json --models DIR: compare the engine with recorded runs"},
	}
}

// Is reports whether the first argument names a command, so that main opens no window.
func Is(args []string) bool {
	if len(args) == 0 {
		return false
	}
	_, ok := commands()[args[0]]
	return ok || args[0] == "help" || args[0] == "--help" || args[0] == "-h" || args[0] == "version" || args[0] == "--version"
}

// Run runs one command and returns the exit code. Errors go to env.Err, a line each.
func Run(ctx context.Context, env Env, args []string) int {
	switch args[0] {
	case "help", "--help", "-h":
		help(env.Out)
		return Done
	case "version", "--version":
		fmt.Fprintln(env.Out, "nirvana", env.Version)
		return Done
	}
	c, ok := commands()[args[0]]
	if !ok {
		fmt.Fprintf(env.Err, "nirvana: no command %q; nirvana help lists them\n", args[0])
		return WrongUsage
	}
	err := c.run(ctx, env, args[1:])
	var u usage
	switch {
	case err == nil:
		return Done
	case errors.As(err, &u):
		fmt.Fprintf(env.Err, "nirvana %s: %s\n", args[0], line(u.message))
		return WrongUsage
	case ctx.Err() != nil:
		fmt.Fprintf(env.Err, "nirvana %s: interrupted\n", args[0])
		return Interrupted
	}
	fmt.Fprintf(env.Err, "nirvana %s: %s\n", args[0], line(err.Error()))
	return Failed
}

// line joins a message into one line that is safe to print to a terminal.
func line(s string) string { return strings.Join(strings.Fields(printable(s)), " ") }

func help(w io.Writer) {
	fmt.Fprintln(w, "nirvana [FILE...]  opens the studio with pictures or projects")
	all := commands()
	var names []string
	for n := range all {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		fmt.Fprintf(w, "nirvana %-11s  %s\n", n, all[n].what)
	}
	fmt.Fprintln(w, "nirvana COMMAND --help lists a command's flags.")
}
