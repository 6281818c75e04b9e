package keep

import (
	"nirvana/app/job"
	"nirvana/app/worker"
	"nirvana/engine"
)

// Began commits a run that begins, so that its steps belong to it.
func (k *Keeper) Began(run worker.Saved, j job.Job) {
	to := k.Writable()
	if to == nil {
		return
	}
	if records, err := run.Records(j, to.Blobs); err == nil { // else the next flush finds the same fault and reports it
		to.Commit(records)
	}
}

// Stepped writes a step to the journal.
func (k *Keeper) Stepped(run, seed int, step engine.Step) {
	k.step(func() (map[string][]byte, error) { return worker.StepRecords(run, seed, step) })
}

// Searched writes a step of a search to the journal.
func (k *Keeper) Searched(run, seed int, step engine.SearchStep) {
	k.step(func() (map[string][]byte, error) { return worker.SearchRecords(run, seed, step) })
}

func (k *Keeper) step(records func() (map[string][]byte, error)) {
	to := k.Writable()
	if to == nil {
		return
	}
	of, err := records()
	if err == nil {
		err = to.Commit(of)
	}
	if err != nil {
		k.lostStep.Store(true) // the next flush finds the same fault, reports it, and writes all steps
	}
}

// Rewound removes steps from the journal that do not count any more.
func (k *Keeper) Rewound(run, seed, to, from int) {
	if j := k.Writable(); j != nil {
		if err := j.Commit(worker.RewoundRecords(run, seed, to, from)); err != nil {
			k.lostStep.Store(true)
		}
	}
}

// Past reads a step back, with its state if that is stored.
func (k *Keeper) Past(run, seed int, step engine.Step) (engine.Step, bool) {
	if from := k.Current(); from != nil {
		return worker.PastStep(from, run, seed, step)
	}
	return step, false
}
