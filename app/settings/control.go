package settings

import (
	"slices"

	"nirvana/app/library"
	"nirvana/app/recipe"
	"nirvana/engine"
)

// Control is what one ControlNet follows, and how much.
type Control struct {
	// Source is where its picture comes from: "" (off), "edges" (Canny, of what lies under the
	// frame), "scribble" (the lines drawn on the canvas) or "file".
	Source     string
	File       string  // a depth map, a pose or edges, for "file"
	Net        string  // which ControlNet; "": the first
	NetFile    string  // the file of one that is not the model's own; Net is its name
	BrushMasks bool    // with "scribble", the brush paints the mask all the same
	Scale      float32 // 0 to 2
	From       float32 // share of the steps at which it begins
	Until      float32 // and ends
}

// ControlSources are the values of Control.Source.
var ControlSources = []string{"", "edges", "scribble", "file"}

func (c *Control) clamp() {
	if c.Until <= 0 {
		c.Scale, c.Until = 1, 1 // of settings from before there was a Control
	}
	c.Scale, c.From, c.Until = min(max(c.Scale, 0), 2), unit(c.From), unit(c.Until)
	c.From = min(c.From, c.Until)
	if !slices.Contains(ControlSources, c.Source) {
		c.Source = ""
	}
}

// MaxControls is how many ControlNets act at once.
const MaxControls = library.MaxControls

// Controls are all ControlNets' settings, the first one's first. They are the caller's own.
func (t *Settings) Controls() []Control {
	return append([]Control{t.Control}, t.MoreControls...)
}

// SetControls replaces them; of more than MaxControls the first are taken.
func (t *Settings) SetControls(all []Control) {
	t.Control, t.MoreControls = all[0], slices.Clone(all[1:min(len(all), MaxControls)])
}

// AddControl puts another ControlNet beside those there are: the next of a model's, following the picture's edges.
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

// DropControl takes one away, counted from 0; the last that is left follows nothing.
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

// follows reports whether some ControlNet of a model takes its picture from there.
func (t Settings) follows(f engine.Facts, accept func(Control) bool) bool {
	return slices.ContainsFunc(t.Controls(), func(c Control) bool { return (f.ControlNets > 0 || c.NetFile != "") && accept(c) })
}

// FollowsScribble reports whether the lines on the canvas steer.
func (t Settings) FollowsScribble(f engine.Facts) bool {
	return t.follows(f, func(c Control) bool { return c.Source == "scribble" })
}

// Scribbling reports whether the brush draws lines for the ControlNet: they are chosen as what it follows, and the
// brush is not set to the mask.
func (t Settings) Scribbling(f engine.Facts) bool {
	return t.follows(f, func(c Control) bool { return c.Source == "scribble" && !c.BrushMasks })
}

// UseControls takes over the ControlNets' weights. What they follow stays as it is: recipes carry no pictures.
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
