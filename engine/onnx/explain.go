package onnx

import (
	"path/filepath"
	"regexp"
	"strings"

	"nirvana/engine/fault"
)

// What is said of a network that cannot be opened or computed.

// explain adds the file's name and what to do.
func (g *Graph) explain(err error) error {
	if outOfMemory(err) {
		return fault.Memory.Errorf("%s does not fit into the memory that is free: close other programs, or choose a smaller model: %w", g.name(), err)
	}
	if what := beyond(err); what != "" {
		return fault.Unknown.Errorf("%s needs %s, which this ONNX Runtime (%s) does not have: export the model again without optimisations, or for the processor: %w", g.name(), what, g.runtime.Version(), err)
	}
	return fault.Incomplete.Errorf("%s is not a network that ONNX Runtime can open, it may be truncated: fetch the model again: %w", g.name(), err)
}

// beyondIt are ONNX Runtime's messages for valid networks that it does not support, with a name for each.
var beyondIt = []struct {
	said *regexp.Regexp
	what string
}{
	{regexp.MustCompile(`Could not find an implementation for (?:the node )?(?:\S+:)?([\w.]+)\(`), "the operator "},
	{regexp.MustCompile(`Failed to find kernel for (?:\S+:)?([\w.]+)\(`), "the operator "},
	{regexp.MustCompile(`No Op registered for ([\w.]+)`), "the operator "},
	{regexp.MustCompile(`([\w.]+:\w+|\w+)\(-?\d+\) is not a registered function/op`), "the operator "},
	{regexp.MustCompile(`Unrecognized attribute: (\w+) for operator`), "an operator's attribute "},
	{regexp.MustCompile(`Unsupported model IR version: (\d+)`), "the file format version "},
	{regexp.MustCompile(`[Oo]pset (\d+) is under development`), "the operator set "},
}

// beyond names what a network needs and the library lacks; "" for other errors.
func beyond(err error) string {
	for _, b := range beyondIt {
		if m := b.said.FindStringSubmatch(err.Error()); m != nil {
			return b.what + m[1]
		}
	}
	return ""
}

// failed is the error of a network that could not be computed on the CPU.
func (g *Graph) failed(err error) error {
	kind := fault.Computing
	if outOfMemory(err) {
		kind = fault.Memory
	}
	return kind.Errorf("%s: %w", g.component(), err)
}

// component is the part of a model that it is, by its folder's name.
func (g *Graph) component() string {
	if g.build != nil {
		return filepath.Base(g.path)
	}
	return filepath.Base(filepath.Dir(g.path))
}

// part is the part of a model that it is, in sentences.
func (g *Graph) part() fault.Part { return fault.PartNamed(g.component()) }

// outOfMemory reports whether ONNX Runtime ran out of memory, which it has no error code for, only these words.
func outOfMemory(err error) bool {
	text := err.Error()
	return strings.Contains(text, "bad_alloc") || strings.Contains(text, "Failed to allocate memory")
}

// name is the file with its folder, for messages.
func (g *Graph) name() string {
	return filepath.Join(filepath.Base(filepath.Dir(g.path)), filepath.Base(g.path))
}
