package engine

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// From Generate to the network it is four hops, whose names say what they do: who reads the loop can follow it.
func TestStraightWay(t *testing.T) {
	g := fakeNet()
	whole := g.run
	var way []string
	g.run = func(ctx context.Context, in map[string]Tensor) ([]Tensor, error) {
		pc := make([]uintptr, 50)
		frames := runtime.CallersFrames(pc[:runtime.Callers(2, pc)])
		way = nil
		for {
			f, more := frames.Next()
			name := strings.TrimPrefix(f.Function, "nirvana/engine")
			name = strings.NewReplacer("(*run).", "", "(*Model).", "", "(*Network).", "").Replace(name)
			name, _, _ = strings.Cut(name, ".func") // a closure is its function's
			if _, of, ok := strings.Cut(name, "."); ok && name != f.Function && !slices.Contains(way, of) && !strings.HasPrefix(name, "/graph") {
				way = append(way, of)
			}
			if strings.HasSuffix(name, ".Generate") { // also where it was inlined into this test
				way[len(way)-1] = "Generate"
				break
			}
			if !more {
				break
			}
		}
		slices.Reverse(way)
		return whole(ctx, in)
	}
	m, err := fakePixelModel(g)
	if err != nil {
		t.Fatal(err)
	}
	for range m.Generate(context.Background(), Request{Steps: 1, Guidance: 1}) {
	}
	if i := slices.Index(way, "(*fakeGraph).Run"); i >= 0 {
		way = way[:i]
	}
	if want := []string{"Generate", "walk", "predictNoise", "callDenoiser", "Call"}; !slices.Equal(way, want) {
		t.Errorf("the way to the network is %v, want %v", way, want)
	}
}
