package engine

import (
	"strconv"
	"strings"

	"nirvana/engine/fault"
	"nirvana/engine/sample"
)

// mostCurve is how many numbers a curve may have.
const mostCurve = 10000

// ParseCurve reads Request.NoiseCurve; nil for "".
func ParseCurve(text string) ([]float32, error) {
	if text == "" {
		return nil, nil
	}
	parts := strings.Split(text, ",")
	if len(parts) > mostCurve {
		return nil, fault.Settings.Errorf("a noise curve of %d numbers is not possible: use up to %d", len(parts), mostCurve)
	}
	var out []float32
	for _, part := range parts {
		v, err := strconv.ParseFloat(strings.TrimSpace(part), 32)
		if err != nil || !(v >= 0 && v <= 1) {
			return nil, fault.Settings.Errorf("%q is no noise curve: use numbers from 0 to 1 with commas between, for example 1,0.5,0", text)
		}
		out = append(out, float32(v))
	}
	return out, nil
}

// CurveText is the curve as ParseCurve reads it.
func CurveText(curve []float32) string {
	var out []string
	for _, v := range curve {
		out = append(out, strconv.FormatFloat(float64(v), 'g', -1, 32))
	}
	return strings.Join(out, ",")
}

// curveAt is the value of a curve, stretched over n evaluations, at the i-th.
func curveAt(curve []float32, i, n int) float32 {
	k, at := len(curve), 0.0
	if n > 1 {
		at = float64(i) / float64(n-1) * float64(k-1)
	}
	j := min(int(at), k-1)
	f := float32(at - float64(j))
	return curve[j]*(1-f) + curve[min(j+1, k-1)]*f
}

// withNoise is the request with a share of its sampler's noise; nil: all of it.
func (r Request) withNoise(share *float32) Request {
	if share == nil {
		return r
	}
	ancestral := *share
	if r.EtaAncestral != nil {
		ancestral *= *r.EtaAncestral
	}
	r.Eta, r.Churn.Amount, r.EtaAncestral = r.Eta**share, r.Churn.Amount**share, &ancestral
	return r
}

// scaleNoise makes the sampler's noise what the curve says for the next evaluation. The state is kept.
func (r *run) scaleNoise() error {
	if !sample.Rests(r.sampler, r.state) {
		return nil // within a step of several evaluations it stays
	}
	return r.scaleNoiseAt(r.done())
}

func (r *run) scaleNoiseAt(i int) error {
	curve, err := ParseCurve(r.request.NoiseCurve)
	if _, free := r.sampler.(sample.Free); err != nil || curve == nil || free {
		return err
	}
	share := curveAt(curve, i, r.of())
	if r.noiseShare != nil && *r.noiseShare == share {
		return nil
	}
	r.noiseShare = &share
	s, _, err := r.newSampler()
	if err == nil {
		r.sampler, r.times, r.sigmas = s, s.Timesteps(), s.Sigmas()
	}
	return err
}
