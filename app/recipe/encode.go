package recipe

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
)

// EncodePNG encodes a picture as PNG with its recipe; nil writes none.
func EncodePNG(img image.Image, r *Recipe) ([]byte, error) {
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, img); err != nil {
		return nil, fmt.Errorf("encoding the PNG: %w", err)
	}
	if r == nil {
		return b.Bytes(), nil
	}
	return Embed(b.Bytes(), *r)
}
