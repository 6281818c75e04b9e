package pixel

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
)

// JPEG is a picture's file in that format, of a quality from 1 to 100. It has no transparency: the picture lies on white,
// as a page is, where a drawing's dark lines stay to be seen.
func JPEG(img image.Image, quality int) ([]byte, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, Flatten(Packed(img), image.White), &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("encoding the JPEG: %w", err)
	}
	return b.Bytes(), nil
}
