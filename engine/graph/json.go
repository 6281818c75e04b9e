package graph

import (
	"bytes"
	"encoding/json"
)

// ReadJSON decodes a config.json; empty data decodes nothing, and bare Infinity and NaN, as Python writes them, are
// read as null.
func ReadJSON(data []byte, into any) error {
	if len(data) == 0 {
		return nil
	}
	for _, bare := range []string{"-Infinity", "Infinity", "NaN"} {
		data = bytes.ReplaceAll(data, []byte(": "+bare), []byte(": null"))
	}
	return json.Unmarshal(data, into)
}
