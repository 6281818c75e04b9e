package opening

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"nirvana/app/library"
	"nirvana/app/notice"
	"nirvana/app/panel"
	"nirvana/app/settings"
	"nirvana/app/worker"
	"nirvana/app/worker/workertest"
	"nirvana/engine"
	"nirvana/engine/fault"
)

// room is a model with its studio.
type room struct {
	*Model
	panel  *panel.Panel
	worker *worker.Worker
	strip  *notice.Strip
	posted chan func()
	opened []string // folders, in order
	empty  bool     // the canvas is
	told   int      // how often the choice of the model changed
}

// in runs a test with openable models "a" and "b"; the owner gets the worker's events.
func in(t *testing.T, memory int64, test func(*room)) {
	synctest.Test(t, func(t *testing.T) {
		r := &room{posted: make(chan func(), 99), empty: true}
		ctx, end := context.WithCancel(context.Background())
		defer end()
		r.strip = notice.NewStrip(func(text string) string { return text }, func() {})
		door := worker.NewDoor(ctx, func(f func()) { r.posted <- f }, func() func() { return func() {} })
		r.panel = panel.New(door, r.strip, panel.Hooks{Facts: func() engine.Facts { return r.Known() }, Steps: func() int { return 0 }, Draw: func() uint64 { return 1 }, Changed: func(settings.Settings) {}})
		shelf := library.New(ctx, []library.Model{{Name: "A", Dir: "a", Memory: 2e9, Width: 256, Height: 256, Steps: 30, Guidance: 3, BestOf: 8, Verifier: true},
			{Name: "B", Dir: "b", Memory: 9e9, Refiner: true, Width: 96, Height: 64, BestOf: 1}, {Name: "A", Dir: "twin"}}, library.Options{}, library.Hooks{})
		load := func(_ context.Context, of library.Model) (worker.Generator, error) {
			dir := of.Dir
			r.opened = append(r.opened, dir)
			return workertest.Tiny(0)
		}
		r.worker = worker.New(ctx, load, func(e worker.Event) { r.posted <- func() { r.heard(e) } })
		r.Model = New(Studio{Panel: r.panel, Library: shelf, Worker: r.worker, Strip: r.strip, Memory: memory, Empty: func() bool { return r.empty }, Changed: func() { r.told++ }})
		r.panel.Settings.Model = "A"
		test(r)
		r.settle()
		if err := r.worker.Close(); err != nil {
			t.Error(err)
		}
	})
}

func (r *room) heard(e worker.Event) {
	switch e := e.(type) {
	case worker.Opens:
		r.Opens(e.Model)
	case worker.Opened:
		if r.Opened(e) {
			r.Suit()
		}
	case worker.Free:
		r.worker.Rest()
		r.Advance()
	}
}

func (r *room) settle() {
	for {
		synctest.Wait()
		select {
		case f := <-r.posted:
			f()
		default:
			return
		}
	}
}

// The last chosen model is opened once the worker is free, an open one is not opened again unless requested, and of
// two models with one name the chosen one stays.
func TestOpen(t *testing.T) {
	in(t, 0, func(r *room) {
		r.Open("a")
		r.Open("b")
		r.Open("A")
		r.settle()
		if len(r.opened) != 1 || r.Facts.Name == "" || r.Opening != "" {
			t.Fatalf("opened %v, %q, opening %q", r.opened, r.Facts.Name, r.Opening)
		}
		if m, ok := r.Chosen(); !ok || m.Dir != "a" || !r.InUse(m) {
			t.Errorf("%+v is chosen", m)
		}
		r.Open("a")
		r.settle()
		if len(r.opened) != 1 {
			t.Errorf("it is opened again: %v", r.opened)
		}
		r.Reopen()
		r.settle()
		if len(r.opened) != 2 {
			t.Errorf("it is not opened again: %v", r.opened)
		}
		r.Open("twin")
		r.settle()
		r.Open("A")
		if m, _ := r.Chosen(); m.Dir != "twin" {
			t.Errorf("of two of one name, %s is taken", m.Dir)
		}
		told := r.told
		r.Open("nothing")
		if r.told != told || r.strip.Notice == nil || r.strip.Notice.Headline != "There is no model called nothing" {
			t.Errorf("%+v", r.strip.Notice)
		}
	})
}

// The first model's size, steps and guidance are applied; the next one's replace values that the artist has left at
// the defaults of the one before.
func TestSuit(t *testing.T) {
	in(t, 0, func(r *room) {
		first := engine.Facts{Name: "first", Width: 64, Height: 96, Steps: 4, Guidance: 3, BestOf: 8, Multiple: 8}
		open := func(f engine.Facts, empty bool) settings.Settings {
			if !r.Opened(worker.Opened{Facts: f}) {
				t.Fatal("not opened")
			}
			r.empty = empty
			r.Suit()
			return r.panel.Settings
		}
		if s := open(first, true); s.Width != 64 || s.Height != 96 || s.Steps != 4 || s.Guidance != 3 || s.BestOf != 8 || !r.Sized {
			t.Fatalf("%d x %d px, %d steps", s.Width, s.Height, s.Steps)
		}
		r.panel.Set(func(s *settings.Settings) { s.Steps = 9 })
		second := engine.Facts{Name: "second", Width: 128, Height: 128, Steps: 20, Guidance: 5, BestOf: 1, Multiple: 8}
		if s := open(second, true); s.Width != 128 || s.Steps != 9 || s.Guidance != 5 || s.BestOf != 1 {
			t.Errorf("%d px, %d steps, guidance %g, best of %d", s.Width, s.Steps, s.Guidance, s.BestOf)
		}
		if s := open(first, false); s.Width != 128 {
			t.Errorf("the size under a picture is %d px now", s.Width)
		}
		if r.Opened(worker.Opened{Err: errors.New("x")}) || r.Facts.Name != "first" {
			t.Errorf("a model that did not open: %q", r.Facts.Name)
		}
	})
}

// A model that needs more memory than the machine has is refused until the artist confirms.
func TestRefuse(t *testing.T) {
	in(t, 4e9, func(r *room) {
		r.Open("B")
		r.settle()
		if len(r.opened) != 0 || r.strip.Notice == nil || r.strip.Notice.Do == nil {
			t.Fatalf("opened %v, %+v", r.opened, r.strip.Notice)
		}
		r.strip.Notice.Do()
		r.settle()
		if len(r.opened) != 1 || r.opened[0] != "b" {
			t.Errorf("opened %v", r.opened)
		}
		if m, _ := r.Find("A"); !r.Fits(m) || r.Refuse(m) {
			t.Error("a small model is refused")
		}
	})
}

// A refiner must be one of the listed refiners, and the open model a base for refiners.
func TestRefinerOf(t *testing.T) {
	in(t, 0, func(r *room) {
		for _, c := range []struct {
			sizes bool
			set   string
			want  string
		}{{true, "b", "b"}, {false, "b", ""}, {true, "a", ""}, {true, "", ""}} {
			r.Facts.Sizes, r.panel.Settings.Refiner = c.sizes, c.set
			if got := r.Refiner().Dir; got != c.want {
				t.Errorf("%+v: %q", c, got)
			}
		}
	})
}

// Sizes that a model draws badly are distinguished from those that it draws well or cannot change.
func TestOffOwnSize(t *testing.T) {
	in(t, 0, func(r *room) {
		r.Facts = engine.Facts{Width: 256, Height: 256}
		for size, want := range map[[2]int]bool{{64, 64}: true, {176, 176}: true, {1024, 1024}: true, {256, 256}: false, {184, 360}: false, {512, 512}: false} {
			r.panel.Settings.Width, r.panel.Settings.Height = size[0], size[1]
			if got := r.OffOwnSize(); got != want {
				t.Errorf("%v: %v", size, got)
			}
			if r.Facts.Fixed = true; r.OffOwnSize() {
				t.Errorf("%v is off a size that cannot be left", size)
			}
			r.Facts.Fixed = false
		}
	})
}

// The suggestion of the model's own size goes once another size is set, or another model is open; another notice stays.
func TestOwnSizeIsOfferedWhileItIsTrue(t *testing.T) {
	in(t, 0, func(r *room) {
		strip, size := r.in.Strip, &r.panel.Settings
		offered := func() {
			r.Facts = engine.Facts{Name: "A", Width: 256, Height: 256}
			size.Width, size.Height = 128, 128
			r.OfferOwnSize()
			if r.DropOwnSize(); strip.Notice == nil || strip.Notice.Headline != "The next picture will have 128 x 128 px" {
				t.Fatalf("%+v", strip.Notice)
			}
		}
		for name, change := range map[string]func(){"width": func() { size.Width = 256 }, "height": func() { size.Height = 136 }, "model": func() { r.Facts.Name = "B" }} {
			offered()
			change()
			if r.DropOwnSize(); strip.Notice != nil {
				t.Errorf("another %s: it still says %q", name, strip.Notice.Headline)
			}
		}
		offered()
		other := &notice.Notice{Headline: "Another"}
		strip.Tell(other)
		size.Width = 256
		if r.DropOwnSize(); strip.Notice != other {
			t.Error("another notice has gone")
		}
	})
}

// A checkpoint that lacks parts is told of with what it lacks and what to do in the window, not with the command line's words.
func TestLackingParts(t *testing.T) {
	in(t, 0, func(r *room) {
		half := library.Model{Name: "half", Dir: "half.safetensors", Kind: "Stable Diffusion 1", Lacks: "the VAE"}
		r.NotOpened(half, fault.Lacking.Errorf("name the file with --vae"))
		if n := r.strip.Notice; n == nil || n.Headline != "half is a Stable Diffusion 1 checkpoint" || n.Advice != "It lacks the VAE: drop the file on the window, or put it into the folder text_encoders or vae beside." {
			t.Errorf("%+v", n)
		}
		r.NotOpened(half, errors.New("the disk is broken"))
		if n := r.strip.Notice; n == nil || n.Headline != "The model could not be opened" {
			t.Errorf("%+v", n)
		}
	})
}
