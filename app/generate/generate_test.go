package generate

import (
	"context"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"nirvana/app/compose"
	"nirvana/app/document"
	"nirvana/app/job"
	"nirvana/app/library"
	"nirvana/app/notice"
	"nirvana/app/opening"
	"nirvana/app/panel"
	"nirvana/app/queue"
	"nirvana/app/recipe"
	"nirvana/app/settings"
	"nirvana/app/task"
	"nirvana/app/tray"
	"nirvana/app/worker"
	"nirvana/engine"
)

// desk is a composer whose runs stay in the queue.
type desk struct {
	*Composer
	sight  tray.Sight
	panel  *panel.Panel
	model  *opening.Model
	runs   *queue.Runs
	strip  *notice.Strip
	posted chan func()
	seed   uint64
	busy   bool
}

func newDesk(t *testing.T, home string, models ...library.Model) *desk {
	d := &desk{posted: make(chan func(), 99)}
	ctx := context.Background()
	d.strip = notice.NewStrip(func(text string) string { return text }, func() {})
	door := worker.NewDoor(ctx, func(f func()) { d.posted <- f }, func() func() { return func() {} })
	t.Cleanup(door.Rest)
	draw := func() uint64 { d.seed++; return d.seed }
	d.sight.Document = document.New(image.Rect(0, 0, 64, 64), document.Hooks{Changed: func(document.Change) { d.ForgetMode() }})
	d.sight.Tray = tray.New(tray.Hooks{Changed: func(bool) {}, Steps: func() int { return 0 }, Active: func() bool { return false }, Together: func() func() { return func() {} }})
	d.panel = panel.New(door, d.strip, panel.Hooks{Facts: func() engine.Facts { return d.model.Known() }, Steps: func() int { return 0 }, Draw: draw, Changed: func(settings.Settings) {}})
	d.runs = queue.New(d.strip, queue.Hooks{Changed: func() {}, Document: func() int { return d.sight.Document.Serial }, Adopt: func(*worker.Run) {}, Prepare: func(*worker.Run) {}, Advance: func() {}})
	w := worker.New(ctx, nil, func(worker.Event) {})
	d.model = opening.New(opening.Studio{Panel: d.panel, Library: library.New(ctx, models, library.Options{}, library.Hooks{}), Worker: w, Strip: d.strip, Changed: func() {},
		Empty: func() bool { return d.sight.Document.Picture == nil }})
	d.model.Sized = true
	d.Composer = New(Studio{Sight: &d.sight, Panel: d.panel, Model: d.model, Runs: d.runs, Door: door, Strip: d.strip, Home: home, Version: "1",
		Now: time.Now, Draw: draw, Busy: func() bool { return d.busy }, First: func() {}, Drawn: func() {}, Changed: func() {}})
	if len(models) > 0 {
		d.panel.Settings.Model = models[0].Name
	}
	return d
}

var tiny = library.Model{Name: "tiny", Dir: "tiny", Width: 64, Height: 64}

// Each press queues a run with a seed of its own; a locked seed stays.
func TestGenerate(t *testing.T) {
	d := newDesk(t, "", tiny)
	for range 3 {
		d.Generate()
	}
	d.panel.Set(func(s *settings.Settings) { s.Locked = true })
	d.Generate()
	d.Generate()
	var seeds []uint64
	for _, r := range d.runs.Queue {
		seeds = append(seeds, r.Seed)
	}
	if len(seeds) != 5 || seeds[3] != seeds[4] {
		t.Fatalf("seeds %v", seeds)
	}
	if first := slices.Compact(slices.Clone(seeds[:3])); len(first) != 3 {
		t.Errorf("seeds %v", seeds)
	}
}

// Impossible runs are reported and not queued: no model, a missing wildcard file, nothing to extend or enlarge.
func TestCannot(t *testing.T) {
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, "wildcards"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		models []library.Model
		do     func(*desk)
	}{
		"no model": {nil, func(d *desk) { d.Generate() }},
		"no wildcard": {[]library.Model{tiny}, func(d *desk) {
			d.panel.Set(func(s *settings.Settings) { s.Prompt = "a __colour__ kite" })
			d.Generate()
		}},
		"nothing to extend":  {[]library.Model{tiny}, func(d *desk) { d.Widen(func() {}) }},
		"nothing to enlarge": {[]library.Model{tiny}, func(d *desk) { d.Upscale(2) }},
		"too large": {[]library.Model{tiny}, func(d *desk) {
			d.sight.Document.Set(image.NewRGBA(image.Rect(0, 0, 64, 64)))
			d.Upscale(1000)
		}},
		"a candidate of a model that is gone": {[]library.Model{tiny}, func(d *desk) {
			d.Vary(&tray.Candidate{Picture: image.NewRGBA(image.Rect(0, 0, 8, 8))}, compose.Subtle)
		}},
		"a recipe that began from a picture": {[]library.Model{tiny}, func(d *desk) {
			d.MakeAgain(recipe.Recipe{Mode: task.ImageToImage.String(), Strength: 0.5, Steps: 4, Width: 64, Height: 64})
		}},
	} {
		d := newDesk(t, home, c.models...)
		c.do(d)
		if len(d.runs.Queue) != 0 || d.strip.Notice == nil {
			t.Errorf("%s: %d runs, %+v", name, len(d.runs.Queue), d.strip.Notice)
		}
	}
}

// A run requested before the first model is open starts with that model's size.
func TestAskedWhileOpening(t *testing.T) {
	d := newDesk(t, "", tiny)
	d.model.Sized, d.busy = false, true
	d.Generate()
	if len(d.runs.Queue) != 0 || d.runs.Asked != 1 {
		t.Errorf("%d runs, %d asked for", len(d.runs.Queue), d.runs.Asked)
	}
}

// The mode depends on the picture under the frame, and is determined again after ForgetMode.
func TestMode(t *testing.T) {
	d := newDesk(t, "", tiny)
	if d.Mode() != task.TextToImage {
		t.Error(d.Mode())
	}
	img := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	d.sight.Document.Set(img)
	if d.Mode() != task.ImageToImage || d.Plan() == "" {
		t.Error(d.Mode(), d.Plan())
	}
	mask := image.NewGray(img.Rect)
	mask.SetGray(3, 3, color.Gray{255})
	d.sight.Document.SetMask("dot", mask)
	if d.Mode() != task.Inpaint {
		t.Error(d.Mode())
	}
}

// Missing files of a run are reported on the owner's goroutine, after the run was prepared in the background.
func TestPrepareTells(t *testing.T) {
	for kind, want := range map[job.Kind]string{job.Depth: "The depth map cannot be loaded", job.Region: "The mask cannot be loaded", job.Guide: "The picture for the ControlNet cannot be loaded"} {
		d := newDesk(t, "", tiny)
		r := &worker.Run{}
		r.Job.Request.Regions = []engine.Region{{}}
		r.Job.Then(job.Input{Kind: kind, File: filepath.Join(t.TempDir(), "gone.png"), Size: image.Pt(8, 8)})
		d.Prepare(r)
		if d.strip.Notice != nil {
			t.Error("the owner read a file")
		}
		(<-d.posted)()
		if d.strip.Notice == nil || d.strip.Notice.Headline != want {
			t.Errorf("%s: %+v", kind, d.strip.Notice)
		}
	}
}
