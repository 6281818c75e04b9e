package ui

import (
	"testing"
	"time"
)

// A slow stroke is as wide as the brush, a fast one thins to a fifth, the same at any zoom and however often the pen reports.
func TestThinWhenFast(t *testing.T) {
	run := func(speed, zoom float64, every time.Duration) (share float32) {
		var p pace
		now := time.Unix(0, 0)
		for since := time.Duration(0); since <= 600*time.Millisecond; since += every {
			share = p.to(float32(speed/zoom*since.Seconds()), 0, zoom, now.Add(since))
		}
		return share
	}
	for _, zoom := range []float64{0.25, 1, 4} {
		for _, every := range []time.Duration{4 * time.Millisecond, 16 * time.Millisecond} {
			if s := run(200, zoom, every); s != 0 {
				t.Errorf("zoom %g: a slow stroke is %g thinner", zoom, s)
			}
			if s := run(4000, zoom, every); s < 0.79 || s > 0.8 {
				t.Errorf("zoom %g: a fast stroke is %g thinner", zoom, s)
			}
			if s := run(1375, zoom, every); s < 0.38 || s > 0.42 {
				t.Errorf("zoom %g: one in between is %g thinner", zoom, s)
			}
		}
	}
	var p pace
	now := time.Unix(0, 0)
	if p.to(0, 0, 1, now) != 0 || p.to(500, 0, 1, now) != 0 { // two events of one moment have no speed
		t.Error("a stroke begins thin")
	}
}
