package graph

import (
	"bytes"
	"encoding/json"
)

// ReadJSON reads a config.json: nothing from no data, and it bears bare Infinity and NaN as Python writes them.
func ReadJSON(data []byte, into any) error {
	if len(data) == 0 {
		return nil
	}
	for _, bare := range []string{"-Infinity", "Infinity", "NaN"} {
		data = bytes.ReplaceAll(data, []byte(": "+bare), []byte(": null"))
	}
	return json.Unmarshal(data, into)
}
