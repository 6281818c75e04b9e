package app

import (
	"image"
	"math/rand/v2"
	"testing"
)

// BenchmarkUndoOfStrokes paints 64 strokes across a picture of 4096 x 4096 and reports what undo holds of them.
func BenchmarkUndoOfStrokes(b *testing.B) {
	for b.Loop() {
		s := &Studio{}
		d := &Document{studio: s, Picture: image.NewRGBA(image.Rect(0, 0, 4096, 4096)), Mask: image.NewGray(image.Rect(0, 0, 4096, 4096))}
		s.Document, s.Tray = d, &Tray{studio: s, Selected: -1}
		r := rand.New(rand.NewPCG(1, 2))
		at := func() float32 { return r.Float32() * 4096 }
		for range undoSteps {
			d.BeginStroke(Brush{Size: 128, Softness: 0.5, Opacity: 0.8}, at(), at())
			d.StrokeTo(at(), at())
			d.EndStroke()
		}
		b.ReportMetric(float64(d.UndoBytes())/1e6, "MB")
		b.ReportMetric(float64(len(d.undo.done)), "steps")
	}
}
