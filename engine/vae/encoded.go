package vae

import (
	"bytes"
	"context"
	"image"
	"math"

	"nirvana/engine/pixel"
	"nirvana/engine/tensor"
)

// Encoded is the picture that was encoded last with its posterior: of the next one only what differs is encoded again,
// with the surroundings that the encoder's convolutions see. How far these reach is found out by comparing with the whole
// picture; with an encoder that sees all of it (group norm, attention) every picture is encoded whole. The zero value is
// ready. One goroutine at a time.
type Encoded struct {
	of        *VAE
	picture   *image.RGBA
	posterior Posterior
	reach     int  // which of reaches
	trusted   bool // compared with the whole once
	never     bool
	last      image.Rectangle // what was encoded for the last picture, in px
}

// reaches are how many latent pixels are encoded around what differs, as they are tried. Half of them is seen by what
// differs, the other half by those.
var reaches = [...]int{4, 6, 8, 12, 16}

// Differences that count as rounding: near what has changed, as a share of the largest change, and elsewhere, where
// convolutions compute just the same again, as a share of the latents' root mean square. A change of less than slight, as a
// share of that, is too small to tell.
const (
	farApart  = 2e-4
	elsewhere = 1e-5
	slight    = 0.25
)

// Last is the rectangle of the picture that the last call of Encode had to encode, in px; empty where nothing differed.
func (e *Encoded) Last() image.Rectangle { return e.last }

// Encode is VAE.Encode of a picture that may be like the one before.
func (e *Encoded) Encode(ctx context.Context, v *VAE, img *image.RGBA, report func(share float64)) (Posterior, error) {
	if v.Pixel() || e.of != v || e.never || e.picture.Rect.Size() != img.Rect.Size() {
		return e.whole(ctx, v, img, report)
	}
	d := differing(e.picture, img)
	if d.Empty() {
		e.last = d
		return e.posterior.clone(), nil
	}
	inner := aligned(d, v.Scale, img.Rect)
	reach := reaches[e.reach] * v.Scale
	at := inner.Inset(-reach).Intersect(img.Rect)
	if _, fits := v.tile(v.Encoder, "sample", 1/float64(v.Scale), at.Dy(), at.Dx()); !fits || 10*at.Dx()*at.Dy() > 7*img.Rect.Dx()*img.Rect.Dy() {
		return e.whole(ctx, v, img, report)
	}
	part, err := v.Encode(ctx, pixel.Crop(img, at), report)
	if err != nil {
		return Posterior{}, err
	}
	changed := inner.Inset(-reach / 2 / v.Scale * v.Scale).Intersect(img.Rect)
	if !e.trusted {
		return e.compared(ctx, img, part, at, changed, report)
	}
	e.posterior.put(part, at, changed, v.Scale)
	e.picture, e.last = img, at
	return e.posterior.clone(), nil
}

// whole encodes all of a picture.
func (e *Encoded) whole(ctx context.Context, v *VAE, img *image.RGBA, report func(share float64)) (Posterior, error) {
	p, err := v.Encode(ctx, img, report)
	if err != nil {
		return p, err
	}
	if e.of != v {
		*e = Encoded{of: v}
	}
	e.picture, e.posterior, e.last = img, p, img.Rect
	return p.clone(), nil
}

// compared encodes the whole, too, and trusts parts from then on where the part agrees with it.
func (e *Encoded) compared(ctx context.Context, img *image.RGBA, part Posterior, at, changed image.Rectangle, report func(share float64)) (Posterior, error) {
	before, merged, around := e.posterior, e.posterior.clone(), e.posterior.clone()
	p, err := e.whole(ctx, e.of, img, report)
	if err != nil {
		return p, err
	}
	merged.put(part, at, changed, e.of.Scale)
	around.put(p, img.Rect, changed, e.of.Scale)
	switch change := p.apart(before); {
	case change < slight*p.spread():
	case p.apart(merged) <= farApart*change && p.apart(around) <= elsewhere*p.spread():
		e.trusted = true
	case e.reach < len(reaches)-1:
		e.reach++
	default:
		e.never = true
	}
	return p, nil
}

// differing is the rectangle in which two pictures of one size differ.
func differing(a, b *image.RGBA) (r image.Rectangle) {
	w, h := b.Rect.Dx(), b.Rect.Dy()
	for y := range h {
		p, q := a.Pix[y*a.Stride:][:4*w], b.Pix[y*b.Stride:][:4*w]
		if bytes.Equal(p, q) {
			continue
		}
		first, last := 0, w-1
		for bytes.Equal(p[4*first:4*first+4], q[4*first:4*first+4]) {
			first++
		}
		for bytes.Equal(p[4*last:4*last+4], q[4*last:4*last+4]) {
			last--
		}
		r = r.Union(image.Rect(first, y, last+1, y+1))
	}
	return r
}

// aligned is a rectangle widened to whole latent pixels within bounds.
func aligned(r image.Rectangle, scale int, bounds image.Rectangle) image.Rectangle {
	up := func(v int) int { return (v + scale - 1) / scale * scale }
	return image.Rect(r.Min.X/scale*scale, r.Min.Y/scale*scale, up(r.Max.X), up(r.Max.Y)).Intersect(bounds)
}

// put replaces the latents under changed by those of a part that was encoded from the rectangle at, both in px.
func (p Posterior) put(part Posterior, at, changed image.Rectangle, scale int) {
	to, from := changed.Min.Div(scale), changed.Min.Sub(at.Min).Div(scale)
	w, h := changed.Dx()/scale, changed.Dy()/scale
	for _, t := range [][2]tensor.Tensor{{p.Mean, part.Mean}, {p.Deviation, part.Deviation}} {
		into, of := t[0], t[1]
		if into.Data == nil || of.Data == nil {
			continue
		}
		for c := range into.Shape[1] {
			for y := range h {
				a := (c*into.Shape[2]+to.Y+y)*into.Shape[3] + to.X
				b := (c*of.Shape[2]+from.Y+y)*of.Shape[3] + from.X
				copy(into.Data[a:a+w], of.Data[b:b+w])
			}
		}
	}
}

// apart is the largest difference between two posteriors' means.
func (p Posterior) apart(o Posterior) (most float64) {
	for i, v := range o.Mean.Data {
		most = max(most, math.Abs(float64(v-p.Mean.Data[i])))
	}
	return most
}

// spread is the root mean square of the mean.
func (p Posterior) spread() float64 {
	var square float64
	for _, v := range p.Mean.Data {
		square += float64(v) * float64(v)
	}
	return math.Sqrt(square / float64(len(p.Mean.Data)))
}

func (p Posterior) clone() Posterior {
	out := Posterior{Mean: p.Mean.Clone()}
	if p.Deviation.Data != nil {
		out.Deviation = p.Deviation.Clone()
	}
	return out
}
