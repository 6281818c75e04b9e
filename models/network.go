package models

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"

	"nirvana/engine/onnx/graphfile"
	"nirvana/models/checkpoint"
)

// Network is one of a model's networks as its files hold it.
type Network struct {
	Name    string // the folder's: "text_encoder_2"
	Type    string // of most of its bytes: "F16", "BF16", "F8_E4M3", "Q4_0"; "": not known
	Bytes   int64
	Tensors int
}

// Networks are the model's networks. One whose file cannot be read has a name alone: Check says why.
func (f Folder) Networks() (all []Network) {
	for _, p := range f.parts() {
		if p.Weights != nil {
			all = append(all, held(p.Name, p.Weights))
		} else {
			all = append(all, inGraph(p.Name, p.Path))
		}
	}
	return all
}

// Weighted are the networks whose graphs are built around weights.
func (f Folder) Weighted() []Part {
	return slices.DeleteFunc(f.parts(), func(p Part) bool { return p.Weights == nil })
}

func held(name string, w checkpoint.Weights) Network {
	return Network{name, string(w.Type()), w.Bytes(), len(w)}
}

// onnxTypes are ONNX's types by safetensors' names.
var onnxTypes = map[graphfile.Type]string{graphfile.Float32: "F32", graphfile.Float16: "F16", graphfile.BFloat16: "BF16", graphfile.Float64: "F64",
	graphfile.Int8: "I8", graphfile.Uint8: "U8", graphfile.Int32: "I32", graphfile.Int64: "I64"}

// inGraph counts the initialisers of an ONNX file.
func inGraph(name, path string) Network {
	n := Network{Name: name}
	file, err := graphfile.Open(path)
	if err != nil {
		return n
	}
	defer file.Close()
	sums, largest := map[string]int64{}, int64(0)
	for _, t := range file.Tensors {
		bytes, kind := max(t.Elements(), 0)*int64(t.Type.Size()), onnxTypes[t.Type]
		n.Bytes += bytes
		if sums[kind] += bytes; sums[kind] > largest {
			n.Type, largest = kind, sums[kind]
		}
	}
	n.Tensors = len(file.Tensors)
	return n
}

// Predicts says what the model's network predicts, as its scheduler's file has it: "epsilon", "v_prediction, zero terminal SNR",
// "flow matching".
func (f Folder) Predicts() string {
	var s struct {
		Class      string `json:"_class_name"`
		Prediction string `json:"prediction_type"`
		ZeroSNR    bool   `json:"rescale_betas_zero_snr"`
	}
	json.Unmarshal(f.Scheduler, &s)
	switch {
	case strings.HasPrefix(s.Class, "FlowMatch"):
		return "flow matching"
	case s.Prediction == "":
		s.Prediction = "epsilon"
	}
	if s.ZeroSNR {
		s.Prediction += ", zero terminal SNR"
	}
	return s.Prediction
}

// Alone describes a checkpoint that may lack parts by what is in its own file, and the configs in the folder
// of its name next to it. It fails where that is no model.
func Alone(file *checkpoint.File) (Folder, error) {
	m, err := checkpoint.Assemble(file)
	if err != nil {
		return Folder{}, err
	}
	f := Folder{Dir: file.Path, Name: stem(file.Path), Bytes: file.Size, Index: m.Index, Scheduler: m.Scheduler, Checkpoint: m}
	f.Denoiser, f.Encoder, f.Decoder = built(file.Path, m.Denoiser), built(file.Path, m.Encoder), built(file.Path, m.Decoder)
	for _, t := range m.Text {
		f.Text = append(f.Text, built(file.Path, t.Network))
	}
	f.configured(strings.TrimSuffix(file.Path, filepath.Ext(file.Path)))
	return f, nil
}

// ReadAlone is Alone for a file by its path.
func ReadAlone(path string) (Folder, error) {
	file, err := checkpoint.Open(path)
	if err != nil {
		return Folder{}, err
	}
	return Alone(file)
}

// ReadPart says what a file is that is no model by itself, and how it is used, "a LoRA: name it with --lora beside a model ...",
// and gives its networks, and those that a graph can be built around by themselves. It fails where the file cannot be read.
func ReadPart(path string) (what string, networks []Network, weighted []Part, err error) {
	file, err := checkpoint.Open(path)
	if err != nil {
		return "", nil, nil, err
	}
	for _, p := range file.Parts {
		networks = append(networks, held(p.Kind, p.Weights))
	}
	for _, n := range file.Apart() {
		weighted = append(weighted, built(path, n))
	}
	return file.What(), networks, weighted, nil
}
