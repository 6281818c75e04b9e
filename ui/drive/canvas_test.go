//go:build window

package drive

import (
	"bytes"
	"image"
	"path/filepath"
	"slices"
	"testing"
)

// TestWindowCanvas is an artist's way through one picture: made, repainted under a mask, widened to the right and
// below, compared and kept, everything undone and done again, exported. With -out the states are saved as pictures.
func TestWindowCanvas(t *testing.T) {
	t.Parallel()
	s := open(t, image.Pt(1280, 800), nil)
	s.resize(image.Pt(1280, 800))
	s.rest()
	s.must(s.display.Type("a red heart"))
	s.oneSeed()
	s.run()
	s.must(s.display.Click(s.spot(0.5, 0.5))) // the canvas takes the keyboard from the prompt
	s.press("Delete")
	empty := s.part()
	s.run()
	s.state("canvas-1-made")

	// Enter keeps.
	s.press("Return", "b")
	made := s.part()
	s.must(s.display.Drag(s.spot(0.40, 0.40), s.spot(0.45, 0.44), s.spot(0.55, 0.42), s.spot(0.60, 0.50)))
	s.away()
	s.state("canvas-2-mask")
	if s.same(made) {
		t.Fatal("the brush left no mark on the canvas")
	}
	s.run()
	s.state("canvas-3-inpainted")
	repainted := s.part()
	if s.same(made) {
		t.Fatal("inpainting changed nothing")
	}

	// C shows what was there before, while it is held.
	_, err := s.display.xdotool("keydown", "c")
	s.must(err)
	s.rest()
	s.state("canvas-4-before")
	if s.same(repainted) {
		t.Error("C, held, shows no difference")
	}
	_, err = s.display.xdotool("keyup", "c")
	s.must(err)
	s.rest()
	if !s.same(repainted) {
		t.Error("C, released, does not show the candidate again")
	}
	s.press("Return", "f")
	kept := s.part()

	// The frame half over the right edge, then half over the lower one.
	s.pull(image.Pt(1, 0))
	s.run()
	s.state("canvas-5-right")
	s.press("Return")
	if s.same(kept) {
		t.Error("the picture is not wider")
	}
	wide := s.part()
	s.pull(image.Pt(0, 1))
	s.run()
	s.state("canvas-6-below")
	s.press("Return")
	if s.same(wide) {
		t.Error("the picture is not higher")
	}
	finished := s.part()

	// Every keep, stroke and frame is a step back to nothing, and forth again. Behind nothing lies the result that was discarded.
	for range 12 {
		if s.press("ctrl+z"); s.same(empty) {
			break
		}
	}
	s.state("canvas-7-undone")
	if !s.same(empty) {
		t.Error("with everything undone the canvas is not what it was at the start")
	}
	s.press(slices.Repeat([]string{"ctrl+y"}, 16)...)
	s.state("canvas-8-redone")
	if !s.same(finished) {
		t.Error("with everything done again the canvas is not what it was")
	}
	size := s.export(filepath.Join(s.home, "canvas.png"))
	if size.X <= size.Y-64 || size.X < 150 || size.Y < 150 {
		t.Errorf("the exported picture is %v, not widened both ways", size)
	}
}

// run generates, and waits until the result is there.
func (s *studio) run() {
	s.Helper()
	watch := s.watch()
	s.must(s.display.Press("ctrl+Return"))
	s.must(watch.UntilChanges(3, runLimit))
	s.rest()
}

// spot is a place on the canvas, in shares of the part that is watched.
func (s *studio) spot(x, y float64) image.Point {
	r := s.canvas()
	return image.Pt(r.Min.X+int(x*float64(r.Dx())), r.Min.Y+int(y*float64(r.Dy())))
}

// pull drags the frame from the middle of the canvas by about half of what is seen.
func (s *studio) pull(to image.Point) {
	s.Helper()
	from := s.spot(0.6, 0.6)
	s.must(s.display.Drag(from, from.Add(to.Mul(90)), from.Add(to.Mul(180))))
	s.away()
	s.rest()
}

// away moves the pointer where it shows nothing, off the canvas.
func (s *studio) away() {
	s.Helper()
	s.must(s.display.move(image.Pt(s.window.Bounds.Max.X-4, s.window.Bounds.Max.Y-4)))
}

// unfocus takes the keyboard from the prompt: a click on the status line, the one row without a button. Those beside the
// candidates depend on the picture; a visible seam brings one up that repaints it.
func (s *studio) unfocus() {
	s.Helper()
	s.must(s.display.Click(image.Pt(s.window.Bounds.Min.X+s.window.Bounds.Dx()/2, s.window.Bounds.Max.Y-11)))
}

// press strokes keys and waits for what they do.
func (s *studio) press(keys ...string) {
	s.Helper()
	s.away()
	s.must(s.display.Press(keys...))
	s.rest()
}

// part is what the canvas shows.
func (s *studio) part() []byte {
	s.Helper()
	shot, err := s.display.Shot()
	s.must(err)
	var all []byte
	r := s.canvas()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		all = append(all, shot.Pix[shot.PixOffset(r.Min.X, y):shot.PixOffset(r.Max.X, y)]...)
	}
	return all
}

func (s *studio) same(part []byte) bool {
	s.Helper()
	return bytes.Equal(s.part(), part)
}

// state saves the screen where -out says so.
func (s *studio) state(name string) {
	if *out != "" {
		s.save(filepath.Join(*out, name+".png"))
	}
}
