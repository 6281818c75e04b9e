package conformance

import (
	"encoding/json"
	"fmt"
	"math"

	"nirvana/engine"
)

// Verdict is the comparison of a case.
type Verdict struct {
	// Latents is the largest difference of x_t over all steps, Tolerance what is allowed.
	Latents, Tolerance float64
	Pixels             float64 // largest difference of the recorded pixels, 8-bit steps
	Mean               float64 // largest difference of a picture's mean, 0..1
	Wrong              []string
}

// OK reports whether everything agrees.
func (v Verdict) OK() bool { return len(v.Wrong) == 0 }

func (v *Verdict) blame(format string, args ...any) {
	v.Wrong = append(v.Wrong, fmt.Sprintf(format, args...))
}

// compare compares a result with the recording.
func (f *File) compare(c *Case, r *Result) (Verdict, error) {
	var e Expected
	if err := json.Unmarshal(c.Expected, &e); err != nil {
		return Verdict{}, fmt.Errorf("expected values: %w", err)
	}
	v := Verdict{Tolerance: f.Tolerance.Latents * math.Max(1, deviation(e.Final.Values))}
	v.tokens("token_ids", e.TokenIDs, r)
	v.tokens("token_ids_2", e.TokenIDs2, r)
	v.tokens("token_ids_3", e.TokenIDs3, r)
	if c.Negative != nil {
		v.tokens("negative_token_ids", e.NegativeIDs, r)
	}
	v.numbers("timesteps given to the network", e.NetSteps, flat(r.Tensors["timestep"]))
	if e.Initial != nil {
		v.latents("start", *e.Initial, r.Steps[0].X)
	}
	if len(e.Steps) != len(r.Steps)-1 {
		v.blame("%d steps ran, %d were recorded", len(r.Steps)-1, len(e.Steps))
	}
	for i := 0; i < min(len(e.Steps), len(r.Steps)-1); i++ {
		v.latents(fmt.Sprintf("step %d", i+1), e.Steps[i], r.Steps[i+1].X)
	}
	v.final(e, r.Final())
	v.pictures(f, e, r)
	return v, nil
}

func flat(ts []engine.Tensor) []float64 {
	var out []float64
	for _, t := range ts {
		for _, x := range t.Data {
			out = append(out, float64(x))
		}
	}
	return out
}

// tokens compares ids row by row; a recording has a row per prompt, the engine one per picture. Ids of a T5 are
// recorded without padding.
func (v *Verdict) tokens(name string, want [][]int, r *Result) {
	per := 1
	if n := len(r.Tensors[name]); len(want) > 0 && n%len(want) == 0 {
		per = max(n/len(want), 1)
	}
	for i, row := range want {
		if i*per >= len(r.Tensors[name]) {
			v.blame("%s: row %d is missing", name, i)
			return
		}
		got := r.Tensors[name][i*per].Data
		for k, id := range row {
			if k >= len(got) || int(got[k]) != id {
				v.blame("%s: token %d of row %d differs", name, k, i)
				return
			}
		}
	}
}

func (v *Verdict) numbers(what string, want, got []float64) {
	if len(want) != len(got) {
		v.blame("%s: %d instead of %d", what, len(got), len(want))
		return
	}
	for i := range want {
		if got[i] == math.Trunc(want[i]) {
			continue // a network with integer timesteps does not get the fraction; the latents show whether it matters
		}
		if math.Abs(want[i]-got[i]) > 1e-3*math.Max(1, math.Abs(want[i])/1000) {
			v.blame("%s: %g instead of %g at %d", what, got[i], want[i], i)
			return
		}
	}
}

// latents compares a fingerprint.
func (v *Verdict) latents(what string, want Sum, got engine.Tensor) {
	worst := 0.0
	n := len(got.Data)
	for k, w := range want.At {
		worst = math.Max(worst, differ(float64(got.Data[k*(n-1)/7]), w))
	}
	mean, dev := moments(got.Data)
	worst = math.Max(worst, math.Max(differ(mean, want.Mean), differ(dev, want.Std)))
	v.worst(what, worst)
}

// differ is the absolute difference; infinite if only one value is NaN.
func differ(a, b float64) float64 {
	d := math.Abs(a - b)
	if math.IsNaN(d) {
		return math.Inf(1)
	}
	return d
}

func (v *Verdict) worst(what string, d float64) {
	v.Latents = math.Max(v.Latents, d)
	if d > v.Tolerance {
		v.blame("%s is off by %.3g", what, d)
	}
}

func (v *Verdict) final(e Expected, got engine.Tensor) {
	if len(e.Final.Values) != len(got.Data) {
		v.blame("final latents: %d values instead of %d", len(got.Data), len(e.Final.Values))
		return
	}
	worst := 0.0
	for i, w := range e.Final.Values {
		worst = math.Max(worst, differ(float64(got.Data[i]), w))
	}
	v.worst("final latents", worst)
}

func (v *Verdict) pictures(f *File, e Expected, r *Result) {
	if len(e.Image) != len(r.Pictures) {
		v.blame("%d pictures instead of %d", len(r.Pictures), len(e.Image))
		return
	}
	for i, want := range e.Image {
		img := r.Pictures[i]
		for _, p := range want.Pixels {
			got := img.RGBAAt(p[0], p[1])
			for k, c := range []uint8{got.R, got.G, got.B} {
				v.Pixels = math.Max(v.Pixels, math.Abs(float64(c)-float64(p[2+k])))
			}
		}
		sum, n := 0.0, 0
		for k, x := range img.Pix {
			if k%4 != 3 {
				sum, n = sum+float64(x)/255, n+1
			}
		}
		v.Mean = math.Max(v.Mean, math.Abs(sum/float64(n)-want.Mean))
	}
	if v.Pixels > f.Tolerance.Pixel {
		v.blame("a pixel is off by %g", v.Pixels)
	}
	if v.Mean > f.Tolerance.ImageMean+0.5/255*0.1 {
		v.blame("a picture's mean is off by %.2g", v.Mean)
	}
}

// moments returns the mean and the population standard deviation.
func moments(x []float32) (mean, dev float64) {
	for _, v := range x {
		mean += float64(v)
	}
	mean /= float64(len(x))
	for _, v := range x {
		dev += (float64(v) - mean) * (float64(v) - mean)
	}
	return mean, math.Sqrt(dev / float64(len(x)))
}

func deviation(x []float64) float64 {
	f := make([]float32, len(x))
	for i, v := range x {
		f[i] = float32(v)
	}
	_, dev := moments(f)
	return dev
}
