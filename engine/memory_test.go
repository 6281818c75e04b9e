package engine

import (
	"context"
	"errors"
	"image"
	"runtime/debug"
	"strings"
	"testing"

	"nirvana/engine/fault"
	"nirvana/engine/memory"
)

// A run whose pictures do not fit into the memory is refused before its first step; the same run goes with memory again.
func TestGenerateWithoutMemory(t *testing.T) {
	m, _ := wordNet(t, 1)
	was := debug.SetMemoryLimit(1)
	defer debug.SetMemoryLimit(was)
	for _, err := range m.Generate(context.Background(), Request{Steps: 2, Prompt: "owl"}) {
		var s *memory.Short
		if fault.Of(err) != fault.Memory || !errors.As(err, &s) || !strings.HasPrefix(s.What, "a picture of ") {
			t.Errorf("%v", err)
		}
	}
	debug.SetMemoryLimit(was)
	all(t, m, Request{Steps: 2, Prompt: "owl"})
}

func TestUpscaleWithoutMemory(t *testing.T) {
	was := debug.SetMemoryLimit(1)
	defer debug.SetMemoryLimit(was)
	net := &repeater{times: 2}
	for _, factor := range []float64{2, 3} {
		out, err := Upscaler{Graph: net, Name: "repeater"}.Upscale(context.Background(), image.NewRGBA(image.Rect(0, 0, 40, 30)), factor, nil)
		if fault.Of(err) != fault.Memory || out != nil {
			t.Errorf("%g times: %v", factor, err)
		}
	}
}
