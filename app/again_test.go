package app

import (
	"testing"
	"time"
)

// A picture that began from its prompt is made again whatever lies on the canvas; one that began from a picture wants
// one there, and another one is named as the reason.
func TestMakeAgain(t *testing.T) {
	studio(t, func(b *bench) {
		b.Set(func(s *Settings) { s.Prompt, s.Steps, s.Width, s.Height, s.Count = "again", 4, 64, 64, 2 })
		b.Generate()
		b.after(time.Minute)
		fromPrompt := b.Tray.Candidates[1].Recipe
		said := func(when, headline, advice string) {
			t.Helper()
			if n := b.Notice; n == nil || n.Headline != headline || advice != "" && n.Advice != advice {
				t.Errorf("%s: %+v", when, n)
			}
		}
		b.Document.Set(noisy(64, 64, 3))
		b.Tray.Clear()
		b.Tell(&Notice{Headline: "something earlier"})
		b.MakeAgain(fromPrompt)
		said("at once", "Reproducing it with its prompt and settings, seed locked", "")
		if n := b.Notice; n.Also != "Unlock the seed" {
			t.Errorf("at once the seed cannot be unlocked: %+v", n)
		}
		b.after(time.Minute)
		said("over a picture", "Reproduced exactly, all 4 steps match", "")
		n := b.Notice
		if n.Action != "Unlock the seed" || !b.Settings.Locked {
			t.Fatalf("afterwards the seed cannot be unlocked: %+v", n)
		}
		if n.Do(); b.Settings.Locked || b.Settings.Prompt != "again" || b.Settings.Seed != fromPrompt.Seed {
			t.Errorf("unlocked it is %+v", b.Settings)
		}
		if n := len(b.Tray.Candidates); n != 1 {
			t.Errorf("%d pictures, not the one", n)
		}
		other := fromPrompt
		other.Hashes = append([]string(nil), other.Hashes...)
		other.Hashes[2], other.Runtime = "x", "ONNX Runtime 1.0, CPU"
		b.MakeAgain(other)
		b.after(time.Minute)
		said("with another runtime", "Reproduced, but different from step 2 on", "It was made with ONNX Runtime 1.0, CPU, this is "+fromPrompt.Runtime+".")
		other.ModelHash = "another"
		b.MakeAgain(other)
		b.after(time.Minute)
		said("of another model", "Reproduced, but different from step 2 on", "The model is another than the recipe's.")
		other.Hashes = nil
		b.MakeAgain(other)
		b.after(time.Minute)
		said("without hashes", "Reproduced", "")

		b.Tray.Clear()
		b.Generate()
		b.after(time.Minute)
		fromPicture := b.Tray.Current().Recipe
		b.Tray.Clear()
		b.MakeAgain(fromPicture)
		b.after(time.Minute)
		said("from its picture", "Reproduced exactly, all 4 steps match", "")
		b.Document.Set(noisy(64, 64, 4))
		fromPicture.Hashes = append([]string{"x"}, fromPicture.Hashes[1:]...) // which these tests' generator makes of seed and step alone
		b.MakeAgain(fromPicture)
		b.after(time.Minute)
		said("from another picture", "Reproduced, but different from the first step on", "It began from another picture than the recipe's.")
		b.NewDocument()
		queued, last := len(b.Queue), b.Run()
		b.MakeAgain(fromPicture)
		if said("from none", "This picture began from another one", ""); len(b.Queue) != queued || b.Run() != last {
			t.Error("it runs without its picture")
		}
	})
}
