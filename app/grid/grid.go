// Package grid makes grids of pictures that differ in up to three parameters (AUTOMATIC1111's X/Y/Z plot): the axes
// as text, a request for each cell, and one labelled picture of all. Start with Parse.
package grid

import (
	"encoding/csv"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"nirvana/engine"
	"nirvana/engine/fault"
)

// Axis is one parameter with its values.
type Axis struct {
	Field  string // one of Fields
	Values []string
}

// Grid has up to three axes: columns, rows, and sheets one below the other.
type Grid struct{ Axes []Axis }

// mostCells is the largest number of cells.
const mostCells = 1000

// Parse parses axes: "guidance=3,5,7", "steps=10-30 (+10)", "seed=1-100 [4]", "sampler=Euler,Euler a",
// "replace=cat,dog,\"fish, fried\"". Numbers may be ranges, with a step in () or a number of values in [], as in
// AUTOMATIC1111; values with commas are in quotes. It fails for unknown parameters and values.
func Parse(axes ...string) (Grid, error) {
	var g Grid
	cells := 1
	for _, text := range axes {
		a, err := parseAxis(text)
		if err != nil {
			return g, err
		}
		if slices.ContainsFunc(g.Axes, func(o Axis) bool { return o.Field == a.Field }) {
			return g, fault.Settings.Errorf("a grid over %s twice is not possible: give its values in one", a.Field)
		}
		g.Axes = append(g.Axes, a)
		if cells *= len(a.Values); cells > mostCells {
			return g, fault.Settings.Errorf("the grid has more than %d pictures: leave some values out", mostCells)
		}
	}
	if len(g.Axes) > 3 {
		return g, fault.Settings.Errorf("a grid over %d parameters is not possible: use up to three", len(g.Axes))
	}
	return g, nil
}

func parseAxis(text string) (Axis, error) {
	name, list, ok := strings.Cut(text, "=")
	if !ok {
		return Axis{}, fault.Settings.Errorf("%q is not PARAMETER=VALUE,VALUE, for example guidance=3,5,7", text)
	}
	a := Axis{Field: strings.TrimSpace(name)}
	kind, err := kindOf(a.Field)
	if err != nil {
		return a, err
	}
	c := csv.NewReader(strings.NewReader(strings.ReplaceAll(list, "\n", " ")))
	c.TrimLeadingSpace, c.LazyQuotes = true, true
	values, err := c.Read()
	if err != nil {
		return a, fault.Settings.Errorf("%s has no values: write them with commas between", a.Field)
	}
	for _, v := range values {
		v = strings.TrimSpace(v)
		some := []string{v}
		if kind.numeric() {
			if some, err = expand(v, kind.whole()); err != nil {
				return a, fault.Settings.Errorf("%s=%s: %w", a.Field, v, err)
			}
		}
		a.Values = append(a.Values, some...)
	}
	if len(a.Values) > mostCells {
		return a, fault.Settings.Errorf("%s has more than %d values: leave some out", a.Field, mostCells)
	}
	for _, v := range a.Values {
		if err := check(a, v); err != nil {
			return a, err
		}
	}
	return a, nil
}

const figure = `([+-]?\d+(?:\.\d+)?)`

var span = regexp.MustCompile(`^` + figure + `\s*-\s*` + figure + `(?:\s*\(\s*` + figure + `\s*\)|\s*\[\s*(\d+)\s*\])?$`)

// expand returns a range's values; a single value is returned unchanged.
func expand(text string, whole bool) ([]string, error) {
	m := span.FindStringSubmatch(text)
	if m == nil {
		return []string{text}, nil
	}
	number := func(s string) float64 { v, _ := strconv.ParseFloat(s, 64); return v }
	from, to, step := number(m[1]), number(m[2]), 1.0
	count := 0
	switch {
	case m[4] != "":
		count = int(min(number(m[4]), mostCells+1))
		if count < 1 {
			return nil, fault.Settings.Errorf("[%s] is not a valid number of values", m[4])
		}
		if step = 0; count > 1 {
			step = (to - from) / float64(count-1)
		}
	default:
		if m[3] != "" {
			step = number(m[3])
		}
		if from > to && step > 0 {
			step = -step
		}
		if step == 0 || (to-from)*step < 0 {
			return nil, fault.Settings.Errorf("a step of %g leads nowhere", step)
		}
		count = int(min((to-from)/step+1e-6, mostCells)) + 1
	}
	var out []string
	for i := range count {
		v := from + float64(i)*step
		if whole {
			v = math.Round(v)
		}
		if s := strconv.FormatFloat(math.Round(v*1e6)/1e6, 'f', -1, 64); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out, nil
}

// Size is the number of columns, rows and sheets; 1 for a missing axis.
func (g Grid) Size() (size [3]int) {
	for i := range size {
		if size[i] = 1; i < len(g.Axes) {
			size[i] = len(g.Axes[i].Values)
		}
	}
	return size
}

// Places are all cells: from left to right, row by row, sheet by sheet; the cells of one model are adjacent, so that
// each model is opened once.
func (g Grid) Places() (all [][3]int) {
	n := g.Size()
	for z := range n[2] {
		for y := range n[1] {
			for x := range n[0] {
				all = append(all, [3]int{x, y, z})
			}
		}
	}
	if i := g.models(); i >= 0 {
		slices.SortStableFunc(all, func(a, b [3]int) int { return a[i] - b[i] })
	}
	return all
}

// models is the index of the axis of models; -1 if there is none.
func (g Grid) models() int {
	return slices.IndexFunc(g.Axes, func(a Axis) bool { return a.Field == Model })
}

// Model is the name of the model that makes a cell; "" if all have the same.
func (g Grid) Model(place [3]int) string {
	if i := g.models(); i >= 0 {
		return g.Axes[i].Values[place[i]]
	}
	return ""
}

// Change sets a request's parameters to the values of a cell. It fails if neither prompt contains the text to be
// replaced.
func (g Grid) Change(q *engine.Request, place [3]int) error {
	for i, a := range g.Axes {
		if err := set(q, a, a.Values[place[i]]); err != nil {
			return err
		}
	}
	return nil
}

// Texts are the axes in Parse's form.
func (g Grid) Texts() []string {
	var out []string
	for _, a := range g.Axes {
		var b strings.Builder
		c := csv.NewWriter(&b)
		c.Write(a.Values)
		c.Flush()
		out = append(out, a.Field+"="+strings.TrimSpace(b.String()))
	}
	return out
}

// Label is the label of the i-th value of an axis. A model in a folder is labelled by the folder's name, where no other
// model of the axis has it.
func (a Axis) Label(i int) string {
	switch a.Field {
	case replace:
		return a.Values[i]
	case Model:
		name := folderName(a.Values[i])
		for j, other := range a.Values {
			if j != i && folderName(other) == name {
				return a.Values[i]
			}
		}
		return name
	}
	return a.Field + " " + a.Values[i]
}

// folderName is the last part of a path, of whichever system.
func folderName(path string) string {
	parts := strings.FieldsFunc(path, func(r rune) bool { return r == '/' || r == '\\' })
	if len(parts) == 0 {
		return path
	}
	return parts[len(parts)-1]
}
