package engine

import (
	"context"
	"slices"
	"testing"
)

func walked(t *testing.T, m *Model, q Request) (x [][]float32, states []State) {
	t.Helper()
	for s, err := range m.Generate(context.Background(), q) {
		if err != nil {
			t.Fatal(err)
		}
		if s.Pictures == nil || len(x) == 0 || s.Index >= len(x) {
			x, states = append(x, slices.Clone(s.X.Data)), append(states, s.State)
		}
	}
	return x, states
}

// A curve of the noise that is flat is the number alone; 0 takes the noise away; one that changes is the same run as one that is told
// so step by step, and goes on from any step's state to the bit.
func TestNoiseCurve(t *testing.T) {
	m, _ := wordNet(t, 1)
	same := func(a, b [][]float32) int {
		for i := range a {
			if !slices.Equal(a[i], b[i]) {
				return i
			}
		}
		return -1
	}
	for _, sampler := range []string{"DDIM", "Euler a", "Euler", "DPM++ 2M SDE"} {
		q := Request{Prompt: "a", Sampler: sampler, Steps: 6, Seed: 4, KeepLatents: true, Churn: Churn{Amount: 3}}
		q.Eta = 0.8
		whole, _ := walked(t, m, q)
		half, quiet, falling := q, q, q
		half.NoiseCurve, quiet.NoiseCurve, falling.NoiseCurve = "1", "0", "1,0"
		if x, _ := walked(t, m, half); same(whole, x) >= 0 {
			t.Errorf("%s: all of the noise differs from step %d", sampler, same(whole, x))
		}
		none := q
		zero := float32(0)
		none.Eta, none.EtaAncestral, none.Churn.Amount = 0, &zero, 0
		want, _ := walked(t, m, none)
		if x, _ := walked(t, m, quiet); same(want, x) >= 0 {
			t.Errorf("%s: none of the noise differs from step %d", sampler, same(want, x))
		}
		x, states := walked(t, m, falling)
		if k := same(whole, x); k != 2 || same(want, x) > 1 || same(want, x) < 0 {
			t.Errorf("%s: falling noise leaves all of it at step %d, and none at %d", sampler, k, same(want, x))
		}
		for k := range states[:6] {
			on := falling
			on.Resume = &states[k]
			if rest, _ := walked(t, m, on); same(rest, x[k:]) >= 0 {
				t.Errorf("%s: gone on with from step %d it differs from %d", sampler, k, k+same(rest, x[k:]))
			}
		}
	}
	told := Request{Prompt: "a", Sampler: "DDIM", Steps: 5, Seed: 4, KeepLatents: true}
	told.Eta = 0.8
	curve := told
	curve.NoiseCurve = "1,0.5,0"
	for i, v := range []float32{0.8, 0.6, 0.4, 0.2, 0} {
		told.Changes = append(told.Changes, Change{At: i, Eta: &v})
	}
	a, _ := walked(t, m, told)
	b, _ := walked(t, m, curve)
	for i := range a {
		for j := range a[i] {
			if d := a[i][j] - b[i][j]; d > 1e-5 || d < -1e-5 {
				t.Fatalf("told step by step it differs at step %d by %g", i, d)
			}
		}
	}
	for _, wrong := range []string{"x", "1,2", "-1", "1,,0", "NaN"} {
		if _, err := ParseCurve(wrong); err == nil {
			t.Errorf("%q is taken for a curve", wrong)
		}
	}
	if got, err := ParseCurve(CurveText([]float32{1, 0.3, 0})); err != nil || !slices.Equal(got, []float32{1, 0.3, 0}) {
		t.Error(got, err)
	}
}
