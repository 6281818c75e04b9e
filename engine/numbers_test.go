package engine

import (
	"math"
	"slices"
	"testing"

	"nirvana/engine/tile"
)

// Expected values: computed with diffusers 58eb52c0 under CPU torch 1.13.1, float32.

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s = %.9g, want %.9g", what, got, want)
	}
}

func absSum(v []float32) float64 {
	s := 0.0
	for _, x := range v {
		s += math.Abs(float64(x))
	}
	return s
}

func guidedPair() (c, u []float32) {
	c, u = make([]float32, 1024), make([]float32, 1024)
	for i := range c {
		a := float64(float32(i) / 1024)
		u[i], c[i] = float32(math.Sin(7*a)), float32(math.Cos(5*a))
	}
	return c, u
}

func TestGuidance(t *testing.T) {
	c, u := guidedPair()
	guide(c, u, 7.5)
	near(t, "sum", absSum(c), 2848.595458984375, 0.01)
	near(t, "second", float64(c[1]), 7.455477237701416, 1e-5)
}

func TestGuidanceRescale(t *testing.T) {
	for phi, want := range map[float32]float64{0: 2848.595458984375, 0.7: 1640.118408203125, 1: 1122.199462890625} {
		c, u := guidedPair()
		text := append([]float32(nil), c...)
		guide(c, u, 7.5)
		rescale(c, text, 4, phi)
		near(t, "sum", absSum(c), want, 0.01)
	}
}

func TestGuidanceIntervalAndCurve(t *testing.T) {
	r := Request{Guidance: 5, GuidanceFrom: 0.2, GuidanceUntil: 0.8}
	want := []float32{1, 1, 5, 5, 5, 5, 5, 5, 1, 1}
	for i, w := range want {
		if g, on := r.guidanceAt(i, 10, 7.5); g != w || on != (w > 1) {
			t.Errorf("evaluation %d: guidance %g, %v, want %g", i, g, on, w)
		}
	}
	r = Request{GuidanceCurve: []float32{2, 6}}
	for i, w := range []float32{2, 3, 4, 5, 6} {
		if g, _ := r.guidanceAt(i, 5, 7.5); g != w {
			t.Errorf("curve at %d: %g, want %g", i, g, w)
		}
	}
}

// toyDecode is D(z) = nearest x8 of the first three channels + the mean of the tile.
func toyDecode(z Tensor) (Tensor, error) {
	mean := 0.0
	for _, v := range z.Data {
		mean += float64(v)
	}
	mean /= float64(len(z.Data))
	h, w := z.Shape[2], z.Shape[3]
	out := Zeros(1, 3, 8*h, 8*w)
	for i := range out.Data {
		c, y, x := i/(64*h*w), i/(8*w)%(8*h), i%(8*w)
		out.Data[i] = z.Data[(c*h+y/8)*w+x/8] + float32(mean)
	}
	return out, nil
}

func TestTiledDecode(t *testing.T) {
	for _, c := range []struct {
		h, w   int
		sum    float64
		probes map[[2]int]float64
	}{
		{24, 24, 96887.609375, map[[2]int]float64{{0, 0}: 0.4563802182674408, {95, 95}: 0.5757378339767456, {96, 96}: 0.5865885615348816, {99, 101}: 0.5965137481689453, {191, 191}: 0.814453125}},
		{20, 30, 101304.015625, map[[2]int]float64{{0, 0}: 0.47187498211860657, {95, 95}: 0.6139582991600037, {99, 101}: 0.6364338994026184, {159, 239}: 0.8293750286102295}},
	} {
		z := Zeros(1, 4, c.h, c.w)
		for i := range z.Data {
			z.Data[i] = float32(i) / float32(len(z.Data))
		}
		out, err := tile.Run(z, 16, 8, nil, toyDecode)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "sum", absSum(out.Data), c.sum, 0.5)
		for at, want := range c.probes {
			near(t, "probe", float64(out.Data[at[0]*out.Shape[3]+at[1]]), want, 1e-5)
		}
	}
}

// Every row has the norm of the conditional prediction's; a row of zeros stays.
func TestKeepNorm(t *testing.T) {
	guided, text := []float32{6, 8, 0, 0, 0, -2}, []float32{0, 5, 1, 1, 1, 0}
	keepNorm(guided, text, 2)
	if want := []float32{3, 4, 0, 0, 0, -1}; !slices.Equal(guided, want) {
		t.Errorf("%v, not %v", guided, want)
	}
}
