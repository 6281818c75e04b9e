package engine

import (
	"image"
	"math"
	"runtime/debug"
	"testing"

	"nirvana/engine/fault"
)

// A long and low picture beside a high one would take more memory than there is: it is refused before it is made.
func TestStitchedAsksForMemory(t *testing.T) {
	first := image.NewRGBA(image.Rect(0, 0, 64, 64))
	if img, err := stitched([]*image.RGBA{first, image.NewRGBA(image.Rect(0, 0, 30, 10))}); err != nil || img.Rect != image.Rect(0, 0, 64+192, 64) {
		t.Fatalf("%v, %v", img, err)
	}
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(math.MaxInt64))
	debug.SetMemoryLimit(1 << 30)
	if _, err := stitched([]*image.RGBA{first, image.NewRGBA(image.Rect(0, 0, 60000, 1))}); fault.Of(err) != fault.Memory {
		t.Errorf("%v", err)
	}
}
