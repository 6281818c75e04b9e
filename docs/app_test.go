package docs_test

import (
	"archive/zip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestApp runs `make app` on Linux as far as that goes: Apple's compiler and codesign are replaced by programs that note what
// they are asked for. What is packed, its places, its order and its checksums are the real ones.
func TestApp(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("stands in for a Mac on Linux")
	}
	for _, name := range []string{"make", "bash", "zip", "git"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skip("no " + name)
		}
	}
	library, err := exec.CommandContext(t.Context(), "go", "run", "../models/runtime/fetch", "-print").Output()
	if err != nil {
		t.Skip("the library is not here: make runtime")
	}
	dir := t.TempDir()
	stand := func(name, script string) string {
		path := filepath.Join(dir, "bin", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
			t.Fatal(err)
		}
		return path
	}
	notes := filepath.Join(dir, "notes")
	stand("codesign", `for last; do :; done; [ -e "$last" ] || exit 1; echo "$@" >> "`+notes+`"`)
	program := stand("go-of-a-mac", `[ "$1" = build ] || exec env -u GOOS -u GOARCH go "$@"
while [ "$1" != -o ]; do shift; done
echo program > "$2"`)

	macos := filepath.Join(dir, "nirvana-darwin-arm64")
	c := exec.CommandContext(t.Context(), "make", "app", "-o", "runtime", "GOOS=darwin", "GOARCH=arm64", "GO="+program, "MACOS="+macos, "SHIPPED=docs/ddpm.png")
	c.Dir = ".."
	c.Env = append(os.Environ(), "PATH="+filepath.Join(dir, "bin")+":"+os.Getenv("PATH"))
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}

	z, err := zip.OpenReader(macos + ".zip")
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
	}
	libraries, err := os.ReadDir(filepath.Join("..", strings.TrimSpace(string(library))))
	if err != nil || len(libraries) == 0 {
		t.Fatal(libraries, err)
	}
	const contents = "nirvana-darwin-arm64/Nirvana.app/Contents/"
	for _, want := range []string{"Info.plist", "MacOS/nirvana", "Frameworks/" + libraries[0].Name(), "Resources/nirvana.icns", "Resources/models/ddpm.png", "Resources/licences/onnxruntime.LICENSE", "Resources/README.md"} {
		if !slices.Contains(names, contents+want) {
			t.Errorf("%s is not in the .zip", contents+want)
		}
	}
	signed, err := os.ReadFile(notes)
	if err != nil {
		t.Fatal(err)
	}
	// what is inside is signed before the application, whose signature seals it
	lines := strings.Split(strings.TrimSpace(string(signed)), "\n")
	if len(lines) != 3 || !strings.Contains(lines[0], "--sign - "+macos+"/Nirvana.app/Contents/Frameworks/") || !strings.HasSuffix(lines[1], "--sign - "+macos+"/Nirvana.app") || !strings.HasPrefix(lines[2], "--verify") {
		t.Errorf("signed %q", lines)
	}
	sums, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS"))
	if err != nil || !strings.Contains(string(sums), "nirvana-darwin-arm64.zip") {
		t.Errorf("%s %v", sums, err)
	}
}
