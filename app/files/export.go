package files

import (
	"bytes"
	"fmt"
	"image"
	"path/filepath"
	"strings"

	"github.com/HugoSmits86/nativewebp"

	"nirvana/app/document"
	"nirvana/app/layers"
	"nirvana/app/psd"
	"nirvana/app/recipe"
	"nirvana/engine/fault"
	"nirvana/engine/memory"
	"nirvana/engine/pixel"
)

// jpegQuality of exported JPEG files, 1 to 100.
const jpegQuality = 92

// Export is a picture to be written for other programs.
type Export struct {
	Picture  *image.RGBA                   // nil: there is none
	Straight func(*image.RGBA) image.Image // the pixels as in the file that it came from, if they are unchanged
	Layers   *layers.Stack                 // nil: Picture alone
	Recipe   *recipe.Recipe                // nil: unknown
}

// Normalised reports whether a file shows some layers in another blend mode, because its format lacks theirs.
func (e Export) Normalised(path string) bool {
	return Photoshop(path) && e.Layers != nil && !psd.Carried(e.Layers)
}

// Write writes the picture with its recipe, in the format of the path's extension, atomically. Photoshop files
// contain the layers.
func (e Export) Write(path string) error {
	if e.Picture == nil {
		return fault.NeedsInput.Errorf("there is no picture to export yet: generate or open one first")
	}
	data, err := e.encode(strings.ToLower(filepath.Ext(path)))
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return pixel.WriteFile(path, data)
}

func (e Export) encode(ending string) ([]byte, error) {
	if err := memory.Pixels("a file of the picture", e.Picture.Rect.Size(), 12); err != nil {
		return nil, err
	}
	if ending != ".psd" {
		return encode(ending, e.Straight(e.Picture), e.Recipe)
	}
	stack := e.Layers
	if stack == nil {
		stack = layers.Of(document.PictureLayer, e.Straight(e.Picture))
	}
	var b bytes.Buffer
	err := psd.Encode(&b, stack, e.Picture)
	return b.Bytes(), err
}

// encode encodes a picture in the format of the extension: png, jpg, jpeg or webp (lossless).
func encode(ending string, img image.Image, r *recipe.Recipe) ([]byte, error) {
	var b bytes.Buffer
	switch ending {
	case ".png":
		return recipe.EncodePNG(img, r)
	case ".jpg", ".jpeg":
		data, err := pixel.JPEG(img, jpegQuality)
		if r == nil || err != nil {
			return data, err
		}
		return recipe.EmbedJPEG(data, *r)
	case ".webp":
		if max(img.Bounds().Dx(), img.Bounds().Dy()) > 1<<14 {
			return nil, fault.Settings.Errorf("WebP files have at most 16384 px a side: export as PNG")
		}
		if err := nativewebp.Encode(&b, img, nil); err != nil {
			return nil, fmt.Errorf("encoding the WebP: %w", err)
		}
		if r == nil {
			return b.Bytes(), nil
		}
		return recipe.EmbedWebP(b.Bytes(), *r, img.Bounds().Dx(), img.Bounds().Dy(), !pixel.Packed(img).Opaque())
	}
	return nil, fault.Format.Errorf("pictures are exported as .png, .jpg or .webp: %q is none of them", ending)
}
