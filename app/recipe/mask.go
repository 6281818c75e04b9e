package recipe

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/png"
)

const (
	maskMost = 256 << 10 // bytes of a mask's PNG inside a recipe
	maskSide = 1 << 14   // px of a mask's side
)

// SetMask stores a mask in the recipe; nil removes it.
func (r *Recipe) SetMask(m *image.Gray) error {
	r.Mask, r.MaskHash = nil, ""
	if m == nil {
		return nil
	}
	var err error
	r.Mask, r.MaskHash, err = encodeMask(m)
	return err
}

// encodeMask encodes a mask as recipes store it: a grayscale PNG, none if that is too large, and its hash.
func encodeMask(m *image.Gray) (data []byte, hash string, err error) {
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, m); err != nil {
		return nil, "", fmt.Errorf("encoding the mask: %w", err)
	}
	if b.Len() <= maskMost {
		data = b.Bytes()
	}
	return data, Hash(m.Rect, m.Pix), nil
}

// MaskPicture decodes the recipe's mask; nil if it has none.
func (r Recipe) MaskPicture() (*image.Gray, error) {
	if len(r.Mask) == 0 {
		return nil, nil
	}
	return decodeMask(r.Mask, r.MaskHash)
}

func decodeMask(data []byte, hash string) (*image.Gray, error) {
	c, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil || c.Width > maskSide || c.Height > maskSide || len(data) > 4*maskMost {
		return nil, errors.New("the recipe's mask is damaged")
	}
	img, err := png.Decode(bytes.NewReader(data))
	m, grey := img.(*image.Gray)
	if err != nil || !grey || hash != "" && Hash(m.Rect, m.Pix) != hash {
		return nil, errors.New("the recipe's mask is damaged")
	}
	return m, nil
}

// Hash is the SHA-256 of a picture without row padding: width and height as little-endian uint32, then the pixels.
func Hash(at image.Rectangle, pix []byte) string {
	h := sha256.New()
	h.Write(binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, uint32(at.Dx())), uint32(at.Dy())))
	h.Write(pix)
	return hex.EncodeToString(h.Sum(nil))
}

// Read records the hash of a picture that the run reads; nil is none.
func (r *Recipe) Read(role string, img *image.RGBA) {
	if img != nil {
		r.read(role, Hash(img.Rect, img.Pix))
	}
}

// ControlRole is the key in Pictures for the i-th ControlNet's picture, from 0: "control", "control 2".
func ControlRole(i int) string {
	if i == 0 {
		return "control"
	}
	return fmt.Sprintf("control %d", i+1)
}

// ReferenceRole is the key in Pictures for the i-th reference picture, from 0: "reference", "reference 2".
func ReferenceRole(i int) string {
	if i == 0 {
		return "reference"
	}
	return fmt.Sprintf("reference %d", i+1)
}

// References is how many reference pictures the run read.
func (r Recipe) References() (n int) {
	for r.Pictures[ReferenceRole(n)] != "" {
		n++
	}
	return n
}

// ReadGrey is Read for a grayscale picture.
func (r *Recipe) ReadGrey(role string, img *image.Gray) {
	if img != nil {
		r.read(role, Hash(img.Rect, img.Pix))
	}
}

func (r *Recipe) read(role, hash string) {
	if r.Pictures == nil {
		r.Pictures = map[string]string{}
	}
	r.Pictures[role] = hash
}
