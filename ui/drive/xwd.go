package drive

import (
	"encoding/binary"
	"fmt"
	"image"
	"io"
)

// xwdHeader is the header of an X Window Dump, version 7 (X11/XWDFile.h); big-endian, followed by the screen's name
// and the colour map, which a true-colour screen does not need.
type xwdHeader struct {
	HeaderSize, FileVersion                              uint32
	PixmapFormat, PixmapDepth, PixmapWidth, PixmapHeight uint32
	XOffset, ByteOrder, BitmapUnit, BitmapBitOrder       uint32
	BitmapPad, BitsPerPixel, BytesPerLine, VisualClass   uint32
	RedMask, GreenMask, BlueMask, BitsPerRGB             uint32
	ColormapEntries, NColors                             uint32
	WindowWidth, WindowHeight, WindowX, WindowY          uint32
	WindowBorder                                         uint32
}

const (
	xwdVersion  = 7
	xwdColor    = 12 // bytes of one colour map entry
	largestSide = 1 << 14
)

// readXWD reads a dump with 32 bits a pixel, blue in the lowest byte, as Xvfb writes it on a PC.
func readXWD(dump io.Reader) (*image.RGBA, error) {
	var header xwdHeader
	if err := binary.Read(dump, binary.BigEndian, &header); err != nil {
		return nil, fmt.Errorf("screen dump: %w", err)
	}
	if header.FileVersion != xwdVersion || header.BitsPerPixel != 32 || header.ByteOrder != 0 ||
		header.RedMask != 0xff0000 || header.GreenMask != 0xff00 || header.BlueMask != 0xff {
		return nil, fmt.Errorf("screen dump: version %d, %d bits a pixel, byte order %d: want 7, 32 and 0",
			header.FileVersion, header.BitsPerPixel, header.ByteOrder)
	}
	width, height := int(header.PixmapWidth), int(header.PixmapHeight)
	if width <= 0 || height <= 0 || width > largestSide || height > largestSide || header.BytesPerLine != uint32(4*width) {
		return nil, fmt.Errorf("screen dump: %d x %d pixels in lines of %d bytes", width, height, header.BytesPerLine)
	}
	rest := int64(header.HeaderSize) - int64(binary.Size(header)) + int64(header.NColors)*xwdColor
	if rest < 0 || rest > 1<<20 {
		return nil, fmt.Errorf("screen dump: %d bytes between head and pixels", rest)
	}
	if _, err := io.CopyN(io.Discard, dump, rest); err != nil {
		return nil, fmt.Errorf("screen dump: %w", err)
	}
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	if _, err := io.ReadFull(dump, picture.Pix); err != nil {
		return nil, fmt.Errorf("screen dump: %w", err)
	}
	for p := picture.Pix; len(p) >= 4; p = p[4:] {
		p[0], p[2], p[3] = p[2], p[0], 0xff
	}
	return picture, nil
}
