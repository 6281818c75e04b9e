package onnx

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/onnx/graphfile"
	library "nirvana/models/runtime"
)

var shared *Runtime

// TestMain opens the library once: a program has one.
func TestMain(m *testing.M) {
	path, err := library.Find()
	if err == nil {
		shared, err = Open(path)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := shared.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// save writes a model into a folder of its own.
func save(t testing.TB, m *graphfile.Model) string {
	t.Helper()
	data, err := m.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "unet", "model.onnx")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t testing.TB, path string, o Options) *Graph {
	t.Helper()
	g, err := shared.Graph(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

func run(t testing.TB, g *Graph, inputs map[string]engine.Tensor) []engine.Tensor {
	t.Helper()
	out, err := g.Run(context.Background(), inputs)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func node(m *graphfile.Model, op, name, out string, in ...string) *graphfile.Node {
	n := &graphfile.Node{Name: name, Op: op, Inputs: in, Outputs: []string{out}}
	m.Nodes = append(m.Nodes, n)
	return n
}

// Every element type goes in and comes out, of any rank.
func TestTypes(t *testing.T) {
	kinds := []graphfile.Type{graphfile.Float32, graphfile.Float16, graphfile.Float64, graphfile.Int64, graphfile.Int32, graphfile.Bool}
	for _, kind := range kinds {
		m := graphfile.New(17)
		m.Inputs = []graphfile.Value{graphfile.NewValue("x", kind, -1, 3), graphfile.NewValue("t", kind)}
		m.Outputs = []graphfile.Value{graphfile.NewValue("y", kind, -1, 3), graphfile.NewValue("u", kind)}
		node(m, "Identity", "a", "y", "x")
		node(m, "Identity", "b", "u", "t")
		g := open(t, save(t, m), Options{})
		x := engine.Tensor{Shape: []int{2, 3}, Data: []float32{0, 1, 2, -3, 999, 16777215}}
		switch kind {
		case graphfile.Bool:
			x.Data = []float32{0, 1, 0, 0, 1, 1}
		case graphfile.Float16:
			x.Data = []float32{0, 1.5, -2.25, 65504, 1.0 / (1 << 24), float32(math.Inf(-1))}
		}
		out := run(t, g, map[string]engine.Tensor{"x": x, "t": {Data: []float32{1}}})
		if !slices.Equal(out[0].Data, x.Data) || !slices.Equal(out[0].Shape, x.Shape) || len(out[1].Shape) != 0 || !slices.Equal(out[1].Data, []float32{1}) {
			t.Errorf("%v: %v and %v came out", kind, out[0], out[1])
		}
		in, outs := g.Ports()
		if in[0].Type != kind.String() || outs[0].Type != kind.String() || outs[0].Name != "y" || !slices.Equal(in[0].Shape, []int{-1, 3}) || len(in[1].Shape) != 0 {
			t.Errorf("%v: ports %+v %+v", kind, in, outs)
		}
	}
}

// Rounding to half precision is to the nearest, ties to even.
func TestHalf(t *testing.T) {
	for v, want := range map[float32]uint16{1: 0x3c00, 1 + 1.0/2048: 0x3c00, 1 + 3.0/2048: 0x3c02, 65504: 0x7bff, 65520: 0x7c00, -70000: 0xfc00,
		1.0 / (1 << 24): 1, 1.0 / (1 << 25): 0, 3.0 / (1 << 25): 2, -0.5: 0xb800} {
		if got := toHalf(v); got != want {
			t.Errorf("%g: %#x instead of %#x", v, got, want)
		}
	}
	if got := toHalf(float32(math.NaN())); got&0x7c00 != 0x7c00 || got&0x3ff == 0 {
		t.Errorf("NaN became %#x", got)
	}
}

func TestWrongInputs(t *testing.T) {
	m := graphfile.New(17)
	m.Inputs = []graphfile.Value{graphfile.NewValue("x", graphfile.Float32, -1, 2)}
	m.Outputs = []graphfile.Value{graphfile.NewValue("y", graphfile.Float32, -1, 2)}
	node(m, "Identity", "a", "y", "x")
	g := open(t, save(t, m), Options{})
	x := engine.Zeros(1, 2)
	for want, in := range map[string]map[string]engine.Tensor{
		"x is missing":       {},
		"does not have":      {"x": x, "z": x},
		"holds 1 values":     {"x": {Shape: []int{1, 2}, Data: []float32{1}}},
		"takes 2 axes":       {"x": {Shape: []int{2}, Data: []float32{1, 2}}},
		"Got: 3 Expected: 2": {"x": engine.Zeros(1, 3)},
	} {
		if _, err := g.Run(context.Background(), in); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "unet") {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

// heavy is a chain of products that takes seconds at 1024 rows and no time at one.
func heavy() *graphfile.Model {
	const width, depth = 1024, 400
	m := graphfile.New(17)
	w := make([]float32, width*width)
	for i := range w {
		w[i] = float32(math.Sin(float64(i))) / width
	}
	m.Tensors = append(m.Tensors, graphfile.NewFloats("w", []int64{width, width}, w))
	last := "x"
	for i := range depth {
		next := fmt.Sprint("h", i)
		node(m, "MatMul", next, next, last, "w")
		last = next
	}
	m.Inputs = []graphfile.Value{graphfile.NewValue("x", graphfile.Float32, -1, width)}
	m.Outputs = []graphfile.Value{graphfile.NewValue(last, graphfile.Float32, -1, width)}
	return m
}

func TestStop(t *testing.T) {
	g := open(t, save(t, heavy()), Options{})
	one := map[string]engine.Tensor{"x": engine.Zeros(1, 1024)}
	run(t, g, one)
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(50*time.Millisecond, cancel)
	began := time.Now()
	_, err := g.Run(ctx, map[string]engine.Tensor{"x": engine.Zeros(4096, 1024)})
	if took := time.Since(began); !errors.Is(err, context.Canceled) || took > 2*time.Second {
		t.Errorf("stopped after %v with %v", took, err)
	}
	if _, err := g.Run(ctx, one); !errors.Is(err, context.Canceled) {
		t.Errorf("begun after the stop: %v", err)
	}
	run(t, g, one)
}

// A closed graph opens again, and closing waits for a run.
func TestCloseAndRun(t *testing.T) {
	g := open(t, save(t, heavy()), Options{})
	in := map[string]engine.Tensor{"x": engine.Zeros(16, 1024)}
	done := make(chan error)
	go func() {
		_, err := g.Run(context.Background(), in)
		done <- err
	}()
	for range 3 {
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
		run(t, g, in)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// Weights beside the file, also when the file itself is changed in memory; and what is said when they are missing.
func TestExternalData(t *testing.T) {
	build := func(kind graphfile.Type) string {
		m := graphfile.New(17)
		m.Tensors = append(m.Tensors, &graphfile.Tensor{Name: "w", Type: graphfile.Float32, Dims: []int64{2},
			External: map[string]string{"location": "model.onnx_data", "offset": "4", "length": "8"}})
		m.Inputs = []graphfile.Value{graphfile.NewValue("x", graphfile.Float32, -1)}
		m.Outputs = []graphfile.Value{graphfile.NewValue("y", kind, -1)}
		node(m, "Add", "a", "sum", "x", "w")
		node(m, "Cast", "c", "y", "sum").SetInt("to", int64(kind))
		path := save(t, m)
		data := graphfile.NewFloats("", nil, []float32{0, 10, 20}).Raw
		if err := os.WriteFile(path+"_data", data, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, kind := range []graphfile.Type{graphfile.Float32, graphfile.Float16} {
		path := build(kind)
		out := run(t, open(t, path, Options{}), map[string]engine.Tensor{"x": {Shape: []int{2}, Data: []float32{1, 2}}})
		if !slices.Equal(out[0].Data, []float32{11, 22}) {
			t.Errorf("%v: %v", kind, out[0].Data)
		}
		for _, spoil := range []func() error{func() error { return os.Truncate(path+"_data", 6) }, func() error { return os.Remove(path + "_data") }} {
			if err := spoil(); err != nil {
				t.Fatal(err)
			}
			if _, err := shared.Graph(path, Options{}); err == nil || !strings.Contains(err.Error(), "model.onnx_data") || !strings.Contains(err.Error(), "fetch") {
				t.Errorf("without its data: %v", err)
			}
		}
	}
}

// In the hub's cache network and data are links into one folder, by other names; ONNX Runtime follows none out of the
// folder by itself. Data behind any other link, or named outside, are refused before use.
func TestLinkedExternalData(t *testing.T) {
	top := t.TempDir()
	write := func(path string, data []byte) string {
		path = filepath.Join(top, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, data, 0o644)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	link := func(to, path string) string {
		path = filepath.Join(top, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(to, path); err != nil {
			t.Skip("no links here: ", err)
		}
		return path
	}
	graph := func(locations ...string) []byte {
		m := graphfile.New(17)
		sum := "x"
		for i, l := range locations {
			w := fmt.Sprint("w", i)
			m.Tensors = append(m.Tensors, &graphfile.Tensor{Name: w, Type: graphfile.Float32, Dims: []int64{2}, External: map[string]string{"location": l, "offset": "4", "length": "8"}})
			node(m, "Add", w+"a", w+"s", sum, w)
			sum = w + "s"
		}
		m.Inputs = []graphfile.Value{graphfile.NewValue("x", graphfile.Float32, -1)}
		m.Outputs = []graphfile.Value{graphfile.NewValue(sum, graphfile.Float32, -1)}
		data, err := m.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	weights := graphfile.NewFloats("", nil, []float32{0, 10, 20}).Raw
	write("models--a--b/blobs/01", graph("model.onnx_data", "more/part.bin"))
	write("models--a--b/blobs/02", weights)
	write("models--a--b/blobs/03", weights)
	cached := link("../../../blobs/01", "models--a--b/snapshots/c0/unet/model.onnx")
	link("../../../blobs/02", "models--a--b/snapshots/c0/unet/model.onnx_data")
	link("../../../../blobs/03", "models--a--b/snapshots/c0/unet/more/part.bin")
	for _, o := range []Options{{}, {Cache: t.TempDir()}} {
		out := run(t, open(t, cached, o), map[string]engine.Tensor{"x": {Shape: []int{2}, Data: []float32{1, 2}}})
		if !slices.Equal(out[0].Data, []float32{21, 42}) {
			t.Errorf("in the hub's cache: %v", out[0].Data)
		}
	}
	write("secret", weights)
	foreign := write("model/unet/model.onnx", graph("model.onnx_data"))
	link(filepath.Join(top, "secret"), "model/unet/model.onnx_data")
	for what, path := range map[string]string{"a link": foreign, "a name": write("model/text/model.onnx", graph("../../secret")), "a path": write("model/vae/model.onnx", graph(filepath.Join(top, "secret")))} {
		if _, err := shared.Graph(path, Options{}); err == nil || !strings.Contains(err.Error(), "leads out of the folder") {
			t.Errorf("%s that leads outside: %v", what, err)
		}
	}
}

func TestBrokenFiles(t *testing.T) {
	path := save(t, trial())
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	odd := graphfile.New(17)
	odd.Inputs = []graphfile.Value{graphfile.NewValue("x", graphfile.BFloat16, 1)}
	oddData, err := odd.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for want, content := range map[string][]byte{"truncated": data[:len(data)/2], "empty": nil, "bfloat16": oddData, "not an ONNX": []byte("<html>")} {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := shared.Graph(path, Options{})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), filepath.Join("unet", "model.onnx")) || strings.Contains(err.Error(), "\n") {
			t.Errorf("want %q, got %v", want, err)
		}
		if kind := fault.Of(err); kind != fault.Incomplete && (want != "bfloat16" || kind != fault.Unknown) {
			t.Errorf("%v is of the kind %q", err, kind)
		}
	}
	// Sound protobuf, unsound network: only the session notices. An operator that the library lacks is named, and fetching
	// the file again is not advised.
	var g *Graph
	for want, change := range map[string]func(n *graphfile.Node){
		"the operator Convolve":                func(n *graphfile.Node) { n.Op = "Convolve" },
		"the operator com.microsoft:NhwcSpell": func(n *graphfile.Node) { n.Op, n.Domain = "NhwcSpell", "com.microsoft" },
		"the operator org.example:Conv":        func(n *graphfile.Node) { n.Domain = "org.example" },
		"fetch the model again":                func(n *graphfile.Node) { n.Inputs = []string{"gone", "w"} },
	} {
		bad := trial()
		change(bad.Nodes[0])
		for _, v := range []string{"com.microsoft", "org.example"} {
			bad.Opsets[v] = 1
		}
		g = open(t, save(t, bad), Options{})
		_, err := g.Run(context.Background(), map[string]engine.Tensor{"x": engine.Zeros(1, 4, 8, 8)})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "truncated") != (want == "fetch the model again") {
			t.Errorf("want %q: %v", want, err)
		}
	}
	for want, cause := range map[fault.Kind]string{fault.Memory: "Failed to allocate memory for requested buffer of size 9", fault.Computing: "Non-zero status code"} {
		if err := g.failed(errors.New(cause)); fault.Of(err) != want {
			t.Errorf("%v is of the kind %q", err, fault.Of(err))
		}
	}
	if err := g.explain(errors.New("std::bad_alloc")); fault.Of(err) != fault.Memory || strings.Contains(err.Error(), "truncated") {
		t.Error(err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "make setup") {
		t.Errorf("a library that is none: %v", err)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none.so")); err == nil || !strings.Contains(err.Error(), "none.so") {
		t.Errorf("a library that is not there: %v", err)
	}
}

// The trial network gives sensible numbers, the processor is always among the
// providers, and one that does not work here is left with a reason.
func TestProviders(t *testing.T) {
	all := shared.Providers()
	if all[len(all)-1] != CPU {
		t.Errorf("providers %v", all)
	}
	if err := shared.smokeTest(trialOf{provider: CPU}); err != nil {
		t.Errorf("the processor is not trusted: %v", err)
	}
	for _, want := range []string{"cuda", "teapot"} {
		if slices.Contains(all, want) {
			continue
		}
		if got, notice := shared.selectProvider(want, ""); got != CPU || !strings.Contains(notice.String(), strings.ToUpper(want)) {
			t.Errorf("%s: %s, %q", want, got, notice)
		}
	}
}
