// Package repository writes a model's networks as a model repository for Triton Inference Server and servers that
// read its layout: a folder for each network with config.pbtxt and 1/model.onnx. Start with Write.
package repository

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"nirvana/engine/fault"
	"nirvana/engine/network"
	"nirvana/engine/onnx/adapter"
	"nirvana/engine/onnx/graphfile"
	"nirvana/engine/wholefile"
	"nirvana/models"
)

// Write writes the networks of a model into a folder, which is created, with LoRAs merged in, and returns their names there by
// part, and notices about what of the LoRAs was left out. A network with LoRAs has their names in its own. Existing names are
// an error. Weights next to the graphs are hard-linked where the file system can, else copied.
func Write(f models.Folder, to string, loras ...adapter.Call) (map[string]string, []fault.Notice, error) {
	parts := partsOf(f)
	merged, notices, err := adapter.Match(loras, f.Name, parts)
	if err != nil {
		return nil, nil, err
	}
	names := map[string]string{}
	for component, p := range parts {
		name := Name(f, p.Part)
		if len(merged[component]) > 0 {
			name += with(loras)
		}
		if err := p.write(merged[component], filepath.Join(to, name), name); err != nil {
			return nil, nil, fmt.Errorf("%s of %s: %w", p.Name, f.Name, err)
		}
		names[p.Name] = name
	}
	return names, notices, nil
}

// with is what a network's name says of the LoRAs in it: "-style-0.8".
func with(loras []adapter.Call) (out string) {
	for _, l := range loras {
		out += fmt.Sprintf("-%s-%g", plain(strings.TrimSuffix(filepath.Base(l.File), filepath.Ext(l.File))), l.Weight)
	}
	return out
}

// part is a network that is written.
type part struct {
	models.Part
	controlled bool // a U-Net with inputs for ControlNets
}

// parts are a model's by component, as LoRAs name them.
type parts map[string]part

func partsOf(f models.Folder) parts {
	all := parts{}
	for _, p := range Parts(f) {
		if p.Name == f.Denoiser.Name {
			all["unet"] = part{p, len(f.Control) > 0}
			continue
		}
		all[p.Name] = part{Part: p}
	}
	return all
}

// Has and Open are what LoRAs are matched with.
func (p parts) Has(component string) bool { _, there := p[component]; return there }

func (p parts) Open(component string) (*graphfile.File, error) {
	f, _, err := p[component].open()
	return f, err
}

// Parts are the networks of a model that servers can run.
func Parts(f models.Folder) (out []models.Part) {
	for _, p := range slices.Concat([]models.Part{f.Denoiser}, f.Text, []models.Part{f.Encoder, f.Decoder}, f.Control) {
		if p.Path != "" {
			out = append(out, p)
		}
	}
	return out
}

// Name is what a network is called in a repository.
func Name(f models.Folder, p models.Part) string { return plain(f.Name) + "_" + plain(p.Name) }

var notPlain = regexp.MustCompile(`[^A-Za-z0-9_.-]+`)

// plain is a name that every server accepts, and not a path.
func plain(s string) string {
	return strings.Trim(notPlain.ReplaceAllString(s, "_"), "._-")
}

// open is a part's graph: its file's, or the one written round a checkpoint's weights, in float32 where they are quantised,
// with those weights that are handed over from memory.
func (p part) open() (*graphfile.File, []network.Made, error) {
	if p.Weights == nil {
		f, err := graphfile.Open(p.Path)
		return f, nil, err
	}
	g, err := network.Build(p.Name, p.Config, p.Weights, network.Options{Controlled: p.controlled, Wide: true})
	if err != nil {
		return nil, nil, err
	}
	return graphfile.InMemory(g.Model, g.Folder), g.Made, nil
}

func (p part) write(loras []adapter.Weighted, dir, name string) error {
	if _, err := os.Stat(dir); err == nil {
		return fmt.Errorf("%s is there already: choose another folder, or remove it", dir)
	}
	g, made, err := p.open()
	if err != nil {
		return err
	}
	defer g.Close()
	if len(loras) > 0 {
		adapter.Merge(g.Model, loras)
	}
	version := filepath.Join(dir, "1")
	if err := os.MkdirAll(version, 0o755); err != nil {
		return err
	}
	if err := weights(g, version); err != nil {
		return err
	}
	if err := fromMemory(g, made, version); err != nil {
		return err
	}
	data, err := g.Bytes()
	if err != nil {
		return err
	}
	if err := put(filepath.Join(version, "model.onnx"), data); err != nil {
		return err
	}
	text, err := config(name, g.Model)
	if err != nil {
		return err
	}
	return put(filepath.Join(dir, "config.pbtxt"), []byte(text))
}

func put(path string, data []byte) error {
	return wholefile.Write(path, wholefile.Shared, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// weights puts the files of weights next to the graph, and names them relative to it.
func weights(g *graphfile.File, to string) error {
	moved := map[string]string{}
	for i, d := range g.Outside() {
		if d.Err != nil {
			return fmt.Errorf("its weights %s: %w", d.Name, d.Err)
		}
		name := fmt.Sprintf("weights-%d%s", i+1, filepath.Ext(d.Path))
		if err := bring(d.Path, filepath.Join(to, name)); err != nil {
			return err
		}
		moved[d.Name] = name
	}
	for _, t := range g.Tensors {
		if name, there := moved[t.External["location"]]; there {
			t.External["location"] = name
		}
	}
	return nil
}

// madeFile holds the weights that a session would be handed over from memory.
const madeFile = "weights-0.bin"

// fromMemory writes weights that are made, and names them from there.
func fromMemory(g *graphfile.File, made []network.Made, to string) error {
	if len(made) == 0 {
		return nil
	}
	tensors := map[string]*graphfile.Tensor{}
	for _, t := range g.Tensors {
		tensors[t.Name] = t
	}
	return wholefile.Write(filepath.Join(to, madeFile), wholefile.Shared, func(w io.Writer) error {
		at := 0
		for _, m := range made {
			data, err := m.Bytes()
			if err != nil {
				return fmt.Errorf("its weights %s: %w", m.Name, err)
			}
			if _, err := w.Write(data); err != nil {
				return err
			}
			tensors[m.Name].External = map[string]string{"location": madeFile, "offset": fmt.Sprint(at), "length": fmt.Sprint(len(data))}
			at += len(data)
		}
		return nil
	})
}

// bring links a file, or copies it where it cannot.
func bring(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	f, err := wholefile.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	return wholefile.Write(to, wholefile.Shared, func(w io.Writer) error {
		_, err := io.Copy(w, f)
		return err
	})
}

// types are Triton's names of the element types.
var types = map[graphfile.Type]string{graphfile.Float32: "TYPE_FP32", graphfile.Float16: "TYPE_FP16", graphfile.Float64: "TYPE_FP64", graphfile.BFloat16: "TYPE_BF16",
	graphfile.Int64: "TYPE_INT64", graphfile.Int32: "TYPE_INT32", graphfile.Bool: "TYPE_BOOL", graphfile.Uint8: "TYPE_UINT8", graphfile.Int8: "TYPE_INT8"}

// config is a network's config.pbtxt. The batch is an ordinary axis: max_batch_size 0.
func config(name string, m *graphfile.Model) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "name: %q\nbackend: \"onnxruntime\"\nmax_batch_size: 0\n", name)
	for _, list := range []struct {
		kind   string
		values []graphfile.Value
	}{{"input", m.Feeds()}, {"output", m.Outputs}} {
		for _, v := range list.values {
			kind, known := types[v.Type]
			if !known {
				return "", fmt.Errorf("%s is of type %v, which servers have no name for", v.Name, v.Type)
			}
			dims := strings.Trim(strings.ReplaceAll(fmt.Sprint(v.Dims), " ", ", "), "[]")
			shape := "dims: [ " + dims + " ]"
			if v.Shaped && len(v.Dims) == 0 { // a scalar, which config.pbtxt has no dims for
				shape = "dims: [ 1 ]\n  reshape { shape: [ ] }"
			}
			fmt.Fprintf(&b, "%s {\n  name: %q\n  data_type: %s\n  %s\n}\n", list.kind, v.Name, kind, shape)
		}
	}
	return b.String(), nil
}
