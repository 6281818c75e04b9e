package drive

import (
	"hash/maphash"
	"image"
	"time"
)

// Watch looks at one part of the screen and counts its changes.
type Watch struct {
	display *Display
	part    image.Rectangle
	seed    maphash.Seed
	last    uint64
	Changes int       // shots that differ from the one before
	Changed time.Time // when the last of them was seen
}

// Watch starts watching a part of the screen, in its pixels.
func (d *Display) Watch(part image.Rectangle) (*Watch, error) {
	w := &Watch{display: d, part: part, seed: maphash.MakeSeed()}
	shot, err := d.Shot()
	if err != nil {
		return nil, err
	}
	w.last = w.sum(shot)
	w.Changed = time.Now()
	return w, nil
}

// Look takes a shot.
func (w *Watch) Look() error {
	shot, err := w.display.Shot()
	if err != nil {
		return err
	}
	if sum := w.sum(shot); sum != w.last {
		w.last = sum
		w.Changes++
		w.Changed = time.Now()
	}
	return nil
}

// UntilChanges watches until this many changes have been seen since the beginning.
func (w *Watch) UntilChanges(changes int, limit time.Duration) error {
	return eventually(limit, func() (bool, error) {
		err := w.Look()
		return w.Changes >= changes, err
	})
}

// UntilStill watches until nothing has changed for the time calm.
func (w *Watch) UntilStill(calm, limit time.Duration) error {
	return eventually(limit, func() (bool, error) {
		err := w.Look()
		return time.Since(w.Changed) >= calm, err
	})
}

func (w *Watch) sum(shot *image.RGBA) uint64 {
	var hash maphash.Hash
	hash.SetSeed(w.seed)
	part := w.part.Intersect(shot.Rect)
	for y := part.Min.Y; y < part.Max.Y; y++ {
		hash.Write(shot.Pix[shot.PixOffset(part.Min.X, y):shot.PixOffset(part.Max.X, y)])
	}
	return hash.Sum64()
}
