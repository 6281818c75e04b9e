package style

import (
	"fmt"
	"image"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"nirvana/engine/fault"
)

func write(t *testing.T, home, name, text string) string {
	t.Helper()
	file := filepath.Join(home, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// The files of every program are read with that program's meaning.
func TestRead(t *testing.T) {
	home := t.TempDir()
	write(t, home, "styles.csv", "\ufeffname,prompt,negative_prompt\r\nNone,,\r\n=== mine ===,,\r\nink,\"ink drawing of {prompt}, black \"\"and\"\" white\",colour\r\nplain,oil\r\n")
	write(t, home, "styles/other.csv", "name,extra,negative_prompt,prompt\nturned,x,blurry,\"a line\nand another, {prompt}\"\n")
	write(t, home, "styles/sdxl_styles_fooocus.json", `[{"name": "Fooocus Sharp", "prompt": "cinematic still {prompt} . film grain", "negative_prompt": "anime"}, {"name": "Fooocus Negative", "negative_prompt": "lowres"}]`)
	write(t, home, "styles/next.json", `{"name": "sub/next", "prompt": "pastel", "negative": "dark", "preview": ""}`)
	write(t, home, "styles/krita.json", `// a comment
{"name": "Digital (XL)", "version": 2, "style_prompt": "concept art {prompt}", "negative_prompt": "photo", "clip_skip": 2, "sampler": "Default - DPM++ 2M",
 // and one more
 "sampler_steps": 21, "cfg_scale": 6.5, "loras": [{"name": "sub/fine.safetensors", "strength": 0.7, "enabled": true}, {"name": "off.safetensors", "enabled": false}], "checkpoints": ["a.safetensors"]}`)
	write(t, home, "styles/unnamed.json", `{"style_prompt": "best quality", "sampler": "DPM++ 2M Karras", "sampler_steps": -3, "cfg_scale": 1e9}`)
	write(t, home, "styles/unnamed.png", "")
	write(t, home, "styles/notes.txt", "no styles")
	all, err := In(home)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]Style{}
	for _, s := range all {
		if s.File == "" || filepath.Base(s.Picture) != map[bool]string{true: "unnamed.png", false: "."}[s.Name == "unnamed"] {
			t.Errorf("%s: file %q, picture %q", s.Name, s.File, s.Picture)
		}
		s.File, s.Picture = "", ""
		got[s.Name] = s
	}
	want := map[string]Style{
		"ink": {Name: "ink", Prompt: `ink drawing of {prompt}, black "and" white`, Negative: "colour"}, "plain": {Name: "plain", Prompt: "oil"},
		"turned":        {Name: "turned", Prompt: "a line\nand another, {prompt}", Negative: "blurry"},
		"Fooocus Sharp": {Name: "Fooocus Sharp", Prompt: "cinematic still {prompt} . film grain", Negative: "anime"}, "Fooocus Negative": {Name: "Fooocus Negative", Negative: "lowres"},
		"sub/next": {Name: "sub/next", Prompt: "pastel", Negative: "dark"},
		"Digital (XL)": {Name: "Digital (XL)", Prompt: "concept art {prompt}", Negative: "photo",
			Settings: Settings{Sampler: "DPM++ 2M", Steps: 21, Guidance: 6.5, ClipSkip: 1, LoRAs: []LoRA{{"fine", 0.7}}}},
		"unnamed": {Name: "unnamed", Prompt: "best quality", Settings: Settings{Sampler: "DPM++ 2M", Schedule: "Karras"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v", got)
	}
	if all[0].Name != "ink" {
		t.Errorf("styles.csv is not first: %s", all[0].Name)
	}
	for name, text := range map[string]string{"a.json": "{", "b.json": "[]", "c.json": "[1, 2]", "d.json": `"x"`, "e.csv": "name,prompt\n\xff\xfe,a\n", "f.json": strings.Repeat("[", 100000)} {
		file := write(t, t.TempDir(), name, text)
		if s, err := Read(file); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%s gave %v, %v", name, s, err)
		}
		write(t, home, "styles/"+name, text)
	}
	if again, err := In(home); err == nil || len(again) < len(all) {
		t.Errorf("of broken files beside them %d of %d are left, %v", len(again), len(all), err)
	}
	if none, err := In(filepath.Join(home, "nowhere")); err != nil || none != nil {
		t.Error(none, err)
	}
}

func TestApply(t *testing.T) {
	of := func(prompts ...string) (all []Style) {
		for _, p := range prompts {
			all = append(all, Style{Prompt: p, Negative: p})
		}
		return all
	}
	for _, c := range []struct {
		styles []Style
		typed  string
		want   string
	}{
		{nil, "a moon", "a moon"},
		{of("oil"), "a moon", "a moon, oil"},
		{of(", oil"), "a moon, ", "a moon, oil"},
		{of("ink of {prompt}, black"), "a moon", "ink of a moon, black"},
		{of("ink of {prompt}", "grainy", "best, {prompt}"), "a moon", "best, ink of a moon, grainy"},
		{of("oil"), " ", "oil"},
		{of("portrait, {prompt}, film"), "", "portrait, film"},
		{of("{prompt}, film"), "", "film"},
		{of(""), "a moon", "a moon"},
		{of("a moon, oil"), "a moon, oil", "a moon, oil"},
		{of("a moon, oil"), " a moon, oil, ", "a moon, oil"},
		{of("oil", "a moon, oil"), "a moon", "a moon, oil"},
		{of("a moon, oil"), "a moon", "a moon, oil"},
		{of("a moonlit lake"), "a moon", "a moon, a moonlit lake"},
		{[]Style{{Settings: Settings{LoRAs: []LoRA{{"fine", 0.7}}}}}, "a moon", "a moon <lora:fine:0.7>"},
		{[]Style{{Settings: Settings{LoRAs: []LoRA{{"fine", 0.7}}}}}, "a moon <lora:fine:0.2>", "a moon <lora:fine:0.2>"},
	} {
		if got, _, err := Apply(c.typed, "", c.styles); got != c.want || err != nil {
			t.Errorf("%q is %q, want %q, %v", c.typed, got, c.want, err)
		}
	}
	if _, negative, _ := Apply("", "blurry", of("ink {prompt}")); negative != "ink blurry" {
		t.Error(negative)
	}
	if _, _, err := Apply(strings.Repeat("a", 1000), "", of(slice("{prompt}{prompt}", 20)...)); fault.Of(err) != fault.Prompt {
		t.Errorf("doubled twenty times: %v", err)
	}
	all := []Style{{Name: "Ink"}, {Name: "ink"}, {Name: "ink wash"}}
	if got, err := Named(all, []string{"ink", "INK WASH"}); err != nil || got[0].Name != "ink" || got[1].Name != "ink wash" {
		t.Error(got, err)
	}
	if _, err := Named(all, []string{"wash"}); err == nil || !strings.Contains(err.Error(), `"ink wash"`) {
		t.Error(err)
	}
}

func slice(s string, n int) (out []string) {
	for range n {
		out = append(out, s)
	}
	return out
}

// A saved style reads back unchanged, with its picture.
func TestSave(t *testing.T) {
	home := t.TempDir()
	s := Style{Name: "mine & yours", Prompt: "a {prompt}", Negative: "b", Settings: Settings{Sampler: "DPM++ 2M", Schedule: "Karras", Steps: 9, Guidance: 3.3, ClipSkip: 1, LoRAs: []LoRA{{"fine", 0.7}}}}
	file, err := Save(home, s, image.NewRGBA(image.Rect(0, 0, 640, 480)))
	if err != nil {
		t.Fatal(err)
	}
	all, err := In(home)
	if err != nil || len(all) != 1 || all[0].File != file || all[0].Picture == "" {
		t.Fatal(all, err)
	}
	all[0].File, all[0].Picture = "", ""
	if !reflect.DeepEqual(all[0], s) {
		t.Errorf("%+v", all[0])
	}
	foreign := write(t, t.TempDir(), "more.csv", "name,prompt\nwet,rain on {prompt}\n")
	for range 2 { // saving again writes the same file
		if got, err := Import(home, foreign); err != nil || len(got) != 1 {
			t.Fatal(got, err)
		}
	}
	os.WriteFile(foreign, []byte("name,prompt\ndry,sand\n"), 0o644)
	if _, err := Import(home, foreign); err != nil {
		t.Fatal(err)
	}
	if all, err = In(home); err != nil || len(all) != 3 {
		t.Error(Names(all), err)
	}
	if _, err := Import(home, write(t, t.TempDir(), "no.json", "{")); err == nil {
		t.Error("a file that is none was taken in")
	}
	for _, name := range []string{"", " ", "../x", "a/b", `a\b`, ".hidden", "x:y", strings.Repeat("n", 300)} {
		if _, err := Save(home, Style{Name: name}, nil); err == nil {
			t.Errorf("%q is taken as a name", name)
		}
	}
}

// FuzzRead reads arbitrary files: it fails, or returns styles whose numbers are valid for a run.
func FuzzRead(f *testing.F) {
	f.Add([]byte("name,prompt\na,b\n"), true)
	f.Add([]byte(`[{"name": "a", "prompt": "{prompt}", "sampler_steps": 1e99, "cfg_scale": -1, "clip_skip": 999, "loras": [{"name": "x", "strength": 1e300}]}]`), false)
	f.Fuzz(func(t *testing.T, data []byte, table bool) {
		read := readJSON
		if table {
			read = readCSV
		}
		all, err := read(data)
		if err != nil {
			return
		}
		for _, s := range all {
			if v := s.Settings; v.Steps < 0 || v.Steps > 1000 || v.Guidance < 0 || v.Guidance > 100 || v.ClipSkip < 0 || v.ClipSkip > 31 {
				t.Errorf("settings %+v", v)
			}
			if _, _, err := Apply("a", "b", []Style{s}); err != nil && fault.Of(err) != fault.Prompt {
				t.Error(fmt.Sprint(err))
			}
		}
	})
}
