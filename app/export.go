package app

import (
	"bytes"
	"fmt"
	"image"
	"strings"

	"github.com/HugoSmits86/nativewebp"

	"nirvana/app/recipe"
	"nirvana/engine/fault"
	"nirvana/engine/pixel"
)

// jpegQuality of exported JPEG files, 1 to 100.
const jpegQuality = 92

// encodeAs is the file of a picture in the format of a file's ending: png, jpg, jpeg or webp (lossless).
func encodeAs(ending string, img image.Image, r *Recipe) ([]byte, error) {
	var b bytes.Buffer
	switch strings.ToLower(ending) {
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

// Export writes the picture as it is shown, with its recipe, in the format of
// the path's ending, whole or not at all.
func (s *Studio) Export(path string) error { return s.ExportLater(path)() }
