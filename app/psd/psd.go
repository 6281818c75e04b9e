// Package psd reads and writes Photoshop's files: layers, groups and blend modes of RGB and grey pictures of 8 and 16
// bits, and the file's merged picture. Start with Decode and Encode.
//
// The format is Adobe's "Photoshop File Formats Specification".
package psd

import (
	"image"

	"nirvana/app/layers"
	"nirvana/engine/fault"
	"nirvana/engine/pixel/composite"
)

// File is a Photoshop file.
type File struct {
	Width, Height int
	Layers        *layers.Stack // nil: the file has none
	Merged        *image.NRGBA  // the picture as the program that wrote it shows it; nil: it is left out
	// Beyond reports layers with features that are not supported (adjustments, effects, blend modes that only Photoshop has): only Merged is correct.
	Beyond bool
}

// keys are the blend modes' names; "" is none of Photoshop's.
var keys = map[composite.Mode]string{
	composite.Normal: "norm", composite.Multiply: "mul ", composite.Screen: "scrn", composite.Overlay: "over", composite.Darken: "dark", composite.Lighten: "lite",
	composite.ColorDodge: "div ", composite.ColorBurn: "idiv", composite.HardLight: "hLit", composite.SoftLight: "sLit", composite.Difference: "diff",
	composite.Color: "colr", composite.Luminosity: "lum ", composite.Hue: "hue ", composite.Saturation: "sat ", composite.Plus: "lddg",
}

func modeOf(key string) (composite.Mode, bool) {
	for m, k := range keys {
		if k == key {
			return m, true
		}
	}
	return composite.Normal, key == "pass"
}

const (
	maxSide  = 30000 // px, as the format has it
	maxCount = 4096  // layers

	compressRaw    = 0
	compressRLE    = 1
	compressZip    = 2
	compressPredic = 3

	sectionOpen, sectionClosed, sectionEnd = 1, 2, 3
)

func damaged(what string) error {
	return fault.Damaged.Errorf("the Photoshop file is damaged or cut off (%s): save it again, or open its picture in another form", what)
}

// Carried reports whether the format has all blend modes; others are written as Normal, and only Merged shows them correctly.
func Carried(s *layers.Stack) bool {
	for _, l := range s.Layers {
		if keys[l.Mode] == "" || !Carried(&layers.Stack{Layers: l.Layers}) {
			return false
		}
	}
	return true
}
