package engine

import (
	"fmt"

	"nirvana/engine/fault"
	"nirvana/engine/random"
)

// sources are the generators of a run: one for the whole batch, or one for each picture. A draw for the batch is then
// one tensor from the one generator, or each picture's part from its own in turn, as diffusers draws.
type sources struct {
	all []random.Source
	n   int // pictures
}

func newSources(r Request) (*sources, error) {
	seeds := r.Seeds
	if len(seeds) == 0 {
		seeds = []uint64{r.Seed}
	}
	s := &sources{n: r.pictures()}
	for _, seed := range seeds {
		switch r.RNG {
		case "", "torch":
			s.all = append(s.all, random.NewTorch(seed))
		case "philox":
			s.all = append(s.all, random.NewPhilox(seed))
		case "numpy":
			s.all = append(s.all, random.NewNumPy(uint32(seed)))
		default:
			return nil, fault.Settings.Errorf("unknown random generator %q: use torch, philox or numpy", r.RNG)
		}
	}
	if len(s.all) != 1 && len(s.all) != s.n {
		return nil, fault.Settings.Errorf("%d seeds for %d pictures: give one seed, or one for each picture", len(s.all), s.n)
	}
	return s, nil
}

// Normal draws for the whole batch.
func (s *sources) Normal(dst []float32) {
	if len(s.all) == 1 {
		s.all[0].Normal(dst)
		return
	}
	share := len(dst) / len(s.all)
	for i, g := range s.all {
		g.Normal(dst[i*share : (i+1)*share])
	}
}

// one draws one picture's values from every generator, shared by the batch where there is a single one.
func (s *sources) one(dst []float32) {
	if len(s.all) > 1 {
		s.Normal(dst)
		return
	}
	s.first(dst)
}

// first draws one picture's values from the first generator alone, shared by the batch.
func (s *sources) first(dst []float32) {
	share := len(dst) / s.n
	s.all[0].Normal(dst[:share])
	for i := 1; i < s.n; i++ {
		copy(dst[i*share:(i+1)*share], dst[:share])
	}
}

func (s *sources) states() []random.State {
	out := make([]random.State, len(s.all))
	for i, g := range s.all {
		out[i] = g.(interface{ State() random.State }).State()
	}
	return out
}

func (s *sources) restore(states []random.State) error {
	if len(states) != len(s.all) {
		return fmt.Errorf("the saved step has %d generators, the request %d: it belongs to another request", len(states), len(s.all))
	}
	for i, st := range states {
		g, err := random.Restore(st)
		if err != nil {
			return fmt.Errorf("random generator of the saved step: %w", err)
		}
		s.all[i] = g
	}
	return nil
}

// initialNoise draws the noise of x_T, with the variation seed blended in.
func (s *sources) initialNoise(r Request, dst []float32) error {
	s.Normal(dst)
	if r.Variation <= 0 {
		return nil
	}
	v := r
	v.Seed, v.Variation = r.VariationSeed, 0
	for i := range v.Seeds {
		v.Seeds = append([]uint64(nil), v.Seeds...)
		v.Seeds[i] = r.VariationSeed + uint64(i)
	}
	other, err := newSources(v)
	if err != nil {
		return err
	}
	to := make([]float32, len(dst))
	other.Normal(to)
	share := len(dst) / s.n
	for i := 0; i < s.n; i++ {
		a, b := dst[i*share:(i+1)*share], to[i*share:(i+1)*share]
		random.Slerp(a, append([]float32(nil), a...), b, float64(r.Variation))
	}
	return nil
}
