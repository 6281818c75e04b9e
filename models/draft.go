package models

import (
	"encoding/json"
	"os"
	"path/filepath"

	"nirvana/engine/fault"
)

// Draft is the way of a folder to few steps: LoRA weights that its denoiser was distilled to, with
// a scheduler of their own. model_index.json names them under _draft.
type Draft struct {
	Weights   string  // path of the LoRA file
	Scheduler string  // path of the scheduler's JSON
	Steps     int     // as many as it was distilled to
	Guidance  float32 // 1: guidance is in the weights
}

// readDraft takes the entry from model_index.json; whether its files are there is told when they are used.
func (f *Folder) readDraft() error {
	var index struct {
		Draft *struct {
			Weights   string  `json:"weights"`
			Scheduler string  `json:"scheduler"`
			Steps     int     `json:"num_inference_steps"`
			Guidance  float32 `json:"guidance_scale"`
		} `json:"_draft"`
	}
	if json.Unmarshal(f.Index, &index) != nil || index.Draft == nil {
		return nil // the engine says what is wrong with the index
	}
	d := index.Draft
	weights, scheduler := filepath.FromSlash(d.Weights), filepath.FromSlash(d.Scheduler)
	if !filepath.IsLocal(weights) || !filepath.IsLocal(scheduler) || d.Steps < 1 || d.Steps > 1000 || d.Guidance < 0 || d.Guidance > 100 {
		return fault.Incomplete.Errorf("model_index.json of %s: _draft must name weights and scheduler, files of the folder, and num_inference_steps from 1 to 1000: fetch the file again", f.Name)
	}
	f.Draft = &Draft{filepath.Join(f.Dir, weights), filepath.Join(f.Dir, scheduler), d.Steps, d.Guidance}
	if f.Draft.Guidance == 0 {
		f.Draft.Guidance = 1
	}
	return nil
}

// missing names what of the draft is not there, as the folder calls it; "" for nothing.
func (d *Draft) missing(dir string) string {
	for _, path := range []string{d.Weights, d.Scheduler} {
		if info, err := os.Stat(path); err != nil || info.IsDir() {
			name, _ := filepath.Rel(dir, path)
			return filepath.ToSlash(name)
		}
	}
	return ""
}
