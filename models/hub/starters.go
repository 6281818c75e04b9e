package hub

import (
	_ "embed"
	"encoding/json"
)

// Starter is a model worth starting with.
type Starter struct {
	Reference string `json:"reference"` // for Look
	Name      string `json:"name"`
	Licence   string `json:"licence"`
	Bytes     int64  `json:"bytes"`  // of the download
	Memory    int64  `json:"memory"` // bytes needed to run it
	GoodFor   string `json:"good_for"`
}

//go:embed starters.json
var starters []byte

// Starters are a few models worth starting with, the smallest first; starters.json has the sources of their facts.
func Starters() []Starter {
	var list struct{ Models []Starter }
	if json.Unmarshal(starters, &list) != nil {
		return nil // a test reads it
	}
	return list.Models
}
