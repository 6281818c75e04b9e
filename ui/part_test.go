package ui

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nirvana/app"
)

// Of a dropped file that is no model it is said what it is and what it is for; a LoRA is put where LoRAs are found, whole, and
// a file that nobody knows is refused with the reason.
func TestDroppedParts(t *testing.T) {
	home, dir := t.TempDir(), t.TempDir()
	file := filepath.Join(dir, "ink.safetensors")
	if err := os.WriteFile(file, []byte("weights"), 0o644); err != nil {
		t.Fatal(err)
	}
	kind := ""
	w := window(t, Options{Home: home, KindOf: func(path string) (string, app.Part) { return kind, app.Part{Name: "ink", Path: path, Encoder: "T5"} }})
	kept := 0
	no := func(string) (app.ModelInfo, error) { return app.ModelInfo{}, errors.New("it is in pickle format") }
	for kind = range parts {
		w.takeDropped(readDropped([]string{file}, no, w.options.KindOf))
		n := w.studio.Notice
		if n == nil || !strings.HasPrefix(n.Headline, "ink.safetensors is a") || n.Advice == "" || n.Do == nil {
			t.Fatalf("%s: %+v", kind, n)
		}
		if n.DoAlso != nil {
			kept++
			n.DoAlso()
			if data, err := os.ReadFile(filepath.Join(home, parts[kind].folder, "ink.safetensors")); err != nil || string(data) != "weights" {
				t.Errorf("%s: %q, %v", kind, data, err)
			}
		}
		n.Do()
		switch kind {
		case "VAE":
			if set := w.studio.Settings.VAE; set != file {
				t.Errorf("the VAE is %q", set)
			}
			continue
		case "text encoder":
			if set := w.studio.Settings.TextEncoders; set != (app.Settings{}.TextEncoders) && set[2] == file && strings.Contains(n.Headline, "(T5)") {
				continue
			}
			t.Errorf("%q: the text encoders are %q", n.Headline, w.studio.Settings.TextEncoders)
			continue
		case "upscaler":
			if w.upscale == nil || w.studio.Settings.Upscale.File != file || w.upscale.net.parts[0].Path != file {
				t.Errorf("the dialog has %+v", w.upscale)
			}
			w.upscale.close()
			continue
		case "ControlNet":
			if c := w.studio.Settings.Control; c.NetFile != file || c.Net != "ink" || c.Source != "edges" {
				t.Errorf("the ControlNet is %+v", c)
			}
			continue
		}
		if data, err := os.ReadFile(filepath.Join(home, parts[kind].folder, "ink.safetensors")); err != nil || string(data) != "weights" {
			t.Errorf("%s: %q, %v", kind, data, err)
		}
	}
	if kept != 2 {
		t.Errorf("%d kinds can be used and kept in the data folder", kept)
	}
	kind = "pickle"
	if found := readDropped([]string{file}, no, w.options.KindOf); len(found.failed) != 1 || len(found.parts) != 0 {
		t.Errorf("%+v", found)
	}
	same := filepath.Join(home, "loras", "ink.safetensors")
	if err := copyFile(same, same); err != nil {
		t.Errorf("onto itself: %v", err)
	}
	if data, _ := os.ReadFile(same); string(data) != "weights" {
		t.Error("a file that was copied onto itself is damaged")
	}
}
