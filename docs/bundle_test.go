package docs_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/BurntSushi/toml"
)

// TestBundle makes the macOS application's own files as `make app` does, and reads them with Python's plistlib.
func TestBundle(t *testing.T) {
	app := filepath.Join(t.TempDir(), "Nirvana.app")
	c := exec.CommandContext(t.Context(), "go", "run", ".ci/bundle.go", app)
	c.Dir = ".."
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	checkIcon(t, filepath.Join(app, "Contents/Resources/nirvana.icns"))

	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3")
	}
	out, err := exec.CommandContext(t.Context(), python, "-c", "import json, plistlib, sys; print(json.dumps(plistlib.load(open(sys.argv[1], 'rb'))))",
		filepath.Join(app, "Contents/Info.plist")).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var got map[string]any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Details struct{ ID, Name, Version string }
	}
	if _, err := toml.DecodeFile("../FyneApp.toml", &manifest); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{
		"CFBundleIdentifier": manifest.Details.ID, "CFBundleName": manifest.Details.Name, "CFBundleShortVersionString": manifest.Details.Version,
		"CFBundlePackageType": "APPL", "CFBundleExecutable": "nirvana", "CFBundleIconFile": "nirvana.icns", "NSHighResolutionCapable": true,
	} {
		if got[key] != want || want == "" {
			t.Errorf("%s is %v, not %v", key, got[key], want)
		}
	}
	checkLanguages(t, got["CFBundleLocalizations"])
}

// checkLanguages compares with the translations that the program has.
func checkLanguages(t *testing.T, listed any) {
	t.Helper()
	files, err := filepath.Glob("../assets/translations/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	languages, _ := listed.([]any)
	for _, file := range files {
		name := filepath.Base(file[:len(file)-len(".json")])
		if !slices.Contains(languages, any(name)) {
			t.Errorf("CFBundleLocalizations lacks %s: %v", name, languages)
		}
	}
	if len(languages) != len(files) {
		t.Errorf("CFBundleLocalizations is %v for %d translations", languages, len(files))
	}
}

// checkIcon reads the container of icons: its length, then one PNG with its own.
func checkIcon(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) < 16 || string(data[:4]) != "icns" || string(data[8:12]) != "ic09" {
		t.Fatalf("no icns: %q", data[:min(len(data), 16)])
	}
	if whole, one := binary.BigEndian.Uint32(data[4:]), binary.BigEndian.Uint32(data[12:]); int(whole) != len(data) || int(one) != len(data)-8 {
		t.Errorf("lengths %d and %d in %d bytes", whole, one, len(data))
	}
	if picture, err := png.Decode(bytes.NewReader(data[16:])); err != nil || picture.Bounds().Dx() != 512 {
		t.Errorf("no picture of 512 px: %v", err)
	}
}
