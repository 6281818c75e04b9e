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
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nirvana/models/runtime"
)

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// serve answers with contents, ranges included, and cuts the first answer after cut bytes.
func serve(t *testing.T, contents []byte, cut int) (address string, ranges *[]string) {
	t.Helper()
	ranges = new([]string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*ranges = append(*ranges, r.Header.Get("Range"))
		if len(*ranges) == 1 && cut > 0 {
			w.Header().Set("Content-Length", "1000000")
			w.Write(contents[:cut])
			panic(http.ErrAbortHandler)
		}
		http.ServeContent(w, r, "package.tgz", time.Time{}, bytes.NewReader(contents))
	}))
	t.Cleanup(server.Close)
	return server.URL, ranges
}

func TestDownloadGoesOnWhereItStopped(t *testing.T) {
	contents := bytes.Repeat([]byte("0123456789abcdef"), 20000)
	address, ranges := serve(t, contents, 200000)
	path := filepath.Join(t.TempDir(), "package.tgz")
	d := download{Address: address, Path: path, SHA256: sumOf(contents), Log: io.Discard, Pause: time.Millisecond}
	if err := d.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, contents) {
		t.Fatalf("%d bytes, error %v; want %d", len(got), err, len(contents))
	}
	if len(*ranges) != 2 || (*ranges)[0] != "" || !strings.HasPrefix((*ranges)[1], "bytes=") || (*ranges)[1] == "bytes=0-" {
		t.Errorf("ranges asked for: %q; the second answer should go on where the first stopped", *ranges)
	}
}

func TestDownloadUsesAFinishedPart(t *testing.T) {
	contents := []byte("the whole of it")
	address, _ := serve(t, contents, 0)
	path := filepath.Join(t.TempDir(), "package.tgz")
	if err := os.WriteFile(path+".part", contents, 0o644); err != nil {
		t.Fatal(err)
	}
	d := download{Address: address, Path: path, SHA256: sumOf(contents), Log: io.Discard, Pause: time.Millisecond}
	if err := d.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestDownloadThrowsAwayWrongContents(t *testing.T) {
	address, ranges := serve(t, []byte("something else"), 0)
	path := filepath.Join(t.TempDir(), "package.tgz")
	d := download{Address: address, Path: path, SHA256: sumOf([]byte("expected")), Log: io.Discard, Pause: time.Millisecond}
	err := d.Run(context.Background())
	if err == nil || !strings.Contains(err.Error(), "SHA-256") {
		t.Fatalf("error %v; want one about the checksum", err)
	}
	if len(*ranges) != tries {
		t.Errorf("%d tries, want %d", len(*ranges), tries)
	}
	for _, left := range []string{path, path + ".part"} {
		if _, err := os.Stat(left); err == nil {
			t.Errorf("%s is still there", left)
		}
	}
}

func TestDownloadRefused(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	d := download{Address: server.URL, Path: filepath.Join(t.TempDir(), "p"), Log: io.Discard}
	var refused *refusedError
	if err := d.Run(context.Background()); !errors.As(err, &refused) {
		t.Errorf("error %v; want a refusal, at once", err)
	}
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
