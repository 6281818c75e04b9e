package recipe

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"
)

// EXIF tags that carry recipes (EXIF 2.32, 4.6.5).
const (
	tagDescription = 0x010e
	tagMake        = 0x010f
	tagModel       = 0x0110
	tagSoftware    = 0x0131
	tagExif        = 0x8769 // the offset of the EXIF directory
	tagMaker       = 0x927c
	tagComment     = 0x9286
)

// jpegExif is the TIFF block of a JPEG's APP1 segment; nil where there is none.
func jpegExif(file []byte) []byte {
	for at := 2; at+4 <= len(file) && file[at] == 0xff; {
		kind, n := file[at+1], int(binary.BigEndian.Uint16(file[at+2:]))
		if kind == 0xda || n < 2 || at+2+n > len(file) {
			return nil
		}
		if body := file[at+4 : at+2+n]; kind == 0xe1 && bytes.HasPrefix(body, []byte("Exif\x00\x00")) {
			return body[6:]
		}
		at += 2 + n
	}
	return nil
}

// webpExif is the TIFF block of a WebP's EXIF chunk; nil where there is none.
func webpExif(file []byte) []byte {
	for at := 12; at+8 <= len(file); {
		n := int(binary.LittleEndian.Uint32(file[at+4:]))
		if n < 0 || n > len(file)-at-8 {
			return nil
		}
		if string(file[at:at+4]) == "EXIF" {
			return bytes.TrimPrefix(file[at+8:at+8+n], []byte("Exif\x00\x00"))
		}
		at += 8 + n + n&1
	}
	return nil
}

// exifTexts are the recipe texts of a TIFF block under PNG's keywords.
func exifTexts(tiff []byte) map[string]string {
	out := map[string]string{}
	if len(tiff) < 8 {
		return out
	}
	var order binary.ByteOrder = binary.LittleEndian
	if string(tiff[:2]) == "MM" {
		order = binary.BigEndian
	}
	var exif int
	directory(tiff, order, int(order.Uint32(tiff[4:])), func(tag uint16, value []byte, number uint32) {
		switch tag {
		case tagExif:
			exif = int(number)
		case tagComment: // Fooocus puts it here, as plain text
			out[a1111] = comment(value, order)
		case tagDescription, tagMake, tagModel: // ComfyUI's WebP: "prompt:{...}", "workflow:{...}"
			text := strings.TrimRight(string(value), "\x00")
			for _, key := range []string{"prompt", "workflow"} {
				if len(text) > len(key) && strings.EqualFold(text[:len(key)+1], key+":") {
					out[key] = strings.TrimSpace(text[len(key)+1:])
				}
			}
		}
	})
	directory(tiff, order, exif, func(tag uint16, value []byte, _ uint32) {
		switch tag {
		case tagComment:
			out[a1111] = comment(value, order)
		case tagMaker:
			if js, ok := bytes.CutPrefix(value, []byte(ownKeyword+"\x00")); ok {
				out[ownKeyword] = string(js)
			}
		}
	})
	return out
}

// sizes of TIFF's types in bytes, by number.
var tiffSizes = [...]int{0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8}

// directory tells every entry of a TIFF directory: its bytes, and its first number.
func directory(tiff []byte, order binary.ByteOrder, at int, each func(tag uint16, value []byte, number uint32)) {
	if at < 8 || at+2 > len(tiff) {
		return
	}
	n := int(order.Uint16(tiff[at:]))
	for i := range n {
		e := at + 2 + 12*i
		if e+12 > len(tiff) {
			return
		}
		kind, count := int(order.Uint16(tiff[e+2:])), int(order.Uint32(tiff[e+4:]))
		if kind >= len(tiffSizes) || count > len(tiff) {
			continue
		}
		size, from := tiffSizes[kind]*count, e+8
		number := order.Uint32(tiff[from:])
		if size > 4 {
			from = int(number)
		}
		if from < 0 || from > len(tiff) || size > len(tiff)-from {
			continue
		}
		each(order.Uint16(tiff[e:]), tiff[from:from+size], number)
	}
}

// comment is a UserComment: eight bytes of encoding, then the text; some programs leave the eight bytes out.
func comment(v []byte, order binary.ByteOrder) string {
	plain := func(b []byte) string { return strings.TrimRight(string(b), "\x00 ") }
	if len(v) < 8 {
		return plain(v)
	}
	body := v[8:]
	switch head := string(v[:8]); {
	case head == "ASCII\x00\x00\x00", head == "JIS\x00\x00\x00\x00\x00", head == "\x00\x00\x00\x00\x00\x00\x00\x00":
		return plain(body)
	case !strings.HasPrefix(head, "UNICODE"):
		return plain(v)
	}
	// AUTOMATIC1111 (piexif) writes big-endian whatever the file's order: the zero bytes of Latin text tell.
	even, odd := 0, 0
	for i, b := range body {
		if b == 0 {
			if i%2 == 0 {
				even++
			} else {
				odd++
			}
		}
	}
	switch {
	case even > odd:
		order = binary.BigEndian
	case odd > even:
		order = binary.LittleEndian
	}
	units := make([]uint16, len(body)/2)
	for i := range units {
		units[i] = order.Uint16(body[2*i:])
	}
	return strings.TrimRight(string(utf16.Decode(units)), "\x00 ")
}

// exifBlock is a TIFF block with the recipe: the parameters as UserComment, where
// AUTOMATIC1111 looks, and our JSON as MakerNote.
func exifBlock(r Recipe) ([]byte, error) {
	js, err := r.JSON()
	if err != nil {
		return nil, err
	}
	text := []byte("UNICODE\x00")
	for _, u := range utf16.Encode([]rune(r.Parameters())) {
		text = binary.BigEndian.AppendUint16(text, u)
	}
	maker := append([]byte(ownKeyword+"\x00"), js...)
	software := append([]byte("Nirvana"), 0)
	be := binary.BigEndian
	out := append([]byte("MM\x00\x2a"), 0, 0, 0, 8)
	entry := func(tag, kind uint16, count, value int) {
		out = be.AppendUint16(be.AppendUint16(out, tag), kind)
		out = be.AppendUint32(be.AppendUint32(out, uint32(count)), uint32(value))
	}
	const first = 8 + 2 + 2*12 + 4     // the software's name lies here
	const second = first + 8           // the EXIF directory
	const body = second + 2 + 2*12 + 4 // and what it points to
	out = be.AppendUint16(out, 2)
	entry(tagSoftware, 2, len(software), first)
	entry(tagExif, 4, 1, second)
	out = append(be.AppendUint32(out, 0), software...)
	out = be.AppendUint16(out, 2)
	entry(tagMaker, 7, len(maker), body)
	entry(tagComment, 7, len(text), body+len(maker))
	out = be.AppendUint32(out, 0)
	return append(append(out, maker...), text...), nil
}

// EmbedJPEG puts the recipe into an encoded JPEG as EXIF, in place of any EXIF at its beginning.
func EmbedJPEG(file []byte, r Recipe) ([]byte, error) {
	tiff, err := exifBlock(r)
	if err != nil {
		return nil, err
	}
	body := append([]byte("Exif\x00\x00"), tiff...)
	if len(body)+2 > 0xffff { // a segment's most: leave out the steps, then the mask, of which the hash stays
		switch {
		case len(r.Hashes)+len(r.Scales) > 0:
			r.Hashes, r.Scales = nil, nil
		case len(r.Mask) > 0:
			r.Mask = nil
		default:
			return nil, fmt.Errorf("the recipe is too long for a JPEG: export as PNG")
		}
		return EmbedJPEG(file, r)
	}
	if !bytes.HasPrefix(file, []byte("\xff\xd8")) {
		return nil, fmt.Errorf("this is not a JPEG file")
	}
	out := binary.BigEndian.AppendUint16([]byte("\xff\xd8\xff\xe1"), uint16(len(body)+2))
	return append(append(out, body...), file[2:]...), nil
}

// EmbedWebP puts the recipe into a simple lossless WebP file as EXIF (the extended format, RFC 9649).
func EmbedWebP(file []byte, r Recipe, width, height int, alpha bool) ([]byte, error) {
	tiff, err := exifBlock(r)
	if err != nil {
		return nil, err
	}
	if len(file) < 20 || string(file[:4]) != "RIFF" || string(file[8:16]) != "WEBPVP8L" {
		return nil, fmt.Errorf("this is not a lossless WebP file")
	}
	head := make([]byte, 10)
	head[0] = 1 << 3 // EXIF
	if alpha {
		head[0] |= 1 << 4
	}
	for i := range 3 {
		head[4+i], head[7+i] = byte((width-1)>>(8*i)), byte((height-1)>>(8*i))
	}
	var out bytes.Buffer
	riff := func(kind string, data []byte) {
		out.WriteString(kind)
		out.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(data))))
		out.Write(data)
		if len(data)%2 == 1 {
			out.WriteByte(0)
		}
	}
	n := int(binary.LittleEndian.Uint32(file[16:]))
	if n > len(file)-20 {
		return nil, fmt.Errorf("the WebP file is cut off")
	}
	riff("VP8X", head)
	riff("VP8L", file[20:20+n])
	riff("EXIF", tiff)
	whole := append([]byte("RIFF"), binary.LittleEndian.AppendUint32(nil, uint32(out.Len()+4))...)
	return append(append(whole, "WEBP"...), out.Bytes()...), nil
}
