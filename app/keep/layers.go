package keep

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/draw"
	"path/filepath"
	"slices"
	"strings"

	"nirvana/app/layers"
	"nirvana/app/project"
	"nirvana/engine/fault"
)

// ownLayer reports whether a layer is one that we add for other programs.
func ownLayer(l project.Layer) bool {
	return isPlane(l) || strings.HasPrefix(l.Name, "Candidate ") && strings.Contains(l.Name, ", seed ")
}

func isPlane(l project.Layer) bool {
	return strings.EqualFold(l.Name, maskLayer) || strings.EqualFold(l.Name, scribbleLayer)
}

// PaintedElsewhere are the layers and the picture if another program has changed them; nil if they are unchanged. A
// document without layers stays so unless the file has other layers now.
func PaintedElsewhere(f *project.File, saved Project, was *image.RGBA) (*layers.Stack, *image.RGBA) {
	own := slices.DeleteFunc(slices.Clone(f.Layers), ownLayer)
	if saved.Document.Layers == nil && len(own) == 1 {
		return nil, paintedPicture(f, saved, was)
	}
	if was == nil || saved.Document.Layers != nil && layersSum(own) == saved.Layer {
		return nil, nil
	}
	stack, plain, err := f.Stack(ownLayer)
	if err != nil || !plain || stack.Count() == 0 || stack.Count() > layers.Most {
		return nil, nil
	}
	stack = stack.Shifted(image.Point{}.Sub(saved.Corner), was.Rect)
	return stack, stack.Picture(was.Rect)
}

// paintedPicture is the layer "Picture" if another program has changed it.
func paintedPicture(f *project.File, saved Project, was *image.RGBA) *image.RGBA {
	for _, l := range f.Layers {
		hash := sha256.Sum256(l.PNG)
		if was == nil || l.Name != pictureLayer || hex.EncodeToString(hash[:]) == saved.Layer {
			continue
		}
		if img, err := l.Picture(); err == nil {
			out := image.NewRGBA(was.Rect) // programs cut layers to what is painted
			draw.Draw(out, img.Rect.Add(l.At).Sub(saved.Corner), img, image.Point{}, draw.Src)
			return out
		}
	}
	return nil
}

// Import is a document from another program's file.
type Import struct {
	Picture        *image.RGBA
	Layers         *layers.Stack // nil: the picture alone
	Mask, Scribble *image.Gray   // nil: none
}

// ImportLayers makes a document from another program's file: its layers, or its merged picture if the layers cannot be
// drawn here. Layers called Mask and Scribble become mask and scribble.
func ImportLayers(path string, f *project.File) (Import, error) {
	stack, plain, err := f.Stack(isPlane)
	if err != nil {
		return Import{}, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	var picture *image.RGBA
	if plain {
		picture = stack.Picture(image.Rect(0, 0, f.Width, f.Height))
	}
	_, ours := f.Entries["project.json"]
	planes := slices.ContainsFunc(f.Layers, func(l project.Layer) bool { return !l.Hidden && isPlane(l) })
	switch {
	case !plain && f.Merged == nil:
		return Import{}, fault.Project.Errorf("%s mixes layers in ways that only its merged picture shows, and it has none: export it as PNG", filepath.Base(path))
	case !plain, !ours && !planes && apart(picture, f.Merged):
		picture, stack = f.Merged, nil // GIMP 3.0 crops what a layer has beyond its corner
	case stack.Count() == 0, stack.Count() > layers.Most, stack.Single(picture.Rect):
		stack = nil
	}
	return Import{picture, stack, planeOf(f, maskLayer, picture.Rect), planeOf(f, scribbleLayer, picture.Rect)}, nil
}

// apart reports whether the drawn layers differ from the file's merged picture by more than rounding.
func apart(layers, merged *image.RGBA) bool {
	if merged == nil || merged.Rect != layers.Rect {
		return false
	}
	const rounding = 4
	for i, v := range layers.Pix {
		if d := int(v) - int(merged.Pix[i]); d > rounding || d < -rounding {
			return true
		}
	}
	return false
}

// planeOf is the opacity of the topmost layer with a name; nil without one.
func planeOf(f *project.File, name string, size image.Rectangle) *image.Gray {
	for _, l := range f.Layers {
		if !strings.EqualFold(l.Name, name) {
			continue
		}
		img, err := l.Picture()
		if err != nil {
			return nil
		}
		out := image.NewGray(size)
		draw.DrawMask(out, img.Rect.Add(l.At), image.White, image.Point{}, img, image.Point{}, draw.Over)
		return out
	}
	return nil
}
