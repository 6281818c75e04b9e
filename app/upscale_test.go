package app

import (
	"image"
	"math"
	"testing"
	"time"

	"nirvana/app/recipe"
	"nirvana/app/trajectory"
	"nirvana/engine"
)

// toEnlarge is a studio with a picture of 8 x 8 px in the tray.
func toEnlarge(t *testing.T, home string, tile time.Duration) *child {
	t.Helper()
	c, err := openChild(home, 2*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	c.tile = tile
	c.Open("tiny")
	c.until(func() bool { return c.Facts.Name != "" && len(c.Parts.Upscalers) == 1 })
	c.Set(func(t *Settings) { t.Seed, t.Locked, t.Steps, t.Prompt = 5, true, 6, "a fox" })
	c.Generate()
	c.waits(t, Finished)
	return c
}

// waits lets the run end in a state.
func (c *child) waits(t *testing.T, s RunState) {
	t.Helper()
	if !c.until(func() bool { return c.run().State == s && !c.run().Unmade && len(c.Queue) == 0 }) {
		t.Fatalf("the run is %v: %v", c.run().State, c.run().Err)
	}
}

// A picture is enlarged without a model, is a candidate and in the history with its own recipe and what was done with it,
// becomes the document in one step that Undo takes back, and comes out the same when it is made again, also after the next
// start, when another picture is shown.
func TestUpscale(t *testing.T) {
	home := t.TempDir()
	c := toEnlarge(t, home, 0)
	first := c.Tray.Current()
	small := first.Picture.Rect.Size()
	if !c.UpscaleWith(Enlarge{File: repeater.Path, Factor: 3}) {
		t.Fatalf("%+v", c.Notice)
	}
	c.waits(t, Finished)
	large := c.Tray.Current()
	r := large.Recipe
	if large.Picture.Rect.Size() != small.Mul(3) || large.Stored == 0 || large.Partial || !large.Replaces {
		t.Fatalf("%v, %+v", large.Picture.Rect, large)
	}
	if u := r.Upscale; u == nil || u.Upscaler != "repeater.safetensors" || u.Factor != 3 || u.Refine != 0 || u.Of != recipe.Hash(first.Picture.Rect, first.Picture.Pix) || u.Made != recipe.Hash(large.Picture.Rect, large.Picture.Pix) {
		t.Errorf("the recipe says %+v", u)
	}
	if r.Prompt != "a fox" || r.Seed != 5 || r.Mode != TextToImage.String() || r.Strength != first.Recipe.Strength || r.Width != first.Recipe.Width || len(r.Hashes) == 0 || r.Origin == nil || r.Origin.Trajectory != first.Recipe.Trajectory || r.Origin.How != "upscale" {
		t.Errorf("it is not the picture's, enlarged: %+v", r)
	}
	if p := c.Path(); p != nil {
		t.Errorf("the timeline shows the steps of the picture before: %+v", p)
	}
	c.Tray.Keep()
	if c.Document.Picture.Rect.Size() != small.Mul(3) {
		t.Errorf("kept, the document is %v", c.Document.Picture.Rect)
	}
	if c.Undo(); c.Document.Picture != nil && c.Document.Picture.Rect.Size() == small.Mul(3) {
		t.Error("Undo does not take it back")
	}
	c.Redo()
	c.until(func() bool { return c.Keeper.Quiet() })
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c, err := openChild(home, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Open("tiny")
	c.until(func() bool { return c.Facts.Name != "" && len(c.Parts.Upscalers) == 1 })
	c.MakeAgain(r)
	c.until(func() bool { return c.Run() != nil })
	c.waits(t, Finished)
	again := c.Tray.Current()
	if again == nil || string(again.Picture.Pix) != string(large.Picture.Pix) || c.Notice == nil || c.Notice.Headline != "Reproduced exactly, all pixels match" {
		t.Fatalf("%+v", c.Notice)
	}
	elsewhere := r
	elsewhere.Upscale = &recipe.Upscale{Upscaler: "other.pth", Factor: 2}
	if c.MakeAgain(elsewhere); c.Notice.Headline != "other.pth is not here, which this picture was made with" {
		t.Errorf("%+v", c.Notice)
	}
	u := *r.Upscale
	u.Of, elsewhere.Upscale = "00", &u
	elsewhere.Mode = recipe.Upscaled // else the recipe makes the picture before
	c.MakeAgain(elsewhere)
	if !c.until(func() bool { return c.Notice.Headline == "This picture began from another one" }) {
		t.Errorf("%+v", c.Notice)
	}
}

// A recipe that makes a picture and enlarges it, as the command line writes them, has the picture before made first where it is
// not there; it is enlarged if it is the one that was, or if the recipe is older and does not tell.
func TestUpscaleFromTheBeginning(t *testing.T) {
	c := toEnlarge(t, t.TempDir(), 0)
	c.UpscaleWith(Enlarge{File: repeater.Path, Factor: 2})
	c.waits(t, Finished)
	large := c.Tray.Current()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for _, of := range []struct {
		name, says string
		change     func(*recipe.Upscale)
		pictures   int
	}{
		{"as written", "Reproduced exactly, all pixels match", func(u *recipe.Upscale) {}, 2},
		{"older", "Reproduced", func(u *recipe.Upscale) { u.Factor, u.Of, u.Made = 0, "", "" }, 2},
		{"of another picture", "Reproduced exactly, all 6 steps match", func(u *recipe.Upscale) { u.Of = "00" }, 1},
	} {
		r, u := large.Recipe, *large.Recipe.Upscale
		u.Upscaler = "/elsewhere/repeater.safetensors"
		of.change(&u)
		r.Upscale, r.Origin, r.Trajectory = &u, nil, ""
		c, err := openChild(t.TempDir(), 0)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.Open("tiny")
		c.until(func() bool { return c.Facts.Name != "" && len(c.Parts.Upscalers) == 1 })
		c.MakeAgain(r)
		c.until(func() bool { return len(c.Tray.Candidates) == of.pictures })
		c.waits(t, Finished)
		c.loop(50 * time.Millisecond)
		if n := len(c.Tray.Candidates); n != of.pictures || c.Notice == nil || c.Notice.Headline != of.says {
			t.Fatalf("%s: %d pictures, %+v", of.name, n, c.Notice)
		}
		again := c.Tray.Current()
		if same := string(again.Picture.Pix) == string(large.Picture.Pix); same != (of.pictures == 2) {
			t.Errorf("%s: the same picture %v", of.name, same)
		}
		if o := again.Recipe.Origin; of.pictures == 2 && (o == nil || o.Trajectory != c.Tray.Candidates[0].Recipe.Trajectory) {
			t.Errorf("%s: it came from %+v", of.name, o)
		}
	}
}

// The model denoises an enlarged picture where that is wanted; made again it is the same, step by step.
func TestUpscaleRefined(t *testing.T) {
	c := toEnlarge(t, t.TempDir(), 0)
	defer c.Close()
	by := Enlarge{File: repeater.Path, Factor: 2, Refine: 0.5}
	c.UpscaleWith(by)
	c.waits(t, Finished)
	large := c.Tray.Current()
	r := large.Recipe
	if large.Picture.Rect.Size() != image.Pt(16, 16) || r.Mode != recipe.Upscaled || r.Strength != 0.5 || r.Upscale.Refine != 0.5 || len(r.Hashes) != 4 || r.Trajectory != trajectory.Key(r.Hashes) || r.Pictures["init"] != r.Upscale.Of {
		t.Fatalf("%v, %+v", large.Picture.Rect, r)
	}
	if q := large.Job.Request; q.Init == nil || q.Init.Rect.Dx() != 8 || large.Job.Enlarge == nil {
		t.Errorf("the job that is kept has %v", q.Init.Rect)
	}
	if p := c.Path(); p == nil || len(p.Steps) != 4 {
		t.Error("its steps are not shown")
	}
	c.Tray.Select(0)
	c.Set(func(t *Settings) { t.Prompt, t.Steps = "something else", 9 })
	c.MakeAgain(r)
	c.until(func() bool { return len(c.Tray.Candidates) == 3 })
	c.waits(t, Finished)
	if again := c.Tray.Current(); string(again.Picture.Pix) != string(large.Picture.Pix) || c.Notice == nil || c.Notice.Headline != "Reproduced exactly, all 3 steps match" {
		t.Errorf("%+v", c.Notice)
	}
	if c.Settings.Prompt != "something else" {
		t.Error("the panel has the recipe's settings")
	}
}

// A stop loses nothing that is finished: within the upscaler nothing is left but the picture before, from then on the
// enlarged picture; the run goes on from there to the picture of a run without a break.
func TestUpscaleStopped(t *testing.T) {
	c := toEnlarge(t, t.TempDir(), time.Second)
	defer c.Close()
	before := c.Tray.Current()
	c.UpscaleWith(Enlarge{File: repeater.Path, Factor: 2})
	c.until(func() bool { return c.Run().Phase == engine.Upscaling })
	began := time.Now()
	c.Stop()
	c.waits(t, Stopped)
	if took := time.Since(began); took > 500*time.Millisecond || len(c.Tray.Candidates) != 1 || c.Tray.Current() != before || c.Notice != nil {
		t.Errorf("stopped after %v: %d candidates, %+v", took, len(c.Tray.Candidates), c.Notice)
	}
	c.tile = 0
	c.load = tiny(20 * time.Millisecond)
	c.Reopen()
	c.until(func() bool { return c.Opening == "" && c.Facts.Name != "" })
	by := Enlarge{File: repeater.Path, Factor: 2, Refine: 1}
	c.UpscaleWith(by)
	c.until(func() bool { return len(c.Run().Steps) > 3 })
	c.Stop()
	c.waits(t, Stopped)
	c.until(func() bool { return len(c.Tray.Candidates) == 2 })
	half := c.Tray.Current()
	if !half.Partial || half.Picture.Rect.Dx() != 16 || half.Recipe.Unfinished == nil || !darker(half.Picture.Pix[0], before.Picture.Pix[0]) {
		t.Fatalf("stopped, it is %+v", half.Recipe)
	}
	c.Resume()
	c.waits(t, Finished)
	whole := c.Tray.Current()
	c.Tray.Select(0)
	c.UpscaleWith(by)
	c.waits(t, Finished)
	if straight := c.Tray.Current(); straight == whole || string(straight.Picture.Pix) != string(whole.Picture.Pix) {
		t.Error("gone on with, it is another picture")
	}
	if c.UpscaleWith(Enlarge{File: "/gone", Factor: 2}); true {
		c.waits(t, Failed)
	}
	if c.Notice == nil || len(c.Tray.Candidates) < 3 {
		t.Errorf("%+v", c.Notice)
	}
}

// darker reports whether a value is what the upscaler makes of another.
func darker(is, was uint8) bool { return math.Abs(float64(is)-0.9*float64(was)) <= 1 }

// What was interrupted by the program's end goes on at the next start; of a picture that was finished nothing is lost.
func TestUpscaleInterrupted(t *testing.T) {
	home := t.TempDir()
	c := toEnlarge(t, home, time.Minute)
	small := c.Tray.Current().Picture
	c.UpscaleWith(Enlarge{File: repeater.Path, Factor: 2})
	c.until(func() bool { return c.Run().Phase == engine.Upscaling && c.Keeper.Quiet() })
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	c, err := openChild(home, 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Interrupted) != 1 {
		t.Fatalf("%d runs can go on", len(c.Interrupted))
	}
	c.Resume()
	c.waits(t, Finished)
	large := c.Tray.Current()
	if large.Picture.Rect.Size() != small.Rect.Size().Mul(2) || large.Recipe.Upscale.Of != recipe.Hash(small.Rect, small.Pix) {
		t.Fatalf("%+v", large.Recipe)
	}
	c.until(func() bool { return c.Keeper.Quiet() })
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if c, err = openChild(home, 0); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if n := len(c.Tray.Candidates); n != 2 || string(c.Tray.Candidates[1].Picture.Pix) != string(large.Picture.Pix) || c.Tray.Candidates[1].Job.Enlarge == nil {
		t.Errorf("%d candidates after the next start", n)
	}
}

// What cannot be enlarged is told.
func TestUpscaleRefused(t *testing.T) {
	c := toEnlarge(t, t.TempDir(), 0)
	defer c.Close()
	for _, e := range []Enlarge{{File: repeater.Path, Factor: 2000}, {File: repeater.Path, Factor: 0.01}} {
		if c.UpscaleWith(e) || c.Notice == nil || c.Notice.Headline != "The picture would become too large" {
			t.Errorf("%+v: %+v", e, c.Notice)
		}
	}
	c.UpscaleWith(Enlarge{File: repeater.Path, Factor: 2})
	c.waits(t, Finished)
	c.Vary(c.Tray.Current(), Subtle)
	if c.Notice == nil || c.Notice.Headline != "An enlarged picture has no noise to vary" || len(c.Queue) > 0 {
		t.Errorf("%+v", c.Notice)
	}
	c.NewDocument()
	if c.UpscaleWith(Enlarge{File: repeater.Path, Factor: 2}) || c.Notice.Headline != "There is nothing to enlarge yet" {
		t.Errorf("%+v", c.Notice)
	}
}
