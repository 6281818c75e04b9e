package history

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"

	"nirvana/engine/pixel"
)

// ThumbSide is the longer side of thumbnails, px.
const ThumbSide = 192

// thumbVersion is how thumbnails are drawn. Those of an earlier version are drawn again when they are shown: in version
// 0, transparent parts were black.
const thumbVersion = 1

// thumbnail is a small opaque JPEG.
func thumbnail(img *image.RGBA) []byte {
	data, err := pixel.JPEG(pixel.Thumbnail(img, ThumbSide), 88)
	if err != nil {
		return []byte{} // a picture without pixels
	}
	return data
}

// Thumbnail is an entry's small picture, its longer side at most side px and ThumbSide. Fast, except for the first time
// with one of an earlier version.
func (h *Store) Thumbnail(id int64, side int) (*image.RGBA, error) {
	x, err := h.here()
	if err != nil {
		return nil, err
	}
	var data []byte
	var file string
	var version int
	if err := x.read.QueryRow(`SELECT thumb, file, drawn FROM picture WHERE id = ?`, id).Scan(&data, &file, &version); err != nil {
		return nil, fmt.Errorf("the history cannot be read: %w", err)
	}
	if version < thumbVersion && file != "" {
		data = x.redrawn(id, filepath.Join(h.folder, "pictures", file), data)
	}
	img, err := pixel.Decode(bytes.NewReader(data))
	if err == nil && max(img.Rect.Dx(), img.Rect.Dy()) > side {
		img = pixel.Thumbnail(img, side)
	}
	return img, err
}

// redrawn is an entry's thumbnail, drawn again from its picture and stored if it is outdated and the picture exists.
func (x *index) redrawn(id int64, path string, was []byte) []byte {
	now := was
	if mayBeTransparent(path) {
		img, err := pixel.Load(path)
		if err != nil {
			return was
		}
		now = thumbnail(img)
	}
	x.db.Exec(`UPDATE picture SET thumb = ?, drawn = ? WHERE id = ?`, now, thumbVersion, id) // else the next time again
	return now
}

// mayBeTransparent reports whether a PNG has an alpha channel.
func mayBeTransparent(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return true
	}
	defer f.Close()
	c, err := png.DecodeConfig(f)
	return err != nil || c.ColorModel != color.RGBAModel && c.ColorModel != color.RGBA64Model && c.ColorModel != color.GrayModel && c.ColorModel != color.Gray16Model
}
