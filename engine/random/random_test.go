package random

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"
	"testing"
)

type row struct {
	Seed, Offset uint64
	N            int
	Hex          []string
	SHA256       string
	Values       []float32
}

// reference is testdata/reference.json, whose first field names its sources.
type reference struct {
	Words       map[string][]uint32
	Randn       []row
	Sequence    []row
	Rand        []float32
	Randint1000 []int
	Numpy       map[string][]float32
	NumpySHA    row
	Philox      []row
	Brownian    struct {
		Size     int
		Min, Max float64
		Queries  []struct {
			Seed     uint64
			From, To float64
			First    []float32
			Sum      float64
		}
	}
}

func load(t *testing.T) (r reference) {
	t.Helper()
	data, err := os.ReadFile("testdata/reference.json")
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func draw(s Source, n int) []float32 {
	x := make([]float32, n)
	s.Normal(x)
	return x
}

func sum256(x []float32) string {
	raw, _ := binary.Append(nil, binary.LittleEndian, x)
	h := sha256.Sum256(raw)
	return hex.EncodeToString(h[:])
}

func same(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Errorf("%s: number %d is %v, want %v", what, i, got[i], want[i])
			return
		}
	}
}

func TestMersenne(t *testing.T) {
	for seed, want := range load(t).Words {
		n, _ := strconv.Atoi(seed)
		m := newMersenne(uint32(n))
		for i, w := range want {
			if got := m.next(); got != w {
				t.Errorf("seed %d: word %d is %d, want %d", n, i, got, w)
			}
		}
	}
}

func TestTorch(t *testing.T) {
	ref := load(t)
	for _, c := range ref.Randn {
		x := draw(NewTorch(c.Seed), c.N)
		for i, h := range c.Hex {
			if got := fmt.Sprintf("%08x", math.Float32bits(x[i])); got != h {
				t.Errorf("seed %d, randn(%d): number %d is %s, want %s", c.Seed, c.N, i, got, h)
				break
			}
		}
		if c.SHA256 != "" && sum256(x) != c.SHA256 {
			t.Errorf("seed %d, randn(%d): other bits than torch", c.Seed, c.N)
		}
	}
	g := NewTorch(0)
	for i, c := range ref.Sequence {
		same(t, fmt.Sprintf("call %d, randn(%d)", i, c.N), draw(g, c.N), c.Values)
	}
	u := make([]float32, len(ref.Rand))
	NewTorch(0).Uniform(u)
	same(t, "rand", u, ref.Rand)
	g = NewTorch(0)
	for i, want := range ref.Randint1000 {
		if got := g.Intn(1000); got != want {
			t.Errorf("randint %d is %d, want %d", i, got, want)
		}
	}
}

func TestNumPy(t *testing.T) {
	ref := load(t)
	for seed, want := range ref.Numpy {
		n, _ := strconv.Atoi(seed)
		same(t, "seed "+seed, draw(NewNumPy(uint32(n)), len(want)), want)
	}
	if got := sum256(draw(NewNumPy(0), ref.NumpySHA.N)); got != ref.NumpySHA.SHA256 {
		t.Error("16384 numbers have other bits than numpy's")
	}
}

func TestPhilox(t *testing.T) {
	for _, c := range load(t).Philox {
		g := NewPhilox(c.Seed)
		for range c.Offset {
			draw(g, 4)
		}
		x := draw(g, len(c.Values))
		for i, want := range c.Values {
			if math.Abs(float64(x[i]-want)) > 1e-6 {
				t.Errorf("seed %d, call %d: number %d is %v, want %v", c.Seed, c.Offset, i, x[i], want)
			}
		}
	}
}

// TestRestore cuts every source's sequence at every kind of place and goes on.
func TestRestore(t *testing.T) {
	sources := map[string]func() Source{
		"torch":  func() Source { return NewTorch(1<<40 + 7) },
		"philox": func() Source { return NewPhilox(1<<40 + 7) },
		"numpy":  func() Source { return NewNumPy(7) },
	}
	calls := []int{3, 16, 1, 20, 5, 1000, 4}
	for name, fresh := range sources {
		for stop := range len(calls) + 1 {
			whole, first := fresh(), fresh()
			for _, n := range calls[:stop] {
				draw(whole, n)
				draw(first, n)
			}
			text, err := json.Marshal(first.(interface{ State() State }).State())
			if err != nil {
				t.Fatal(err)
			}
			var st State
			if err := json.Unmarshal(text, &st); err != nil {
				t.Fatal(err)
			}
			second, err := Restore(st)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range append(calls[stop:], 7, 33) {
				same(t, fmt.Sprintf("%s cut after %d calls", name, stop), draw(second, n), draw(whole, n))
			}
			if a, b := whole.(interface{ State() State }).State(), second.(interface{ State() State }).State(); a != b {
				t.Errorf("%s: states differ at the end: %v and %v", name, a, b)
			}
		}
	}
	for _, bad := range []State{{}, {Kind: "mt"}, {Kind: "torch", Drawn: 1 << 60}} {
		if _, err := Restore(bad); err == nil {
			t.Errorf("%v was taken", bad)
		}
	}
}

func TestFMA(t *testing.T) {
	// 1 + 2^-24 lies halfway between two float32; the third part, lost in float64, decides.
	half := float32(1.0 / (1 << 24))
	tiny := float32(1 + 1.0/(1<<23))
	for _, c := range []struct{ a, b, c, want float32 }{
		{half, 1, 1, 1},
		{half, 1, tiny, 1 + 2.0/(1<<23)},
		{half, tiny, 1, tiny},
		{-half, 0.5, 1, 1},
		{3, 4, 5, 17},
	} {
		if got := fma32(c.a, c.b, c.c); got != c.want {
			t.Errorf("%v*%v + %v = %v, want %v", c.a, c.b, c.c, got, c.want)
		}
	}
	// Sums that are ties in float64 and just off them in truth: a plain conversion would round the second down.
	big, up, down := float32(1<<30), float32(1+1.0/(1<<23)), float32(64*(1-1.0/(1<<23)))
	if got := fma32(up, down, big); got != big {
		t.Errorf("just below the tie: %v, want %v", got, big)
	}
	if got := fma32(-up, down, big+128); got != big+128 {
		t.Errorf("just above the tie: %v, want %v", got, big+128)
	}
}

func BenchmarkTorch(b *testing.B) {
	g, x := NewTorch(0), make([]float32, 16384)
	b.SetBytes(4 * 16384)
	for b.Loop() {
		g.Normal(x)
	}
}
