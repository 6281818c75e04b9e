package recipe

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"

	"nirvana/engine/pixel/exif"
)

// exifTexts returns the recipe texts of an EXIF block by the keywords that PNG uses.
func exifTexts(block []byte) map[string]string {
	out := map[string]string{}
	first, ok := exif.First(block)
	if !ok {
		return out
	}
	for _, tag := range []uint16{exif.TagDescription, exif.TagMake, exif.TagModel} { // ComfyUI's WebP: "prompt:{...}", "workflow:{...}"
		text := strings.TrimRight(string(first.Bytes(tag)), "\x00")
		for _, key := range []string{"prompt", "workflow"} {
			if len(text) > len(key) && strings.EqualFold(text[:len(key)+1], key+":") {
				out[key] = strings.TrimSpace(text[len(key)+1:])
			}
		}
	}
	if text := trimmed(fromBytes(first.Bytes(exif.TagDescription))); stepsLine.MatchString(text) {
		out[a1111] = text
	}
	if c := comment(first.Bytes(exif.TagComment), first.Order); c != "" { // Fooocus puts it here, as plain text
		out[a1111] = c
	}
	sub, ok := first.Sub(exif.TagExif)
	if !ok {
		return out
	}
	if c := comment(sub.Bytes(exif.TagComment), sub.Order); c != "" {
		out[a1111] = c
	}
	if js, ok := bytes.CutPrefix(sub.Bytes(exif.TagMakerNote), []byte(ownKeyword+"\x00")); ok {
		out[ownKeyword] = string(js)
	}
	return out
}

// exifBlock is a TIFF block with the recipe: the parameters as UserComment, where AUTOMATIC1111 looks, and our JSON
// as MakerNote.
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
	const first = 8 + 2 + 2*12 + 4     // offset of the software's name
	const second = first + 8           // of the EXIF directory
	const body = second + 2 + 2*12 + 4 // of its values
	out = be.AppendUint16(out, 2)
	entry(exif.TagSoftware, 2, len(software), first)
	entry(exif.TagExif, 4, 1, second)
	out = append(be.AppendUint32(out, 0), software...)
	out = be.AppendUint16(out, 2)
	entry(exif.TagMakerNote, 7, len(maker), body)
	entry(exif.TagComment, 7, len(text), body+len(maker))
	out = be.AppendUint32(out, 0)
	return append(append(out, maker...), text...), nil
}

// EmbedJPEG puts the recipe into an encoded JPEG as EXIF, replacing any EXIF at its beginning.
func EmbedJPEG(file []byte, r Recipe) ([]byte, error) {
	tiff, err := exifBlock(r)
	if err != nil {
		return nil, err
	}
	body := append([]byte("Exif\x00\x00"), tiff...)
	if len(body)+2 > 0xffff { // the limit of a segment: leave out the steps, then the mask, whose hash stays
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
