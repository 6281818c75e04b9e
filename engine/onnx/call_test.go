package onnx

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	ort "github.com/yalue/onnxruntime_go"

	"nirvana/engine"
	"nirvana/engine/onnx/graphfile"
)

// light is a network in the ports of a U-Net at 512 px that computes next to nothing: one product a prompt, one addition a step.
func light() *graphfile.Model {
	m := graphfile.New(17)
	m.Inputs = []graphfile.Value{graphfile.NewValue("sample", graphfile.Float32, -1, 4, -1, -1), graphfile.NewValue(states, graphfile.Float32, -1, -1, 768)}
	m.Outputs = []graphfile.Value{graphfile.NewValue("out_sample", graphfile.Float32, -1, 4, -1, -1)}
	m.Tensors = []*graphfile.Tensor{graphfile.NewFloats("wk", []int64{768, 1}, waves(768, 1).Data), graphfile.NewInts("places", 2, 3)}
	node(m, "MatMul", "keys", "keys", states, "wk")
	node(m, "ReduceMean", "mean", "mean", "keys").SetInts("axes", 1).SetInt("keepdims", 0)
	node(m, "Unsqueeze", "spread", "spread", "mean", "places")
	node(m, "Add", "out", "out_sample", "sample", "spread")
	return m
}

// BenchmarkCall is what a call costs beside the network: tensors there and back, the prompt looked up, a stop made
// possible. The time of the session alone is taken off.
func BenchmarkCall(b *testing.B) {
	for px, side := range map[string]int{"512px": 64, "128px": 16} {
		b.Run(px, func(b *testing.B) { benchmarkCall(b, waves(1, 4, side, side)) })
	}
}

func benchmarkCall(b *testing.B, x engine.Tensor) {
	g := open(b, save(b, light()), Options{})
	in := map[string]engine.Tensor{"sample": x, states: waves(1, 77, 768)}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if _, err := g.Run(ctx, in); err != nil {
		b.Fatal(err)
	}
	bare := bareCall(b, g, in)
	b.ReportAllocs()
	var alone, whole time.Duration
	for b.Loop() {
		began := time.Now()
		if _, err := g.Run(ctx, in); err != nil {
			b.Fatal(err)
		}
		middle := time.Now()
		bare()
		whole, alone = whole+middle.Sub(began), alone+time.Since(middle)
	}
	b.ReportMetric(float64((whole-alone).Microseconds())/float64(b.N), "us-beside/op")
	b.ReportMetric(0, "ns/op")
}

// bareCall is the session's run alone, on values made beforehand.
func bareCall(b *testing.B, g *Graph, in map[string]engine.Tensor) func() {
	x, err := value(in["sample"], "float32")
	if err != nil {
		b.Fatal(err)
	}
	told := g.opened.prompts[0]
	fed := map[string]ort.Value{"sample": x}
	for i, name := range g.opened.Parts[promptPart].Out {
		fed[name] = told.values[i]
	}
	y, err := value(engine.Zeros(in["sample"].Shape...), "float32")
	if err != nil {
		b.Fatal(err)
	}
	return func() {
		if err := g.opened.runPart(mainPart, fed, []ort.Value{y}, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStopDecode stops runs of convolutions as wide as the last ones of Stable Diffusion's decoder at 512 px, the
// longest operations that there are, at a random moment. It tells how long the caller waited.
func BenchmarkStopDecode(b *testing.B) {
	g := open(b, save(b, convolutions(256, 6)), Options{})
	in := map[string]engine.Tensor{"x": engine.Zeros(1, 256, 256, 256)}
	run(b, g, map[string]engine.Tensor{"x": engine.Zeros(1, 256, 8, 8)})
	var waited []float64
	for b.Loop() {
		ctx, cancel := context.WithCancel(context.Background())
		var stopped time.Time
		time.AfterFunc(time.Duration(20+rand.IntN(600))*time.Millisecond, func() { stopped = time.Now(); cancel() })
		if _, err := g.Run(ctx, in); err == nil {
			b.Fatal("the run ended before it was stopped: this machine is too quick for the benchmark")
		}
		waited = append(waited, float64(time.Since(stopped).Microseconds())/1000)
		if err := g.Close(); err != nil { // the next round begins on a quiet machine
			b.Fatal(err)
		}
	}
	slices.Sort(waited)
	b.ReportMetric(waited[len(waited)/2], "ms/median")
	b.ReportMetric(waited[len(waited)-1], "ms/most")
	b.ReportMetric(0, "ns/op")
}
