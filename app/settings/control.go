package settings

import (
	"slices"

	"nirvana/app/recipe"
)

// Control is what one ControlNet follows, and how much.
type Control struct {
	// Source is where its picture comes from: "" (off), "edges" (Canny, of what lies under the
	// frame), "scribble" (the lines drawn on the canvas) or "file".
	Source     string
	File       string  // a depth map, a pose or edges, for "file"
	Net        string  // which ControlNet; "": the first
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
const MaxControls = 4

// Controls are all ControlNets' settings, the first one's first. They are the caller's own.
func (t *Settings) Controls() []Control {
	return append([]Control{t.Control}, t.MoreControls...)
}

// SetControls replaces them; of more than MaxControls the first are taken.
func (t *Settings) SetControls(all []Control) {
	t.Control, t.MoreControls = all[0], slices.Clone(all[1:min(len(all), MaxControls)])
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
		all[i].Net, all[i].Scale, all[i].From, all[i].Until = c.Net, c.Weight, c.From, c.Until
	}
	t.SetControls(all)
}
