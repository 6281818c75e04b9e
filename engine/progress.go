package engine

// progress is how far a run is in the whole: which of the stages it is (stages.go), with the steps before it and in all
// others, and the network calls before it and in all.
type progress struct {
	stage, stepsBefore, stepsElse int
	workBefore, workInAll         float64
	row                           int       // of the present evaluation, in windows
	clean                         []float32 // what a later stage began from
}

// steps of all stages, of which this one has n.
func (p *progress) steps(n int) int { return p.stepsElse + n }

// share of the whole run's work that is done after so many evaluations of this stage.
func (r *run) share(evals float64) float64 {
	p := &r.progress
	if p.workInAll == 0 {
		return evals / float64(max(r.of(), 1))
	}
	return (p.workBefore + evals*float64(r.windows())) / p.workInAll
}

// reportPart reports how far the run is, within one row of an evaluation.
func (r *run) reportPart(share float64) {
	rows := len(r.conditioning.positives)
	if r.scale != 1 {
		rows++
	}
	part := min((float64(r.progress.row)+share)/float64(max(rows, 1)), 1)
	r.request.report(Denoising, r.share(float64(r.done())+part))
}
