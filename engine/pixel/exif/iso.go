package exif

import (
	"encoding/binary"
	"iter"
	"slices"
)

// maxExtents is how many extents a file may list: an extent may take no bytes at all.
const maxExtents = 1 << 16

// boxes are the boxes of ISO/IEC 14496-12, which AVIF and HEIF files are made of.
func boxes(body []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for len(body) >= 8 {
			n, from := uint64(binary.BigEndian.Uint32(body)), uint64(8)
			switch {
			case n == 0: // to the end
				n = uint64(len(body))
			case n == 1 && len(body) >= 16:
				n, from = binary.BigEndian.Uint64(body[8:]), 16
			}
			if n < from || n > uint64(len(body)) || !yield(string(body[4:8]), body[from:n]) {
				return
			}
			body = body[n:]
		}
	}
}

// isoBlock is the EXIF item's block: its first four bytes say where in the item it begins (ISO/IEC 23008-12, A.2.1).
func isoBlock(file []byte) []byte {
	for name, meta := range boxes(file) {
		if name != "meta" || len(meta) < 4 {
			continue
		}
		var exif []uint32
		var places []byte
		var data []byte
		for name, body := range boxes(meta[4:]) {
			switch name {
			case "iinf":
				exif = exifItems(body)
			case "iloc":
				places = body
			case "idat":
				data = body
			}
		}
		item := located(file, data, places, exif)
		if len(item) < 4 {
			return nil
		}
		if skip := uint64(binary.BigEndian.Uint32(item)); skip <= uint64(len(item)-4) {
			return item[4+skip:]
		}
		return nil
	}
	return nil
}

// exifItems are the numbers of the items of type "Exif" (ISO/IEC 14496-12, 8.11.6).
func exifItems(body []byte) (out []uint32) {
	skip := 6
	if len(body) > 0 && body[0] > 0 {
		skip = 8
	}
	for name, e := range boxes(body[min(skip, len(body)):]) {
		r := reader{data: e}
		version := r.number(4) >> 24
		if name != "infe" || version < 2 {
			continue
		}
		id := r.number(2 + 2*int(version&1))
		r.number(2) // protection
		if r.number(4) == uint64(binary.BigEndian.Uint32([]byte("Exif"))) && !r.short {
			out = append(out, uint32(id))
		}
	}
	return out
}

// located is the first of the items in the item location box (ISO/IEC 14496-12, 8.11.3).
func located(file, data, places []byte, items []uint32) []byte {
	r := reader{data: places}
	version := r.number(4) >> 24
	sizes := int(r.number(2))
	offset, length, base, index := sizes>>12, sizes>>8&15, sizes>>4&15, 0
	if version > 0 {
		index = sizes & 15
	}
	wide := 2
	if version == 2 {
		wide = 4
	}
	extents := 0
	for range r.number(wide) {
		id, from := uint32(r.number(wide)), file
		if version > 0 && r.number(2)&15 == 1 {
			from = data
		}
		r.number(2) // data reference
		start := r.number(base)
		wanted := slices.Contains(items, id)
		var out []byte
		for range r.number(2) {
			r.number(index)
			extents++
			at, n := start+r.number(offset), r.number(length)
			if r.short || extents > maxExtents {
				return nil
			}
			if !wanted || at > uint64(len(from)) || n > uint64(len(from))-at || len(out)+int(n) > len(file) {
				continue
			}
			out = append(out, from[at:at+n]...)
		}
		if wanted {
			return out
		}
		if r.short {
			return nil
		}
	}
	return nil
}

// reader reads big-endian numbers from a box.
type reader struct {
	data  []byte
	short bool // more was read than there is
}

func (r *reader) number(bytes int) (v uint64) {
	if bytes > len(r.data) {
		r.short, r.data = true, nil
		return 0
	}
	for _, b := range r.data[:bytes] {
		v = v<<8 | uint64(b)
	}
	r.data = r.data[bytes:]
	return v
}
