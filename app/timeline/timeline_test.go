package timeline

import (
	"context"
	"image"
	"testing"

	"nirvana/app/disk"
	"nirvana/app/document"
	"nirvana/app/gallery"
	"nirvana/app/notice"
	"nirvana/app/queue"
	"nirvana/app/recipe"
	"nirvana/app/trajectory"
	"nirvana/app/tray"
	"nirvana/app/worker"
	"nirvana/engine"
)

// stage is a timeline with its studio.
type stage struct {
	*Timeline
	sight     tray.Sight
	runs      *queue.Runs
	strip     *notice.Strip
	submitted []*worker.Run
	posted    chan func()
	panel     engine.Request
}

func newStage(t *testing.T) *stage {
	s := &stage{posted: make(chan func(), 99)}
	s.strip = notice.NewStrip(func(text string) string { return text }, func() {})
	door := worker.NewDoor(context.Background(), func(f func()) { s.posted <- f }, func() func() { return func() {} })
	t.Cleanup(door.Rest)
	s.runs = queue.New(s.strip, queue.Hooks{Changed: func() {}, Document: func() int { return s.sight.Document.Serial },
		Adopt: func(r *worker.Run) { s.Adopt(r) }, Prepare: func(*worker.Run) {}, Advance: func() {}})
	s.sight.Document = document.New(image.Rect(0, 0, 16, 16), document.Hooks{})
	s.sight.Tray = tray.New(tray.Hooks{Changed: func(bool) {}, Steps: func() int { return 0 }, Active: func() bool { return s.runs.Run().Active() }})
	s.Timeline = New(Studio{Sight: &s.sight, Runs: s.runs, Gallery: gallery.New(door, s.strip, gallery.Hooks{}), Door: door, Strip: s.strip}, Hooks{
		Changed: func() {}, Panel: func(bool) engine.Request { return s.panel },
		Submit: func(r *worker.Run) { s.submitted = append(s.submitted, r) },
		Journal: func(int) func(int, engine.Step) (engine.Step, bool) {
			return func(_ int, step engine.Step) (engine.Step, bool) { return step, false }
		},
		Overlap: func() int { return 0 },
		Bound:   func() (int, int64) { return 9, 1 << 20 }})
	return s
}

// begin starts a run with this many steps.
func (s *stage) begin(steps int) *worker.Run {
	s.runs.Submit(&worker.Run{Count: 1})
	r := s.runs.Next()
	r.State = worker.Running
	for i := range steps {
		r.Steps = append(r.Steps, engine.Step{Index: i, Of: steps, X: engine.Tensor{Data: []float32{float32(i)}}})
	}
	return r
}

// The current run is shown unless the artist looks at a candidate; after the run, the candidate's own steps are.
func TestPath(t *testing.T) {
	s := newStage(t)
	if s.Path() != nil {
		t.Error("a run is shown before there is one")
	}
	r := s.begin(3)
	if s.Path() != r {
		t.Error("the run under way is not shown")
	}
	c := &tray.Candidate{Run: r.ID, Number: 1, Recipe: recipe.Recipe{Hashes: []string{"x", "y"}}}
	s.sight.Tray.Add(c)
	s.sight.Tray.Select(0)
	if !s.sight.Tray.Held || s.Path() != nil {
		t.Errorf("of another picture of the run, %v is shown", s.Path())
	}
	c.Number = r.Index
	if s.Path() != r {
		t.Error("the candidate's run is not shown")
	}
	r.State, r.Document = worker.Finished, 7
	s.sight.Tray.Clear()
	if s.Path() != nil {
		t.Error("the run of a document before is shown")
	}
}

// A branch without a change is refused at the last step, and otherwise queued for the document; a current run is
// stopped.
func TestBranch(t *testing.T) {
	s := newStage(t)
	r := s.begin(4)
	stopped := false
	r.Cancel = func() { stopped = true }
	s.Branch()
	if len(s.submitted) != 0 || s.strip.Notice == nil || !s.strip.Notice.Fine {
		t.Fatalf("%d branches without a change, %+v", len(s.submitted), s.strip.Notice)
	}
	s.panel.Guidance = 3
	s.Branch()
	if len(s.submitted) != 1 || !stopped || s.submitted[0].Document != s.sight.Document.Serial {
		t.Fatalf("%d branches, stopped: %v", len(s.submitted), stopped)
	}
}

// Missing steps are reported, and nothing is queued.
func TestFinishOfNothing(t *testing.T) {
	s := newStage(t)
	s.Finish(recipe.Recipe{Hashes: []string{"gone"}}, 3)
	(<-s.posted)()
	if len(s.submitted) != 0 || s.strip.Notice == nil || s.strip.Notice.Headline != "This run cannot be gone on with" {
		t.Errorf("%d runs, %+v", len(s.submitted), s.strip.Notice)
	}
}

// A stopped run's picture is replaced by the finished one; a failure to store the steps is reported.
func TestPathKept(t *testing.T) {
	s := newStage(t)
	r := s.begin(1)
	part := &tray.Candidate{Partial: true, Recipe: recipe.Recipe{Hashes: []string{"a"}}}
	s.PathKept(r, part, worker.Made{Stored: 5, Unkept: context.DeadlineExceeded})
	if r.Unfinished != 5 || r.Key != trajectory.Key([]string{"a"}) || s.strip.Notice == nil {
		t.Errorf("unfinished %d, key %q, %+v", r.Unfinished, r.Key, s.strip.Notice)
	}
}

// Only pictures of the same model, size, sampler and steps can be grafted into one another.
func TestAlike(t *testing.T) {
	a := recipe.Recipe{Model: "m", Width: 64, Height: 64, Sampler: "Euler", Steps: 20}
	for name, change := range map[string]func(*recipe.Recipe){
		"model":     func(r *recipe.Recipe) { r.Model = "n" },
		"width":     func(r *recipe.Recipe) { r.Width++ },
		"height":    func(r *recipe.Recipe) { r.Height++ },
		"sampler":   func(r *recipe.Recipe) { r.Sampler = "DDIM" },
		"schedule":  func(r *recipe.Recipe) { r.Schedule = "karras" },
		"steps":     func(r *recipe.Recipe) { r.Steps++ },
		"draft":     func(r *recipe.Recipe) { r.Draft = true },
		"timesteps": func(r *recipe.Recipe) { r.Timesteps = []float32{3} },
		"sigmas":    func(r *recipe.Recipe) { r.Sigmas = []float32{3} },
	} {
		b := a
		if change(&b); alike(a, b) {
			t.Errorf("another %s is alike", name)
		}
	}
	b := a
	b.Seed, b.Prompt, b.Guidance = 9, "x", 2
	if !alike(a, b) {
		t.Error("another seed is not alike")
	}
}

// Paths belong to the data folder that they were opened in.
func TestOpenPaths(t *testing.T) {
	s := newStage(t)
	was := s.Paths
	s.OpenPaths(disk.OS{}, t.TempDir())
	s.BoundPaths()
	if n, _ := s.StepsTaken(); n != 0 || s.Paths == was {
		t.Errorf("%d", n)
	}
}

// The seeds of a search are shown next to the preferred one, up to their last step, each with its seed; other runs'
// are not.
func TestLanesOfASearch(t *testing.T) {
	s := newStage(t)
	add := func(run int, key string, seed uint64, steps int, score float64, partial bool) {
		r := recipe.Recipe{Trajectory: key, Seed: seed, BestOf: 4, Score: float32(score), Hashes: make([]string, steps+1)}
		if partial {
			r.Unfinished = []int{steps, 20}
		}
		s.sight.Tray.Candidates = append(s.sight.Tray.Candidates, &tray.Candidate{Run: run, Recipe: r, Partial: partial})
	}
	add(1, "a", 5, 8, 0.9, true)
	add(1, "b", 6, 14, 0.4, true)
	add(1, "c", 7, 20, 0.7, false)
	add(2, "d", 8, 20, 0.8, false)
	s.runs.Submit(&worker.Run{Count: 1})
	r := s.runs.Next()
	r.Key, r.State, r.Steps = "a", worker.Finished, []engine.Step{{Index: 0, Of: 20, X: engine.Tensor{Data: []float32{1}}}}
	got := s.Lanes()
	if r.Key = "c"; len(s.Lanes()) > 0 {
		t.Error("while the chosen one is shown the others lie beside it")
	}
	if len(got) != 3 || got[0].Key != "c" || got[0].Parent >= 0 || got[1].Key != "a" || got[1].From != 0 || got[1].Until != 8 || got[1].Of != 20 || got[2].Key != "b" {
		t.Fatalf("the lanes are %+v", got)
	}
	if n := got[1].Named; len(n) != 1 || n[0].What != "Seed" || n[0].Is != "5" {
		t.Errorf("it is named %+v", n)
	}
}
