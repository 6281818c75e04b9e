package cli

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"time"

	"nirvana/app/bench"
	"nirvana/engine"
	"nirvana/models"
)

// benchCommand is `nirvana bench`: times the engine on this machine. With --task it is one turn, in a process of its
// own, and prints a bench.Turn; app/bench/tool compares such turns with plain loops.
func benchCommand(ctx context.Context, env Env, args []string) error {
	var o bench.Options
	var task string
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	o.Flags(f)
	f.StringVar(&task, "task", "", "used by the benchmark itself: one turn, told in this file")
	rest, err := mixed(f, args)
	if errors.Is(err, flag.ErrHelp) {
		f.SetOutput(env.Out)
		f.PrintDefaults()
		return nil
	}
	if err != nil || len(rest) > 0 || !o.Valid() {
		return wrong("nirvana bench [--model mini|sd|NAME|DIR] [--size PX] [--steps N] [--rounds N] [--threads N] [--plot FILE.svg]")
	}
	if task != "" {
		return benchTurn(ctx, env, task)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return o.Run(ctx, env.Catalogue.Find, []bench.Arm{bench.Engine(self)}, env.Out, env.Err)
}

func benchTurn(ctx context.Context, env Env, file string) error {
	task, err := bench.ReadTask(file)
	if err != nil {
		return err
	}
	t, err := benchEngine(ctx, env, task)
	if err != nil {
		return err
	}
	return json.NewEncoder(env.Out).Encode(t)
}

// benchEngine generates the task's picture as the studio does, from opening the folder to the last step.
func benchEngine(ctx context.Context, env Env, task bench.Task) (bench.Turn, error) {
	var t bench.Turn
	start := time.Now()
	folder, err := models.Read(task.Folder)
	if err != nil {
		return t, err
	}
	m, err := env.Open(ctx, folder, OpenOptions{Threads: task.Threads})
	if err != nil {
		return t, err
	}
	defer m.Close()
	if err := m.Warm(ctx); err != nil {
		return t, err
	}
	t.Load = time.Since(start).Seconds()
	clicked := time.Now()
	last := clicked
	r := engine.Request{Prompt: task.Prompt, Seed: 7, Steps: len(task.Steps), Guidance: float32(task.Guidance), Width: task.Pixels, Height: task.Pixels, Early: true, KeepLatents: true}
	var x engine.Tensor
	for s, err := range m.Generate(ctx, r) {
		if err != nil {
			return t, err
		}
		s.Predicted(0)
		now := time.Now()
		if t.First == 0 && s.X0.Data != nil {
			t.First, t.Click, t.Calls = now.Sub(start).Seconds(), now.Sub(clicked).Seconds(), 1
			if s.Index == 0 { // shown between the step's two calls
				t.Calls = 2
			}
		}
		if s.Index > 1 {
			t.Steps = append(t.Steps, now.Sub(last).Seconds())
		}
		last, x = now, s.X
	}
	if _, err := m.Decode(ctx, x); err != nil {
		return t, err
	}
	t.Whole = time.Since(start).Seconds()
	return t, bench.WriteFloats(task.Out, x.Data)
}
