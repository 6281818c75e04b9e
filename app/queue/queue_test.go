package queue

import (
	"context"
	"image"
	"testing"

	"nirvana/app/notice"
	"nirvana/app/recipe"
	"nirvana/app/worker"
	"nirvana/engine"
	"nirvana/engine/sample"
)

// table is a queue with what its hooks were told.
type table struct {
	*Runs
	changed, advanced, prepared int
}

func english(text string) string { return text }

func lay() *table {
	t := &table{}
	t.Runs = New(notice.NewStrip(english, func() {}), Hooks{Changed: func() { t.changed++ }, Document: func() int { return 3 }, Adopt: func(*worker.Run) {},
		Prepare: func(*worker.Run) { t.prepared++ }, Advance: func() { t.advanced++ }})
	return t
}

// Runs begin in their order, which can be changed, and those that wait can be taken out.
func TestOrder(t *testing.T) {
	q := lay()
	var runs []*worker.Run
	for range 4 {
		runs = append(runs, &worker.Run{Count: 1})
		q.Submit(runs[len(runs)-1])
	}
	if runs[0].Document != 3 || runs[3].ID != 4 || q.prepared != 4 || q.advanced != 4 {
		t.Fatalf("%+v", q)
	}
	q.Reorder(runs[3], 0)
	q.Cancel(runs[1])
	q.Reorder(&worker.Run{}, 0) // of none that waits
	for i, want := range []*worker.Run{runs[3], runs[0], runs[2], nil} {
		if got := q.Next(); got != want {
			t.Fatalf("%d: another run begins", i)
		}
	}
	if q.Run() != runs[2] || q.Under() != runs[2] {
		t.Error("the last that began is not the run")
	}
}

// Stop ends what is under way once, takes back what was asked for first, and Cancel of the run is that.
func TestStop(t *testing.T) {
	q := lay()
	q.Stop()
	q.Ask()
	q.Ask()
	if q.Stop(); q.Asked != 0 || q.Answered() != 0 {
		t.Error("what was asked for stays")
	}
	q.Submit(&worker.Run{Count: 1})
	r, stopped := q.Next(), 0
	ctx, cancel := context.WithCancel(context.Background())
	r.Cancel = func() { stopped++; cancel() }
	q.Cancel(r)
	q.Stop()
	if stopped != 1 || !r.Stopping || ctx.Err() == nil {
		t.Errorf("stopped %d times", stopped)
	}
	q.Drop()
	if q.Run() != r {
		t.Error("a run that is under way is dropped")
	}
	r.End(true, nil, nil)
	if q.Drop(); q.Run() != nil {
		t.Error("a run of another document stays")
	}
}

// What was cut off is offered and comes first; what ended the program twice is told once; Forget drops all of it.
func TestResume(t *testing.T) {
	q := lay()
	q.Offer(english)
	if q.Resume(); q.CanResume() || q.Offering() || q.strip.Notice != nil {
		t.Fatal("there is something to resume")
	}
	cut, more, ends := &worker.Run{Prompt: "a  heart", Past: []engine.Step{{Index: 2, Of: 9}}}, &worker.Run{}, &worker.Run{Tried: mostTries}
	q.Submit(&worker.Run{})
	q.Interrupted, q.Suspects = []*worker.Run{cut, more}, []*worker.Run{ends}
	q.Offer(english)
	if n := q.strip.Notice; n == nil || n.Headline != "A run was interrupted at step 2 of 9" || n.Advice != `"a heart". It continues from there and becomes the same picture. Also waiting: 1.` {
		t.Fatalf("%+v", n)
	}
	q.strip.Notice.Do()
	if q.Queue[0] != cut || q.Queue[1] != more || len(q.Interrupted) != 0 || q.Offering() || q.strip.Notice != nil {
		t.Error("what was cut off does not come first")
	}
	q.Offer(english)
	if n := q.strip.Notice; n == nil || n.Headline != "A run that crashed the program was set aside" || ends.Tried != mostTries+1 {
		t.Fatalf("%+v", n)
	}
	if q.Forget(); q.CanResume() || q.strip.Notice != nil {
		t.Error("what was set aside is not forgotten")
	}
	if q.Offer(english); q.strip.Notice != nil {
		t.Error("it is told again")
	}
}

// Where the canvas moves, so do the places where runs land.
func TestShift(t *testing.T) {
	q := lay()
	q.Submit(&worker.Run{Frame: image.Rect(0, 0, 8, 8)})
	q.Submit(&worker.Run{Frame: image.Rect(8, 8, 16, 16)})
	q.Next()
	q.Shift(image.Pt(5, -3))
	if q.Run().Frame != image.Rect(5, -3, 13, 5) || q.Queue[0].Frame != image.Rect(13, 5, 21, 13) {
		t.Errorf("%v, %v", q.Run().Frame, q.Queue[0].Frame)
	}
}

// A run whose unfinished picture is not there yet is found by its ID, moves with the canvas, and is written down as one that can be
// resumed, until it is settled; it may go on and be stopped again meanwhile.
func TestUnmade(t *testing.T) {
	q := lay()
	q.Submit(&worker.Run{Count: 1, Frame: image.Rect(0, 0, 8, 8)})
	q.Submit(&worker.Run{Count: 1, Frame: image.Rect(0, 0, 8, 8)})
	steps := []engine.Step{{Index: 2, Of: 9, State: engine.State{Sampler: sample.State{X: []float32{1}}}}}
	first := q.Next()
	first.Steps = steps
	unfinished := worker.Ended{Run: 1, Stopped: true, Unfinished: &recipe.Recipe{Hashes: []string{"a"}}}
	q.End(unfinished)
	if !first.Unmade || first.Key == "" || !first.Coming() || first.Active() {
		t.Fatalf("%+v", first)
	}
	q.GoOn()
	if q.Next() != first {
		t.Fatal("it does not go on")
	}
	q.End(unfinished)
	second := q.Next()
	if q.Of(1) != first || q.Of(2) != second || q.Under() != second || len(first.Steps) == 0 {
		t.Fatal("results would go to another run, or its steps are gone")
	}
	if q.Shift(image.Pt(5, 0)); first.Frame.Min.X != 5 || second.Frame.Min.X != 5 {
		t.Errorf("moved to %v and %v", first.Frame, second.Frame)
	}
	if q.Arrive(1); !first.Unmade || q.Of(1) != first {
		t.Error("one of two is there")
	}
	if q.Arrive(1); first.Unmade || first.Steps != nil || q.Of(1) != second {
		t.Error("it is not let go")
	}
	q.End(worker.Ended{Run: 2, Stopped: true})
	if second.Unmade || second.Coming() {
		t.Error("there is nothing of it to come")
	}
}
