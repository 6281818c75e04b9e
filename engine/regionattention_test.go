package engine

import (
	"context"
	"image"
	"math"
	"strings"
	"testing"

	"nirvana/engine/family"
	"nirvana/engine/fault"
	"nirvana/engine/sample"
)

// attentiveNet is a network whose predictions are by the words that each place attends to. Its attention takes biases at places
// of one latent pixel, and sees all words alike but for them.
func attentiveNet(t *testing.T) *Model {
	t.Helper()
	m, _ := wordNet(t, 1)
	m.net.Biases = []Bias{{Name: "bias", Stride: 1}}
	m.net.Has["bias"] = true
	m.facts.RegionAttention = true
	m.net.Graph.(*fakeGraph).run = func(_ context.Context, in map[string]Tensor) ([]Tensor, error) {
		x, states := in["sample"], in["encoder_hidden_states"]
		bias, ok := in["bias"]
		tokens, places := states.Shape[1], x.Shape[2]*x.Shape[3]
		if !ok {
			bias = Zeros(1, 1, places, tokens)
		}
		out := x.Clone()
		for i := range out.Data {
			row, place := i*x.Shape[0]/len(out.Data), i%places
			b := bias.Row(row % bias.Shape[0]).Data[place*tokens:][:tokens]
			sum, all := 0.0, 0.0
			for k, id := range states.Row(row).Data {
				w := math.Exp(float64(b[k]))
				sum, all = sum+w*float64(id), all+w
			}
			out.Data[i] = 0.3*out.Data[i] + float32(math.Sin(sum/all))
		}
		return []Tensor{out}, nil
	}
	return m
}

// A region that is everywhere is the prompt. The network is called as often as without regions, in every call with biases; and
// without them where the request says so.
func TestRegionsByAttentionTakeNoCalls(t *testing.T) {
	m := attentiveNet(t)
	g := m.net.Graph.(*fakeGraph)
	whole := maskOf(func(x, y int) uint8 { return 255 })
	q := Request{Steps: 5, Seed: 2, Guidance: 4, Prompt: "owl", Negative: "mud"}
	want := all(t, m, q)
	calls := g.calls
	q.Prompt, q.Regions = "dog", []Region{{Mask: whole, Prompt: "owl"}, {Mask: maskOf(func(x, y int) uint8 { return 0 }), Prompt: "cat"}}
	g.calls = 0
	got := all(t, m, q)
	for i, v := range got.X.Data {
		near(t, "x", float64(v), float64(want.X.Data[i]), 1e-5)
	}
	if g.calls != calls {
		t.Errorf("%d calls, and %d without regions", g.calls, calls)
	}
	if m.facts.RegionModeOf(q) != RegionAttention || m.facts.RegionModeOf(Request{}) != "" || (Facts{}).RegionModeOf(q) != RegionPrediction {
		t.Error("what is said of the regions is wrong")
	}
	q.RegionMode = RegionPrediction
	g.calls = 0
	all(t, m, q)
	if g.calls != calls+q.Steps || m.facts.RegionModeOf(q) != RegionPrediction {
		t.Errorf("%d calls with mixed predictions", g.calls)
	}
	q.RegionMode = "magic"
	if _, _, _, _, err := m.Plan(q); fault.Of(err) != fault.Settings {
		t.Error(err)
	}
}

// Pictures of a batch are rolled by distances of their own, and so are their regions; prompts joined by AND, which regions do
// not touch, and prompts that change have regions too.
func TestRegionsByAttentionRolled(t *testing.T) {
	m := attentiveNet(t)
	left := maskOf(func(x, _ int) uint8 { return uint8(255 * (1 - x/4)) })
	for _, q := range []Request{{Seeds: []uint64{4, 5}, Prompts: []string{"dog", "dog"}, Shared: Shared{Tiling: "both"}}, {Prompt: "dog", Regions: []Region{{Mask: left, Prompt: "[cat:owl:0.5]"}}, Syntax: true}} {
		q.Steps, q.Guidance = 4, 3
		whole := q
		if q.Regions == nil {
			q.Regions = []Region{{Mask: left, Prompt: "cat"}}
		}
		got := all(t, m, q)
		whole.Regions, whole.Prompts, whole.Prompt = nil, nil, q.Regions[0].Prompt
		region := all(t, m, whole)
		whole.Prompt = "dog"
		rest := all(t, m, whole)
		for i, v := range got.X.Data {
			want := rest.X.Data[i]
			if i%8 < 4 {
				want = region.X.Data[i]
			}
			near(t, "x", float64(v), float64(want), 1e-4)
		}
	}
}

// Windows see the part of a region that is under them.
func TestRegionsByAttentionInWindows(t *testing.T) {
	m := attentiveNet(t)
	r := &run{plan: &plan{model: m, n: 1, height: 4, width: 6, request: Request{Regions: []Region{{}}}}, state: &sample.State{}}
	share := make([]float32, 24)
	base := make([]float32, 24)
	for i := range share {
		share[i] = float32(i%6) / 10
		base[i] = 1 - share[i]
	}
	states := func(n int) family.Condition {
		t := Zeros(1, n, 1)
		for i := range t.Data {
			t.Data[i] = 1
		}
		return family.Condition{family.Hidden: t}
	}
	r.conditioning = &conditioning{plan: r.plan, positives: []weighted{{states(3), 1}}, regions: []region{{condition: states(2), share: share}}, base: base}
	c := r.sharing(row{Condition: states(3), prompt: true}, place{Point: image.Pt(2, 1)}, Zeros(1, 3, 2, 3))
	bias := c["bias"]
	if len(c[family.Hidden].Data) != 5 || len(bias.Data) != 6*5 {
		t.Fatalf("%v %v", c[family.Hidden].Shape, bias.Shape)
	}
	for place := range 6 {
		s := float64(place%3+2) / 10
		near(t, "the prompt's", float64(bias.Data[place*5]), math.Log((1-s)*2/3), 1e-5)
		near(t, "the region's", float64(bias.Data[place*5+4]), math.Log(s), 1e-5)
	}
	if other := r.sharing(row{Condition: states(3)}, place{}, Zeros(1, 3, 2, 3))["bias"]; len(other.Data) != 18 || other.Data[7] != 0 {
		t.Errorf("a row without regions has biases %v", other.Data)
	}
}

// Guided runs with regions call the network as often as without: once a step where it takes both rows at once. Texts of other
// lengths, several pictures, rolled ones and several regions give what two calls give.
func TestRegionsByAttentionInOneCall(t *testing.T) {
	left := maskOf(func(x, _ int) uint8 { return uint8(255 * (1 - x/4)) })
	below := maskOf(func(_, y int) uint8 { return uint8(200 * (y / 4)) })
	for name, q := range map[string]Request{
		"one":               {Prompt: "dog", Negative: "mud"},
		"two":               {Prompt: "dog", Regions: []Region{{Mask: left, Prompt: "cat"}, {Mask: below, Prompt: "owl", Weight: 2}}},
		"nowhere":           {Prompt: "dog", Regions: []Region{{Mask: maskOf(func(x, y int) uint8 { return 255 }), Prompt: "cat"}}},
		"pictures":          {Prompts: []string{"dog", "owl"}, Seeds: []uint64{4, 5}},
		"rolled":            {Prompts: []string{"dog", "owl"}, Seeds: []uint64{4, 5}, Shared: Shared{Tiling: "both"}},
		"a longer negative": {Prompt: "dog", Negative: strings.Repeat("mud ", 90), Syntax: true},
		"changing words":    {Prompt: "[dog:owl:0.5]", Syntax: true},
		"CFG++":             {Prompt: "dog", Sampler: "DDIM", CFGPlusPlus: true},
	} {
		t.Run(name, func(t *testing.T) {
			if q.Regions == nil {
				q.Regions = []Region{{Mask: left, Prompt: "cat"}}
			}
			if q.Steps, q.Seed, q.Guidance = 5, 3, 4; q.CFGPlusPlus {
				q.Guidance = 0.5
			}
			apart, joined := attentiveNet(t), attentiveNet(t)
			joined.oneCall = true
			want, got := all(t, apart, q), all(t, joined, q)
			for i, v := range got.X.Data {
				near(t, "x", float64(v), float64(want.X.Data[i]), 1e-5)
			}
			two, one := apart.net.Graph.(*fakeGraph).calls, joined.net.Graph.(*fakeGraph).calls
			if one != q.Steps || two != 2*q.Steps {
				t.Errorf("%d calls, and %d apart", one, two)
			}
			q.RegionMode = RegionPrediction
			joined.net.Graph.(*fakeGraph).calls = 0
			if all(t, joined, q); joined.net.Graph.(*fakeGraph).calls <= 2*q.Steps {
				t.Error("mixed predictions were left out")
			}
		})
	}
}
