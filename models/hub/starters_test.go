package hub

import "testing"

// The list of models worth starting with is whole: names that can be asked for, sizes, licences.
func TestStarters(t *testing.T) {
	all, before, seen := Starters(), int64(0), map[string]bool{}
	if len(all) < 4 {
		t.Fatalf("%d are listed", len(all))
	}
	for _, s := range all {
		if _, err := (Client{}).ParseReference(s.Reference); err != nil || seen[s.Reference] {
			t.Errorf("%+v: %v, or twice", s, err)
		}
		seen[s.Reference] = true
		if s.Name == "" || s.Licence == "" || s.GoodFor == "" || s.Bytes < 1e9 || s.Memory < 2*s.Bytes || s.Bytes < before {
			t.Errorf("%+v lacks something, or is smaller than the one before", s)
		}
		before = s.Bytes
	}
}
