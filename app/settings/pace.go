package settings

import "maps"

// mostPaces is for how many models and devices the pace is remembered.
const mostPaces = 32

// paceKey is the key of a pace: a model on a device.
func paceKey(model, device string) string { return model + " on " + device }

// NotePace remembers the seconds per step and pixel, for estimates.
func (t *Settings) NotePace(model, device string, seconds float64) {
	all := maps.Clone(t.Pace)
	if all == nil || len(all) >= mostPaces {
		all = map[string]float64{}
	}
	all[paceKey(model, device)] = seconds
	t.Pace = all
}

// PaceOf returns the pace; 0 if unknown.
func (t Settings) PaceOf(model, device string) float64 { return t.Pace[paceKey(model, device)] }
