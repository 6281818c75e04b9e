package onnx

import (
	"nirvana/engine"
	"nirvana/models"
)

// LoadOptions say how a folder is opened.
type LoadOptions struct {
	Threads int // 0: all cores
}

// Loaded is a folder's networks, open. Close frees them.
type Loaded struct {
	Parts   engine.Parts
	Device  string
	Notices []string
	graphs  []*Graph
}

// Load opens a folder's networks. Their sessions start on first use.
func (r *Runtime) Load(f models.Folder, o LoadOptions) (*Loaded, error) {
	l := &Loaded{Device: "CPU", Parts: engine.Parts{Name: f.Name, Hash: f.Identity, Index: f.Index, Scheduler: f.Scheduler}}
	part := func(p models.Part) (engine.Part, error) {
		if p.Path == "" {
			return engine.Part{Name: p.Name}, nil
		}
		g, err := r.Graph(p.Path, Options{Threads: o.Threads})
		if err != nil {
			return engine.Part{}, err
		}
		l.graphs = append(l.graphs, g)
		return engine.Part{Graph: g, Config: p.Config, Name: p.Name}, nil
	}
	err := l.fill(f, part)
	if err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

func (l *Loaded) fill(f models.Folder, part func(models.Part) (engine.Part, error)) (err error) {
	if l.Parts.Denoiser, err = part(f.Denoiser); err != nil {
		return err
	}
	if l.Parts.Encoder, err = part(f.Encoder); err != nil {
		return err
	}
	if l.Parts.Decoder, err = part(f.Decoder); err != nil {
		return err
	}
	for _, t := range f.Text {
		p, err := part(t)
		if err != nil {
			return err
		}
		l.Parts.Text = append(l.Parts.Text, engine.TextPart{Part: p, Tokenizer: t.Tokenizer})
	}
	for _, c := range f.Control {
		p, err := part(c)
		if err != nil {
			return err
		}
		l.Parts.Control = append(l.Parts.Control, p)
	}
	return nil
}

// Close ends all sessions.
func (l *Loaded) Close() error {
	var first error
	for _, g := range l.graphs {
		if err := g.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}
