package recipe

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strings"
)

// maxDepth is how deep a foreign text's JSON may nest; a graph in subgraphs needs some twenty.
const maxDepth = 200

var errDeep = errors.New("it is nested too deeply")

// parseJSON reads JSON of another program: bounded in depth, and with Python's bare NaN and Infinity as null.
func parseJSON(data []byte, into any) error {
	if depth(data) > maxDepth {
		return errDeep
	}
	return json.Unmarshal(cleanJSON(data), into)
}

// depth is how deep brackets nest outside of texts.
func depth(data []byte) (deepest int) {
	at, inText := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case inText && c == '\\':
			i++
		case c == '"':
			inText = !inText
		case inText:
		case c == '[' || c == '{':
			at++
			deepest = max(deepest, at)
		case c == ']' || c == '}':
			at--
		}
	}
	return deepest
}

// cleanJSON makes bare NaN and Infinity, which Python writes, into null.
func cleanJSON(data []byte) []byte {
	if json.Valid(data) {
		return data
	}
	s := string(data)
	for _, bare := range []string{"-Infinity", "Infinity", "NaN"} {
		for _, before := range []string{": ", ":", "[", ", "} {
			s = strings.ReplaceAll(s, before+bare, before+"null")
		}
	}
	return []byte(s)
}

// object is a JSON object read leniently: programs change types between versions.
type object map[string]json.RawMessage

func (o object) text(key string) string {
	var s string
	if json.Unmarshal(o[key], &s) == nil {
		return s
	}
	return ""
}

// number also takes numbers in quotes; 0 where there is none.
func (o object) number(key string) float64 {
	var n json.Number
	if json.Unmarshal(o[key], &n) != nil {
		n = json.Number(strings.TrimSpace(o.text(key)))
	}
	v, err := n.Float64()
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}

// count is a number of steps, pixels and the like, within what an int of any machine holds.
func (o object) count(key string) int { return count(o.number(key)) }

func count(v float64) int { return int(min(max(v, math.MinInt32), math.MaxInt32)) }

func (o object) object(key string) object {
	var out object
	if json.Unmarshal(o[key], &out) != nil {
		return nil
	}
	return out
}

// seed reads a whole number of 64 bits, whole also as a float ("3e9", "42.0"). Others are listed as lost.
func (f *Found) seed(text string) uint64 {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0
	}
	if len(text) > 64 {
		f.lose("seed %s", text)
		return 0
	}
	v, ok := new(big.Float).SetPrec(256).SetString(text)
	if !ok || v.MantExp(nil) > 64 {
		f.lose("seed %s", text)
		return 0
	}
	seed, accuracy := v.Uint64()
	if accuracy != big.Exact || v.Signbit() {
		f.lose("seed %s", text)
		return 0
	}
	return seed
}
