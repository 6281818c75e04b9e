package recipe

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"nirvana/engine/pixel/exif"
)

// Found is what a picture file says about how it was made.
type Found struct {
	Recipe Recipe
	// Program wrote it: "Nirvana", "AUTOMATIC1111", "ComfyUI", "InvokeAI", "SwarmUI", "Fooocus", "NovelAI", "Easy Diffusion".
	Program string
	// Lost are settings that Nirvana cannot carry over, as the other program names them.
	Lost []string
}

// Read takes the recipe out of a PNG, JPEG or WebP file of Nirvana or of another
// program. ErrNone where there is none.
func Read(file []byte) (Found, error) {
	texts, err := fileTexts(file)
	if err != nil {
		return Found{}, err
	}
	f, err := readTexts(texts)
	if err == nil {
		err = f.Recipe.check()
	}
	return f, err
}

// ReadFile is Read on a picture file.
func ReadFile(path string) (Found, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Found{}, err
	}
	return Read(data)
}

// fileTexts are the texts of a picture file by keyword; those of EXIF under the
// keywords that the same programs use in PNG.
func fileTexts(file []byte) (map[string]string, error) {
	switch {
	case bytes.HasPrefix(file, []byte(signature)):
		return Texts(file)
	case bytes.HasPrefix(file, []byte("\xff\xd8")):
		return exifTexts(exif.Block(file)), nil
	case len(file) > 12 && string(file[:4]) == "RIFF" && string(file[8:12]) == "WEBP":
		return exifTexts(exif.Block(file)), nil
	}
	return nil, fmt.Errorf("this is no PNG, JPEG or WebP file: only those carry recipes")
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
	case strings.Contains(parameters, `"sui_image_params"`):
		return readSwarm([]byte(parameters))
	case strings.HasPrefix(strings.TrimSpace(parameters), "{") && json.Valid([]byte(parameters)):
		return readFooocus([]byte(parameters))
	case parameters != "":
		return readA1111(parameters), nil
	case texts["prompt"] != "":
		return readComfy([]byte(texts["prompt"]))
	case texts["workflow"] != "":
		return readWorkflow([]byte(texts["workflow"]))
	}
	return Found{}, ErrNone
}

// readA1111 reads AUTOMATIC1111's text. Its noise comes from the graphics card's
// generator unless the text says CPU.
func readA1111(text string) Found {
	f := Found{Recipe: ParseParameters(text), Program: "AUTOMATIC1111"}
	if strings.HasPrefix(f.Recipe.Software, "Fooocus") { // its other scheme
		f.Program, f.Recipe.RNG = "Fooocus", "torch"
	}
	for _, s := range settingsOf(text) {
		if f.Program == "Fooocus" && (s.key == "Scheduler" || strings.HasPrefix(s.key, "Raw ")) {
			if known, ok := schedules[s.value]; ok && f.Recipe.Schedule == "" {
				f.Recipe.Schedule = known
			}
			continue // the prompt as it was typed: the one that was painted is above
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

// lose notes a setting that is not carried over, once and briefly.
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

// object is a JSON object read leniently: programs change types between versions.
type object map[string]json.RawMessage

func (o object) text(key string) string {
	var s string
	if json.Unmarshal(o[key], &s) == nil {
		return s
	}
	return ""
}

// number also takes numbers in quotes; 0 where there is none.
func (o object) number(key string) float64 {
	var n json.Number
	if json.Unmarshal(o[key], &n) != nil {
		n = json.Number(o.text(key))
	}
	v, _ := n.Float64()
	return v
}

// whole is a whole number that JSON may have as a float; big seeds keep all their digits.
func (o object) whole(key string) uint64 {
	var n json.Number
	if json.Unmarshal(o[key], &n) != nil {
		n = json.Number(o.text(key))
	}
	var v uint64
	if _, err := fmt.Sscan(n.String(), &v); err == nil {
		return v
	}
	return 0
}

func (o object) object(key string) object {
	var out object
	if json.Unmarshal(o[key], &out) != nil {
		return nil
	}
	return out
}
