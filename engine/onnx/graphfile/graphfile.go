// Package graphfile reads ONNX files and changes them in memory: nodes, initialisers, inputs and outputs. Weights are
// never decoded unless asked for and never copied before Bytes, so that a file of gigabytes, mapped by Open, is
// parsed in milliseconds. Start with Open or Parse; change the Model; Bytes is the changed file. The field numbers
// are those of onnx.proto (ONNX 1.x, IR versions 3 to 13).
package graphfile

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// ErrTruncated is the error for a file that ends inside a record.
var ErrTruncated = errors.New("the file ends too early")

// ErrNotONNX is the error for files in other formats.
var ErrNotONNX = errors.New("this is not an ONNX file")

// Most is the largest file in bytes; larger models have external data.
const Most = math.MaxInt32

// Model is one file. Its slices may be changed freely; what they point to shares the file's bytes.
type Model struct {
	Nodes   []*Node
	Tensors []*Tensor // initialisers included, in older files
	Inputs  []Value   // with initialisers among them in older files
	Outputs []Value
	Opsets  map[string]int64 // by domain; "" is ONNX's own

	head [][]byte // other records of the model
	rest [][]byte // other records of the graph
}

// New is an empty model with the operator set.
func New(opset int64) *Model {
	m := &Model{Opsets: map[string]int64{"": opset}}
	version := protowire.AppendTag(nil, modelVersion, protowire.VarintType)
	m.head = append(m.head, protowire.AppendVarint(version, 8))
	name := protowire.AppendTag(nil, graphName, protowire.BytesType)
	m.rest = append(m.rest, protowire.AppendString(name, "graph"))
	return m
}

const (
	modelVersion = 1
	modelGraph   = 7
	modelOpset   = 8

	graphNode   = 1
	graphName   = 2
	graphTensor = 5
	graphInput  = 11
	graphOutput = 12
	graphInner  = 13
)

// Parse parses a file. The model shares the bytes.
func Parse(data []byte) (*Model, error) {
	m := &Model{Opsets: map[string]int64{}}
	graphs := 0
	err := walk(data, func(r record) error {
		switch {
		case r.is(modelGraph):
			graphs++
			return walk(r.value, m.graphRecord)
		case r.is(modelOpset):
			return m.opset(r.value)
		case r.number > 25:
			return ErrNotONNX
		}
		m.head = append(m.head, r.whole)
		return nil
	})
	if err == nil && graphs == 0 {
		err = ErrNotONNX
	}
	if err != nil {
		return nil, err
	}
	return m, nil
}

func (m *Model) graphRecord(r record) error {
	switch {
	case r.is(graphNode):
		n, err := parseNode(r.value)
		m.Nodes = append(m.Nodes, n)
		return err
	case r.is(graphTensor):
		t, err := parseTensor(r.value)
		m.Tensors = append(m.Tensors, t)
		return err
	case r.is(graphInput), r.is(graphOutput):
		v, err := parseValue(r.value)
		if r.number == graphInput {
			m.Inputs = append(m.Inputs, v)
		} else {
			m.Outputs = append(m.Outputs, v)
		}
		return err
	}
	m.rest = append(m.rest, r.whole)
	return nil
}

func (m *Model) opset(data []byte) error {
	var domain string
	var version int64
	err := walk(data, func(r record) error {
		switch {
		case r.is(1):
			domain = string(r.value)
		case r.number == 2:
			version = r.int()
		}
		return nil
	})
	if domain == "ai.onnx" {
		domain = ""
	}
	m.Opsets[domain] = version
	return err
}

// ForgetTypes drops the types of values inside the graph, which may change with its nodes.
func (m *Model) ForgetTypes() {
	m.rest = slices.DeleteFunc(m.rest, func(r []byte) bool {
		number, _, _ := protowire.ConsumeTag(r)
		return number == graphInner
	})
}

// Feeds are the inputs that a caller must give: those that are not initialisers.
func (m *Model) Feeds() []Value {
	weights := make(map[string]bool, len(m.Tensors))
	for _, t := range m.Tensors {
		weights[t.Name] = true
	}
	return slices.DeleteFunc(slices.Clone(m.Inputs), func(v Value) bool { return weights[v.Name] })
}

// Bytes encodes the model as a file.
func (m *Model) Bytes() ([]byte, error) {
	graph, size := make([][]byte, 0, 4*len(m.Tensors)), 0
	add := func(number protowire.Number, body ...[]byte) {
		n := 0
		for _, b := range body {
			n += len(b)
		}
		tag := protowire.AppendTag(nil, number, protowire.BytesType)
		tag = protowire.AppendVarint(tag, uint64(n))
		graph = append(append(graph, tag), body...)
		size += len(tag) + n
	}
	for _, n := range m.Nodes {
		size += protowire.SizeTag(graphNode) + protowire.SizeBytes(n.size())
	}
	for _, r := range m.rest {
		graph, size = append(graph, r), size+len(r)
	}
	for _, t := range m.Tensors {
		add(graphTensor, t.body()...)
	}
	for _, v := range m.Inputs {
		add(graphInput, v.body())
	}
	for _, v := range m.Outputs {
		add(graphOutput, v.body())
	}
	head := m.headBytes()
	if total := len(head) + size + 16; total > Most {
		return nil, fmt.Errorf("the changed network would have %d MB in one piece, more than a file may have: export the model with external data", total>>20)
	}
	out := make([]byte, 0, len(head)+size+16)
	out = append(out, head...)
	out = protowire.AppendTag(out, modelGraph, protowire.BytesType)
	out = protowire.AppendVarint(out, uint64(size))
	for _, n := range m.Nodes {
		out = protowire.AppendTag(out, graphNode, protowire.BytesType)
		out = n.append(protowire.AppendVarint(out, uint64(n.size())))
	}
	for _, b := range graph {
		out = append(out, b...)
	}
	return out, nil
}

func (m *Model) headBytes() []byte {
	var out []byte
	for _, r := range m.head {
		out = append(out, r...)
	}
	for _, domain := range slices.Sorted(maps.Keys(m.Opsets)) {
		var o []byte
		if domain != "" {
			o = appendString(o, 1, domain)
		}
		o = protowire.AppendTag(o, 2, protowire.VarintType)
		o = protowire.AppendVarint(o, uint64(m.Opsets[domain]))
		out = appendBytes(out, modelOpset, o)
	}
	return out
}
