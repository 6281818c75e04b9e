package engine

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
)

// Every parameter says all that the others need to know of it.
func TestEveryParameterIsDescribed(t *testing.T) {
	names := map[string]bool{}
	var p Shared
	for i, q := range p.Each() {
		field := reflect.TypeOf(p).Field(i)
		if q.Name == "" || q.Flag == "" || q.Help == "" || names[q.Name] || !strings.HasSuffix(string(field.Tag.Get("json")), ",omitempty") {
			t.Errorf("%s has no json name that is its own and omits zero, no flag or no help: %+v", field.Name, q)
		}
		names[q.Name] = true
		switch q.Value.(type) {
		case *int, *float32:
			if math.IsInf(q.Least, 0) || math.IsInf(q.Most, 0) || q.Least > q.Most {
				t.Errorf("%s has no range", field.Name)
			}
		case *string, *bool:
		default:
			t.Errorf("%s is a %T: Settings, recipes and flags know texts, numbers and yes or no", field.Name, q.Value)
		}
	}
}

// Out of its range a number is refused or moved into it; a text that is none of its values is dropped.
func TestParameterRange(t *testing.T) {
	for _, c := range []struct {
		was, want Shared
		ok        bool
	}{
		{Shared{Eta: 0.5, Tiling: "x"}, Shared{Eta: 0.5, Tiling: "x"}, true},
		{Shared{Eta: 7}, Shared{Eta: 1}, false},
		{Shared{Eta: -1}, Shared{}, false},
		{Shared{Eta: float32(math.NaN())}, Shared{}, false},
		{Shared{Tiling: "round"}, Shared{}, false},
	} {
		ok, got := true, c.was
		for _, p := range got.Each() {
			ok = ok && p.Check() == nil
			p.Clamp()
		}
		if ok != c.ok || got != c.want {
			t.Errorf("%+v: %v, %+v", c.was, ok, got)
		}
	}
}

// They lie flat in a request's JSON, where journals of before have them under the fields' names.
func TestParametersAreFlat(t *testing.T) {
	var q Request
	if err := json.Unmarshal([]byte(`{"Eta": 0.25, "Tiling": "y"}`), &q); err != nil || q.Eta != 0.25 || q.Tiling != "y" {
		t.Errorf("%v, %g, %q", err, q.Eta, q.Tiling)
	}
	data, err := json.Marshal(q)
	var back Request
	if err != nil || json.Unmarshal(data, &back) != nil || back.Shared != q.Shared || strings.Contains(string(data), "Shared") {
		t.Errorf("%v, %+v", err, back.Shared)
	}
}
