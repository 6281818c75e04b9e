package download

import (
	"bytes"
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
	d := File{Address: address, Path: path, SHA256: sumOf(contents), Log: io.Discard, Pause: time.Millisecond}
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
	d := File{Address: address, Path: path, SHA256: sumOf(contents), Log: io.Discard, Pause: time.Millisecond}
	if err := d.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestDownloadThrowsAwayWrongContents(t *testing.T) {
	address, ranges := serve(t, []byte("something else"), 0)
	path := filepath.Join(t.TempDir(), "package.tgz")
	d := File{Address: address, Path: path, SHA256: sumOf([]byte("expected")), Log: io.Discard, Pause: time.Millisecond}
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
	d := File{Address: server.URL, Path: filepath.Join(t.TempDir(), "p"), Log: io.Discard}
	var refused *Refused
	if err := d.Run(context.Background()); !errors.As(err, &refused) {
		t.Errorf("error %v; want a refusal, at once", err)
	}
}
