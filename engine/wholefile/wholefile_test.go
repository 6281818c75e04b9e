package wholefile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

func names(t *testing.T, folder string) (out []string) {
	t.Helper()
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		out = append(out, f.Name())
	}
	return out
}

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
}

func TestWriteIsWholeOrNotAtAll(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "a.txt")
	if err := Write(path, Private, text("one")); err != nil {
		t.Fatal(err)
	}
	cut := errors.New("cut")
	if err := Write(path, Private, func(w io.Writer) error { io.WriteString(w, "tw"); return cut }); !errors.Is(err, cut) {
		t.Fatalf("got %v", err)
	}
	if data, _ := os.ReadFile(path); string(data) != "one" {
		t.Errorf("holds %q", data)
	}
	if err := os.Mkdir(filepath.Join(folder, "b"), 0o700); err != nil {
		t.Fatal(err)
	}
	if Write(filepath.Join(folder, "b"), Private, text("x")) == nil {
		t.Error("a folder was written over")
	}
	if got := names(t, folder); fmt.Sprint(got) != "[a.txt b]" {
		t.Errorf("left behind: %v", got)
	}
}

func TestPermissions(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has others")
	}
	folder := t.TempDir()
	mode := func(name string) os.FileMode {
		info, err := os.Stat(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode().Perm()
	}
	for name, perm := range map[string]os.FileMode{"kept": Private, "given": Shared} {
		if err := Write(filepath.Join(folder, name), perm, text("x")); err != nil {
			t.Fatal(err)
		}
	}
	if mode("kept") != 0o600 {
		t.Errorf("what is kept is %o", mode("kept"))
	}
	plain := filepath.Join(folder, "plain")
	if err := os.WriteFile(plain, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if mode("given") != mode("plain") {
		t.Errorf("what is given is %o, other programs' files are %o", mode("given"), mode("plain"))
	}
	os.Chmod(plain, 0o640)
	if err := Write(plain, Shared, text("y")); err != nil || mode("plain") != 0o640 {
		t.Errorf("a file that was there is %o now (%v)", mode("plain"), err)
	}
}

// TestSweep leaves what a living program writes.
func TestSweep(t *testing.T) {
	folder := t.TempDir()
	ended := exec.Command(os.Args[0], "-test.run=^$")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	gone, here := fmt.Sprintf("%s%d-AAAA", Prefix, ended.Process.Pid), fmt.Sprintf("%s%d-AAAA", Prefix, os.Getpid())
	for _, name := range []string{gone, here, Prefix + "notes", "b.png"} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	Sweep(folder)
	if got := fmt.Sprint(names(t, folder)); got != fmt.Sprint([]string{here, Prefix + "notes", "b.png"}) {
		t.Errorf("left: %v", got)
	}
	t.Setenv("TMPDIR", folder)
	t.Setenv("TMP", folder)
	mine, err := TemporaryFolder("copy")
	if err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(folder, fmt.Sprintf("nirvana-copy-%d-1", ended.Process.Pid))
	os.Mkdir(left, 0o700)
	SweepTemporary()
	if _, err := os.Stat(left); err == nil {
		t.Error("a folder of a program that has ended is left")
	}
	if _, err := os.Stat(mine); err != nil {
		t.Error("a folder in use is gone")
	}
}
