package app

import (
	"image"
	"image/color"
	"path/filepath"
	"testing"
	"time"

	"nirvana/app/recipe"
	"nirvana/engine"
	"nirvana/engine/pixel"
)

// What only some kinds of models take goes to those alone.
func TestKinds(t *testing.T) {
	studio(t, func(b *bench) {
		b.Open("A")
		b.settle()
		depth := filepath.Join(t.TempDir(), "depth.png")
		img := plain(80, 64, color.RGBA{10, 10, 10, 255})
		for y := range 64 {
			img.SetRGBA(79, y, color.RGBA{200, 200, 200, 255})
		}
		if err := pixel.Save(depth, img); err != nil {
			t.Fatal(err)
		}
		b.Document.Set(noisy(80, 64, 1))
		b.Document.SetFrame(image.Rect(16, 0, 80, 64))
		b.SetDepth(depth)
		b.settle()
		b.Set(func(s *Settings) {
			s.ImageGuidance, s.TrueGuidance, s.Aesthetic, s.OriginalWidth, s.OriginalHeight, s.CropLeft, s.CropTop = 2, 3, 8, 1000, 700, 5, 6
		})
		asked := func(facts engine.Facts) engine.Request {
			b.Facts = facts
			b.Facts.Name = "A" // of the open model
			return requested(t, b.Scene().Run())
		}
		plainly := asked(engine.Facts{})
		if plainly.ImageGuidance != 0 || plainly.TrueGuidance != 0 || plainly.AestheticScore != 0 || plainly.OriginalSize != [2]int{} || plainly.CropTopLeft != [2]int{} || plainly.Depth != nil {
			t.Errorf("a plain model is asked %+v", plainly)
		}
		if q := asked(engine.Facts{Instruct: true, PictureGuided: true}); q.ImageGuidance != 2 {
			t.Errorf("image guidance %g", q.ImageGuidance)
		}
		if q := asked(engine.Facts{TrueGuided: true}); q.TrueGuidance != 3 {
			t.Errorf("true guidance %g", q.TrueGuidance)
		}
		if q := asked(engine.Facts{Refiner: true}); q.AestheticScore != 8 {
			t.Errorf("aesthetic score %g", q.AestheticScore)
		}
		if q := asked(engine.Facts{Sizes: true}); q.OriginalSize != [2]int{700, 1000} || q.CropTopLeft != [2]int{6, 5} {
			t.Errorf("sizes %v, crop %v", q.OriginalSize, q.CropTopLeft)
		}
		// A map as large as the picture is cut to the frame, another is taken whole.
		if q := asked(engine.Facts{Depth: true}); q.Depth == nil || q.Depth.Rect != image.Rect(0, 0, 64, 64) || q.Depth.GrayAt(63, 3).Y != 200 {
			t.Error("the depth map is not cut to the frame")
		}
		b.SetDepth(depth + "none")
		b.settle()
		if b.Notice == nil || b.Settings.DepthFile != depth {
			t.Error("a file that is not there was taken")
		}
	})
}

// A base hands its latents over to the refiner, which goes on; both count as one run.
func TestRefiner(t *testing.T) {
	studio(t, func(b *bench) {
		base, refiner := b.models["a"], b.models["b"]
		base.facts = func(f *engine.Facts) { f.Sizes = true }
		refiner.facts = func(f *engine.Facts) { f.Refiner = true }
		b.Models[1].Refiner = true
		b.Open("A")
		b.settle()
		b.Set(func(s *Settings) { s.Refiner, s.RefinerAt, s.Steps = "b", 0.75, 8 })
		b.Generate()
		b.after(20 * time.Second)
		if len(base.asked) != 1 || len(refiner.asked) != 1 || len(b.Tray.Candidates) != 1 || b.Notice != nil {
			t.Fatalf("%d and %d runs, %d candidates, %v", len(base.asked), len(refiner.asked), len(b.Tray.Candidates), b.Notice)
		}
		if q := base.asked[0]; q.End != 0.75 || !q.KeepLatents || q.Start != 0 {
			t.Errorf("the base is asked %+v", q)
		}
		if q := refiner.asked[0]; q.Start != 0.75 || q.End != 0 || q.Latents == nil || q.KeepLatents || q.AestheticScore != 6 {
			t.Errorf("the refiner is asked %+v", q)
		}
		r := b.Run()
		for i, s := range r.Steps {
			if s.Index != i || s.Of != 8 {
				t.Errorf("step %d says %d of %d", i, s.Index, s.Of)
			}
		}
		if len(r.Steps) != 9 || r.Progress() != 1 {
			t.Errorf("%d steps, %g of them done", len(r.Steps), r.Progress())
		}
		b.Open("B") // takes the memory of both
		b.settle()
		if b.live != 1 {
			t.Errorf("%d models are open", b.live)
		}
		b.Open("A")
		b.settle()
		refiner.facts = nil
		b.Generate()
		b.after(20 * time.Second)
		if b.Notice == nil || len(b.Tray.Candidates) != 1 && b.Run().State != Failed {
			t.Error("a model that is not a refiner was taken for one")
		}
	})
}

// A recipe brings back what only some kinds of models take, the ControlNet's weights, and LoRAs as the prompt calls them.
func TestUseOfKinds(t *testing.T) {
	studio(t, func(b *bench) {
		b.Models[1].Refiner = true
		b.Use(Recipe{Prompt: "a fox <lora:ink:1>", LoRAs: []recipe.LoRA{{Name: "dir/glow.safetensors", Weight: 0.7}, {Name: "ink.safetensors", Weight: 1}}, TrueGuidance: 3, ImageGuidance: 2, Aesthetic: 8,
			OriginalSize: []int{700, 1000}, CropTopLeft: []int{3, 4}, Refiner: "B", RefinerAt: 0.7, Controls: []recipe.Control{{Net: "pose", Weight: 0.6, From: 0.1, Until: 0.8}}})
		s := b.Settings
		if s.Prompt != "a fox <lora:ink:1> <lora:glow:0.7>" || s.TrueGuidance != 3 || s.ImageGuidance != 2 || s.Aesthetic != 8 || s.OriginalWidth != 1000 || s.OriginalHeight != 700 ||
			s.CropLeft != 4 || s.CropTop != 3 || s.Refiner != "b" || s.RefinerAt != 0.7 || s.Control.Net != "pose" || s.Control.Scale != 0.6 || s.Control.From != 0.1 || s.Control.Until != 0.8 {
			t.Errorf("%+v", s)
		}
		b.Use(Recipe{Prompt: "a fox"})
		if s := b.Settings; s.TrueGuidance != 1 || s.ImageGuidance != 1.5 || s.Aesthetic != 6 || s.OriginalWidth != 0 || s.Refiner != "" {
			t.Errorf("a plain recipe leaves %+v", s)
		}
	})
}
