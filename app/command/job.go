package command

import (
	"encoding/json"
	"fmt"
	"image"

	"nirvana/engine"
	"nirvana/engine/pixel"
)

// job is what the flags ask for, in the engine's words, and the way back for the picture.
type job struct {
	request  engine.Request
	mode     string
	settings json.RawMessage // the scheduler's, for the recipe

	init    *image.RGBA // that --init names
	base    *image.RGBA // what the picture goes over; nil: it is the whole result
	mask    *image.Gray
	feather int  // px, of a pasted edge
	match   bool // colours to those around the mask
}

func (o *options) job() (*job, error) {
	j := &job{mode: "text to image", feather: 6, match: true}
	j.request = engine.Request{Prompt: o.prompt, Negative: o.negative, NoNegative: !o.set["negative"] && o.negative == "",
		Syntax: !o.plain && !o.syntaxOff, ClipSkip: o.clipSkip, Seed: uint64(o.seed), RNG: o.rng, Sampler: o.sampler, Schedule: o.schedule,
		Steps: o.steps, Eta: float32(o.eta), Guidance: float32(o.guidance), GuidanceRescale: float32(o.rescale), Draft: o.draft, FewSteps: o.few, ImageGuidance: float32(o.imageGuidance),
		Strength: float32(o.strength), Width: o.width, Height: o.height, Content: o.content, Soft: o.soft}
	if o.set["guidance"] && o.guidance == 0 {
		j.request.Guidance = 1e-30 // off, not the model's own
	}
	err := o.guidanceOverSteps(&j.request)
	if err != nil {
		return nil, err
	}
	if j.request.Scheduler, j.settings, err = o.schedulerFile(); err != nil {
		return nil, err
	}
	if err := o.pictures(j); err != nil {
		return nil, err
	}
	j.fromUsed(o.used)
	o.kinds(&j.request)
	return j, nil
}

// pictures loads --init, --mask and --depth and grows the canvas by --expand.
func (o *options) pictures(j *job) error {
	if o.depth != "" {
		img, err := loadPicture("--depth", o.depth)
		if err != nil {
			return err
		}
		j.request.Depth = pixel.Gray(img)
	}
	if o.initFile == "" {
		return nil
	}
	img, err := loadPicture("--init", o.initFile)
	if err != nil {
		return err
	}
	j.mode, j.init = "image to image", img
	var mask *image.Gray
	if o.mask != "" {
		m, err := loadPicture("--mask", o.mask)
		if err != nil {
			return err
		}
		if m.Rect != img.Rect {
			return fmt.Errorf("--mask is %dx%d and --init %dx%d: make the mask the picture's size", m.Rect.Dx(), m.Rect.Dy(), img.Rect.Dx(), img.Rect.Dy())
		}
		mask, j.mode = pixel.Gray(m), "inpaint"
	}
	if o.expand != "" {
		img, mask = o.grow(img, mask)
		j.mode = "outpaint"
	}
	used, err := o.usedMask(img.Rect.Size())
	if err != nil {
		return err
	}
	if used != nil {
		if mask, j.mode = used, o.used.Mode; j.mode == "outpaint" && o.expand == "" { // transparent parts, as the window does it
			j.base, j.mask = img, mask
			j.request.Init, j.request.Mask = pixel.Fill(img, pixel.Transparent(img)), mask
			return nil
		}
	}
	j.request.Init, j.request.Mask = img, mask
	if mask != nil {
		j.base, j.mask = img, mask
		if o.expand != "" {
			j.request.Init = pixel.Fill(img, mask)
			if o.strength == 0 {
				j.request.Strength = 1
			}
		}
	}
	return nil
}

// grow adds --expand's margins, and to the mask the margins with a band of the
// picture beside them, so that no seam stands where it ended.
func (o *options) grow(img *image.RGBA, mask *image.Gray) (*image.RGBA, *image.Gray) {
	at := image.Rect(-o.expandL, -o.expandT, img.Rect.Dx()+o.expandR, img.Rect.Dy()+o.expandB)
	out := pixel.Crop(img, at)
	grown := image.NewGray(out.Rect)
	inside := img.Rect.Add(image.Pt(o.expandL, o.expandT))
	for i := range grown.Pix {
		if p := (image.Point{X: i % grown.Stride, Y: i / grown.Stride}); !p.In(inside) {
			grown.Pix[i] = 255
		}
	}
	grown = pixel.Grow(grown, max(8, min(img.Rect.Dx(), img.Rect.Dy())/8))
	if mask != nil {
		for y := 0; y < mask.Rect.Dy(); y++ {
			for x := 0; x < mask.Rect.Dx(); x++ {
				i := grown.PixOffset(x+o.expandL, y+o.expandT)
				grown.Pix[i] = max(grown.Pix[i], mask.Pix[y*mask.Stride+x])
			}
		}
	}
	return out, grown
}

// finish puts a made picture over what --init had; outside the mask that stays byte for byte.
func (j *job) finish(made *image.RGBA) *image.RGBA {
	if j.base == nil {
		return made
	}
	made = pixel.Resize(made, j.base.Rect.Dx(), j.base.Rect.Dy())
	if j.match {
		made = pixel.Match(made, j.base, j.mask)
	}
	return pixel.Paste(j.base, made, j.mask, j.feather)
}
