package trajectory

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"nirvana/app/steps"
	"nirvana/engine"
	"nirvana/engine/random"
	"nirvana/engine/sample"
	"nirvana/engine/schedule"
)

// pathOf is a run of n evaluations on latents of a shape with a synthetic network: the real sampler's states.
func pathOf(t *testing.T, name string, shape []int, n int) (all []engine.Step) {
	t.Helper()
	base, err := schedule.ParseConfig([]byte(`{"_class_name":"PNDMScheduler","beta_schedule":"scaled_linear","beta_start":0.00085,"beta_end":0.012,"num_train_timesteps":1000,"steps_offset":1}`))
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := sample.Named(name, "", base)
	if err != nil {
		t.Fatal(err)
	}
	s, err := sample.New(cfg, sample.Options{Steps: n, Shape: shape, Eta: 1})
	if err != nil {
		t.Fatal(err)
	}
	rng, x := rand.New(rand.NewPCG(1, 2)), engine.Zeros(shape...)
	noise := normal{rng}
	noise.Normal(x.Data)
	st := sample.Start(s, x.Data, 0)
	sample.Open(s, st, noise)
	tell := func() {
		now := st.Snapshot()
		step := engine.Step{Index: st.Eval, Of: len(s.Timesteps()), X: engine.Tensor{Shape: shape, Data: now.X}, State: engine.State{Sampler: now, Random: []random.State{{Kind: "torch"}}}}
		if now.X0 != nil && st.Eval > 0 {
			step.X0 = engine.Tensor{Shape: shape, Data: now.X0}
		}
		all = append(all, step)
	}
	tell()
	out := make([]float32, len(x.Data))
	for !s.Done(st) {
		s.Scale(out, st.X, st)
		for i, v := range out {
			out[i] = 0.7*v + 0.01*float32(rng.NormFloat64())
		}
		if err := s.Step(st, out, noise); err != nil {
			t.Fatal(err)
		}
		tell()
	}
	return all
}

type normal struct{ *rand.Rand }

func (n normal) Normal(dst []float32) {
	for i := range dst {
		dst[i] = float32(n.NormFloat64())
	}
}

// bytesHeld is the bytes of steps in memory; shared vectors count once.
func bytesHeld(all []engine.Step) int {
	seen, total := map[*float32]bool{}, 0
	for _, s := range all {
		for _, v := range append([][]float32{s.X.Data, s.X0.Data, s.State.Sampler.X, s.State.Sampler.X0}, s.State.Sampler.Memory...) {
			if p := unsafe.SliceData(v); len(v) > 0 && !seen[p] {
				seen[p], total = true, total+4*len(v)
			}
		}
	}
	return total
}

// journalled is the bytes of steps in the journal.
func journalled(t *testing.T, all []engine.Step) (total int) {
	t.Helper()
	for _, s := range all {
		data, err := steps.Pack(s)
		if err != nil {
			t.Fatal(err)
		}
		if total += len(data); s.State.Sampler.X == nil {
			continue
		}
		if data, err = steps.PackState(s.State); err != nil {
			t.Fatal(err)
		}
		total += len(data)
	}
	return total
}

// The figures in docs/keeping.md for a step of Stable Diffusion at 512 px and of XL at 1024 px, kB of 1000 bytes: in
// memory, in the journal and in the file of a picture's steps, the mean of 30 evaluations.
func TestBytesOfAStep(t *testing.T) {
	for _, c := range []struct {
		sampler            string
		memory, wal, files float64 // at 512 px; 1024 px has four times as much
	}{
		{"DDIM", 129, 157, 127}, {"Euler a", 129, 157, 127}, {"DPM++ 2M", 142, 169, 127}, {"UniPC", 167, 195, 140}, {"LMS", 180, 207, 180},
	} {
		for _, side := range []int{64, 128} {
			var all []engine.Step
			for _, s := range pathOf(t, c.sampler, []int{1, 4, side, side}, 30) {
				all = Append(all, s)
			}
			var file bytes.Buffer
			if err := write(&file, Path{About: []byte("{}"), Steps: func(yield func(engine.Step) bool) {
				for _, s := range all {
					if !yield(s) {
						return
					}
				}
			}}); err != nil {
				t.Fatal(err)
			}
			n, k := float64(len(all)), float64(side*side)/(64*64)
			got := [3]float64{float64(bytesHeld(all)) / n / 1000, float64(journalled(t, all)) / n / 1000, float64(file.Len()) / n / 1000}
			t.Logf("%s, %d px: %.0f kB a step in memory, %.0f in the journal, %.0f in the file", c.sampler, 8*side, got[0], got[1], got[2])
			for i, want := range [3]float64{c.memory, c.wal, c.files} {
				if math.Abs(got[i]/(want*k)-1) > 0.02 {
					t.Errorf("%s, %d px: %.1f kB, not about %.1f", c.sampler, 8*side, got[i], want*k)
				}
			}
		}
	}
}

// Whatever the size and the number of steps, a run stays within its memory limit: the oldest are dropped.
func TestMemoryIsBounded(t *testing.T) {
	const most = 8 << 20
	all := pathOf(t, "Euler a", []int{1, 4, 128, 128}, 60)
	r := Recorder{Most: most, Past: func(s engine.Step) (engine.Step, bool) { return all[s.Index], true }}
	for _, s := range all {
		r.Add(s)
		if n := bytesHeld(r.steps); n > most+4*(4*128*128)*4 {
			t.Fatalf("%d bytes are held at step %d", n, s.Index)
		}
	}
	if got := r.Upto(60); len(got) != 61 || got[0].X.Data == nil {
		t.Errorf("%d steps come back", len(got))
	}
}
