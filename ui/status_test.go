package ui

import (
	"math"
	"testing"
	"time"

	"nirvana/app"
)

// The time left neither jumps nor grows: estimates that swing move it slowly, it stands where they say more than before, and
// it comes to nothing when the run does.
func TestTimeLeftDoesNotJump(t *testing.T) {
	for name, swing := range map[string]func(i int) float64{
		"as after each step anew":   func(i int) float64 { return 25 * math.Sin(float64(i)) },
		"a machine that gets slow":  func(i int) float64 { return max(float64(i-200), 0) / 10 },
		"an adaptive sampler's":     func(i int) float64 { return float64(i % 50) },
		"a part that was forgotten": func(i int) float64 { return map[bool]float64{true: 20}[i > 300] },
	} {
		var m remaining
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		before := m.of(1, 60*time.Second, now)
		for i := 1; i < 600; i++ {
			now = now.Add(100 * time.Millisecond)
			left := 60 - 0.1*float64(i)
			got := m.of(1, time.Duration(max(left+swing(i), 0)*float64(time.Second)), now)
			if fell := (before - got).Seconds(); fell > 1.5 || fell < 0 {
				t.Fatalf("%s: after %d tenths it goes from %v to %v", name, i, before, got)
			}
			if least := left - 25; got.Seconds() < least-0.1 {
				t.Fatalf("%s: after %d tenths %v are told, %.1f s are left", name, i, got, left)
			}
			before = got
		}
		if got := m.of(2, 30*time.Second, now); got != 30*time.Second {
			t.Errorf("another run begins at %v", got)
		}
	}
}

// What only tells goes soon, what offers something later, and an error that offers something stays.
func TestNoticesGoByThemselves(t *testing.T) {
	w := window(t, Options{})
	for _, c := range []struct {
		headline, advice, detail, action string
		want                             time.Duration
	}{{"Saved", "", "", "", successTime}, {"Replaced", "", "", "Undo", offerTime}, {"Cut", "Read this", "", "", offerTime}, {"Broken", "Do that", "error", "", errorTime}, {"Unsaved", "", "error", "Close and lose them", 0}} {
		w.studio.Dismiss()
		n := notice(c.headline, c.advice, c.detail, c.action)
		if got := lasting(n); got != c.want {
			t.Errorf("%q stays %v, want %v", c.headline, got, c.want)
		}
		w.studio.Tell(n)
		w.strip.expire(n)
		if w.studio.Notice != nil {
			t.Errorf("%q does not go", c.headline)
		}
		other := notice("Other", "", "", "")
		w.studio.Tell(other)
		w.strip.expire(n)
		if w.studio.Notice != other {
			t.Errorf("%q takes another with it", c.headline)
		}
	}
}

// What a stop leaves is told while it is decoded, and where it is then, for one picture and for a search's.
func TestStoppedIsTold(t *testing.T) {
	w := window(t, Options{})
	s := newStatus(w)
	for _, c := range []struct {
		bestOf        int
		unmade, there bool
		want          string
	}{
		{0, true, false, "Stopped. The unfinished picture is being decoded ..."},
		{8, true, false, "Stopped. The unfinished pictures are being decoded ..."},
		{8, true, true, "Stopped. The unfinished pictures are being decoded ..."},
		{1, false, true, "Stopped. The unfinished picture is in the tray."},
		{8, false, true, "Stopped. The unfinished pictures are in the tray."},
		{8, false, false, "Stopped"},
	} {
		r := &app.Run{Unmade: c.unmade}
		r.ID, r.Job.BestOf = 7, c.bestOf
		w.studio.Tray.Candidates = nil
		if c.there {
			w.studio.Tray.Candidates = []*app.Candidate{{Run: 7}}
		}
		if got := s.stopped(r); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
	w.studio.Tray.Candidates = nil
}
