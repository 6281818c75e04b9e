package program

import (
	"context"
	"errors"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"nirvana/app"
	"nirvana/engine"
)

// slow is a model whose one step takes ten seconds.
type slow struct{ app.Generator }

func (slow) Facts() engine.Facts {
	return engine.Facts{Name: "slow", Width: 8, Height: 8, Multiple: 8, Steps: 1, Text: true, Timesteps: 10}
}
func (slow) Close() error { return nil }
func (slow) Generate(context.Context, engine.Request) iter.Seq2[engine.Step, error] {
	return func(yield func(engine.Step, error) bool) {
		time.Sleep(10 * time.Second)
		yield(engine.Step{}, errors.New("no picture"))
	}
}

// Idle is told once after every run, and never during one.
func TestWhenIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		posted := make(chan func(), 1000)
		s, err := app.New(app.Options{Post: func(f func()) { posted <- f }, Models: []app.ModelInfo{{Name: "slow", Dir: "slow"}},
			Load: func(context.Context, app.ModelInfo) (app.Generator, error) { return slow{}, nil }})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		told := 0
		whenIdle(s, 2*time.Second, func() { told++ })
		work := func(d time.Duration) {
			for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
				synctest.Wait()
				for len(posted) > 0 {
					(<-posted)()
				}
			}
			synctest.Wait()
		}
		s.Open("slow")
		work(5 * time.Second)
		if told != 1 {
			t.Errorf("told %d times at the start", told)
		}
		s.Generate()
		work(9 * time.Second)
		if told != 1 || !s.Run().Active() {
			t.Errorf("told %d times while a run is under way", told)
		}
		work(10 * time.Second)
		if told != 2 {
			t.Errorf("told %d times after the run", told)
		}
	})
}
