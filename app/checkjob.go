package app

import (
	"image"

	"nirvana/app/task"
	"nirvana/engine/fault"
)

// What a job brings from a file is held against what it belongs to: its pictures against its frame, its numbers
// against what the window lets an artist choose.

// check says what does not fit; nil where the job can be run.
func (j *job) check() error {
	size := j.frame.Size()
	fits := func(r image.Rectangle) bool { return r == image.Rectangle{Max: size} }
	q := &j.request
	switch {
	case !j.mode.Known():
		return misfit("its mode is %d", j.mode)
	case !task.Placed(j.frame):
		return misfit("its frame is %v", j.frame)
	case j.base != nil && !fits(j.base.Rect), j.mask != nil && !fits(j.mask.Rect), j.onto != nil && !fits(j.onto.Rect),
		j.edge != nil && !fits(j.edge.Rect), j.was != nil && !fits(j.was.Rect):
		return misfit("its pictures are not of the frame's size, %d x %d", size.X, size.Y)
	case j.mask != nil && j.base == nil, (j.onto != nil || j.edge != nil) && j.mask == nil:
		return misfit("it has a mask and no picture")
	case q.Width < 1 || q.Height < 1 || q.Width > task.FrameSide || q.Height > task.FrameSide:
		return misfit("its size is %d x %d", q.Width, q.Height)
	case q.Mask != nil && (q.Init == nil || q.Mask.Rect != q.Init.Rect):
		return misfit("its mask does not fit its picture")
	case j.mode != TextToImage && q.Init == nil:
		return misfit("it has no picture")
	}
	return j.checkNumbers()
}

func (j *job) checkNumbers() error {
	q := &j.request
	within := func(v, low, high int) bool { return v >= low && v <= high }
	for _, v := range [8]int{q.OriginalSize[0], q.OriginalSize[1], q.CropTopLeft[0], q.CropTopLeft[1], q.TargetSize[0], q.TargetSize[1], q.NegativeOriginal[0], q.NegativeOriginal[1]} {
		if !within(v, 0, 1<<16) {
			return misfit("it names a size of %d", v)
		}
	}
	for _, v := range q.ClassLabels {
		if !within(v, 0, 1<<20) {
			return misfit("its class is %d", v)
		}
	}
	for _, c := range q.Control {
		if c.Picture == nil || !within(c.Net, 0, 1<<10) {
			return misfit("a ControlNet has no picture")
		}
	}
	const most = 10000 // steps
	switch {
	case !within(q.Steps, 0, most), len(q.Timesteps) > most, len(q.Sigmas) > most, len(q.GuidanceCurve) > most:
		return misfit("it has %d steps", q.Steps)
	case !within(q.Window, 0, task.FrameSide), !within(q.Draft, 0, most), !within(q.ClipSkip, 0, 64), !within(q.MaxSequence, 0, 1<<16), !within(q.Count, 0, 64),
		len(q.Prompts) > 64, len(q.Negatives) > 64, len(q.Seeds) > 64, len(q.ClassLabels) > 64, len(q.Control) > MaxControls, len(j.nets) > 64:
		return misfit("one of its numbers is out of range")
	case !within(j.feather, 0, 1<<12):
		return misfit("its edge fades over %d px", j.feather)
	case unit(j.refineAt) != j.refineAt || unit(q.Start) != q.Start || unit(q.End) != q.End || unit(q.Strength) != q.Strength:
		return misfit("one of its shares is not between 0 and 1")
	}
	return nil
}

func misfit(format string, args ...any) error {
	return fault.Lost.Errorf("what a result was made with does not fit together: "+format, args...)
}
