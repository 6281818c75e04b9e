package program

import (
	"time"

	"nirvana/app"
)

// idleFor is how long the program is idle before it returns memory to the system.
const idleFor = 2 * time.Second

// whenIdle calls f, on a goroutine of its own, each time the studio has made nothing for a while. The window gives back
// then what Go's heap holds for the next run: left alone it holds twice what is in use after a day of pictures.
func whenIdle(s *app.Studio, after time.Duration, f func()) {
	timer := time.AfterFunc(after, f)
	s.Observe(func(c app.Change) {
		switch {
		case s.Run().Active():
			timer.Stop()
		case c&(app.ChangedRun|app.ChangedPicture) != 0:
			timer.Reset(after)
		}
	})
}
