package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"nirvana/engine/fault"
	"nirvana/engine/graph"
	"nirvana/engine/tensor"
)

// What kinds of network there are, told apart by their inputs.
const (
	kindPlain   = iota // sample, timestep [, encoder_hidden_states] [, class_labels]
	kindXL             // and text_embeds, time_ids
	kindSD3            // hidden_states, pooled_projections
	kindFlux           // the same with packed latents
	kindUnknown        // refused
)

// denoiser is the U-Net or transformer with what its graph declares.
type denoiser struct {
	Part
	kind         int
	sample       string // name of the input for x_t
	inChannels   int    // 0 where dynamic
	batch        int    // rows that it takes; 0: any number
	timestep     Port
	textWidth    int
	timeIDs      int // 5 or 6
	timestepCond int // width; 0: none
	has          map[string]bool
	residuals    []string // ControlNet residual inputs, down 0.., mid last
}

// known are the inputs that the engine can feed.
var known = map[string]bool{
	"sample": true, "timestep": true, "encoder_hidden_states": true, "text_embeds": true, "time_ids": true,
	"timestep_cond": true, "class_labels": true, "hidden_states": true, "pooled_projections": true,
	"txt_ids": true, "img_ids": true, "guidance": true, "encoder_attention_mask": true,
}

func newDenoiser(p Part) (denoiser, error) {
	d := denoiser{Part: p, has: map[string]bool{}}
	in, out := p.Graph.Ports()
	for _, i := range in {
		d.has[i.Name] = true
		switch {
		case isResidual(i.Name):
			d.residuals = append(d.residuals, i.Name)
		case !known[i.Name]:
			return d, unsupported("%s asks for an input %q, which this program cannot give", p.Name, i.Name)
		}
	}
	if d.has["encoder_attention_mask"] {
		return d, unsupported("%s asks for encoder_attention_mask, a mask of the text's tokens (PixArt, Sana and relatives)", p.Name)
	}
	if len(out) == 0 {
		return d, fault.Incomplete.Errorf("%s has no output: the file is damaged, fetch it again", p.Name)
	}
	x := graph.Find(in, "sample", "hidden_states")
	t := graph.Find(in, "timestep")
	if x == nil || t == nil {
		return d, fault.Unknown.Errorf("%s has no inputs named sample (or hidden_states) and timestep: it is not a denoiser that this program knows", p.Name)
	}
	d.sample, d.timestep = x.Name, *t
	switch {
	case len(x.Shape) == 3 && d.has["pooled_projections"]:
		d.kind = kindFlux
	case d.has["pooled_projections"]:
		d.kind = kindSD3
	case d.has["text_embeds"] && d.has["time_ids"]:
		d.kind = kindXL
	case len(x.Shape) != 4:
		return d, unsupported("%s takes %s of %d axes, not [batch, channel, height, width]: it makes no single pictures", p.Name, x.Name, len(x.Shape))
	case x.Name == "hidden_states":
		return d, unsupported("%s is a transformer without pooled_projections (AuraFlow, Lumina and relatives)", p.Name)
	}
	if c := graph.Find(in, "class_labels"); c != nil && len(c.Shape) > 1 {
		return d, unsupported("%s takes class_labels of %d axes: embeddings of pictures or sounds (unCLIP, AudioLDM), not classes", p.Name, len(c.Shape))
	}
	if len(x.Shape) == 4 && x.Shape[1] > 0 {
		d.inChannels = x.Shape[1]
	}
	d.batch = graph.FixedBatch(in)
	d.textWidth = graph.LastAxis(graph.Find(in, "encoder_hidden_states"))
	d.timeIDs = graph.LastAxis(graph.Find(in, "time_ids"))
	d.timestepCond = graph.LastAxis(graph.Find(in, "timestep_cond"))
	return d, nil
}

// unsupported is what a network asks for that this program cannot do.
func unsupported(format string, args ...any) error {
	return fault.Unknown.Mark(errUnsupported{fmt.Sprintf(format, args...)})
}

type errUnsupported struct{ reason string }

func (e errUnsupported) Error() string {
	return e.reason + ": this kind of model is not supported"
}

// named says what the folder calls itself, where its network cannot be run.
func named(err error, index []byte) error {
	var file indexFile
	if errors.As(err, new(errUnsupported)) && graph.ReadJSON(index, &file) == nil && file.Class != "" {
		return fmt.Errorf("it is a %s: %w", file.Class, err)
	}
	return err
}

func isResidual(name string) bool {
	return strings.HasPrefix(name, "down_block") || strings.HasPrefix(name, "mid_block") ||
		strings.HasPrefix(name, "down_0") || strings.HasPrefix(name, "down_1") || name == "mid"
}

func (d *denoiser) needsText() bool { return d.has["encoder_hidden_states"] }

// integerTime says whether the graph takes whole timesteps only.
func (d *denoiser) integerTime() bool { return strings.HasPrefix(d.timestep.Type, "int") }

// call asks the network once. x is scaled and has all channels; t is what the
// schedule calls the timestep; residuals are a ControlNet's, or nil.
func (d *denoiser) call(ctx context.Context, x Tensor, t float32, c condition, residuals []Tensor, grid [2]int, u reuse) (Tensor, error) {
	n := x.Shape[0]
	in := map[string]Tensor{d.sample: x, "timestep": d.time(t, n)}
	put := func(name string, v Tensor) {
		if d.has[name] && v.Data != nil {
			in[name] = v
		}
	}
	put("encoder_hidden_states", c.hidden)
	put("text_embeds", c.pooled)
	put("pooled_projections", c.pooled)
	put("time_ids", c.timeIDs)
	put("timestep_cond", c.timestepCond)
	put("class_labels", c.classes)
	put("guidance", c.guidance)
	if d.kind == kindFlux {
		put("img_ids", imageIDs(grid))
		put("txt_ids", Zeros(c.hidden.Shape[1], 3))
	}
	for i, name := range d.residuals {
		if i >= len(residuals) {
			return Tensor{}, fault.Incomplete.Errorf("%s wants the residuals of a ControlNet and the folder has none: it is incomplete", d.Name)
		}
		in[name] = residuals[i]
	}
	out, err := d.run(ctx, in, u)
	if err != nil {
		return Tensor{}, err
	}
	return out[0], nil
}

func (d *denoiser) run(ctx context.Context, in map[string]Tensor, u reuse) ([]Tensor, error) {
	g, ok := d.Graph.(Reuser)
	if !ok || u.row == "" || d.batch > 0 {
		return graph.RunFinite(ctx, d.Part, in)
	}
	out, err := g.RunReusing(ctx, in, u.row, u.fresh)
	if err == nil && !graph.AllFinite(out) {
		err = graph.Overflow(d.Part)
	}
	return out, err
}

// time is the timestep in the rank that the graph wants.
func (d *denoiser) time(t float32, n int) Tensor {
	if d.kind == kindFlux {
		t /= 1000
	}
	if d.integerTime() {
		t = float32(int64(t))
	}
	if len(d.timestep.Shape) == 0 {
		return Tensor{Data: []float32{t}}
	}
	return tensor.Repeat([]float32{t}, n)
}

// imageIDs are FLUX's positions: rows 0, y, x of the packed grid [height, width].
func imageIDs(grid [2]int) Tensor {
	t := Zeros(grid[0]*grid[1], 3)
	for i := 0; i < grid[0]*grid[1]; i++ {
		t.Data[3*i+1], t.Data[3*i+2] = float32(i/grid[1]), float32(i%grid[1])
	}
	return t
}
