//go:build window

package drive

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// noisy writes a picture in which no place looks like another, opaque, and gives it with its path.
func noisy(t testing.TB, side, grain int) (*image.RGBA, string) {
	t.Helper()
	r := rand.New(rand.NewPCG(4, 9))
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		if y%grain > 0 {
			copy(img.Pix[y*img.Stride:(y+1)*img.Stride], img.Pix[(y-1)*img.Stride:])
			continue
		}
		for x := range side {
			p := img.Pix[img.PixOffset(x, y):]
			if x%grain > 0 {
				copy(p[:4], img.Pix[img.PixOffset(x-1, y):])
				continue
			}
			p[0], p[1], p[2], p[3] = uint8(r.Uint32()), uint8(r.Uint32()), uint8(r.Uint32()), 255
		}
	}
	path := filepath.Join(t.TempDir(), "noisy.png")
	var packed bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&packed, img); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, packed.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return img, path
}

// TestWindowPixels opens a picture at 100 % and finds its pixels on the screen, one for one, however large the
// window's text is drawn.
func TestWindowPixels(t *testing.T) {
	t.Parallel()
	for _, scale := range []string{"1", "1.5", "2"} {
		t.Run(scale, func(t *testing.T) {
			picture, path := noisy(t, 400, 1)
			size := image.Pt(2400, 1500)
			s := open(t, size, []string{"FYNE_SCALE=" + scale}, path)
			s.resize(size)
			s.rest()
			s.must(s.display.Click(s.spot(0.02, 0.5))) // the canvas takes the keyboard from the prompt
			s.press("h", "ctrl+1")
			shot, err := s.display.Shot()
			s.must(err)
			at, ok := find(shot, picture, image.Pt(100, 100))
			if !ok {
				t.Fatal("a line of the picture is nowhere on the screen")
			}
			inside, wrong := picture.Rect.Inset(12), 0 // the frame's handles lie on the edges
			for y := inside.Min.Y; y < inside.Max.Y; y++ {
				row := picture.Pix[picture.PixOffset(inside.Min.X, y):picture.PixOffset(inside.Max.X, y)]
				if i := shot.PixOffset(at.X+inside.Min.X, at.Y+y); !bytes.Equal(shot.Pix[i:i+len(row)], row) {
					wrong++
				}
			}
			if wrong > 0 {
				t.Errorf("%d of %d lines are not the picture's", wrong, inside.Dy())
			}
		})
	}
}

// find is where the picture's corner lies on the screen, by 64 pixels of it.
func find(shot, picture *image.RGBA, p image.Point) (image.Point, bool) {
	i := picture.PixOffset(p.X, p.Y)
	line := picture.Pix[i : i+4*64]
	for y := range shot.Rect.Dy() {
		row := shot.Pix[y*shot.Stride : (y+1)*shot.Stride]
		for x := 0; ; x++ {
			k := bytes.Index(row[x:], line)
			if k < 0 {
				break
			}
			if x += k; x%4 == 0 {
				return image.Pt(x/4-p.X, y-p.Y), true
			}
		}
	}
	return image.Point{}, false
}

// BenchmarkLarge moves a picture of 4096 x 4096 px about, zooms it and paints on it, and counts the frames that come
// up on the screen.
func BenchmarkLarge(b *testing.B) {
	_, path := noisy(b, 4096, 16)
	s := open(b, image.Pt(1280, 800), nil, path)
	s.rest()
	s.must(s.display.Click(s.spot(0.02, 0.02)))
	const long = 5 * time.Second
	middle := s.spot(0.5, 0.5)
	elsewhere := image.Rect(0, middle.Y+100, s.window.Bounds.Dx(), middle.Y+104)
	along := image.Rect(0, middle.Y-2, s.window.Bounds.Dx(), middle.Y+2)
	for _, view := range []string{"ctrl+0", "ctrl+1"} {
		name := map[string]string{"ctrl+0": "whole", "ctrl+1": "100%"}[view]
		b.Run("pan/"+name, func(b *testing.B) {
			for b.Loop() {
				s.press(view, "h")
				count(b, s.pan(long))
			}
		})
		b.Run("stroke/"+name, func(b *testing.B) {
			for b.Loop() {
				s.press(append([]string{view, "b"}, slices.Repeat([]string{"bracketright"}, 10)...)...) // a ring large enough that the pointer's form is hidden
				count(b, s.drag(along, long))
			}
		})
		b.Run("pan-masked/"+name, func(b *testing.B) {
			s.press("ctrl+i") // nearly everything, with the stroke's edges in it
			for b.Loop() {
				s.press(view, "h")
				count(b, s.pan(long))
			}
			s.press("b", "ctrl+i")
		})
	}
	b.Run("zoom", func(b *testing.B) {
		for b.Loop() {
			s.press("ctrl+0", "h")
			s.must(s.display.Hover(middle))
			var turns []string
			for i := range int(long / (8 * time.Millisecond)) {
				wheel := fmt.Sprint(4 + i/40%2)
				turns = append(turns, "mousedown", wheel, "mouseup", wheel, "sleep", "0.008") // a click would take 100 ms
			}
			stopped := make(chan error)
			go func() {
				_, err := s.display.xdotool(turns...)
				stopped <- err
			}()
			frames := s.frames(elsewhere, long)
			s.must(<-stopped)
			count(b, frames)
		}
	})
}

// count reports frames a second, and how long the slow ones took.
func count(b *testing.B, frames []time.Duration) {
	b.Helper()
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(len(frames))/sum(frames).Seconds(), "frames/s")
	slices.Sort(frames)
	b.ReportMetric(frames[(len(frames)-1)*95/100].Seconds()*1000, "ms-95%")
}
