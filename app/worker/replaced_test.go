package worker

import (
	"context"
	"iter"
	"testing"

	"nirvana/app/library"
	"nirvana/app/worker/workertest"
	"nirvana/engine"
	"nirvana/engine/fault"
)

// replaced is a model whose files were changed while it was open.
type replaced struct{ Generator }

func (replaced) Generate(context.Context, engine.Request) iter.Seq2[engine.Step, error] {
	return func(yield func(engine.Step, error) bool) {
		yield(engine.Step{}, fault.Replaced.Errorf("m.safetensors was changed while the model was open"))
	}
}

// A model whose files were changed is opened again for the run after the one that found it out.
func TestReplacedModelIsOpenedAnew(t *testing.T) {
	m, err := workertest.Tiny(0)
	if err != nil {
		t.Fatal(err)
	}
	models, opened := []Generator{replaced{m}, m}, 0
	events := make(chan Event)
	w := New(context.Background(), func(context.Context, library.Model) (Generator, error) {
		opened++
		return models[opened-1], nil
	}, func(e Event) { events <- e })
	for i, want := range []fault.Kind{fault.Replaced, "", ""} {
		r := fresh()
		r.Begin()
		w.Start(r.Order(nil, nil, nil))
		for over := false; !over; {
			switch e := (<-events).(type) {
			case Ended:
				if (e.Err == nil) != (want == "") || e.Err != nil && fault.Of(e.Err) != want {
					t.Errorf("run %d: %v", i, e.Err)
				}
			case Free:
				w.Rest()
				over = true
			}
		}
	}
	if opened != 2 {
		t.Errorf("opened %d times", opened)
	}
}
