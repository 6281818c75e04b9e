package job

import (
	"image"

	"nirvana/app/settings"
	"nirvana/app/task"
	"nirvana/engine/fault"
)

// A job from a file is validated: its pictures against its frame, its numbers against the ranges of the window.

// Check returns an error if the job cannot be run.
func (j *Job) Check() error {
	size := j.Frame.Size()
	fits := func(r image.Rectangle) bool { return r == image.Rectangle{Max: size} }
	q := &j.Request
	switch {
	case !j.Mode.Known():
		return Misfit("its mode is %d", j.Mode)
	case !task.Placed(j.Frame):
		return Misfit("its frame is %v", j.Frame)
	case j.Base != nil && !fits(j.Base.Rect), j.Mask != nil && !fits(j.Mask.Rect), j.Onto != nil && !fits(j.Onto.Rect),
		j.Edge != nil && !fits(j.Edge.Rect), j.Was != nil && !fits(j.Was.Rect), j.Holes != nil && !fits(j.Holes.Rect):
		return Misfit("its pictures are not of the frame's size, %d x %d", size.X, size.Y)
	case j.Mask != nil && j.Base == nil, (j.Onto != nil || j.Edge != nil) && j.Mask == nil:
		return Misfit("it has a mask and no picture")
	case q.Width < 1 || q.Height < 1 || q.Width > task.FrameSide || q.Height > task.FrameSide:
		return Misfit("its size is %d x %d", q.Width, q.Height)
	case q.Mask != nil && (q.Init == nil || q.Mask.Rect != q.Init.Rect):
		return Misfit("its mask does not fit its picture")
	case j.Mode != task.TextToImage && q.Init == nil && j.Later == nil:
		return Misfit("it has no picture")
	}
	return j.checkNumbers()
}

func (j *Job) checkNumbers() error {
	q := &j.Request
	within := func(v, low, high int) bool { return v >= low && v <= high }
	for _, v := range [8]int{q.OriginalSize[0], q.OriginalSize[1], q.CropTopLeft[0], q.CropTopLeft[1], q.TargetSize[0], q.TargetSize[1], q.NegativeOriginal[0], q.NegativeOriginal[1]} {
		if !within(v, 0, 1<<16) {
			return Misfit("it names a size of %d", v)
		}
	}
	for _, v := range q.ClassLabels {
		if !within(v, 0, 1<<20) {
			return Misfit("its class is %d", v)
		}
	}
	for _, c := range q.Control {
		if c.Picture == nil || !within(c.Net, 0, 1<<10) {
			return Misfit("a ControlNet has no picture")
		}
	}
	for _, p := range q.Shared.Each() {
		if err := p.Check(); err != nil {
			return Misfit("%w", err)
		}
	}
	const most = 10000 // steps
	switch {
	case !within(q.Steps, 0, most), len(q.Timesteps) > most, len(q.Sigmas) > most, len(q.GuidanceCurve) > most:
		return Misfit("it has %d steps", q.Steps)
	case !within(q.Window, 0, task.FrameSide), !within(q.DeepCache, 0, most), !within(q.MaxSequence, 0, 1<<16), !within(q.Count, 0, 64),
		len(q.Prompts) > 64, len(q.Negatives) > 64, len(q.Seeds) > 64, len(q.ClassLabels) > 64, len(q.Control) > settings.MaxControls, len(j.Nets) > 64:
		return Misfit("one of its numbers is out of range")
	case !within(j.Feather, 0, 1<<12):
		return Misfit("its edge fades over %d px", j.Feather)
	case j.Enlarge != nil && (!(j.Enlarge.Factor >= 0 && j.Enlarge.Factor <= 16) || share(j.Enlarge.Refine) != j.Enlarge.Refine):
		return Misfit("it is enlarged %g times and denoised at a strength of %g", j.Enlarge.Factor, j.Enlarge.Refine)
	case share(j.RefineAt) != j.RefineAt || share(q.Start) != q.Start || share(q.End) != q.End || share(q.Strength) != q.Strength:
		return Misfit("one of its shares is not between 0 and 1")
	}
	return nil
}

// Misfit is the error of data from a file that does not match its context.
func Misfit(format string, args ...any) error {
	return fault.Lost.Errorf("the parts of a result do not match: "+format, args...)
}

// share is a number clamped to 0 to 1.
func share(v float32) float32 { return min(max(v, 0), 1) }
