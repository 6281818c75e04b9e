package wheel

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// index is a package index with wheels that were made up, as pip reads one.
type index struct {
	mu     sync.Mutex
	files  map[string][]byte // by name
	pages  map[string]string
	cut    string // the wheel whose first answer breaks off in the middle
	ranges []string
}

// start serves it, and has pip ask it alone.
func (x *index) start(t *testing.T) {
	t.Helper()
	if exec.Command("python3", "-m", "pip", "--version").Run() != nil {
		t.Skip("there is no pip")
	}
	s := httptest.NewServer(http.HandlerFunc(x.answer))
	t.Cleanup(s.Close)
	t.Setenv("PIP_INDEX_URL", s.URL+"/simple")
	t.Setenv("PIP_EXTRA_INDEX_URL", "")
	t.Setenv("PIP_CONFIG_FILE", os.DevNull)
	t.Setenv("PIP_NO_CACHE_DIR", "1")
}

func (x *index) answer(w http.ResponseWriter, r *http.Request) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if page, there := x.pages[strings.Trim(r.URL.Path, "/")]; there {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, page)
		return
	}
	name := filepath.Base(r.URL.Path)
	data, there := x.files[name]
	if !there {
		http.NotFound(w, r)
		return
	}
	if strings.HasSuffix(name, ".whl") {
		x.ranges = append(x.ranges, name+" "+r.Header.Get("Range"))
	}
	if x.cut == name {
		x.cut = ""
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		w.Write(data[:len(data)/2])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(data))
}

// add puts a wheel of a package into the index and returns how it is pinned.
func (x *index) add(t *testing.T, name, version string, files map[string]string) Wheel {
	t.Helper()
	plain := strings.ReplaceAll(name, "-", "_")
	metadata := fmt.Sprintf("Metadata-Version: 2.1\nName: %s\nVersion: %s\n", name, version)
	info := plain + "-" + version + ".dist-info/"
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	put := func(path, text string) {
		f, err := z.CreateHeader(&zip.FileHeader{Name: path}) // stored as it is
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(f, text)
	}
	for path, text := range files {
		put(path, text)
	}
	put(info+"METADATA", metadata)
	put(info+"WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: false\nTag: py3-none-manylinux_2_27_x86_64\n")
	put(info+"RECORD", "")
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	file := plain + "-" + version + "-py3-none-manylinux_2_27_x86_64.whl"
	sum := func(data []byte) string { s := sha256.Sum256(data); return hex.EncodeToString(s[:]) }
	if x.files == nil {
		x.files, x.pages = map[string][]byte{}, map[string]string{}
	}
	x.files[file], x.files[file+".metadata"] = b.Bytes(), []byte(metadata)
	link := fmt.Sprintf(`<a href="/packages/%s#sha256=%s" data-dist-info-metadata="sha256=%s">%s</a>`, html.EscapeString(file), sum(b.Bytes()), sum([]byte(metadata)), file)
	x.pages["simple/"+name] = "<!DOCTYPE html><html><body>" + link + "</body></html>"
	return Wheel{name, version, sum(b.Bytes()), int64(b.Len())}
}

// libraries are those of a set that is made up.
func (x *index) libraries(t *testing.T) []Wheel {
	big := strings.Repeat("library", 1<<16)
	return []Wheel{
		x.add(t, "onnxruntime-gpu", "1.2.3", map[string]string{"onnxruntime/capi/libonnxruntime_providers_cuda.so": "cuda " + big, "onnxruntime/__init__.py": "no"}),
		x.add(t, "nvidia-cublas", "13.0.1", map[string]string{"nvidia/cu13/lib/libcublas.so.13": "blas " + big, "nvidia_cublas-13.0.1.dist-info/License.txt": "terms"}),
	}
}

// A set is found by pip in the index that this machine uses; a download that breaks off is continued where it was.
func TestIndex(t *testing.T) {
	var x index
	set := x.libraries(t)
	x.cut = "nvidia_cublas-13.0.1-py3-none-manylinux_2_27_x86_64.whl"
	x.start(t)
	folder := filepath.Join(t.TempDir(), "cuda")
	var told []string
	if err := Bring(t.Context(), set, folder, Pip, io.Discard, func(what string, have, of int64) {
		if of != Size(set) || have > of {
			t.Errorf("%d of %d bytes", have, of)
		}
		told = append(told, what)
	}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"libonnxruntime_providers_cuda.so": "cuda ", "libcublas.so.13": "blas ", "licences/nvidia-cublas-License.txt": "terms"} {
		if got, err := os.ReadFile(filepath.Join(folder, name)); err != nil || !strings.HasPrefix(string(got), want) {
			t.Errorf("%s: %.20q %v", name, got, err)
		}
	}
	if n := len(x.ranges); n != 3 || strings.Contains(x.ranges[1], "bytes=") || !strings.Contains(x.ranges[2], "bytes=") {
		t.Errorf("asked for %q", x.ranges)
	}
	if len(told) < 3 || told[0] != "onnxruntime-gpu" || told[len(told)-1] != "nvidia-cublas" {
		t.Errorf("told %q", told)
	}
}

// What the index has under the pinned name is refused where its SHA-256 is another, and a package that it does not have is
// named. Nothing of it is used.
func TestIndexLies(t *testing.T) {
	var x index
	set := x.libraries(t)
	x.start(t)
	folder := filepath.Join(t.TempDir(), "cuda")
	wrong := []Wheel{set[0], set[1]}
	wrong[1].SHA256 = strings.Repeat("0", 64)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var log bytes.Buffer
	if err := Bring(ctx, wrong, folder, Pip, &log, nil); err == nil || !strings.Contains(err.Error()+log.String(), "SHA-256") {
		t.Errorf("%v\n%s", err, &log)
	}
	none := []Wheel{{Package: "nvidia-nothing", Version: "1.0"}}
	if err := Bring(t.Context(), none, folder, Pip, io.Discard, nil); err == nil || !strings.Contains(err.Error(), "nvidia-nothing 1.0") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(folder); err == nil {
		t.Error("libraries are there")
	}
}

// A full disk is said at once, and what was there before stays.
func TestIndexFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("there is no /dev/full")
	}
	var x index
	set := x.libraries(t)
	x.start(t)
	folder := filepath.Join(t.TempDir(), "cuda")
	if err := os.MkdirAll(folder+".download", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(folder, []byte("before"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/full", filepath.Join(folder+".download", "onnxruntime-gpu-1.2.3.whl.part")); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	err := Bring(t.Context(), set, folder, Pip, io.Discard, nil)
	if err == nil || !strings.Contains(err.Error(), "no space left") || time.Since(began) > 15*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	if got, err := os.ReadFile(folder); err != nil || string(got) != "before" {
		t.Errorf("%q %v", got, err)
	}
}
