package settings

import "nirvana/engine"

// Region is a part of the picture with a prompt of its own.
type Region struct {
	File   string // its mask, of the document's size, white where the region is
	Prompt string
	Weight float32 // 0 to 10; 0: 1
}

// Worded are the regions with a prompt, with the files of their masks.
func (t *Settings) Worded() (out []engine.Region, files []string) {
	for _, g := range t.Regions {
		if g.Prompt != "" && g.File != "" {
			out, files = append(out, engine.Region{Prompt: g.Prompt, Weight: g.Weight}), append(files, g.File)
		}
	}
	return out, files
}

func (t *Settings) clampRegions() {
	t.Regions = t.Regions[:min(len(t.Regions), engine.MaxRegions)]
	for i := range t.Regions {
		if w := &t.Regions[i].Weight; !(*w >= 0 && *w <= 10) {
			*w = 0
		}
	}
}
