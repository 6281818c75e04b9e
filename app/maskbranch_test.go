package app

import (
	"image"
	"image/color"
	"strings"
	"testing"
	"time"

	"nirvana/app/recipe"
)

// leftOf is a mask of a share of a rectangle's columns.
func leftOf(r image.Rectangle, share float64) *image.Gray {
	mask := image.NewGray(r)
	for x := range int(float64(r.Dx()) * share) {
		for y := range r.Dy() {
			mask.SetGray(x, y, color.Gray{255})
		}
	}
	return mask
}

// unlike is the bounds of the pixels in which two pictures differ.
func unlike(a, b *image.RGBA) (out image.Rectangle) {
	for y := range a.Rect.Dy() {
		for x := range a.Rect.Dx() {
			if a.RGBAAt(x, y) != b.RGBAAt(x, y) {
				out = out.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return out
}

// made waits for a run and returns its candidate.
func (c *child) made(t *testing.T) *Candidate {
	t.Helper()
	finished(t, c)
	return c.Tray.Candidates[len(c.Tray.Candidates)-1]
}

// A branch with a mask makes only what is under it anew, and keeps the picture that its path came to outside, also after
// a restart; its recipe makes it again, to the bit.
func TestBranchWithAMask(t *testing.T) {
	home := t.TempDir()
	c := drawn(t, home, 0, 1)
	c.Set(func(t *Settings) { t.Steps = 20 })
	c.Generate()
	first := c.made(t)
	before := first.Picture
	c.Tray.Keep()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = drawn(t, home, 0, 1)
	defer c.Close()
	c.Set(func(t *Settings) { t.Steps, t.HoldMask = 20, true })
	shows(t, c, first.Recipe.Hashes)
	c.Document.SetMask("left", leftOf(c.Document.Picture.Rect, 0.5))
	c.Path().Show(8)
	c.Set(func(t *Settings) { t.Sampler = "Euler" }) // the tiny model follows the noise alone
	c.Branch()
	c.until(func() bool { return c.Run() != nil })
	branch := c.made(t)
	if l := c.Lanes(); len(l) != 2 || l[0].ID != DocumentLane || l[1].From != 8 {
		t.Errorf("beside the picture's path lies %+v", l)
	}
	half := before.Rect
	half.Max.X /= 2
	if at := unlike(branch.Picture, before); at.Empty() || !at.In(half) {
		t.Fatalf("it differs from its parent at %v, of %v", at, before.Rect)
	}
	if ch := branch.Recipe.Changes; len(ch) != 1 || ch[0].At != 8 || ch[0].Mask == nil || ch[0].Kept == nil || ch[0].Kept.Parent.Trajectory != first.Recipe.Trajectory || *ch[0].Sampler != "Euler" {
		t.Fatalf("the recipe tells of %+v", ch)
	}
	if step, _ := recipe.Compare(branch.Recipe.Hashes, first.Recipe.Hashes); step != 9 {
		t.Errorf("it leaves its parent at step %d", step)
	}
	marks := c.Run().Marks()
	if len(marks) != 2 || marks[0].What != "Sampler" || marks[1] != (Mark{Step: 8, What: "Mask", Was: "100 %", Is: "50 %"}) {
		t.Errorf("the timeline tells of %+v", marks)
	}
	was := c.Run()
	c.MakeAgain(branch.Recipe)
	c.until(func() bool { return c.Run() != was })
	again := c.made(t)
	if step, ok := recipe.Compare(again.Recipe.Hashes, branch.Recipe.Hashes); !ok || step >= 0 || c.Notice == nil || !strings.Contains(c.Notice.Headline, "exactly") {
		t.Errorf("made again it differs from step %d, and %+v is told", step, c.Notice)
	}

	// a branch of the branch, with a smaller mask: what the first one made is kept too
	c.Tray.Select(len(c.Tray.Candidates) - 2)
	c.Document.SetMask("less", leftOf(c.Document.Picture.Rect, 0.25))
	c.until(func() bool { r := c.Path(); return r != nil && r.Key == branch.Recipe.Trajectory })
	c.Path().Show(12)
	c.Set(func(t *Settings) { t.Sampler = "" })
	was = c.Run()
	c.Branch()
	c.until(func() bool { return c.Run() != was })
	second := c.made(t)
	quarter := before.Rect
	quarter.Max.X /= 4
	if at := unlike(second.Picture, branch.Picture); at.Empty() || !at.In(quarter) {
		t.Errorf("the second branch differs from the first at %v", at)
	}
	was = c.Run()
	c.MakeAgain(second.Recipe)
	c.until(func() bool { return c.Run() != was })
	if step, ok := recipe.Compare(c.made(t).Recipe.Hashes, second.Recipe.Hashes); !ok || step >= 0 {
		t.Errorf("made again the second branch differs from step %d", step)
	}
}

// A branch of a run that was stopped by quitting in its midst goes on to what the straight run is.
func TestBranchWithAMaskIsResumed(t *testing.T) {
	home := t.TempDir()
	c := drawn(t, home, 8*time.Millisecond, 1)
	c.Set(func(t *Settings) { t.Steps = 30 })
	c.Generate()
	first := c.made(t)
	c.Tray.Keep()
	c.Document.SetMask("left", leftOf(c.Document.Picture.Rect, 0.5))
	c.until(func() bool { return c.Path() != nil })
	c.Path().Show(8)
	c.Set(func(t *Settings) { t.Sampler = "Euler" })
	was := c.Run()
	c.Branch()
	c.until(func() bool {
		return c.Run() != was && c.Run().State == Running && c.Run().Steps[len(c.Run().Steps)-1].Index > 15
	})
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c = drawn(t, home, 0, 1)
	defer c.Close()
	c.until(func() bool { return c.CanResume() })
	c.Resume()
	c.until(func() bool { return c.Run() != nil })
	got := c.made(t)
	if at := unlike(got.Picture, first.Picture); at.Empty() || at.Max.X > first.Picture.Rect.Dx()/2 {
		t.Errorf("gone on with it differs from its parent at %v", at)
	}
	was = c.Run()
	c.MakeAgain(got.Recipe)
	c.until(func() bool { return c.Run() != was })
	if step, ok := recipe.Compare(c.made(t).Recipe.Hashes, got.Recipe.Hashes); !ok || step >= 0 {
		t.Errorf("the straight run differs from step %d", step)
	}
}

// A run from noise that is not finished has nothing yet that a mask could keep: that is told, and the run goes on.
func TestBranchWithAMaskOfAnUnfinishedRun(t *testing.T) {
	c := drawn(t, t.TempDir(), 8*time.Millisecond, 1)
	defer c.Close()
	c.Generate()
	finished(t, c)
	c.Tray.Keep()
	scene := c.Scene()
	scene.Mode = TextToImage
	c.Set(func(t *Settings) { t.Steps, t.Seed = 30, 9 })
	c.Enqueue(scene.Run())
	c.until(func() bool { return c.run().Active() && len(c.run().Steps) > 4 })
	c.Document.SetMask("left", leftOf(c.Document.Picture.Rect, 0.5))
	r := c.Run()
	c.Branch()
	if !c.until(func() bool { return c.Notice != nil }) || !strings.Contains(c.Notice.Headline, "mask") || !r.Active() && r.State != Finished {
		t.Errorf("%+v is told, and the run is %v", c.Notice, r.State)
	}
}

// The mask and how firmly the rest is kept change during a run, are marked with their old and new values, and the result
// counts wherever a mask was; made again of its recipe it is identical.
func TestMaskAndKeepAreSteered(t *testing.T) {
	home := t.TempDir()
	c := drawn(t, home, 8*time.Millisecond, 1)
	defer c.Close()
	c.Generate()
	finished(t, c)
	c.Tray.Keep()
	before := c.Document.Picture
	c.Set(func(t *Settings) { t.Steps, t.Strength, t.Seed, t.Match, t.Feather = 30, 1, 9, false, 0 })
	c.Document.SetMask("left", leftOf(before.Rect, 0.25))
	c.Generate()
	c.until(func() bool { return c.run().Active() && len(c.run().Steps) > 5 })
	c.Pace(Hold)
	c.loop(60 * time.Millisecond)
	c.Document.SetMask("more", leftOf(before.Rect, 0.75))
	c.SteerByPanel()
	c.loop(60 * time.Millisecond)
	c.Pace(Unhold)
	made := c.made(t)
	if m := c.Run().Marks(); len(m) != 1 || m[0].What != "Mask" || m[0].Was != "25 %" || m[0].Is != "75 %" {
		t.Errorf("the timeline tells of %+v", m)
	}
	at := unlike(made.Picture, before)
	if at.Max.X <= before.Rect.Dx()/4 || at.Max.X > before.Rect.Dx()*3/4 {
		t.Errorf("the result counts at %v", at)
	}
	was := c.Run()
	c.Document.SetMask("as it began", leftOf(before.Rect, 0.25))
	c.MakeAgain(made.Recipe)
	c.until(func() bool { return c.Run() != was })
	again := c.made(t)
	if step, ok := recipe.Compare(again.Recipe.Hashes, made.Recipe.Hashes); !ok || step >= 0 || !unlike(again.Picture, made.Picture).Empty() {
		t.Errorf("made again it differs from step %d", step)
	}

	c.Document.SetMask("left", leftOf(before.Rect, 0.25))
	c.Set(func(t *Settings) { t.Keep, t.Strength = 0.5, 1 })
	was = c.Run()
	c.Generate()
	c.until(func() bool { return c.Run() != was && c.run().Active() && len(c.run().Steps) > 5 })
	c.Set(func(t *Settings) { t.Keep = 0 })
	c.SteerByPanel()
	loose := c.made(t)
	m := c.Run().Marks()
	if len(m) != 2 || m[0].What != "Keep outside" || m[0].Step != 0 || m[0].Was != "1" || m[0].Is != "0.5" || m[1].Was != "0.5" || m[1].Is != "0" {
		t.Errorf("the timeline tells of %+v", m)
	}
	if at := unlike(loose.Picture, before); at != before.Rect {
		t.Errorf("nothing is held, and the result counts at %v", at)
	}
	was = c.Run()
	c.MakeAgain(loose.Recipe)
	c.until(func() bool { return c.Run() != was })
	if step, ok := recipe.Compare(c.made(t).Recipe.Hashes, loose.Recipe.Hashes); !ok || step >= 0 || c.Settings.Keep != 0.5 {
		t.Errorf("made again it differs from step %d, and %g is set", step, c.Settings.Keep)
	}
}
