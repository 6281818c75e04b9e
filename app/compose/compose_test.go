package compose

import (
	"errors"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"testing"
	"time"

	"nirvana/app/document"
	"nirvana/app/job"
	"nirvana/app/library"
	"nirvana/app/recipe"
	"nirvana/app/settings"
	"nirvana/app/task"
	"nirvana/app/tray"
	"nirvana/engine"
	"nirvana/engine/pixel"
)

// paper is a document with a picture of 128 x 96 px, opaque red.
func paper() *document.Document {
	d := document.New(image.Rect(0, 0, 64, 64), document.Hooks{Changed: func(document.Change) {}, Together: func() func() { return func() {} },
		Inked: func() {}, Shifted: func(image.Point) {}, Adopt: func() {}, Multiple: func() int { return 8 }, Only: func() image.Point { return image.Point{} },
		Beside: func(work func() func()) { work()() }, Lost: func(error) {}})
	img := image.NewRGBA(image.Rect(0, 0, 128, 96))
	for i := range img.Pix {
		img.Pix[i] = []uint8{200, 0, 0, 255}[i%4]
	}
	d.Set(img)
	return d
}

func scene(d *document.Document) Scene {
	t := settings.Default()
	t.Prompt, t.Seed, t.Steps, t.Width, t.Height = "a heart", 7, 20, 64, 64
	return Scene{Settings: t, Document: d, Mode: d.Mode(), Facts: engine.Facts{Name: "m", Text: true, Width: 64, Height: 64, Multiple: 8, Steps: 20, Guidance: 3}}
}

func english(text string) string { return text }

// Each mode has its steps and its description, and composing a run does not wait for pixels.
func TestModes(t *testing.T) {
	d := paper()
	d.SetFrame(image.Rect(0, 0, 64, 64))
	s := scene(d)
	s.Settings.Strength = 0.5
	if r := s.Run(); r.Mode != task.ImageToImage || r.Job.Request.Strength != 0.5 || r.Job.Ready() || s.Plan(english) != "Repaint the picture, 10 of 20 steps" {
		t.Errorf("image to image: %v, %v, %q", r.Mode, r.Job.Request.Strength, s.Plan(english))
	}
	d.SetFrame(image.Rect(96, 0, 160, 64))
	if s.Mode = d.Mode(); s.Mode != task.Outpaint || s.Run().Job.Request.Strength != task.OutpaintStrength {
		t.Errorf("outpaint: %v at %v", s.Mode, s.Run().Job.Request.Strength)
	}
	d.SetFrame(image.Rect(0, 0, 64, 64))
	d.Rectangle(image.Rect(20, 20, 30, 30), document.Add)
	s.Mode, s.Settings.OnlyMasked, s.Settings.Padding, s.Settings.Count = d.Mode(), true, 4, 3
	r := s.Run()
	if region := r.Frame; !image.Rect(20, 20, 30, 30).In(region) || region.Dx() > 40 || r.Job.Request.Width < 56 {
		t.Errorf("a close-up of %v is made at %d px", region, r.Job.Request.Width)
	}
	if got := s.Plan(english); got != "Inpaint a close-up of the mask, 3 times 10 of 20 steps" {
		t.Error(got)
	}
	s = scene(document.New(image.Rect(0, 0, 64, 64), document.Hooks{}))
	if r := s.Run(); r.Mode != task.TextToImage || !r.Job.Ready() || r.Job.Recipe.Prompt != "a heart" || r.Job.Recipe.Steps != 20 {
		t.Errorf("text to image: %+v", r.Job.Recipe)
	}
	s.Facts.Text, s.Facts.Classes, s.Settings.Class = false, []string{"cat", "dog"}, 9
	if r := s.Run(); r.Job.Request.ClassLabels[0] != 1 || s.Plan(english) != "Paint the class dog, 20 steps" {
		t.Errorf("%v, %q", r.Job.Request.ClassLabels, s.Plan(english))
	}
}

// A run is composed from the present state: later changes of settings and mask do not affect it.
func TestMoment(t *testing.T) {
	d := paper()
	d.SetFrame(image.Rect(0, 0, 64, 64))
	d.Rectangle(image.Rect(8, 8, 32, 32), document.Add)
	s := scene(d)
	r := s.Run()
	d.Rectangle(image.Rect(0, 0, 64, 64), document.Add)
	d.Set(image.NewRGBA(image.Rect(0, 0, 64, 64)))
	j, err := r.Job.Prepared()
	if err != nil || j.Mask.GrayAt(40, 40).Y != 0 || j.Mask.GrayAt(16, 16).Y != 255 || j.Base.RGBAAt(1, 1) != (color.RGBA{200, 0, 0, 255}) {
		t.Errorf("%v: what was painted later is in the run", err)
	}
}

// Drafts and recipes in use have parameters without a control; a missing file that a prompt names is reported.
func TestSources(t *testing.T) {
	s := scene(document.New(image.Rect(0, 0, 64, 64), document.Hooks{}))
	s.Facts.Draft = engine.Draft{Steps: 4, Guidance: 1}
	s.Settings.Draft = true
	if all, run := s.Steps(); all != 4 || run != 4 || s.Run().Job.Request.Steps != 4 {
		t.Errorf("a draft of %d steps", all)
	}
	s.Settings.Draft = false
	s.Used = &recipe.Recipe{Steps: 20, EtaAncestral: ptr(float32(0.5))}
	if q := s.Run().Job.Request; q.EtaAncestral == nil || *q.EtaAncestral != 0.5 {
		t.Error("the recipe's noise is not the run's")
	}
	if s.Settings.Steps = 21; s.Run().Job.Request.EtaAncestral != nil {
		t.Error("of other steps the recipe's noise is kept")
	}
	s.Wildcards = t.TempDir()
	s.Settings.Prompt = "a __colour__ heart"
	if s.Readable() == nil {
		t.Error("a wildcard without a file is not told")
	}
	if err := os.WriteFile(filepath.Join(s.Wildcards, "colour.txt"), []byte("green\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := s.Readable(); err != nil || s.Run().Job.Recipe.Prompt != "a green heart" {
		t.Errorf("%v, %q", err, s.Run().Job.Recipe.Prompt)
	}
}

func ptr[T any](v T) *T { return &v }

// A live pass reads the canvas when it is prepared, including the unfinished stroke.
func TestLivePass(t *testing.T) {
	d := paper()
	d.SetFrame(image.Rect(0, 0, 64, 64))
	s := scene(d)
	quick, whole := s.Live(false), s.Live(true)
	d.Set(image.NewRGBA(image.Rect(0, 0, 64, 64)))
	if q := quick(); q.Steps != quickSteps || q.DeepCache != quickDeepCache || q.Init.RGBAAt(3, 3) != (color.RGBA{200, 0, 0, 255}) || q.Seed != 7 {
		t.Errorf("a quick pass: %d steps", q.Steps)
	}
	if q := whole(); q.Steps != 20 || q.DeepCache != 0 {
		t.Errorf("a whole pass: %d steps", q.Steps)
	}
	s = scene(document.New(image.Rect(0, 0, 64, 64), document.Hooks{}))
	if q := s.Live(true)(); q.Init != nil || q.Strength != 0 {
		t.Error("an empty canvas is read")
	}
}

// A quick pass is that of the model: its draft's steps, the few that it was distilled to, or few steps with DeepCache.
// What is made in few steps already is computed in full, and at any strength at least one step is run.
func TestLivePassOfFewSteps(t *testing.T) {
	for name, c := range map[string]struct {
		change          func(*Scene)
		steps, deep     int
		drafts, twoKind bool
	}{
		"usual":              {func(s *Scene) {}, quickSteps, quickDeepCache, false, true},
		"draft":              {func(s *Scene) { s.Facts.Draft = engine.Draft{Steps: 4, Guidance: 1} }, 4, 0, true, true},
		"draft, unopened":    {func(s *Scene) { s.Unopened, s.Model.Draft = true, 3 }, 3, 0, true, true},
		"latent consistency": {func(s *Scene) { s.Facts.Steps, s.Settings.Steps = 4, 4 }, 4, 0, false, false},
		"turbo, one step":    {func(s *Scene) { s.Facts.Steps, s.Settings.Steps = 1, 1 }, 1, 0, false, false},
		"turbo, set to 20":   {func(s *Scene) { s.Facts.Steps = 2 }, 2, 0, false, true},
		"the artist's few":   {func(s *Scene) { s.Settings.Steps = 3 }, 3, 0, false, false},
		"LCM as sampler":     {func(s *Scene) { s.Settings.Sampler = "LCM" }, quickSteps, 0, false, true},
		"TCD as sampler":     {func(s *Scene) { s.Settings.Sampler = "TCD" }, quickSteps, 0, false, true},
	} {
		d := paper()
		d.SetFrame(image.Rect(0, 0, 64, 64))
		s := scene(d)
		s.Settings.Strength = 0.01
		c.change(&s)
		q := s.Live(false)()
		if q.Steps != c.steps || q.DeepCache != c.deep || q.Draft != c.drafts || s.Wholes() != c.twoKind {
			t.Errorf("%s: %d steps, DeepCache %d, draft %v, whole passes %v", name, q.Steps, q.DeepCache, q.Draft, s.Wholes())
		}
		if q.Init == nil || int(float64(q.Steps)*float64(q.Strength)+1e-6) < 1 {
			t.Errorf("%s: no step of %d at strength %g", name, q.Steps, q.Strength)
		}
	}
}

// A live picture is cut out where a run's would be, and is asked for nothing that the model does not take.
func TestLivePassAsRun(t *testing.T) {
	d := paper()
	for name, c := range map[string]struct {
		opacity, text, before bool
		prompt                string
		want                  bool
	}{
		"no opacity":       {false, true, false, "a cat", false},
		"from the prompt":  {true, true, false, "a cat", true},
		"a named ground":   {true, true, false, "a cat on a beach", false},
		"from a picture":   {true, false, false, "a cat", false},
		"from one cut out": {true, false, true, "a cat", true},
	} {
		s := scene(d)
		if s.Mode = task.ImageToImage; c.text {
			s.Mode = task.TextToImage
		}
		if d.Recipe = nil; c.before {
			d.Recipe = &recipe.Recipe{CutOut: true}
		}
		s.Facts.Opacity, s.Settings.Prompt, s.Settings.CutOut, s.Settings.ImageGuidance = c.opacity, c.prompt, true, 1.5
		run, q := s.Run().Job.Request, s.Live(false)()
		if q.CutOut != c.want || run.CutOut != c.want || q.ImageGuidance != 0 {
			t.Errorf("%s: live cut out %v, a run %v; picture guidance %v", name, q.CutOut, run.CutOut, q.ImageGuidance)
		}
	}
}

// A live picture has the regions within the frame, with their prompts, and omits those whose mask is missing.
func TestLiveRegions(t *testing.T) {
	d := paper()
	size := d.Picture.Rect.Size()
	mask := image.NewGray(image.Rectangle{Max: size})
	for y := range 20 {
		for x := range 30 {
			mask.SetGray(x+40, y+30, color.Gray{Y: 255})
		}
	}
	file := filepath.Join(t.TempDir(), "region.png")
	if err := pixel.Save(file, mask); err != nil {
		t.Fatal(err)
	}
	d.SetFrame(image.Rect(32, 16, 96, 80))
	s := scene(d)
	s.Facts.Text = true
	s.Settings.Regions = []settings.Region{{File: file, Prompt: "a kite", Weight: 2}, {File: file + "x", Prompt: "gone"}, {File: file}}
	for _, whole := range []bool{false, true} {
		q := s.Live(whole)()
		if len(q.Regions) != 1 || q.Regions[0].Prompt != "a kite" || q.Regions[0].Weight != 2 || pixel.Bounds(q.Regions[0].Mask) != image.Rect(8, 14, 38, 34) {
			t.Fatalf("whole %v: %d regions", whole, len(q.Regions))
		}
	}
	s.Facts.Text = false
	if q := s.Live(false)(); len(q.Regions) != 0 {
		t.Error("a model without words has regions")
	}
}

// Follow-up runs are composed from the candidate's own job.
func TestAfter(t *testing.T) {
	d := paper()
	d.SetFrame(image.Rect(0, 0, 64, 64))
	d.Rectangle(image.Rect(8, 8, 32, 32), document.Add)
	j, err := scene(d).Run().Job.Prepared()
	if err != nil {
		t.Fatal(err)
	}
	c := tray.Of(j.Finish(image.NewRGBA(image.Rect(0, 0, 64, 64)), false))
	if r := Varied(c, 2, 3, 99); r.Count != 2 || r.Job.Request.Variation != 1 || r.Job.Recipe.VariationSeed != 99 {
		t.Errorf("varied: %+v", r.Job.Recipe)
	}
	if r := SeamFixed(c); r == nil || r.Job.Ready() || r.Job.Recipe.Strength != 0.35 || r.Job.Edge != j.Mask {
		t.Error("the seam's run is none")
	}
	c.Job = job.Job{}
	if SeamFixed(c) != nil {
		t.Error("a candidate without an edge has a seam")
	}
	big := image.NewRGBA(image.Rect(0, 0, 100, 60))
	r, err := scene(d).Enlarged(big, 2)
	if err != nil || r.Frame != image.Rect(0, 0, 200, 120) || !r.Job.Replaces || r.Job.Request.Window != 64 {
		t.Errorf("%v: %v", err, r.Frame)
	}
	if _, err := scene(d).Enlarged(image.NewRGBA(image.Rect(0, 0, 5000, 1)), 2); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}

// A picture made from another is reproduced only if there is a picture on the canvas.
func TestAgain(t *testing.T) {
	s := scene(document.New(image.Rect(0, 0, 64, 64), document.Hooks{}))
	if _, err := s.As(recipe.Recipe{Mode: "inpaint"}); !errors.Is(err, ErrStart) {
		t.Error(err)
	}
	d := paper()
	d.SetFrame(image.Rect(0, 0, 64, 64))
	s = scene(d)
	again, err := s.As(recipe.Recipe{Mode: "text to image"})
	if err != nil || again.Mode != task.TextToImage {
		t.Fatal(err)
	}
	r, err := again.Again(recipe.Recipe{Variation: 0.2, VariationSeed: 5}, nil)
	if err != nil || !r.Job.Again || r.Job.Request.VariationSeed != 5 || r.Job.Request.Init != nil {
		t.Errorf("%v, %+v", err, r)
	}
	r.Job.Used = &recipe.Recipe{Hashes: []string{"a", "b", "c"}}
	if n := Verdict(r.Job.Recipe, &r.Job, english); n == nil || n.Headline == "" {
		t.Error("no verdict")
	}
	if Verdict(r.Job.Recipe, &job.Job{}, english) != nil {
		t.Error("a verdict of what was not made again")
	}
}

func TestEstimate(t *testing.T) {
	s := scene(document.New(image.Rect(0, 0, 64, 64), document.Hooks{}))
	s.Model.Name, s.Device = "m", "CPU"
	if s.Estimate() != 0 {
		t.Error("an estimate of nothing")
	}
	s.Settings.NotePace("m", "CPU", 1e-3)
	if got, want := s.Estimate(), time.Duration(64*64*20*1e-3*float64(time.Second)); got != want {
		t.Errorf("%v, not %v", got, want)
	}
}

// The plan says that the best of several seeds is chosen, also before the model is open, and the run does; with a
// refiner, or without a verifier, it has one seed.
func TestPlanOfASearch(t *testing.T) {
	s := scene(document.New(image.Rect(0, 0, 64, 64), document.Hooks{}))
	s.Settings.BestOf = 8
	want := func(plan string, bestOf int) {
		t.Helper()
		if got := s.Plan(english); got != plan {
			t.Errorf("%q, want %q", got, plan)
		}
		if got := s.Run().Job.BestOf; got != bestOf {
			t.Errorf("%s: the run is the best of %d", plan, got)
		}
	}
	want("Paint from the prompt, 20 steps", 0)
	s.Facts.Verifier = true
	want("Paint from the prompt, best of 8, 20 steps", 8)
	s.Settings.Count = 3
	want("Paint from the prompt, 3 x best of 8, 20 steps", 8)
	s.Settings.Count, s.Settings.BestOf = 1, 1
	want("Paint from the prompt, 20 steps", 1)
	s.Settings.BestOf, s.Refiner = 4, library.Model{Dir: "refiner"}
	want("Paint from the prompt, 20 steps", 0)
	s.Refiner, s.Facts = library.Model{}, engine.Facts{}
	want("Paint from the prompt, 20 steps", 0)
	s.Unopened, s.Model.Verifier = true, true
	want("Paint from the prompt, best of 4, 20 steps", 4)
}
