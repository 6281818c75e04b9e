package onnx

import (
	"fmt"
	"time"

	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/onnx/adapter"
	"nirvana/engine/onnx/graphfile"
	"nirvana/models"
)

// draftIdle is how long a draft's session stays open without being used, at most: it holds weights of its own.
const draftIdle = 2 * time.Minute

// loadDraft describes the distilled denoiser: the folder's own graph, into which the draft's weights are merged when
// it is opened, on first use. Problems are reported then.
func (l *Loaded) loadDraft(r *Runtime, f models.Folder, o Options) error {
	if f.Draft == nil {
		return nil
	}
	if o.Idle > 0 {
		o.Idle = min(o.Idle, draftIdle)
	}
	g, err := r.Graph(f.Denoiser.Path, o)
	if err != nil {
		return err
	}
	g.draft, l.draft = f.Draft, g
	l.Parts.Draft = &engine.DraftPart{
		Part:  engine.Part{Graph: g, Config: f.Denoiser.Config, Name: f.Denoiser.Name},
		Draft: engine.Draft{Steps: f.Draft.Steps, Guidance: f.Draft.Guidance},
		Scheduler: func() ([]byte, error) {
			data, err := f.Draft.Scheduler()
			if err != nil {
				return nil, draftFault("the draft's scheduler of "+f.Name+" cannot be read", err)
			}
			return data, nil
		}}
	return nil
}

// distil merges the draft's weights into the denoiser; all of them must match.
func (g *Graph) distil(m *graphfile.Model) error {
	weights, err := g.draft.Weights()
	if err != nil {
		return draftFault("the draft's weights cannot be used", err)
	}
	file, err := adapter.ReadLoRA(weights)
	if err != nil {
		return draftFault("the draft's weights cannot be used", err)
	}
	deltas := file.Deltas["unet"]
	left := adapter.Merge(m, []adapter.Weighted{{Deltas: deltas, Weight: 1}})
	if len(left) > 0 || len(deltas) == 0 || len(file.Unknown) > 0 {
		return draftFault("the draft's weights "+weights+" are of another network", fmt.Errorf("%d of %d modules do not exist in it, and %d kinds are unknown", len(left), len(deltas), len(file.Unknown)))
	}
	return nil
}

func draftFault(what string, why error) error {
	return fault.Incomplete.Errorf("%s: switch the draft off, or fetch the model again: %w", what, why)
}
