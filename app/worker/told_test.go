package worker

import (
	"testing"

	"nirvana/engine"
)

// Steps are told as the settings count them: a sampler that asks the network twice a step ends at the last of them and
// never goes backwards.
func TestStepsAreToldAsSet(t *testing.T) {
	for _, c := range []struct{ set, of int }{{6, 6}, {6, 11}, {25, 49}, {1, 1}, {1, 2}, {4, 3}} {
		r := &Run{}
		r.Job.Request.Steps = c.set
		last := 0
		for i := 0; i <= c.of; i++ {
			at, of := r.Told(engine.Step{Index: i, Of: c.of})
			if of != min(c.set, c.of) || at < last || at > of {
				t.Errorf("%d set, evaluation %d of %d: told %d of %d", c.set, i, c.of, at, of)
			}
			last = at
		}
		if last != min(c.set, c.of) {
			t.Errorf("%d set: it ends at %d", c.set, last)
		}
	}
}
