package recipe

import (
	"fmt"

	"nirvana/engine"
)

// Region is a part of the picture with a prompt of its own. A mask whose PNG is too large is stored as its hash only.
type Region struct {
	Prompt   string  `json:"prompt"`
	Weight   float32 `json:"weight,omitempty"` // absent: 1
	Mask     []byte  `json:"mask_png,omitempty"`
	MaskHash string  `json:"mask_sha256,omitempty"`
}

// readRegions stores the masks of a request's regions.
func (r *Recipe) readRegions(q engine.Request) {
	for i, g := range q.Regions {
		if g.Mask == nil || i >= len(r.Regions) {
			continue
		}
		own := &r.Regions[i]
		own.Mask, own.MaskHash, _ = encodeMask(g.Mask) // into memory, which cannot fail
	}
}

// regionsOf returns a request's regions without their masks.
func regionsOf(q engine.Request) (out []Region) {
	for _, g := range engine.Drawn(q).Regions {
		out = append(out, Region{Prompt: g.Prompt, Weight: g.Weight})
	}
	return out
}

// regions returns the recipe's regions for a request.
func (r Recipe) regions() (out []engine.Region, err error) {
	for i, g := range r.Regions {
		m, err := decodeMask(g.Mask, g.MaskHash)
		if err != nil {
			return nil, fmt.Errorf("region %d: %w", i+1, err)
		}
		out = append(out, engine.Region{Mask: m, Prompt: g.Prompt, Weight: g.Weight})
	}
	return out, nil
}

// sameRegions compares prompts, weights and, if both have them, masks.
func (r Recipe) sameRegions(o Recipe) bool {
	if len(r.Regions) != len(o.Regions) {
		return false
	}
	for i, a := range r.Regions {
		b := o.Regions[i]
		if a.Prompt != b.Prompt || or(a.Weight, 1) != or(b.Weight, 1) || a.MaskHash != b.MaskHash && a.MaskHash != "" && b.MaskHash != "" {
			return false
		}
	}
	return true
}
