package command

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"nirvana/app/bench"
	"nirvana/app/bench/network"
	"nirvana/engine"
	"nirvana/engine/random"
	"nirvana/models"
)

// benchOptions are the flags of `nirvana bench`.
type benchOptions struct {
	model, node, plot, arm       string
	rounds, steps, size, threads int
}

// benchCommand is `nirvana bench`: the engine against the plain loops, as package bench tells.
func benchCommand(ctx context.Context, env Env, args []string) error {
	var o benchOptions
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&o.model, "model", "", "mini (made here), sd (made here: 3.4 GB of made-up weights in Stable Diffusion's shapes), a model's name or folder; mini and the one that ships when absent")
	f.IntVar(&o.rounds, "rounds", 5, "rounds, each there and back")
	f.IntVar(&o.steps, "steps", 0, "denoising steps; 25, or 2 for sd")
	f.IntVar(&o.size, "size", 0, "side of the picture in px; the model's own when absent")
	f.IntVar(&o.threads, "threads", 0, "processor threads; as the machine has when absent")
	f.StringVar(&o.node, "node", ".", "folder whose node_modules hold onnxruntime-node, for the third arm")
	f.StringVar(&o.plot, "plot", "", "SVG file for a plot")
	f.StringVar(&o.arm, "arm", "", "used by the benchmark itself")
	rest, err := mixed(f, args)
	if errors.Is(err, flag.ErrHelp) {
		f.SetOutput(env.Out)
		f.PrintDefaults()
		return nil
	}
	if o.arm != "" && err == nil && len(rest) == 1 {
		return benchArm(ctx, env, o.arm, rest[0])
	}
	if err != nil || len(rest) > 0 || o.rounds < 1 || o.steps < 0 {
		return wrong("nirvana bench [--model mini|sd|NAME|DIR] [--size PX] [--steps N] [--rounds N] [--threads N] [--node DIR] [--plot FILE.svg]")
	}
	dir, err := os.MkdirTemp("", "nirvana-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	names := []string{o.model}
	if o.model == "" {
		names = []string{"mini", ""}
	}
	fmt.Fprintf(env.Out, "%s; %s.\n", bench.Machine(), time.Now().Format("2006-01-02"))
	var results []bench.Result
	for _, name := range names {
		r, err := o.compare(ctx, env, name, dir)
		if err != nil {
			return err
		}
		fmt.Fprintln(env.Out)
		if err := r.Table(env.Out); err != nil {
			return err
		}
		results = append(results, r)
	}
	if o.plot == "" {
		return nil
	}
	file, err := os.Create(o.plot)
	if err != nil {
		return fmt.Errorf("the plot cannot be written: %w", err)
	}
	return errors.Join(bench.Plot(file, results), file.Close())
}

// compare runs one model's comparison.
func (o benchOptions) compare(ctx context.Context, env Env, name, dir string) (bench.Result, error) {
	folder, err := o.folder(env, name, dir)
	if err != nil {
		return bench.Result{}, err
	}
	steps, size := o.steps, o.size
	if steps == 0 {
		steps = map[bool]int{true: 2, false: 25}[name == "sd"]
	}
	if size == 0 {
		var c struct {
			Side int `json:"sample_size"`
		}
		json.Unmarshal(folder.Denoiser.Config, &c)
		size = 8 * c.Side
	}
	task, err := bench.NewTask(folder, "a red apple, flat emoji", steps, size, o.threads, 3, dir)
	if err != nil {
		return bench.Result{}, err
	}
	x := make([]float32, 4*task.Side*task.Side)
	random.NewTorch(7).Normal(x)
	if err := bench.WriteFloats(task.Noise, x); err != nil {
		return bench.Result{}, err
	}
	self, err := os.Executable()
	if err != nil {
		return bench.Result{}, err
	}
	arms := []bench.Arm{{Name: "A engine", Args: []string{self, "bench", "--arm", "a"}}, {Name: "B plain loop, Go", Args: []string{self, "bench", "--arm", "b"}}}
	if node, err := bench.Node(o.node, dir); err != nil {
		fmt.Fprintf(env.Err, "nirvana bench: without the arm in Node: %s\n", err)
	} else {
		arms = append(arms, node)
		if same, err := sameFile(bench.NodeLibrary(o.node), env.Library()); err != nil || !same {
			fmt.Fprintln(env.Err, "nirvana bench: the arm in Node runs on another ONNX Runtime library than the others")
		}
	}
	title := fmt.Sprintf("%s, %d px, %d steps", folder.Name, size, steps)
	return bench.Compare(ctx, title, task, arms, o.rounds, func(s string) { fmt.Fprintln(env.Err, s) })
}

// folder is the model's, made on the spot for those that are.
func (o benchOptions) folder(env Env, name, dir string) (models.Folder, error) {
	switch name {
	case "mini":
		dir = filepath.Join(dir, "mini U-Net")
		if err := network.Folder(dir, network.Mini, false); err != nil {
			return models.Folder{}, err
		}
		return models.Read(dir)
	case "sd":
		cache, err := os.UserCacheDir()
		if err != nil {
			return models.Folder{}, err
		}
		dir = filepath.Join(cache, "nirvana", "bench", "Stable Diffusion 1 shapes")
		fmt.Fprintf(env.Err, "nirvana bench: 3.4 GB of made-up weights in %s; remove the folder when you are done\n", dir)
		if err := network.Folder(dir, network.StableDiffusion, true); err != nil {
			return models.Folder{}, err
		}
		return models.Read(dir)
	}
	return env.Catalogue.Find(name)
}

func sameFile(a, b string) (bool, error) {
	x, err := os.ReadFile(a)
	if err != nil {
		return false, err
	}
	y, err := os.ReadFile(b)
	return sha256.Sum256(x) == sha256.Sum256(y), err
}

// benchArm is one turn, in a process of its own: prints a bench.Turn.
func benchArm(ctx context.Context, env Env, arm, file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var task bench.Task
	if err := json.Unmarshal(data, &task); err != nil {
		return err
	}
	var t bench.Turn
	if arm == "b" {
		t, err = env.Plain(task)
	} else {
		t, err = benchEngine(ctx, env, task)
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(env.Out).Encode(t)
}

// benchEngine makes the task's picture as the studio would, from the folder to the last step.
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
