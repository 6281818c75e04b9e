package recipe

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// readNovelAI reads "Comment", and "Description" if that has no prompt. Version 4 stores the prompt in parts: the
// base and one for each character.
func readNovelAI(texts map[string]string) (Found, error) {
	f := Found{Program: "NovelAI", Recipe: Recipe{Version: Version, RNG: "torch"}}
	var o object
	if err := parseJSON([]byte(texts["Comment"]), &o); err != nil {
		return f, fmt.Errorf("NovelAI's comment in this picture cannot be read: %w", err)
	}
	r := &f.Recipe
	if r.Prompt = o.text("prompt"); r.Prompt == "" {
		r.Prompt = texts["Description"]
	}
	r.Negative, r.Model = o.text("uc"), texts["Source"]
	f.characters(o.object("v4_prompt"), &r.Prompt)
	f.characters(o.object("v4_negative_prompt"), &r.Negative)
	r.Steps, r.Guidance, r.Seed, r.Rescale = o.count("steps"), float32(o.number("scale")), f.seed(scalarText(o["seed"])), float32(o.number("cfg_rescale"))
	r.Width, r.Height = o.count("width"), o.count("height")
	if s := o.number("strength"); s > 0 && s < 1 && strings.Contains(o.text("request_type"), "Img2Img") {
		r.Strength, r.Mode = float32(s), "image to image"
		f.lose("the picture that it started from")
	}
	if schedule := o.text("noise_schedule"); schedule == "native" {
		f.sampler(o.text("sampler"), "")
	} else {
		f.sampler(o.text("sampler"), schedule)
	}
	if weighted(r.Prompt) || weighted(r.Negative) { // converted to the common syntax
		r.Prompt, r.Negative, r.Syntax = novelWeights(r.Prompt), novelWeights(r.Negative), true
	}
	f.others(o, "prompt uc steps scale seed cfg_rescale width height sampler noise_schedule signed_hash request_type n_samples version v4_prompt v4_negative_prompt uncond_scale strength")
	return f, nil
}

// characters joins the parts of version 4's prompt.
func (f *Found) characters(o object, prompt *string) {
	var caption struct {
		Base string `json:"base_caption"`
		Each []struct {
			Text    string `json:"char_caption"`
			Centers []struct{ X, Y float64 }
		} `json:"char_captions"`
	}
	if json.Unmarshal(o["caption"], &caption) != nil {
		return
	}
	parts := one(caption.Base)
	for _, c := range caption.Each {
		parts = append(parts, one(c.Text)...)
		if string(o["use_coords"]) == "true" && len(c.Centers) > 0 {
			f.lose("the place of a character: %g, %g", c.Centers[0].X, c.Centers[0].Y)
		}
	}
	if len(parts) > 0 {
		*prompt = strings.Join(parts, ", ")
	}
}

// weighted reports whether a prompt has NovelAI's emphasis: {stronger}, [weaker], 1.5::by number::.
func weighted(s string) bool { return strings.ContainsAny(s, "{}[]") || strings.Contains(s, "::") }

// novelWeights rewrites NovelAI's emphasis as (words:1.5). A bracket is worth 1.05; a number applies up to the next
// "::".
func novelWeights(s string) string {
	var out strings.Builder
	var text strings.Builder
	level, factor := 0, 1.0
	flush := func() {
		weight := factor
		for range min(max(level, -level), 40) {
			if level > 0 {
				weight *= 1.05
			} else {
				weight /= 1.05
			}
		}
		out.WriteString(emphasised(text.String(), weight))
		text.Reset()
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '{' || c == ']':
			flush()
			level++
		case c == '}' || c == '[':
			flush()
			level--
		case strings.HasPrefix(s[i:], "::"):
			before := text.String()
			number := before[strings.LastIndexAny(before, " ,\n:")+1:]
			v, err := strconv.ParseFloat(number, 64)
			if opens := err == nil && number != "" && v > -100 && v < 100; opens {
				text.Reset()
				text.WriteString(before[:len(before)-len(number)])
				flush()
				factor = v
			} else {
				flush()
				factor, level = 1, 0
			}
			i++
		case c == '(' || c == ')':
			text.WriteByte('\\')
			text.WriteByte(c)
		default:
			text.WriteByte(c)
		}
	}
	flush()
	return out.String()
}

// emphasised puts a text in parentheses with its weight; spaces and commas at its ends stay outside.
func emphasised(text string, weight float64) string {
	core := strings.Trim(text, " ,\n")
	if core == "" || weight == 1 {
		return text
	}
	before, after, _ := strings.Cut(text, core)
	return before + "(" + core + ":" + strconv.FormatFloat(weight, 'g', 4, 64) + ")" + after
}
