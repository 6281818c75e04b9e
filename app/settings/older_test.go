package settings

import (
	"encoding/json"
	"testing"
)

// Settings of earlier versions keep the parameters whose names in files were different, and parameters missing in a
// file keep their value.
func TestOlderNames(t *testing.T) {
	s := Default()
	s.Prompt = "a mill"
	if err := json.Unmarshal([]byte(`{"ClipSkip": 2, "eta": 0.5, "Steps": 9}`), &s); err != nil {
		t.Fatal(err)
	}
	if s.ClipSkip != 2 || s.Eta != 0.5 || s.Steps != 9 || s.Prompt != "a mill" || s.Guidance != Default().Guidance {
		t.Errorf("%+v", s)
	}
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	again := Default()
	if err := json.Unmarshal(data, &again); err != nil || again.ClipSkip != 2 || again.Eta != 0.5 || again.Steps != 9 {
		t.Errorf("written and read, %+v, %v", again, err)
	}
	if err := json.Unmarshal([]byte(`{"ClipSkip": "two", "Steps": 7}`), &again); err == nil || again.Steps != 7 {
		t.Errorf("%v, %d steps", err, again.Steps)
	}
}
