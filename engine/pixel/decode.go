package pixel

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/gif" // decoders of the formats that artists drop on the canvas
	_ "image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/disintegration/imaging"
	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"

	"nirvana/engine/fault"
	"nirvana/engine/pixel/exif"
)

// MaxPixels is the largest picture that is opened: 100 megapixels.
const MaxPixels = 100_000_000

// maxBytes bounds what is read of a file.
const maxBytes = 1 << 30

// Load opens a picture file. Errors name the file and say what to do.
func Load(path string) (*image.RGBA, error) {
	f, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.Missing.Errorf("%s is not there", path)
	case err != nil:
		return nil, fmt.Errorf("%s cannot be opened: %w", path, err)
	}
	defer f.Close()
	img, err := Decode(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return img, nil
}

// Decode reads a PNG, JPEG, GIF, BMP, TIFF or WebP picture, upright by its EXIF
// orientation. Pictures over MaxPixels and broken ones are refused.
func Decode(r io.Reader) (img *image.RGBA, err error) {
	defer func() { // decoders of foreign bytes may panic; nothing beyond this door does
		if p := recover(); p != nil {
			img, err = nil, fault.Damaged.Errorf("the picture is damaged: save it again as PNG (%v)", p)
		}
	}()
	data, err := io.ReadAll(io.LimitReader(r, maxBytes))
	if err != nil {
		return nil, fault.Damaged.Errorf("the picture cannot be read: %w", err)
	}
	c, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fault.NoPicture.Errorf("this is no picture that can be opened: use PNG, JPEG, WebP, GIF, BMP or TIFF (%w)", err)
	}
	if c.Width <= 0 || c.Height <= 0 || c.Width > MaxPixels || c.Width*c.Height > MaxPixels {
		return nil, fault.TooLarge.Errorf("the picture has %d x %d pixels, more than %d megapixels: make it smaller first", c.Width, c.Height, MaxPixels/1_000_000)
	}
	plain, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fault.Damaged.Errorf("the %s picture is damaged or cut off: save it again (%w)", format, err)
	}
	img = Packed(plain)
	if format == "jpeg" || format == "tiff" {
		img = upright(img, data)
	}
	return img, nil
}

// upright turns the picture as its EXIF says. imaging is given the plain
// picture: with bad palettes it panics in goroutines of its own.
func upright(img *image.RGBA, data []byte) *image.RGBA {
	switch exif.Orientation(exif.Block(data)) {
	case 2:
		return Packed(imaging.FlipH(img))
	case 3:
		return Packed(imaging.Rotate180(img))
	case 4:
		return Packed(imaging.FlipV(img))
	case 5:
		return Packed(imaging.Transpose(img))
	case 6:
		return Packed(imaging.Rotate270(img))
	case 7:
		return Packed(imaging.Transverse(img))
	case 8:
		return Packed(imaging.Rotate90(img))
	}
	return img
}

// Save writes a PNG whole or not at all: to a temporary file beside it, synced, then renamed.
func Save(path string, img image.Image) error {
	var buf bytes.Buffer
	if err := png.Encode(&buf, img); err != nil {
		return fmt.Errorf("encoding %s: %w", path, err)
	}
	return WriteFile(path, buf.Bytes())
}

// WriteFile writes data to path whole or not at all.
func WriteFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".nirvana-*")
	if err != nil {
		return fault.Unwritable.Errorf("%s cannot be written: choose another folder: %w", path, err)
	}
	_, err = f.Write(data)
	for _, next := range []func() error{f.Sync, f.Close, func() error { return os.Chmod(f.Name(), 0o644) }, func() error { return os.Rename(f.Name(), path) }} {
		if err == nil {
			err = next()
		}
	}
	if err != nil {
		f.Close()
		os.Remove(f.Name())
		return fault.Unwritable.Errorf("%s cannot be written, is the disk full? %w", path, err)
	}
	return nil
}
