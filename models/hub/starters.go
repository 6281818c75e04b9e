package hub

import (
	_ "embed"
	"encoding/json"
)

// Starter is a model worth starting with.
type Starter struct {
	Reference string `json:"reference"` // as Look takes it
	Name      string `json:"name"`
	Licence   string `json:"licence"`
	Bytes     int64  `json:"bytes"`  // that are fetched
	Memory    int64  `json:"memory"` // that it needs, bytes
	GoodFor   string `json:"good_for"`
}

//go:embed starters.json
var starters []byte

// Starters are a few models worth starting with, the smallest first; starters.json says where its facts are from.
func Starters() []Starter {
	var list struct{ Models []Starter }
	if json.Unmarshal(starters, &list) != nil {
		return nil // a test reads it
	}
	return list.Models
}
