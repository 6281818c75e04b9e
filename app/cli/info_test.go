package cli

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// foreign is a GIF whose comment is AUTOMATIC1111's text.
func foreign(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.gif")
	file := []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00\x21\xfe")
	for ; text != ""; text = text[min(len(text), 255):] {
		file = append(append(file, byte(min(len(text), 255))), text[:min(len(text), 255)]...)
	}
	if err := os.WriteFile(path, append(file, 0, ';'), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// info lists what of a foreign recipe is lost, takes several files, and sends no command to the terminal.
func TestInfo(t *testing.T) {
	path := foreign(t, "a \x1b[31mfox\u202e\nSteps: 3, Sampler: Euler, Seed: 18446744073709551615, Size: 64x64, Hires \u009bupscale: 2, Face restoration: GFPGAN")
	var out, errs bytes.Buffer
	env := Env{Out: &out, Err: &errs}
	if code := Run(t.Context(), env, []string{"info", path, path}); code != Done {
		t.Fatal(code, errs.String())
	}
	for _, part := range []string{"a \ufffd[31mfox\ufffd\n", "Seed: 18446744073709551615,", "Written by AUTOMATIC1111.", "Not carried over:\n", "  Face restoration: GFPGAN\n", "a.gif:\n"} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("%q is not in %q", part, out.String())
		}
	}
	if strings.ContainsAny(out.String(), "\x1b\u009b\u202e") {
		t.Errorf("a command to the terminal: %q", out.String())
	}
	out.Reset()
	if code := Run(t.Context(), env, []string{"info", "--json", path}); code != Done {
		t.Fatal(code, errs.String())
	}
	var told struct {
		Seed    uint64
		Prompt  string
		Program string
		Lost    []string
	}
	if err := json.Unmarshal(out.Bytes(), &told); err != nil || told.Seed != math.MaxUint64 || told.Program != "AUTOMATIC1111" || len(told.Lost) == 0 || told.Prompt != "a \x1b[31mfox\u202e" {
		t.Errorf("%v: %+v", err, told)
	}
	for args, code := range map[string]int{"info": WrongUsage, "info --yaml x": WrongUsage, "info nowhere.png": Failed, "info /": Failed} {
		if got := Run(t.Context(), env, strings.Fields(args)); got != code {
			t.Errorf("%s ended with %d", args, got)
		}
	}
}

// Numbers of flags and recipes are held against what is possible before anything is made of them.
func TestHugeNumbers(t *testing.T) {
	for seed, want := range map[string]uint64{"0": 0, "18446744073709551615": math.MaxUint64, "9007199254740993": 9007199254740993} {
		if o, err := parse([]string{"--out", "a.png", "--seed", seed}, &bytes.Buffer{}); err != nil || o.request.Seed != want {
			t.Errorf("--seed %s: %v, %v", seed, o, err)
		}
	}
	for _, seed := range []string{"-2", "18446744073709551616", "1.5", "x", ""} {
		if _, err := parse([]string{"--out", "a.png", "--seed", seed}, &bytes.Buffer{}); err == nil {
			t.Errorf("--seed %q was taken", seed)
		}
	}
	dir := t.TempDir()
	for _, js := range []string{`{"steps": 2, "expand": [1000000000, 1000000000, 1000000000, 1000000000]}`, `{"steps": 1000000000}`, `{"width": 4000000000, "height": 1}`, `{"steps": 2, "expand": [-5, 0, 0, 0]}`} {
		path := filepath.Join(dir, "r.json")
		if err := os.WriteFile(path, []byte(js), 0o600); err != nil {
			t.Fatal(err)
		}
		var errs bytes.Buffer
		if code := Run(t.Context(), Env{Out: &bytes.Buffer{}, Err: &errs}, []string{"generate", "--recipe", path, "--init", path, "--out", filepath.Join(dir, "o.png")}); code != Failed {
			t.Errorf("%s ended with %d, %s", js, code, errs.String())
		}
	}
}
