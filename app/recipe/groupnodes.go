package recipe

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// uiGroup is the inside of a group node, in which nodes are numbered by position and links are lists: node, output,
// node, input.
type uiGroup struct {
	Nodes []uiNode
	Links [][]json.RawMessage
}

// graph converts the group to a subgraph. Its node has the inputs and outputs that are not linked inside, node by
// node, and the concatenated values of all nodes.
func (g uiGroup) graph(values json.RawMessage) uiGraph {
	out := uiGraph{Nodes: slices.Clone(g.Nodes)}
	taken, given := map[[2]int]bool{}, map[[2]int]bool{}
	for i, l := range g.Links {
		if len(l) < 4 {
			continue
		}
		n := func(i int) int { return object{"v": l[i]}.count("v") }
		link := uiLink{id: "i" + strconv.Itoa(i), from: strconv.Itoa(n(0)), out: n(1), to: strconv.Itoa(n(2)), in: n(3)}
		out.Links = append(out.Links, link)
		taken[[2]int{n(2), n(3)}], given[[2]int{n(0), n(1)}] = true, true
	}
	var rest []json.RawMessage
	json.Unmarshal(values, &rest)
	for i := range out.Nodes {
		n := &out.Nodes[i]
		n.ID = json.RawMessage(strconv.Itoa(i))
		n.Inputs = slices.Clone(n.Inputs)
		for j := range n.Inputs {
			slot := &n.Inputs[j]
			slot.Link = nil
			if !taken[[2]int{i, j}] {
				slot.Link = json.RawMessage(fmt.Sprintf(`"o%d.%d"`, i, j))
				out.Links = append(out.Links, uiLink{id: scalarText(slot.Link), from: "-10", out: len(out.Inputs), to: strconv.Itoa(i), in: j})
				out.Inputs = append(out.Inputs, uiSlot{Name: fmt.Sprintf("%d.%d", i, j), Type: slot.Type})
			}
		}
		for j, slot := range n.Outputs {
			if !given[[2]int{i, j}] {
				out.Links = append(out.Links, uiLink{id: fmt.Sprintf("e%d.%d", i, j), from: strconv.Itoa(i), out: j, to: "-20", in: len(out.Outputs)})
				out.Outputs = append(out.Outputs, slot)
			}
		}
		rest = n.take(rest)
	}
	for _, l := range out.Links {
		if i, err := strconv.Atoi(l.to); err == nil && l.id[0] == 'i' && i >= 0 && i < len(out.Nodes) && l.in >= 0 && l.in < len(out.Nodes[i].Inputs) {
			out.Nodes[i].Inputs[l.in].Link = json.RawMessage(strconv.Quote(l.id))
		}
	}
	return out
}

// take assigns a node as many of the values as it has of its own.
func (n *uiNode) take(values []json.RawMessage) []json.RawMessage {
	var own []json.RawMessage
	if json.Unmarshal(n.Values, &own) != nil || len(own) > len(values) {
		return values
	}
	if js, err := json.Marshal(values[:len(own)]); err == nil && len(own) > 0 {
		n.Values = js
	}
	return values[len(own):]
}
