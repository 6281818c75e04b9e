package adapter

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"nirvana/engine/fault"
	"nirvana/engine/onnx/graphfile"
)

// Call is a LoRA file and how it is merged.
type Call struct {
	File   string
	Weight float32
	// Text is the weight in the text encoders; nil: Weight.
	Text *float32
	// Blocks are block weights, a list or a preset's name (ParseBlockWeights); "": 1 for all.
	Blocks string
	// Rank truncates each delta's rank; 0: all of it.
	Rank int
	// Unknown are settings in the prompt's call that are not supported; a notice reports them.
	Unknown string
}

// Networks are those of a model, by component: the denoiser is "unet", whatever its folder's name.
type Networks interface {
	Has(component string) bool
	// Open returns a network's graph, which is closed afterwards.
	Open(component string) (*graphfile.File, error)
}

// denoiser is the component of U-Nets and transformers.
const denoiser = "unet"

// Match reads LoRAs and returns what Merge is to add to each component, with notices about what was left out. It fails where a
// file cannot be read or fits nothing; model is the model's name, for messages.
func Match(loras []Call, model string, networks Networks) (map[string][]Weighted, []fault.Notice, error) {
	merged := map[string][]Weighted{}
	var notices []fault.Notice
	for _, lora := range loras {
		m := matching{Networks: networks, model: model, lora: lora, merged: merged}
		if err := m.match(); err != nil {
			return nil, nil, err
		}
		notices = append(notices, m.notices()...)
	}
	return merged, notices, nil
}

// matching is one LoRA being matched with the networks.
type matching struct {
	Networks
	model  string
	lora   Call
	merged map[string][]Weighted

	file     *LoRA
	left     []Unmatched // modules that no network has
	inBlocks bool        // some module is in a block of the block weights
}

func (m *matching) match() (err error) {
	if m.file, err = ReadLoRA(m.lora.File); err != nil {
		return err
	}
	var blocks BlockWeights
	if m.lora.Blocks != "" {
		if blocks, err = ParseBlockWeights(m.lora.Blocks); err != nil {
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
			m.lora.File, m.model, m.file.Count(), some(m.left))
	case blocks != nil && !m.inBlocks:
		return fault.Settings.Errorf("%s: the block weights %q are for another kind of model: none of its modules lies in their blocks", filepath.Base(m.lora.File), m.lora.Blocks)
	}
	return nil
}

// component adds a component's deltas to those merged; placed is how many of them match a module.
func (m *matching) component(name string, deltas []Delta, blocks BlockWeights) (placed int, err error) {
	weight := m.lora.Weight
	if name != denoiser && m.lora.Text != nil {
		weight = *m.lora.Text
	}
	if m.lora.Rank > 0 {
		deltas = Truncated(deltas, m.lora.Rank)
	}
	into := m.encoder(name)
	left, err := m.unmatched(into, deltas)
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
func (m *matching) encoder(component string) string {
	if component == "text_encoder_3" && !m.Has(component) && m.Has(denoiser) {
		return "text_encoder_2"
	}
	return component
}

// notices report what of the LoRA was left out, by kind and number.
func (m *matching) notices() (out []fault.Notice) {
	name, all := filepath.Base(m.lora.File), m.file.Count()
	for reason, format := range map[Reason]string{NoModule: fault.LoRAInPart, WrongSize: fault.LoRASize, Quantised: fault.LoRAQuantised} {
		var of []Unmatched
		for _, u := range m.left {
			if u.Reason == reason {
				of = append(of, u)
			}
		}
		if len(of) > 0 {
			out = append(out, fault.Notice{Format: format, Args: []any{name, len(of), all, m.model}, Detail: some(of)})
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
func some(left []Unmatched) string {
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

func (m *matching) unmatched(component string, deltas []Delta) (left []Unmatched, err error) {
	if !m.Has(component) {
		for _, d := range deltas {
			left = append(left, Unmatched{Key: component + ": " + d.Key})
		}
		return left, nil
	}
	f, err := m.Open(component)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return Merge(f.Model, []Weighted{{Deltas: deltas, Weight: 1}}), nil
}
