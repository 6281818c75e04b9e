package engine

import (
	"context"
	"fmt"
	"image"
	"math"

	"nirvana/engine/family"
	"nirvana/engine/fault"
	"nirvana/engine/graph"
	"nirvana/engine/pixel"
	"nirvana/engine/tensor"
)

// controls are the ControlNets of a run (Zhang et al., 2023).
type controls []controlNet

type controlNet struct {
	Control
	part    Part
	picture Tensor // [batch, 3, height, width] in 0 to 1
	off     bool   // switched off by a Change; a Scale of 0 means 1
}

// attachControlNets prepares the request's ControlNets.
func (p *plan) attachControlNets() (controls, error) {
	m, req := p.model, p.request
	if len(req.Control) > 0 && len(m.net.Residuals) == 0 {
		return nil, fault.Settings.Errorf("%s takes no ControlNet: its %s has no inputs for one; export it with them, or leave the ControlNet out", m.facts.Name, m.net.Name)
	}
	var all controls
	for _, c := range req.Control {
		if c.Net < 0 || c.Net >= len(m.control) {
			return nil, fault.Settings.Errorf("%s has %d ControlNets, number %d is not there", m.facts.Name, len(m.control), c.Net+1)
		}
		if c.Picture == nil {
			return nil, fault.NeedsInput.Errorf("ControlNet %d has no picture: give one", c.Net+1)
		}
		img := pixel.Resize(c.Picture, req.Width, req.Height)
		t := Zeros(1, 3, req.Height, req.Width)
		pixel.ToTensor(img, t.Data)
		for i, v := range t.Data {
			t.Data[i] = v*0.5 + 0.5
		}
		all = append(all, controlNet{Control: c, part: m.control[c.Net], picture: tensor.Spread(t, p.n)})
		req.watch("controlnet_cond", t)
	}
	return all, nil
}

// scaleAt is the ControlNet's weight at evaluation i of n; 0 outside its interval.
func (c controlNet) scaleAt(i, n int) float32 {
	from, until := roundShare(c.From), roundShare(or(c.Until, 1))
	if c.off || float64(i)/float64(n) < from || float64(i+1)/float64(n) > until {
		return 0
	}
	return or(c.Scale, 1)
}

// residuals are the ControlNets' summed residuals for one row, zeros where none is active; nil where the network
// takes none. x may be a window of the plane, which may be rolled.
func (all controls) residuals(ctx context.Context, r *run, in input, at place, c row) ([]Tensor, error) {
	if len(r.model.net.Residuals) == 0 {
		return nil, nil
	}
	in.x = tensor.FirstChannels(in.x, r.model.vae.Channels)
	k := r.model.vae.Scale
	var sum []Tensor
	for _, net := range all {
		net.picture = under(net.picture, in.x, at, k)
		one, err := net.residuals(ctx, r.model, in, c, net.scaleAt(r.done(), r.of()))
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
	if sum != nil {
		return sum, nil
	}
	if len(r.model.control) == 0 {
		return nil, fault.Incomplete.Errorf("%s needs a ControlNet's residuals and the folder has no controlnet: it is incomplete", r.model.net.Name)
	}
	// no net is active: the first one, at weight 0, gives the shapes
	silent := controlNet{part: r.model.control[0], picture: Zeros(r.n, 3, in.x.Shape[2]*k, in.x.Shape[3]*k)}
	return silent.residuals(ctx, r.model, input{in.x, r.times[0]}, r.prompt(), 0)
}

// residuals runs one ControlNet. Its outputs are taken in order: down blocks first, mid block last.
func (c controlNet) residuals(ctx context.Context, m *Model, in input, row row, scale float32) ([]Tensor, error) {
	ports, _ := c.part.Graph.Ports()
	inputs := map[string]Tensor{"sample": in.x, "timestep": m.time(in.t, in.x.Shape[0]), family.Hidden: row.Condition[family.Hidden], "controlnet_cond": c.picture}
	given := scale
	if c.GuessRow {
		given = 1
	}
	outside := float32(1)
	if p := graph.Find(ports, "conditioning_scale"); p != nil {
		inputs["conditioning_scale"] = Tensor{Shape: make([]int, len(p.Shape)), Data: []float32{given}}
		for i := range p.Shape {
			inputs["conditioning_scale"].Shape[i] = 1
		}
	} else {
		outside = given
	}
	for _, name := range []string{family.Pooled, "time_ids"} {
		if graph.Find(ports, name) != nil {
			inputs[name] = row.Condition[name]
		}
	}
	out, err := graph.RunFinite(ctx, c.part, inputs)
	if err != nil {
		return nil, fmt.Errorf("ControlNet %s: %w", c.part.Name, err)
	}
	for k := range out {
		f := outside
		switch {
		case scale == 0, c.GuessRow && row.negative:
			f = 0
		case c.GuessRow:
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

// place is the corner of an input, in latent pixels of a plane that may be rolled.
type place struct {
	image.Point
	roll
}

// under crops a ControlNet's picture to the part that x covers; a latent pixel is k x k px.
func under(picture, x Tensor, at place, k int) Tensor {
	if h, w := k*x.Shape[2], k*x.Shape[3]; at.roll != nil || h != picture.Shape[2] || w != picture.Shape[3] {
		return at.cut(picture, k*at.Y, k*at.X, h, w, k)
	}
	return picture
}
