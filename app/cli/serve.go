package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"nirvana/app/serve"
	"nirvana/app/serve/work"
	"nirvana/app/style"
	"nirvana/engine"
	"nirvana/models"
	"nirvana/models/listing"
)

// serveFlags are those of `nirvana serve`.
type serveFlags struct {
	serve.Options
	model, device, tokenFile string
	threads, body            int
	quiet                    bool
}

func (o *serveFlags) set(w io.Writer) *flag.FlagSet {
	f := flag.NewFlagSet("serve", flag.ContinueOnError)
	f.SetOutput(w)
	f.StringVar(&o.Address, "listen", serve.UsualAddress, "host:port; hosts other than loopback need --token-file and TLS")
	f.StringVar(&o.tokenFile, "token-file", "", "file with the token that every request needs; or set NIRVANA_TOKEN")
	f.StringVar(&o.Certificate, "tls-cert", "", "PEM file of the server's certificate")
	f.StringVar(&o.Key, "tls-key", "", "PEM file of its key")
	f.StringVar(&o.model, "model", "", "model name or folder for requests that name none; default: the model that ships")
	f.IntVar(&o.Queue, "queue", 256, "maximum number of waiting requests")
	f.IntVar(&o.body, "max-body", 64, "largest request in MB")
	f.IntVar(&o.Limits.Side, "max-side", work.Usual.Side, "largest side of a picture in px")
	f.IntVar(&o.Limits.Count, "max-count", work.Usual.Count, "largest number of pictures in a request")
	f.StringVar(&o.device, "device", "", "auto, cpu, cuda, webgpu, ...")
	f.IntVar(&o.threads, "threads", 0, "processor threads; 0: one per core")
	f.BoolVar(&o.quiet, "quiet", false, "do not log requests")
	f.BoolVar(&o.LogPrompts, "log-prompts", false, "log prompts too; without it they are not logged")
	return f
}

// serveCommand is `nirvana serve`: the engine for other programs, until it is interrupted.
func serveCommand(ctx context.Context, env Env, args []string) error {
	o := serveFlags{Options: serve.Options{Limits: work.Usual}}
	f := o.set(io.Discard)
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		o.set(env.Out).PrintDefaults()
		return nil
	case err != nil:
		return wrong("%v; nirvana serve --help lists the flags", err)
	case f.NArg() > 0:
		return wrong("%q is not a flag; nirvana serve --help lists them", f.Arg(0))
	case o.Queue < 1 || o.Queue > 100000 || o.body < 1 || o.body > 1024 || o.Limits.Side < 64 || o.Limits.Side > 8192 || o.Limits.Count < 1 || o.Limits.Count > 1000:
		return wrong("--queue goes from 1 to 100000, --max-body to 1024, --max-side from 64 to 8192, --max-count from 1 to 1000")
	}
	o.Body, o.Limits.Pixels = int64(o.body)<<20, o.Limits.Side*o.Limits.Side
	if err := o.readToken(); err != nil {
		return err
	}
	if _, err := env.Catalogue.Find(o.model); err != nil {
		return err
	}
	if !o.quiet {
		o.Log = func(line string) { fmt.Fprintln(env.Err, line) }
	}
	s, err := serve.Listen(env.Engine(o.model, OpenOptions{Device: o.device, Threads: o.threads}), o.Options)
	if err != nil {
		return err
	}
	fmt.Fprintln(env.Out, "Nirvana serves at", s.URL())
	return s.Serve(ctx)
}

// readToken reads the token from its file or the environment, because everybody on the machine can read a command line.
func (o *serveFlags) readToken() error {
	o.Token = strings.TrimSpace(os.Getenv("NIRVANA_TOKEN"))
	if o.tokenFile == "" {
		return nil
	}
	data, err := os.ReadFile(o.tokenFile)
	if err != nil {
		return fmt.Errorf("--token-file: %w", err)
	}
	if o.Token = strings.TrimSpace(string(data)); o.Token == "" {
		return fmt.Errorf("--token-file %s is empty: write a token of 16 characters or more into it", o.tokenFile)
	}
	return nil
}

// Engine is a server's engine, on the hardware of the options; usual is the model of requests that name none.
func (env Env) Engine(usual string, on OpenOptions) work.Engine {
	on.Found = true
	in := func(folder string) []string {
		if env.Home == "" {
			return nil
		}
		return []string{filepath.Join(env.Home, folder)}
	}
	e := work.Engine{Catalogue: env.Catalogue, Default: usual, Version: env.Version}
	e.Open = func(ctx context.Context, f models.Folder) (*work.Model, error) {
		m, err := env.Open(ctx, f, on)
		if err != nil {
			return nil, err
		}
		return m.Served(), nil
	}
	e.Upscaler = func(file string) (engine.Upscaler, func() error, error) {
		return env.Upscaler(file, on)
	}
	e.LoRAs = func(f models.Folder) []models.Adapter { return f.LoRAs(in("loras")...) }
	e.Embeddings = func(f models.Folder) []models.Adapter {
		files, _ := f.Embeddings(in("embeddings")...)
		return files
	}
	e.VAEs = func(f models.Folder) []work.File { return env.served(listing.VAE, f.Dir) }
	e.Upscalers = func() []work.File { return env.served(listing.Upscaler, "") }
	if env.Home != "" {
		e.Styles = func() []style.Style {
			all, _ := style.In(env.Home) // files that cannot be read are skipped
			return all
		}
	}
	return e
}

// served are the files of a kind that a server lists: those that the window's pickers have.
func (env Env) served(kind listing.Kind, model string) (out []work.File) {
	for _, c := range env.beside(context.Background(), kind, model) {
		out = append(out, work.File{Name: c.Name(), Path: c.Path, Scale: c.Scale})
	}
	return out
}

// Served is an opened model as a server uses it.
func (m *Opened) Served() *work.Model {
	return &work.Model{Model: m.Model, Generate: m.Generate, Device: m.Device, Runtime: m.Runtime, Notices: m.Notices, Close: m.Close, Expect: m.Expect}
}
