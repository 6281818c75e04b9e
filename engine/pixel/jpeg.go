package pixel

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
)

// JPEG encodes a picture with a quality from 1 to 100. JPEG has no transparency: the picture is put on white, where a
// drawing's dark lines stay visible.
func JPEG(img image.Image, quality int) ([]byte, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, Flatten(Packed(img), image.White), &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("encoding the JPEG: %w", err)
	}
	return b.Bytes(), nil
}
