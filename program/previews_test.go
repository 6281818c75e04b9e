package program

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"nirvana/models"
)

// How latents are shown is kept from one opening to the next; what is broken or nowhere is as if it were not there.
func TestPreviewsKept(t *testing.T) {
	t.Setenv("NIRVANA_HOME", t.TempDir())
	folder, err := models.Read("models/nirvana")
	if err != nil {
		t.Fatal(err)
	}
	kept := previews(folder)
	if kept.read() != nil {
		t.Error("something is kept before it was written")
	}
	factors := []float32{0.1, -2.5e-7, 3}
	kept.write(factors)
	if got := previews(folder).read(); !slices.Equal(got, factors) {
		t.Errorf("kept %v of %v", got, factors)
	}
	if err := os.WriteFile(string(kept), []byte("[1,"), 0o600); err != nil {
		t.Fatal(err)
	}
	if kept.read() != nil {
		t.Error("a broken file was read")
	}
	none := fitted("")
	none.write(factors)
	if none.read() != nil {
		t.Error("nowhere kept something")
	}
	if files, _ := filepath.Glob(filepath.Join(filepath.Dir(string(kept)), "*")); len(files) != 1 {
		t.Errorf("files %v", files)
	}
}
