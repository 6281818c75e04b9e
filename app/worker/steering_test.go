package worker

import (
	"context"
	"image"
	"slices"
	"testing"
	"time"

	"nirvana/app/job"
	"nirvana/app/library"
	"nirvana/app/recipe"
	"nirvana/app/trajectory"
	"nirvana/app/worker/workertest"
	"nirvana/engine"
)

// carried carries a run out on this goroutine and hands its steps to the owner, who may say something at each.
func carried(t *testing.T, r *Run, say func(step engine.Step)) recipe.Recipe {
	t.Helper()
	return carriedTo(t, r, nil, say)
}

// carriedTo also keeps the run's steps.
func carriedTo(t *testing.T, r *Run, paths Paths, say func(step engine.Step)) recipe.Recipe {
	t.Helper()
	return results(t, r, paths, say).Result.Job.Recipe
}

func results(t *testing.T, r *Run, paths Paths, say func(step engine.Step)) Made {
	t.Helper()
	m, err := workertest.Tiny(0)
	if err != nil {
		t.Fatal(err)
	}
	var made Made
	events := make(chan Event)
	w := New(context.Background(), func(context.Context, library.Model) (Generator, error) { return m, nil }, func(e Event) { events <- e })
	r.Begin()
	w.Start(r.Order(nil, nil, paths))
	for e := range events {
		switch e := e.(type) {
		case Stepped:
			r.Arrived(e, time.Now())
			if say != nil {
				say(e.Step)
			}
		case Made:
			made = e
		case Ended:
			if e.Err != nil {
				t.Fatal(e.Err)
			}
			r.End(e.Stopped, e.Unfinished, e.Err)
		case Free:
			w.Rest()
			return made
		}
	}
	return made
}

var square = image.Rect(0, 0, 8, 8)

func fresh() *Run {
	r := &Run{ID: 1, Count: 1, Seed: 7, Prompt: "x"}
	r.Job = job.Job{Frame: square, Model: library.Model{Dir: "tiny", Name: "tiny"}}
	r.Job.Request = engine.Request{Seed: 7, Steps: 12, Sampler: "Euler a", Guidance: 3, ClassLabels: []int{1}}
	r.Frame = square
	return r
}

// TestSteeredPausedBranched pauses a run, goes a step, steers it, and branches from every one of its steps: a branch is
// the run that had the same changes from the start, to the bit.
func TestSteeredPausedBranched(t *testing.T) {
	r := fresh()
	guidance := float32(6)
	steps := 0
	made := carried(t, r, func(s engine.Step) {
		steps++
		switch s.Index {
		case 2:
			r.Tell(Word{Pace: Once})
			if !r.Held {
				t.Error("it is not held")
			}
			r.Tell(Word{Change: engine.Change{Guidance: &guidance}})
			r.Tell(Word{Pace: GoOn})
		case 12:
			if r.Tell(Word{}); r.Held {
				t.Error("it is held still")
			}
		}
	})
	if len(r.Steps) != 13 || len(made.Changes) != 1 || *made.Changes[0].Guidance != 6 {
		t.Fatalf("%d steps, changed by %+v", len(r.Steps), made.Changes)
	}
	if marks := r.Marks(); len(marks) != 1 || marks[0].What != "Guidance" || marks[0].Was != "3" || marks[0].Is != "6" || marks[0].Step != made.Changes[0].At {
		t.Errorf("marks %+v", marks)
	}
	again := fresh()
	again.Job.Request.Changes = r.Changed(12)
	if got := carried(t, again, nil); !slices.Equal(got.Hashes, made.Hashes) {
		t.Error("made again of its changes it is another")
	}
	to := float32(1.5)
	for i := range r.Steps {
		read, now := r.Reader(i)
		branch := r.Branch(i, read(), engine.Change{Guidance: &to})
		if !now || i >= trajectory.Every && len(branch.Past) == 0 {
			t.Errorf("the branch at %d begins from noise", i)
		}
		straight := fresh()
		straight.Job.Request.Changes = branch.Job.Request.Changes
		got, want := carried(t, branch, nil), carried(t, straight, nil)
		if at, ok := recipe.Compare(got.Hashes, want.Hashes); !ok || at >= 0 {
			t.Errorf("branched at step %d it differs from step %d", i, at)
		}
		if !recipe.Same(got, want) {
			t.Errorf("branched at step %d the recipe is another:\n%+v\n%+v", i, got.Changes, want.Changes)
		}
	}
}

func TestDifference(t *testing.T) {
	was := engine.Request{Prompt: "a", Guidance: 3}
	five := float32(5)
	told := []engine.Change{{At: 2, Guidance: &five}}
	if d := Difference(was, told, engine.Request{Prompt: "a", Guidance: 5}); !d.Empty() {
		t.Errorf("what was told already differs: %+v", d)
	}
	d := Difference(was, told, engine.Request{Prompt: "b", Guidance: 3})
	if d.Prompt == nil || *d.Prompt != "b" || d.Guidance == nil || *d.Guidance != 3 || d.Eta != nil {
		t.Errorf("%+v", d)
	}
}

// The ControlNets' weights that differ are told by their places in the run, those that are gone are switched off; a sampler
// is another for a branch alone.
func TestDifferenceOfControlsAndSampler(t *testing.T) {
	was := engine.Request{Sampler: "DDIM", Control: []engine.Control{{Net: 1, Scale: 0.5}, {Net: 0}, {Net: 1}}}
	now := engine.Request{Sampler: "Euler", Control: []engine.Control{{Net: 1, Scale: 0.5}, {Net: 1, Scale: 0.75}}}
	told := []engine.Change{{At: 3, Control: []engine.ControlWeight{{Net: 0, Weight: 2}}}}
	want := []engine.ControlWeight{{Net: 0, Weight: 0.5}, {Net: 1, Weight: 0}, {Net: 2, Weight: 0.75}}
	if d := Difference(was, told, now); !slices.Equal(d.Control, want) || d.Sampler != nil {
		t.Errorf("%+v", d)
	}
	if d := Departure(was, nil, now); d.Sampler == nil || *d.Sampler != "Euler" || !slices.Equal(d.Control, want[1:]) {
		t.Errorf("a branch: %+v", d)
	}
	if d := Departure(was, append(told, Departure(was, told, now)), now); !d.Empty() {
		t.Errorf("what was told already differs: %+v", d)
	}
}

// A mask is told where the run keeps a picture outside of it, and of a branch also where it does not; how firmly the rest
// is kept is told with a mask. The marks say how much was covered before and is now.
func TestDifferenceOfMasks(t *testing.T) {
	half, full := image.NewGray(square), image.NewGray(square)
	for i := range full.Pix {
		full.Pix[i] = 255
		if i%8 < 4 {
			half.Pix[i] = 255
		}
	}
	loose := float32(0.25)
	now := engine.Request{Mask: half, Changes: []engine.Change{{Keep: &loose}}}
	from := engine.Request{Init: image.NewRGBA(square), Mask: full}
	d := Difference(from, nil, now)
	if d.Mask != half || d.Keep == nil || *d.Keep != 0.25 {
		t.Errorf("of a masked run: %+v", d)
	}
	d.At = 2
	if d := Difference(from, []engine.Change{d}, now); !d.Empty() {
		t.Errorf("what was told already differs: %+v", d)
	}
	r := &Run{Job: job.Job{Request: from}, Steps: []engine.Step{{}, {Index: 3, Changes: []engine.Change{d}}}}
	if m := r.Marks(); len(m) != 2 || m[0] != (Mark{2, "Mask", "100 %", "50 %"}) || m[1] != (Mark{2, "Keep outside", "1", "0.25"}) {
		t.Errorf("marks %+v", m)
	}
	if d := Difference(engine.Request{}, nil, now); !d.Empty() {
		t.Errorf("of a run from noise: %+v", d)
	}
	if d := Departure(engine.Request{}, nil, now); d.Mask != half || d.Keep == nil {
		t.Errorf("of a branch of one: %+v", d)
	}
	if d := Difference(engine.Request{Init: from.Init}, nil, engine.Request{Changes: now.Changes}); !d.Empty() {
		t.Errorf("nothing is kept, and it is told how firmly: %+v", d)
	}
}

// Every number that may change during a run is marked with its old and new value.
func TestMarksOfNumbers(t *testing.T) {
	five, half := float32(5), float32(0.5)
	q := engine.Request{Guidance: 3, Control: []engine.Control{{Net: 0, Scale: 0.75}}}
	for _, want := range []struct {
		c engine.Change
		m Mark
	}{
		{engine.Change{Guidance: &five}, Mark{1, "Guidance", "3", "5"}},
		{engine.Change{Interval: []float32{0.25, 0.75}}, Mark{1, "Interval", "0\u20131", "0.25\u20130.75"}},
		{engine.Change{EtaAncestral: &half}, Mark{1, "Ancestral eta", "1", "0.5"}},
		{engine.Change{Control: []engine.ControlWeight{{Net: 0, Weight: 0.5}}}, Mark{1, "ControlNet", "1: 0.75", "1: 0.5"}},
	} {
		want.c.At = 1
		r := &Run{Job: job.Job{Request: q}, Steps: []engine.Step{{}, {Index: 2, Changes: []engine.Change{want.c}}}}
		if m := r.Marks(); len(m) != 1 || m[0] != want.m {
			t.Errorf("%+v, want %+v", m, want.m)
		}
	}
}

// What continues a run names the recipe with which that began: another model or library is told by it.
func TestContinuedNamesItsBeginning(t *testing.T) {
	r := fresh()
	r.Job.Recipe.Runtime = "an earlier library"
	if made := results(t, r, nil, nil); made.Began != nil {
		t.Error("a run of one go continues another")
	}
	read, _ := r.Reader(7)
	guidance := float32(2)
	if made := results(t, r.Branch(7, read(), engine.Change{Guidance: &guidance}), nil, nil); made.Began == nil || made.Began.Runtime != "an earlier library" {
		t.Errorf("a branch begins with %+v", made.Began)
	}
}

// TestStoppedWhileHeld ends a run that waits for its owner.
func TestStoppedWhileHeld(t *testing.T) {
	words := make(chan Word, 1)
	words <- Word{Pace: Hold}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		_, err := listen(words, nil, nil, false)(ctx, 3)
		done <- err
	}()
	cancel()
	if err := <-done; err == nil {
		t.Error("it goes on though it was stopped")
	}
}
