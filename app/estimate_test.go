package app

import (
	"testing"
	"time"
)

// The estimate follows from how long the last run's steps took: twice as many steps or pixels take twice as long.
func TestEstimate(t *testing.T) {
	studio(t, func(b *bench) {
		if b.Scene().Estimate() != 0 {
			t.Error("before the first run there is an estimate")
		}
		b.Open("A")
		b.settle()
		b.Set(func(s *Settings) { s.Prompt, s.Steps, s.Width, s.Height = "estimate", 6, 64, 64 })
		b.Generate()
		b.after(time.Minute)
		one := b.Scene().Estimate()
		if one <= 0 {
			t.Fatalf("after a run of six steps the estimate is %v", one)
		}
		if b.Set(func(s *Settings) { s.Steps, s.Width, s.Count = 12, 128, 2 }); stepsOf(b) != 12 || b.Settings.Width != 128 {
			t.Fatalf("%d steps, %d px wide", stepsOf(b), b.Settings.Width)
		}
		if got := b.Scene().Estimate(); got < 8*one*99/100 || got > 8*one*101/100 {
			t.Errorf("eight times the work is estimated at %v, it was %v", got, one)
		}
	})
}

// stepsOf is how many steps the next run has.
func stepsOf(b *bench) int {
	_, run := b.Scene().Steps()
	return run
}
