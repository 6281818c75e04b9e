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
func (k *Keeper) Stepped(run, picture int, step engine.Step) {
	to := k.Writable()
	if to == nil {
		return
	}
	records, err := worker.StepRecords(run, picture, step)
	if err == nil {
		err = to.Commit(records)
	}
	if err != nil {
		k.lostStep.Store(true) // the next flush finds the same fault, reports it, and writes all steps
	}
}

// Rewound removes steps from the journal that do not count any more.
func (k *Keeper) Rewound(run, picture, to, from int) {
	if j := k.Writable(); j != nil {
		if err := j.Commit(worker.RewoundRecords(run, picture, to, from)); err != nil {
			k.lostStep.Store(true)
		}
	}
}

// Past reads a step back, with its state if that is stored.
func (k *Keeper) Past(run, picture int, step engine.Step) (engine.Step, bool) {
	if from := k.Current(); from != nil {
		return worker.PastStep(from, run, picture, step)
	}
	return step, false
}
