package schedule

import "math"

// Steps picks n of the T timesteps, falling, as DDIM, DDPM and the Euler family
// do. Linspace gives fractions; whole rounds them as the integer classes do.
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

// SolverSteps picks n as the DPM-Solver family does: n+1 points of the first
// last timesteps, without the lowest.
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

// At reads a table at fractional timesteps, straight between its entries.
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
		out[i] = float32(math.Log(float64(s)))
	}
	return out
}

// Timestep is the fractional timestep whose noise level is sigma, straight
// between the logarithms of the table's rising sigmas (k-diffusion's sigma_to_t).
func Timestep(sigma float64, logs []float32) float64 {
	if len(logs) < 2 {
		return 0
	}
	l := math.Log(max(sigma, 1e-10))
	lo := 0
	for lo < len(logs)-2 && float64(logs[lo+1]) <= l {
		lo++
	}
	a, b := float64(logs[lo]), float64(logs[lo+1])
	w := min(max((a-l)/(a-b), 0), 1)
	return (1-w)*float64(lo) + w*float64(lo+1)
}

// Sigma is the noise level at a fractional timestep, straight between the
// logarithms (k-diffusion's t_to_sigma).
func Sigma(t float64, logs []float32) float64 {
	return math.Exp(At(logs, []float64{t})[0])
}
