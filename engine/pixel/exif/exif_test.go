package exif

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// block has an orientation, a text in the directory and one in the EXIF directory.
func block(order binary.AppendByteOrder, head string) []byte {
	out := order.AppendUint32([]byte(head), 8)
	entry := func(tag, kind uint16, count, value uint32) {
		out = order.AppendUint16(order.AppendUint16(out, tag), kind)
		out = order.AppendUint32(order.AppendUint32(out, count), value)
	}
	out = order.AppendUint16(out, 3)
	entry(TagDescription, 2, 6, 68)
	out = order.AppendUint16(order.AppendUint16(out, TagOrientation), 3)
	out = order.AppendUint16(order.AppendUint16(order.AppendUint32(out, 1), 6), 0)
	entry(TagExif, 4, 1, 50)
	out = order.AppendUint32(out, 0)
	out = order.AppendUint16(out, 1)
	entry(TagComment, 7, 4, 0)
	copy(out[len(out)-4:], "text")
	out = order.AppendUint32(out, 8) // a loop
	return append(out, "hello\x00"...)
}

func jpeg(tiff []byte) []byte {
	out := []byte("\xff\xd8\xff\xe0\x00\x04ab\xff\xff\xe1")
	return append(append(append(binary.BigEndian.AppendUint16(out, uint16(len(tiff)+8)), head...), tiff...), "\xff\xda\x00\x02"...)
}

func box(name string, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(len(body)+8)), name...), body...)
}

// avif has the block as item 2, in two pieces behind the boxes or in "idat".
func avif(tiff []byte, inside bool) []byte {
	item := append([]byte{0, 0, 0, 6}, append(bytes.Clone(head), tiff...)...)
	infe := func(id byte, kind string) []byte {
		return box("infe", []byte{2, 0, 0, 0, 0, id, 0, 0}, []byte(kind), []byte{0})
	}
	build := func(at int) []byte {
		place := func(id byte, pieces ...int) []byte {
			out := []byte{0, id, 0, 0, 0, 0, 0, byte(len(pieces) / 2)}
			if inside {
				out[3] = 1
			}
			for _, p := range pieces {
				out = binary.BigEndian.AppendUint32(out, uint32(p))
			}
			return out
		}
		iloc := box("iloc", []byte{1, 0, 0, 0, 0x44, 0, 0, 2}, place(1, at, 3), place(2, at, 5, at+5, len(item)-5))
		iinf := box("iinf", []byte{0, 0, 0, 0, 0, 2}, infe(1, "av01"), infe(2, "Exif"))
		parts := [][]byte{{0, 0, 0, 0}, iinf, iloc}
		if inside {
			parts = append(parts, box("idat", item))
		}
		return append(box("ftyp", []byte("avif\x00\x00\x00\x00mif1")), box("meta", parts...)...)
	}
	if inside {
		return build(0)
	}
	return append(build(len(build(0))+8), box("mdat", item)...)
}

func files(tiff []byte) map[string][]byte {
	chunk := append(append(binary.BigEndian.AppendUint32([]byte("\x89PNG\r\n\x1a\n"), uint32(len(tiff))), "eXIf"...), append(bytes.Clone(tiff), 0, 0, 0, 0)...)
	webp := append([]byte("RIFF\x00\x00\x00\x00WEBPICCP\x01\x00\x00\x00x\x00EXIF"), binary.LittleEndian.AppendUint32(nil, uint32(len(tiff)))...)
	return map[string][]byte{"TIFF": tiff, "JPEG": jpeg(tiff), "PNG": chunk, "WebP": append(webp, tiff...), "AVIF": avif(tiff, false), "AVIF, idat": avif(tiff, true)}
}

func TestBlock(t *testing.T) {
	for order, tiff := range map[string][]byte{"Intel": block(binary.LittleEndian, "II*\x00"), "Motorola": block(binary.BigEndian, "MM\x00*")} {
		for kind, file := range files(tiff) {
			b := Block(file)
			if !bytes.HasPrefix(b, tiff) {
				t.Errorf("%s: the block is %q", kind, b)
				continue
			}
			d, ok := First(b)
			sub, there := d.Sub(TagExif)
			if !ok || !there || Orientation(b) != 6 || string(d.Bytes(TagDescription)) != "hello\x00" || string(sub.Bytes(TagComment)) != "text" {
				t.Errorf("%s, %s: orientation %d, %q, %q", kind, order, Orientation(b), d.Bytes(TagDescription), sub.Bytes(TagComment))
			}
			if _, more := sub.Next(); more {
				t.Errorf("%s: a loop of directories is followed", kind)
			}
			for n := range file { // cut off anywhere
				held(Block(file[:n]))
			}
		}
	}
	if Block(nil) != nil || Block([]byte("GIF89a")) != nil || Orientation(nil) != 1 {
		t.Error("a block out of nothing")
	}
}

// held reads everything of a block.
func held(b []byte) {
	Orientation(b)
	d, ok := First(b)
	for range 100 {
		if !ok {
			return
		}
		d.Bytes(TagDescription)
		if sub, ok := d.Sub(TagExif); ok {
			sub.Bytes(TagComment)
			sub.Next()
		}
		d, ok = d.Next()
	}
}

func FuzzBlock(f *testing.F) {
	for _, file := range files(block(binary.LittleEndian, "II*\x00")) {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) { held(Block(file)) })
}
