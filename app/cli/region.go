package cli

import (
	"fmt"
	"regexp"
	"strconv"

	"nirvana/engine"
	"nirvana/engine/pixel"
)

// regionText is MASK:WEIGHT:TEXT; a mask's name has at least two letters, so that a drive letter is not one.
var regionText = regexp.MustCompile(`(?s)^(.{2,}?):([0-9]*\.?[0-9]+):(.*)$`)

// readRegions reads the --region flags with their masks, which replace a recipe's.
func (o *options) readRegions(j *job) error {
	if len(o.regions) == 0 {
		return nil
	}
	if len(o.regions) > engine.MaxRegions {
		return wrong("--region is given %d times: up to %d are possible", len(o.regions), engine.MaxRegions)
	}
	var all []engine.Region
	for _, text := range o.regions {
		m := regionText.FindStringSubmatch(text)
		if m == nil {
			return wrong("--region %q is not MASK:WEIGHT:TEXT, for example sky.png:1:a stormy sky", text)
		}
		weight, err := strconv.ParseFloat(m[2], 32)
		if err != nil || !(weight > 0 && weight <= 10) {
			return wrong("--region %q: a weight of %s is not possible: use more than 0, up to 10", text, m[2])
		}
		f, err := j.load("--region", m[1])
		if err != nil {
			return err
		}
		g := engine.Region{Mask: pixel.MaskOf(f.Picture), Prompt: m[3]}
		if weight != 1 {
			g.Weight = float32(weight)
		}
		if pixel.Empty(g.Mask, g.Mask.Rect) {
			return fmt.Errorf("--region %s: nothing in it is white, so the region is nowhere: paint where it is", m[1])
		}
		all = append(all, g)
	}
	j.request.Regions = all
	return nil
}
