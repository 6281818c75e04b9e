package bench

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"nirvana/app/bench/network"
	"nirvana/engine/random"
	"nirvana/engine/wholefile"
	"nirvana/models"
)

// Options are a benchmark's parameters.
type Options struct {
	Model, Plot                  string
	Rounds, Steps, Size, Threads int
}

// Flags adds the options to a command's flags.
func (o *Options) Flags(f *flag.FlagSet) {
	f.StringVar(&o.Model, "model", "", "mini (made here), sd (made here: 3.4 GB of made-up weights in Stable Diffusion's shapes), a model's name or folder; mini and the one that ships when absent")
	f.IntVar(&o.Rounds, "rounds", 5, "rounds, each there and back")
	f.IntVar(&o.Steps, "steps", 0, "denoising steps; 25, or 2 for sd")
	f.IntVar(&o.Size, "size", 0, "side of the picture in px; the model's own when absent")
	f.IntVar(&o.Threads, "threads", 0, "processor threads; as the machine has when absent")
	f.StringVar(&o.Plot, "plot", "", "SVG file for a plot")
}

// Valid reports whether the numbers make sense.
func (o Options) Valid() bool { return o.Rounds >= 1 && o.Steps >= 0 && o.Size >= 0 }

// Run measures the arms and writes a table for each model to out, and its progress to progress. find returns a
// model's folder by name.
func (o Options) Run(ctx context.Context, find func(string) (models.Folder, error), arms []Arm, out, progress io.Writer) error {
	dir, err := wholefile.TemporaryFolder("bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	names := []string{o.Model}
	if o.Model == "" {
		names = []string{"mini", ""}
	}
	fmt.Fprintf(out, "%s; %s.\n", Machine(), time.Now().Format("2006-01-02"))
	var results []Result
	for _, name := range names {
		r, err := o.compare(ctx, find, name, dir, arms, progress)
		if err != nil {
			return err
		}
		fmt.Fprintln(out)
		if err := r.Table(out); err != nil {
			return err
		}
		results = append(results, r)
	}
	if o.Plot == "" {
		return nil
	}
	file, err := os.Create(o.Plot)
	if err != nil {
		return fmt.Errorf("the plot cannot be written: %w", err)
	}
	return errors.Join(Plot(file, results), file.Close())
}

// compare runs one model's comparison.
func (o Options) compare(ctx context.Context, find func(string) (models.Folder, error), name, dir string, arms []Arm, progress io.Writer) (Result, error) {
	folder, err := o.folder(find, name, dir, progress)
	if err != nil {
		return Result{}, err
	}
	steps, size := o.Steps, o.Size
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
	task, err := NewTask(folder, "a red apple, flat emoji", steps, size, o.Threads, 3, dir)
	if err != nil {
		return Result{}, err
	}
	x := make([]float32, 4*task.Side*task.Side)
	random.NewTorch(7).Normal(x)
	if err := WriteFloats(task.Noise, x); err != nil {
		return Result{}, err
	}
	title := fmt.Sprintf("%s, %d px, %d steps", folder.Name, size, steps)
	return Compare(ctx, title, task, arms, o.Rounds, func(s string) { fmt.Fprintln(progress, s) })
}

// folder is the model's folder, created if the model is generated.
func (o Options) folder(find func(string) (models.Folder, error), name, dir string, progress io.Writer) (models.Folder, error) {
	switch name {
	case "mini":
		dir = filepath.Join(dir, "mini U-Net")
		if err := network.Folder(dir, network.Mini); err != nil {
			return models.Folder{}, err
		}
		return models.Read(dir)
	case "sd":
		cache, err := os.UserCacheDir()
		if err != nil {
			return models.Folder{}, err
		}
		dir = filepath.Join(cache, "nirvana", "bench", "Stable Diffusion 1 shapes")
		fmt.Fprintf(progress, "nirvana bench: 3.4 GB of made-up weights in %s; remove the folder when you are done\n", dir)
		if err := network.Folder(dir, network.StableDiffusion); err != nil {
			return models.Folder{}, err
		}
		return models.Read(dir)
	}
	return find(name)
}
