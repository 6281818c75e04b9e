package onnx

import (
	"context"
	"errors"
	"strings"
	"testing"

	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/onnx/graphfile"
)

// A sound network that asks for what the library lacks is told so by name, and not that it may be truncated. Optimisers for
// graphics cards write NhwcConv, which the processor has no kernel for.
func TestNamesWhatIsLacking(t *testing.T) {
	for name, c := range map[string]struct {
		domain, op string
		opset      int64
		want       string
	}{
		"no kernel":          {"com.microsoft", "NhwcConv", 17, "the operator NhwcConv"},
		"no such operator":   {"", "RotaryConv", 17, "the operator "},
		"another's domain":   {"com.example", "Rotary", 17, "the operator "},
		"a later opset":      {"", "Identity", 99, "99"},
		"a later op in ours": {"com.microsoft", "AttentionOfTomorrow", 17, "AttentionOfTomorrow"},
	} {
		m := graphfile.New(17)
		m.Opsets[""] = c.opset
		if c.domain != "" {
			m.Opsets[c.domain] = 1
		}
		m.Inputs = []graphfile.Value{graphfile.NewValue("x", graphfile.Float32, 1, 4, 4, 2)}
		m.Outputs = []graphfile.Value{graphfile.NewValue("y", graphfile.Float32, 1, 4, 4, 2)}
		in := []string{"x"}
		if c.op == "NhwcConv" {
			m.Tensors = []*graphfile.Tensor{graphfile.NewFloats("w", []int64{2, 1, 1, 2}, []float32{1, 0, 0, 1})}
			in = append(in, "w")
		}
		node(m, c.op, "node", "y", in...).Domain = c.domain
		_, err := open(t, save(t, m), Options{}).Run(context.Background(), map[string]engine.Tensor{"x": engine.Zeros(1, 4, 4, 2)})
		if fault.Of(err) != fault.Unknown || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "truncated") {
			t.Errorf("%s: %v", name, err)
		}
	}
	// As it says of half precision, which only some builds of the library refuse.
	if got := beyond(errors.New("Failed to find kernel for com.microsoft.NhwcConv(1) (node:'c' ep:'CPUExecutionProvider'). Kernel not found")); got != "the operator com.microsoft.NhwcConv" {
		t.Errorf("of half precision: %q", got)
	}
}
