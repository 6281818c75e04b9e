package app

import (
	"fmt"
	"testing"

	"nirvana/engine"
)

// New after a picture of another size offers the model's own; sizes that the model draws well, or cannot leave, are left alone.
func TestNewOffersTheModelsOwnSize(t *testing.T) {
	for _, c := range []struct {
		w, h  int // px, of the picture that was opened
		fixed bool
		offer bool
	}{{64, 64, false, true}, {176, 176, false, true}, {64, 1024, false, true}, {1024, 1024, false, true}, {256, 256, false, false},
		{208, 312, false, false}, {184, 360, false, false}, {512, 512, false, false}, {384, 256, false, false}, {64, 64, true, false}} {
		studio(t, func(b *bench) {
			b.Facts = engine.Facts{Name: "Small", Width: 256, Height: 256, Multiple: 8}
			b.Document.Set(noisy(c.w, c.h, 1))
			b.Facts.Fixed = c.fixed
			b.NewDocument()
			b.settle()
			n := b.Notice
			if got := n != nil && n.Action == "Use that size"; got != c.offer {
				t.Fatalf("%d x %d (fixed %v): %+v", c.w, c.h, c.fixed, n)
			}
			if !c.offer {
				return
			}
			if n.Headline != fmt.Sprintf("The next picture will have %d x %d px", c.w, c.h) || n.Advice != "Small draws best at about 256 x 256 px." {
				t.Errorf("%+v", n)
			}
			n.Do()
			if b.Settings.Width != 256 || b.Settings.Height != 256 || b.Document.Frame.Dx() != 256 || b.Document.Frame.Dy() != 256 {
				t.Errorf("the size is %d x %d, the frame %v", b.Settings.Width, b.Settings.Height, b.Document.Frame)
			}
			if b.NewDocument(); b.Notice != nil && b.Notice.Action == "Use that size" && b.Notice != n {
				t.Error("the model's own size is offered twice")
			}
		})
	}
}
