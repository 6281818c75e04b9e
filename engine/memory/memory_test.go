package memory

import (
	"errors"
	"image"
	"math"
	"runtime/debug"
	"strings"
	"testing"

	"nirvana/engine/fault"
)

// limited gives the program so many bytes more than it has, by Go's own limit.
func limited(t *testing.T, more int64) {
	t.Helper()
	debug.FreeOSMemory()
	was := debug.SetMemoryLimit(read().used + more)
	t.Cleanup(func() { debug.SetMemoryLimit(was) })
}

func TestAsk(t *testing.T) {
	if err := Ask("a tile", 1<<18); err != nil {
		t.Error(err)
	}
	limited(t, 100<<20)
	for _, want := range []int64{300 << 20, 60 << 20, math.MaxInt64, math.MaxInt64 - 5} { // 60 MB would leave less than as much
		err := Ask("a layer", want)
		var s *Short
		if fault.Of(err) != fault.Memory || !errors.As(err, &s) || s.Want != want || s.Free < 0 || s.Free >= want {
			t.Errorf("%d bytes: %v", want, err)
		}
	}
	for _, want := range []int64{0, -3, 20 << 20} {
		if err := Ask("a layer", want); err != nil {
			t.Errorf("%d bytes: %v", want, err)
		}
	}
}

// What was dropped is free again: it is collected before anything is refused.
func TestAskCollects(t *testing.T) {
	limited(t, 200<<20)
	held := make([]byte, 150<<20)
	for i := 0; i < len(held); i += 4096 {
		held[i] = 1
	}
	if err := Ask("a picture", 90<<20); err == nil {
		t.Error("90 MB are free beside 150 of 200")
	}
	if held[4096] != 1 {
		t.Error("it was not held")
	}
	held = nil
	if err := Ask("a picture", 90<<20); err != nil {
		t.Error(err)
	}
}

func TestPixels(t *testing.T) {
	limited(t, 100<<20)
	err := Pixels("a layer", image.Pt(30000, 20000), 4)
	if err == nil || !strings.Contains(err.Error(), "a layer of 30000 x 20000 px") || !strings.Contains(err.Error(), "needs 2400 MB where 1") || strings.Contains(err.Error(), "\n") {
		t.Error(err)
	}
	if err := Pixels("a layer", image.Pt(math.MaxInt, math.MaxInt), 4); err == nil {
		t.Error("a size that overflows fits")
	}
	for _, size := range []image.Point{{}, {-4, 7}, {256, 256}} {
		if err := Pixels("a layer", size, 4); err != nil {
			t.Errorf("%v: %v", size, err)
		}
	}
}
