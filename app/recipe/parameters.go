package recipe

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// Parameters is the recipe as AUTOMATIC1111 writes it: prompt, negative prompt, and one line of settings.
func (r Recipe) Parameters() string {
	var b strings.Builder
	b.WriteString(r.Prompt)
	for _, l := range r.LoRAs { // those not in the prompt: AUTOMATIC1111 has no other place for them
		fmt.Fprintf(&b, "<lora:%s:%s>", strings.TrimSuffix(filepath.Base(filepath.ToSlash(l.Name)), ".safetensors"), number(l.Weight))
	}
	if r.Negative != "" {
		fmt.Fprintf(&b, "\nNegative prompt: %s", r.Negative)
	}
	var set []string
	add := func(key, value string) { set = append(set, key+": "+quoted(value)) }
	add("Steps", strconv.Itoa(r.Steps))
	if r.Sampler != "" {
		add("Sampler", samplerName(r.Sampler))
	}
	if r.Schedule != "" {
		add("Schedule type", r.Schedule)
	}
	if r.TrueGuidance > 0 { // FLUX, in Forge's form
		add("CFG scale", number(r.TrueGuidance))
		add("Distilled CFG Scale", number(r.Guidance))
	} else {
		add("CFG scale", number(r.Guidance))
	}
	add("Seed", strconv.FormatUint(r.Seed, 10))
	add("Size", fmt.Sprintf("%dx%d", r.Width, r.Height))
	if r.ModelHash != "" {
		add("Model hash", r.ModelHash[:min(10, len(r.ModelHash))])
	}
	if r.Model != "" {
		add("Model", r.Model)
	}
	if len(r.VAE) > 0 {
		add("VAE", Base(r.VAE[0]))
	}
	if r.Prediction != "" {
		add("Prediction", r.Prediction)
	}
	if r.Variation > 0 {
		add("Variation seed", strconv.FormatUint(r.VariationSeed, 10))
		add("Variation seed strength", number(r.Variation))
	}
	if r.Strength > 0 && r.Strength < 1 {
		add("Denoising strength", number(r.Strength))
	}
	if r.ClipSkip > 0 {
		add("Clip skip", strconv.Itoa(r.ClipSkip+1))
	}
	if r.Eta > 0 {
		add("Eta DDIM", number(r.Eta))
	}
	if r.EtaAncestral != nil {
		add("Eta", number(*r.EtaAncestral))
	}
	for _, s := range []struct {
		name  string
		value float32
	}{{"Sigma churn", r.SChurn}, {"Sigma tmin", r.STMin}, {"Sigma tmax", r.STMax}, {"Sigma noise", r.SNoise}, {"Perp-Neg", r.PerpNeg}} {
		if s.value > 0 {
			add(s.name, number(s.value))
		}
	}
	if r.CFGPlusPlus {
		add("CFG++", "True")
	}
	if r.Rescale > 0 {
		add("CFG Rescale", number(r.Rescale))
	}
	switch r.Tiling {
	case "both":
		add("Tiling", "True")
	case "x":
		add("Tile X", "True")
	case "y":
		add("Tile Y", "True")
	}
	if r.Refiner != "" {
		add("Refiner", r.Refiner)
		add("Refiner switch at", number(r.RefinerAt))
	}
	if r.Upscale != nil { // as the tab Extras has it
		if r.Upscale.Factor > 0 {
			add("Postprocess upscale by", number(r.Upscale.Factor))
		}
		add("Postprocess upscaler", Base(r.Upscale.Upscaler))
		if r.Upscale.Refine > 0 {
			add("Postprocess refinement", number(r.Upscale.Refine))
		}
	}
	if r.Interpolates() {
		add("Postprocess upscaler", "interpolation")
	}
	if r.BestOf > 1 {
		add("Best of", strconv.Itoa(r.BestOf))
		add("Score", number(r.Score))
	}
	if r.RNG == "" || r.RNG == "torch" {
		add("RNG", "CPU")
	}
	if r.Software != "" {
		add("Version", r.Software)
	}
	b.WriteString("\n" + strings.Join(set, ", "))
	return b.String()
}

func number(v float32) string { return strconv.FormatFloat(float64(v), 'g', -1, 32) }

// quoted quotes as JSON if the value contains a comma, colon or line break, as AUTOMATIC1111 does.
func quoted(s string) string {
	if strings.ContainsAny(s, ",:\n\"") {
		js, err := json.Marshal(s)
		if err != nil {
			return strconv.Quote(s)
		}
		return string(js)
	}
	return s
}
