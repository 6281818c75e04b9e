package models

import (
	"encoding/json"

	"nirvana/engine/fault"
	"nirvana/models/files"
)

// Draft is how a folder's denoiser is run in few steps: LoRA weights that distil it, and a scheduler for them.
// model_index.json names them under _draft.
type Draft struct {
	dir, weights, scheduler string // relative to the folder

	Steps    int     // number of steps it was distilled to
	Guidance float32 // 1: off, or distilled into the weights
}

// readDraft reads the entry in model_index.json; missing files are reported when they are used.
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
		return nil // the engine reports what is wrong with the index
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

// missing is the missing file's name in the folder; "" for none.
func (d *Draft) missing() string {
	for _, name := range []string{d.weights, d.scheduler} {
		if _, _, err := files.Inside(d.dir, name); err != nil {
			return name
		}
	}
	return ""
}
