package worker

import "time"

// clock estimates a run's progress and remaining time. Neither runs backwards, although an adaptive sampler estimates
// its number of steps again after every step, and reading and writing take time without steps.
type clock struct {
	done    float64   // share of the whole run
	heard   time.Time // when that last increased
	began   time.Time // of the run's first step
	from    float64   // and the share that was done then
	waited  bool      // the run was paused since the last event
	picture time.Time // when the picture under way began
	first   int       // and its first step's index
}

// begin notes the first step of a run, of which the share is done.
func (c *clock) begin(share float64, now time.Time) {
	*c = clock{done: share, heard: now, began: now, from: share}
}

// paint notes the first step of a picture.
func (c *clock) paint(index int, now time.Time) { c.picture, c.first = now, index }

// hear notes the share that is done. Time during a pause does not count, except for a step's.
func (c *clock) hear(share float64, perStep time.Duration, now time.Time) {
	if c.waited {
		held := max(now.Sub(c.heard)-perStep, 0)
		c.began, c.picture, c.waited = c.began.Add(held), c.picture.Add(held), false
	}
	if share > c.done {
		c.done, c.heard = share, now
	}
}

// perStep is the mean time of a picture's steps, up to the one of the index; ok is false before the second.
func (c *clock) perStep(index int, now time.Time) (mean time.Duration, ok bool) {
	n := index - c.first
	if n <= 0 {
		return 0, false
	}
	return max(now.Sub(c.picture)/time.Duration(n), 0), true // a clock may be set back
}

// left is the estimated remaining time; 0 if unknown.
func (c *clock) left() time.Duration {
	if c.done <= c.from {
		return 0
	}
	return max(time.Duration(float64(c.heard.Sub(c.began))*(1-c.done)/(c.done-c.from)), 0)
}
