package files

import (
	"fmt"
	"image"
	"path/filepath"
	"strings"

	"nirvana/app/disk"
	"nirvana/app/layers"
	"nirvana/app/psd"
	"nirvana/engine/fault"
	"nirvana/engine/memory"
	"nirvana/engine/pixel"
)

const maxPhotoshop = 4 << 30 // bytes

// Photoshop reports whether a file has Photoshop's extension.
func Photoshop(path string) bool {
	ending := strings.ToLower(filepath.Ext(path))
	return ending == ".psd" || ending == ".psb"
}

// photoshop reads a file with its layers, or only its merged picture if a layer has features that ours lack.
func (r Reader) photoshop(path string) (*Picture, error) {
	data, err := disk.Read(r.Disk, path, maxPhotoshop)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be opened: %w", path, err)
	}
	f, err := psd.Decode(data)
	if err == nil {
		err = memory.Pixels("its picture", image.Pt(f.Width, f.Height), 2*4)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	picture, stack, whole := photoshopPicture(f)
	if picture == nil {
		return nil, fault.NoPicture.Errorf("%s has no layers that can be read, and no picture of them: save it with maximal compatibility", filepath.Base(path))
	}
	return &Picture{Path: path, File: &pixel.File{Picture: picture}, Layers: stack, Apart: !whole}, nil
}

// photoshopPicture returns the merged picture, with the layers if they compose to the same.
func photoshopPicture(f *psd.File) (picture *image.RGBA, stack *layers.Stack, whole bool) {
	var merged *image.RGBA
	if f.Merged != nil {
		merged = pixel.Packed(f.Merged)
	}
	if f.Layers == nil || f.Layers.Count() == 0 {
		return merged, nil, true
	}
	drawn := f.Layers.Picture(image.Rect(0, 0, f.Width, f.Height))
	switch {
	case merged != nil && (f.Beyond || f.Layers.Count() > layers.Most || mostlyApart(drawn, merged)):
		return merged, nil, false
	case f.Layers.Single(drawn.Rect):
		return drawn, nil, true
	}
	return drawn, f.Layers, true
}

// mostlyApart reports whether more than a hundredth of the pixels differ by more than rounding and the formulas of
// other programs explain.
func mostlyApart(a, b *image.RGBA) bool {
	const near = 24
	n := 0
	for i, v := range a.Pix {
		if d := int(v) - int(b.Pix[i]); d > near || d < -near {
			n++
		}
	}
	return n > len(a.Pix)/100
}
