package schedule

import "math"

// Steps are n of the T timesteps, falling, as DDIM, DDPM and the Euler family choose them. Linspace gives fractions;
// whole rounds them as the integer classes do.
func (c Config) Steps(n int, whole bool) []float64 {
	out := make([]float64, n)
	switch c.Spacing {
	case "leading":
		ratio := c.TrainTimesteps / n
		for i := range out {
			out[n-1-i] = float64(i*ratio + c.Offset)
		}
	case "trailing":
		return Trailing(c.TrainTimesteps, c.TrainTimesteps, n)
	default:
		for i := range out {
			out[n-1-i] = linspaceAt(0, float64(c.TrainTimesteps-1), n, i)
			if whole {
				out[n-1-i] = math.RoundToEven(out[n-1-i])
			}
		}
	}
	return out
}

// SolverSteps are n timesteps as the DPM-Solver family chooses them: n+1 points of the first last timesteps, without
// the lowest.
func (c Config) SolverSteps(n, last int) []float64 {
	out := make([]float64, n)
	switch c.Spacing {
	case "leading":
		ratio := last / (n + 1)
		for i := range out {
			out[n-1-i] = float64((i+1)*ratio + c.Offset)
		}
	case "trailing":
		return Trailing(last, c.TrainTimesteps, n)
	default:
		for i := range out {
			out[n-1-i] = math.RoundToEven(linspaceAt(0, float64(last-1), n+1, i+1))
		}
	}
	return out
}

// Trailing goes down from the last timestep in strides of total/n.
func Trailing(last, total, n int) []float64 {
	stride := float64(total) / float64(n)
	count := int(math.Ceil(float64(last) / stride))
	out := make([]float64, count)
	for i := range out {
		out[i] = math.RoundToEven(float64(last)-float64(i)*stride) - 1
	}
	return out
}

// linspaceAt is point i of numpy.linspace(a, b, n).
func linspaceAt(a, b float64, n, i int) float64 {
	if n == 1 {
		return a
	}
	if i == n-1 {
		return b
	}
	return a + float64(i)*((b-a)/float64(n-1))
}

// Linspace is numpy.linspace: n points from a to b, both included.
func Linspace(a, b float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = linspaceAt(a, b, n, i)
	}
	return out
}

// At reads a table at fractional timesteps, interpolating linearly.
func At(table []float32, ts []float64) []float64 {
	out := make([]float64, len(ts))
	for i, t := range ts {
		t = min(max(t, 0), float64(len(table)-1))
		lo := min(int(t), max(len(table)-2, 0))
		hi := min(lo+1, len(table)-1)
		a, b := float64(table[lo]), float64(table[hi])
		out[i] = a + (b-a)*(t-float64(lo))
	}
	return out
}

// Logs is the natural logarithm of a table, in float32.
func Logs(sigmas []float32) []float32 {
	out := make([]float32, len(sigmas))
	for i, s := range sigmas {
		out[i] = log32(s)
	}
	return out
}

// log32 is the logarithm of numpy's vectorised float32, a rational approximation, to the bit: its error of an ulp
// decides whether the noisiest level's timestep is 999 or, truncated, 998.
func log32(x float32) float32 {
	if !(x > 0) || math.IsInf(float64(x), 1) {
		return float32(math.Log(float64(x)))
	}
	m, e := math.Frexp(float64(x))
	if m *= 2; float32(m) > float32(math.Sqrt2) {
		m /= 2
	} else {
		e--
	}
	y := float32(m) - 1
	fma := func(a, b, c float32) float32 { return float32(math.FMA(float64(a), float64(b), float64(c))) }
	up, down := float32(2.589979117907922693523e-02), float32(5.875095403124574342950e-03)
	for _, c := range []float32{3.808837741388407920751e-01, 1.480000633576506585156, 2.112677543073053063722, 9.999999999999998702752e-01, 0} {
		up = fma(up, y, c)
	}
	for _, c := range []float32{1.546476374983906719538e-01, 9.864942958519418960339e-01, 2.453006071784736363091, 2.612677543073109236779, 1} {
		down = fma(down, y, c)
	}
	return fma(float32(e), float32(math.Ln2), up/down)
}

// Timestep is the fractional timestep with the noise level sigma, linear between the logarithms of the table's rising
// sigmas (k-diffusion's sigma_to_t).
func Timestep(sigma float64, logs []float32) float64 {
	if len(logs) < 2 {
		return 0
	}
	l := math.Log(max(sigma, 1e-10))
	lo := len(logs) - 1 // the last level not above: at zero terminal SNR the very last is not the noisiest
	for lo > 0 && float64(logs[lo]) > l {
		lo--
	}
	lo = min(lo, len(logs)-2)
	a, b := float64(logs[lo]), float64(logs[lo+1])
	w := min(max((a-l)/(a-b), 0), 1)
	return (1-w)*float64(lo) + w*float64(lo+1)
}

// Sigma is the noise level at a fractional timestep, linear between the logarithms (k-diffusion's t_to_sigma).
func Sigma(t float64, logs []float32) float64 {
	return math.Exp(At(logs, []float64{t})[0])
}
