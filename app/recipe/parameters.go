package recipe

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Parameters is the recipe as AUTOMATIC1111 writes it: prompt, negative prompt,
// and one line of settings.
func (r Recipe) Parameters() string {
	var b strings.Builder
	b.WriteString(r.Prompt)
	for _, l := range r.LoRAs { // those that were not written into the prompt: AUTOMATIC1111 knows no other place
		fmt.Fprintf(&b, "<lora:%s:%s>", strings.TrimSuffix(filepath.Base(filepath.ToSlash(l.Name)), ".safetensors"), number(l.Weight))
	}
	if r.Negative != "" {
		fmt.Fprintf(&b, "\nNegative prompt: %s", r.Negative)
	}
	var set []string
	add := func(key, value string) { set = append(set, key+": "+quoted(value)) }
	add("Steps", strconv.Itoa(r.Steps))
	if r.Sampler != "" {
		add("Sampler", r.Sampler)
	}
	if r.Schedule != "" {
		add("Schedule type", r.Schedule)
	}
	add("CFG scale", number(r.Guidance))
	add("Seed", strconv.FormatUint(r.Seed, 10))
	add("Size", fmt.Sprintf("%dx%d", r.Width, r.Height))
	if r.ModelHash != "" {
		add("Model hash", r.ModelHash[:min(10, len(r.ModelHash))])
	}
	add("Model", r.Model)
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
	if r.Refiner != "" {
		add("Refiner", r.Refiner)
		add("Refiner switch at", number(r.RefinerAt))
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

// quoted is as the field quotes: JSON's way where a comma, colon or line break is in it.
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

// setting is one of the last line, as AUTOMATIC1111 finds it (infotext_utils.py, re_param).
var setting = regexp.MustCompile(`\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])*"|[^,]*)(?:,|$)`)

// pair is one setting of the last line.
type pair struct{ key, value string }

// settingsOf are the settings of a parameters text, in its order.
func settingsOf(text string) []pair {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	var out []pair
	for _, m := range setting.FindAllStringSubmatch(lines[len(lines)-1], -1) {
		value := m[2]
		var u string
		if json.Unmarshal([]byte(value), &u) == nil { // in quotes, as JSON has them
			value = u
		}
		out = append(out, pair{strings.TrimSpace(m[1]), strings.TrimSpace(value)})
	}
	if len(out) < 3 { // a prompt's last line
		return nil
	}
	return out
}

// carried are the settings that take understands.
var carried = map[string]bool{"Steps": true, "Sampler": true, "Schedule type": true, "CFG scale": true, "Seed": true, "Size": true, "Model hash": true,
	"Model": true, "Variation seed": true, "Variation seed strength": true, "Denoising strength": true, "Clip skip": true, "Eta": true, "Eta DDIM": true,
	"Sigma churn": true, "Sigma tmin": true, "Sigma tmax": true, "Sigma noise": true, "Perp-Neg": true, "CFG++": true, "CFG Rescale": true,
	"RNG": true, "Version": true, "Refiner": true, "Refiner switch at": true}

// ParseParameters reads AUTOMATIC1111's text. What it does not know is left out.
func ParseParameters(text string) Recipe {
	r := Recipe{Version: Version, Syntax: true}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	settings := settingsOf(text)
	if settings != nil {
		lines = lines[:len(lines)-1]
	}
	var prompt, negative []string
	inNegative := false
	for _, l := range lines {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(l), "Negative prompt:"); ok {
			inNegative, l = true, strings.TrimSpace(rest)
		}
		if inNegative {
			negative = append(negative, l)
		} else {
			prompt = append(prompt, l)
		}
	}
	r.Prompt, r.Negative = strings.Join(prompt, "\n"), strings.Join(negative, "\n")
	for _, s := range settings {
		r.take(s.key, s.value)
	}
	r.splitSampler()
	if r.check() != nil {
		r.Steps, r.Width, r.Height = 0, 0, 0
	}
	return r
}

// splitSampler takes the schedule off the sampler's name, where versions before 1.9 had it.
func (r *Recipe) splitSampler() {
	for _, schedule := range []string{"Karras", "Exponential", "Polyexponential"} {
		if name, ok := strings.CutSuffix(r.Sampler, " "+schedule); ok {
			r.Sampler = name
			if r.Schedule == "" {
				r.Schedule = schedule
			}
		}
	}
	if r.Schedule == "Automatic" { // the sampler's own
		r.Schedule = ""
	}
}

// take sets one field from a setting's name and value.
func (r *Recipe) take(key, value string) {
	float := func() float32 { f, _ := strconv.ParseFloat(value, 32); return float32(f) }
	switch key {
	case "Steps":
		r.Steps, _ = strconv.Atoi(value)
	case "Sampler":
		r.Sampler = value
	case "Schedule type":
		r.Schedule = value
	case "CFG scale":
		r.Guidance = float()
	case "Seed":
		r.Seed, _ = strconv.ParseUint(value, 10, 64)
	case "Size":
		w, h, _ := strings.Cut(value, "x")
		r.Width, _ = strconv.Atoi(w)
		r.Height, _ = strconv.Atoi(h)
	case "Model hash":
		r.ModelHash = value
	case "Model":
		r.Model = value
	case "Variation seed":
		r.VariationSeed, _ = strconv.ParseUint(value, 10, 64)
	case "Variation seed strength":
		r.Variation = float()
	case "Denoising strength":
		r.Strength = float()
	case "Clip skip":
		n, _ := strconv.Atoi(value)
		r.ClipSkip = max(n-1, 0)
	case "Eta DDIM":
		r.Eta = float()
	case "Eta": // of ancestral samplers; DDIM's has a name of its own
		eta := float()
		r.EtaAncestral = &eta
	case "Sigma churn":
		r.SChurn = float()
	case "Sigma tmin":
		r.STMin = float()
	case "Sigma tmax":
		r.STMax = float()
	case "Sigma noise":
		r.SNoise = float()
	case "Perp-Neg":
		r.PerpNeg = float()
	case "CFG++":
		r.CFGPlusPlus = value == "True"
	case "CFG Rescale":
		r.Rescale = float()
	case "RNG":
		if value == "NV" || value == "GPU" {
			r.RNG = "philox"
		}
	case "Refiner":
		r.Refiner, _, _ = strings.Cut(value, " [")
	case "Refiner switch at":
		r.RefinerAt = float()
	case "Version":
		r.Software = value
	}
}
