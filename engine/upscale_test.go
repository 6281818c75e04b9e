package engine

import (
	"context"
	"image"
	"image/color"
	"runtime"
	"testing"
)

// repeater enlarges by repeating pixels, and counts its calls.
type repeater struct {
	times  int
	sizes  [][]int
	cancel context.CancelFunc
}

func (r *repeater) Ports() (inputs, outputs []Port) {
	return []Port{{Name: "x", Type: "float32", Shape: []int{-1, 3, -1, -1}}}, []Port{{Name: "y", Type: "float32"}}
}

func (r *repeater) Run(ctx context.Context, in map[string]Tensor) ([]Tensor, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	x := in["x"]
	r.sizes = append(r.sizes, x.Shape)
	if r.cancel != nil && len(r.sizes) == 3 {
		r.cancel()
	}
	out := Zeros(1, 3, x.Shape[2]*r.times, x.Shape[3]*r.times)
	for c := range 3 {
		for y := range out.Shape[2] {
			for k := range out.Shape[3] {
				out.Data[(c*out.Shape[2]+y)*out.Shape[3]+k] = x.Data[(c*x.Shape[2]+y/r.times)*x.Shape[3]+k/r.times]
			}
		}
	}
	return []Tensor{out}, nil
}

func gradient(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetRGBA(x, y, color.RGBA{uint8(x), uint8(y), uint8(x * y), 255})
		}
	}
	return img
}

// Tiles join without a seam, whatever the picture's size; a factor below the network's own is averaged.
func TestUpscale(t *testing.T) {
	for _, c := range []struct {
		w, h, own int
		factor    float64
	}{{30, 21, 4, 0}, {401, 203, 2, 2}, {500, 197, 4, 2}, {193, 385, 4, 1}, {60, 50, 2, 3}} {
		img, net := gradient(c.w, c.h), &repeater{times: c.own}
		out, err := Upscaler{Graph: net, Name: "repeater"}.Upscale(context.Background(), img, c.factor, nil)
		if err != nil {
			t.Fatal(err)
		}
		f := c.factor
		if f == 0 {
			f = float64(c.own)
		}
		if out.Rect.Dx() != int(float64(c.w)*f) || out.Rect.Dy() != int(float64(c.h)*f) {
			t.Fatalf("%+v: %v", c, out.Rect)
		}
		for _, s := range net.sizes {
			if s[2] > upscaleTile || s[3] > upscaleTile || s[2]%upscaleMultiple != 0 {
				t.Errorf("%+v: a tile of %v", c, s)
			}
		}
		if f == 3 {
			continue // resized
		}
		for y := range out.Rect.Dy() {
			for x := range out.Rect.Dx() {
				if got, want := out.RGBAAt(x, y), img.RGBAAt(x/int(f), y/int(f)); got != want {
					t.Fatalf("%+v: at %d, %d %v, not %v", c, x, y, got, want)
				}
			}
		}
	}
}

func TestUpscaleStopsAndRefuses(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	net := &repeater{times: 2, cancel: cancel}
	if _, err := (Upscaler{Graph: net}).Upscale(ctx, gradient(900, 900), 2, nil); err == nil || len(net.sizes) > 3 {
		t.Errorf("%v after %d tiles", err, len(net.sizes))
	}
	if _, err := (Upscaler{Graph: &repeater{times: 4}, Name: "x"}).Upscale(context.Background(), gradient(2100, 10), 4, nil); err == nil {
		t.Error("more than 8192 px pass")
	}
}

// gauge is a repeater that looks at what the heap holds while it runs.
type gauge struct {
	repeater
	most uint64
}

func (g *gauge) Run(ctx context.Context, in map[string]Tensor) ([]Tensor, error) {
	out, err := g.repeater.Run(ctx, in)
	if len(g.sizes)%16 == 0 {
		g.most = max(g.most, held())
	}
	return out, err
}

// held is how many bytes are in use on the heap.
func held() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Beside the picture and the result no more is held than two rows of tiles, however high the picture is.
func TestUpscaleMemory(t *testing.T) {
	const w, own = 4096, 2
	tiles := (w + upscaleTile*3/4 - 1) / (upscaleTile * 3 / 4)
	rows := uint64(2 * tiles * 3 * 4 * (own * upscaleTile) * (own * upscaleTile))
	for _, h := range []int{300, 1200} {
		img, net := gradient(w, h), &gauge{repeater: repeater{times: own}}
		before := held()
		out, err := Upscaler{Graph: net, Name: "gauge"}.Upscale(context.Background(), img, own, nil)
		if err != nil || out.Rect.Dx() != 8192 || out.Rect.Dy() != own*h {
			t.Fatalf("%v: %v", err, out.Rect)
		}
		result := uint64(len(out.Pix))
		if more := int64(net.most) - int64(before) - int64(result); more > int64(rows+32<<20) {
			t.Errorf("%d x %d px: %d MB beside the result of %d MB, more than two rows of tiles (%d MB)", w, h, more>>20, result>>20, rows>>20)
		} else {
			t.Logf("%d x %d px: %d MB beside the result of %d MB", w, h, more>>20, result>>20)
		}
	}
}
