package settings

import (
	"slices"

	"nirvana/app/library"
	"nirvana/app/recipe"
	"nirvana/engine"
)

// Control is the picture and weight of one ControlNet.
type Control struct {
	// Source is where its picture comes from: "" (off), "edges" (Canny, of the picture under the frame), "scribble"
	// (the lines drawn on the canvas) or "file".
	Source     string
	File       string  // a depth map, a pose or edges, for "file"
	Net        string  // which ControlNet; "": the first
	NetFile    string  // the file of one that is not part of the model; Net is its name
	BrushMasks bool    // with "scribble", the brush still paints the mask
	Scale      float32 // 0 to 2
	From       float32 // share of the steps at which it starts
	Until      float32 // and at which it ends
}

// ControlSources are the values of Control.Source.
var ControlSources = []string{"", "edges", "scribble", "file"}

func (c *Control) clamp() {
	if c.Until <= 0 {
		c.Scale, c.Until = 1, 1 // settings of versions without Control
	}
	c.Scale, c.From, c.Until = min(max(c.Scale, 0), 2), unit(c.From), unit(c.Until)
	c.From = min(c.From, c.Until)
	if !slices.Contains(ControlSources, c.Source) {
		c.Source = ""
	}
}

// MaxControls is how many ControlNets can be used at once.
const MaxControls = library.MaxControls

// Controls returns a copy of all ControlNets' settings.
func (t *Settings) Controls() []Control {
	return append([]Control{t.Control}, t.MoreControls...)
}

// SetControls replaces them; those beyond MaxControls are dropped.
func (t *Settings) SetControls(all []Control) {
	t.Control, t.MoreControls = all[0], slices.Clone(all[1:min(len(all), MaxControls)])
}

// AddControl adds another ControlNet: the model's next one, with the picture's edges.
func (t *Settings) AddControl(names []string) {
	all := t.Controls()
	if len(all) == MaxControls {
		return
	}
	c := Control{Source: "edges", Scale: 1, Until: 1}
	if n := len(names); n > 0 {
		c.Net = names[len(all)%n]
	}
	t.SetControls(append(all, c))
}

// DropControl removes one, counted from 0; the last one is turned off instead.
func (t *Settings) DropControl(k int) {
	all := t.Controls()
	if k >= len(all) {
		return
	}
	if all = slices.Delete(all, k, k+1); len(all) == 0 {
		all = []Control{Default().Control}
	}
	t.SetControls(all)
}

// follows reports whether some ControlNet of a model uses this source.
func (t Settings) follows(f engine.Facts, accept func(Control) bool) bool {
	return slices.ContainsFunc(t.Controls(), func(c Control) bool { return (f.ControlNets > 0 || c.NetFile != "") && accept(c) })
}

// FollowsScribble reports whether some ControlNet uses the lines on the canvas.
func (t Settings) FollowsScribble(f engine.Facts) bool {
	return t.follows(f, func(c Control) bool { return c.Source == "scribble" })
}

// Scribbling reports whether the brush draws lines for a ControlNet: scribble is its source, and the brush is not set
// to the mask.
func (t Settings) Scribbling(f engine.Facts) bool {
	return t.follows(f, func(c Control) bool { return c.Source == "scribble" && !c.BrushMasks })
}

// UseControls sets the ControlNets' weights. Their sources stay: recipes contain no pictures.
func (t *Settings) UseControls(made []recipe.Control) {
	if len(made) == 0 {
		return
	}
	made = made[:min(len(made), MaxControls)]
	all := t.Controls()
	all = append(all, make([]Control, max(len(made)-len(all), 0))...)[:len(made)]
	for i, c := range made {
		if all[i].Net != c.Net {
			all[i].NetFile = "" // found by its name
		}
		all[i].Net, all[i].Scale, all[i].From, all[i].Until = c.Net, c.Weight, c.From, c.Until
	}
	t.SetControls(all)
}
