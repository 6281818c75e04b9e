package worker

import (
	"fmt"
	"strings"

	"nirvana/app/journal"
	"nirvana/app/steps"
	"nirvana/app/trajectory"
	"nirvana/engine"
)

// "step/RUN/SEED/N" has a step of a run, "step/RUN/SEED/N.state" what the sampler needs to continue from it: of
// the newest step, and of those whose state is kept. "step/RUN/SEED/score" is a seed's place in its search. A step is handed
// over before it is shown, so a program that is killed finds every step that anybody saw.

const stateSuffix = ".state"

// stepPrefix is how the names of the records of a seed's steps begin.
func stepPrefix(run, seed int) string { return fmt.Sprintf("step/%d/%d/", run, seed) }

func stepRecord(run, seed, index int) string {
	return fmt.Sprintf("%s%05d", stepPrefix(run, seed), index)
}

// StepRecords is a step of one of a run's seeds. With its state that of the one before goes, unless that is kept.
func StepRecords(run, seed int, step engine.Step) (map[string][]byte, error) {
	packed, err := steps.Pack(step)
	if err != nil {
		return nil, err
	}
	name := stepRecord(run, seed, step.Index)
	records := map[string][]byte{name: packed}
	if step.State.Sampler.X == nil {
		return records, nil
	}
	if before := step.Index - 1; before > 0 && before%trajectory.Every != 0 {
		records[stepRecord(run, seed, before)+stateSuffix] = nil
	}
	records[name+stateSuffix], err = steps.PackState(step.State)
	return records, err
}

// RewoundRecords removes the steps of one of a run's seeds behind to, up to from.
func RewoundRecords(run, seed, to, from int) map[string][]byte {
	records := map[string][]byte{}
	for i := to + 1; i <= from; i++ {
		name := stepRecord(run, seed, i)
		records[name], records[name+stateSuffix] = nil, nil
	}
	return records
}

// restoreSteps finds the picture that was under way, and its steps as far as they are whole.
func (r *Run) restoreSteps(j *journal.Journal) {
	for i := r.Count - 1; i >= r.Index; i-- {
		if r.restoreSearch(j, i) {
			return
		}
		if saved := savedSteps(j, r.ID, seedNumber(r.Job, i, 0)); len(saved) > 0 {
			r.Index, r.Past = i, saved
			return
		}
	}
}

// savedSteps are a seed's steps up to the newest that has its state.
func savedSteps(j *journal.Journal, run, seed int) (saved []engine.Step) {
	prefix := stepPrefix(run, seed)
	names, _ := j.Names(prefix)
	last := 0
	for _, name := range names {
		if strings.HasSuffix(name, "state") || strings.HasSuffix(name, scoreSuffix) {
			continue
		}
		if s, ok := savedStep(j, name); ok {
			if saved = append(saved, s); s.State.Sampler.X != nil {
				last = len(saved)
			}
		}
	}
	if state, ok := savedState(j, prefix+"state"); ok && len(saved) > 0 { // of before there were states of several steps
		saved[len(saved)-1].State = state
		return saved
	}
	return saved[:last]
}

func savedStep(j *journal.Journal, name string) (engine.Step, bool) {
	data, err := j.Record(name)
	if err != nil || data == nil {
		return engine.Step{}, false
	}
	s, err := steps.Unpack(data)
	s.State, _ = savedState(j, name+stateSuffix)
	return s, err == nil
}

func savedState(j *journal.Journal, name string) (engine.State, bool) {
	data, err := j.Record(name)
	if err != nil || data == nil {
		return engine.State{}, false
	}
	s, err := steps.UnpackState(data)
	if err != nil {
		return engine.State{}, false
	}
	return s, true
}

// PastStep reads a step that was dropped, with its numbers.
func PastStep(j *journal.Journal, run, seed int, s engine.Step) (engine.Step, bool) {
	was, ok := savedStep(j, stepRecord(run, seed, s.Index))
	if !ok {
		return s, false
	}
	return s.Recalled(was), true
}
