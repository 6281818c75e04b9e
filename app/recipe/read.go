package recipe

import (
	"bytes"
	"fmt"
	"strings"

	"nirvana/engine/wholefile"
)

// Found is a picture file's recipe.
type Found struct {
	Recipe Recipe
	// Program is the program that wrote it: "Nirvana", "AUTOMATIC1111", "ComfyUI", "InvokeAI", "SwarmUI", "Fooocus",
	// "NovelAI", "Easy Diffusion", "Civitai", "Draw Things".
	Program string
	// Lost are settings that Nirvana cannot use, by the other program's names.
	Lost []string
}

// Read reads the recipe of a PNG, JPEG, WebP, AVIF or GIF file of Nirvana or of another program. The error is ErrNone
// if there is none.
func Read(file []byte) (Found, error) {
	texts, err := fileTexts(file)
	if err != nil {
		return Found{}, err
	}
	f, err := readTexts(texts)
	if err != nil {
		return f, err
	}
	if f.Program != "Nirvana" {
		f.bound()
	}
	return f, f.Recipe.check()
}

// ReadFile is Read on a file.
func ReadFile(path string) (Found, error) {
	data, err := wholefile.Read(path)
	if err != nil {
		return Found{}, err
	}
	return Read(data)
}

func readTexts(texts map[string]string) (Found, error) {
	parameters := texts[a1111]
	switch {
	case texts[ownKeyword] != "":
		r, err := Parse([]byte(texts[ownKeyword]))
		return Found{Recipe: r, Program: "Nirvana"}, err
	case texts["invokeai_metadata"] != "":
		return readInvoke([]byte(texts["invokeai_metadata"]))
	case texts["sd-metadata"] != "":
		return readInvoke2([]byte(texts["sd-metadata"]))
	case texts["Software"] == "NovelAI" && texts["Comment"] != "":
		return readNovelAI(texts)
	case texts["num_inference_steps"] != "" && texts["prompt"] != "":
		return readEasy(texts), nil
	case strings.HasPrefix(strings.TrimSpace(parameters), "{"):
		return readObject(parameters)
	case parameters != "":
		return readA1111(parameters), nil
	case texts["prompt"] != "":
		return readComfy([]byte(texts["prompt"]))
	case texts["workflow"] != "":
		return readWorkflow([]byte(texts["workflow"]))
	}
	return Found{}, ErrNone
}

// readObject reads parameters in JSON, recognised by the keys that only one program has.
func readObject(text string) (Found, error) {
	var o object
	if err := parseJSON([]byte(text), &o); err != nil {
		return readA1111(text), nil // a prompt that begins with a brace
	}
	switch data := []byte(text); {
	case o["sui_image_params"] != nil:
		return readSwarm(data)
	case o["extraMetadata"] != nil:
		return readCivitai(data)
	case o["c"] != nil && o["uc"] != nil:
		return readDrawThings(data)
	case o["num_inference_steps"] != nil:
		flat := map[string]string{}
		for key, raw := range o {
			flat[key] = scalarText(raw)
		}
		return readEasy(flat), nil
	case o["nodes"] != nil && o["links"] != nil:
		return readWorkflow(data)
	case isGraph(o):
		return readComfy(data)
	}
	return readFooocus([]byte(text))
}

func isGraph(o object) bool {
	for _, raw := range o {
		if bytes.Contains(raw, []byte(`"class_type"`)) {
			return true
		}
	}
	return false
}

// readA1111 reads AUTOMATIC1111's text. The noise is from the graphics card's generator unless the text says CPU.
func readA1111(text string) Found {
	f := Found{Program: "AUTOMATIC1111"}
	settings := f.parameters(text)
	if strings.HasPrefix(f.Recipe.Software, "Fooocus") { // its second scheme
		f.Program, f.Recipe.RNG = "Fooocus", "torch"
	}
	for _, s := range settings {
		if f.Program == "Fooocus" && (s.key == "Scheduler" || strings.HasPrefix(s.key, "Raw ")) {
			if known, ok := schedules[s.value]; ok && f.Recipe.Schedule == "" {
				f.Recipe.Schedule = known
			}
			continue // the prompt as typed; the one that was used is above
		}
		if s.key == "RNG" && s.value == "CPU" {
			f.Recipe.RNG = "torch"
		}
		if !carried[s.key] {
			f.lose("%s: %s", s.key, s.value)
		}
	}
	if f.Recipe.RNG == "" {
		f.Recipe.RNG = "philox"
	}
	if strings.HasPrefix(strings.ToLower(f.Recipe.Software), "nirvana") {
		f.Program = "Nirvana"
	}
	for _, tag := range loraTags.FindAllString(f.Recipe.Prompt, -1) {
		f.lose("LoRA %s", tag)
	}
	return f
}

// lose adds a setting to Lost, once and abbreviated.
func (f *Found) lose(format string, args ...any) {
	text := strings.Join(strings.Fields(fmt.Sprintf(format, args...)), " ")
	if r := []rune(text); len(r) > 80 {
		text = string(r[:79]) + "…"
	}
	for _, l := range f.Lost {
		if l == text {
			return
		}
	}
	if len(f.Lost) < 40 {
		f.Lost = append(f.Lost, text)
	}
}
