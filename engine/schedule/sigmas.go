package schedule

import (
	"fmt"
	"math"
	"strings"
)

// Karras are n sigmas from hi to lo, evenly spaced in sigma^(1/rho) (Karras et al., 2022, eq. 5, with rho 7).
func Karras(n int, lo, hi, rho float64) []float64 {
	out, a, b := Linspace(0, 1, n), math.Pow(hi, 1/rho), math.Pow(lo, 1/rho)
	for i, r := range out {
		out[i] = math.Pow(a+r*(b-a), rho)
	}
	return out
}

// Exponential are n sigmas from hi to lo, evenly spaced in log sigma.
func Exponential(n int, lo, hi float64) []float64 {
	out := Linspace(math.Log(hi), math.Log(lo), n)
	for i := range out {
		out[i] = math.Exp(out[i])
	}
	return out
}

// Polyexponential are n sigmas from hi to lo, spaced in log sigma by a power rho of the way: 1 is Exponential.
func Polyexponential(n int, lo, hi, rho float64) []float64 {
	out := Linspace(1, 0, n)
	for i, r := range out {
		out[i] = math.Exp(math.Pow(r, rho)*(math.Log(hi)-math.Log(lo)) + math.Log(lo))
	}
	return out
}

// VP is the continuous variance-preserving schedule of Song et al. (2021), with betaD 19.9, betaMin 0.1 and eps
// 0.001.
func VP(n int, betaD, betaMin, eps float64) []float64 {
	out := Linspace(1, eps, n)
	for i, t := range out {
		out[i] = math.Sqrt(math.Exp(betaD*t*t/2+betaMin*t) - 1)
	}
	return out
}

// BetaSigmas are n sigmas from hi to lo at the quantiles of Beta(a, b), denser at both ends ("Beta Sampling is All
// You Need", 2024, with a = b = 0.6).
func BetaSigmas(n int, lo, hi, a, b float64) []float64 {
	out := Linspace(0, 1, n)
	for i, r := range out {
		out[i] = lo + betaQuantile(1-r, a, b)*(hi-lo)
	}
	return out
}

// LuLambdas are n sigmas from hi to lo, evenly spaced in half log-SNR (Lu et al., 2022). Their ends are logarithms in
// float32, as in the table.
func LuLambdas(n int, lo, hi float64) []float64 {
	out := Linspace(float64(log32(float32(hi))), float64(log32(float32(lo))), n)
	for i := range out {
		out[i] = math.Exp(out[i])
	}
	return out
}

// FlowShift shifts a flow's noise level: s sigma / (1 + (s-1) sigma) (Esser et al., 2024).
func FlowShift(sigma, shift float64) float64 { return shift * sigma / (1 + (shift-1)*sigma) }

// DynamicShift shifts it by mu, linear in e^mu or in mu itself where linear is set.
func DynamicShift(sigma, mu float64, linear bool) float64 {
	if !linear {
		mu = math.Exp(mu)
	}
	return mu / (mu + (1/sigma - 1))
}

// Mu is the dynamic shift for a picture of tokens tokens: the line through (base_image_seq_len, base_shift) and
// (max_image_seq_len, max_shift), beyond them too.
func (c Config) Mu(tokens int) float64 {
	if c.MaxSeqLen == c.BaseSeqLen {
		return c.BaseShift
	}
	m := (c.MaxShift - c.BaseShift) / float64(c.MaxSeqLen-c.BaseSeqLen)
	return float64(tokens)*m + (c.BaseShift - m*float64(c.BaseSeqLen))
}

// Names are the schedules that SigmasNamed knows, with AUTOMATIC1111's names.
func Names() []string {
	return []string{"Automatic", "Uniform", "Karras", "Exponential", "Polyexponential", "SGM Uniform", "KL Optimal",
		"Align Your Steps", "Align Your Steps SDXL", "Simple", "Normal", "DDIM", "Beta", "VP"}
}

// SigmasNamed returns n steps of the named schedule over the table's sigmas, including the last 0 where the schedule
// has one (KL Optimal ends at the least sigma). It fails for unknown names.
func SigmasNamed(name string, n int, t *Table) ([]float64, error) {
	if n < 1 {
		return nil, fmt.Errorf("%d steps: a run needs at least 1", n)
	}
	sigmas := t.Sigmas()
	logs := Logs(sigmas)
	lo, hi := float64(sigmas[0]), float64(sigmas[len(sigmas)-1])
	zero := func(s []float64) ([]float64, error) { return append(s, 0), nil }
	switch strings.ToLower(strings.NewReplacer(" ", "", "_", "", "-", "").Replace(name)) {
	case "karras":
		return zero(Karras(n, lo, hi, 7))
	case "exponential":
		return zero(Exponential(n, lo, hi))
	case "polyexponential":
		return zero(Polyexponential(n, lo, hi, 1))
	case "vp":
		return zero(VP(n, 19.9, 0.1, 1e-3))
	case "beta":
		return zero(BetaSigmas(n, lo, hi, 0.6, 0.6))
	case "", "automatic", "uniform", "normal":
		return zero(atTimes(Linspace(float64(len(sigmas)-1), 0, n), logs))
	case "sgmuniform":
		return zero(atTimes(Linspace(float64(len(sigmas)-1), 0, n+1)[:n], logs))
	case "simple":
		return zero(simple(n, sigmas))
	case "ddim", "ddimuniform":
		return zero(ddimUniform(n, sigmas))
	case "kloptimal":
		return klOptimal(n, lo, hi), nil
	case "alignyoursteps", "ays":
		return zero(alignYourSteps(n, aysSD))
	case "alignyourstepssdxl", "aysxl":
		return zero(alignYourSteps(n, aysSDXL))
	}
	return nil, fmt.Errorf("unknown schedule %q: choose one of %s", name, strings.Join(Names(), ", "))
}

func atTimes(ts []float64, logs []float32) []float64 {
	for i, t := range ts {
		ts[i] = Sigma(t, logs)
	}
	return ts
}

// simple takes every T/n-th of the table from its end.
func simple(n int, sigmas []float32) []float64 {
	out, stride := make([]float64, n), float64(len(sigmas))/float64(n)
	for i := range out {
		out[i] = float64(sigmas[max(len(sigmas)-1-int(float64(i)*stride), 0)])
	}
	return out
}

// ddimUniform goes up from timestep 1 in whole strides, so it may have one step more than n.
func ddimUniform(n int, sigmas []float32) []float64 {
	var out []float64
	stride := max(len(sigmas)/n, 1)
	for t := 1; t < len(sigmas); t += stride {
		out = append([]float64{float64(sigmas[t])}, out...)
	}
	return out
}

// klOptimal is evenly spaced in arctan sigma (Sabour et al., 2024, theorem 3.1).
func klOptimal(n int, lo, hi float64) []float64 {
	out, a, b := make([]float64, n+1), math.Atan(lo), math.Atan(hi)
	for i := range out {
		w := float64(i) / float64(n)
		out[i] = math.Tan(w*a + (1-w)*b)
	}
	return out
}

// The ten-step tables of Align Your Steps (Sabour et al., 2024).
var (
	aysSD   = []float64{14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029}
	aysSDXL = []float64{14.615, 6.315, 3.771, 2.181, 1.342, 0.862, 0.555, 0.380, 0.234, 0.113, 0.029}
)

// alignYourSteps interpolates a table to n points, linearly in log sigma.
func alignYourSteps(n int, table []float64) []float64 {
	if n == len(table) {
		return append([]float64(nil), table...)
	}
	logs := make([]float32, len(table))
	for i, s := range table {
		logs[i] = float32(math.Log(s))
	}
	return atTimes(Linspace(0, float64(len(table)-1), n), logs)
}
