package recipe

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strings"
)

// maxDepth is how deep a foreign text's JSON may nest; a graph with subgraphs needs about twenty.
const maxDepth = 200

var errDeep = errors.New("it is nested too deeply")

// parseJSON reads another program's JSON: limited in depth, and with Python's bare NaN and Infinity as null.
func parseJSON(data []byte, into any) error {
	if depth(data) > maxDepth {
		return errDeep
	}
	return json.Unmarshal(cleanJSON(data), into)
}

// depth is how deep brackets nest outside of strings.
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

// cleanJSON replaces bare NaN and Infinity, which Python writes, by null.
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

// number also accepts numbers in quotes; 0 if there is none.
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

// count is an integer such as a number of steps or pixels, limited to the range of int on every machine.
func (o object) count(key string) int { return count(o.number(key)) }

func count(v float64) int { return int(min(max(v, math.MinInt32), math.MaxInt32)) }

func (o object) object(key string) object {
	var out object
	if json.Unmarshal(o[key], &out) != nil {
		return nil
	}
	return out
}

// seed reads a 64-bit integer, also in a float's notation ("3e9", "42.0"). Others are listed as lost.
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
