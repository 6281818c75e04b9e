package pixel

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"math"
	"strings"
	"testing"

	"nirvana/engine/fault"
	"nirvana/engine/pixel/exif"
)

// Files that libwebp and libjpeg wrote; what they read of them again stands in the tests.
const (
	lossyWebP = "UklGRrQAAABXRUJQVlA4IKgAAACQBQCdASoNAAkAAIAIJbACdLoB+AH6gU4D+gfiruAG2AegB/AOkA4ADpQPJmtAAH8XSR8aoAD+//8XAf1cl+6z94zn/48cANXO//vH1vU7iX8GH/+qM//xCK3/0gkQVeCzC//+ogH+/xp+jfSsDp5x983y30XlVxSW8eLIr8X0g+9Bf/zaF3Ob7+SOXmqTjwa89q/d/GdzvieFhpI6G//phep1fQAAAAA="
	alphaWebP = "UklGRtQAAABXRUJQVlA4WAoAAAAQAAAADAAACAAAQUxQSBcAAAABuYzof4BM2qZURv1r3bc/YgImgJpzAwBWUDgglgAAAPAEAJ0BKg0ACQAAwBIlsAJ0ugH4AUoD+gbIBoAH9A6UDgAP2A60fySQcQn2P7NkYAD+//5Or//jBP+CFf/Tm/+vu8Jsf6b6ox/Bl//ttP/617H/8OSN217f/JgNpmHGzkSBxmYnSGu9IofwQOixlyfuR+Tl/3zYVnq/ODG/r4Wo6y9RLwtik/6Oyk9hG/1F9Sl7gAAAAA=="
	animWebP  = "UklGRtgAAABXRUJQVlA4WAoAAAACAAAABwAABwAAQU5JTQYAAAAAAAAAAABBTk1GUgAAAAAAAAAAAAcAAAcAAAAAAAJWUDggOgAAALABAJ0BKggACAAAwBIloAADXxQWlwAA/v6G5Uf//WV//89H//no/yUf//37r//4C///37r/786AAABBTk1GUgAAAAAAAAAAAAcAAAcAAAAAAABWUDggOgAAALQBAJ0BKggACAAAABIloAADXxQWlwAA/m1Mf//6AR//0Aj//oBH/oBH//7Xa//7Xa//7Xa/7VyAAAA="
	cmykJPEG  = "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwACAQEBAQECAQEBAgICAgIEAwICAgIFBAQDBAYFBgYGBQYGBgcJCAYHCQcGBggLCAkKCgoKCgYICwwLCgwJCgoK/8AAFAgACAAIBEMRAE0RAFkRAEsRAP/EAB8AAAEFAQEBAQEBAAAAAAAAAAABAgMEBQYHCAkKC//EALUQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+v/aAA4EQwBNAFkASwAAPwD9hK/QyvpSv2sr/9k="
)

func file(t testing.TB, text string) []byte {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func read(t testing.TB, data []byte) *File {
	t.Helper()
	f, err := Read(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func says(f *File, format string) bool {
	for _, n := range f.Notices {
		if n.Format == format {
			return true
		}
	}
	return false
}

// Lossy WebP comes out as libwebp reads it, to the last bit: limited range, chroma between its samples.
func TestLossyWebP(t *testing.T) {
	f := read(t, file(t, lossyWebP))
	var rgb []byte
	for i := 0; i < len(f.Picture.Pix); i += 4 {
		rgb = append(rgb, f.Picture.Pix[i:i+3]...)
	}
	if sum := crc32.ChecksumIEEE(rgb); sum != 990389737 || f.Source != nil {
		t.Errorf("sum %d, first %v", sum, f.Picture.RGBAAt(0, 0))
	}
	f = read(t, file(t, alphaWebP))
	raw, deep := f.Source.Raw()
	if sum := crc32.ChecksumIEEE(raw.Pix); sum != 2815962284 || deep {
		t.Errorf("with alpha: sum %d, %v", sum, raw.Pix[:8])
	}
}

// An animation is its first picture, and that is said.
func TestAnimations(t *testing.T) {
	f := read(t, file(t, animWebP))
	if c := f.Picture.RGBAAt(3, 3); c != (color.RGBA{199, 9, 12, 255}) || !says(f, fault.FirstPicture) {
		t.Errorf("WebP: %v, %v", c, f.Notices)
	}
	small := image.NewPaletted(image.Rect(2, 1, 5, 4), color.Palette{color.RGBA{9, 8, 7, 255}})
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &gif.GIF{Image: []*image.Paletted{small, small}, Delay: []int{1, 1}, Config: image.Config{Width: 8, Height: 6, ColorModel: small.Palette}}); err != nil {
		t.Fatal(err)
	}
	f = read(t, b.Bytes())
	if f.Picture.Rect != image.Rect(0, 0, 8, 6) || f.Picture.RGBAAt(2, 1) != (color.RGBA{9, 8, 7, 255}) || f.Picture.RGBAAt(0, 0).A != 0 || !says(f, fault.FirstPicture) {
		t.Errorf("GIF: %v, %v", f.Picture.Rect, f.Notices)
	}
	png := encodedAs(t, "png", speckled(4, 4, 1))
	if f = read(t, png); len(f.Notices) > 0 {
		t.Error("a still picture:", f.Notices)
	}
	if f = read(t, withChunk(png, "acTL", []byte{0, 0, 0, 2, 0, 0, 0, 0})); !says(f, fault.FirstPicture) {
		t.Error("nothing is said of an APNG")
	}
}

// withChunk puts a chunk behind a PNG's header.
func withChunk(png []byte, name string, body []byte) []byte {
	const head = 33
	chunk := append([]byte(name), body...)
	out := binary.BigEndian.AppendUint32(append([]byte(nil), png[:head]...), uint32(len(body)))
	out = binary.BigEndian.AppendUint32(append(out, chunk...), crc32.ChecksumIEEE(chunk))
	return append(out, png[head:]...)
}

func orientedBlock(o uint16) []byte {
	return append([]byte("MM\x00*\x00\x00\x00\x08\x00\x01"), 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, byte(o), 0, 0, 0, 0, 0, 0)
}

// Every format is turned upright by its EXIF.
func TestOrientationOfEveryFormat(t *testing.T) {
	img := speckled(5, 3, 1)
	jpg := encodedAs(t, "jpeg", img)
	png := encodedAs(t, "png", img)
	lossy := file(t, lossyWebP)
	for o := uint16(1); o <= 8; o++ {
		want := turned(straightOf(img), int(o))
		for name, data := range map[string][]byte{"eXIf": withChunk(png, "eXIf", orientedBlock(o)), "eXIf with its JPEG name": withChunk(png, "eXIf", append([]byte("Exif\x00\x00"), orientedBlock(o)...))} {
			if got := read(t, data).Picture; !bytes.Equal(got.Pix, want.(*image.NRGBA).Pix) || got.Rect != want.Bounds() {
				t.Errorf("%s, orientation %d: another picture", name, o)
			}
		}
		plain := read(t, jpg).Picture
		if got := read(t, withOrientation(jpg, o)).Picture; !bytes.Equal(got.Pix, turned((*image.NRGBA)(plain), int(o)).(*image.NRGBA).Pix) {
			t.Errorf("JPEG, orientation %d: another picture", o)
		}
		webp := riffFile(append(riffChunks(lossy[12:]), riffChunk{"EXIF", orientedBlock(o)})...)
		plain = read(t, lossy).Picture
		if got := read(t, webp).Picture; !bytes.Equal(got.Pix, turned((*image.NRGBA)(plain), int(o)).(*image.NRGBA).Pix) {
			t.Errorf("WebP, orientation %d: another picture", o)
		}
		if got := read(t, withTIFFTag(encodedAs(t, "tiff", img), exif.TagOrientation, o)).Picture; !bytes.Equal(got.Pix, want.(*image.NRGBA).Pix) {
			t.Errorf("TIFF, orientation %d: another picture", o)
		}
	}
}

// withTIFFTag writes a copy of the first directory, with one entry more, to the file's end.
func withTIFFTag(data []byte, tag, value uint16) []byte {
	order := binary.LittleEndian
	from := data[order.Uint32(data[4:]):]
	count := order.Uint16(from)
	out := append([]byte(nil), data...)
	at := len(out)
	out = order.AppendUint16(out, count+1)
	own := order.AppendUint32(order.AppendUint16(order.AppendUint16(nil, tag), 3), 1)
	own = order.AppendUint32(own, uint32(value))
	for i := range int(count) {
		e := from[2+12*i:][:12]
		if own != nil && order.Uint16(e) > tag {
			out, own = append(out, own...), nil
		}
		out = append(out, e...)
	}
	out = append(append(out, own...), 0, 0, 0, 0)
	order.PutUint32(out[4:], uint32(at))
	return out
}

// profile is a version 2 ICC profile of tags.
func profile(space string, tags map[string][]byte) []byte {
	body := make([]byte, 128)
	copy(body[8:], []byte{2, 0x10, 0, 0})
	copy(body[12:], "mntr"+space+"XYZ ")
	copy(body[36:], "acsp")
	for i, v := range [3]float64{0.9642, 1, 0.8249} {
		binary.BigEndian.PutUint32(body[68+4*i:], uint32(math.Round(v*65536)))
	}
	table := binary.BigEndian.AppendUint32(nil, uint32(len(tags)))
	var data []byte
	for name, tag := range tags {
		at := len(body) + 4 + 12*len(tags) + len(data)
		table = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(append(table, name...), uint32(at)), uint32(len(tag)))
		data = append(data, tag...)
	}
	out := append(append(body, table...), data...)
	binary.BigEndian.PutUint32(out, uint32(len(out)))
	return out
}

func xyzTag(x, y, z float64) []byte {
	out := []byte("XYZ \x00\x00\x00\x00")
	for _, v := range [3]float64{x, y, z} {
		out = binary.BigEndian.AppendUint32(out, uint32(int32(math.Round(v*65536))))
	}
	return out
}

func gammaTag(g float64) []byte {
	out := binary.BigEndian.AppendUint32([]byte("curv\x00\x00\x00\x00"), 1)
	return append(binary.BigEndian.AppendUint16(out, uint16(math.Round(g*256))), 0, 0)
}

// displayP3 with a gamma of 2.2, its primaries adapted to D50 as the ICC wants them.
func displayP3() []byte {
	return profile("RGB ", map[string][]byte{"wtpt": xyzTag(0.9642, 1, 0.8249), "rTRC": gammaTag(2.2), "gTRC": gammaTag(2.2), "bTRC": gammaTag(2.2),
		"rXYZ": xyzTag(0.51512, 0.2412, -0.00105), "gXYZ": xyzTag(0.29198, 0.69225, 0.04189), "bXYZ": xyzTag(0.1571, 0.06657, 0.78407)})
}

func zipped(data []byte) []byte {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	z.Write(data)
	z.Close()
	return b.Bytes()
}

func near(a, b color.RGBA, by int) bool {
	for _, d := range [3]int{int(a.R) - int(b.R), int(a.G) - int(b.G), int(a.B) - int(b.B)} {
		if d > by || d < -by {
			return false
		}
	}
	return true
}

// A colour of Display P3 is the same by every kind of file that says so: the numbers of lcms.
func TestProfiles(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 16, 16))
	for i := 0; i < len(img.Pix); i += 4 {
		copy(img.Pix[i:], []byte{180, 90, 60, 255})
	}
	want := color.RGBA{195, 83, 47, 255}
	p := displayP3()
	png := withChunk(encodedAs(t, "png", img), "iCCP", append([]byte("p3\x00\x00"), zipped(p)...))
	jpg := encodedAs(t, "jpeg", img)
	app2 := append([]byte{0xff, 0xd8, 0xff, 0xe2}, binary.BigEndian.AppendUint16(nil, uint16(len(p)+16))...)
	jpg = append(append(append(app2, "ICC_PROFILE\x00\x01\x01"...), p...), jpg[2:]...)
	cicp := withChunk(encodedAs(t, "png", img), "cICP", []byte{12, 4, 0, 1})
	var chrm []byte
	for _, v := range primariesOf[12] {
		chrm = binary.BigEndian.AppendUint32(chrm, uint32(math.Round(v*100000)))
	}
	chunks := withChunk(withChunk(encodedAs(t, "png", img), "gAMA", []byte{0, 0, 0xb1, 0x8f}), "cHRM", chrm)
	for name, data := range map[string][]byte{"iCCP": png, "APP2": jpg, "cICP": cicp, "cHRM": chunks} {
		f := read(t, data)
		by := map[string]int{"cHRM": 4}[name] + 1 // gAMA near 1/2.2 is read as the curve of sRGB
		if got := f.Picture.RGBAAt(8, 8); !near(got, want, by) || len(f.Notices) > 0 {
			t.Errorf("%s: %v, want %v (%v)", name, got, want, f.Notices)
		}
	}
	webp := riffFile(append(riffChunks(file(t, lossyWebP)[12:]), riffChunk{"ICCP", p})...)
	if a, b := read(t, webp).Picture.RGBAAt(12, 2), read(t, file(t, lossyWebP)).Picture.RGBAAt(12, 2); near(a, b, 8) {
		t.Error("a WebP's profile is ignored:", a)
	}
}

func TestGrayProfileAndGamma(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 4, 4))
	for i := range img.Pix {
		img.Pix[i] = 128
	}
	png := encodedAs(t, "png", img)
	linear := withChunk(png, "iCCP", append([]byte("g\x00\x00"), zipped(profile("GRAY", map[string][]byte{"wtpt": xyzTag(0.9642, 1, 0.8249), "kTRC": gammaTag(1)}))...))
	gama := withChunk(png, "gAMA", []byte{0, 1, 0x86, 0xa0})
	for name, data := range map[string][]byte{"profile": linear, "gAMA": gama} {
		if got := read(t, data).Picture.RGBAAt(1, 1); !near(got, color.RGBA{188, 188, 188, 255}, 1) {
			t.Errorf("%s: %v", name, got)
		}
	}
	near22 := withChunk(png, "gAMA", []byte{0, 0, 0xb1, 0x8f})
	if got := read(t, near22).Picture.RGBAAt(1, 1); got != (color.RGBA{128, 128, 128, 255}) {
		t.Error("gAMA of 1/2.2 is sRGB:", got)
	}
}

// A profile that is broken, or of other channels, is said and leaves the colours.
func TestProfilesThatDoNotFit(t *testing.T) {
	png := encodedAs(t, "png", speckled(4, 4, 1))
	want := read(t, png).Picture
	gray := profile("GRAY", map[string][]byte{"wtpt": xyzTag(0.9642, 1, 0.8249), "kTRC": gammaTag(1)})
	for name, p := range map[string][]byte{"nothing": {}, "cut off": displayP3()[:200], "gray": gray, "noise": []byte(strings.Repeat("acsp", 99))} {
		f := read(t, withChunk(png, "iCCP", append([]byte("x\x00\x00"), zipped(p)...)))
		if !bytes.Equal(f.Picture.Pix, want.Pix) || !says(f, fault.NoProfile) {
			t.Errorf("%s: %v", name, f.Notices)
		}
	}
	if f := read(t, withChunk(png, "cICP", []byte{9, 16, 0, 1})); !bytes.Equal(f.Picture.Pix, want.Pix) || !says(f, fault.NoProfile) {
		t.Error("PQ:", f.Notices)
	}
}

// Four inks: as libjpeg reads them, with Adobe's mark and without.
func TestCMYK(t *testing.T) {
	data := file(t, cmykJPEG)
	want := color.RGBA{207, 180, 152, 255}
	if got := read(t, data).Picture.RGBAAt(3, 3); !near(got, want, 2) {
		t.Error(got)
	}
	at := bytes.Index(data, []byte{0xff, 0xee})
	plain := append(append([]byte(nil), data[:at]...), data[at+16:]...)
	if got := read(t, plain).Picture.RGBAAt(3, 3); !near(got, color.RGBA{2, 5, 7, 255}, 1) {
		t.Error("not inverted:", got)
	}
}

// What was not changed has the file's own pixels again, of 8 bits and of 16.
func TestSource(t *testing.T) {
	ramp := image.NewNRGBA(image.Rect(0, 0, 32, 8))
	deepRamp := image.NewNRGBA64(ramp.Rect)
	for i := 0; i < 32*8; i++ {
		copy(ramp.Pix[4*i:], []byte{uint8(7 * i), uint8(200 - i), uint8(i * i), uint8(i)})
		deepRamp.SetNRGBA64(i%32, i/32, color.NRGBA64{uint16(7777 * i), uint16(211 * i), 12345, uint16(257*i + 3)})
	}
	for _, img := range []image.Image{ramp, deepRamp} {
		f := read(t, encodedAs(t, "png", img))
		now := image.NewRGBA(image.Rect(0, 0, 40, 10))
		for y := range 8 {
			copy(now.Pix[now.PixOffset(3, y+1):], f.Picture.Pix[4*32*y:4*32*(y+1)])
		}
		now.SetRGBA(10, 4, color.RGBA{1, 2, 3, 255})
		got := f.Source.Under(now, image.Pt(3, 1))
		for y := range 8 {
			for x := range 32 {
				if at := image.Pt(x+3, y+1); at != image.Pt(10, 4) && got.At(at.X, at.Y) != img.At(x, y) {
					t.Fatalf("%T: %v at %d,%d, want %v", img, got.At(at.X, at.Y), x, y, img.At(x, y))
				}
			}
		}
		if r, _, _, a := got.At(10, 4).RGBA(); r != 257 || a != 0xffff {
			t.Errorf("%T: the changed pixel is %v", img, got.At(10, 4))
		}
		if again := SourceOf(f.Source.Raw()); again.Under(now, image.Pt(3, 1)).At(5, 5) != got.At(5, 5) {
			t.Error("from its bytes it is another")
		}
	}
	opaque := read(t, encodedAs(t, "png", speckled(4, 4, 1)))
	if opaque.Source != nil || opaque.Source.Under(opaque.Picture, image.Point{}) != image.Image(opaque.Picture) {
		t.Error("an opaque picture of 8 bits has a source")
	}
	if SourceOf(nil, false) != nil || SourceOf(image.NewRGBA(image.Rect(0, 0, 3, 2)), true) != nil || SourceOf(image.NewRGBA(image.Rect(1, 0, 3, 2)), false) != nil {
		t.Error("what is no source was taken")
	}
}
