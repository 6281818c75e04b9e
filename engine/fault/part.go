package fault

import (
	"fmt"
	"strings"
)

// Part is the name of a model's part in sentences, in English; translations use it as their key. A number in parentheses
// behind it is the same in all languages.
type Part string

// Parts that a model may lack.
const (
	CLIP     Part = "the text encoder CLIP"
	OpenCLIP Part = "the text encoder OpenCLIP"
	T5       Part = "the text encoder T5"
	Qwen3    Part = "the text encoder Qwen3"
	QwenVL   Part = "the text encoder Qwen2.5-VL"
	VAE      Part = "the VAE"
)

// networks are the parts by the names of their folders.
var networks = map[string]Part{"unet": "U-Net", "transformer": "transformer", "text_encoder": "text encoder", "text_encoder_2": "text encoder (2)", "text_encoder_3": "text encoder (3)",
	"vae": "VAE", "vae_encoder": "VAE encoder", "vae_decoder": "VAE decoder", "controlnet": "ControlNet"}

// PartNamed is the part in a folder of a model, or the folder's own name where that is no part's.
func PartNamed(folder string) Part {
	if p, ok := networks[folder]; ok {
		return p
	}
	return Part(folder)
}

// OfWidth is a part that there is in several widths.
const OfWidth = "%s of width %s"

// In is the name translated by say.
func (p Part) In(say func(string) string) string {
	if name, width, found := strings.Cut(string(p), " of width "); found {
		return fmt.Sprintf(say(OfWidth), Part(name).In(say), width)
	}
	name, behind, found := strings.Cut(string(p), " (")
	if !parts[Part(name)] {
		return string(p) // a file's, which nobody translates
	}
	if found {
		behind = " (" + behind
	}
	return say(name) + behind
}

// Joined are names one after the other, as PartsIn takes them.
func Joined(all []Part) string {
	names := make([]string, len(all))
	for i, p := range all {
		names[i] = string(p)
	}
	return strings.Join(names, ", ")
}

// PartsIn are joined names translated by say.
func PartsIn(joined string, say func(string) string) string {
	all := strings.Split(joined, ", ")
	for i, p := range all {
		all[i] = Part(p).In(say)
	}
	return strings.Join(all, ", ")
}

// parts are those that In translates.
var parts = func() map[Part]bool {
	all := map[Part]bool{CLIP: true, OpenCLIP: true, T5: true, Qwen3: true, QwenVL: true, VAE: true}
	for _, p := range networks {
		name, _, _ := strings.Cut(string(p), " (")
		all[Part(name)] = true
	}
	return all
}()

// PartNames are what In says, for the translations' test.
func PartNames() []string {
	all := []string{OfWidth}
	for p := range parts {
		all = append(all, string(p))
	}
	return all
}
