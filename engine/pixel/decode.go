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
	"path/filepath"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"

	"nirvana/engine/fault"
	"nirvana/engine/memory"
	"nirvana/engine/pixel/exif"
	"nirvana/engine/wholefile"
)

// MaxPixels is the size of the largest picture that is opened: 100 megapixels.
const MaxPixels = 100_000_000

// maxBytes bounds how much of a file is read.
const maxBytes = 1 << 30

// File is a picture file as read.
type File struct {
	Picture *image.RGBA // upright, in sRGB
	Source  *Source     // nil where Picture loses nothing of the file
	Notices []fault.Notice
}

// Open reads a picture file. Errors name the file and say what to do.
func Open(path string) (*File, error) {
	f, err := wholefile.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.Missing.Errorf("%s is not there", path)
	case err != nil:
		return nil, fmt.Errorf("%s cannot be opened: %w", path, err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && !info.Mode().IsRegular() {
		return nil, fault.NoPicture.Errorf("%s is not a file: choose a picture", path)
	}
	out, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	for i := range out.Notices {
		out.Notices[i].Args = []any{filepath.Base(path)}
	}
	return out, nil
}

// Load is Open without the Source.
func Load(path string) (*image.RGBA, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	return f.Picture, nil
}

// Decode is Read without the Source.
func Decode(r io.Reader) (*image.RGBA, error) {
	f, err := Read(r)
	if err != nil {
		return nil, err
	}
	return f.Picture, nil
}

// Read reads a PNG, JPEG, GIF, BMP, TIFF or WebP picture: upright by its EXIF orientation, converted to sRGB by its
// profile, of an animation the first frame. Pictures over MaxPixels and broken ones are refused.
func Read(r io.Reader) (out *File, err error) {
	defer func() { // decoders of foreign bytes may panic
		if p := recover(); p != nil {
			out, err = nil, fault.Damaged.Errorf("the picture is damaged: save it again as PNG (%v)", p)
		}
	}()
	data, err := io.ReadAll(io.LimitReader(r, maxBytes))
	if err != nil {
		return nil, fault.Damaged.Errorf("the picture cannot be read: %w", err)
	}
	c, format, err := image.DecodeConfig(bytes.NewReader(data))
	m := readMetadata(format, data)
	if m.unnamed {
		data = named(data)
		c, format, err = image.DecodeConfig(bytes.NewReader(data))
	}
	if err != nil {
		return nil, fault.NoPicture.Errorf("not a supported picture. Supported: PNG, JPEG, WebP, GIF, BMP and TIFF (%w)", err)
	}
	if c.Width <= 0 || c.Height <= 0 || c.Width > MaxPixels || c.Width*c.Height > MaxPixels {
		return nil, fault.TooLarge.Errorf("the picture has %d x %d pixels, more than %d megapixels: make it smaller first", c.Width, c.Height, MaxPixels/1_000_000)
	}
	if err := memory.Pixels("a picture", image.Pt(c.Width, c.Height), 16); err != nil { // as it is stored, straight, multiplied
		return nil, err
	}
	plain, err := decoded(format, data, image.Rect(0, 0, c.Width, c.Height))
	if err != nil {
		return nil, fault.Damaged.Errorf("the %s picture is damaged or cut off: save it again (%w)", format, err)
	}
	if cmyk, ok := plain.(*image.CMYK); ok && m.unnamed {
		for i, v := range cmyk.Pix {
			cmyk.Pix[i] = 255 - v
		}
	}
	straight, converted := managed(plain, m)
	straight = turned(straight, exif.Orientation(exif.Block(data)))
	out = &File{Picture: multiplied(straight), Source: sourceOf(straight)}
	if m.animated {
		out.Notices = append(out.Notices, fault.Notice{Format: fault.FirstPicture, Args: []any{"The picture"}})
	}
	if !converted {
		out.Notices = append(out.Notices, fault.Notice{Format: fault.NoProfile, Args: []any{"The picture"}})
	}
	return out, nil
}

func decoded(format string, data []byte, canvas image.Rectangle) (image.Image, error) {
	if format == "webp" {
		return decodeWebP(data)
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err == nil && format == "gif" && img.Bounds() != canvas {
		return onCanvas(img, canvas, img.Bounds().Min), nil
	}
	return img, err
}

// named marks a JPEG of four channels that does not say how they are stored as not inverted: the decoder needs a
// mark.
func named(jpg []byte) []byte {
	mark := "\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"
	return append(append(append([]byte(nil), jpg[:2]...), mark...), jpg[2:]...)
}

// Save writes a PNG whole or not at all: to a temporary file next to it, synced, then renamed.
func Save(path string, img image.Image) error {
	var buf bytes.Buffer
	if err := png.Encode(&buf, img); err != nil {
		return fmt.Errorf("encoding %s: %w", path, err)
	}
	return WriteFile(path, buf.Bytes())
}

// WriteFile writes data to path whole or not at all.
func WriteFile(path string, data []byte) error {
	err := wholefile.Write(path, wholefile.Shared, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
	if err != nil {
		return fault.Unwritable.Errorf("%s cannot be written, choose another folder: %w", path, err)
	}
	return nil
}
