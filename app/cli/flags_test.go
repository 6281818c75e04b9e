package cli

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"nirvana/app/recipe"
	"nirvana/engine"
)

// notParameters are the flags that are no part of what the engine is asked, each with the reason.
var notParameters = map[string]string{
	"out": "where to", "model": "of the run", "count": "runs one behind the other", "upscale": "of the finished picture", "refine": "likewise", "remove-background": "likewise", "vae": "of the model", "text-encoder": "of the model", "best-of": "a search among seeds: Recipe.BestOf", "init": "a picture", "mask": "a picture", "expand": "what the picture grows by: Recipe.Expand", "depth": "a picture",
	"class": "an index into the model's", "plain": "taken back below", "lora": "merged before the run: Recipe.LoRAs", "embedding": "likewise: Recipe.Embeddings", "control": "pictures", "reference": "pictures", "refiner": "another model", "refiner-at": "its share",
	"trace": "an observer", "recipe": "brings all others", "progress": "an observer", "device": "of the library", "threads": "of the library", "scheduler": "a file, below", "strength": "of a picture, below",
	"change": "by step: Recipe.Changes, in program/steer_test.go", "stroke": "a picture", "stroke-pixels": "of the recipe alone", "from-step": "turns flags into a change", "from": "where to go on from", "states": "an observer", "grid": "several requests", "region": "pictures", "style": "files, below", "styles": "files", "wildcards": "a folder", "no-cut-out": "the opposite of cut-out, which is tested",
}

// Every flag goes into the request, and comes back out of its recipe the same; or is named as no parameter.
func TestEveryFlag(t *testing.T) {
	samples := map[string]string{"prompt": "a", "negative": "b", "sampler": "Euler a", "schedule": "Karras", "steps": "7", "guidance": "4", "guidance-rescale": "0.5", "draft": "few", "deepcache": "3", "guidance-interval": "0.1,0.8",
		"guidance-curve": "9,4", "cfg-pp": "true", "perp-neg": "1", "image-guidance": "1.25", "noise-curve": "1,0.5", "eta-ancestral": "0.5", "s-churn": "2", "s-tmin": "1", "s-tmax": "5", "s-noise": "0.5", "timesteps": "900,100",
		"sigmas": "9,1", "seed": "18446744073709551615", "rng": "philox", "size": "64x32", "soft-mask": "true", "masked-content": "noise", "clip-skip": "1", "true-guidance": "3", "aesthetic-score": "7", "original-size": "5x6", "crop": "7,8", "cut-out": "true", "tiling": "both", "prediction": "v-zsnr", "region-mode": "prediction"}
	for _, p := range new(engine.Shared).Each() { // these say themselves what they can be
		switch p.Value.(type) {
		case *int, *float32:
			samples[p.Flag] = fmt.Sprint(p.Most)
		case *bool:
			samples[p.Flag] = "true"
		}
	}
	generateFlags(unset(), io.Discard).VisitAll(func(f *flag.Flag) {
		if notParameters[f.Name] != "" {
			return
		}
		sample, ok := samples[f.Name]
		if !ok {
			t.Errorf("--%s: give it a sample, or name it in notParameters with the reason", f.Name)
			return
		}
		args := []string{"--out", "a.png", "--seed", "5", "--" + f.Name + "=" + sample}
		if f.Name == "s-tmin" || f.Name == "s-tmax" {
			args = append(args, "--s-churn", "2")
		}
		if f.Name == "cfg-pp" { // whose usual lambda is written down
			args = append(args, "--guidance", "0.5")
		}
		o, err := parse(args, io.Discard)
		plain, _ := parse([]string{"--out", "a.png", "--seed", "5"}, io.Discard)
		if err != nil {
			t.Errorf("--%s %s: %v", f.Name, sample, err)
			return
		}
		if reflect.DeepEqual(o.request, plain.request) {
			t.Errorf("--%s changes nothing of the request", f.Name)
		}
		r := recipe.Of(o.request, engine.Facts{})
		r.Content, r.Soft = o.request.Content, o.request.Soft // there with a mask alone
		path := filepath.Join(t.TempDir(), "r.json")
		data, err := r.JSON()
		if err == nil {
			err = os.WriteFile(path, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		back, err := parse([]string{"--out", "a.png", "--recipe", path}, io.Discard)
		if err != nil || !reflect.DeepEqual(back.request, o.request) {
			t.Errorf("--%s: %v\n got %+v\nwant %+v", f.Name, err, back, o.request)
		}
	})
}

// A recipe stands under the flags: what they set wins, and the rest is the recipe's.
func TestFlagsOverRecipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.json")
	js, _ := json.Marshal(map[string]any{"prompt": "a", "negative_prompt": "b", "prompt_syntax": false, "sampler": "DDIM", "steps": 9, "guidance_scale": 5, "guidance_curve": []int{9, 4}, "timesteps": []int{900, 100}, "seed": uint64(1<<64 - 1),
		"scheduler_config": map[string]any{"_class_name": "DDIMScheduler", "beta_start": 0.01}, "width": 64, "height": 32, "model": "m", "class": "cat", "strength": 0.5, "variation": 0.25, "variation_seed": 3})
	if err := os.WriteFile(path, js, 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := parse([]string{"--out", "a.png", "--recipe", path, "--steps", "4", "--guidance", "0", "--seed", "7", "--negative", ""}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	q := o.request
	if q.Prompt != "a" || q.Negative != "" || q.NoNegative || q.Syntax || q.Sampler != "DDIM" || q.Steps != 4 || q.Timesteps != nil || !q.NoGuidance || q.GuidanceCurve != nil || q.Seed != 7 || q.Scheduler == nil ||
		q.Width != 64 || o.model != "m" || o.class != "cat" || q.Strength != 0 || q.Variation != 0.25 || q.VariationSeed != 3 {
		t.Errorf("%+v\n%+v", q, o)
	}
	if o, err := parse([]string{"--out", "a.png", "--recipe", path}, io.Discard); err != nil || o.request.Seed != 1<<64-1 || len(o.request.Timesteps) != 2 || o.request.Steps != 0 || len(o.request.GuidanceCurve) != 2 {
		t.Errorf("%v, %+v", err, o)
	}
}
