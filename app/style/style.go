// Package style has named prompt styles, with optional settings: those of AUTOMATIC1111's styles.csv, Fooocus' and
// SD.Next's files, and Krita's plug-in AI Diffusion, whose format our own files have. Start with Apply; In reads the
// user's styles.
package style

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"nirvana/engine/fault"
)

// Style is a text that is added to a prompt, with optional settings.
type Style struct {
	Name             string
	Prompt, Negative string // {prompt} is replaced by the user's prompt; without it the style is appended
	Settings         Settings
	Picture          string `json:"-"` // a file with an example picture, next to the style's; "": none
	File             string `json:"-"` // the file that it was read from
}

// Settings are a style's settings; zero values leave the user's.
type Settings struct {
	Sampler  string  `json:",omitempty"`
	Schedule string  `json:",omitempty"`
	Steps    int     `json:",omitempty"`
	Guidance float32 `json:",omitempty"`
	ClipSkip int     `json:",omitempty"` // counted from the last layer; 1 skips one
	LoRAs    []LoRA  `json:",omitempty"`
}

// LoRA is an adapter by its name in prompts.
type LoRA struct {
	Name   string
	Weight float32
}

// mostLetters is how long a prompt may become, bytes: styles with several {prompt} multiply its length.
const mostLetters = 1 << 20

// Apply applies styles to both prompts, one after the other.
func Apply(prompt, negative string, styles []Style) (string, string, error) {
	for _, s := range styles {
		prompt, negative = joined(s.Prompt, prompt), joined(s.Negative, negative)
		for _, l := range s.Settings.LoRAs {
			if call := "<lora:" + l.Name + ":" + strconv.FormatFloat(float64(l.Weight), 'g', -1, 32) + ">"; !strings.Contains(prompt, "<lora:"+l.Name+":") {
				prompt += " " + call
			}
		}
		if len(prompt)+len(negative) > mostLetters {
			return prompt, negative, fault.Prompt.Errorf("with the style %s the prompt is longer than %d bytes: leave it out", s.Name, mostLetters)
		}
	}
	return prompt, negative, nil
}

// joined replaces {prompt} in a style by the prompt, or appends the style to the prompt. A style that begins with the prompt itself, as one
// that was saved from it does, takes its place: nothing is said twice.
func joined(style, prompt string) string {
	switch {
	case strings.Contains(style, "{prompt}"):
		style = strings.ReplaceAll(style, "{prompt}", prompt)
		if strings.TrimSpace(prompt) == "" { // empty prompt: no leading comma
			return strings.Trim(strings.TrimSpace(twoCommas.ReplaceAllString(style, ",")), ", ")
		}
		return style
	case style == "":
		return prompt
	case strings.TrimSpace(prompt) == "":
		return style
	case strings.HasPrefix(bare(style)+",", bare(prompt)+","):
		return style
	}
	return strings.TrimRight(prompt, " ,") + ", " + strings.TrimLeft(style, " ,")
}

// bare is a text without what stands between texts.
func bare(text string) string { return strings.Trim(text, " ,\n") }

var twoCommas = regexp.MustCompile(`,\s*,`)

// Named returns the styles with these names, the first if several have one name. The error names an unknown style and
// similar names.
func Named(all []Style, names []string) ([]Style, error) {
	var out []Style
	for _, name := range names {
		i := slices.IndexFunc(all, func(s Style) bool { return s.Name == name })
		if i < 0 {
			i = slices.IndexFunc(all, func(s Style) bool { return strings.EqualFold(s.Name, name) })
		}
		if i < 0 {
			return nil, fault.Settings.Errorf("there is no style %q%s", name, near(all, name))
		}
		out = append(out, all[i])
	}
	return out, nil
}

// near lists a few styles with names similar to an unknown one.
func near(all []Style, name string) string {
	var found []string
	for _, s := range all {
		if len(found) < 5 && (strings.Contains(strings.ToLower(s.Name), strings.ToLower(name)) || strings.Contains(strings.ToLower(name), strings.ToLower(s.Name))) {
			found = append(found, strconv.Quote(s.Name))
		}
	}
	switch {
	case len(found) > 0:
		return "; there are " + strings.Join(found, ", ")
	case len(all) == 0:
		return ": there are none; give a file of them, or put one into the folder styles of the data folder"
	}
	return "; among " + strconv.Itoa(len(all)) + " there is " + strconv.Quote(all[0].Name)
}

// Names returns the styles' names.
func Names(all []Style) []string {
	var out []string
	for _, s := range all {
		out = append(out, s.Name)
	}
	return out
}
