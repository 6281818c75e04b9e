package settings

import (
	"encoding/json"
	"math"
	"testing"

	"nirvana/engine"
)

// FuzzSettings reads settings as a data folder or a project has them: whatever is in the file, every number is valid
// for a run and for the window.
func FuzzSettings(f *testing.F) {
	odd := Settings{Steps: 1 << 62, Count: -9, Guidance: -math.MaxFloat32, Strength: math.MaxFloat32, Width: 1 << 62, Height: -1, Class: -5, Tool: -77, Window: [2]int{-1, 1 << 40},
		Shared: engine.Shared{ClipSkip: 1 << 40}, Sampler: "no such", Schedule: "Karras", RNG: "?", Content: "?", Theme: "?", Language: "xx", Feather: 1 << 40, Padding: -1, Overlap: -1, Scale: 1 << 30, Threads: -1,
		Tolerance: 999, BrushSize: -1, OriginalWidth: -1, MoreControls: make([]Control, 3)}
	for _, t := range []Settings{Default(), odd, {}} {
		data, err := json.Marshal(t)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, true)
		f.Add(data, false)
		f.Add(data[:len(data)/2], false)
	}
	f.Add([]byte(`{"Steps": 1e400}`), false)
	f.Add([]byte(`{"MoreControls": [{"Scale": -1e30, "From": 5, "Until": -5}], "Turned": [""], "Pace": {"": -1}}`), false)
	f.Fuzz(func(t *testing.T, data []byte, fixed bool) {
		s := Default()
		if json.Unmarshal(data, &s) != nil {
			return
		}
		facts := engine.Facts{Name: "m", Sampler: "PNDMScheduler", Width: 512, Height: 384, Multiple: 8, Fixed: fixed}
		s.Clamp(facts)
		within := func(name string, v, least, most float64) {
			if !(v >= least && v <= most) {
				t.Errorf("%s is %g, from %g to %g is possible", name, v, least, most)
			}
		}
		within("width", float64(s.Width), 8, 8192)
		within("height", float64(s.Height), 8, 8192)
		within("steps", float64(s.Steps), 1, 1000)
		within("count", float64(s.Count), 1, 4)
		within("guidance", float64(s.Guidance), 0, 100)
		within("strength", float64(s.Strength), 0.0099, 1)
		within("class", float64(s.Class), 0, math.MaxInt)
		within("tool", float64(s.Tool), 0, math.MaxInt)
		within("window", float64(min(s.Window[0], s.Window[1])), 0, 1<<14)
		within("window", float64(max(s.Window[0], s.Window[1])), 0, 1<<14)
		within("feather", float64(s.Feather), 0, 256)
		within("scale", float64(s.Scale), 0, 400)
		for _, c := range append(s.MoreControls, s.Control) {
			within("a ControlNet's end", float64(c.Until), 0, 1)
		}
		if fixed && (s.Width != 512 || s.Height != 384) {
			t.Errorf("%d x %d of a model of one size", s.Width, s.Height)
		}
		s.Request()
	})
}
