package job

import (
	"image"
	"strings"
	"sync"
	"testing"

	"nirvana/app/task"
)

// What takes its time is worked out once, whoever asks and however often, and copies of the job share it.
func TestLater(t *testing.T) {
	j := Job{Mode: task.Inpaint, Frame: image.Rect(0, 0, 16, 8)}
	j.Request.Width, j.Request.Height, j.Request.Strength, j.Request.Seed = 16, 8, 0.5, 7
	times := 0
	mask := image.NewGray(image.Rect(0, 0, 16, 8))
	mask.Pix[3] = 255
	j.Then(Input{Kind: Ground, Grey: mask, Overlap: 4, Picture: func() *image.RGBA {
		times++
		return image.NewRGBA(image.Rect(0, 0, 16, 8))
	}})
	if j.Ready() || j.Painted() != nil || !j.Reads() {
		t.Error("what is not worked out yet is known")
	}
	again := j
	again.Request.Seed = 9
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			from := []*Job{&j, &again}[i%2]
			got, err := from.Prepared()
			if err != nil || got.Base == nil || got.Mask == nil || got.Request.Init == nil || got.Request.Mask == nil || got.Later != nil || got.Request.Seed != from.Request.Seed || got.Recipe.Strength == 0 {
				t.Errorf("%+v, %v", got, err)
			}
			if got.Check() != nil {
				t.Error(got.Check())
			}
		})
	}
	all.Wait()
	if times != 1 || !j.Ready() || j.Painted() == nil || j.Base != nil {
		t.Errorf("worked out %d times", times)
	}
}

// A panic fails the run and nothing else.
func TestLaterPanics(t *testing.T) {
	var j Job
	j.Then(Input{Kind: Ground, Picture: func() *image.RGBA { panic("no such picture") }})
	for range 2 {
		if _, err := j.Prepared(); err == nil || !strings.Contains(err.Error(), "no such picture") {
			t.Error(err)
		}
	}
}
