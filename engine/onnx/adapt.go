package onnx

import (
	"path/filepath"
	"slices"
	"strings"

	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/onnx/adapter"
	"nirvana/engine/onnx/graphfile"
)

// adapt merges LoRAs and embeddings into the networks that they change.
func (l *Loaded) adapt(loras []LoRA, embeddings []Embedding) error {
	l.loras = loras
	merged, notices, err := l.match(loras)
	if err != nil {
		return err
	}
	l.Notices = append(l.Notices, notices...)
	rows, err := l.addRows(embeddings)
	if err != nil {
		return err
	}
	for component, g := range l.graphs {
		if err := g.edit(edits{loras: merged[component], rows: rows[component]}); err != nil {
			return err
		}
	}
	return l.editDraft(merged)
}

// editDraft merges the denoiser's LoRAs into the draft's denoiser too.
func (l *Loaded) editDraft(merged map[string][]adapter.Weighted) error {
	if l.draft == nil {
		return nil
	}
	return l.draft.edit(edits{loras: merged[denoiserGraph]})
}

// Adapt merges LoRAs in addition to those that the folder was opened with, replacing those of the last call. Networks
// that change are opened again by their next run. It fails where a file cannot be read or does not fit.
func (l *Loaded) Adapt(loras []LoRA) error {
	merged, notices, err := l.match(slices.Concat(l.loras, loras))
	if err != nil {
		return err
	}
	for _, n := range notices {
		l.report(n)
	}
	for component, g := range l.graphs {
		if err := g.edit(edits{loras: merged[component], rows: g.edits.rows}); err != nil {
			return err
		}
	}
	return l.editDraft(merged)
}

// match reads the LoRAs and reports the modules that the networks lack.
func (l *Loaded) match(loras []LoRA) (map[string][]adapter.Weighted, []fault.Notice, error) {
	return adapter.Match(loras, l.Parts.Name, components(l.graphs))
}

// components are the networks that LoRAs are matched with.
type components map[string]*Graph

// Has reports whether there is such a network.
func (c components) Has(component string) bool { return c[component] != nil }

// Open returns its graph.
func (c components) Open(component string) (*graphfile.File, error) { return c[component].file() }

// addRows reads the embeddings, adds their words to the tokenizers and returns the rows by component.
func (l *Loaded) addRows(embeddings []Embedding) (map[string][]float32, error) {
	rows := map[string][]float32{}
	for i := range l.Parts.Text {
		l.Parts.Text[i].Added = nil
	}
	for _, e := range embeddings {
		file, err := adapter.ReadEmbedding(e.File, e.Token)
		if err != nil && e.Found {
			l.Notices = append(l.Notices, fault.Notice{Format: fault.NoEmbedding, Args: []any{filepath.Base(e.File)}, Detail: err.Error()})
			continue
		}
		if err != nil {
			return nil, err
		}
		placed := false
		for i := range l.Parts.Text {
			t := &l.Parts.Text[i]
			n, width, err := l.table(t.Name)
			if err != nil {
				return nil, err
			}
			vectors, data := file.Vectors(t.Name, width)
			if vectors == 0 {
				continue
			}
			t.Rows, placed = n, true
			t.Added = append(t.Added, engine.AddedToken{Name: file.Token, Aliases: e.aliases(file), Vectors: vectors})
			rows[t.Name] = append(rows[t.Name], data...)
		}
		if !placed && !e.Found {
			return nil, fault.Adapter.Errorf("%s is made for another kind of model: no text encoder of %s takes its vectors; choose another embedding", e.File, l.Parts.Name)
		}
	}
	return rows, nil
}

// aliases are an embedding's further names in prompts: its file's own word, and ComfyUI's embedding:name, with or
// without folder and extension.
func (e Embedding) aliases(file *adapter.Embedding) (out []string) {
	if file.Own != "" {
		out = append(out, file.Own)
	}
	stem := strings.TrimSuffix(filepath.Base(e.File), filepath.Ext(e.File))
	names := []string{stem}
	if e.Name != "" && e.Name != stem {
		names = append(names, e.Name, strings.ReplaceAll(e.Name, "/", `\`))
	}
	for _, n := range names {
		out = append(out, "embedding:"+n, "embedding:"+n+".safetensors")
	}
	return out
}

// table returns rows and width of a text encoder's token table; 0 without one.
func (l *Loaded) table(component string) (rows, width int, err error) {
	f, err := l.graphs[component].file()
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	rows, width, _ = adapter.Table(f.Model)
	return rows, width, nil
}
