package job

import (
	"slices"

	"nirvana/app/recipe"
	"nirvana/app/task"
	"nirvana/engine"
)

// Suit takes out of a prepared job that was composed before its model was open what the model does not take, as if it had been
// open.
func (j *Job) Suit(f engine.Facts) {
	if !j.Unopened {
		return
	}
	j.Unopened = false
	q := &j.Request
	task.ApplyModelOptions(q, f, j.Refiner.Dir != "")
	if !f.Text {
		q.Regions = nil
	}
	if !f.Depth {
		q.Depth = nil
	}
	pictures := f.References
	if j.Mode != task.TextToImage {
		pictures = max(pictures-1, 0)
	}
	q.References = q.References[:min(len(q.References), pictures)]
	if f.Inpaint && len(q.Changes) == 1 && q.Changes[0].Keep != nil { // it sees the mask
		q.Changes = nil
	}
	j.suitControls(f)
	switch n := len(f.Classes); {
	case n == 0:
		q.ClassLabels = nil
	case len(q.ClassLabels) > 0:
		q.ClassLabels = []int{min(q.ClassLabels[0], n-1)}
	}
	j.Recipe.Suit(*q, f)
}

// suitControls leaves the ControlNets that the model has.
func (j *Job) suitControls(f engine.Facts) {
	var controls []engine.Control
	var nets []string
	var told []recipe.Control
	for i, c := range j.Request.Control {
		if i >= len(j.Nets) {
			break
		}
		if c.Net = slices.Index(f.ControlNames, j.Nets[i]); c.Net >= 0 {
			controls, nets = append(controls, c), append(nets, j.Nets[i])
			if i < len(j.Recipe.Controls) {
				told = append(told, j.Recipe.Controls[i])
			}
		}
	}
	j.Request.Control, j.Nets, j.Recipe.Controls = controls, nets, told
}
