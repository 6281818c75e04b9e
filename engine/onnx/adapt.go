package onnx

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/onnx/adapter"
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
	merged := map[string][]adapter.Weighted{}
	var notices []fault.Notice
	for _, lora := range loras {
		m := matching{l: l, lora: lora, merged: merged}
		if err := m.match(); err != nil {
			return nil, nil, err
		}
		notices = append(notices, m.notices()...)
	}
	return merged, notices, nil
}

// matching is one LoRA being matched with the networks.
type matching struct {
	l      *Loaded
	lora   LoRA
	merged map[string][]adapter.Weighted

	file     *adapter.LoRA
	left     []adapter.Unmatched // modules that no network has
	inBlocks bool                // some module is in a block of the block weights
}

func (m *matching) match() (err error) {
	if m.file, err = adapter.ReadLoRA(m.lora.File); err != nil {
		return err
	}
	var blocks adapter.BlockWeights
	if m.lora.Blocks != "" {
		if blocks, err = adapter.ParseBlockWeights(m.lora.Blocks); err != nil {
			return fault.Settings.Errorf("%s: %w", filepath.Base(m.lora.File), err)
		}
	}
	placed := 0
	for component, deltas := range m.file.Deltas {
		n, err := m.component(component, deltas, blocks)
		if err != nil {
			return err
		}
		placed += n
	}
	switch {
	case placed == 0 && len(m.left) == 0:
		return fault.Adapter.Errorf("%s changes the model in ways that this program does not know: %s; choose another", m.lora.File, kinds(m.file.Unknown))
	case placed == 0:
		return fault.Adapter.Errorf("%s is made for another kind of model: %s has none of its %d modules (%s); choose another LoRA",
			m.lora.File, m.l.Parts.Name, m.file.Count(), some(m.left))
	case blocks != nil && !m.inBlocks:
		return fault.Settings.Errorf("%s: the block weights %q are for another kind of model: none of its modules lies in their blocks", filepath.Base(m.lora.File), m.lora.Blocks)
	}
	return nil
}

// component adds a component's deltas to those merged; placed is how many of them match a module.
func (m *matching) component(name string, deltas []adapter.Delta, blocks adapter.BlockWeights) (placed int, err error) {
	weight := m.lora.Weight
	if name != denoiserGraph && m.lora.Text != nil {
		weight = *m.lora.Text
	}
	if m.lora.Rank > 0 {
		deltas = adapter.Truncated(deltas, m.lora.Rank)
	}
	into := m.l.encoder(name)
	left, err := m.l.unmatched(into, deltas)
	if err != nil {
		return 0, err
	}
	m.left = append(m.left, left...)
	// modules that do not match are reported once, not for weight and bias each
	without := map[string]bool{}
	for _, u := range left {
		without[u.Key] = true
	}
	if placed = len(deltas) - len(without); placed <= 0 {
		return 0, nil
	}
	weighted, any := blocks.Weigh(name, deltas, weight)
	m.inBlocks = m.inBlocks || any
	m.merged[into] = append(m.merged[into], weighted...)
	return placed, nil
}

// encoder is the folder's component for a LoRA's: kohya calls FLUX' T5 the third encoder, which is its second.
func (l *Loaded) encoder(component string) string {
	if component == "text_encoder_3" && l.graphs[component] == nil && l.graphs[denoiserGraph] != nil {
		return "text_encoder_2"
	}
	return component
}

// notices report what of the LoRA was left out, by kind and number.
func (m *matching) notices() (out []fault.Notice) {
	name, all := filepath.Base(m.lora.File), m.file.Count()
	for reason, format := range map[adapter.Reason]string{adapter.NoModule: fault.LoRAInPart, adapter.WrongSize: fault.LoRASize, adapter.Quantised: fault.LoRAQuantised} {
		var of []adapter.Unmatched
		for _, u := range m.left {
			if u.Reason == reason {
				of = append(of, u)
			}
		}
		if len(of) > 0 {
			out = append(out, fault.Notice{Format: format, Args: []any{name, len(of), all, m.l.Parts.Name}, Detail: some(of)})
		}
	}
	slices.SortFunc(out, func(a, b fault.Notice) int { return strings.Compare(a.Format, b.Format) })
	if m.lora.Unknown != "" {
		out = append(out, fault.Notice{Format: fault.LoRASetting, Args: []any{name, m.lora.Unknown}})
	}
	if len(m.file.Unknown) > 0 {
		out = append(out, fault.Notice{Format: fault.LoRAKinds, Args: []any{name, kinds(m.file.Unknown)}})
	}
	return out
}

// kinds lists kinds with their numbers: "oft_r (12), norm scale (3)".
func kinds(unknown map[string]int) string {
	var out []string
	for kind, n := range unknown {
		out = append(out, fmt.Sprintf("%s (%d)", kind, n))
	}
	slices.Sort(out)
	if len(out) > 8 {
		out = append(out[:8], "...")
	}
	return strings.Join(out, ", ")
}

// some lists the first few modules.
func some(left []adapter.Unmatched) string {
	var names []string
	for _, u := range left {
		names = append(names, u.String())
	}
	slices.Sort(names)
	if len(names) > 5 {
		return strings.Join(names[:5], ", ") + ", ..."
	}
	return strings.Join(names, ", ")
}

func (l *Loaded) unmatched(component string, deltas []adapter.Delta) (left []adapter.Unmatched, err error) {
	g := l.graphs[component]
	if g == nil {
		for _, d := range deltas {
			left = append(left, adapter.Unmatched{Key: component + ": " + d.Key})
		}
		return left, nil
	}
	f, err := g.file()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return adapter.Merge(f.Model, []adapter.Weighted{{Deltas: deltas, Weight: 1}}), nil
}

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
