package engine

import (
	"context"
	"image"
	"math"
	"testing"
)

// The forward process walked step by step, each with fresh noise, has the mean and the variance that the closed form tells, at every
// timestep; both are what the schedule's shares say.
func TestChainIsTheClosedForm(t *testing.T) {
	for _, name := range BetaSchedules {
		f, err := NamedForward(name, 1000)
		if err != nil {
			t.Fatal(name, err)
		}
		product := 1.0
		for i := range f.Signal {
			product *= 1 - float64(f.Betas[i])
			if d := product - f.AlphaBar(i); math.Abs(d) > 1e-4 || f.Betas[i] <= 0 || i > 0 && f.SNR(i) >= f.SNR(i-1) {
				t.Fatalf("%s at %d: alpha-bar %g, the product of 1-beta %g, SNR %g", name, i, f.AlphaBar(i), product, f.SNR(i))
			}
		}
	}
	if _, err := NamedForward("round", 10); err == nil {
		t.Error("a schedule that nobody knows")
	}
	m, _ := wordNet(t, 1)
	process := m.Facts().Forward
	if len(process.Signal) != m.Facts().Timesteps {
		t.Fatalf("%d values for %d timesteps", len(process.Signal), m.Facts().Timesteps)
	}
	img := image.NewRGBA(image.Rect(0, 0, 8, 8))
	for i := range img.Pix {
		img.Pix[i] = 255 // x_0 is 1 everywhere
	}
	for _, at := range []int{0, len(process.Signal) / 3, len(process.Signal) - 1} {
		chain, err := m.Chained(context.Background(), img, 7, at)
		if err != nil {
			t.Fatal(err)
		}
		closed, err := m.Noised(context.Background(), img, 7, at)
		if err != nil {
			t.Fatal(err)
		}
		for what, s := range map[string]Step{"step by step": chain, "closed form": closed} {
			n, sum, square := float64(len(s.X.Data)), 0.0, 0.0
			for i, v := range s.X.Data {
				d := float64(v) - float64(process.Signal[at])*float64(s.X0.Data[i])
				sum, square = sum+d, square+d*d
			}
			want := float64(process.Noise[at])
			mean, deviation := sum/n, math.Sqrt(square/n)
			if math.Abs(mean) > 5*want/math.Sqrt(n)+1e-5 || math.Abs(deviation-want) > 5*want/math.Sqrt(2*n)+1e-5 {
				t.Errorf("t = %d, %s: the noise has the mean %g and the deviation %g, and is to have %g", at, what, mean, deviation, want)
			}
		}
		if at > 0 && chain.X.Data[0] == closed.X.Data[0] {
			t.Error("one noise alone")
		}
	}
}
