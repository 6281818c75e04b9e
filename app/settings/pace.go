package settings

import "maps"

// mostPaces are kept: of so many models and devices it is known how quick they are.
const mostPaces = 32

// paceKey is what a pace is kept under: a model on a device.
func paceKey(model, device string) string { return model + " on " + device }

// NotePace remembers how many seconds a step takes a pixel, for estimates.
func (t *Settings) NotePace(model, device string, seconds float64) {
	all := maps.Clone(t.Pace)
	if all == nil || len(all) >= mostPaces {
		all = map[string]float64{}
	}
	all[paceKey(model, device)] = seconds
	t.Pace = all
}

// PaceOf is it; 0 where it is unknown.
func (t Settings) PaceOf(model, device string) float64 { return t.Pace[paceKey(model, device)] }
