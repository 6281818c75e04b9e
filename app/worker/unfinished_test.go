package worker

import (
	"context"
	"image"
	"testing"
	"testing/synctest"
	"time"

	"nirvana/app/worker/workertest"
	"nirvana/engine"
	"nirvana/engine/pixel"
)

// slowDecoder never ends.
type slowDecoder struct{ Generator }

func (slowDecoder) DecodeStep(ctx context.Context, _ engine.Step, _ int, _ func(float64)) (*image.RGBA, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// Where even a coarse picture takes too long, the preview is shown in the picture's size.
func TestStopShowsThePreview(t *testing.T) {
	g, err := workertest.Tiny(0)
	if err != nil {
		t.Fatal(err)
	}
	var last engine.Step
	q := engine.Request{Steps: 3, Width: 32, Height: 24, ClassLabels: []int{1}}
	for step, err := range g.Generate(t.Context(), q) {
		if err != nil {
			t.Fatal(err)
		}
		if step.Index == 2 {
			last = step
			break
		}
	}
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		img := unfinished(t.Context(), slowDecoder{g}, last, q)
		if took := time.Since(began); took > 6*time.Second || img == nil || string(img.Pix) != string(pixel.Resize(last.Predicted(0), 32, 24).Pix) {
			t.Errorf("%v after %v", img != nil, took)
		}
	})
}
