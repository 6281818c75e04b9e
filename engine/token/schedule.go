package token

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// nodes is a text in which some parts depend on the step.
type nodes []promptNode

// promptNode is one of: plain text, a change at a step, alternatives.
type promptNode struct {
	text          string
	when          string // a number; with a point it is a share of the steps
	before, after nodes
	turns         []nodes
}

var stepNumber = regexp.MustCompile(`^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*$`)

// brackets is a text with the index of every bracket's partner, -1 for none. Parsing takes time proportional to its
// length: every bracket's inside is read once, skipping the brackets in it.
type brackets struct {
	text    string
	partner []int // of opening ones
	lone    []int // how many brackets without a partner are before each index
	open    []int // open ones so far
	square  int   // how many of open are square
}

func parseNodes(text string) nodes {
	b := brackets{text: text, partner: make([]int, len(text)), lone: make([]int, len(text)+1)}
	for i := range b.partner {
		b.partner[i] = -1
	}
	closes := make([]bool, len(text))
	b.each(func(i int) {
		switch text[i] {
		case '(', '[':
			b.push(i)
		case ')', ']':
			closes[i] = b.close(i)
		}
	})
	alone := make([]bool, len(text))
	b.each(func(i int) {
		opens, ends := text[i] == '(' || text[i] == '[', text[i] == ')' || text[i] == ']'
		alone[i] = opens && b.partner[i] < 0 || ends && !closes[i]
	})
	for i, is := range alone {
		if b.lone[i+1] = b.lone[i]; is {
			b.lone[i+1]++
		}
	}
	return b.nodes(0, len(text))
}

// each visits the indices of bytes that are not escaped by a backslash.
func (b *brackets) each(visit func(i int)) {
	for i := 0; i < len(b.text); i++ {
		if b.text[i] == '\\' {
			i++
			continue
		}
		visit(i)
	}
}

func (b *brackets) push(i int) {
	if b.open = append(b.open, i); b.text[i] == '[' {
		b.square++
	}
}

// close pairs a closing bracket with the last one of its kind: a round one only with the innermost, a square one past
// round ones that were never closed.
func (b *brackets) close(i int) bool {
	if b.text[i] == ']' && b.square == 0 {
		return false
	}
	for j := len(b.open) - 1; j >= 0; j-- {
		at := b.open[j]
		switch {
		case b.text[at] == '[' && b.text[i] == ']':
			b.square--
			fallthrough
		case b.text[at] == '(' && b.text[i] == ')':
			b.partner[at], b.open = i, b.open[:j]
			return true
		case b.text[i] == ')':
			return false
		}
	}
	return false
}

// nodes parses text[from:to].
func (b *brackets) nodes(from, to int) nodes {
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

// node parses square brackets, if every bracket inside has its partner. A bar and a colon together make neither a
// change nor alternatives, as in AUTOMATIC1111.
func (b *brackets) node(from, to int) (promptNode, bool) {
	if b.lone[to] > b.lone[from] {
		return promptNode{}, false
	}
	colons, bars := b.marks(from, to)
	switch {
	case len(bars) == 0:
		return b.change(from, to, colons)
	case len(colons) > 0:
		return promptNode{}, false
	}
	var n promptNode
	for _, bar := range append(bars, to) {
		n.turns = append(n.turns, b.nodes(from, bar))
		from = bar + 1
	}
	return n, true
}

// change parses [before:after:when] and [after:when].
func (b *brackets) change(from, to int, colons []int) (promptNode, bool) {
	k := len(colons)
	if k != 1 && k != 2 {
		return promptNode{}, false
	}
	last := colons[k-1]
	when := b.text[last+1 : to]
	if !stepNumber.MatchString(when) {
		return promptNode{}, false
	}
	n := promptNode{when: strings.TrimSpace(when)}
	if k == 2 {
		n.before = b.nodes(from, colons[0])
		from = colons[0] + 1
	}
	n.after = b.nodes(from, last)
	return n, true
}

// marks are the indices of colons and bars outside of inner brackets, without the colon of ComfyUI's embedding:name.
func (b *brackets) marks(from, to int) (colons, bars []int) {
	for i := from; i < to; i++ {
		switch {
		case b.text[i] == '\\':
			i++
		case b.text[i] == '|':
			bars = append(bars, i)
		case b.text[i] == ':' && !namesEmbedding(b.text[from:to], i-from):
			colons = append(colons, i)
		case b.partner[i] > i && b.partner[i] < to:
			i = b.partner[i]
		}
	}
	return colons, bars
}

// namesEmbedding reports whether the colon at an index is that of embedding:name.
func namesEmbedding(text string, colon int) bool {
	const word = "embedding"
	at := colon - len(word)
	return at >= 0 && strings.EqualFold(text[at:colon], word) && !touched(text, at, colon) &&
		colon+1 < len(text) && !unicode.IsSpace(rune(text[colon+1])) && !stepNumber.MatchString(text[colon+1:])
}

// write writes the text at a step.
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
