package onnx

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	ort "github.com/yalue/onnxruntime_go"

	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/onnx/graphfile"
	"nirvana/engine/wholefile"
	library "nirvana/models/runtime"
)

// Auto asks for the fastest provider on this machine, among those that compute correctly.
const Auto = "auto"

// ranking is the measurements of the providers. It is kept in a file next to the graphs.
type ranking struct {
	On      string             `json:"on"`      // library, processor, drivers: where they change, everything is measured again
	Seconds map[string]float64 `json:"seconds"` // of the yardstick; 0: not usable here
	Trying  string             `json:"trying"`  // under trial; if set at the next start, the trial crashed the program
}

// worth is how much faster than the CPU a provider has to be, so that noise does not decide.
const worth = 0.8

// quickest measures providers that were not measured yet, saves the results, and returns the fastest, with a notice
// where a trial failed.
func (r *Runtime) quickest(cache string) (provider string, notice fault.Notice) {
	path := ""
	if cache != "" {
		path = filepath.Join(filepath.Dir(cache), "providers.json")
	}
	k := readRanking(path, r.identity())
	if k.Trying != "" {
		notice = fault.Notice{Format: fault.DeviceEnded, Args: []any{shown(k.Trying)}}
		k.Seconds[k.Trying], k.Trying = 0, ""
		k.write(path)
	}
	for _, p := range r.Providers() {
		if _, known := k.Seconds[p]; known {
			continue
		}
		k.Trying = p
		k.write(path)
		seconds, err := 0.0, error(nil)
		if err = r.verifyProvider(p); err == nil {
			seconds, err = yardstick(r, p)
		}
		if k.Trying = ""; err != nil {
			seconds = 0
		}
		k.Seconds[p] = seconds
		k.write(path)
	}
	best := CPU
	for p, s := range k.Seconds {
		if s > 0 && p != CPU && s < worth*k.Seconds[CPU] && (best == CPU || s < k.Seconds[best]) {
			best = p
		}
	}
	return best, notice
}

func readRanking(path, on string) ranking {
	k := ranking{}
	if data, err := os.ReadFile(path); err != nil || json.Unmarshal(data, &k) != nil || k.On != on || k.Seconds == nil {
		return ranking{On: on, Seconds: map[string]float64{}}
	}
	return k
}

// write saves the ranking; where it cannot, the next start measures again.
func (k ranking) write(path string) {
	if path == "" {
		return
	}
	if data, err := json.Marshal(k); err == nil && os.MkdirAll(filepath.Dir(path), 0o755) == nil {
		os.WriteFile(path, data, 0o644)
	}
}

// identity identifies what measurements are valid for: the library's file, the CPU, the graphics drivers.
func (r *Runtime) identity() string {
	s := fmt.Sprint(ort.GetVersion(), " ", processor())
	for _, file := range []string{r.library, library.OpenVINO()} {
		if info, err := os.Stat(file); err == nil {
			s += fmt.Sprint(" ", info.Size(), info.ModTime().Unix())
		}
	}
	for _, driver := range []string{"/proc/driver/nvidia/version", "/sys/module/amdgpu/version", "/sys/module/i915/version", "/sys/module/xe/version"} {
		if data, err := os.ReadFile(driver); err == nil {
			s += " " + strings.TrimSpace(string(data))
		}
	}
	return s + " " + runtime.GOOS
}

// yardstick times four convolutions over 128 channels of 64 x 64 latent pixels: the best of three runs, in seconds.
var yardstick = func(r *Runtime, provider string) (float64, error) {
	dir, err := wholefile.TemporaryFolder("yardstick")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	data, err := convolutions(128, 4).Bytes()
	if err != nil {
		return 0, err
	}
	path := filepath.Join(dir, "model.onnx")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return 0, err
	}
	g, err := r.Graph(path, Options{Provider: provider})
	if err != nil {
		return 0, err
	}
	defer g.Close()
	in := map[string]engine.Tensor{"x": engine.Zeros(1, 128, 64, 64)}
	best := math.Inf(1)
	for i := range 4 { // the first one warms up
		began := time.Now()
		if _, err := g.Run(context.Background(), in); err != nil {
			return 0, err
		}
		if i > 0 {
			best = min(best, time.Since(began).Seconds())
		}
	}
	if g.Device() != provider {
		return 0, fmt.Errorf("%s left the benchmark to the CPU", provider)
	}
	return best, nil
}

// convolutions is a network of n of them, each over width channels.
func convolutions(width int64, n int) *graphfile.Model {
	m := graphfile.New(17)
	v := make([]float32, width*width*9)
	for i := range v {
		v[i] = float32(math.Cos(float64(i)*1.3) / 30)
	}
	m.Tensors = append(m.Tensors, graphfile.NewFloats("w", []int64{width, width, 3, 3}, v))
	last := "x"
	for i := range n {
		out := fmt.Sprint("y", i)
		c := &graphfile.Node{Name: out, Op: "Conv", Inputs: []string{last, "w"}, Outputs: []string{out}}
		m.Nodes = append(m.Nodes, c.SetInts("pads", 1, 1, 1, 1))
		last = out
	}
	m.Inputs = []graphfile.Value{graphfile.NewValue("x", graphfile.Float32, -1, int(width), -1, -1)}
	m.Outputs = []graphfile.Value{graphfile.NewValue(last, graphfile.Float32, -1, int(width), -1, -1)}
	return m
}
