package exif

import (
	"bytes"
	"encoding/binary"
	"iter"
)

// head begins the block in JPEG's segment, and by mistake in some WebP and PNG files.
var head = []byte("Exif\x00\x00")

// Block is the EXIF block of a PNG, JPEG, WebP, AVIF, HEIF or TIFF file; nil where it has none.
func Block(file []byte) []byte {
	switch {
	case bytes.HasPrefix(file, []byte("\xff\xd8")):
		for marker, body := range Segments(file) {
			if block, ok := bytes.CutPrefix(body, head); ok && marker == 0xe1 {
				return block
			}
		}
	case bytes.HasPrefix(file, []byte("\x89PNG\r\n\x1a\n")):
		for name, body := range PNGChunks(file) {
			if name == "eXIf" {
				return bytes.TrimPrefix(body, head)
			}
		}
	case len(file) >= 12 && string(file[:4]) == "RIFF" && string(file[8:12]) == "WEBP":
		for name, body := range RIFFChunks(file[12:]) {
			if name == "EXIF" {
				return bytes.TrimPrefix(body, head)
			}
		}
	case len(file) >= 12 && string(file[4:8]) == "ftyp":
		return isoBlock(file)
	case bytes.HasPrefix(file, []byte("II*\x00")), bytes.HasPrefix(file, []byte("MM\x00*")):
		return file
	}
	return nil
}

// Segments are a JPEG's marker segments before its picture data, by marker (ITU T.81, B.1.1.4).
func Segments(file []byte) iter.Seq2[byte, []byte] {
	return func(yield func(byte, []byte) bool) {
		for at := 2; at+4 <= len(file) && file[at] == 0xff; {
			marker, n := file[at+1], int(binary.BigEndian.Uint16(file[at+2:]))
			if marker == 0xff { // fill
				at++
				continue
			}
			if marker == 0xda || n < 2 || n > len(file)-at-2 || !yield(marker, file[at+4:at+2+n]) {
				return
			}
			at += 2 + n
		}
	}
}

// PNGChunks are a PNG's chunks up to one that is cut off. Checksums are ignored.
func PNGChunks(file []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for at := 8; at+12 <= len(file); {
			n := int64(binary.BigEndian.Uint32(file[at:]))
			if n > int64(len(file)-at-12) || !yield(string(file[at+4:at+8]), file[at+8:at+8+int(n)]) {
				return
			}
			at += 12 + int(n)
		}
	}
}

// RIFFChunks are the chunks of a RIFF body; for WebP, of what follows "WEBP" (RFC 9649, 2.3).
func RIFFChunks(body []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for at := 0; at+8 <= len(body); {
			n := int64(binary.LittleEndian.Uint32(body[at+4:]))
			if n > int64(len(body)-at-8) || !yield(string(body[at:at+4]), body[at+8:at+8+int(n)]) {
				return
			}
			at += 8 + int(n+n&1)
		}
	}
}
