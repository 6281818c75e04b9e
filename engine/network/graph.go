// Package network writes the networks of diffusion models as ONNX graphs, in memory, around the weights of
// checkpoints: a graph's initialisers point into the checkpoint's file, so that building one takes milliseconds and
// copies nothing. Modules have diffusers' and transformers' names, and operations those of torch's exporter, so that
// code for exported graphs (LoRAs, fused attention, clip skip) works on these too.
//
// Start with Build. Each network has a file of its own and reads like the PyTorch code of its paper on top of
// module.go.
package network

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"nirvana/engine/fault"
	"nirvana/engine/onnx/graphfile"
	"nirvana/models/checkpoint"
)

// Graph is a written network, and the folder that its weights' locations are relative to.
type Graph struct {
	*graphfile.Model
	Folder string
	// Unread are weights that the network does not use.
	Unread []string
	// Made are the weights that are handed over from memory.
	Made []Made
}

// opset is the ONNX operator set of the graphs.
const opset = 17

// float8 are the element types of 8 bits, which need a later operator set.
const (
	float8E4M3 graphfile.Type = 17
	float8E5M2 graphfile.Type = 19
	withFloat8                = 19
)

var types = map[checkpoint.Type]graphfile.Type{"F32": graphfile.Float32, "F16": graphfile.Float16, "BF16": graphfile.BFloat16, "F64": graphfile.Float64,
	"F8_E4M3": float8E4M3, "F8_E5M2": float8E5M2}

// graph is a graph being written. The first error stays in err.
type graph struct {
	m       *graphfile.Model
	weights checkpoint.Weights
	folder  string
	made    map[string]string // weights as float32, by name
	read    map[string]bool
	names   map[string]int
	later   []Made
	last    lastRead
	wide    bool // quantised weights become float32
	shapes  shapes
	needs   sizes
	err     error
}

func newGraph(w checkpoint.Weights) *graph {
	n := len(w) // maps that grow are filled again and again
	return &graph{m: graphfile.New(opset), weights: w, folder: common(w.Files()), made: make(map[string]string, n), read: make(map[string]bool, n), names: make(map[string]int, 4*n),
		shapes: shapes{map[string][]*extent{}, map[string][]*extent{}}, needs: sizes{ids: map[string][]*extent{}, odd: map[string][]*extent{}}}
}

// common is the folder that contains all files.
func common(files []string) string {
	if len(files) == 0 {
		return ""
	}
	dir := filepath.Dir(files[0])
	for !slices.ContainsFunc(files, func(f string) bool { return under(dir, f) }) || slices.ContainsFunc(files, func(f string) bool { return !under(dir, f) }) {
		up := filepath.Dir(dir)
		if up == dir {
			break
		}
		dir = up
	}
	return dir
}

func under(dir, file string) bool {
	rel, err := filepath.Rel(dir, file)
	return err == nil && filepath.IsLocal(rel)
}

func (g *graph) fail(format string, args ...any) {
	if g.err == nil {
		g.err = fault.Incomplete.Errorf(format, args...)
	}
}

// unique is a name that nothing else in the graph has.
func (g *graph) unique(name string) string {
	n := g.names[name]
	if g.names[name]++; n > 0 {
		return fmt.Sprintf("%s_%d", name, n)
	}
	return name
}

// node adds an operation in a module's scope and names its output.
func (g *graph) node(scope, op string, set func(*graphfile.Node), in ...string) string {
	name := g.unique(scope + "/" + op)
	out := name + "_output_0"
	n := &graphfile.Node{Name: name, Op: op, Inputs: in, Outputs: []string{out}}
	if set != nil {
		set(n)
	}
	g.m.Nodes = append(g.m.Nodes, n)
	g.infer(n)
	return out
}

// ints is a constant list of integers, the same one for the same numbers.
func (g *graph) ints(v ...int64) string {
	name := "/ints" + strings.ReplaceAll(strings.Trim(fmt.Sprint(v), "[]"), " ", ",")
	if g.names[name]++; g.names[name] == 1 {
		g.m.Tensors = append(g.m.Tensors, graphfile.NewInts(name, v...))
		list := make([]*extent, len(v))
		for i, n := range v {
			list[i] = exactly(n)
		}
		g.shapes.list[name] = list
	}
	return name
}

// integer is a scalar constant.
func (g *graph) integer(v int64) string {
	name := fmt.Sprint("/integer", v)
	if g.names[name]++; g.names[name] == 1 {
		t := graphfile.NewInts(name, v)
		t.Dims = nil
		g.m.Tensors = append(g.m.Tensors, t)
		g.shapes.of[name] = []*extent{}
	}
	return name
}

// number is a scalar constant.
func (g *graph) number(v float32) string {
	name := fmt.Sprint("/number", v)
	if g.names[name]++; g.names[name] == 1 {
		g.m.Tensors = append(g.m.Tensors, graphfile.NewFloats(name, nil, []float32{v}))
		g.shapes.of[name] = []*extent{}
	}
	return name
}

// floats is a constant.
func (g *graph) floats(dims []int64, v []float32) string {
	name := g.unique("/constant")
	g.m.Tensors = append(g.m.Tensors, graphfile.NewFloats(name, dims, v))
	g.shapes.of[name] = make([]*extent, len(dims))
	return name
}

// same is a constant of n equal values.
func (g *graph) same(v float32, n int64) string {
	name := fmt.Sprint("/same", v, "x", n)
	if g.names[name]++; g.names[name] == 1 {
		values := make([]float32, n)
		for i := range values {
			values[i] = v
		}
		g.m.Tensors = append(g.m.Tensors, graphfile.NewFloats(name, []int64{n}, values))
	}
	return name
}

// input declares an input.
func (g *graph) input(name string, t graphfile.Type, dims ...int) string {
	g.m.Inputs = append(g.m.Inputs, graphfile.NewValue(name, t, dims...))
	shape := make([]*extent, len(dims))
	for i, d := range dims {
		if d > 1 { // read off a weight, so that it says nothing of it
			shape[i] = g.needs.unknown()
		}
	}
	g.shapes.of[name] = shape
	return name
}

// output names a value as an output.
func (g *graph) output(value, name string, dims ...int) {
	g.m.Nodes = append(g.m.Nodes, &graphfile.Node{Name: name, Op: "Identity", Inputs: []string{value}, Outputs: []string{name}})
	g.m.Outputs = append(g.m.Outputs, graphfile.NewValue(name, graphfile.Float32, dims...))
}

// Options say how a network is written.
type Options struct {
	// Controlled gives a U-Net inputs for a ControlNet's residuals.
	Controlled bool
	// Wide makes float32 of quantised weights, for devices whose operations on them are not known.
	Wide bool
}

// Build writes a network: the weights, diffusers' or transformers' config.json, and the part's name as diffusers'
// folders are called (unet, transformer, text_encoder, vae_encoder, vae_decoder, controlnet). It fails where weights are
// missing or of other shapes.
func Build(part string, config []byte, w checkpoint.Weights, o Options) (*Graph, error) {
	class, err := classOf(config)
	if err != nil {
		return nil, fault.Incomplete.Errorf("%s/config.json is not readable JSON: fetch the file again: %w", part, err)
	}
	g := newGraph(w)
	g.wide = o.Wide
	write, ok := writers[class]
	if !ok {
		return nil, fault.Unknown.Errorf("%s is a %s, which this program has no graph for: choose an ONNX export of the model", part, class)
	}
	if err := write(g, part, config, o.Controlled); err != nil {
		return nil, err
	}
	if err := g.misfit(); err != nil {
		return nil, err
	}
	if g.err != nil {
		return nil, g.err
	}
	g.widenLate()
	out := &Graph{Model: g.m, Folder: g.folder, Made: g.later}
	for name := range w {
		if !g.read[name] {
			out.Unread = append(out.Unread, name)
		}
	}
	slices.Sort(out.Unread)
	return out, nil
}

// classOf is the class that a config.json names.
func classOf(config []byte) (string, error) {
	var c struct {
		Class         string   `json:"_class_name"`
		Architectures []string `json:"architectures"`
		Text          struct {
			Architectures []string `json:"architectures"`
		} `json:"text_config"`
	}
	if err := json.Unmarshal(config, &c); err != nil {
		return "", err
	}
	if all := append(c.Architectures, c.Text.Architectures...); c.Class == "" && len(all) > 0 {
		return all[0], nil
	}
	return c.Class, nil
}

type writer func(g *graph, part string, config []byte, controlled bool) error

var writers = map[string]writer{
	"UNet2DConditionModel":          writeUNet,
	"ControlNetModel":               writeControlNet,
	"AutoencoderKL":                 writeVAE,
	"CLIPTextModel":                 writeCLIP,
	"CLIPTextModelWithProjection":   writeCLIP,
	"CLIPVisionModelWithProjection": writeCLIPVision,
	"CLIPModel":                     writeCLIPModel,
	"T5EncoderModel":                writeT5,
	"SD3Transformer2DModel":         writeMMDiT,
	"FluxTransformer2DModel":        writeFlux,
	"AutoencoderTiny":               writeTAESD,
	"RRDBNet":                       writeRRDBNet,
	"Qwen3ForCausalLM":              writeQwen,
	"Qwen3Model":                    writeQwen,
	"ZImageTransformer2DModel":      writeZImage,
	"Flux2Transformer2DModel":       writeFlux2,
	"AutoencoderKLFlux2":            writeVAE,
	"QwenImageTransformer2DModel":   writeQwenImage,
	"AutoencoderKLQwenImage":        writeQwenVAE,

	"Qwen2_5_VLForConditionalGeneration": writeQwen,
	"Qwen2_5_VLModel":                    writeQwen,
}
