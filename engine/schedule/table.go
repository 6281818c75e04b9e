package schedule

import (
	"fmt"
	"math"
	"strings"
)

// Table is the noise schedule at every training timestep 0 to T-1.
type Table struct {
	Betas         []float32 // variance that step t adds
	AlphasCumprod []float32 // product of 1-beta up to t, abar_t: the share of x_0's variance left in x_t
	flow          []float32 // a flow's sigma at t, in place of the two above
}

// Table returns the table that the configuration describes: linear and sigmoid (Ho et al., 2020), scaled_linear
// (Rombach et al., 2022), squaredcos_cap_v2 (Nichol & Dhariwal, 2021) or trained betas, rescaled to zero terminal SNR
// (Lin et al., 2024) where rescale_betas_zero_snr is set.
func (c Config) Table() (*Table, error) {
	if c.IsFlow() {
		return &Table{flow: c.flowTable()}, nil
	}
	b, err := c.betas()
	if err != nil {
		return nil, err
	}
	for t, v := range b {
		if !(v >= 0 && v <= 1) {
			return nil, fmt.Errorf("the scheduler's beta at timestep %d is %g, outside 0 to 1: check beta_start, beta_end and trained_betas", t, v)
		}
	}
	if c.ZeroSNR {
		b = zeroTerminalSNR(b)
	}
	return &Table{Betas: b, AlphasCumprod: cumprod(b)}, nil
}

// IsFlow reports whether the class is for rectified flows, x_t = (1-sigma) x_0 + sigma noise.
func (c Config) IsFlow() bool { return strings.HasPrefix(c.Class, "FlowMatch") }

// flowTable is a flow's sigma at t = 0 to T-1, (t+1)/T shifted by a fixed shift.
func (c Config) flowTable() []float32 {
	out := make([]float32, c.TrainTimesteps)
	for t := range out {
		s := float64(float32(t+1) / float32(c.TrainTimesteps))
		if !c.DynamicShift {
			s = FlowShift(s, c.Shift)
		}
		out[t] = float32(s)
	}
	return out
}

// Sigma is the noise level at timestep ts, 0 to T-1: sqrt((1-abar_t)/abar_t), in a flow its own sigma.
func (t *Table) Sigma(ts int) float32 {
	if t.flow != nil {
		return t.flow[ts]
	}
	ac := t.AlphasCumprod[ts]
	if ac == 0 {
		ac = 1.0 / (1 << 24)
	}
	return sqrt32((1 - ac) / ac)
}

func (c Config) betas() ([]float32, error) {
	if len(c.TrainedBetas) > 0 {
		return append([]float32(nil), c.TrainedBetas...), nil
	}
	var b []float32
	switch c.BetaSchedule {
	case "linear":
		b = Linspace32(float32(c.BetaStart), float32(c.BetaEnd), c.TrainTimesteps)
	case "scaled_linear":
		b = Linspace32(float32(math.Sqrt(c.BetaStart)), float32(math.Sqrt(c.BetaEnd)), c.TrainTimesteps)
		for i := range b {
			b[i] *= b[i]
		}
	case "squaredcos_cap_v2":
		bar := func(i int) float64 {
			s := math.Cos((float64(i)/float64(c.TrainTimesteps) + 0.008) / 1.008 * math.Pi / 2)
			return s * s
		}
		b = make([]float32, c.TrainTimesteps)
		for i := range b {
			b[i] = float32(min(1-bar(i+1)/bar(i), 0.999))
		}
	case "sigmoid":
		b = Linspace32(-6, 6, c.TrainTimesteps)
		span, start := float32(c.BetaEnd-c.BetaStart), float32(c.BetaStart)
		for i, x := range b {
			s := float32(1 / (1 + math.Exp(-float64(x))))
			b[i] = float32(s*span) + start
		}
	default:
		return nil, fmt.Errorf("scheduler class %s has no beta_schedule, so no alphas_cumprod", c.Class)
	}
	return b, nil
}

// Linspace32 is torch.linspace of n points from a to b: counted from the nearer end, in float32, each product and sum
// rounded once, as its vectorised code does.
func Linspace32(a, b float32, n int) []float32 {
	out := make([]float32, n)
	if n == 1 {
		out[0] = a
		return out
	}
	step := (b - a) / float32(n-1)
	for i := range out {
		if i < n/2 {
			out[i] = float32(math.FMA(float64(step), float64(i), float64(a)))
		} else {
			out[i] = float32(math.FMA(float64(-step), float64(n-1-i), float64(b)))
		}
	}
	return out
}

// cumprod is the running product of 1-beta, in double precision as torch computes it.
func cumprod(betas []float32) []float32 {
	out, p := make([]float32, len(betas)), 1.0
	for i, b := range betas {
		p *= float64(1 - b)
		out[i] = float32(p)
	}
	return out
}

func zeroTerminalSNR(betas []float32) []float32 {
	s := cumprod(betas)
	for i := range s {
		s[i] = sqrt32(s[i])
	}
	first, last := s[0], s[len(s)-1]
	scale := first / (first - last)
	for i := range s {
		s[i] = (s[i] - last) * scale
		s[i] *= s[i]
	}
	out := make([]float32, len(s))
	out[0] = 1 - s[0]
	for i := 1; i < len(s); i++ {
		out[i] = 1 - s[i]/s[i-1]
	}
	return out
}

// Sigmas are sqrt((1-abar_t)/abar_t), rising with t. A last abar of zero is taken as 2^-24, so that sigma stays
// finite (4096).
func (t *Table) Sigmas() []float32 {
	if t.flow != nil {
		return append([]float32(nil), t.flow...)
	}
	out := make([]float32, len(t.AlphasCumprod))
	for i := range out {
		out[i] = t.Sigma(i)
	}
	return out
}

// Diffuse is the forward process in one step, q(x_t|x_0) of Ho et al. (2020, eq. 4): dst = sqrt(abar_t) x0 +
// sqrt(1-abar_t) noise. dst may be x0 or noise; ts is 0 to T-1.
func (t *Table) Diffuse(dst, x0, noise []float32, ts int) {
	signal, share := t.Share(ts)
	mix(dst, signal, x0, share, noise)
}

// DiffuseStep is one step of the forward process, q(x_t|x_t-1) (eq. 2): dst = sqrt(1-beta_t) xprev + sqrt(beta_t)
// noise. Steps 0 to ts from x_0 have the distribution of Diffuse.
func (t *Table) DiffuseStep(dst, xprev, noise []float32, ts int) {
	if t.flow != nil {
		t.flowStep(dst, xprev, noise, ts)
		return
	}
	b := t.Betas[ts]
	mix(dst, sqrt32(1-b), xprev, sqrt32(b), noise)
}

// flowStep is the Gaussian step from a flow's marginal at ts-1 to that at ts.
func (t *Table) flowStep(dst, xprev, noise []float32, ts int) {
	var before float32
	if ts > 0 {
		before = t.flow[ts-1]
	}
	now := t.flow[ts]
	a := float32(0)
	if before < 1 {
		a = (1 - now) / (1 - before)
	}
	mix(dst, a, xprev, sqrt32(max(now*now-a*a*before*before, 0)), noise)
}

// Share is the factors of x_0 and noise in x_t: sqrt(abar_t) and sqrt(1-abar_t), in a flow 1-sigma and sigma.
func (t *Table) Share(ts int) (signal, noise float32) {
	if t.flow != nil {
		return 1 - t.flow[ts], t.flow[ts]
	}
	ac := t.AlphasCumprod[ts]
	return sqrt32(ac), sqrt32(1 - ac)
}

func mix(dst []float32, a float32, x []float32, b float32, y []float32) {
	for i := range dst {
		dst[i] = float32(a*x[i]) + float32(b*y[i])
	}
}

func sqrt32(x float32) float32 { return float32(math.Sqrt(float64(x))) }
