package models

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// External data that is missing, cut off, or named outside of the folder is found out, by name.
func TestCheckExternalData(t *testing.T) {
	for name, c := range map[string]struct {
		location, data string
		want           string
	}{
		"whole":   {"model.onnx_data", strings.Repeat("x", 80), ""},
		"cut":     {"model.onnx_data", strings.Repeat("x", 79), "79 bytes of 80"},
		"missing": {"model.onnx_data", "", "it is not there"},
		"outside": {"../../secret", "", "leads out of the folder"},
		"root":    {"/etc/passwd", "", "leads out of the folder"},
		"windows": {"..\\..\\secret", "", "leads out of the folder"},
	} {
		contents := whole(t, "StableDiffusionPipeline", "unet", "text_encoder", "vae_decoder")
		contents["text_encoder/model.onnx"] = graph(t, c.location, 64)
		if c.data != "" {
			contents["text_encoder/"+c.location] = c.data
		}
		wrong := Check(made(t, t.TempDir(), contents))
		if c.want == "" && len(wrong) > 0 || c.want != "" && (len(wrong) != 1 || !strings.Contains(wrong[0], c.want) || !strings.HasPrefix(wrong[0], "text_encoder/"+c.location)) {
			t.Errorf("%s: %q", name, wrong)
		}
	}
}

// What SHA256SUMS names is read in the folder only; names with blanks and lines of Windows are names too.
func TestSums(t *testing.T) {
	top := t.TempDir()
	made(t, top, map[string]string{"secret": "s"})
	sum := func(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }
	dir := made(t, filepath.Join(top, "model"), whole(t, "DDPMPipeline", "unet"))
	made(t, dir, map[string]string{"a file": "a", "b": "b"})
	link(t, filepath.Join(top, "secret"), filepath.Join(dir, "linked"))
	for line, want := range map[string]string{
		sum("a") + "  a file":             "",
		sum("b") + " *b\r":                "",
		strings.ToUpper(sum("b")) + "  b": "",
		"# a remark":                      "",
		"":                                "",
		sum("a") + "  b":                  "b is not what SHA256SUMS says",
		sum("s") + "  ../secret":          "../secret cannot be read (it leads out of the folder)",
		sum("s") + "  linked":             "linked cannot be read (it leads out of the folder)",
		sum("s") + "  " + top + "/secret": "leads out of the folder",
		sum("s") + "  unet/../../secret":  "leads out of the folder",
		sum("s") + "  unet":               "it is a folder",
		sum("s") + "  none":               "none cannot be read",
	} {
		if err := os.WriteFile(filepath.Join(dir, "SHA256SUMS"), []byte(line+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		wrong := Check(dir)
		if want == "" && len(wrong) > 0 || want != "" && (len(wrong) != 1 || !strings.Contains(wrong[0], want)) {
			t.Errorf("%q: %q", line, wrong)
		}
	}
}

// Whatever SHA256SUMS holds: nothing outside of the folder is opened, and the check ends.
func FuzzSums(f *testing.F) {
	f.Add([]byte(strings.Repeat("0", 64) + "  ../secret\n"))
	f.Add([]byte(strings.Repeat("a", 64) + " */dev/zero\r\n"))
	f.Add([]byte("\xff\x00  \n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := made(t, t.TempDir(), map[string]string{"a": "a", "SHA256SUMS": string(data)})
		for line := range strings.Lines(string(data)) {
			_, name, ok := sumLine(line)
			if _, err := (Folder{Dir: dir}).sum(name); ok && err == nil && !strings.Contains(filepath.ToSlash(filepath.Clean(name)), "a") && name != "SHA256SUMS" {
				t.Errorf("%q was read", name)
			}
		}
		Folder{Dir: dir}.checkSums()
	})
}
