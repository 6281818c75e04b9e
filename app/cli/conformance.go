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

	"nirvana/app/conformance"
	"nirvana/engine"
	"nirvana/engine/pixel"
	"nirvana/engine/wholefile"
	"nirvana/models"
)

// conformanceCommand is `nirvana conformance CASES.json... [--models DIR] [--only NAME] [--trace DIR] [--table FILE]`.
func conformanceCommand(ctx context.Context, env Env, args []string) error {
	f := flag.NewFlagSet("conformance", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	dir := f.String("models", "", "folder that holds the model folders, or a zip of one")
	only := f.String("only", "", "only cases whose name contains this; several separated by commas")
	trace := f.String("trace", "", "folder for the latents and pictures of every case")
	table := f.String("table", "", "Markdown file for the table of results")
	files, err := mixed(f, args)
	if errors.Is(err, flag.ErrHelp) {
		f.SetOutput(env.Out)
		f.PrintDefaults()
		return nil
	}
	if err != nil {
		return wrong("%v", err)
	}
	if len(files) == 0 {
		return wrong("give a file of cases: nirvana conformance CASES.json --models DIR")
	}
	o := conformance.Options{Only: *only, Out: env.Out, Open: env.openCase}
	if *trace != "" {
		o.Save = func(name string, r *conformance.Result) error { return saveCase(filepath.Join(*trace, name), r) }
	}
	var sections []conformance.Section
	var passed, failed int
	for _, name := range files {
		s, err := runCases(ctx, name, *dir, o)
		if err != nil {
			return err
		}
		p, n := conformance.Count(s.Rows)
		fmt.Fprintf(env.Out, "%d passed, %d failed\n", p, n)
		sections, passed, failed = append(sections, s), passed+p, failed+n
	}
	sections[0].Title = ""
	if *table != "" {
		if err := os.WriteFile(*table, []byte(conformance.Table(sections...)), 0o644); err != nil {
			return fmt.Errorf("the table cannot be written: %w", err)
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d cases differ", failed, passed+failed)
	}
	return nil
}

// runCases runs one file of cases on the model folders in dir: a folder, or a
// zip file of one. An empty dir is the models next to the file.
func runCases(ctx context.Context, name, dir string, o conformance.Options) (conformance.Section, error) {
	file, err := conformance.Read(name)
	if err != nil {
		return conformance.Section{}, err
	}
	if dir == "" {
		dir = conformance.Beside(name)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return conformance.Section{}, fmt.Errorf("%s is not there: name the folder that holds the model folders with --models", dir)
	}
	if !info.IsDir() {
		tmp, err := wholefile.TemporaryFolder("models")
		if err != nil {
			return conformance.Section{}, fmt.Errorf("the models cannot be unpacked: %w", err)
		}
		defer os.RemoveAll(tmp)
		if err := conformance.Unpack(dir, tmp); err != nil {
			return conformance.Section{}, err
		}
		dir = tmp
	}
	o.Models = dir
	rows, err := conformance.Run(ctx, file, o)
	return conformance.Section{Title: title(name), Source: file.Source, Rows: rows}, err
}

// title is the heading of a file of cases: its path below testdata, without the extension.
func title(name string) string {
	name = filepath.ToSlash(name)
	if _, after, ok := strings.Cut(name, "testdata/"); ok {
		name = after
	}
	name, _, _ = strings.Cut(name, ".json")
	return strings.TrimSuffix(name, "/cases")
}

// mixed parses flags before and after the other arguments.
func mixed(f *flag.FlagSet, args []string) ([]string, error) {
	var rest []string
	for {
		if err := f.Parse(args); err != nil {
			return nil, err
		}
		if f.NArg() == 0 {
			return rest, nil
		}
		rest, args = append(rest, f.Arg(0)), f.Args()[1:]
	}
}

// openCase opens a case's model with what the case adds to it.
func (env Env) openCase(ctx context.Context, dir string, with conformance.With) (*engine.Model, func() error, error) {
	folder, err := models.Read(dir)
	if err == nil {
		folder, err = folder.WithControls(with.Controls...)
	}
	if err != nil {
		return nil, nil, err
	}
	var o OpenOptions
	for _, l := range with.LoRAs {
		o.LoRAs = append(o.LoRAs, Weighted{l.File, l.Weight})
	}
	for _, e := range with.Embeddings {
		o.Embeddings = append(o.Embeddings, Embedding{e.File, e.Token})
	}
	m, err := env.Open(ctx, folder, o)
	if err != nil {
		return nil, nil, err
	}
	return m.Model, m.Close, nil
}

// saveCase writes the latents after every step, the last ones, and the pictures.
func saveCase(dir string, r *conformance.Result) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("the trace folder cannot be made: %w", err)
	}
	for _, s := range r.Steps {
		if err := writeNPY(filepath.Join(dir, fmt.Sprintf("step-%02d.npy", s.Index)), s.X); err != nil {
			return err
		}
	}
	if err := writeNPY(filepath.Join(dir, "final.npy"), r.Final()); err != nil {
		return err
	}
	for i, img := range r.Pictures {
		if err := pixel.Save(filepath.Join(dir, fmt.Sprintf("picture-%d.png", i)), img); err != nil {
			return err
		}
	}
	return nil
}
