package engine

import (
	"context"
	"image"

	"nirvana/engine/fault"
	"nirvana/engine/memory"
	"nirvana/engine/pixel"
	"nirvana/engine/tensor"
)

// reference is a reference picture as the networks see it.
type reference struct {
	whole   *image.RGBA // as given, on white
	seen    *image.RGBA // as the denoiser sees it
	latents Tensor      // scaled, [1, channel, height, width]
}

// checkReferences refuses more pictures than the model sees.
func (p *plan) checkReferences() error {
	q, f := p.request, p.model.facts
	n := len(q.References)
	if q.Init != nil {
		n++
	}
	switch most := f.References; {
	case len(q.References) == 0 || n <= most:
		return nil
	case most == 0:
		return fault.Settings.Errorf("%s takes no reference pictures: leave them out, or choose FLUX.2 klein, FLUX Kontext or Qwen-Image-Edit", f.Name)
	case most == 1:
		return fault.Settings.Errorf("%s takes one picture, and %d were given with the one under the frame: leave the others out", f.Name, n)
	default:
		return fault.Settings.Errorf("%s takes up to %d pictures, and %d were given with the one under the frame: leave some out", f.Name, most, n)
	}
}

// fitted decides whether the picture under the frame is seen as a reference is, in the size that its family's pipeline
// gives it, and not in the frame's: one of more than a megapixel, that a run from noise edits. Under a mask, in windows and
// in seamless pictures it has to lie where x_t does.
func (p *plan) fitted() bool {
	q, t := p.request, p.model.traits
	if q.Init == nil || t.References.Fit == nil || q.Mask != nil || q.Latents != nil || q.later || len(q.inits) > 0 || p.tiling != (Tiling{}) || p.window() > 0 {
		return false
	}
	own, frame := q.Init.Rect.Size(), image.Pt(q.Width, q.Height)
	large := t.References.Large(own) || t.References.Large(frame)
	if t.SeesPicture {
		return large
	}
	return q.Strength == 1 && (large || own != frame || p.model.vae.Tiled(frame))
}

// readReferences encodes the reference pictures; nothing is drawn for it.
func (p *plan) readReferences(ctx context.Context) error {
	if err := p.checkReferences(); err != nil {
		return err
	}
	sees := p.model.traits.References
	all := p.request.References
	p.ownFitted = p.fitted()
	if p.ownFitted || sees.Stitched && len(all) > 0 && p.request.Init != nil {
		all = append([]*image.RGBA{p.request.Init}, all...)
	}
	if sees.Stitched && len(all) > 0 {
		one, err := stitched(all)
		if err != nil {
			return err
		}
		all = []*image.RGBA{one}
	}
	for _, img := range all {
		whole := onWhite(img)
		scaled, size := sees.Fit(whole.Rect.Size(), p.model.config.Multiple)
		seen := pixel.Resize(whole, scaled.X, scaled.Y)
		corner := image.Pt((scaled.X-size.X)/2, (scaled.Y-size.Y)/2)
		seen = pixel.Crop(seen, image.Rectangle{corner, corner.Add(size)})
		t := Zeros(1, 3, size.Y, size.X)
		pixel.ToTensor(seen, t.Data)
		posterior, err := p.model.vae.Whole(ctx, t, p.request.reporter(Encoding))
		if err != nil {
			return err
		}
		p.references = append(p.references, reference{whole, seen, p.model.vae.ScaleLatents(posterior.Mean)})
	}
	return nil
}

// stitched puts pictures side by side, as high as the first. A long and low one becomes large: the memory is asked for first.
func stitched(all []*image.RGBA) (*image.RGBA, error) {
	height, width := all[0].Rect.Dy(), 0
	widths := make([]int, len(all))
	for i, img := range all {
		widths[i] = max(1, int(float64(height)*float64(img.Rect.Dx())/float64(img.Rect.Dy())))
		width += widths[i]
	}
	if err := memory.Pixels("the reference pictures side by side", image.Pt(width, height), 12); err != nil {
		return nil, err
	}
	out := image.NewRGBA(image.Rect(0, 0, width, height))
	x := 0
	for i, img := range all {
		part := pixel.Resize(onWhite(img), widths[i], height)
		for y := range height {
			copy(out.Pix[out.PixOffset(x, y):], part.Pix[part.PixOffset(part.Rect.Min.X, part.Rect.Min.Y+y):][:4*part.Rect.Dx()])
		}
		x += part.Rect.Dx()
	}
	return out, nil
}

// latentsOfReferences are the references' latents, in their order.
func (p *plan) latentsOfReferences() []tensor.Tensor {
	var out []tensor.Tensor
	for _, r := range p.references {
		out = append(out, r.latents)
	}
	return out
}

// References implements family.Source.
func (s *start) References() []tensor.Tensor { return s.latentsOfReferences() }

// Batch implements family.Source.
func (s *start) Batch() int { return s.n }
