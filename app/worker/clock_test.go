package worker

import (
	"testing"
	"time"

	"nirvana/engine"
)

// progressed is a run whose events come every second.
type progressed struct {
	run *Run
	now time.Time
}

func (p *progressed) after(d time.Duration) { p.now = p.now.Add(d) }

func (p *progressed) step(picture, index, of int, share float64) {
	p.run.Arrived(Stepped{Run: 1, Picture: picture, Step: engine.Step{Index: index, Of: of, Share: share}}, p.now)
}

func progressing(count int) *progressed {
	r := &Run{ID: 1, Count: count}
	r.Begin()
	return &progressed{r, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
}

// How far a run is never falls: neither where an adaptive sampler guesses again how many evaluations there are, nor where a
// large picture is read and written between its stages, nor from one picture of a run to the next.
func TestProgressNeverFalls(t *testing.T) {
	events := map[string]func(p *progressed) func(i int){
		"adaptive": func(p *progressed) func(i int) {
			of := []int{20, 20, 40, 30, 60, 50, 33, 80}
			return func(i int) {
				if i < len(of) {
					p.step(0, i, of[i], 0)
				}
			}
		},
		"parts": func(p *progressed) func(i int) {
			all := []func(){
				func() { p.step(0, 0, 4, 0.001) },
				func() { p.run.Reported(Reported{1, engine.Denoising, 0.2}, p.now) },
				func() { p.run.Reported(Reported{1, engine.Encoding, 0.9}, p.now) },
				func() { p.run.Reported(Reported{1, engine.Denoising, 0.1}, p.now) },
				func() { p.step(0, 1, 4, 0.15) },
				func() { p.step(0, 2, 4, 0.5) },
				func() { p.run.Reported(Reported{1, engine.Decoding, 0.3}, p.now) },
				func() { p.step(1, 0, 4, 0) },
				func() { p.run.Reported(Reported{1, engine.Encoding, 0.1}, p.now) },
				func() { p.step(1, 4, 4, 1) },
			}
			return func(i int) {
				if i < len(all) {
					all[i]()
				}
			}
		},
	}
	for name, begin := range events {
		p := progressing(2)
		event, before := begin(p), 0.0
		for i := range 12 {
			event(i)
			if got := p.run.Progress(); got < before || got > 1 {
				t.Errorf("%s: after event %d %g are done, and %g before", name, i, got, before)
			}
			before = p.run.Progress()
			p.after(time.Second)
		}
	}
}

// The time left is by the whole run: it is known in the second picture's first step too, does not grow while a picture is
// read or written, and does not count the time that the run was held.
func TestTimeLeft(t *testing.T) {
	p := progressing(2)
	for i := range 5 {
		p.step(0, i, 4, float64(i)/4)
		p.after(time.Second)
	}
	p.step(1, 0, 4, 0)
	if got := p.run.Left(); got != 4*time.Second {
		t.Errorf("%v left when half is done after 4 s", got)
	}
	for range 5 {
		p.after(time.Second)
		p.run.Reported(Reported{1, engine.Encoding, 0.5}, p.now)
		if got := p.run.Left(); got != 4*time.Second {
			t.Errorf("%v left while a picture is read", got)
		}
	}
}

func TestTimeHeldDoesNotCount(t *testing.T) {
	p := progressing(1)
	for i := range 3 {
		p.step(0, i, 10, float64(i)/10)
		p.after(time.Second)
	}
	p.run.Tell(Word{Pace: Hold})
	p.after(time.Hour)
	p.run.Tell(Word{Pace: GoOn})
	p.step(0, 3, 10, 0.3)
	if got := p.run.Left(); got.Round(time.Millisecond) != 7*time.Second || p.run.PerStep != time.Second {
		t.Errorf("%v left and %v a step after an hour's pause", got, p.run.PerStep)
	}
}
