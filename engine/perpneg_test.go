package engine

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
)

func TestPerpNeg(t *testing.T) {
	data, err := os.ReadFile("testdata/perpneg.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Scale, Weight float32
		C, U, E       []float32
		Result        []float64
	}
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	perpNeg(f.C, f.U, f.E, 2, f.Scale, f.Weight)
	for i, want := range f.Result {
		near(t, "value", float64(f.C[i]), want, 2e-5*math.Max(1, math.Abs(want)))
	}
}

// CFG++ asks for both rows whatever its scale, and only where the sampler can do it.
func TestPlusPlusRun(t *testing.T) {
	g := fakeNet()
	m, err := fakePixelModel(g)
	if err != nil {
		t.Fatal(err)
	}
	r := Request{Steps: 5, Seed: 3, Sampler: "Euler", ClassLabels: []int{1}}
	plain := collect(t, m, r)
	r.CFGPlusPlus, r.Guidance = true, 1
	g.calls = 0
	plus := collect(t, m, r)
	if g.calls != 10 && g.calls != 5 { // two calls an evaluation, or one of both rows
		t.Errorf("%d calls in 5 evaluations", g.calls)
	}
	d := 0.0
	for i, v := range plus[5].X.Data {
		d = math.Max(d, math.Abs(float64(v-plain[5].X.Data[i])))
	}
	if d < 1e-3 {
		t.Errorf("renoising by the unguided answer changes x_0 by %g only", d)
	}
	r.Sampler = "DPM++ 2M"
	for _, err := range m.Generate(context.Background(), r) {
		if err == nil || !strings.Contains(err.Error(), "Euler a") {
			t.Errorf("CFG++ with DPM++ 2M: %v", err)
		}
	}
}

// An adaptive sampler tells how far it is, ends when it says so, and goes on from any step.
func TestAdaptiveRun(t *testing.T) {
	m, err := fakePixelModel(fakeNet())
	if err != nil {
		t.Fatal(err)
	}
	r := Request{Steps: 12, Seed: 4, Sampler: "DPM adaptive"}
	whole := collect(t, m, r)
	for i, s := range whole {
		if s.Index != i || s.Of < i || (s.Of == i) != (i == len(whole)-1) {
			t.Errorf("step %d of %d says %d of %d", i, len(whole)-1, s.Index, s.Of)
		}
		if i > 0 && s.Sigma > whole[0].Sigma {
			t.Errorf("step %d stands at sigma %g, above the first", i, s.Sigma)
		}
	}
	for _, at := range []int{1, 4, 9, len(whole) - 2} {
		r.Resume = &whole[at].State
		steps := collect(t, m, r)
		last, want := steps[len(steps)-1], whole[len(whole)-1]
		if last.Index != want.Index || string(last.Pictures[0].Pix) != string(want.Pictures[0].Pix) {
			t.Errorf("resumed at %d it ends after %d steps in another picture", at, last.Index)
		}
	}
	r.Resume, r.End = nil, 0.5
	for _, err := range m.Generate(context.Background(), r) {
		if err == nil || !strings.Contains(err.Error(), "cut") {
			t.Errorf("an adaptive run cut in two: %v", err)
		}
	}
}
