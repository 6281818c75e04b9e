package app

import (
	"context"
	"image"
	"image/color"
	"testing"
	"time"
)

// Stop takes a few seconds, however long the whole picture would take to decode: then it is decoded coarsely, or shown
// as its preview.
func TestStopIsQuick(t *testing.T) {
	slow := func(ctx context.Context, after time.Duration, img *image.RGBA) (*image.RGBA, error) {
		select {
		case <-time.After(after):
			return img, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	whole, coarse := plain(64, 64, color.RGBA{1, 2, 3, 255}), plain(16, 16, color.RGBA{4, 5, 6, 255})
	for name, c := range map[string]struct {
		decode func(ctx context.Context, side int) (*image.RGBA, error)
		want   color.RGBA
		most   time.Duration
	}{
		"in time": {func(ctx context.Context, side int) (*image.RGBA, error) { return slow(ctx, time.Second, whole) }, whole.RGBAAt(0, 0), 1500 * time.Millisecond},
		"large": {func(ctx context.Context, side int) (*image.RGBA, error) {
			if side == 0 {
				return slow(ctx, time.Minute, whole)
			}
			return slow(ctx, time.Second, coarse)
		}, coarse.RGBAAt(0, 0), 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			studio(t, func(b *bench) {
				b.models["a"].decode = c.decode
				b.Open("A")
				b.settle()
				b.Set(func(s *Settings) { s.Steps = 9 })
				b.Generate()
				b.after(3500 * time.Millisecond)
				b.Stop()
				began := time.Now()
				for b.Tray.Current() == nil && time.Since(began) < time.Minute {
					b.after(100 * time.Millisecond)
				}
				if took := time.Since(began); took > c.most {
					t.Errorf("Stop took %v", took)
				}
				p := b.Tray.Current()
				if p == nil || !p.Partial || p.Picture.Rect.Size() != image.Pt(64, 64) {
					t.Fatalf("%+v", p)
				}
				if p.Picture.RGBAAt(32, 32) != c.want {
					t.Errorf("the picture is %v", p.Picture.RGBAAt(32, 32))
				}
			})
		})
	}
}
