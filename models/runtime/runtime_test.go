package runtime

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nirvana/engine/fault"
)

// put makes an empty file and the folders above it.
func put(t *testing.T, path string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFindOrder(t *testing.T) {
	top := t.TempDir()
	p := places{program: filepath.Join(top, "program"), source: filepath.Join(top, "source"), cache: filepath.Join(top, "cache")}
	own := filepath.Join(top, "own", "libonnxruntime.so")
	const name = "libonnxruntime.so.1"
	folder := Folder("linux", "amd64")
	// From the last place to the first: each new file must win over those that are there already.
	for _, path := range []string{
		filepath.Join(p.cache, folder, name),
		filepath.Join(p.source, SourceFolder, folder, name),
		filepath.Join(p.program, SourceFolder, folder, name),
		filepath.Join(p.program, "lib", name),
		filepath.Join(p.program, name),
		own, // the artist's word
	} {
		if path == own {
			p.variable = own
		}
		put(t, path)
		if got, err := p.find("linux", "amd64"); err != nil || got != path {
			t.Fatalf("found %q, error %v; want %q", got, err, path)
		}
	}
}

func TestFindInApplication(t *testing.T) {
	contents := filepath.Join(t.TempDir(), "Nirvana.app", "Contents")
	p := places{program: filepath.Join(contents, "MacOS")}
	want := put(t, filepath.Join(contents, "Frameworks", "libonnxruntime.1.dylib"))
	if got, err := p.find("darwin", "arm64"); err != nil || got != want {
		t.Errorf("found %q, error %v; want %q", got, err, want)
	}
	put(t, filepath.Join(contents, "Frameworks", "libonnxruntime.so.1"))
	if got, err := p.find("linux", "amd64"); err == nil {
		t.Errorf("found %q on Linux", got)
	}
}

func TestFindSaysWhatToDo(t *testing.T) {
	empty := t.TempDir()
	for _, test := range []struct {
		name         string
		places       places
		goos, goarch string
		want         []string
	}{
		{"missing", places{cache: empty}, "linux", "amd64", []string{"make setup", Variable, "libonnxruntime.so.1", empty}},
		{"variable", places{variable: filepath.Join(empty, "gone.so")}, "linux", "amd64", []string{Variable, "gone.so"}},
		{"a folder", places{variable: empty}, "linux", "amd64", []string{Variable, "not a file"}},
		{"no build", places{cache: empty}, "darwin", "amd64", []string{Variable, "darwin/amd64"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			path, err := test.places.find(test.goos, test.goarch)
			if err == nil || errors.Is(err, fs.ErrNotExist) { // that would be one of the artist's files
				t.Fatalf("path %q, error %v", path, err)
			}
			if fault.Of(err) != fault.Runtime {
				t.Errorf("%q is of the kind %q", err, fault.Of(err))
			}
			for _, word := range test.want {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%q does not say %q", err, word)
				}
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q is more than one line", err)
			}
		})
	}
}

func TestSourceTree(t *testing.T) {
	top := t.TempDir()
	inside := filepath.Join(top, "engine", "onnx")
	if err := os.MkdirAll(inside, 0o755); err != nil {
		t.Fatal(err)
	}
	module := filepath.Join(top, "go.mod")
	for text, want := range map[string]string{"module nirvana\n\ngo 1.26\n": top, "module nirvana-like\n": "", "module other": ""} {
		if err := os.WriteFile(module, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if got := sourceTree(inside); got != want {
			t.Errorf("with %q: %q, want %q", text, got, want)
		}
	}
}

func TestNeeded(t *testing.T) {
	for platform, files := range needed {
		goos, _, _ := strings.Cut(platform, "/")
		if files[0].Name != LibraryName(goos) {
			t.Errorf("%s: the first file is %s, but %s is looked for", platform, files[0].Name, LibraryName(goos))
		}
		for _, file := range files {
			if len(file.SHA256) != 64 || file.Size == 0 || !strings.HasSuffix(file.Member, "/"+file.Name) {
				t.Errorf("%s: %+v is incomplete", platform, file)
			}
		}
	}
}
