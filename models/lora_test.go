package models

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
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

// Invoke's folders of single models are no part of a LoRA's name, unless two have the same; a prompt may still name them.
func TestIdentifiersInNames(t *testing.T) {
	dir := t.TempDir()
	const one, two, three = "1d9c7a52-6f0e-4c38-b7d1-9e8f2a3b4c03", "6a5b4c3d-2e1f-4091-8273-645546372804", "7e6d5c4b-3a29-4187-9605-f4e3d2c1b005"
	for _, name := range []string{one + "/ink wash", two + "/lines", three + "/lines"} {
		file := filepath.Join(dir, "loras", filepath.FromSlash(name)+".safetensors")
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f := Folder{Dir: dir}
	var names []string
	for _, a := range f.LoRAs() {
		names = append(names, a.Name)
	}
	slices.Sort(names)
	if want := []string{two + "/lines", three + "/lines", "ink wash"}; !slices.Equal(names, want) {
		t.Errorf("%q", names)
	}
	for _, name := range []string{"ink wash", one + "/ink wash", two + "/lines", "lines"} {
		if file, err := f.LoRA(name); err != nil || !strings.HasSuffix(file, name[strings.LastIndexByte(name, '/')+1:]+".safetensors") {
			t.Errorf("%s: %s, %v", name, file, err)
		}
	}
}
