package graphfile

import (
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// Node is one operation.
type Node struct {
	Name    string
	Op      string
	Domain  string // "" is ONNX's own
	Inputs  []string
	Outputs []string

	attributes [][]byte // their content
	rest       [][]byte // other records
}

const (
	nodeInput     = 1
	nodeOutput    = 2
	nodeName      = 3
	nodeOp        = 4
	nodeAttribute = 5
	nodeDomain    = 7

	attributeName  = 1
	attributeFloat = 2
	attributeInt   = 3
	attributeBytes = 4
	attributeTensr = 5
	attributeGraph = 6
	attributeInts  = 8
	attributeType  = 20
)

func parseNode(data []byte) (*Node, error) {
	n := &Node{}
	err := walk(data, func(r record) error {
		switch {
		case r.is(nodeInput):
			n.Inputs = append(n.Inputs, string(r.value))
		case r.is(nodeOutput):
			n.Outputs = append(n.Outputs, string(r.value))
		case r.is(nodeName):
			n.Name = string(r.value)
		case r.is(nodeOp):
			n.Op = string(r.value)
		case r.is(nodeDomain):
			n.Domain = string(r.value)
		case r.is(nodeAttribute):
			n.attributes = append(n.attributes, r.value)
		default:
			n.rest = append(n.rest, r.whole)
		}
		return nil
	})
	return n, err
}

// size is the length of the node's record, without tag and length, bytes.
func (n *Node) size() (size int) {
	of := func(number protowire.Number, length int) {
		size += protowire.SizeTag(number) + protowire.SizeBytes(length)
	}
	for _, s := range n.Inputs {
		of(nodeInput, len(s))
	}
	for _, s := range n.Outputs {
		of(nodeOutput, len(s))
	}
	if n.Name != "" {
		of(nodeName, len(n.Name))
	}
	of(nodeOp, len(n.Op))
	if n.Domain != "" {
		of(nodeDomain, len(n.Domain))
	}
	for _, a := range n.attributes {
		of(nodeAttribute, len(a))
	}
	for _, r := range n.rest {
		size += len(r)
	}
	return size
}

// append appends the node's record, without tag and length.
func (n *Node) append(b []byte) []byte {
	for _, s := range n.Inputs {
		b = appendString(b, nodeInput, s)
	}
	for _, s := range n.Outputs {
		b = appendString(b, nodeOutput, s)
	}
	if n.Name != "" {
		b = appendString(b, nodeName, n.Name)
	}
	b = appendString(b, nodeOp, n.Op)
	if n.Domain != "" {
		b = appendString(b, nodeDomain, n.Domain)
	}
	for _, a := range n.attributes {
		b = appendBytes(b, nodeAttribute, a)
	}
	for _, r := range n.rest {
		b = append(b, r...)
	}
	return b
}

// Clone is a copy whose inputs, outputs and attributes can be changed independently.
func (n *Node) Clone() *Node {
	c := *n
	c.Inputs, c.Outputs, c.attributes = slices.Clone(n.Inputs), slices.Clone(n.Outputs), slices.Clone(n.attributes)
	return &c
}

// find returns the attribute's record with the field number.
func (n *Node) find(name string, number protowire.Number) (found record, ok bool) {
	for _, a := range n.attributes {
		var value record
		match := false
		if walk(a, func(r record) error {
			if r.is(attributeName) {
				match = string(r.value) == name
			} else if r.number == number {
				value = r
			}
			return nil
		}) == nil && match && value.whole != nil {
			return value, true
		}
	}
	return record{}, false
}

// Int is an integer attribute, or fallback where the node has none.
func (n *Node) Int(name string, fallback int64) int64 {
	if r, ok := n.find(name, attributeInt); ok {
		return r.int()
	}
	return fallback
}

// Float is a float attribute, or fallback where the node has none.
func (n *Node) Float(name string, fallback float32) float32 {
	if r, ok := n.find(name, attributeFloat); ok {
		return r.float()
	}
	return fallback
}

// Ints is an attribute of integers; nil where the node has none.
func (n *Node) Ints(name string) []int64 {
	var out []int64
	for _, a := range n.attributes {
		match := false
		var ints []int64
		walk(a, func(r record) (err error) {
			if r.is(attributeName) {
				match = string(r.value) == name
			} else if r.number == attributeInts {
				ints, err = r.ints(ints)
			}
			return err
		})
		if match {
			out = ints
		}
	}
	return out
}

// Tensor is a tensor attribute; nil where the node has none.
func (n *Node) Tensor(name string) *Tensor {
	r, ok := n.find(name, attributeTensr)
	if !ok || r.kind != protowire.BytesType {
		return nil
	}
	t, err := parseTensor(r.value)
	if err != nil {
		return nil
	}
	return t
}

// HasGraph reports whether the node holds graphs (If, Loop, Scan).
func (n *Node) HasGraph() bool {
	for _, a := range n.attributes {
		has := false
		walk(a, func(r record) error {
			has = has || r.number == attributeGraph || r.number == 11
			return nil
		})
		if has {
			return true
		}
	}
	return false
}

func attribute(name string, kind int64, put func([]byte) []byte) []byte {
	b := appendString(nil, attributeName, name)
	b = put(b)
	return appendInt(b, attributeType, kind)
}

// SetInt adds an integer attribute.
func (n *Node) SetInt(name string, v int64) *Node {
	n.attributes = append(n.attributes, attribute(name, 2, func(b []byte) []byte { return appendInt(b, attributeInt, v) }))
	return n
}

// SetFloat adds a float attribute.
func (n *Node) SetFloat(name string, v float32) *Node {
	n.attributes = append(n.attributes, attribute(name, 1, func(b []byte) []byte {
		return protowire.AppendFixed32(protowire.AppendTag(b, attributeFloat, protowire.Fixed32Type), math.Float32bits(v))
	}))
	return n
}

// SetString adds a string attribute.
func (n *Node) SetString(name, v string) *Node {
	n.attributes = append(n.attributes, attribute(name, 3, func(b []byte) []byte { return appendString(b, attributeBytes, v) }))
	return n
}

// SetInts adds an attribute of integers.
func (n *Node) SetInts(name string, v ...int64) *Node {
	n.attributes = append(n.attributes, attribute(name, 7, func(b []byte) []byte {
		for _, i := range v {
			b = appendInt(b, attributeInts, i)
		}
		return b
	}))
	return n
}

// SetTensor adds a tensor attribute.
func (n *Node) SetTensor(name string, t *Tensor) *Node {
	n.attributes = append(n.attributes, attribute(name, 4, func(b []byte) []byte { return appendBytes(b, attributeTensr, slices.Concat(t.body()...)) }))
	return n
}
