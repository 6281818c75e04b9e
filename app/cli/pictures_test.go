package cli

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/pixel"
)

func saved(t *testing.T, name string, img image.Image) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func parsed(t *testing.T, args ...string) (*options, *job) {
	t.Helper()
	o, err := parse(append([]string{"--prompt", "x", "--out", "o.png"}, args...), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	j, err := o.job()
	if err != nil {
		t.Fatal(err)
	}
	return o, j
}

func painted(w, h int, c color.Color) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, c)
		}
	}
	return img
}

// A photograph of any size runs at the next multiple and comes back at its own.
func TestPhotographsOfAnySize(t *testing.T) {
	for _, size := range []image.Point{{1000, 667}, {83, 77}, {64, 128}, {1, 1}, {129, 64}} {
		path := saved(t, "photo.png", painted(size.X, size.Y, color.RGBA{200, 100, 50, 255}))
		mask := image.NewGray(image.Rectangle{Max: size})
		mask.Pix[0] = 255
		for _, more := range [][]string{nil, {"--mask", saved(t, "mask.png", mask)}, {"--expand", "3,5,7,9"}} {
			want := size
			if len(more) > 0 && more[0] == "--expand" {
				want = size.Add(image.Pt(10, 14))
			}
			o, j := parsed(t, append([]string{"--init", path}, more...)...)
			j.request.Control = []engine.Control{{Picture: painted(want.X, want.Y, color.White)}}
			o.fit(j, 64)
			q := j.request
			run := q.Init.Rect.Size()
			if run.X%64 != 0 || run.Y%64 != 0 || run.X-want.X >= 64 || run.Y-want.Y >= 64 {
				t.Errorf("%v %v: runs at %v", size, more, run)
			}
			if q.Mask != nil && q.Mask.Rect.Size() != run || q.Control[0].Picture.Rect.Size() != run {
				t.Errorf("%v %v: the mask is %v", size, more, q.Mask.Rect)
			}
			made := painted(run.X, run.Y, color.RGBA{1, 2, 3, 255})
			if got := j.finish(made).Bounds().Size(); got != want {
				t.Errorf("%v %v: comes back as %v", size, more, got)
			}
		}
	}
	o, j := parsed(t, "--init", saved(t, "photo.png", painted(100, 50, color.White)), "--size", "128x64")
	if o.fit(j, 64); j.request.Init.Rect.Size() != image.Pt(100, 50) || j.finish(painted(128, 64, color.White)).Bounds().Dx() != 128 {
		t.Error("with --size it is resized")
	}
}

// Outside the mask the file's own straight pixels stay, of 8 bits and of 16.
func TestOutsideTheMaskTheFileStays(t *testing.T) {
	flat := image.NewNRGBA(image.Rect(0, 0, 90, 70))
	deep := image.NewNRGBA64(flat.Rect)
	mask := image.NewGray(flat.Rect)
	for y := range 70 {
		for x := range 90 {
			flat.SetNRGBA(x, y, color.NRGBA{uint8(3 * x), uint8(250 - y), uint8(x * y), uint8(255 * x / 89)})
			deep.SetNRGBA64(x, y, color.NRGBA64{uint16(700 * x), uint16(900 * y), 4321, uint16(65535 * x / 89)})
			if x > 60 && y > 40 {
				mask.Pix[mask.PixOffset(x, y)] = 255
			}
		}
	}
	for _, img := range []image.Image{flat, deep} {
		for _, expand := range []string{"", "4,2,0,0"} {
			args := []string{"--init", saved(t, "a.png", img), "--mask", saved(t, "m.png", mask)}
			at := image.Point{}
			if expand != "" {
				args, at = append(args, "--expand", expand), image.Pt(4, 2)
			}
			o, j := parsed(t, args...)
			o.fit(j, 64)
			size := j.request.Init.Rect.Size()
			got := j.finish(painted(size.X, size.Y, color.RGBA{9, 200, 9, 255}))
			var b bytes.Buffer
			if err := png.Encode(&b, got); err != nil {
				t.Fatal(err)
			}
			again, _ := png.Decode(&b)
			for y := range 70 {
				for x := range 90 {
					m := j.Mask.GrayAt(x+at.X, y+at.Y).Y
					if now, was := again.At(x+at.X, y+at.Y), img.At(x, y); m == 0 && now != was {
						t.Fatalf("%T %q: %v at %d,%d, was %v", img, expand, now, x, y, was)
					}
				}
			}
			if got.At(85+at.X, 65+at.Y) == img.At(85, 65) {
				t.Errorf("%T %q: nothing was painted inside", img, expand)
			}
		}
	}
}

func TestTransparentInitIsOnWhite(t *testing.T) {
	img := painted(64, 64, color.NRGBA{255, 0, 0, 0})
	img.Set(9, 9, color.NRGBA{255, 0, 0, 128})
	_, j := parsed(t, "--init", saved(t, "a.png", img))
	if c := j.request.Init.RGBAAt(1, 1); c != (color.RGBA{255, 255, 255, 255}) || len(j.notices) != 1 || !strings.Contains(j.notices[0].String(), "white") {
		t.Errorf("%v, %v", c, j.notices)
	}
	if c := j.request.Init.RGBAAt(9, 9); c.R < 254 || c.G < 125 || c.G > 129 {
		t.Error(c)
	}
}

// A mask may lie in the alpha channel; one that masks nothing is told.
func TestMaskInAlpha(t *testing.T) {
	init := saved(t, "a.png", painted(64, 64, color.White))
	mask := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	mask.SetNRGBA(5, 6, color.NRGBA{0, 0, 0, 255})
	_, j := parsed(t, "--init", init, "--mask", saved(t, "m.png", mask))
	if j.Mask.GrayAt(5, 6).Y != 255 || j.Mask.GrayAt(6, 6).Y != 0 || len(j.notices) > 0 {
		t.Errorf("%v %v", pixel.Bounds(j.Mask), j.notices)
	}
	_, j = parsed(t, "--init", init, "--mask", saved(t, "m.png", painted(64, 64, color.Black)))
	if len(j.notices) != 1 || j.notices[0].Format != fault.EmptyMask {
		t.Error(j.notices)
	}
}

func TestExpandTooFar(t *testing.T) {
	init := saved(t, "a.png", painted(8, 8, color.White))
	for _, e := range []string{"2000000000,0,0,0", "0,90000,90000,0", "9223372036854775807,1,1,1"} {
		o, err := parse([]string{"--prompt", "x", "--out", "o.png", "--init", init, "--expand", e}, io.Discard)
		if err == nil {
			_, err = o.job()
		}
		if err == nil {
			t.Error(fmt.Sprint("taken: ", e))
		}
	}
}
