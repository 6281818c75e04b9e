package models

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nirvana/engine/fault"
)

// LoRAs lie in folders inside the folder, and are found by their whole name or by it alone, whatever its capitals.
func TestAdaptersInFolders(t *testing.T) {
	home := t.TempDir()
	dir := filepath.Join(home, "loras")
	for _, name := range []string{"top.safetensors", "sub/deep.safetensors", "sub/UP.SAFETENSORS", "sub/other/top.safetensors", "old.pt", "sub/notes.txt", "folder.safetensors/x.txt"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	linked := os.Symlink(dir, filepath.Join(dir, "sub", "circle")) == nil
	if elsewhere := t.TempDir(); linked {
		if err := os.WriteFile(filepath.Join(elsewhere, "far.safetensors"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(elsewhere, filepath.Join(dir, "linked")); err != nil {
			t.Fatal(err)
		}
	}
	head := `{"__metadata__":{"ss_output_name":"Ink_v2"},"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`
	renamed := append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head...)
	if err := os.WriteFile(filepath.Join(dir, "sub", "renamed.safetensors"), renamed, 0o600); err != nil {
		t.Fatal(err)
	}
	f := Folder{Dir: filepath.Join(home, "none")}
	for name, want := range map[string]string{
		"top": "top.safetensors", "deep": "sub/deep.safetensors", "sub/deep": "sub/deep.safetensors", `sub\deep`: "sub/deep.safetensors",
		"Deep.safetensors": "sub/deep.safetensors", "up": "sub/UP.SAFETENSORS", "sub/other/top": "sub/other/top.safetensors", "other/top": "sub/other/top.safetensors",
		"ink_V2": "sub/renamed.safetensors", "far": "linked/far.safetensors", "linked/far": "linked/far.safetensors",
	} {
		if got, err := f.LoRA(name, dir); err != nil || got != filepath.Join(dir, filepath.FromSlash(want)) {
			if linked || !strings.Contains(want, "linked") {
				t.Errorf("%s is %s, %v", name, got, err)
			}
		}
	}
	for name, want := range map[string]string{"old": "can run programs", "ep": "there is no ep.safetensors", "folder": "there is no", "": "there is no"} {
		if got, err := f.LoRA(name, dir); err == nil || fault.Of(err) != fault.NoLoRA || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is %s, %v", name, got, err)
		}
	}
	files, pickled := f.Embeddings(dir)
	var names []string
	for _, a := range files {
		names = append(names, a.Name)
	}
	if got := strings.Join(names, " "); !strings.HasPrefix(got, "top ") || !strings.Contains(got, "sub/deep") || len(pickled) != 1 || pickled[0].Name != "old" {
		t.Errorf("embeddings %s, pickled %v", got, pickled)
	}
}
