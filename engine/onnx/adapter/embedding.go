package adapter

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"nirvana/engine/fault"
	"nirvana/engine/onnx/graphfile"
	"nirvana/models/checkpoint"
	"nirvana/models/safetensors"
)

// Embedding is a textual inversion: a word with vectors of its own (Gal et al.
// 2022, arXiv:2208.01618).
type Embedding struct {
	Token  string
	Own    string             // the word in the file, where it is another; ""
	tables map[string]vectors // by tensor name
}

type vectors struct {
	rows, width int
	data        []float32
}

// ReadEmbedding reads a file. Without a token its names are the file's, as in other programs, and the one that
// diffusers writes as the tensor's name.
func ReadEmbedding(path, token string) (*Embedding, error) {
	if err := refuse(path, "textual inversion", checkpoint.Embedding); err != nil {
		return nil, err
	}
	file, err := safetensors.Read(path)
	if err != nil {
		return nil, err
	}
	return readEmbedding(path, token, file)
}

func readEmbedding(path, token string, file *safetensors.File) (*Embedding, error) {
	e := &Embedding{Token: token, tables: map[string]vectors{}}
	for _, name := range file.Names() {
		t := file.Tensors[name]
		shape := t.Shape
		if len(shape) == 1 {
			shape = []int{1, shape[0]}
		}
		data, err := t.Floats()
		if err != nil || len(shape) != 2 || len(data) == 0 {
			continue
		}
		e.tables[name] = vectors{shape[0], shape[1], data}
	}
	if len(e.tables) == 0 {
		return nil, fault.Adapter.Errorf("%s is not a textual inversion: it holds no vectors; choose another file", path)
	}
	if e.Token == "" {
		e.Token = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
		if names := file.Names(); len(e.tables) == 1 && !slices.Contains(generalNames, names[0]) && names[0] != e.Token {
			e.Own = names[0]
		}
	}
	return e, nil
}

// generalNames are tensor names that are not words.
var generalNames = []string{"emb_params", "clip_l", "clip_g", "t5xxl", "string_to_param", "string_to_param.*", "*"}

// encoderTables are the tensor names of files with vectors for two encoders.
var encoderTables = map[string]string{"clip_l": "text_encoder", "clip_g": "text_encoder_2"}

// Vectors are the rows for an encoder whose table has the width; none where the file has none for it.
func (e *Embedding) Vectors(component string, width int) (rows int, data []float32) {
	for _, name := range slices.Sorted(maps.Keys(e.tables)) {
		other := encoderTables[name]
		if v := e.tables[name]; v.width == width && (other == "" || other == component) {
			return v.rows, v.data
		}
	}
	return 0, nil
}

// Table is the network's token table: its rows and width.
func Table(m *graphfile.Model) (rows, width int, ok bool) {
	if _, dims, _ := table(m); dims != nil {
		return int(dims[0]), int(dims[1]), true
	}
	return 0, 0, false
}

// table is the token table's Gather, and the shape and type of the table: the largest two-axis weight, if any with
// "token" in its name.
func table(m *graphfile.Model) (best *graphfile.Node, found []int64, kind graphfile.Type) {
	w := constants(m)
	score := int64(-1)
	for _, n := range m.Nodes {
		if n.Op != "Gather" || len(n.Inputs) < 2 || n.Int("axis", 0) != 0 {
			continue
		}
		dims, of, ok := w.look(n.Inputs[0])
		if !ok || len(dims) != 2 || of != graphfile.Float32 && of != graphfile.Float16 {
			continue
		}
		s := dims[0]
		if both := n.Inputs[0] + n.Name; strings.Contains(both, "token_embedding") || strings.Contains(both, "embed_tokens") {
			s += 1 << 40
		}
		if s > score {
			best, found, kind, score = n, dims, of, s
		}
	}
	return best, found, kind
}

// AddRows appends vectors, float32, to the token table; data must fill whole rows.
func AddRows(m *graphfile.Model, data []float32) error {
	n, dims, kind := table(m)
	if n == nil {
		return fault.Adapter.Errorf("the text encoder has no table of tokens that embeddings could be added to")
	}
	width := int(dims[1])
	if len(data) == 0 || len(data)%width != 0 {
		return fault.Adapter.Errorf("embeddings of %d values do not fill rows of %d", len(data), width)
	}
	const name = "nirvana/embeddings"
	m.Tensors = append(m.Tensors, graphfile.NewFloats(name, []int64{int64(len(data) / width), int64(width)}, data))
	rows := name
	var nodes []*graphfile.Node
	if kind == graphfile.Float16 {
		rows = name + "/half"
		cast := &graphfile.Node{Name: rows, Op: "Cast", Inputs: []string{name}, Outputs: []string{rows}}
		nodes = append(nodes, cast.SetInt("to", int64(graphfile.Float16)))
	}
	join := &graphfile.Node{Name: name + "/table", Op: "Concat", Inputs: []string{n.Inputs[0], rows}, Outputs: []string{name + "/table"}}
	nodes = append(nodes, join.SetInt("axis", 0))
	n.Inputs[0] = name + "/table"
	m.Nodes = slices.Insert(m.Nodes, slices.Index(m.Nodes, n), nodes...) // after the nodes that compute the table
	return nil
}
