package pixel

import (
	"bytes"
	"image"
	"image/png"
	"runtime/debug"
	"strings"
	"testing"

	"nirvana/engine/fault"
)

// A picture that does not fit into the memory is refused by the size in its head.
func TestReadWithoutMemory(t *testing.T) {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 300, 20))); err != nil {
		t.Fatal(err)
	}
	was := debug.SetMemoryLimit(1)
	defer debug.SetMemoryLimit(was)
	if f, err := Read(bytes.NewReader(b.Bytes())); f != nil || fault.Of(err) != fault.Memory || !strings.Contains(err.Error(), "a picture of 300 x 20 px") {
		t.Error(err)
	}
	debug.SetMemoryLimit(was)
	if _, err := Read(bytes.NewReader(b.Bytes())); err != nil {
		t.Error(err)
	}
}
