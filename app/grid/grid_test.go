package grid

import (
	"flag"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"nirvana/engine"
	"nirvana/engine/fault"
)

var show = flag.String("show", "", "folder that the drawn grid goes into")

func TestParse(t *testing.T) {
	for text, want := range map[string][]string{
		"guidance=3,5, 7.5": {"3", "5", "7.5"}, "steps=10-30 (+10)": {"10", "20", "30"}, "steps=1-4": {"1", "2", "3", "4"}, "steps=4-1": {"4", "3", "2", "1"},
		"seed=1-100 [4]": {"1", "34", "67", "100"}, "strength=0.2-0.8 [3]": {"0.2", "0.5", "0.8"}, "guidance=1-2 (+0.25), 9": {"1", "1.25", "1.5", "1.75", "2", "9"},
		"steps=1-3 [9]": {"1", "2", "3"}, "sampler=Euler a, DPM++ 2M": {"Euler a", "DPM++ 2M"}, `replace=cat,dog,"fish, fried"`: {"cat", "dog", "fish, fried"},
		"size=256x256, 512X256": {"256x256", "512X256"}, "cfg-pp=on,off": {"on", "off"}, "seed=18446744073709551615": {"18446744073709551615"}, "prompt=a-b": {"a-b"},
		"guidance=30-10 (-10)": {"30", "20", "10"}, "strength=1-1": {"1"}, "replace=cat,": {"cat", ""},
	} {
		g, err := Parse(text)
		if err != nil || !slices.Equal(g.Axes[0].Values, want) {
			t.Errorf("%s gave %q, %v", text, g.Axes, err)
			continue
		}
		if again, err := Parse(g.Texts()...); err != nil || !reflect.DeepEqual(again, g) {
			t.Errorf("%s written as %q is %v, %v", text, g.Texts(), again, err)
		}
	}
	for _, wrong := range [][]string{{"guidance"}, {"guidance="}, {"guidance=x"}, {"no-such=1"}, {"steps=-3"}, {"steps=1.5"}, {"seed=-1"}, {"sampler=Oiler"}, {"tiling=z"}, {"size=5"}, {"cfg-pp=maybe"},
		{"steps=1-2000"}, {"steps=1-9 (0)"}, {"steps=9-1 (+0)"}, {"seed=1-100", "steps=1-100"}, {"steps=1", "steps=2"}, {"steps=1", "seed=1", "guidance=1", "eta=1"}, {"guidance=NaN"}, {"replace=,a"}, {"count=2"}, {"steps=1-5 [0]"}} {
		if _, err := Parse(wrong...); fault.Of(err) != fault.Settings {
			t.Errorf("%q gave %v", wrong, err)
		}
	}
}

// Every plain field of a request can be an axis, or is listed as an exception; its value is set.
func TestEveryField(t *testing.T) {
	kind := reflect.TypeFor[engine.Request]()
	reached := map[string]bool{}
	for _, name := range Fields() {
		if name == replace || name == size || name == Model { // not fields
			continue
		}
		field := kind.Field(fields[name])
		value := map[reflect.Kind]string{reflect.String: "x", reflect.Int: "3", reflect.Uint64: "18446744073709551615", reflect.Float32: "0.25", reflect.Bool: "true"}[field.Type.Kind()]
		switch name {
		case "sampler":
			value = "Euler a"
		case "schedule":
			value = "Karras"
		}
		var q engine.Request
		if err := (Grid{Axes: []Axis{{name, []string{value}}}}).Change(&q, [3]int{}); err != nil || reflect.ValueOf(q).FieldByIndex(field.Index).IsZero() {
			t.Errorf("%s=%s: %v", name, value, err)
		}
		reached[field.Name] = true
	}
	for i := range kind.NumField() {
		f := kind.Field(i)
		switch f.Type.Kind() {
		case reflect.String, reflect.Int, reflect.Uint64, reflect.Float32, reflect.Bool:
			if f.IsExported() && !reached[f.Name] && !slices.Contains(ofNone, f.Name) {
				t.Errorf("%s cannot be reached", f.Name)
			}
		}
	}
}

// The cells of one model are adjacent, and name it; without an axis of models they name none.
func TestModels(t *testing.T) {
	g, err := Parse("seed=1,2", "model=small, \"large, tuned\"", "steps=4,8")
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, at := range g.Places() {
		if name := g.Model(at); len(order) == 0 || order[len(order)-1] != name {
			order = append(order, name)
		}
	}
	if !slices.Equal(order, []string{"small", "large, tuned"}) || len(g.Places()) != 8 || g.Axes[1].Label(1) != "large, tuned" {
		t.Errorf("the models make cells in the order %q", order)
	}
	if again, err := Parse(g.Texts()...); err != nil || again.Model([3]int{0, 1, 0}) != "large, tuned" {
		t.Error("as text it is another grid", err)
	}
	if plain, _ := Parse("seed=1,2"); plain.Model([3]int{1, 0, 0}) != "" {
		t.Error("a grid without models names one")
	}
	if _, err := Parse("model=a,"); fault.Of(err) != fault.Settings {
		t.Errorf("an empty name gave %v", err)
	}
}

func TestPlaces(t *testing.T) {
	g, err := Parse("guidance=0,5", "replace=cat,dog,owl", "seed=7,8")
	if err != nil {
		t.Fatal(err)
	}
	places := g.Places()
	if len(places) != 12 || places[1] != [3]int{1, 0, 0} || places[2] != [3]int{0, 1, 0} || places[6] != [3]int{0, 0, 1} {
		t.Error(places)
	}
	q := engine.Request{Prompt: "a cat", Negative: "no cat", Guidance: 3}
	if err := g.Change(&q, [3]int{0, 2, 1}); err != nil || q.Prompt != "a owl" || q.Negative != "no owl" || !q.NoGuidance || q.Guidance != 0 || q.Seed != 8 {
		t.Errorf("%+v %v", q, err)
	}
	if err := g.Change(&engine.Request{Prompt: "a moon"}, [3]int{}); fault.Of(err) != fault.Settings || !strings.Contains(err.Error(), `"cat"`) {
		t.Error(err)
	}
}

// The overview has every cell in its position, unchanged if there is room, and labels next to them.
func TestDraw(t *testing.T) {
	g, err := Parse("sampler=Euler a,DPM++ 2M", `replace=cat,"a very long text that goes over several lines of its label",魚`, "seed=1,2")
	if err != nil {
		t.Fatal(err)
	}
	colours := map[[3]int]color.RGBA{}
	pictures := map[[3]int]*image.RGBA{}
	for i, p := range g.Places() {
		if i == 3 {
			continue // not made yet
		}
		colours[p] = color.RGBA{uint8(20 * i), uint8(255 - 20*i), 77, 255}
		img := image.NewRGBA(image.Rect(0, 0, 120, 90))
		draw.Draw(img, img.Rect, image.NewUniform(colours[p]), image.Point{}, draw.Src)
		pictures[p] = img
	}
	out, err := g.Draw(pictures, nil)
	if err != nil {
		t.Fatal(err)
	}
	if *show != "" {
		f, err := os.Create(filepath.Join(*show, "grid.png"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := png.Encode(f, out); err != nil {
			t.Fatal(err)
		}
	}
	count, dark := map[color.RGBA]int{}, 0
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			c := out.RGBAAt(x, y)
			if count[c]++; c.R < 60 && c.G < 60 && c.B < 60 {
				dark++
			}
		}
	}
	for p, c := range colours {
		if count[c] != 120*90 {
			t.Errorf("place %v has %d px of its colour", p, count[c])
		}
	}
	if count[color.RGBA{225, 225, 225, 255}] < 120*90 || dark < 200 {
		t.Errorf("%d px of the empty place, %d of letters", count[color.RGBA{225, 225, 225, 255}], dark)
	}
	if _, err := g.Draw(nil, nil); fault.Of(err) != fault.NeedsInput {
		t.Error(err)
	}
	large := map[[3]int]*image.RGBA{{}: image.NewRGBA(image.Rect(0, 0, 4096, 4096))}
	if out, err = g.Draw(large, nil); err != nil || out.Rect.Dx()*out.Rect.Dy() > 100_000_000 {
		t.Error(out.Rect, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("guidance=1-5 (+0.1)")
	f.Add("seed=1-99999999999 [7]")
	f.Add(`replace="a,b",c`)
	f.Fuzz(func(t *testing.T, text string) {
		g, err := Parse(text)
		if err != nil {
			return
		}
		if n := len(g.Places()); n == 0 || n > mostCells {
			t.Errorf("%d places", n)
		}
		q := engine.Request{Prompt: g.Axes[0].Values[0]}
		for _, p := range g.Places() {
			if err := g.Change(&q, p); err != nil && fault.Of(err) != fault.Settings {
				t.Error(err)
			}
		}
	})
}

// A sheet names a model's folder, and as much of its path as tells it from the others.
func TestModelLabels(t *testing.T) {
	for values, want := range map[string][]string{
		"small,large":                  {"small", "large"},
		"/models/small,models/large/":  {"small", "large"},
		`C:\models\small,large v1.5`:   {"small", "large v1.5"},
		"/old/small,/new/small,/large": {"/old/small", "/new/small", "large"},
		"/,small":                      {"/", "small"},
	} {
		g, err := Parse("model=" + values)
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range want {
			if got := g.Axes[0].Label(i); got != w {
				t.Errorf("%s: %q, not %q", values, got, w)
			}
		}
	}
}
