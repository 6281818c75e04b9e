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
		if code := cli.Run(t.Context(), cli.Env{Out: &out, Err: &out, Catalogue: known()}, args); code != cli.Done || !strings.Contains(out.String(), own) {
			t.Errorf("%v: %d, %s", args, code, &out)
		}
	}
}

// When --model names nothing, the model that ships is offered: not another of its name.
func TestOfferTheShipped(t *testing.T) {
	t.Setenv("NIRVANA_HOME", t.TempDir())
	s := studioOf(t, app.ModelInfo{Name: "nirvana", Dir: "twin"}, app.ModelInfo{Name: "nirvana", Dir: "beside", Shipped: true})
	openModel(s, filepath.Join(t.TempDir(), "nowhere"))
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
