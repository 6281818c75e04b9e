package recipe

// Origin is the picture that another came from.
type Origin struct {
	Trajectory string `json:"trajectory"`     // of the source picture: Recipe.Trajectory
	How        string `json:"how"`            // "branch", "variation", "seam", "upscale", or the mode
	Step       int    `json:"step,omitempty"` // at which a branch left it
}

// From is the origin of something made from a picture; nil if nothing is known of it.
func From(r *Recipe, how string) *Origin {
	if r == nil || r.Trajectory == "" {
		return nil
	}
	return &Origin{Trajectory: r.Trajectory, How: how}
}

// Ended is the recipe with the parameters at the end of the run; strokes and grafts are ignored.
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
