package pixel

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"image"
	"math"
	"os"
	"testing"
)

// xorshift is the picture that the reference numbers were made of.
func xorshift(w, h int, x uint32) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		if i%4 == 3 {
			img.Pix[i] = 255
			continue
		}
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		img.Pix[i] = uint8(x)
	}
	return img
}

func TestResizeIsPillowsToTheBit(t *testing.T) {
	data, err := os.ReadFile("testdata/lanczos.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			From, To [2]int
			Seed     uint32
			First    []int
			Sha256   string
		}
	}
	if err := json.Unmarshal(data, &file); err != nil || len(file.Cases) == 0 {
		t.Fatal(err, len(file.Cases))
	}
	for _, c := range file.Cases {
		out := Resize(xorshift(c.From[0], c.From[1], c.Seed), c.To[0], c.To[1])
		var rgb []byte
		for i, v := range out.Pix {
			if i%4 != 3 {
				rgb = append(rgb, v)
			} else if v != 255 {
				t.Fatalf("%v to %v: alpha %d", c.From, c.To, v)
			}
		}
		sum := sha256.Sum256(rgb)
		if hex.EncodeToString(sum[:]) != c.Sha256 {
			t.Errorf("%v to %v begins %v, want %v", c.From, c.To, rgb[:min(len(rgb), len(c.First))], c.First)
		}
	}
}

func TestResizeMaskKeepsItsEnds(t *testing.T) {
	m := Rectangle(image.Rect(0, 0, 64, 64), image.Rect(16, 16, 48, 48))
	r := ResizeMask(m, 32, 32)
	if r.Pix[0] != 0 || r.Pix[16*32+16] != 255 || ResizeMask(m, 64, 64) != m {
		t.Error("the mask's corners and middle moved")
	}
}

// There and back is the same picture.
func TestTensorRoundTrip(t *testing.T) {
	img := xorshift(17, 9, 5)
	v := make([]float32, 3*17*9)
	ToTensor(img, v)
	for i, x := range v {
		if x < -1 || x > 1 {
			t.Fatalf("value %d is %v", i, x)
		}
	}
	if back := FromTensor(v, 3, 17, 9); string(back.Pix) != string(img.Pix) {
		t.Error("the picture changed on its way")
	}
	grey := FromTensor([]float32{-3, -1, 0, 1, 7, float32(math.Nextafter(1, 0))}, 1, 3, 2)
	for i, want := range []uint8{0, 0, 128, 255, 255, 255} {
		if grey.Pix[4*i] != want || grey.Pix[4*i+2] != want {
			t.Errorf("grey %d is %d, want %d", i, grey.Pix[4*i], want)
		}
	}
}

func TestMaskTensor(t *testing.T) {
	m := image.NewGray(image.Rect(0, 0, 16, 8))
	m.Pix[0], m.Pix[9] = 128, 255 // the second lies beside its place's corner
	if got := MaskTensor(m, 2, 1, false); got[0] != 1 || got[1] != 0 {
		t.Errorf("hard: %v", got)
	}
	soft := MaskTensor(m, 2, 1, true)
	if math.Abs(float64(soft[0])-128.0/255/64) > 1e-6 || math.Abs(float64(soft[1])-1.0/64) > 1e-6 {
		t.Errorf("soft: %v", soft)
	}
}

// Filling keeps what is known, stays within its range, and is exact for one colour.
func TestFill(t *testing.T) {
	img := xorshift(40, 30, 3)
	hole := Ellipse(img.Rect, image.Rect(8, 6, 30, 26))
	out := Fill(img, hole)
	for i, v := range hole.Pix {
		if v < 128 && string(out.Pix[4*i:4*i+4]) != string(img.Pix[4*i:4*i+4]) {
			t.Fatal("a known pixel changed")
		}
		if out.Pix[4*i+3] != 255 {
			t.Fatal("a hole is left")
		}
	}
	for i := range img.Pix {
		img.Pix[i] = []uint8{90, 40, 200, 255}[i%4]
	}
	if out = Fill(img, hole); string(out.Pix) != string(img.Pix) {
		t.Error("one colour does not extend as itself")
	}
	if out = Fill(img, Rectangle(img.Rect, img.Rect)); out.Pix[0] != 128 {
		t.Error("nothing known gives", out.Pix[:4])
	}
}

func BenchmarkResize(b *testing.B) {
	img := xorshift(512, 512, 1)
	for b.Loop() {
		Resize(img, 768, 768)
	}
}

// The middle of a latent pixel lies between four pixels of the mask, each cut at 128.
func TestSmoothMask(t *testing.T) {
	m := image.NewGray(image.Rect(0, 0, 32, 16))
	for y := range 16 {
		for x := 8; x < 32; x++ {
			m.Pix[y*m.Stride+x] = 127
			if y >= 8 || x >= 16 {
				m.Pix[y*m.Stride+x] = 128
			}
		}
	}
	if got := SmoothMask(m, 2, 1); got[0] != 0.25 || got[1] != 1 {
		t.Error(got)
	}
	if got := SmoothMask(m, 32, 16); got[8*32+7] != 0 || got[8*32+8] != 1 || got[7*32+8] != 0 {
		t.Error("at its own size a mask changes")
	}
}
