//go:build migrated_fynedo

package program

import (
	"context"
	"image"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"nirvana/app"
	"nirvana/app/live"
	"nirvana/engine"
)

// passes are the runs of a model to their ends.
type passes struct {
	mu    sync.Mutex
	asked []engine.Request
	steps []int
}

func (p *passes) all() ([]engine.Request, []int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked, p.steps
}

// observed is a model whose passes are counted.
type observed struct {
	app.Generator
	passes *passes
}

func (o observed) Generate(ctx context.Context, q engine.Request) iter.Seq2[engine.Step, error] {
	return func(yield func(engine.Step, error) bool) {
		steps := -1 // the first one is what the run begins from
		for s, err := range o.Generator.Generate(ctx, q) {
			if !yield(s, err) || err != nil {
				return
			}
			steps++
		}
		o.passes.mu.Lock()
		defer o.passes.mu.Unlock()
		o.passes.asked, o.passes.steps = append(o.passes.asked, q), append(o.passes.steps, steps)
	}
}

// Live with tiny networks whose scheduler is that of a distilled one: LCM's, and SD Turbo's with its trailing timesteps. A
// quick pass is their own few steps, each computed in full, and no other pass follows it; set to more steps, the quick pass
// is the same, and one with all of them follows.
func TestLiveOfFewSteps(t *testing.T) {
	const turbo = `{"_class_name":"EulerDiscreteScheduler","beta_end":0.012,"beta_schedule":"scaled_linear","beta_start":0.00085,"num_train_timesteps":1000,"prediction_type":"epsilon","timestep_spacing":"trailing","steps_offset":1}`
	for name, dir := range map[string]string{"LCM": scheduledBy(t, "lcm", ""), "Turbo": scheduledBy(t, "sd1", turbo)} {
		t.Run(name, func(t *testing.T) {
			a, made := observedAtelier(t, dir)
			if a.Facts.Steps != 4 || a.Settings.Steps != 4 {
				t.Fatalf("%d steps are usual and %d set, not 4", a.Facts.Steps, a.Settings.Steps)
			}
			side := a.Facts.Width
			a.Document.Set(image.NewRGBA(image.Rect(0, 0, side, side)))
			a.Set(func(s *app.Settings) { s.Prompt, s.Width, s.Height, s.Strength = "a cat", side, side, 1 })
			a.SetLive(true)
			a.do(func() bool { img, _, _ := a.Live(); return img != nil })
			begin := time.Now()
			a.do(func() bool { return time.Since(begin) > live.Rest+live.Rest/2 })
			asked, steps := made.all()
			if len(asked) != 1 || steps[0] != 4 || asked[0].Steps != 4 || asked[0].DeepCache != 0 || asked[0].Draft || asked[0].Init == nil {
				t.Fatalf("%d passes of %v steps", len(asked), steps)
			}
			if img, _, _ := a.Live(); img.Rect.Size() != image.Pt(side, side) {
				t.Errorf("the live picture is of %v", img.Rect)
			}
			a.Set(func(s *app.Settings) { s.Steps = 9 })
			a.do(func() bool { asked, _ := made.all(); return len(asked) == 3 })
			if asked, steps := made.all(); steps[1] != 4 || steps[2] != 9 || asked[1].DeepCache != 0 {
				t.Errorf("set to 9 steps, the passes are of %v", steps[1:])
			}
		})
	}
}

// scheduledBy is a copy of one of the recorded runs' models, with another scheduler where one is given.
func scheduledBy(t *testing.T, name, scheduler string) string {
	t.Helper()
	from, to := filepath.Join(recordedModels(t), name), t.TempDir()
	err := fs.WalkDir(os.DirFS(from), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(from, path))
		if err != nil {
			return err
		}
		if scheduler != "" && path == "scheduler/scheduler_config.json" {
			data = []byte(scheduler)
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(to, path)), 0o755); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, path), data, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// observedAtelier opens a model's folder and counts its passes.
func observedAtelier(t *testing.T, dir string) (*atelier, *passes) {
	t.Helper()
	info, err := readModel(dir)
	if err != nil {
		t.Fatal(err)
	}
	rt, made := &lazyRuntime{}, &passes{}
	a := &atelier{t: t, posted: make(chan func(), 1<<16)}
	a.Studio, err = app.New(app.Options{Post: func(f func()) { a.posted <- f }, Models: []app.ModelInfo{info},
		Load: func(ctx context.Context, m app.ModelInfo) (app.Generator, error) {
			g, err := rt.load(ctx, m)
			return observed{g, made}, err
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
		rt.close()
	})
	a.Open(info.Name)
	a.do(func() bool { return a.Facts.Name != "" })
	return a, made
}

// do does what is posted until something is so.
func (a *atelier) do(so func() bool) {
	a.t.Helper()
	for end := time.Now().Add(2 * time.Minute); !so(); {
		select {
		case f := <-a.posted:
			f()
		case <-time.After(20 * time.Millisecond):
		}
		if n := a.Notice; n != nil && n.Detail != "" || time.Now().After(end) {
			a.t.Fatalf("it does not come: %+v", n)
		}
	}
}
