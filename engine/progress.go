package engine

// progress is the position of a stage (stages.go) in the whole run: the steps and network calls before it and in all
// stages.
type progress struct {
	stage, stepsBefore, stepsElse int
	workBefore, workInAll         float64
	row                           int       // of the present evaluation, of several windows
	clean                         []float32 // where a later stage began
}

// steps is the number of steps of all stages, of which this one has n.
func (p *progress) steps(n int) int { return p.stepsElse + n }

// share is the share of the whole run's work, 0 to 1, that is done after evals evaluations of this stage.
func (r *run) share(evals float64) float64 {
	p := &r.progress
	if p.workInAll == 0 {
		return evals / float64(max(r.of(), 1))
	}
	return (p.workBefore + evals*float64(r.windows())) / p.workInAll
}

// reportPart reports the run's progress within one row of an evaluation.
func (r *run) reportPart(share float64) {
	rows := len(r.conditioning.positives)
	if r.scale != 1 {
		rows++
	}
	part := min((float64(r.progress.row)+share)/float64(max(rows, 1)), 1)
	r.request.report(Denoising, r.share(float64(r.done())+part))
}
