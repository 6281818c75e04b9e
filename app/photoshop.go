package app

import (
	"bytes"
	"fmt"
	"image"
	"path/filepath"
	"strings"

	"nirvana/app/disk"
	"nirvana/app/document"
	"nirvana/app/layers"
	"nirvana/app/psd"
	"nirvana/engine/fault"
	"nirvana/engine/pixel"
)

const maxPhotoshop = 4 << 30 // bytes

// isPhotoshop says that a file is named as Photoshop's are.
func isPhotoshop(path string) bool {
	ending := strings.ToLower(filepath.Ext(path))
	return ending == ".psd" || ending == ".psb"
}

// readPhotoshop reads a file with its layers, or as the picture that it keeps of them, where a layer does what ours
// cannot.
func (s *Studio) readPhotoshop(path string) (*PictureFile, error) {
	data, err := disk.Read(s.options.Disk, path, maxPhotoshop)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be opened: %w", path, err)
	}
	f, err := psd.Decode(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	picture, stack, whole := photoshopPicture(f)
	if picture == nil {
		return nil, fault.NoPicture.Errorf("%s has no layers that can be read, and no picture of them: save it with maximal compatibility", filepath.Base(path))
	}
	return &PictureFile{path: path, file: &pixel.File{Picture: picture}, layered: layered{stack, !whole}}, nil
}

// takePhotoshop takes the layers of a file whose picture is the document, and says where it is the picture alone.
func (s *Studio) takePhotoshop(p *PictureFile) {
	s.Document.TakeLayers(p.stack)
	s.Document.Unsaved = false
	if p.apart {
		s.notify(&Notice{Headline: fmt.Sprintf(s.say("%s was opened as one picture"), filepath.Base(p.path)), Advice: s.say("Its layers do what only Photoshop can show.")})
	}
}

// photoshopPicture is what a file looks like, with its layers where they show just that.
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

// mostlyApart says that more than a hundredth of two pictures differs by more than rounding and other programs' formulas do.
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

// exportPhotoshop writes what is seen with all layers, later and on any goroutine.
func (s *Studio) exportPhotoshop(path string, img *image.RGBA, straight func(*image.RGBA) image.Image) func() error {
	stack := s.shownLayers()
	if stack != nil && !psd.Carried(stack) {
		s.notify(&Notice{Headline: fmt.Sprintf(s.say("%s shows some layers as Normal"), filepath.Base(path)), Advice: s.say("Photoshop's files have no name for their blend modes; .ora files do.")})
	}
	return func() error {
		if stack == nil {
			stack = layers.Of(document.PictureLayer, straight(img))
		}
		var b bytes.Buffer
		if err := psd.Encode(&b, stack, img); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
		return pixel.WriteFile(path, b.Bytes())
	}
}
