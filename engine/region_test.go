package engine

import (
	"context"
	"image"
	"math"
	"testing"

	"nirvana/engine/fault"
)

// wordyNet is wordNet whose predictions are by the words: each place sees itself alone.
func wordyNet(t *testing.T) *Model {
	t.Helper()
	m, _ := wordNet(t, 1)
	m.net.Graph.(*fakeGraph).run = func(_ context.Context, in map[string]Tensor) ([]Tensor, error) {
		sum := 0.0
		for _, id := range in["encoder_hidden_states"].Data {
			sum += float64(id)
		}
		out := in["sample"].Clone()
		for i := range out.Data {
			out.Data[i] = 0.3*out.Data[i] + float32(math.Sin(sum))
		}
		return []Tensor{out}, nil
	}
	return m
}

func maskOf(in func(x, y int) uint8) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, 8, 8))
	for i := range m.Pix {
		m.Pix[i] = in(i%8, i/8)
	}
	return m
}

// Each place is as in a picture of its region's words alone, the rest as in one of the prompt's.
func TestRegions(t *testing.T) {
	t.Run("prediction", func(t *testing.T) { checkRegions(t, wordyNet(t)) })
	t.Run("attention", func(t *testing.T) { checkRegions(t, attentiveNet(t)) })
}

func checkRegions(t *testing.T, m *Model) {
	left := maskOf(func(x, _ int) uint8 { return uint8(255 * (1 - x/4)) })
	low := maskOf(func(x, y int) uint8 { return uint8(255 * (x / 4) * (y / 4)) })
	for _, q := range []Request{{Guidance: 1}, {Guidance: 4, Negative: "mud"}, {Guidance: 3, Sampler: "Heun"}, {Guidance: 3, Shared: Shared{Tiling: "both"}}, {Guidance: 2, Syntax: true}} {
		q.Steps, q.Seed = 6, 3
		made := map[string]Step{}
		for _, words := range []string{"dog", "a cat", "owl"} {
			one := q
			one.Prompt = words
			made[words] = all(t, m, one)
		}
		q.Prompt, q.Regions = "dog", []Region{{Mask: left, Prompt: "a cat"}, {Mask: low, Prompt: "owl", Weight: 2}}
		got := all(t, m, q)
		for i, v := range got.X.Data {
			words := "dog"
			switch x, y := i%8, i/8%8; {
			case x < 4:
				words = "a cat"
			case y >= 4:
				words = "owl"
			}
			if want := made[words].X.Data[i]; math.Abs(float64(v-want)) > 1e-4 {
				t.Fatalf("%+v: place %d is %g, and %g of %q alone", q, i, v, want, words)
			}
		}
	}
}

// Shares of overlapping regions are by their weights and make one; soft edges leave the rest to the prompt.
func TestRegionShares(t *testing.T) {
	m := wordyNet(t)
	p, err := m.plan(Request{Steps: 2, Regions: []Region{{Mask: maskOf(func(x, _ int) uint8 { return 255 }), Weight: 1}, {Mask: maskOf(func(x, _ int) uint8 { return uint8(255 * (x / 4)) }), Weight: 3},
		{Mask: maskOf(func(x, y int) uint8 { return 0 })}}})
	if err != nil {
		t.Fatal(err)
	}
	regions, base := p.regions()
	for i := range base {
		want := [4]float64{1, 0, 0, 0}
		if i%8 >= 4 {
			want = [4]float64{0.25, 0.75, 0, 0}
		}
		for k, got := range [4]float32{regions[0].share[i], regions[1].share[i], regions[2].share[i], base[i]} {
			near(t, "share", float64(got), want[k], 1e-5)
		}
	}
	p.request.Regions = []Region{{Mask: maskOf(func(x, _ int) uint8 { return 128 }), Weight: 0.5}}
	regions, base = p.regions()
	near(t, "soft", float64(regions[0].share[9]), 0.251, 2e-3)
	near(t, "the rest", float64(base[9]), 0.749, 2e-3)
}

func TestRegionsRefused(t *testing.T) {
	m := wordyNet(t)
	one := Region{Mask: maskOf(func(x, y int) uint8 { return 255 }), Prompt: "a"}
	for name, regions := range map[string][]Region{"nine": {one, one, one, one, one, one, one, one, one}, "no mask": {{Prompt: "a"}}, "weight": {{Mask: one.Mask, Weight: 11}}, "no number": {{Mask: one.Mask, Weight: float32(math.NaN())}}} {
		if _, _, _, _, err := m.Plan(Request{Steps: 2, Regions: regions}); fault.Of(err) != fault.Settings {
			t.Errorf("%s: %v", name, err)
		}
	}
	pixels, err := fakePixelModel(fakeNet())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, _, err := pixels.Plan(Request{Steps: 2, Regions: []Region{one}}); fault.Of(err) != fault.Settings {
		t.Errorf("a model without words: %v", err)
	}
	q := Drawn(Request{Syntax: true, Seed: 4, Prompt: "{a|b}", Regions: []Region{{Prompt: "{cat|dog}"}, {Prompt: "{cat|dog}"}}})
	for _, g := range q.Regions {
		if g.Prompt != "cat" && g.Prompt != "dog" {
			t.Errorf("drawn %q", g.Prompt)
		}
	}
}
