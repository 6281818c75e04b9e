package settings

import (
	"encoding/json"
	"errors"
)

// UnmarshalJSON decodes settings over the existing ones. Earlier versions stored some parameters that are in
// engine.Shared now under other names.
func (t *Settings) UnmarshalJSON(data []byte) error {
	type plain Settings
	err := json.Unmarshal(data, (*plain)(t))
	var written map[string]json.RawMessage
	if json.Unmarshal(data, &written) != nil {
		return err
	}
	for _, p := range t.Shared.Each() {
		if older, ok := written[p.Field]; ok {
			err = errors.Join(err, json.Unmarshal(older, p.Value))
		}
	}
	return err
}
