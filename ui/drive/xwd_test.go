package drive

import (
	"bytes"
	"encoding/binary"
	"image/color"
	"testing"
)

// dump makes a screen dump of two by one pixels: orange, then blue.
func dump(change func(*xwdHeader)) []byte {
	header := xwdHeader{FileVersion: 7, PixmapFormat: 2, PixmapDepth: 24, PixmapWidth: 2, PixmapHeight: 1, BitsPerPixel: 32,
		BytesPerLine: 8, RedMask: 0xff0000, GreenMask: 0xff00, BlueMask: 0xff, NColors: 1}
	header.HeaderSize = uint32(binary.Size(header)) + 5
	change(&header)
	var out bytes.Buffer
	binary.Write(&out, binary.BigEndian, header)
	out.WriteString("root\x00")
	out.Write(make([]byte, xwdColor))
	out.Write([]byte{0x00, 0x80, 0xff, 0, 0xf0, 0x01, 0x02, 0})
	return out.Bytes()
}

func TestReadXWD(t *testing.T) {
	picture, err := readXWD(bytes.NewReader(dump(func(*xwdHeader) {})))
	if err != nil {
		t.Fatal(err)
	}
	for x, want := range []color.RGBA{{0xff, 0x80, 0x00, 0xff}, {0x02, 0x01, 0xf0, 0xff}} {
		if got := picture.RGBAAt(x, 0); got != want {
			t.Errorf("pixel %d is %v, want %v", x, got, want)
		}
	}
}

func TestReadXWDRefuses(t *testing.T) {
	for name, data := range map[string][]byte{
		"empty":       nil,
		"cut":         dump(func(*xwdHeader) {})[:120],
		"version":     dump(func(h *xwdHeader) { h.FileVersion = 6 }),
		"16 bits":     dump(func(h *xwdHeader) { h.BitsPerPixel = 16 }),
		"padded":      dump(func(h *xwdHeader) { h.BytesPerLine = 12 }),
		"huge":        dump(func(h *xwdHeader) { h.PixmapWidth, h.BytesPerLine = 1<<20, 1<<22 }),
		"small head":  dump(func(h *xwdHeader) { h.HeaderSize = 3 }),
		"many colors": dump(func(h *xwdHeader) { h.NColors = 1 << 30 }),
	} {
		if _, err := readXWD(bytes.NewReader(data)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzReadXWD(f *testing.F) {
	f.Add(dump(func(*xwdHeader) {}))
	f.Add(dump(func(h *xwdHeader) { h.PixmapHeight = 1 << 31 }))
	f.Fuzz(func(t *testing.T, data []byte) {
		picture, err := readXWD(bytes.NewReader(data))
		if err == nil && len(picture.Pix) != 4*picture.Rect.Dx()*picture.Rect.Dy() {
			t.Errorf("%d bytes of pixels for %v", len(picture.Pix), picture.Rect)
		}
	})
}
