package ui

import (
	"math"
	"testing"

	"nirvana/app"
)

// [ and ] change the brush's size, with Shift its softness, within their ranges.
func TestChangeBrush(t *testing.T) {
	for _, c := range []struct {
		up, soft             bool
		size, tender         float32
		wantSize, wantTender float32
	}{
		{true, false, 40, 0.3, 47.2, 0.3},
		{true, false, 2, 0.3, 3, 0.3},
		{false, false, 40, 0.3, 34, 0.3},
		{true, true, 40, 0.3, 40, 0.4},
		{true, true, 40, 0.95, 40, 1},
		{false, true, 40, 0.3, 40, 0.2},
		{false, true, 40, 0.05, 40, 0},
	} {
		s := app.Settings{BrushSize: c.size, BrushSoftness: c.tender}
		changeBrush(&s, c.up, c.soft)
		off := func(a, b float32) bool { return math.Abs(float64(a-b)) > 1e-4 }
		if off(s.BrushSize, c.wantSize) || off(s.BrushSoftness, c.wantTender) {
			t.Errorf("%+v: size %v, softness %v", c, s.BrushSize, s.BrushSoftness)
		}
	}
}
