package bench

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"nirvana/app/bench/network"
	"nirvana/engine/wholefile"
)

// Pair compares a checkpoint with the same weights as a folder of optimum's, both generated in dir: opening without a
// cache, the cache's size, and everything that Compare measures with the cached graphs. model is one of
// published.Tensors' ("mini", "sd15", "sdxl"), program the built program.
func (o Options) Pair(ctx context.Context, model, dir, program string, out, progress io.Writer) error {
	file, folder, err := network.Pair(dir, model, false)
	if err != nil {
		return err
	}
	temporary, err := wholefile.TemporaryFolder("bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary)
	task, arms := o.pairTask(temporary), pairArms(program, file, folder)
	f, err := firstOpenings(ctx, task, arms, o.Rounds, temporary, progress)
	if err != nil {
		return err
	}
	for i := range arms {
		arms[i].Env = home(temporary, i)
		arms[i].Reads = append(arms[i].Reads, cached(temporary, i))
	}
	title := fmt.Sprintf("%s, made up, as a checkpoint and as a folder, %d px, %d steps", model, task.Pixels, len(task.Steps))
	r, err := Compare(ctx, title, task, arms, o.Rounds, func(s string) { fmt.Fprintln(progress, s) })
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s; %s.\n\n", Machine(), time.Now().Format("2006-01-02"))
	if err := r.Table(out); err != nil {
		return err
	}
	own := []int64{wholefile.Bytes(file), wholefile.Bytes(folder)}
	fmt.Fprintf(out, "\n| | A | B | A/B |\n|---|---|---|---|\n%s%s%s", row("networks open without a cache, ms", f.load), row("cached graphs, MB", f.kept),
		row("the model's own files, MB", []float64{float64(own[0]) / 1e6, float64(own[1]) / 1e6}))
	return nil
}

// pairTask is the picture that both arms make.
func (o Options) pairTask(dir string) Task {
	return Task{Prompt: "a red apple, flat emoji", Pixels: cmp.Or(o.Size, 512), Guidance: 3, Threads: o.Threads, Steps: make([][3]float64, cmp.Or(o.Steps, 3)), Out: filepath.Join(dir, "out")}
}

func pairArms(program, file, folder string) []Arm {
	return []Arm{{Name: "A checkpoint", Args: Engine(program).Args, Folder: file, Reads: []string{file}},
		{Name: "B folder", Args: Engine(program).Args, Folder: folder, Reads: []string{folder}}}
}

func row(name string, v []float64) string {
	return fmt.Sprintf("| %s | %s | %s | %.2f |\n", name, short(v[0]), short(v[1]), v[0]/v[1])
}

// cached is the folder of an arm's cached graphs.
func cached(dir string, arm int) string {
	return filepath.Join(dir, fmt.Sprint("home", arm), "cache", "graphs")
}

// home is the program's data folder for an arm.
func home(dir string, arm int) []string {
	return []string{"NIRVANA_HOME=" + filepath.Join(dir, fmt.Sprint("home", arm))}
}

// firsts are the medians of opening without a cache, ms, and the cache's size, MB, by arm.
type firsts struct{ load, kept []float64 }

func firstOpenings(ctx context.Context, task Task, arms []Arm, rounds int, dir string, progress io.Writer) (f firsts, err error) {
	task.Steps = task.Steps[:1]
	all := make([][]float64, len(arms))
	f = firsts{make([]float64, len(arms)), make([]float64, len(arms))}
	for n := range rounds {
		for i, a := range arms {
			a.Env = home(dir, i)
			if err := os.RemoveAll(filepath.Join(dir, fmt.Sprint("home", i))); err != nil {
				return f, err
			}
			t, err := a.Run(ctx, task)
			if err != nil {
				return f, err
			}
			all[i] = append(all[i], 1e3*t.Load)
			f.kept[i] = float64(wholefile.Bytes(cached(dir, i))) / 1e6
		}
		fmt.Fprintf(progress, "opening without a cache: round %d\n", n+1)
	}
	for i := range all {
		slices.Sort(all[i])
		f.load[i] = all[i][len(all[i])/2]
	}
	return f, nil
}
