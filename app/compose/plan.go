package compose

import (
	"fmt"
	"time"

	"nirvana/app/task"
)

// Plan says in one line what the run will do: "Inpaint the mask, best of 8, 18 of 25 steps". say translates.
func (s Scene) Plan(say func(string) string) string {
	all, run := s.Steps()
	steps := fmt.Sprintf(say("%d steps"), all)
	if all == 1 {
		steps = say("1 step")
	}
	if run < all {
		steps = fmt.Sprintf(say("%d of %d steps"), run, all)
	}
	n, seeds := s.Settings.Count, s.bestOf()
	if seeds > 1 {
		steps = fmt.Sprintf(say("best of %d, %s"), seeds, steps)
	}
	switch {
	case n > 1 && seeds > 1: // shorter, so that it takes one line
		return fmt.Sprintf(say("%s, %d x %s"), s.what(say), n, steps)
	case n > 1:
		return fmt.Sprintf(say("%s, %d times %s"), s.what(say), n, steps)
	}
	return s.what(say) + ", " + steps
}

func (s Scene) what(say func(string) string) string {
	f := s.Facts
	switch {
	case s.Mode == task.ImageToImage:
		return say("Repaint the picture")
	case s.Mode == task.Outpaint:
		return say("Extend the picture")
	case s.closeUp():
		return say("Inpaint a close-up of the mask")
	case s.Mode == task.Inpaint:
		return say("Inpaint the mask")
	case f.Name == "" || f.Text:
		return say("Paint from the prompt")
	case len(f.Classes) > 0:
		return fmt.Sprintf(say("Paint the class %s"), f.Classes[min(s.Settings.Class, len(f.Classes)-1)])
	}
	return say("Paint from noise")
}

// Estimate is about how long the run will take, by the pace of the model's last run; 0 if unknown.
func (s Scene) Estimate() time.Duration {
	pace := s.Settings.PaceOf(s.Model.Name, s.Device)
	w, h := s.Settings.Width, s.Settings.Height
	if s.closeUp() {
		w, h = s.Size(s.Region())
	}
	_, run := s.Steps()
	seconds := pace * float64(w) * float64(h) * float64(run) * float64(max(s.Settings.Count, 1))
	return time.Duration(seconds * float64(time.Second))
}
