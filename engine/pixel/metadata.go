package pixel

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"

	"nirvana/engine/pixel/exif"
)

// metadata is a picture file's description of its pixels.
type metadata struct {
	profile  []byte // ICC
	color    *colorSpace
	animated bool // or of several pages
	unnamed  bool // a JPEG of four channels without a mark of how they are stored
}

// maxProfile bounds an ICC profile, bytes.
const maxProfile = 16 << 20

func readMetadata(format string, data []byte) metadata {
	switch format {
	case "png":
		return pngMetadata(data)
	case "jpeg":
		return jpegMetadata(data)
	case "webp":
		return webpMetadata(data)
	case "tiff":
		return tiffMetadata(data)
	case "gif":
		return metadata{animated: gifFrames(data) > 1}
	}
	return metadata{}
}

// pngMetadata: https://www.w3.org/TR/png-3/#11Chunks
func pngMetadata(data []byte) metadata {
	var m metadata
	var c colorChunks
	for name, body := range exif.PNGChunks(data) {
		switch name {
		case "iCCP":
			m.profile = unpackedProfile(body)
		case "acTL":
			m.animated = len(body) >= 4 && binary.BigEndian.Uint32(body) > 1
		default:
			c.take(name, body)
		}
	}
	if c.cicp != nil {
		m.profile = nil
	}
	if m.profile == nil {
		m.color = c.space()
	}
	return m
}

// unpackedProfile is the profile in an iCCP chunk: a name, a zero, the method, a zlib stream.
func unpackedProfile(body []byte) []byte {
	i := bytes.IndexByte(body, 0)
	if i < 0 || i+2 > len(body) {
		return nil
	}
	z, err := zlib.NewReader(bytes.NewReader(body[i+2:]))
	if err != nil {
		return []byte{} // there is one, and it cannot be read
	}
	out, err := io.ReadAll(io.LimitReader(z, maxProfile+1))
	if err != nil || len(out) > maxProfile {
		return []byte{}
	}
	return out
}

func jpegMetadata(data []byte) metadata {
	var m metadata
	channels, adobe := 0, false
	parts := map[byte][]byte{}
	for marker, body := range exif.Segments(data) {
		switch {
		case marker == 0xe2 && bytes.HasPrefix(body, []byte("ICC_PROFILE\x00")) && len(body) > 14:
			parts[body[12]] = body[14:]
		case marker == 0xee && bytes.HasPrefix(body, []byte("Adobe")):
			adobe = true
		case marker >= 0xc0 && marker <= 0xc2 && len(body) > 5:
			channels = int(body[5])
		}
	}
	for i := 1; i <= len(parts); i++ {
		m.profile = append(m.profile, parts[byte(i)]...)
	}
	m.unnamed = channels == 4 && !adobe
	return m
}

func tiffMetadata(data []byte) metadata {
	d, ok := exif.First(data)
	if !ok {
		return metadata{}
	}
	m := metadata{profile: d.Bytes(exif.TagProfile)}
	const preview, mask = 1, 4
	if next, more := d.Next(); more {
		m.animated = next.Number(exif.TagSubfile)&(preview|mask) == 0
	}
	return m
}

// gifFrames counts a GIF's pictures, up to two.
func gifFrames(data []byte) (n int) {
	table := func(flags byte) int {
		if flags&0x80 == 0 {
			return 0
		}
		return 3 << (flags&7 + 1)
	}
	if len(data) < 13 {
		return 0
	}
	at := 13 + table(data[10])
	for at < len(data) && n < 2 {
		switch data[at] {
		case 0x21: // an extension
			at += 2
		case 0x2c:
			if at+10 > len(data) {
				return n
			}
			n++
			at += 11 + table(data[at+9])
		default:
			return n
		}
		for at < len(data) && data[at] != 0 {
			at += 1 + int(data[at])
		}
		at++
	}
	return n
}
