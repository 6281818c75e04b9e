package engine

import (
	"context"
	"fmt"
	"image"
	"math"

	"nirvana/engine/fault"
	"nirvana/engine/graph"
	"nirvana/engine/pixel"
	"nirvana/engine/tensor"
)

// controlRun is one ControlNet steering the run (Zhang et al., 2023).
type controlRun struct {
	Control
	part    Part
	picture Tensor // [batch, 3, height, width] in 0..1
	off     bool   // by a change, where a Scale of 0 means 1
}

// tellControl prepares the request's ControlNets.
func (r *run) tellControl() error {
	if len(r.request.Control) > 0 && len(r.model.net.residuals) == 0 {
		return fault.Settings.Errorf("%s takes no ControlNet: its %s has no inputs for one; export it with them, or leave the ControlNet out", r.model.facts.Name, r.model.net.Name)
	}
	for _, c := range r.request.Control {
		if c.Net < 0 || c.Net >= len(r.model.control) {
			return fault.Settings.Errorf("%s has %d ControlNets, number %d is not there", r.model.facts.Name, len(r.model.control), c.Net+1)
		}
		if c.Picture == nil {
			return fault.NeedsInput.Errorf("ControlNet %d has no picture: give one", c.Net+1)
		}
		img := pixel.Resize(c.Picture, r.request.Width, r.request.Height)
		t := Zeros(1, 3, r.request.Height, r.request.Width)
		pixel.ToTensor(img, t.Data)
		for i, v := range t.Data {
			t.Data[i] = v*0.5 + 0.5
		}
		r.control = append(r.control, controlRun{Control: c, part: r.model.control[c.Net], picture: tensor.Spread(t, r.n)})
		r.request.watch("controlnet_cond", t)
	}
	return nil
}

// scaleAt is the net's weight at evaluation i of n: nothing outside its interval.
func (c controlRun) scaleAt(i, n int) float32 {
	from, until := roundShare(c.From), roundShare(or(c.Until, 1))
	if c.off || float64(i)/float64(n) < from || float64(i+1)/float64(n) > until {
		return 0
	}
	return or(c.Scale, 1)
}

// residuals are the sums over the ControlNets for one row, zeros where none
// acts; nil where the network takes none. x may be a window, whose corner lies at a place.
func (r *run) residuals(ctx context.Context, x Tensor, at image.Point, t float32, c asked) ([]Tensor, error) {
	if len(r.model.net.residuals) == 0 {
		return nil, nil
	}
	x = tensor.FirstChannels(x, r.model.vae.Channels)
	var sum []Tensor
	for _, net := range r.control {
		net.picture = r.under(net.picture, x, at)
		one, err := r.residualsOf(ctx, net, x, t, c.condition, c.negative)
		if err != nil {
			return nil, err
		}
		if sum == nil {
			sum = one
			continue
		}
		for k := range sum {
			for i, v := range one[k].Data {
				sum[k].Data[i] += v
			}
		}
	}
	if sum == nil {
		return r.zeroResiduals(ctx, x)
	}
	return sum, nil
}

// residualsOf runs one net. Its outputs are taken by order, down first, mid last.
func (r *run) residualsOf(ctx context.Context, net controlRun, x Tensor, t float32, c condition, negative bool) ([]Tensor, error) {
	scale := net.scaleAt(r.state.Eval-r.begin, r.of())
	in, _ := net.part.Graph.Ports()
	inputs := map[string]Tensor{"sample": x, "timestep": r.model.net.time(t, r.n), "encoder_hidden_states": c.hidden, "controlnet_cond": net.picture}
	given := scale
	if net.GuessRow {
		given = 1
	}
	outside := float32(1)
	if p := graph.Find(in, "conditioning_scale"); p != nil {
		inputs["conditioning_scale"] = Tensor{Shape: make([]int, len(p.Shape)), Data: []float32{given}}
		for i := range p.Shape {
			inputs["conditioning_scale"].Shape[i] = 1
		}
	} else {
		outside = given
	}
	for _, name := range []string{"text_embeds", "time_ids"} {
		if graph.Find(in, name) != nil {
			inputs[name] = map[string]Tensor{"text_embeds": c.pooled, "time_ids": c.timeIDs}[name]
		}
	}
	out, err := graph.RunFinite(ctx, net.part, inputs)
	if err != nil {
		return nil, fmt.Errorf("ControlNet %s: %w", net.part.Name, err)
	}
	for k := range out {
		f := outside
		switch {
		case scale == 0, net.GuessRow && negative:
			f = 0
		case net.GuessRow:
			f = scale * float32(math.Pow(10, -1+float64(k)/float64(len(out)-1)))
		}
		if f == 1 {
			continue
		}
		for i := range out[k].Data {
			out[k].Data[i] *= f
		}
	}
	return out, nil
}

// zeroResiduals are for a network that asks for residuals while no net acts:
// the net itself gives their shapes, at weight 0.
func (r *run) zeroResiduals(ctx context.Context, x Tensor) ([]Tensor, error) {
	if len(r.model.control) == 0 {
		return nil, fault.Incomplete.Errorf("%s wants a ControlNet's residuals and the folder has no controlnet: it is incomplete", r.model.net.Name)
	}
	k := r.model.vae.Scale
	silent := controlRun{Control: Control{Until: 1e-9}, part: r.model.control[0], picture: Zeros(r.n, 3, x.Shape[2]*k, x.Shape[3]*k)}
	return r.residualsOf(ctx, silent, x, r.times[0], r.positives[0].condition, false)
}

// under is the part of a ControlNet's picture that lies under x.
func (r *run) under(picture, x Tensor, at image.Point) Tensor {
	k := r.model.vae.Scale
	if h, w := k*x.Shape[2], k*x.Shape[3]; h != picture.Shape[2] || w != picture.Shape[3] {
		return tensor.Crop(picture, k*at.Y, k*at.X, h, w)
	}
	return picture
}
