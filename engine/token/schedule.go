package token

import (
	"regexp"
	"strconv"
	"strings"
)

// nodes is a text in which some stretches depend on the step.
type nodes []promptNode

// promptNode is one of: plain text, a change at a step, alternatives.
type promptNode struct {
	text          string
	when          string // a number; with a point it is a share of the steps
	before, after nodes
	turns         []nodes
}

var stepNumber = regexp.MustCompile(`^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*$`)

// brackets is a text with the place of every bracket's partner, -1 for none.
type brackets struct {
	text    string
	partner []int  // of opening ones
	closes  []bool // closing ones that have theirs
}

func parseNodes(text string) nodes {
	b := brackets{text, make([]int, len(text)), make([]bool, len(text))}
	var open []int
	for i := range b.partner {
		b.partner[i] = -1
	}
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '(', '[':
			open = append(open, i)
		case ')', ']':
			open = b.close(open, i)
		}
	}
	return b.nodes(0, len(text))
}

// close pairs a closing bracket with the last one of its kind: a round one only
// with the innermost, a square one past round ones that were never closed.
func (b brackets) close(open []int, i int) []int {
	for j := len(open) - 1; j >= 0; j-- {
		switch {
		case b.text[open[j]] == '[' && b.text[i] == ']', b.text[open[j]] == '(' && b.text[i] == ')':
			b.partner[open[j]], b.closes[i] = i, true
			return open[:j]
		case b.text[i] == ')':
			return open
		}
	}
	return open
}

// nodes reads text[from:to].
func (b brackets) nodes(from, to int) nodes {
	var out nodes
	start := from
	for i := from; i < to; i++ {
		if b.text[i] == '\\' {
			i++
			continue
		}
		if b.text[i] != '[' || b.partner[i] < 0 {
			continue
		}
		n, ok := b.node(i+1, b.partner[i])
		if !ok {
			continue // less attention: stays in the text
		}
		if start < i {
			out = append(out, promptNode{text: b.text[start:i]})
		}
		out = append(out, n)
		i = b.partner[i]
		start = i + 1
	}
	if start < to {
		out = append(out, promptNode{text: b.text[start:to]})
	}
	return out
}

// whole reports that every bracket inside has its partner there too.
func (b brackets) whole(from, to int) bool {
	for i := from; i < to; i++ {
		switch b.text[i] {
		case '\\':
			i++
		case '(', '[':
			if b.partner[i] < 0 {
				return false
			}
		case ')', ']':
			if !b.closes[i] {
				return false
			}
		}
	}
	return true
}

// node reads what stands between square brackets.
func (b brackets) node(from, to int) (promptNode, bool) {
	if !b.whole(from, to) {
		return promptNode{}, false
	}
	if n, ok := b.change(from, to); ok {
		return n, true
	}
	bars := b.marks(from, to, '|')
	if len(bars) == 0 {
		return promptNode{}, false
	}
	var n promptNode
	for _, bar := range append(bars, to) {
		n.turns = append(n.turns, b.nodes(from, bar))
		from = bar + 1
	}
	return n, true
}

// change reads [before:after:when] and [after:when].
func (b brackets) change(from, to int) (promptNode, bool) {
	colons := b.marks(from, to, ':')
	k := len(colons)
	if k != 1 && k != 2 {
		return promptNode{}, false
	}
	last := colons[k-1]
	when := b.text[last+1 : to]
	if !stepNumber.MatchString(when) {
		return promptNode{}, false
	}
	n := promptNode{when: strings.TrimSpace(when), after: b.nodes(from, last)}
	if k == 2 {
		n.before, n.after = b.nodes(from, colons[0]), b.nodes(colons[0]+1, last)
	}
	return n, true
}

// marks are the places of a character outside of inner brackets.
func (b brackets) marks(from, to int, mark byte) []int {
	var at []int
	for i := from; i < to; i++ {
		switch {
		case b.text[i] == '\\':
			i++
		case b.text[i] == mark:
			at = append(at, i)
		case b.partner[i] > i && b.partner[i] < to:
			i = b.partner[i]
		}
	}
	return at
}

// write writes the text as it is at a step.
func (ns nodes) write(out *strings.Builder, step, steps int) {
	for _, n := range ns {
		switch {
		case n.turns != nil:
			n.turns[(max(step, 1)-1)%len(n.turns)].write(out, step, steps)
		case n.when != "":
			if last := n.last(steps); last >= 1 && step <= last {
				n.before.write(out, step, steps)
			} else {
				n.after.write(out, step, steps)
			}
		default:
			out.WriteString(n.text)
		}
	}
}

// last is the last step before the change.
func (n promptNode) last(steps int) int {
	v, err := strconv.ParseFloat(n.when, 64)
	if err != nil {
		return 0
	}
	if strings.Contains(n.when, ".") {
		v *= float64(steps)
	}
	return int(min(max(v, 0), float64(steps)))
}

func (ns nodes) fixed() bool {
	for _, n := range ns {
		if n.turns != nil || n.when != "" {
			return false
		}
	}
	return true
}
