package live

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"nirvana/engine/remote"
)

// Server is one that runs, on ports of its own.
type Server struct {
	Process    *os.Process
	GRPC, HTTP string // addresses for clients
}

//go:embed *.py
var classes embed.FS

// MLServer serves a model repository (NAME/1/model.onnx) by PyPI's mlserver, whose program is named.
func MLServer(t testing.TB, program, repository string) *Server {
	t.Helper()
	dir := t.TempDir()
	ports := []int{free(t), free(t), free(t)}
	write := func(name string, v any) {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(dir, name), data)
	}
	// its pool of processes finds no event loop
	write("settings.json", map[string]any{"parallel_workers": 0, "host": "127.0.0.1", "http_port": ports[0], "grpc_port": ports[1], "metrics_port": ports[2], "grpc_max_message_length": 1 << 30})
	for _, name := range Networks(t, repository) {
		write(name+"/model-settings.json", map[string]any{"name": name, "implementation": "mlserver_onnx.OnnxModel",
			"parameters": map[string]string{"uri": filepath.Join(repository, name, "1", "model.onnx")}})
	}
	class(t, dir, "mlserver_onnx.py")
	c := exec.Command(program, "start", dir)
	c.Env = append(os.Environ(), "PYTHONPATH="+dir)
	return start(t, c, repository, ports)
}

// KServe serves a model repository by PyPI's kserve, in whose Python it is.
func KServe(t testing.TB, python, repository string) *Server {
	t.Helper()
	dir := t.TempDir()
	ports := []int{free(t), free(t)}
	return start(t, exec.Command(python, class(t, dir, "kserve_onnx.py"), "--repository", repository, "--http_port", fmt.Sprint(ports[0]), "--grpc_port", fmt.Sprint(ports[1])), repository, ports)
}

// start runs a server until the test ends, and waits until it has the networks. ports are those of HTTP and gRPC.
func start(t testing.TB, c *exec.Cmd, repository string, ports []int) *Server {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("%s", text[max(0, len(text)-20000):])
		}
		log.Close()
	})
	s := &Server{c.Process, fmt.Sprintf("grpc://127.0.0.1:%d", ports[1]), fmt.Sprintf("http://127.0.0.1:%d", ports[0])}
	for _, address := range []string{s.GRPC, s.HTTP} {
		ready(t, address, Networks(t, repository))
	}
	return s
}

// ready waits until a server has all its networks.
func ready(t testing.TB, address string, networks []string) {
	t.Helper()
	p, err := remote.Connect([]remote.Server{{Address: address}}, remote.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for end := time.Now().Add(3 * time.Minute); ; time.Sleep(500 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		_, has, err := p.Ask(ctx, networks)
		cancel()
		if err == nil && len(has) == len(networks) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s has %d of %d networks: %v", address, len(has), len(networks), err)
		}
	}
}

// Networks are the names in a model repository.
func Networks(t testing.TB, repository string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(repository, "*", "1", "model.onnx"))
	if err != nil || len(files) == 0 {
		t.Fatal(repository, err)
	}
	for _, f := range files {
		names = append(names, filepath.Base(filepath.Dir(filepath.Dir(f))))
	}
	slices.Sort(names)
	return names
}

// class writes one of the Python files, and returns where.
func class(t testing.TB, dir, name string) string {
	t.Helper()
	data, err := classes.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name)
	put(t, path, data)
	return path
}

func put(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func free(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
