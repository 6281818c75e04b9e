package recipe

import "nirvana/engine"

// Churn returns the recipe's churn as an engine parameter.
func (r Recipe) Churn() engine.Churn {
	c := engine.Churn{Amount: r.SChurn, From: r.STMin, Until: r.STMax, Noise: r.SNoise}
	if c.Noise == 0 {
		c.Noise = 1
	}
	return c
}

// SetChurn stores the churn; one that has no effect is left out of the recipe.
func (r *Recipe) SetChurn(c engine.Churn) {
	r.SChurn = c.Amount
	if c.Amount > 0 {
		r.STMin, r.STMax = c.From, c.Until
	}
	if c.Noise != 1 {
		r.SNoise = c.Noise
	}
}
