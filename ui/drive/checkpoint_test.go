//go:build window

package drive

import (
	"image"
	"path/filepath"
	"testing"

	"nirvana/app/conformance"
)

const recorded = "../../app/conformance/testdata"

// TestWindowDropCheckpoint drops a checkpoint onto the window, which says what it is and paints with it; then a file that
// is no model, which is told apart.
func TestWindowDropCheckpoint(t *testing.T) {
	t.Parallel()
	s := open(t, image.Pt(1280, 800), nil)
	s.resize(image.Pt(1280, 800))
	s.rest()
	models := filepath.Join(s.home, "models of another program")
	s.must(conformance.Unpack(filepath.Join(recorded, "checkpoints", "models.zip"), models))
	whole := s.watchAll()
	s.must(s.display.Drop(s.window, s.spot(0.5, 0.5), filepath.Join(models, "sd1.safetensors")))
	if err := whole.UntilChanges(1, runLimit); err != nil {
		t.Fatalf("nothing tells of a dropped checkpoint: %v", err)
	}
	s.rest()
	s.state("checkpoint-1-dropped")
	whole = s.watchAll()
	lora, err := filepath.Abs(filepath.Join(recorded, "adapters", "lora-a.kohya.safetensors"))
	s.must(err)
	s.must(s.display.Drop(s.window, s.spot(0.5, 0.5), lora))
	if err := whole.UntilChanges(1, runLimit); err != nil {
		t.Fatalf("nothing tells of a dropped file that is no model: %v", err)
	}
	s.rest()
	s.state("checkpoint-2-no-model")
	if !s.program.Alive() {
		t.Error("the program has ended")
	}
}
