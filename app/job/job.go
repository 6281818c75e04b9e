// Package job is a run as the worker carries it out: the request with the pictures that it reads, what its result is
// composited over, and the resulting recipe; validated when it comes from a file, and its saved form. Start with Job.
package job

import (
	"image"

	"nirvana/app/library"
	"nirvana/app/recipe"
	"nirvana/app/task"
	"nirvana/engine"
	"nirvana/engine/pixel"
)

// Job is what a run needs. It is immutable once the run is queued.
type Job struct {
	Mode    task.Mode
	Frame   image.Rectangle
	Model   library.Model
	Request engine.Request
	Recipe  recipe.Recipe
	Base    *image.RGBA // what lies under the frame
	Mask    *image.Gray // nil: everything is new
	Feather int
	Match   bool
	// Onto is set if Base is an earlier result: its opacity (see FixSeam).
	Onto *image.Gray
	// Edge and Was: the mask and the picture under it of the run whose seam FixSeam mends; nil: Mask and Base.
	Edge *image.Gray
	Was  *image.RGBA
	// Holes: the part of an outpaint's frame that was outside of the picture; nil: no outpaint.
	Holes    *image.Gray
	Replaces bool
	Used     *recipe.Recipe // what this may make again
	Again    bool           // and is to: the verdict is waited for
	Refiner  library.Model  // without a Dir: none
	Nets     []string       // the ControlNets, in the order of Request.Control
	RefineAt float32
	BestOf   int    // number of seeds to choose from; below 2: no search
	Later    *Later // its inputs that are not computed yet; nil: none
	// Unopened: it was composed before its model was open, with all that the settings name. Suit takes out what the model does not take.
	Unopened bool
	// Enlarge is the stage before the denoiser, or instead of it; nil: none.
	Enlarge *Enlarge
}

// Enlarge is an enlargement of a job's picture by an upscaler: the frame has the size of the result.
type Enlarge struct {
	File   string  // the upscaler's
	Factor float32 // 0: its own
	Refine float32 // strength with which the model denoises the result in overlapping windows; 0: it does not
}

// Number is the job of the i-th candidate: with another seed, or for variations other noise.
func (j *Job) Number(i int) {
	if j.Request.Variation > 0 {
		j.Request.VariationSeed += uint64(i)
		j.Recipe.VariationSeed += uint64(i)
		return
	}
	j.Request.Seed += uint64(i)
	j.Recipe.Seed += uint64(i)
}

// Remember adds a run's inputs to its recipe. Slow: a large mask is encoded.
func (j *Job) Remember() {
	r, q := &j.Recipe, j.Request
	if j.Mask != nil && r.SetMask(j.Mask) == nil {
		r.Soft, r.Feather, r.Match = q.Soft, j.Feather, j.Match
	}
	r.Pictures, r.Controls = nil, nil
	r.ReadPictures(q)
	r.Read("init", j.Base)
	for i, c := range q.Control {
		r.Controls = append(r.Controls, recipe.ControlOf(c, j.Nets[i]))
	}
}

// Boundary is the mask whose edge is a result's seam, and the picture from before.
func (j *Job) Boundary() (edge *image.Gray, was *image.RGBA) {
	if j.Edge != nil {
		return j.Edge, j.Was
	}
	return j.Mask, j.Base
}

// Under sets a job's part of a document's picture and mask under its frame. overlap is how many px of the picture an
// outpaint repaints.
func (j *Job) Under(picture *image.RGBA, painted *image.Gray, overlap int) {
	base := pixel.Crop(picture, j.Frame)
	var mask, holes *image.Gray
	if j.Mode == task.Inpaint || j.Mode == task.Outpaint {
		mask = painted
	}
	if j.Mode == task.Outpaint {
		holes = pixel.Transparent(base)
		if j.Request.CutOut { // its ground is transparent, and not missing
			holes = pixel.Invert(pixel.Rectangle(base.Rect, picture.Rect.Sub(j.Frame.Min)))
		}
		j.Request.Content = "original"
	}
	g := task.Prepare(j.Mode, base, mask, holes, overlap, j.Ground())
	g.Give(&j.Request)
	j.Base, j.Mask, j.Feather, j.Holes = g.Base, g.Mask, g.Feather, holes
}

// Masked is the run's mask if this is painted under its frame, at the request's size; nil: nothing is painted. overlap
// is an outpaint's, see Under. Slow.
func (j *Job) Masked(painted *image.Gray, overlap int) *image.Gray {
	if painted == nil {
		return nil
	}
	if j.Mode == task.Outpaint && j.Base != nil && j.Holes != nil {
		painted = task.Prepare(j.Mode, j.Base, painted, j.Holes, overlap, j.Ground()).Mask
	}
	return pixel.ResizeMask(painted, j.Request.Width, j.Request.Height)
}

// Ground is what the job's result is composited over, under every mask that it had.
func (j *Job) Ground() task.Ground {
	return task.Ground{Base: j.Base, Mask: task.Laid(j.Mask, j.Request.Changes), Feather: j.Feather, Match: j.Match, CutOut: j.Request.CutOut}
}

// seams are the mismatches along the mask's boundary and, of an outpaint, along the old border; see pixel.Seam. A new
// object that ends there in a faded line is not a mismatch of neighbouring pixels: the border then counts as 1 plus the
// share of it where that happens.
func (j *Job) seams(picture *image.RGBA) (boundary, old float64) {
	edge, was := j.Boundary()
	if boundary = pixel.Seam(picture, was, edge); j.Holes != nil {
		old = pixel.Seam(picture, nil, j.Holes)
		if share := pixel.SeveredShare(flat(picture), edge); share > leastSevered {
			old = max(old, 1+share)
		}
	}
	return boundary, old
}

// leastSevered is the smallest share of a border that is reported.
const leastSevered = 0.03

// redrawn is the strength with which such objects are completed.
const redrawn = 0.5

// severed is how far from the old border such objects are repainted, px.
const severed = 64

// mend makes the job repaint a band on both sides of the worse of its borders. Along the old border, objects that end in
// a line are removed first, and completed with more strength.
func (j *Job) mend(px int) {
	line := j.Edge
	ring := func(line *image.Gray) *image.Gray {
		return pixel.Without(pixel.Grow(line, px), pixel.Grow(line, -px))
	}
	boundary, old := j.seams(j.Base)
	if old > boundary {
		line = j.Holes
	}
	j.Mask = ring(line)
	from := j.Base
	if old > boundary {
		if things, healed := pixel.Severed(flat(j.Base), j.Edge, severed); things != nil {
			kept := pixel.Invert(j.Edge)
			stays := pixel.Either(kept, pixel.Grow(pixel.Ends(flat(j.Base), kept, px), 1)) // cut off, the ends would be the next seam
			j.Mask = pixel.Without(pixel.Either(j.Mask, pixel.Grow(things, px/2)), stays)
			from = pixel.Blend(healed, j.Base, stays)
			j.Request.Strength = redrawn
		}
	}
	g := task.Prepare(task.Inpaint, from, j.Mask, nil, 0, j.Ground())
	g.Give(&j.Request)
}

// flat composites a picture with transparent parts over white.
func flat(img *image.RGBA) *image.RGBA {
	if img.Opaque() {
		return img
	}
	return pixel.Flatten(img, image.White)
}

// SmallSide is enough for a thumbnail of 72 px on a screen with twice the density, px.
const SmallSide = 144

// Result is a job's picture.
type Result struct {
	Job     Job
	Picture *image.RGBA // fills the frame: what the document will look like there
	Raw     *image.RGBA // of the frame's size, as the model made it
	Alpha   *image.Gray // how much of Raw counts; nil: all
	Seam    float64     // the mismatch along the mask's boundary, see pixel.Seam
	Partial bool        // stopped before its last step
	Small   *image.RGBA // for lists
}

// Finish makes a model's picture ready to be shown and kept. Slow.
func (j *Job) Finish(img *image.RGBA, partial bool) Result {
	r := Result{Job: *j, Partial: partial}
	r.Picture, r.Raw, r.Alpha = j.Ground().Lay(img, j.Frame.Size())
	r.Small = pixel.Thumbnail(r.Picture, SmallSide)
	if j.Mask == nil {
		return r
	}
	r.Seam = j.seam(r.Picture)
	if j.Edge != nil {
		r = j.mended(r)
	}
	if j.Onto != nil {
		r.Raw, r.Alpha = r.Picture, touched(r.Alpha, j.Onto)
	}
	return r
}

// seam is the worse of a picture's borders.
func (j *Job) seam(picture *image.RGBA) float64 {
	boundary, old := j.seams(picture)
	return max(boundary, old)
}

// mendings are the shares of what was painted along a seam that are tried, in 255ths.
var mendings = []int{255, 191, 128, 64, 0}

// mended is a mended seam with as much of what was painted along it as makes the least mismatch; of none where the
// picture was best as it was.
func (j *Job) mended(r Result) Result {
	best := r
	for _, share := range mendings[1:] {
		next := r
		next.Alpha = image.NewGray(r.Alpha.Rect)
		for i, v := range r.Alpha.Pix {
			next.Alpha.Pix[i] = uint8((int(v)*share + 127) / 255)
		}
		next.Picture = j.Ground().Over(r.Raw, next.Alpha)
		if next.Seam = j.seam(next.Picture); next.Seam < best.Seam {
			best = next
		}
	}
	if best.Picture != r.Picture {
		best.Small = pixel.Thumbnail(best.Picture, SmallSide)
	}
	return best
}

// touched is 255 where either counts at all: there the picture is already mixed.
func touched(a, b *image.Gray) *image.Gray {
	out := image.NewGray(a.Rect)
	for i := range out.Pix {
		if a.Pix[i]|b.Pix[i] != 0 {
			out.Pix[i] = 255
		}
	}
	return out
}
