package trajectory

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"nirvana/app/disk"
	"nirvana/engine"
	"nirvana/engine/random"
)

// walked are the steps of a run of n evaluations, all different.
func walked(n int) (out []engine.Step) {
	memory := []float32{float32(math.Inf(1)), -0, 3}
	for i := range n + 1 {
		s := engine.Step{Index: i, Of: n, Timestep: float32(999 - i), Sigma: float32(math.Inf(1)), Guidance: 7}
		s.X = engine.Tensor{Shape: []int{1, 1, 2, 2}, Data: []float32{float32(i), 0.1, float32(math.NaN()), 2}}
		if i > 0 {
			s.X0 = engine.Tensor{Shape: []int{1, 1, 2, 2}, Data: []float32{float32(i) / 3, 1, 2, 3}}
		}
		s.State = engine.State{Random: []random.State{{Kind: "torch", Seed: 5, Drawn: uint64(7 * i)}}, Rested: -1}
		s.State.Sampler.X, s.State.Sampler.Eval, s.State.Sampler.Memory, s.State.Sampler.Numbers = s.X.Data, i, [][]float32{nil, memory}, []float64{math.Inf(-1), 0.1}
		s, _ = s.Seen(engine.Look{Factors: []float32{1, 1, 1, 0, 0, 0}})
		out = Append(out, s)
	}
	return out
}

func bits(v []float32) (out []uint32) {
	for _, x := range v {
		out = append(out, math.Float32bits(x))
	}
	return out
}

// Stored paths are read back bit-identically: arrays, the states of every fifth step and the last, and how a step is
// shown.
func TestKeptStepsAreExact(t *testing.T) {
	for _, folder := range []string{"", filepath.Join(t.TempDir(), "steps")} {
		s := Open(disk.OS{}, folder)
		want := walked(12)
		if err := s.Keep("a", Path{About: []byte(`{"ID":3}`), Files: map[string][]byte{"blobs/x": {1, 2}}, Steps: slices.Values(want)}); err != nil {
			t.Fatal(err)
		}
		f, err := s.Read("a")
		if err != nil {
			t.Fatal(err)
		}
		if files, err := f.Files(); err != nil || string(f.About()) != `{"ID":3}` || !slices.Equal(files["blobs/x"], []byte{1, 2}) {
			t.Errorf("%s, %v, %v", f.About(), files, err)
		}
		if heads := f.Heads(); len(heads) != 13 || heads[4].Timestep != 995 || heads[4].X.Data != nil {
			t.Errorf("%+v", heads)
		}
		for i, w := range want {
			got, err := f.Step(i)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(bits(got.X.Data), bits(w.X.Data)) || !slices.Equal(bits(got.X0.Data), bits(w.X0.Data)) || got.Sigma != w.Sigma {
				t.Errorf("step %d: %+v", i, got)
			}
			if has := got.State.Sampler.X != nil; has != (i%Every == 0 || i == 12) {
				t.Errorf("step %d: a state: %v", i, has)
			} else if has {
				a, b := got.State.Sampler, w.State.Sampler
				if !slices.Equal(bits(a.X), bits(b.X)) || a.Memory[0] != nil || !slices.Equal(bits(a.Memory[1]), bits(b.Memory[1])) || !slices.Equal(a.Numbers, b.Numbers) || !reflect.DeepEqual(got.State.Random, w.State.Random) || got.State.Rested != -1 {
					t.Errorf("step %d: %+v", i, got.State)
				}
			}
			if !slices.Equal(got.Noisy(0).Pix, w.Noisy(0).Pix) {
				t.Errorf("step %d looks otherwise", i)
			}
		}
		s.Drop("a")
		if _, err := s.Read("a"); !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
	}
}

// The newest are kept, limited by number and size.
func TestTheOldestGo(t *testing.T) {
	for _, folder := range []string{"", filepath.Join(t.TempDir(), "steps")} {
		s := Open(disk.OS{}, folder)
		keep := func(key string) {
			if err := s.Keep(key, Path{About: []byte(`{}`), Steps: slices.Values(walked(3))}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(12 * time.Millisecond) // file systems' clocks are coarse
		}
		there := func(key string) bool { _, err := s.Read(key); return err == nil }
		keep("a")
		keep("b")
		keep("c")
		n, size := s.Taken()
		if n != 3 || size == 0 {
			t.Fatal(n, size)
		}
		s.Bound(2, 1<<30)
		if there("a") || !there("b") || !there("c") {
			t.Error("not the two newest are kept")
		}
		s.Bound(10, size/3)
		if there("b") || !there("c") {
			t.Error("more than there is room for is kept")
		}
		keep("d")
		if there("c") || !there("d") {
			t.Error("what is new does not take the place of the oldest")
		}
		s.Bound(0, 1<<30)
		keep("e")
		if n, _ := s.Taken(); n != 0 {
			t.Errorf("%d are kept where none are to be", n)
		}
	}
}

// A file damaged anywhere gives an error, never wrong numbers.
func TestDamagedStepsAreAnError(t *testing.T) {
	folder := t.TempDir()
	s := Open(disk.OS{}, folder)
	want := walked(6)
	if err := s.Keep("a", Path{About: []byte(`{}`), Steps: slices.Values(want)}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "a.steps")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	try := func(data []byte) {
		os.WriteFile(path, data, 0o600)
		f, err := s.Read("a")
		if err != nil {
			return
		}
		for i := range f.Heads() {
			got, err := f.Step(i)
			if err == nil && (!slices.Equal(bits(got.X.Data), bits(want[i].X.Data)) || !slices.Equal(bits(got.X0.Data), bits(want[i].X0.Data))) {
				t.Fatalf("step %d of a damaged file has other numbers", i)
			}
		}
	}
	for i := 0; i < len(whole); i += 5 {
		bad := slices.Clone(whole)
		bad[i] ^= 0x41
		try(bad)
		try(whole[:i])
	}
}

// Steps that do not fit into memory are read from where they were stored.
func TestRecorderSpills(t *testing.T) {
	all := walked(20)
	read := 0
	r := &Recorder{Most: 200, Past: func(s engine.Step) (engine.Step, bool) { read++; return all[s.Index], true }}
	for _, s := range walked(20) {
		r.Add(s)
	}
	i := 0
	for s := range r.All() {
		if !slices.Equal(bits(s.X.Data), bits(all[i].X.Data)) || s.Index == 5 && s.State.Sampler.X == nil {
			t.Errorf("step %d: %+v", i, s)
		}
		i++
	}
	if i != 21 || read < 10 {
		t.Errorf("%d steps, %d read back", i, read)
	}
}
