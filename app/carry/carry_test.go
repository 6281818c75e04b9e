package carry

import (
	"reflect"
	"testing"
)

type common struct{ E int }

type one struct {
	common
	A    int
	B    string
	C, D float32
	F    []int
}

type other struct {
	Common common
	A      int
	B      int // of another type
	C      float32
	Long   float32
	F      []int
}

func TestFields(t *testing.T) {
	from := one{A: 1, B: "b", C: 2, D: 3, F: []int{4}}
	var to other
	Fields(&to, from, map[string]string{"C": "not this one"}, map[string]string{"Long": "D"})
	if want := (other{A: 1, Long: 3, F: []int{4}}); !reflect.DeepEqual(to, want) {
		t.Errorf("%+v", to)
	}
}

func TestDiffer(t *testing.T) {
	a := other{A: 1, C: 2, F: []int{3}, Common: common{1}}
	b := a
	if got := Differ(a, b, nil); got != nil {
		t.Error(got)
	}
	b.A, b.F, b.Common.E, b.Long = 2, []int{4}, 2, 9
	if got := Differ(a, b, map[string]string{"Long": "of no matter"}); !reflect.DeepEqual(got, []string{"Common", "A", "F"}) {
		t.Error(got)
	}
}
