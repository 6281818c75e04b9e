package onnx

import (
	"testing"

	"nirvana/engine/onnx/graphfile"
)

// A network whose packed weights would lie crooked in the kept file may not be mapped: it ends the program.
func TestCacheCrooked(t *testing.T) {
	kept := func(external map[string]string) *graphfile.Model {
		return &graphfile.Model{Tensors: []*graphfile.Tensor{{External: external}}}
	}
	if !alignedIn(kept(map[string]string{"offset": "4", "prepacked_0": "MatMul+1|128;64;0"})) {
		t.Error("only packed weights have to be aligned")
	}
	if alignedIn(kept(map[string]string{"offset": "64", "prepacked_0": "MatMul+1|132;64;0"})) {
		t.Error("crooked weights are taken")
	}
	if alignedIn(kept(map[string]string{"offset": "64", "prepacked_0": "MatMul+1|128;60;0|188;64;0"})) {
		t.Error("the second of two packed weights is crooked")
	}
}
