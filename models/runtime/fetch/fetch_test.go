package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nirvana/models/runtime"
)

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// pack makes a gzipped tarball.
func pack(t *testing.T, members map[string]string) string {
	t.Helper()
	var packed bytes.Buffer
	zipped := gzip.NewWriter(&packed)
	archive := tar.NewWriter(zipped)
	for name, text := range members {
		if err := archive.WriteHeader(&tar.Header{Name: name, Size: int64(len(text)), Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		io.WriteString(archive, text)
	}
	if err := errors.Join(archive.Close(), zipped.Close()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "package.tgz")
	if err := os.WriteFile(path, packed.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestExtract(t *testing.T) {
	library := "the library's bytes"
	tarball := pack(t, map[string]string{"package/a/lib.so": library, "package/other": "x", "../lib.so": "evil"})
	good := runtime.File{Name: "lib.so", Member: "package/a/lib.so", SHA256: sumOf([]byte(library)), Size: int64(len(library))}
	changed, shorter, missing := good, good, good
	changed.SHA256 = sumOf([]byte("another"))
	shorter.Size = 4
	missing.Member = "package/b/lib.so"
	for _, test := range []struct {
		name, complaint string
		file            runtime.File
	}{
		{"good", "", good},
		{"changed", "SHA-256", changed},
		{"longer than said", "SHA-256", shorter},
		{"missing", "holds no", missing},
	} {
		t.Run(test.name, func(t *testing.T) {
			folder := t.TempDir()
			err := extract(tarball, folder, []runtime.File{test.file})
			if test.complaint == "" {
				if err != nil || !present(folder, []runtime.File{test.file}) {
					t.Fatalf("error %v; want the file in place", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.complaint) {
				t.Errorf("error %v; want %q in it", err, test.complaint)
			}
			if left, _ := os.ReadDir(folder); len(left) != 0 {
				t.Errorf("%v is left behind", left)
			}
		})
	}
}

func TestRunSaysWhatIsNotServed(t *testing.T) {
	err := run(context.Background(), []string{"-os", "plan9", "-arch", "mips"}, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), runtime.Variable) {
		t.Errorf("error %v; want one that names %s", err, runtime.Variable)
	}
}
