package engine

import (
	"context"
	"fmt"
	"image"
	"math"

	"nirvana/engine/fault"
	"nirvana/engine/memory"
	"nirvana/engine/pixel"
	"nirvana/engine/tensor"
	"nirvana/engine/tile"
)

// Upscaler enlarges pictures with a network (ESRGAN: Wang et al., 2018): [batch, 3, h, w] in 0 to 1 -> [batch, 3, k
// h, k w].
type Upscaler struct {
	Graph Graph
	Name  string
}

// upscaleTile is the side of the tiles that an upscaler gets, px. upscaleMultiple divides their sides: networks of
// factor 2 and 1 fold squares of 2 x 2 or 4 x 4 pixels into channels.
const (
	upscaleTile     = 192
	upscaleMultiple = 4
)

// Enlarging is how far an enlargement is.
type Enlarging struct {
	Share   float64         // of the tiles, 0 to 1
	Picture *image.RGBA     // so far; it may be read until the function that is told returns
	New     image.Rectangle // of the picture: what the last tile added
}

// Upscale enlarges a picture by factor, 0 for the network's own; the alpha channel is enlarged by interpolation.
// Tiles overlap and are blended, so that memory is bounded by the result. tell is told of every tile; may be nil.
func (u Upscaler) Upscale(ctx context.Context, img *image.RGBA, factor float64, tell func(Enlarging)) (*image.RGBA, error) {
	own, err := u.factor(ctx)
	if err != nil {
		return nil, err
	}
	if factor == 0 {
		factor = float64(own)
	}
	size := UpscaledSize(img.Rect.Size(), factor)
	w, h := size.X, size.Y
	if !(factor >= 0.25 && factor <= 16) || max(w, h) > maxSide || min(w, h) < 1 {
		return nil, fault.Settings.Errorf("%d x %d px enlarged %g times are %d x %d: at most %d px a side can be made; choose a smaller factor", img.Rect.Dx(), img.Rect.Dy(), factor, w, h, maxSide)
	}
	shrink := shrinking(own, factor)
	ratio := own / shrink
	if img.Rect.Dx()*ratio > 2*maxSide || img.Rect.Dy()*ratio > 2*maxSide {
		return nil, fault.Settings.Errorf("%s enlarges %d times, which makes %d x %d px too large on the way: choose an upscaler of a smaller factor", u.Name, own, img.Rect.Dx(), img.Rect.Dy())
	}
	if err := enlarges(img.Rect.Size().Mul(ratio), size); err != nil {
		return nil, err
	}
	out := image.NewRGBA(image.Rect(0, 0, img.Rect.Dx()*ratio, img.Rect.Dy()*ratio))
	now := Enlarging{Picture: out}
	g := tile.Plane{Height: img.Rect.Dy(), Width: img.Rect.Dx(), Tile: upscaleTile, Ratio: float64(ratio), Report: func(share float64) {
		if now.Share = share; tell != nil {
			tell(now)
		}
	}}
	err = g.Each(func(y, x, h, w int) (Tensor, error) { return u.tile(ctx, img, image.Rect(x, y, x+w, y+h), own, shrink) },
		func(t Tensor, y, x, limit int) { now.New = paint(out, t, x, y, limit) })
	if err != nil {
		return nil, err
	}
	if out.Rect.Dx() != w || out.Rect.Dy() != h {
		out = pixel.Resize(out, w, h)
	}
	pixel.KeepAlpha(out, img)
	return out, nil
}

// enlarges fails where a picture does not fit into the memory as the network enlarges it, and resized.
func enlarges(made, size image.Point) error {
	if err := memory.Pixels("the enlarged picture", made, 6); err != nil { // blended at the tiles' edges
		return err
	}
	if made == size {
		return nil
	}
	return memory.Ask("the enlarged picture", 4*(int64(made.X)*int64(made.Y)+2*int64(size.X)*int64(max(size.Y, made.Y))))
}

// UpscaledSize is the size of a picture of a size that is enlarged by a factor, px.
func UpscaledSize(of image.Point, factor float64) image.Point {
	return image.Pt(int(math.Round(float64(of.X)*factor)), int(math.Round(float64(of.Y)*factor)))
}

// shrinking is by how much a network's tiles are reduced, a divisor of its own factor: as far as the wanted factor
// allows, so that what is held is not larger than it has to be.
func shrinking(own int, factor float64) int {
	for n := own; n > 1; n-- {
		if own%n == 0 && float64(own/n) >= factor {
			return n
		}
	}
	return 1
}

// factor is how much the network enlarges, found by running it on a small grey picture.
func (u Upscaler) factor(ctx context.Context) (int, error) {
	const side = 16
	x := Zeros(1, 3, side, side)
	for i := range x.Data {
		x.Data[i] = 0.5
	}
	out, err := u.run(ctx, x)
	if err != nil {
		return 0, err
	}
	if len(out.Shape) != 4 || out.Shape[1] != 3 || out.Shape[2] != out.Shape[3] || out.Shape[2]%side != 0 || out.Shape[2] == 0 || out.Shape[2] > 16*side {
		return 0, fault.Unknown.Errorf("%s makes %v of a picture of %d x %d: it is not an upscaler that this program knows; choose an ESRGAN one", u.Name, out.Shape, side, side)
	}
	return out.Shape[2] / side, nil
}

func (u Upscaler) run(ctx context.Context, x Tensor) (Tensor, error) {
	inputs, _ := u.Graph.Ports()
	if len(inputs) != 1 || len(inputs[0].Shape) != 4 {
		return Tensor{}, fault.Unknown.Errorf("%s does not take one picture: it is not an upscaler that this program knows; choose an ESRGAN one", u.Name)
	}
	out, err := u.Graph.Run(ctx, map[string]Tensor{inputs[0].Name: x})
	if err != nil {
		return Tensor{}, fmt.Errorf("upscaler %s: %w", u.Name, err)
	}
	return out[0], nil
}

// tile enlarges a part of the picture; sides are padded with their last pixels to what the network takes.
func (u Upscaler) tile(ctx context.Context, img *image.RGBA, at image.Rectangle, own, shrink int) (Tensor, error) {
	up := func(n int) int { return (n + upscaleMultiple - 1) / upscaleMultiple * upscaleMultiple }
	h, w := up(at.Dy()), up(at.Dx())
	x := Zeros(1, 3, h, w)
	for y := range h {
		for c := range w {
			i := img.PixOffset(img.Rect.Min.X+at.Min.X+min(c, at.Dx()-1), img.Rect.Min.Y+at.Min.Y+min(y, at.Dy()-1))
			for k := range 3 {
				x.Data[(k*h+y)*w+c] = float32(img.Pix[i+k]) / 255
			}
		}
	}
	out, err := u.run(ctx, x)
	if err != nil {
		return out, err
	}
	if out.Shape[2] != h*own || out.Shape[3] != w*own {
		return out, fault.Unknown.Errorf("%s makes %v of %d x %d px: it is not an upscaler that this program knows", u.Name, out.Shape, w, h)
	}
	return averaged(tensor.Crop(out, 0, 0, at.Dy()*own, at.Dx()*own), shrink), nil
}

// averaged reduces every square of n x n pixels to their mean.
func averaged(x Tensor, n int) Tensor {
	if n == 1 {
		return x
	}
	h, w := x.Shape[2]/n, x.Shape[3]/n
	out := Zeros(x.Shape[0], x.Shape[1], h, w)
	for p := range x.Shape[0] * x.Shape[1] {
		for y := range h {
			for c := range w {
				sum := float32(0)
				for dy := range n {
					row := x.Data[(p*x.Shape[2]+y*n+dy)*x.Shape[3]+c*n:]
					for dx := range n {
						sum += row[dx]
					}
				}
				out.Data[(p*h+y)*w+c] = sum / float32(n*n)
			}
		}
	}
	return out
}

// paint writes at most limit x limit pixels of a tile in 0 to 1 into a picture, and returns where they are.
func paint(img *image.RGBA, t Tensor, x, y, limit int) image.Rectangle {
	h, w := min(limit, t.Shape[2], img.Rect.Dy()-y), min(limit, t.Shape[3], img.Rect.Dx()-x)
	n := t.Shape[2] * t.Shape[3]
	for r := range h {
		for c := range w {
			i := img.PixOffset(x+c, y+r)
			for k := range 3 {
				v := t.Data[k*n+r*t.Shape[3]+c]
				img.Pix[i+k] = uint8(math.RoundToEven(float64(min(max(v, 0), 1)) * 255))
			}
			img.Pix[i+3] = 255
		}
	}
	return image.Rect(x, y, x+w, y+h)
}
