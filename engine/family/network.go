package family

import (
	"context"
	"strings"

	"nirvana/engine/fault"
	"nirvana/engine/graph"
	"nirvana/engine/tensor"
)

// Network is the U-Net or transformer with what its graph declares.
type Network struct {
	graph.Part
	X, Timestep  graph.Port
	InChannels   int // of x_t with further channels; 0: dynamic
	Batch        int // rows that it takes; 0: any number
	TextWidth    int
	TimeIDs      int // 5 or 6
	TimestepCond int // width; 0: none
	Has          map[string]bool
	Residuals    []string     // ControlNet residual inputs, down 0.., mid last
	Biases       []graph.Bias // of its cross-attention; none: it takes none
	OtherStates  string       // with biases: the input for text states outside of cross-attention; "": none
}

// known are the inputs that some family provides.
var known = map[string]bool{
	"sample": true, "timestep": true, "encoder_hidden_states": true, "text_embeds": true, "time_ids": true,
	"timestep_cond": true, "class_labels": true, "hidden_states": true, "pooled_projections": true,
	"txt_ids": true, "img_ids": true, "guidance": true, "encoder_attention_mask": true, "reference_tokens": true, "reference_ids": true,
}

// Open reads what a denoiser's graph declares, and refuses inputs that no family provides.
func Open(p graph.Part) (*Network, error) {
	n := &Network{Part: p, Has: map[string]bool{}}
	in, out := p.Graph.Ports()
	for _, i := range in {
		n.Has[i.Name] = true
		switch {
		case isResidual(i.Name):
			n.Residuals = append(n.Residuals, i.Name)
		case !known[i.Name]:
			return n, unsupported("%s asks for an input %q, which this program cannot give", p.Name, i.Name)
		}
	}
	if n.Has["encoder_attention_mask"] {
		return n, unsupported("%s asks for encoder_attention_mask, a mask of the text's tokens (PixArt, Sana and relatives)", p.Name)
	}
	if len(out) == 0 {
		return n, fault.Incomplete.Errorf("%s has no output: the file is damaged, fetch it again", p.Name)
	}
	x, t := graph.Find(in, "sample", "hidden_states"), graph.Find(in, "timestep")
	if x == nil || t == nil {
		return n, fault.Unknown.Errorf("%s has no inputs named sample (or hidden_states) and timestep: it is not a denoiser that this program knows", p.Name)
	}
	n.X, n.Timestep = *x, *t
	if c := graph.Find(in, "class_labels"); c != nil && len(c.Shape) > 1 && len(x.Shape) == 4 {
		return n, unsupported("%s takes class_labels of %d axes: embeddings of pictures or sounds (unCLIP, AudioLDM), not classes", p.Name, len(c.Shape))
	}
	if len(x.Shape) == 4 && x.Shape[1] > 0 {
		n.InChannels = x.Shape[1]
	}
	n.Batch = graph.FixedBatch(in)
	n.TextWidth = graph.LastAxis(graph.Find(in, Hidden))
	n.readBiases(graph.Find(in, Hidden))
	n.TimeIDs = graph.LastAxis(graph.Find(in, "time_ids"))
	n.TimestepCond = graph.LastAxis(graph.Find(in, "timestep_cond"))
	return n, nil
}

// readBiases reads whether cross-attention takes biases, of any number of tokens.
func (n *Network) readBiases(states *graph.Port) {
	b, ok := n.Graph.(graph.Biased)
	if !ok || len(n.X.Shape) != 4 || n.Batch > 0 || graph.FixedAxis(states, 1) > 0 {
		return
	}
	n.Biases, n.OtherStates = b.Biases()
	for _, one := range n.Biases {
		n.Has[one.Name] = true
	}
	n.Has[n.OtherStates] = true
}

func isResidual(name string) bool {
	return strings.HasPrefix(name, "down_block") || strings.HasPrefix(name, "mid_block") ||
		strings.HasPrefix(name, "down_0") || strings.HasPrefix(name, "down_1") || name == "mid"
}

// Class is diffusers' class of the network; "" where its config.json has none.
func (n *Network) Class() string {
	var c indexFile
	if graph.ReadJSON(n.Config, &c) != nil {
		return ""
	}
	return c.Class
}

// NeedsText reports whether it takes text states.
func (n *Network) NeedsText() bool { return n.Has[Hidden] }

// AnyBatch reports whether several rows can be computed in one call: batch and timestep are dynamic.
func (n *Network) AnyBatch() bool {
	return n.X.Shape[0] < 0 && (len(n.Timestep.Shape) == 0 || n.Timestep.Shape[0] < 0)
}

// Reuse is how a call with DeepCache runs; zero: without.
type Reuse struct {
	Row   string // whose inner layers' outputs are kept
	Fresh bool   // the whole network runs
}

// Call evaluates the network once. x is scaled and has all channels; t is the timestep in the network's units;
// residuals are the ControlNets', or nil.
func (n *Network) Call(ctx context.Context, x, t tensor.Tensor, c Condition, residuals []tensor.Tensor, r Reuse) (tensor.Tensor, error) {
	in, err := n.inputs(x, t, c, residuals)
	if err != nil {
		return tensor.Tensor{}, err
	}
	g, ok := n.Graph.(graph.Reuser)
	if !ok || r.Row == "" || n.Batch > 0 {
		out, err := graph.RunFinite(ctx, n.Part, in)
		if err != nil {
			return tensor.Tensor{}, err
		}
		return out[0], nil
	}
	out, err := g.RunReusing(ctx, in, r.Row, r.Fresh)
	if err == nil && !graph.AllFinite(out) {
		err = graph.Overflow(n.Part)
	}
	if err != nil {
		return tensor.Tensor{}, err
	}
	return out[0], nil
}

// inputs are what the graph takes in a call.
func (n *Network) inputs(x, t tensor.Tensor, c Condition, residuals []tensor.Tensor) (map[string]tensor.Tensor, error) {
	in := map[string]tensor.Tensor{n.X.Name: x, "timestep": t}
	for name, v := range c {
		if n.Has[name] && v.Data != nil {
			in[name] = v
		}
	}
	for i, name := range n.Residuals {
		if i >= len(residuals) {
			return nil, fault.Incomplete.Errorf("%s needs the residuals of a ControlNet and the folder has none: it is incomplete", n.Name)
		}
		in[name] = residuals[i]
	}
	return in, nil
}

// Time is the timestep for rows rows in the shape and units that the graph takes; divisor is Traits.TimestepDivisor.
func (n *Network) Time(t, divisor float32, rows int) tensor.Tensor {
	if t /= divisor; strings.HasPrefix(n.Timestep.Type, "int") {
		t = float32(int64(t))
	}
	if len(n.Timestep.Shape) == 0 {
		return tensor.Tensor{Data: []float32{t}}
	}
	return tensor.Repeat([]float32{t}, rows)
}
