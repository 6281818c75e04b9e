package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"time"

	"nirvana/app/recipe"
	"nirvana/engine"
	"nirvana/models"
)

// search is --best-of: the picture of the seed with the verifier's highest score, with that seed in its recipe.
func (o *options) search(ctx context.Context, env Env, m *Opened, f models.Folder, j *job, i int) error {
	r := j.request
	r.Seed += uint64(i) * uint64(o.bestOf)
	if err := o.fromFiles(env.Home, &r); err != nil {
		return err
	}
	start := time.Now()
	var made *image.RGBA
	var best engine.SearchStep
	trails := make([]recipe.Trail, o.bestOf)
	for s, err := range m.Search(ctx, r, o.bestOf) {
		if err != nil {
			return err
		}
		if !s.Scored || s.Pictures != nil {
			trails[s.Run].Add(s.Step)
		}
		o.reportSearch(env, i, s, start)
		if s.Pictures != nil && !s.Stopped {
			made, best = s.Pictures[0], s
		}
	}
	if made == nil {
		return fmt.Errorf("the search gave no picture")
	}
	if o.progress == "" {
		fmt.Fprintf(env.Out, "best of %d: seed %d, score %.2f\n", o.bestOf, best.Seed, best.Score)
	}
	r.Seed = best.Seed
	o.score = best.Score
	return o.save(ctx, env, m, f, j, r, made, o.fileName(i), time.Since(start), trails[best.Run])
}

// reportSearch writes progress, an object a line, when asked for.
func (o *options) reportSearch(env Env, picture int, s engine.SearchStep, start time.Time) {
	if o.progress != "json" {
		return
	}
	line := map[string]any{"picture": picture + 1, "of_pictures": o.count, "seed": s.Seed, "step": s.Index, "of": s.Of,
		"timestep": s.Timestep, "sigma": s.Sigma, "seconds": time.Since(start).Seconds(), "stopped": s.Stopped, "done": s.Pictures != nil && !s.Stopped}
	if s.Scored {
		line["score"] = s.Score
	}
	if data, err := json.Marshal(line); err == nil {
		fmt.Fprintln(env.Out, string(data))
	}
}
