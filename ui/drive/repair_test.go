//go:build window

package drive

import (
	"bytes"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"nirvana/models/hub/hubtest"
)

// TestWindowRepair fetches a model from a hub of its own, damages a file, and has the window check and repair it.
func TestWindowRepair(t *testing.T) {
	t.Parallel()
	files := map[string][]byte{}
	source := filepath.Join(filepath.Dir(*program), "models", "nirvana")
	err := filepath.WalkDir(source, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			name, _ := filepath.Rel(source, path)
			files[filepath.ToSlash(name)], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Skip("no model beside the program:", err)
	}
	hub := hubtest.New(files)
	t.Cleanup(hub.Close)
	s := open(t, image.Pt(1280, 800), []string{"HF_ENDPOINT=" + hub.URL})
	s.resize(image.Pt(1280, 800))
	s.rest()
	s.appears(func() { s.must(s.display.Click(s.at(228, 12))) })
	s.appears(func() { s.must(s.display.Press(menu(1)...)) })
	s.must(s.display.Click(s.at(620, 629)))
	s.must(s.display.Type(hubtest.Name))
	s.must(s.display.Press("Return"))
	unet := filepath.Join(s.home, "models", "model", "unet", "model.onnx")
	whole := func() (bool, error) {
		data, err := os.ReadFile(unet)
		return err == nil && bytes.Equal(data, files["unet/model.onnx"]), nil
	}
	s.must(eventually(runLimit, whole))
	s.stands(s.window.Bounds)
	s.state("repair-fetched")
	damaged := bytes.Clone(files["unet/model.onnx"])
	damaged[len(damaged)/2] ^= 1
	s.must(os.WriteFile(unet, damaged, 0o644))
	notice := image.Rect(260, 530, 900, 600) // above the field for a name
	tells := func(what string, at image.Point) {
		t.Helper()
		before := s.show(notice)
		s.must(s.display.Click(s.at(at.X, at.Y)))
		s.away()
		told := func() (bool, error) { return far(s.show(notice), before) > 0.3, nil }
		if err := eventually(runLimit, told); err != nil {
			t.Fatalf("nothing is told of the %s: %v", what, err)
		}
		s.state("repair-" + what)
	}
	tells("check", image.Pt(937, 374))
	if yes, _ := whole(); yes {
		t.Fatal("a check has changed the file")
	}
	tells("repair", image.Pt(971, 374))
	s.must(eventually(runLimit, whole))
}
