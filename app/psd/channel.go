package psd

import (
	"bytes"
	"compress/zlib"
	"io"
)

// channel unpacks planes of w x h pixels that follow each other, to 8 bits.
func (r *reader) channel(s *source, w, h, planes int) ([]byte, error) {
	row, n := w*r.depth, h*planes
	var plain []byte
	switch kind := s.number(2); kind {
	case compressRaw:
		plain = s.take(row * n)
	case compressRLE:
		counts := make([]int, n)
		for i := range counts {
			counts[i] = s.number(r.wide() / 2)
		}
		if s.failed {
			break
		}
		plain = make([]byte, 0, row*n)
		for _, c := range counts {
			packed := s.take(c)
			if s.failed {
				break
			}
			plain = unpacked(plain, packed, row)
		}
	case compressZip, compressPredic:
		z, err := zlib.NewReader(bytes.NewReader(s.data))
		if err != nil {
			return nil, damaged("packed pixels")
		}
		if plain, err = io.ReadAll(io.LimitReader(z, int64(row*n))); err != nil && err != io.ErrUnexpectedEOF {
			return nil, damaged("packed pixels")
		}
		if kind == compressPredic && len(plain) == row*n {
			predicted(plain, w, r.depth)
		}
	default:
		return nil, damaged("a kind of packing")
	}
	if s.failed || len(plain) != row*n {
		return nil, damaged("its pixels")
	}
	if r.depth == 1 {
		return plain, nil
	}
	out := make([]byte, w*n)
	for i := range out { // rounded, not cut
		out[i] = uint8((int(order.Uint16(plain[2*i:])) + 128) / 257)
	}
	return out, nil
}

// unpacked appends a row decoded from PackBits, truncated or padded to its length.
func unpacked(to, packed []byte, row int) []byte {
	end := len(to) + row
	for len(packed) > 1 && len(to) < end {
		n := int(int8(packed[0]))
		packed = packed[1:]
		switch {
		case n >= 0:
			n = min(n+1, len(packed))
			to = append(to, packed[:n]...)
			packed = packed[n:]
		case n > -128:
			for range 1 - n {
				to = append(to, packed[0])
			}
			packed = packed[1:]
		}
	}
	for len(to) < end {
		to = append(to, 0)
	}
	return to[:end]
}

// predicted turns differences back into values.
func predicted(plain []byte, w, depth int) {
	for at := 0; at+w*depth <= len(plain); at += w * depth {
		row := plain[at : at+w*depth]
		if depth == 1 {
			for x := 1; x < w; x++ {
				row[x] += row[x-1]
			}
			continue
		}
		for x := 1; x < w; x++ {
			order.PutUint16(row[2*x:], order.Uint16(row[2*x:])+order.Uint16(row[2*x-2:]))
		}
	}
}

// packed packs a row with PackBits.
func packed(to, row []byte) []byte {
	for len(row) > 0 {
		n := 1
		for n < len(row) && n < 128 && row[n] == row[0] {
			n++
		}
		if n > 1 {
			to = append(to, byte(1-n), row[0])
			row = row[n:]
			continue
		}
		for n < len(row) && n < 128 && (n+1 >= len(row) || row[n] != row[n+1]) {
			n++
		}
		to = append(append(to, byte(n-1)), row[:n]...)
		row = row[n:]
	}
	return to
}
