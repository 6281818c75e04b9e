package recipe

// Origin is what a picture came from.
type Origin struct {
	Trajectory string `json:"trajectory"`     // of the picture before: Recipe.Trajectory
	How        string `json:"how"`            // "branch", "variation", "seam", "upscale", or the mode
	Step       int    `json:"step,omitempty"` // that a branch left it at
}

// From reports whether something comes from a picture; nil where nothing is known of that one.
func From(r *Recipe, how string) *Origin {
	if r == nil || r.Trajectory == "" {
		return nil
	}
	return &Origin{Trajectory: r.Trajectory, How: how}
}

// Ended is the recipe as the run ended: with what it was told on its way. Only what a recipe tells alone counts.
func (r Recipe) Ended() Recipe {
	for _, c := range r.Changes {
		for to, from := range map[*string]*string{&r.Prompt: c.Prompt, &r.Negative: c.Negative, &r.Sampler: c.Sampler} {
			if from != nil {
				*to = *from
			}
		}
		for to, from := range map[*float32]*float32{&r.Rescale: c.Rescale, &r.ImageGuidance: c.ImageGuidance, &r.TrueGuidance: c.TrueGuidance, &r.Eta: c.Eta} {
			if from != nil {
				*to = *from
			}
		}
		if c.Guidance != nil {
			r.Guidance, r.Curve = *c.Guidance, nil
		}
		if c.Curve != nil {
			r.Curve = c.Curve
		}
	}
	return r
}
