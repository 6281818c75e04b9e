package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"runtime"
	"sort"
	"text/tabwriter"
	"time"

	"nirvana/engine"
	"nirvana/engine/random"
)

// bench is `nirvana bench`: the engine (A) against the obvious loop over the
// same graphs (B), in turn A B B A, so that a machine's drift meets both alike.
func bench(ctx context.Context, env Env, args []string) error {
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	model := f.String("model", "", "model name or folder: the default one's kind (latent, v-prediction, cosine schedule)")
	rounds := f.Int("rounds", 5, "rounds of A B B A")
	steps := f.Int("steps", 25, "denoising steps")
	threads := f.Int("threads", 0, "processor threads; 0: as the machine has")
	if rest, err := mixed(f, args); errors.Is(err, flag.ErrHelp) {
		f.SetOutput(env.Out)
		f.PrintDefaults()
		return nil
	} else if err != nil || len(rest) > 0 || *rounds < 1 || *steps < 1 {
		return wrong("nirvana bench [--model DIR] [--rounds N] [--steps N] [--threads N]")
	}
	folder, err := env.Catalogue.Find(*model)
	if err != nil {
		return err
	}
	m, err := env.Open(ctx, folder, OpenOptions{Threads: *threads})
	if err != nil {
		return err
	}
	defer m.Close()
	if facts := m.Facts(); facts.Pixel || facts.Sampler != "DDIMScheduler" || len(m.Parts.Text) != 1 {
		return fmt.Errorf("%s is of another kind than the plain loop can do: leave --model out", facts.Name)
	}
	b := benchmark{env: env, m: m, steps: *steps}
	return b.run(ctx, *rounds)
}

type benchmark struct {
	env   Env
	m     *Opened
	steps int
	a, b  arm
}

// arm is one side's timings in seconds.
type arm struct{ whole, first, step []float64 }

const benchPrompt = "a red apple, flat emoji"

func (b *benchmark) run(ctx context.Context, rounds int) error {
	if err := b.m.Warm(ctx); err != nil {
		return err
	}
	for i := -1; i < rounds; i++ { // the first round warms up
		var x, y []float32
		for _, engines := range []bool{true, false, false, true} {
			var err error
			if engines {
				x, err = b.engine(ctx, i >= 0)
			} else {
				y, err = b.plain(ctx, i >= 0)
			}
			if err != nil {
				return err
			}
		}
		if d := largest(x, y); d > 0.05 {
			return fmt.Errorf("the two sides made different pictures (latents differ by %.3g): the comparison is worth nothing", d)
		}
	}
	return b.table(rounds)
}

func (b *benchmark) engine(ctx context.Context, count bool) ([]float32, error) {
	start, last := time.Now(), time.Time{}
	var x []float32
	for s, err := range b.m.Generate(ctx, engine.Request{Prompt: benchPrompt, Seed: 7, Steps: b.steps, Guidance: 3}) {
		if err != nil {
			return nil, err
		}
		now := time.Now()
		if count && s.Index == 1 {
			b.a.first = append(b.a.first, now.Sub(start).Seconds())
		}
		if count && s.Index > 1 && s.Pictures == nil {
			b.a.step = append(b.a.step, now.Sub(last).Seconds())
		}
		last, x = now, s.X.Data
	}
	if count {
		b.a.whole = append(b.a.whole, time.Since(start).Seconds())
	}
	return x, nil
}

func (b *benchmark) plain(ctx context.Context, count bool) ([]float32, error) {
	facts := b.m.Facts()
	n := naive{parts: b.m.Parts, side: facts.Width / facts.Scale}
	noise := make([]float32, 4*n.side*n.side)
	random.NewTorch(7).Normal(noise)
	start := time.Now()
	first := func() {
		if count {
			b.b.first = append(b.b.first, time.Since(start).Seconds())
		}
	}
	x, _, err := n.picture(ctx, benchPrompt, noise, b.steps, 3, first)
	if err != nil {
		return nil, err
	}
	if count {
		took := time.Since(start).Seconds()
		b.b.whole = append(b.b.whole, took)
		b.b.step = append(b.b.step, (took-b.b.first[len(b.b.first)-1])/float64(max(b.steps-1, 1)))
	}
	return x.Data, nil
}

func largest(x, y []float32) float64 {
	d := 0.0
	for i := range x {
		d = math.Max(d, math.Abs(float64(x[i])-float64(y[i])))
	}
	return d
}

func (b *benchmark) table(rounds int) error {
	fmt.Fprintf(b.env.Out, "%s, %d steps with guidance, %s, %d processors, ONNX Runtime %s; %d rounds of A B B A, milliseconds.\n\n", b.m.Facts().Name, b.steps, b.m.Device, runtime.NumCPU(), b.m.Runtime, rounds)
	w := tabwriter.NewWriter(b.env.Out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "|\t|\tA engine\t|\tA 95 %\t|\tB plain loop\t|\tB 95 %\t|\tA/B\t|")
	fmt.Fprintln(w, "|---\t|\t---\t|\t---\t|\t---\t|\t---\t|\t---\t|")
	for _, r := range []struct {
		name string
		a, b []float64
	}{{"picture", b.a.whole, b.b.whole}, {"first step shown", b.a.first, b.b.first}, {"a step", b.a.step, b.b.step}} {
		ma, mb := quantile(r.a, 0.5), quantile(r.b, 0.5)
		fmt.Fprintf(w, "|%s\t|\t%.1f\t|\t%.1f\t|\t%.1f\t|\t%.1f\t|\t%.2f\t|\n", r.name, 1e3*ma, 1e3*quantile(r.a, 0.95), 1e3*mb, 1e3*quantile(r.b, 0.95), ma/mb)
	}
	return w.Flush()
}

func quantile(v []float64, q float64) float64 {
	if len(v) == 0 {
		return math.NaN()
	}
	s := append([]float64(nil), v...)
	sort.Float64s(s)
	return s[min(int(q*float64(len(s))), len(s)-1)]
}
