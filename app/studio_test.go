package app

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"iter"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"nirvana/engine"
	"nirvana/engine/pixel"
)

// fake is a model whose steps take a second each and whose pictures are one colour, its seed's.
type fake struct {
	asked  []engine.Request
	fail   error // told at step 2
	closed atomic.Bool
	live   *int // how many models are open
	decode func(ctx context.Context, side int) (*image.RGBA, error)
	facts  func(*engine.Facts) // what is otherwise than in the usual fake
}

func (f *fake) Facts() engine.Facts {
	facts := engine.Facts{Name: "fake", Hash: "0123456789abcdef", Width: 64, Height: 64, Multiple: 8, Text: true, MaxTokens: 75, CanEncode: true,
		Steps: 4, Guidance: 3, Timesteps: 1000, Sampler: "DDIMScheduler"}
	if f.facts != nil {
		f.facts(&facts)
	}
	return facts
}

func (f *fake) Close() error {
	f.closed.Store(true)
	*f.live--
	return nil
}

func (f *fake) Tokens(text string) int { return len(text) }

func (f *fake) DecodeStep(ctx context.Context, s engine.Step, side int, _ func(float64)) (*image.RGBA, error) {
	if f.decode != nil {
		return f.decode(ctx, side)
	}
	return plain(64, 64, color.RGBA{uint8(s.X0.Data[0]), 0, 0, 255}), nil
}

func (f *fake) Noised(_ context.Context, img *image.RGBA, seed uint64, t int) (engine.Step, error) {
	return engine.Step{Timestep: float32(t)}, nil
}

func (f *fake) Generate(ctx context.Context, r engine.Request) iter.Seq2[engine.Step, error] {
	f.asked = append(f.asked, r)
	switch cut := func(share float32) int { return int(share*float32(r.Steps) + 0.5) }; {
	case r.Start > 0:
		r.Steps -= cut(r.Start)
	case r.End > 0:
		r.Steps = cut(r.End)
	}
	return func(yield func(engine.Step, error) bool) {
		for i := 0; i <= r.Steps; i++ {
			if f.fail != nil && i == 2 {
				yield(engine.Step{}, f.fail)
				return
			}
			s := engine.Step{Index: i, Of: r.Steps, X: engine.Tensor{Shape: []int{1}, Data: []float32{1}}}
			if i > 0 {
				s.X0 = engine.Tensor{Shape: []int{1}, Data: []float32{float32(i)}}
			}
			if !yield(s, nil) {
				return
			}
			if i == r.Steps && r.KeepLatents {
				return
			}
			if i == r.Steps {
				s.Pictures = []*image.RGBA{plain(r.Width, r.Height, color.RGBA{uint8(r.Seed), 100, uint8(r.VariationSeed), 255})}
				yield(s, nil)
				return
			}
			select {
			case <-ctx.Done():
				yield(engine.Step{}, ctx.Err())
				return
			case <-time.After(time.Second):
			}
		}
	}
}

func plain(w, h int, c color.RGBA) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := 0; i < len(img.Pix); i += 4 {
		img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] = c.R, c.G, c.B, c.A
	}
	return img
}

func noisy(w, h int, seed uint64) *image.RGBA {
	img := plain(w, h, color.RGBA{0, 0, 0, 255})
	r := rand.New(rand.NewPCG(seed, 1))
	for i := range img.Pix {
		if i%4 != 3 {
			img.Pix[i] = uint8(r.IntN(256))
		}
	}
	return img
}

// bench is a studio on a test's own goroutine.
type bench struct {
	*Studio
	t      *testing.T
	posted chan func()
	models map[string]*fake
	live   int
	most   int // models open at once
	seen   Change
}

func start(t *testing.T, home string) *bench {
	t.Helper()
	b := &bench{t: t, posted: make(chan func(), 10000), models: map[string]*fake{"a": {}, "b": {}}}
	seed := uint64(100)
	s, err := New(Options{Home: home, Post: func(f func()) { b.posted <- f },
		Load: func(_ context.Context, of ModelInfo) (Generator, error) {
			dir := of.Dir
			m, ok := b.models[dir]
			if !ok {
				return nil, fmt.Errorf("%s is not a model folder: choose another", dir)
			}
			b.live++
			b.most = max(b.most, b.live)
			m.live = &b.live
			m.closed.Store(false)
			return m, nil
		},
		Models: []ModelInfo{{Name: "A", Dir: "a"}, {Name: "B", Dir: "b"}, {Name: "Missing", Dir: "c"}},
		Draw:   func() uint64 { seed++; return seed }})
	if err != nil {
		t.Fatal(err)
	}
	b.Studio = s
	s.Observe(func(c Change) { b.seen |= c })
	return b
}

// settle runs what was posted until everything waits.
func (b *bench) settle() {
	for {
		synctest.Wait()
		select {
		case f := <-b.posted:
			f()
		default:
			return
		}
	}
}

// after lets so much time pass, with the owner awake.
func (b *bench) after(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		b.settle()
		time.Sleep(min(100*time.Millisecond, time.Until(end)))
	}
	b.settle()
}

func (b *bench) end() {
	if err := b.Close(); err != nil {
		b.t.Error(err)
	}
	if b.live != 0 {
		b.t.Errorf("%d models left open", b.live)
	}
}

func studio(t *testing.T, f func(*bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := start(t, "")
		defer b.end()
		f(b)
	})
}

func TestGenerate(t *testing.T) {
	studio(t, func(b *bench) {
		b.Open("A")
		b.settle()
		if b.Facts.Name != "fake" || b.Settings.Width != 64 || b.Settings.Steps != 4 || b.Settings.Guidance != 3 {
			t.Fatalf("the model's sizes and steps were not taken: %+v", b.Settings)
		}
		if n, most, ok := b.Tokens("four"); n != 4 || most != 75 || !ok {
			t.Errorf("tokens %d of %d", n, most)
		}
		b.Set(func(s *Settings) { s.Prompt, s.Seed, s.Count = "a red kite", 7, 2 })
		if b.Mode() != TextToImage || b.Plan() != "Paint from the prompt, 2 times 4 steps" {
			t.Errorf("%v, %q", b.Mode(), b.Plan())
		}
		b.Generate()
		b.after(2500 * time.Millisecond)
		r := b.Run()
		if r.State != Running || len(r.Steps) != 3 || r.PerStep != time.Second || r.Left() != 6*time.Second || r.Progress() != 0.25 {
			t.Fatalf("after 2.5 s: state %v, %d steps, %v a step, %v left, %v done", r.State, len(r.Steps), r.PerStep, r.Left(), r.Progress())
		}
		r.Show(1)
		if _, i, ok := r.Shown(); i != 1 || !ok || r.Following() {
			t.Errorf("step %d is shown", i)
		}
		b.after(10 * time.Second)
		if r.State != Finished || r.Progress() != 1 || len(b.Tray.Candidates) != 2 {
			t.Fatalf("state %v, %d candidates", r.State, len(b.Tray.Candidates))
		}
		for i, c := range b.Tray.Candidates {
			if c.Seed != uint64(7+i) || c.Picture.Pix[0] != uint8(7+i) || c.Recipe.Prompt != "a red kite" || c.Partial || c.Stored == 0 {
				t.Errorf("candidate %d: %+v", i, c.Recipe)
			}
		}
		b.Tray.Keep()
		if b.Document.Picture == nil || b.Document.Picture.Pix[0] != 8 || len(b.Tray.Candidates) != 0 || b.Mode() != ImageToImage {
			t.Error("keeping did not make the candidate the picture")
		}
		if want := ChangedRun | ChangedStep | ChangedTray | ChangedHistory | ChangedModel | ChangedSettings | ChangedPicture | ChangedUndo; b.seen&want != want {
			t.Errorf("observers saw %b of %b", b.seen, want)
		}
		if !b.Undo() || b.Document.Picture != nil || !b.Redo() || b.Document.Picture.Pix[0] != 8 {
			t.Error("undo of a kept candidate")
		}
	})
}

// Stop keeps what is there; it is no failure, and the next run starts.
func TestStopCommitsEarly(t *testing.T) {
	studio(t, func(b *bench) {
		b.Generate()
		b.Generate()
		b.after(2500 * time.Millisecond)
		first := b.Run()
		b.Stop()
		b.settle()
		if first.State != Stopped || b.Notice != nil || len(b.Tray.Candidates) != 1 {
			t.Fatalf("state %v, notice %v, %d candidates", first.State, b.Notice, len(b.Tray.Candidates))
		}
		if c := b.Tray.Current(); !c.Partial || c.Picture.Pix[0] != 2 || c.Stored == 0 || len(c.Recipe.Unfinished) != 2 {
			t.Errorf("the candidate is not the predicted picture of step 2: %v", c.Picture.Pix[0])
		}
		if b.Run() == first || b.Run().State != Running {
			t.Error("the queue did not go on")
		}
		b.Stop() // before its second step: nothing to keep
		b.settle()
		if b.Run().State != Stopped || len(b.Tray.Candidates) != 1 {
			t.Errorf("%v, %d candidates", b.Run().State, len(b.Tray.Candidates))
		}
	})
}

func TestSeedsAreDrawnOnceUsed(t *testing.T) {
	studio(t, func(b *bench) {
		b.Set(func(s *Settings) { s.Seed = 5 })
		for i, want := range []uint64{5, 102, 103} { // 101 was drawn at the start
			b.Generate()
			b.after(time.Minute)
			if got := b.models["a"].asked[i].Seed; got != want {
				t.Errorf("run %d had seed %d, want %d", i, got, want)
			}
		}
		b.Set(func(s *Settings) { s.Locked = true })
		b.Generate()
		b.after(time.Minute)
		if got := b.models["a"].asked[3].Seed; got != 103 {
			t.Errorf("a locked seed became %d", got)
		}
	})
}

func TestQueue(t *testing.T) {
	studio(t, func(b *bench) {
		for i := range 4 {
			b.Set(func(s *Settings) { s.Prompt = fmt.Sprint(i) })
			b.Generate()
		}
		if len(b.Queue) != 3 {
			t.Fatalf("%d wait", len(b.Queue))
		}
		b.Reorder(b.Queue[2], 0)
		b.Cancel(b.Queue[1])
		b.after(time.Minute)
		var order string
		for _, r := range b.models["a"].asked {
			order += r.Prompt
		}
		if order != "032" {
			t.Errorf("ran in order %s, want 032", order)
		}
	})
}

func TestFailureIsToldAndRepeated(t *testing.T) {
	studio(t, func(b *bench) {
		b.models["a"].fail = errors.New("step 2 of 4: the network gave no numbers")
		b.Generate()
		b.after(time.Minute)
		if b.Run().State != Failed || b.Notice == nil || b.Notice.Action == "" || b.Notice.Detail == "" {
			t.Fatalf("%v, %+v", b.Run().State, b.Notice)
		}
		b.models["a"].fail = nil
		b.Notice.Do()
		b.after(time.Minute)
		if b.Run().State != Finished || b.Notice != nil {
			t.Errorf("the button did not repair it: %v %v", b.Run().State, b.Notice)
		}
	})
}

// One model at a time is open, whatever is chosen when.
func TestModels(t *testing.T) {
	studio(t, func(b *bench) {
		b.Generate()
		b.Set(func(s *Settings) { s.Model = "B" })
		b.Generate()
		b.Set(func(s *Settings) { s.Model = "A" })
		b.after(time.Minute)
		if b.most != 1 || len(b.models["a"].asked) != 1 || len(b.models["b"].asked) != 1 || !b.models["b"].closed.Load() {
			t.Errorf("%d models open at once; runs %d and %d", b.most, len(b.models["a"].asked), len(b.models["b"].asked))
		}
		b.Open("Missing")
		b.settle()
		if b.Notice == nil || b.Opening != "" {
			t.Fatal("a folder that is no model was not told")
		}
		b.Open("nobody")
		if b.Notice == nil {
			t.Fatal("an unknown model was not told")
		}
	})
}

func TestCloseWhileRunning(t *testing.T) {
	studio(t, func(b *bench) {
		b.Generate()
		b.after(1500 * time.Millisecond)
	})
}

func TestInpaintKeepsEveryOtherByte(t *testing.T) {
	studio(t, func(b *bench) {
		picture := noisy(100, 80, 1)
		b.Document.Set(picture)
		b.Document.SetFrame(image.Rect(8, 8, 72, 72))
		b.Document.Ellipse(image.Rect(20, 20, 50, 60), Replace)
		if b.Mode() != Inpaint {
			t.Fatal(b.Mode())
		}
		for _, only := range []bool{false, true} {
			b.Set(func(s *Settings) { s.OnlyMasked, s.HoldMask = only, true; s.Padding = 8; s.Steps = 4 })
			b.Generate()
			b.after(time.Minute)
			mask := b.Document.Mask
			b.Tray.Keep()
			inside := 0
			for i, m := range mask.Pix {
				same := string(b.Document.Picture.Pix[4*i:4*i+4]) == string(picture.Pix[4*i:4*i+4])
				if m == 0 && !same {
					t.Fatalf("pixel %d outside of the mask changed (only masked: %v)", i, only)
				}
				if !same {
					inside++
				}
			}
			if inside < 500 {
				t.Errorf("only %d pixels were painted", inside)
			}
			b.Undo()
			if string(b.Document.Picture.Pix) != string(picture.Pix) {
				t.Error("undo did not bring the picture back")
			}
		}
	})
}

func TestOutpaintGrowsTheCanvas(t *testing.T) {
	studio(t, func(b *bench) {
		picture := noisy(64, 64, 2)
		b.Document.Set(picture)
		b.Set(func(s *Settings) { s.Overlap = 8; s.Steps = 4 })
		b.Document.SetFrame(image.Rect(-24, -16, 40, 48))
		if b.Mode() != Outpaint {
			t.Fatal(b.Mode())
		}
		b.Generate()
		b.after(time.Minute)
		req := b.models["a"].asked[0]
		if req.Init.Pix[3] != 255 || req.Mask.Pix[0] != 255 || req.Mask.Pix[63*64+63] != 0 {
			t.Error("the hole was not filled and masked")
		}
		b.Generate() // queued before the canvas grows, lands after it
		b.after(1500 * time.Millisecond)
		shown, off := b.Shown()
		b.Tray.Keep()
		d := b.Document
		if d.Picture.Rect != image.Rect(0, 0, 88, 80) || d.Mask.Rect != d.Picture.Rect || d.Frame != image.Rect(0, 0, 64, 64) || off != image.Pt(24, 16) {
			t.Fatalf("canvas %v, frame %v, offset %v", d.Picture.Rect, d.Frame, off)
		}
		if string(shown.Pix) != string(d.Picture.Pix) {
			t.Error("what was shown is not what was kept")
		}
		for y := 40 - 16; y < 64; y++ { // far from the overlap nothing changed
			for x := 24; x < 64; x++ {
				if d.Picture.RGBAAt(x+24, y+16) != picture.RGBAAt(x, y) {
					t.Fatalf("kept pixel %d,%d changed", x, y)
				}
			}
		}
		b.after(time.Minute)
		if c := b.Tray.Current(); c == nil || c.Frame != image.Rect(0, 0, 64, 64) {
			t.Errorf("the second result lands at %v", c.Frame)
		}
		d.Undo()
		if d.Picture != picture || d.Frame != image.Rect(-24, -16, 40, 48) || b.Tray.Current().Frame != image.Rect(-24, -16, 40, 48) {
			t.Errorf("undo: frame %v, candidate at %v", d.Frame, b.Tray.Current().Frame)
		}
	})
}

func TestVariationsAndSeam(t *testing.T) {
	studio(t, func(b *bench) {
		b.Document.Set(noisy(64, 64, 3))
		b.Document.Rectangle(image.Rect(20, 20, 44, 44), Replace)
		b.Set(func(s *Settings) { s.Steps, s.Count = 4, 2 })
		b.Generate()
		b.after(time.Minute)
		c := b.Tray.Current()
		if c.Seam <= 0 {
			t.Error("no seam was measured")
		}
		b.Vary(c, Subtle)
		b.after(time.Minute)
		asked := b.models["a"].asked
		if len(asked) != 4 || asked[2].Seed != uint64(c.Seed) || asked[2].Variation != Subtle || asked[2].VariationSeed+1 != asked[3].VariationSeed {
			t.Fatalf("variation asked for %+v", asked[2:])
		}
		b.FixSeam(c)
		b.after(time.Minute)
		fixed := b.Tray.Current()
		band := b.models["a"].asked[4].Mask
		for i, m := range band.Pix {
			if m == 0 && string(fixed.Picture.Pix[4*i:4*i+4]) != string(c.Picture.Pix[4*i:4*i+4]) {
				t.Fatal("FixSeam changed something outside of its band")
			}
		}
		if want := pixel.Seam(fixed.Picture, c.Job.Base, c.Job.Mask); fixed.Seam != want {
			t.Errorf("fixed, the seam is %.3f, along the line that was fixed %.3f", fixed.Seam, want)
		}
		b.FixSeam(fixed)
		b.after(time.Minute)
		fixed = b.Tray.Current()
		if string(b.models["a"].asked[5].Mask.Pix) != string(band.Pix) {
			t.Error("fixed once more, the band lies elsewhere")
		}
		want := fixed.Picture
		b.Tray.Keep()
		if string(b.Document.Picture.Pix) != string(want.Pix) {
			t.Error("kept is not what was shown")
		}
		b.Upscale(2)
		b.after(time.Minute)
		b.Tray.Keep()
		if b.Document.Picture.Rect != image.Rect(0, 0, 128, 128) {
			t.Error(b.Document.Picture.Rect)
		}
	})
}

func TestNoiseView(t *testing.T) {
	studio(t, func(b *bench) {
		b.Open("A")
		b.settle()
		b.Noise(500)
		if b.Notice == nil || b.Noised != nil {
			t.Error("noise of nothing")
		}
		b.Document.Set(noisy(64, 64, 3))
		b.Noise(500)
		b.Noise(300)
		b.settle()
		if n := b.Noised; n == nil || !n.Ready || n.Step.Timestep != 300 {
			t.Fatalf("%+v", n)
		}
		b.Denoise()
		b.after(time.Minute)
		if r := b.models["a"].asked[0]; r.Strength != 0.301 || b.Noised != nil {
			t.Errorf("denoised from strength %v", r.Strength)
		}
	})
}
