// Package style is named parts of prompts, with settings for them: AUTOMATIC1111's styles.csv, Fooocus' and SD.Next's
// files, and those of Krita's plug-in AI Diffusion, whose format our own have. Start with Apply; In reads the user's
// styles.
package style

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"nirvana/engine/fault"
)

// Style is laid over a prompt.
type Style struct {
	Name             string
	Prompt, Negative string // {prompt} stands for what was typed; without it the style stands behind that
	Settings         Settings
	Picture          string `json:"-"` // a file that shows it, beside the style's; "": none
	File             string `json:"-"` // that it was read from
}

// Settings are those that a style comes with; what is zero it leaves.
type Settings struct {
	Sampler  string  `json:",omitempty"`
	Schedule string  `json:",omitempty"`
	Steps    int     `json:",omitempty"`
	Guidance float32 `json:",omitempty"`
	ClipSkip int     `json:",omitempty"` // hidden states so many layers before the last
	LoRAs    []LoRA  `json:",omitempty"`
}

// LoRA is an adapter by the name that prompts call it by.
type LoRA struct {
	Name   string
	Weight float32
}

// mostLetters is how long a prompt may become, bytes: styles that hold {prompt} several times double it each time.
const mostLetters = 1 << 20

// Apply lays styles over both prompts, one after the other.
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

// joined puts a prompt where a style says {prompt}, or before it.
func joined(style, prompt string) string {
	switch {
	case strings.Contains(style, "{prompt}"):
		style = strings.ReplaceAll(style, "{prompt}", prompt)
		if strings.TrimSpace(prompt) == "" { // nothing was typed: no comma stands alone
			return strings.Trim(strings.TrimSpace(twoCommas.ReplaceAllString(style, ",")), ", ")
		}
		return style
	case style == "":
		return prompt
	case strings.TrimSpace(prompt) == "":
		return style
	}
	return strings.TrimRight(prompt, " ,") + ", " + strings.TrimLeft(style, " ,")
}

var twoCommas = regexp.MustCompile(`,\s*,`)

// Named are the styles of these names, of several of one name the first. The error tells a name that is none's, and near ones.
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

// near lists a few styles that a name could have meant.
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

// Names are those of styles.
func Names(all []Style) []string {
	var out []string
	for _, s := range all {
		out = append(out, s.Name)
	}
	return out
}
