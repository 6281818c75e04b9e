package settings

import (
	"encoding/json"
	"errors"
)

// UnmarshalJSON reads settings over those that are there. Earlier versions wrote some of the parameters that are in
// engine.Shared now under their fields' names.
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
