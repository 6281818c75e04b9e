package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"nirvana/app/bench/network"
	"nirvana/engine/wholefile"
)

// PairMemory compares the peak memory of a checkpoint with that of the same weights as a folder of optimum's, at the first
// opening and at a later one. It takes little of the disk: nearly all weights are zeros, which files need not hold, the arms
// run one after the other, and what an opening keeps is removed before the next arm. Memory does not depend on the numbers.
func (o Options) PairMemory(ctx context.Context, model, dir, program string, out, progress io.Writer) error {
	file, folder, err := network.Pair(dir, model, true)
	if err != nil {
		return err
	}
	temporary, err := wholefile.TemporaryFolder("bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary)
	task, arms := o.pairTask(temporary), pairArms(program, file, folder)
	task.Steps = task.Steps[:1]
	first, later, kept := make([]float64, len(arms)), make([]float64, len(arms)), make([]float64, len(arms))
	var latents []float32
	for i, a := range arms {
		a.Env, a.Reads = home(dir, i), nil // memory does not depend on what is read
		data := filepath.Join(dir, fmt.Sprint("home", i))
		defer os.RemoveAll(data)
		for _, peak := range []*float64{&first[i], &later[i]} {
			t, err := a.Run(ctx, task)
			if err != nil {
				return err
			}
			if *peak = float64(t.Peak) / 1e6; latents == nil {
				latents = t.Latents
			}
			if d := differ(latents, t.Latents); !(d <= tolerance) {
				return fmt.Errorf("%s: latents differ by %.3g of their largest value: %w", a.Name, d, errDiffer)
			}
			fmt.Fprintf(progress, "%s: at most %.0f MB\n", a.Name, *peak)
		}
		kept[i] = float64(wholefile.Bytes(filepath.Join(data, "cache", "graphs"))) / 1e6
		if err := os.RemoveAll(data); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "%s, made up, %d px\n\n| | A checkpoint | B folder | A/B |\n|---|---|---|---|\n%s%s%s", model, task.Pixels,
		row("peak memory of the first opening, MB", first), row("peak memory of a later opening, MB", later), row("cached graphs, MB", kept))
	return nil
}
