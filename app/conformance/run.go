package conformance

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"nirvana/engine"
)

// Options of a run over a file of cases.
type Options struct {
	Models string // folder of model folders
	Only   string // cases whose name contains this, or one of these separated by commas
	// Open loads a model with what the case adds to it.
	Open func(ctx context.Context, dir string, with With) (*engine.Model, func() error, error)
	// Save is called with every computed case, before it is compared; may be nil.
	Save func(name string, r *Result) error
	Out  io.Writer
}

// With is what a case adds to a model: LoRAs with their weights, embeddings with their tokens, and files of ControlNets.
type With struct {
	LoRAs, Embeddings []Adapter
	Controls          []string
}

// Adapter is a LoRA with its weight, or an embedding with its token.
type Adapter struct {
	File   string
	Weight float32
	Token  string
}

// Row is one line of the table.
type Row struct {
	Case *Case
	Verdict
	Err error
}

// Passed reports whether the case ran and agrees.
func (r Row) Passed() bool { return r.Err == nil && r.OK() }

// Run computes and compares the cases one after another, and writes a line for each. It fails only if it cannot
// continue.
func Run(ctx context.Context, f *File, o Options) ([]Row, error) {
	var rows []Row
	for i := range f.Cases {
		c := &f.Cases[i]
		if !o.wants(c.Name) {
			continue
		}
		v, err := f.one(ctx, c, o)
		if ctx.Err() != nil {
			return rows, ctx.Err()
		}
		row := Row{c, v, err}
		rows = append(rows, row)
		fmt.Fprintln(o.Out, row.line())
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("no case has %q in its name", o.Only)
	}
	return rows, nil
}

func (o Options) wants(name string) bool {
	for part := range strings.SplitSeq(o.Only, ",") {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

func (f *File) one(ctx context.Context, c *Case, o Options) (Verdict, error) {
	if c.unreadable != nil {
		return Verdict{}, c.unreadable
	}
	m, closeModel, err := o.Open(ctx, o.Models+"/"+c.Model, f.with(c))
	if err != nil {
		return Verdict{}, err
	}
	defer closeModel()
	r, err := f.compute(ctx, c, m)
	if err != nil {
		return Verdict{}, err
	}
	if o.Save != nil {
		if err := o.Save(c.Name, r); err != nil {
			return Verdict{}, err
		}
	}
	return f.compare(c, r)
}

func (f *File) with(c *Case) (w With) {
	for _, l := range c.LoRA {
		w.LoRAs = append(w.LoRAs, Adapter{File: f.path(l.File), Weight: l.Scale})
	}
	for _, e := range c.Embeddings {
		w.Embeddings = append(w.Embeddings, Adapter{File: f.path(e.File), Token: e.Token})
	}
	for _, name := range c.ControlNets {
		if isFile(name) {
			w.Controls = append(w.Controls, f.path(name))
		}
	}
	return w
}

// isFile reports whether a ControlNet is in a file of its own.
func isFile(net string) bool { return filepath.Ext(net) == ".safetensors" }

func (f *File) path(name string) string { return f.dir + "/" + name }

func (r Row) line() string {
	switch {
	case r.Err != nil:
		return fmt.Sprintf("%-34s  failed: %v", r.Case.Name, r.Err)
	case !r.OK():
		return fmt.Sprintf("%-34s  %8.2g  %8.2g  differs: %s", r.Case.Name, r.Latents, r.Tolerance, strings.Join(r.Wrong, "; "))
	}
	return fmt.Sprintf("%-34s  %8.2g  %8.2g  ok", r.Case.Name, r.Latents, r.Tolerance)
}

// Count is how many rows passed and failed.
func Count(rows []Row) (passed, failed int) {
	for _, r := range rows {
		if r.Passed() {
			passed++
		} else {
			failed++
		}
	}
	return passed, failed
}
