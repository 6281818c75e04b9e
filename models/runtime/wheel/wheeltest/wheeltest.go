// Package wheeltest is a package index for tests, with wheels that were made up.
package wheeltest

import (
	"archive/zip"
	"bytes"
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

	"nirvana/models/runtime"
	"nirvana/models/runtime/wheel"
)

// Index is a package index with wheels that were made up, as pip reads one. The zero value is empty.
type Index struct {
	mu     sync.Mutex
	files  map[string][]byte // by name
	pages  map[string]string
	cut    string
	ranges []string
}

// Cut has the first answer with a wheel break off in the middle.
func (x *Index) Cut(name, version string) { x.cut = file(name, version) }

// Asked are the wheels that were asked for, in turn, each with the Range header.
func (x *Index) Asked() []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.ranges
}

func file(name, version string) string {
	return strings.ReplaceAll(name, "-", "_") + "-" + version + "-py3-none-manylinux_2_27_x86_64.whl"
}

// Start serves it, and has pip ask it alone. Without pip the test is skipped.
func (x *Index) Start(t *testing.T) {
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

func (x *Index) answer(w http.ResponseWriter, r *http.Request) {
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

// Add puts a wheel of a package into the index and returns how it is pinned.
func (x *Index) Add(t *testing.T, name, version string, files map[string]string) wheel.Wheel {
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
	file := file(name, version)
	sum := func(data []byte) string { s := sha256.Sum256(data); return hex.EncodeToString(s[:]) }
	if x.files == nil {
		x.files, x.pages = map[string][]byte{}, map[string]string{}
	}
	x.files[file], x.files[file+".metadata"] = b.Bytes(), []byte(metadata)
	link := fmt.Sprintf(`<a href="/packages/%s#sha256=%s" data-dist-info-metadata="sha256=%s">%s</a>`, html.EscapeString(file), sum(b.Bytes()), sum([]byte(metadata)), file)
	x.pages["simple/"+name] = "<!DOCTYPE html><html><body>" + link + "</body></html>"
	return wheel.Wheel{Package: name, Version: version, SHA256: sum(b.Bytes()), Size: int64(b.Len())}
}

// OpenVINO is a made-up set like wheel.OpenVINO.
func (x *Index) OpenVINO(t *testing.T) []wheel.Wheel {
	return []wheel.Wheel{x.Add(t, "onnxruntime-ep-openvino", "1.2.3", map[string]string{"onnxruntime_ep_openvino/" + runtime.OpenVINOLibrary: "plug-in", "onnxruntime_ep_openvino/libopenvino.so.1": strings.Repeat("library", 1<<16), "onnxruntime_ep_openvino/__init__.py": "no"})}
}

// Libraries are a made-up set like wheel.CUDA.
func (x *Index) Libraries(t *testing.T) []wheel.Wheel {
	big := strings.Repeat("library", 1<<16)
	return []wheel.Wheel{
		x.Add(t, "onnxruntime-gpu", "1.2.3", map[string]string{"onnxruntime/capi/libonnxruntime.so." + runtime.Version: "ort " + big, "onnxruntime/capi/libonnxruntime_providers_cuda.so": "cuda " + big, "onnxruntime/__init__.py": "no"}),
		x.Add(t, "nvidia-cublas", "13.0.1", map[string]string{"nvidia/cu13/lib/libcublas.so.13": "blas " + big, "nvidia_cublas-13.0.1.dist-info/License.txt": "terms"}),
	}
}
