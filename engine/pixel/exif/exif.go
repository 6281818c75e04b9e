// Package exif finds the EXIF block of a picture file and reads its directories. A block is a TIFF file without
// pictures (TIFF 6.0; EXIF 3.0, CIPA DC-008). Start with Block and First. Whatever a file contains, nothing outside
// of it is read, and no loop of directories is followed.
package exif

import (
	"bytes"
	"encoding/binary"
	"math"
)

// Tags of TIFF 6.0 (part 2), EXIF 3.0 (section 4.6) and the ICC.
const (
	TagSubfile     = 0x00fe
	TagDescription = 0x010e
	TagMake        = 0x010f
	TagModel       = 0x0110
	TagOrientation = 0x0112
	TagSoftware    = 0x0131
	TagExif        = 0x8769 // the EXIF directory
	TagProfile     = 0x8773 // ICC
	TagMakerNote   = 0x927c
	TagComment     = 0x9286 // UserComment
)

// Directory is one image file directory of a block.
type Directory struct {
	Order binary.ByteOrder
	block []byte
	at    int64 // its first entry
	count int64
}

// First is the first directory of a block; false where there is none.
func First(block []byte) (Directory, bool) {
	d := Directory{block: block}
	switch {
	case bytes.HasPrefix(block, []byte("II*\x00")):
		d.Order = binary.LittleEndian
	case bytes.HasPrefix(block, []byte("MM\x00*")):
		d.Order = binary.BigEndian
	}
	if d.Order == nil || len(block) < 8 {
		return d, false
	}
	return d.directory(d.Order.Uint32(block[4:]))
}

func (d Directory) directory(at uint32) (Directory, bool) {
	size := int64(len(d.block))
	if at < 8 || int64(at)+2 > size {
		return Directory{}, false
	}
	d.at = int64(at) + 2
	d.count = min(int64(d.Order.Uint16(d.block[at:])), (size-d.at)/12)
	return d, true
}

// Next is the directory of the next page.
func (d Directory) Next() (Directory, bool) {
	end := d.at + 12*d.count
	if end+4 > int64(len(d.block)) {
		return Directory{}, false
	}
	at := d.Order.Uint32(d.block[end:])
	if int64(at)+2 <= d.at { // only forwards: a loop would have no end
		return Directory{}, false
	}
	return d.directory(at)
}

// Sub is the directory that a tag points to, such as TagExif.
func (d Directory) Sub(tag uint16) (Directory, bool) {
	at := d.Number(tag)
	if at == 0 || int64(at)+2 == d.at {
		return Directory{}, false
	}
	return d.directory(at)
}

func (d Directory) entry(tag uint16) []byte {
	for i := int64(0); i < d.count; i++ {
		if e := d.block[d.at+12*i:][:12]; d.Order.Uint16(e) == tag {
			return e
		}
	}
	return nil
}

// Number is the first of a tag's numbers, of one, two or four bytes; 0 where there is none.
func (d Directory) Number(tag uint16) uint32 {
	e := d.entry(tag)
	if e == nil || d.Order.Uint32(e[4:]) == 0 {
		return 0
	}
	switch d.Order.Uint16(e[2:]) {
	case 1, 7: // BYTE, UNDEFINED
		return uint32(e[8])
	case 3: // SHORT
		return uint32(d.Order.Uint16(e[8:]))
	case 4, 13: // LONG, IFD
		return d.Order.Uint32(e[8:])
	}
	return 0
}

// Bytes are the contents of a tag of single bytes (BYTE, ASCII, UNDEFINED, UTF-8); nil where there is none.
func (d Directory) Bytes(tag uint16) []byte {
	e := d.entry(tag)
	if e == nil {
		return nil
	}
	switch d.Order.Uint16(e[2:]) {
	case 1, 2, 6, 7, 129:
	default:
		return nil
	}
	n, at := int64(d.Order.Uint32(e[4:])), int64(d.Order.Uint32(e[8:]))
	if n <= 4 {
		return e[8 : 8+n]
	}
	if at > int64(len(d.block)) || n > int64(len(d.block))-at || n > math.MaxInt32 {
		return nil
	}
	return d.block[at : at+n]
}

// Orientation is the orientation of a block's picture, 1 to 8 as in TIFF; 1, upright, where there is none.
func Orientation(block []byte) int {
	if d, ok := First(block); ok {
		if v := d.Number(TagOrientation); v >= 1 && v <= 8 {
			return int(v)
		}
	}
	return 1
}
