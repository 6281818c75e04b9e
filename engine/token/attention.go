package token

import (
	"regexp"
	"strconv"
	"strings"
)

// Weighted is a piece of text with one weight, or a BREAK.
type Weighted struct {
	Text   string
	Weight float32 // 1: unchanged
	Break  bool    // ends the chunk; no text
}

var (
	attentionMark = regexp.MustCompile(`\\\(|\\\)|\\\[|\\\]|\\\\|\\|\(|\[|:\s*([+-]?[.\d]+)\s*\)|\)|\]|[^\\()\[\]:]+|:`)
	breakWord     = regexp.MustCompile(`\s*\bBREAK\b\s*`)
)

const (
	roundFactor  = 1.1
	squareFactor = 1 / 1.1
)

// emphasis is the parser's state; weights are multiplied in float64, as in AUTOMATIC1111.
type emphasis struct {
	texts         []string
	weights       []float64
	breaks        []bool
	round, square []int // positions of open brackets
}

// attention parses brackets and weights. Brackets never closed extend to the end; those never opened are text.
func attention(text string) []Weighted {
	var e emphasis
	for _, m := range attentionMark.FindAllStringSubmatchIndex(text, -1) {
		mark := text[m[0]:m[1]]
		weight, err := 0.0, strconv.ErrSyntax
		if m[2] >= 0 {
			weight, err = strconv.ParseFloat(text[m[2]:m[3]], 64)
		}
		switch {
		case mark[0] == '\\':
			e.add(mark[1:])
		case mark == "(":
			e.round = append(e.round, len(e.texts))
		case mark == "[":
			e.square = append(e.square, len(e.texts))
		case err == nil && len(e.round) > 0:
			e.round = e.scale(e.round, weight)
		case mark == ")" && len(e.round) > 0:
			e.round = e.scale(e.round, roundFactor)
		case mark == "]" && len(e.square) > 0:
			e.square = e.scale(e.square, squareFactor)
		default:
			e.addBroken(mark)
		}
	}
	for len(e.round) > 0 {
		e.round = e.scale(e.round, roundFactor)
	}
	for len(e.square) > 0 {
		e.square = e.scale(e.square, squareFactor)
	}
	return e.merged()
}

func (e *emphasis) add(text string) {
	e.texts, e.weights, e.breaks = append(e.texts, text), append(e.weights, 1), append(e.breaks, false)
}

// addBroken adds a text, cut at every BREAK.
func (e *emphasis) addBroken(text string) {
	if !strings.Contains(text, "BREAK") {
		e.add(text)
		return
	}
	for i, t := range breakWord.Split(text, -1) {
		if i > 0 {
			e.add("")
			e.breaks[len(e.breaks)-1] = true
		}
		e.add(t)
	}
}

// scale multiplies everything since the innermost open bracket, and closes it.
func (e *emphasis) scale(open []int, factor float64) []int {
	for i := open[len(open)-1]; i < len(e.weights); i++ {
		e.weights[i] *= factor
	}
	return open[:len(open)-1]
}

// merged joins neighbours of one weight.
func (e *emphasis) merged() []Weighted {
	var out []Weighted
	var text strings.Builder
	for i := range e.texts {
		if e.breaks[i] {
			out = append(out, Weighted{Weight: 1, Break: true})
			continue
		}
		text.WriteString(e.texts[i])
		if i+1 < len(e.texts) && !e.breaks[i+1] && e.weights[i] == e.weights[i+1] {
			continue
		}
		out = append(out, Weighted{Text: text.String(), Weight: float32(e.weights[i])})
		text.Reset()
	}
	if len(out) == 0 {
		out = []Weighted{{Weight: 1}}
	}
	return out
}
