package program

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nirvana/app"
	"nirvana/app/cli"
)

// A folder that was added in the window is known in the terminal, also while the window is open.
func TestKnownModels(t *testing.T) {
	t.Setenv("NIRVANA_HOME", t.TempDir())
	recorded, err := unpacked()
	if err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(t.TempDir(), "linked")
	if err := os.CopyFS(own, os.DirFS(filepath.Join(recorded, "sd1"))); err != nil {
		t.Fatal(err)
	}
	s := studioOf(t)
	m, err := readModel(own)
	if err != nil {
		t.Fatal(err)
	}
	s.AddModel(m)
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"models", "list"}, {"models", "check", "linked"}} {
		var out bytes.Buffer
		if code := cli.Run(t.Context(), cli.Env{Out: &out, Err: &out, Catalogue: known(openFolders(""))}, args); code != cli.Done || !strings.Contains(out.String(), own) {
			t.Errorf("%v: %d, %s", args, code, &out)
		}
	}
}

// The models of a folder that was added in the window are known in the terminal by their names, and are listed with those in
// a folder that is named, without a header being read twice.
func TestKnownFolders(t *testing.T) {
	home, root := t.TempDir(), t.TempDir()
	t.Setenv("NIRVANA_HOME", home)
	file := filepath.Join(root, "models", "Stable-diffusion", "sub", "painter.safetensors")
	err := os.MkdirAll(filepath.Dir(file), 0o755)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(checkpoints(t), "sd1.safetensors"))
	if err == nil {
		err = os.WriteFile(file, data, 0o644)
	}
	if err == nil { // the configs of so small a model
		err = os.CopyFS(strings.TrimSuffix(file, ".safetensors"), os.DirFS(filepath.Join(checkpoints(t), "sd1")))
	}
	if err != nil {
		t.Fatal(err)
	}
	s := studioOf(t)
	s.AddRoot(root)
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"models", "list"}, {"models", "list", root}, {"models", "check", "painter"}} {
		kept := openFolders("")
		var out bytes.Buffer
		if code := cli.Run(t.Context(), cli.Env{Out: &out, Err: &out, Catalogue: known(kept), Listing: kept.cache, Roots: roots}, args); code != cli.Done || !strings.Contains(out.String(), file) {
			t.Errorf("%v: %d, %s", args, code, &out)
		}
	}
	kept := openFolders("")
	if _, err := kept.list(t.Context(), root, func([]app.ModelInfo) {}); err != nil || kept.cache.Reads() != 0 {
		t.Errorf("%d headers are read again, %v", kept.cache.Reads(), err)
	}
}

// When --model names nothing, the model that ships is offered: not another of its name.
func TestOfferTheShipped(t *testing.T) {
	t.Setenv("NIRVANA_HOME", t.TempDir())
	s := studioOf(t, app.ModelInfo{Name: "nirvana", Dir: "twin"}, app.ModelInfo{Name: "nirvana", Dir: "beside", Shipped: true})
	openModel(s, openFolders(""), filepath.Join(t.TempDir(), "nowhere"))
	if s.Notice == nil || s.Notice.Action != "Use the included model" {
		t.Fatalf("%+v", s.Notice)
	}
	s.Notice.Do()
	if s.Settings.ModelDir != "beside" {
		t.Errorf("%q was opened", s.Settings.ModelDir)
	}
}

// studioOf is a studio in NIRVANA_HOME that opens no models.
func studioOf(t *testing.T, infos ...app.ModelInfo) *app.Studio {
	s, err := app.New(app.Options{Home: os.Getenv("NIRVANA_HOME"), Post: func(func()) {}, Models: infos, Read: readModel})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}
