package models

import (
	"encoding/json"

	"nirvana/engine/fault"
	"nirvana/models/files"
)

// Draft is the way of a folder to few steps: LoRA weights that its denoiser was distilled to, with
// a scheduler of their own. model_index.json names them under _draft.
type Draft struct {
	dir, weights, scheduler string // names from the folder on

	Steps    int     // as many as it was distilled to
	Guidance float32 // 1: guidance is in the weights
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
	if !files.Local(d.Weights) || !files.Local(d.Scheduler) || d.Steps < 1 || d.Steps > 1000 || !(d.Guidance >= 0 && d.Guidance <= 100) {
		return fault.Incomplete.Errorf("model_index.json of %s: _draft must name weights and scheduler, files of the folder, and num_inference_steps from 1 to 1000: fetch the file again", f.Name)
	}
	f.Draft = &Draft{dir: f.Dir, weights: d.Weights, scheduler: d.Scheduler, Steps: d.Steps, Guidance: d.Guidance}
	if f.Draft.Guidance == 0 {
		f.Draft.Guidance = 1
	}
	return nil
}

// Weights is the path of the LoRA file.
func (d *Draft) Weights() (string, error) {
	path, _, err := files.Inside(d.dir, d.weights)
	return path, err
}

// Scheduler is the scheduler's JSON.
func (d *Draft) Scheduler() ([]byte, error) {
	path, _, err := files.Inside(d.dir, d.scheduler)
	if err != nil {
		return nil, err
	}
	data, err := files.Read(path, most)
	return cleanJSON(data), err
}

// missing names what of the draft is not there, as the folder calls it; "" for nothing.
func (d *Draft) missing() string {
	for _, name := range []string{d.weights, d.scheduler} {
		if _, _, err := files.Inside(d.dir, name); err != nil {
			return name
		}
	}
	return ""
}
