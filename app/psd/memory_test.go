package psd

import (
	"bytes"
	"runtime/debug"
	"strings"
	"testing"

	"nirvana/engine/fault"
	"nirvana/engine/pixel/composite"
)

// Layers that do not fit into the memory are refused by name, and so is a file of them; the layers stay as they are.
func TestWithoutMemory(t *testing.T) {
	s, size := many(composite.Normal)
	var file bytes.Buffer
	if err := Encode(&file, s, s.Picture(size)); err != nil {
		t.Fatal(err)
	}
	picture := s.Picture(size)
	was := debug.SetMemoryLimit(1)
	defer debug.SetMemoryLimit(was)
	if f, err := Decode(file.Bytes()); f != nil || fault.Of(err) != fault.Memory || !strings.Contains(err.Error(), `layer "Ground" of 300 x 200 px`) {
		t.Error(err)
	}
	var out bytes.Buffer
	if err := Encode(&out, s, picture); fault.Of(err) != fault.Memory || out.Len() > 0 {
		t.Error(err)
	}
	debug.SetMemoryLimit(was)
	f, err := Decode(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	same(t, f.Layers, s)
}
