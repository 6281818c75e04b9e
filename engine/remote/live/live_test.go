//go:build unix

package live

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"nirvana/engine"
	"nirvana/engine/onnx"
	"nirvana/engine/onnx/repository"
	"nirvana/engine/remote"
	"nirvana/models"
	"nirvana/models/runtime"
)

// mlserver is one that runs, on ports of its own.
type mlserver struct {
	process    *exec.Cmd
	grpc, http string
}

func free(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

var kinds = map[string]string{"float32": "FP32", "int64": "INT64"}

// start serves the networks of a repository, with the ports of their graphs.
func start(t *testing.T, program, served string, networks map[string]engine.Graph) *mlserver {
	t.Helper()
	dir := t.TempDir()
	ports := []int{free(t), free(t), free(t)}
	write := func(name string, v any) {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		os.MkdirAll(filepath.Dir(path), 0o755)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("settings.json", map[string]any{"parallel_workers": 0, "host": "127.0.0.1", "http_port": ports[0], "grpc_port": ports[1], "metrics_port": ports[2], "grpc_max_message_length": 1 << 30})
	for name, g := range networks {
		in, out := g.Ports()
		list := func(ports []engine.Port) (all []map[string]any) {
			for _, p := range ports {
				all = append(all, map[string]any{"name": p.Name, "datatype": kinds[p.Type], "shape": append([]int{}, p.Shape...)})
			}
			return all
		}
		write(name+"/model-settings.json", map[string]any{"name": name, "implementation": "onnxmodel.OnnxModel", "inputs": list(in), "outputs": list(out),
			"parameters": map[string]string{"uri": filepath.Join(served, name, "1", "model.onnx")}})
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(program, "start", dir)
	c.Env = append(os.Environ(), "PYTHONPATH="+here)
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("%s", text)
		}
	})
	return &mlserver{c, fmt.Sprintf("grpc://127.0.0.1:%d", ports[1]), fmt.Sprintf("http://127.0.0.1:%d", ports[0])}
}

// ready waits until a server has its networks.
func ready(t *testing.T, address string, networks map[string]engine.Graph) {
	t.Helper()
	var last error
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(500 * time.Millisecond) {
		p, err := remote.Connect([]remote.Server{{Address: address}}, remote.Options{})
		if err != nil {
			t.Fatal(err)
		}
		last = nil
		for name, g := range networks {
			in, out := g.Ports()
			if _, _, _, err := p.Check(t.Context(), name, in, out); err != nil {
				last = err
			}
		}
		p.Close()
		if last == nil {
			return
		}
	}
	t.Fatal(last)
}

// The model that ships draws with its networks on MLServer what it draws here, within float error; and a server that is
// killed in the middle, or stalls, loses nothing.
func TestMLServer(t *testing.T) {
	program := os.Getenv("NIRVANA_MLSERVER")
	if program == "" {
		t.Skip("NIRVANA_MLSERVER names no mlserver: make servers")
	}
	f, err := models.Shipped().Find("")
	if err != nil {
		t.Fatal(err)
	}
	library, err := runtime.Find()
	if err != nil {
		t.Fatal(err)
	}
	rt, err := onnx.Open(library)
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	local, err := rt.Load(f, onnx.LoadOptions{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer local.Close()
	want := draw(t, local.Parts, nil)

	served := filepath.Join(t.TempDir(), "served")
	names, err := repository.Write(f, served)
	if err != nil {
		t.Fatal(err)
	}
	networks := map[string]engine.Graph{names["unet"]: local.Parts.Denoiser.Graph, names["vae_decoder"]: local.Parts.Decoder.Graph, names["text_encoder"]: local.Parts.Text[0].Graph}
	first, second := start(t, program, served, networks), start(t, program, served, networks)
	for _, s := range []*mlserver{first, second} {
		ready(t, s.grpc, networks)
		ready(t, s.http, networks)
	}
	on := func(servers ...string) engine.Parts {
		var list []remote.Server
		for _, s := range servers {
			list = append(list, remote.Server{Address: s})
		}
		p, err := remote.Connect(list, remote.Options{Least: 5 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Close() })
		parts := local.Parts
		parts.Text = append([]engine.TextPart(nil), parts.Text...)
		if wrong, err := remote.Place(t.Context(), p, &parts, map[string]string{"unet": names["unet"], "vae_decoder": names["vae_decoder"], "text_encoder": names["text_encoder"]}); err != nil || len(wrong) > 0 {
			t.Fatal(wrong, err)
		}
		return parts
	}
	for _, address := range []string{first.grpc, first.http} {
		if off := apart(draw(t, on(address), nil), want); off > 2e-3 {
			t.Errorf("%s: x is %g from the local one", address, off)
		} else {
			t.Logf("%s: within %g of the local one", address, off)
		}
	}
	got := draw(t, on(first.grpc, second.grpc), func(s engine.Step) {
		if s.Index == 3 {
			first.process.Process.Signal(syscall.SIGSTOP)
		}
	})
	if off := apart(got, want); off > 2e-3 {
		t.Errorf("stalled: x is %g from the local one", off)
	}
	first.process.Process.Signal(syscall.SIGCONT)
	got = draw(t, on(first.grpc, second.http), func(s engine.Step) {
		if s.Index == 3 {
			first.process.Process.Kill()
		}
	})
	if off := apart(got, want); off > 2e-3 {
		t.Errorf("killed: x is %g from the local one", off)
	}
}

// draw gives x_0 of a small picture.
func draw(t *testing.T, parts engine.Parts, each func(engine.Step)) []float32 {
	t.Helper()
	m, err := engine.New(parts)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var last engine.Step
	for s, err := range m.Generate(ctx, engine.Request{Prompt: "a red heart", Seed: 3, Steps: 8, Width: 128, Height: 128}) {
		if err != nil {
			t.Fatal(err)
		}
		if last = s; each != nil {
			each(s)
		}
	}
	if len(last.Pictures) != 1 {
		t.Fatal("no picture")
	}
	return last.X.Data
}

// apart is the greatest difference, as a share of the greatest value.
func apart(a, b []float32) float64 {
	most, off := 0.0, 0.0
	for i := range b {
		most, off = max(most, math.Abs(float64(b[i]))), max(off, math.Abs(float64(a[i]-b[i])))
	}
	return off / most
}
