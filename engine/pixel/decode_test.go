package pixel

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

func encodedAs(t testing.TB, kind string, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch kind {
	case "png":
		err = png.Encode(&b, img)
	case "jpeg":
		err = jpeg.Encode(&b, img, &jpeg.Options{Quality: 100})
	case "gif":
		err = gif.Encode(&b, img, nil)
	case "bmp":
		err = bmp.Encode(&b, img)
	case "tiff":
		err = tiff.Encode(&b, img, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestDecodeEveryFormat(t *testing.T) {
	img := speckled(9, 7, 1)
	for kind, exact := range map[string]bool{"png": true, "bmp": true, "tiff": true, "jpeg": false, "gif": false} {
		got, err := Decode(bytes.NewReader(encodedAs(t, kind, img)))
		if err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		if got.Rect != img.Rect || got.Stride != 4*9 {
			t.Errorf("%s: %v, stride %d", kind, got.Rect, got.Stride)
		}
		if exact && string(got.Pix) != string(img.Pix) {
			t.Errorf("%s: other pixels", kind)
		}
	}
}

// Straight alpha in the file is premultiplied in memory; a sub-image comes out packed.
func TestDecodeAlpha(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 4, 4))
	img.SetNRGBA(2, 2, color.NRGBA{200, 100, 50, 128})
	got, err := Decode(bytes.NewReader(encodedAs(t, "png", img.SubImage(image.Rect(1, 1, 4, 4)))))
	if err != nil {
		t.Fatal(err)
	}
	if c := got.RGBAAt(1, 1); c != (color.RGBA{100, 50, 25, 128}) || got.Rect != image.Rect(0, 0, 3, 3) {
		t.Errorf("%v in %v", c, got.Rect)
	}
}

// withOrientation puts an EXIF block into a JPEG.
func withOrientation(jpg []byte, o uint16) []byte {
	exif := append([]byte("Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00"), 0x12, 0x01, 3, 0, 1, 0, 0, 0, byte(o), 0, 0, 0, 0, 0, 0, 0)
	out := append([]byte{0xff, 0xd8, 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(exif)+2))...)
	return append(append(out, exif...), jpg[2:]...)
}

// The picture's red corner is where each of the eight orientations puts it.
func TestOrientation(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 48, 32))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for y := range 16 {
		for x := range 16 {
			img.SetRGBA(x, y, color.RGBA{255, 0, 0, 255})
		}
	}
	jpg := encodedAs(t, "jpeg", img)
	at := map[uint16]string{1: "top left", 2: "top right", 3: "bottom right", 4: "bottom left", 5: "top left", 6: "top right", 7: "bottom right", 8: "bottom left"}
	for o, want := range at {
		got, err := Decode(bytes.NewReader(withOrientation(jpg, o)))
		if err != nil {
			t.Fatal(err)
		}
		if turned := got.Rect.Dx() == 32; turned != (o >= 5) {
			t.Errorf("orientation %d: %v", o, got.Rect)
		}
		w, h := got.Rect.Dx()-8, got.Rect.Dy()-8
		for name, p := range map[string]image.Point{"top left": {8, 8}, "top right": {w, 8}, "bottom left": {8, h}, "bottom right": {w, h}} {
			if red := got.RGBAAt(p.X, p.Y).G < 60; red != (name == want) {
				t.Errorf("orientation %d: red at %s is %v, want it at %s", o, name, red, want)
			}
		}
	}
}

// header is a PNG that only says how large it is.
func header(w, h uint32) []byte {
	full := encodedHeader(w, h)
	return append([]byte("\x89PNG\r\n\x1a\n"), full...)
}

func encodedHeader(w, h uint32) []byte {
	body := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte("IHDR"), w), h)
	body = append(body, 8, 6, 0, 0, 0)
	out := binary.BigEndian.AppendUint32(nil, 13)
	return binary.BigEndian.AppendUint32(append(out, body...), crc(body))
}

func crc(b []byte) uint32 {
	c := ^uint32(0)
	for _, v := range b {
		c ^= uint32(v)
		for range 8 {
			c = c>>1 ^ 0xedb88320&-(c&1)
		}
	}
	return ^c
}

func TestDecodeRefuses(t *testing.T) {
	whole := encodedAs(t, "png", speckled(40, 40, 1))
	for _, c := range []struct {
		name string
		data []byte
		says string
	}{
		{"nothing", nil, "not a supported picture"},
		{"text", []byte("a poem"), "not a supported picture"},
		{"101 megapixels", header(10100, 10000), "megapixels"},
		{"endless", header(1<<31-1, 1<<31-1), ""},
		{"cut off", whole[:len(whole)/2], "cut off"},
	} {
		_, err := Decode(bytes.NewReader(c.data))
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := Load(filepath.Join(t.TempDir(), "gone.png")); err == nil || !strings.Contains(err.Error(), "gone.png") {
		t.Error(err)
	}
}

func TestSaveIsWholeOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	path, img := filepath.Join(dir, "a.png"), speckled(20, 10, 3)
	if err := Save(path, img); err != nil {
		t.Fatal(err)
	}
	got, err := Load(path)
	if err != nil || string(got.Pix) != string(img.Pix) {
		t.Fatal("what was saved does not come back", err)
	}
	if err := Save(filepath.Join(dir, "no", "b.png"), img); err == nil || !strings.Contains(err.Error(), "b.png") {
		t.Error(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "c.png"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Save(filepath.Join(dir, "c.png"), img); err == nil {
		t.Error("a folder was written over")
	}
	left, _ := filepath.Glob(filepath.Join(dir, ".nirvana-*"))
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func FuzzDecode(f *testing.F) {
	img := speckled(5, 4, 1)
	for _, kind := range []string{"png", "jpeg", "gif", "bmp", "tiff"} {
		f.Add(encodedAs(f, kind, img))
	}
	f.Add(withOrientation(encodedAs(f, "jpeg", img), 6))
	f.Add(header(10100, 10000))
	for _, text := range []string{lossyWebP, alphaWebP, animWebP, cmykJPEG} {
		f.Add(file(f, text))
	}
	f.Add(withChunk(encodedAs(f, "png", img), "iCCP", append([]byte("p3\x00\x00"), zipped(displayP3())...)))
	f.Add([]byte("RIFF\x24\x00\x00\x00WEBPVP8L\x18\x00\x00\x00/\x00\x00\x00\x00"))
	f.Add([]byte("II*\x00\x08\x00\x00\x00\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, _, err := image.DecodeConfig(bytes.NewReader(data)); err == nil && c.Width*c.Height > 1<<20 {
			t.Skip("large")
		}
		img, err := Decode(bytes.NewReader(data))
		if err == nil && (len(img.Pix) != 4*img.Rect.Dx()*img.Rect.Dy() || img.Rect.Min != image.Point{}) {
			t.Errorf("not packed: %v", img.Rect)
		}
		if err != nil && strings.Contains(fmt.Sprint(err), "runtime error") {
			t.Logf("a decoder panicked: %v", err)
		}
	})
}
