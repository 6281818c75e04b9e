package document

import "image"

// coverage is one that extends over r, clipped to bounds, of a selection or a mask.
type coverage func(bounds image.Rectangle) *image.Gray

// besideArea is the number of pixels above which a coverage is rasterised beside: below, it takes few milliseconds.
const besideArea = 512 * 512

// covering is a coverage that is being rasterised, or what waits for one.
type covering struct {
	serial int
	ready  func() // takes it; nil: it is being rasterised
}

// covered calls take with a coverage within r: at once where that is small, otherwise when it was rasterised in the
// background. All are taken in the order in which they were asked for; those of a canvas that has another size by
// then are dropped.
func (d *Document) covered(r image.Rectangle, make coverage, take func(*image.Gray)) {
	bounds := d.Bounds()
	r = r.Intersect(bounds)
	taking := func(cover *image.Gray) func() {
		return func() {
			if d.Bounds() == bounds {
				take(cover)
			}
		}
	}
	if r.Dx()*r.Dy() <= besideArea {
		d.inTurn(taking(make(r)))
		return
	}
	c := &covering{serial: d.Serial}
	d.covering = append(d.covering, c)
	d.hooks.Beside(func() func() {
		cover := make(r)
		return func() {
			c.ready = taking(cover)
			d.takeCovered()
		}
	})
}

// inTurn does what changes mask or selection as a whole after the coverages that were asked for before it: now, if none is
// being rasterised.
func (d *Document) inTurn(do func()) {
	d.covering = append(d.covering, &covering{d.Serial, do})
	d.takeCovered()
}

// takeCovered takes what is rasterised, up to the first that is not, and drops those of another document.
func (d *Document) takeCovered() {
	for len(d.covering) > 0 && d.covering[0].ready != nil {
		c := d.covering[0]
		d.covering = d.covering[1:]
		if c.serial == d.Serial {
			c.ready()
		}
	}
}

// SelectWithin combines a coverage that extends over r with the selection, as one undo step. Large ones are rasterised in
// the background.
func (d *Document) SelectWithin(r image.Rectangle, how Combine, make func(bounds image.Rectangle) *image.Gray) {
	if d.ready() && d.has("a selection", maskBytes) {
		d.covered(r, make, func(cover *image.Gray) { d.Select(cover, how) })
	}
}

// selected changes the mask by a coverage that extends over r, which is rasterised in the background where it is large.
func (d *Document) selected(name string, how Combine, r image.Rectangle, make coverage) {
	if d.ready() && d.has("a selection", maskBytes) {
		d.covered(r, make, func(cover *image.Gray) {
			d.changeMask(name, func(mask *image.Gray) []tile { return how.cover(mask, cover) })
		})
	}
}
