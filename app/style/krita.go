package style

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"nirvana/engine"
	"nirvana/engine/fault"
	"nirvana/engine/pixel"
)

// kritaSettings are the settings in a style of Krita's plug-in AI Diffusion.
type kritaSettings struct {
	Sampler  string      `json:"sampler,omitempty"`
	Steps    float64     `json:"sampler_steps,omitempty"`
	Guidance float64     `json:"cfg_scale,omitempty"`
	ClipSkip float64     `json:"clip_skip,omitempty"` // the layer from the end, 1 the last; 0: the model's own
	LoRAs    []kritaLoRA `json:"loras,omitempty"`
}

type kritaLoRA struct {
	Name     string   `json:"name"`
	Strength *float64 `json:"strength,omitempty"`
	Enabled  *bool    `json:"enabled,omitempty"`
}

// settings converts those that a run here can have.
func (k kritaSettings) settings() Settings {
	s := Settings{ClipSkip: int(min(max(k.ClipSkip-1, 0), 31))}
	if k.Steps >= 1 && k.Steps <= 1000 {
		s.Steps = int(k.Steps)
	}
	if k.Guidance > 0 && k.Guidance <= 100 {
		s.Guidance = float32(k.Guidance)
	}
	s.Sampler, s.Schedule = samplerNamed(k.Sampler)
	for _, l := range k.LoRAs {
		if l.Enabled != nil && !*l.Enabled || l.Name == "" {
			continue
		}
		weight := 1.0
		if l.Strength != nil && math.Abs(*l.Strength) <= 100 {
			weight = *l.Strength
		}
		name := strings.TrimSuffix(filepath.Base(strings.ReplaceAll(l.Name, `\`, "/")), ".safetensors")
		s.LoRAs = append(s.LoRAs, LoRA{name, float32(weight)})
	}
	return s
}

var preset = regexp.MustCompile(`^[A-Za-z ]+ - `)

// samplerNamed splits a style's sampler into sampler and schedule: "DPM++ 2M Karras", "Default - DPM++ 2M"; both
// empty if there is no such sampler.
func samplerNamed(name string) (sampler, schedule string) {
	name = preset.ReplaceAllString(strings.TrimSpace(name), "")
	for _, s := range append(engine.Schedules(), "") {
		own := strings.TrimSpace(strings.TrimSuffix(name, s))
		if s != "" && own == name || own == "" || engine.KnownNames(own, s) != nil {
			continue
		}
		return engine.CanonicalNames(own, s)
	}
	return "", ""
}

// None reports whether a style leaves all settings as they are.
func (s Settings) None() bool {
	return s.Sampler == "" && s.Schedule == "" && s.Steps == 0 && s.Guidance == 0 && s.ClipSkip == 0 && len(s.LoRAs) == 0
}

const pictureSide = 320 // px

// Save writes a style into a data folder's styles, with its picture if there is one, and returns the file.
func Save(home string, s Style, picture *image.RGBA) (string, error) {
	if s.Name = strings.TrimSpace(s.Name); s.Name == "" || strings.ContainsAny(s.Name, `/\:*?"<>|`) || s.Name != filepath.Base(s.Name) || strings.HasPrefix(s.Name, ".") || len(s.Name) > 120 {
		return "", fault.Settings.Errorf("%q is not a name for a style: use letters, digits and blanks", s.Name)
	}
	k := kritaSettings{Sampler: s.Settings.Sampler, Steps: float64(s.Settings.Steps), Guidance: shortest(s.Settings.Guidance)}
	if s.Settings.Schedule != "" {
		k.Sampler += " " + s.Settings.Schedule
	}
	if s.Settings.ClipSkip > 0 {
		k.ClipSkip = float64(s.Settings.ClipSkip + 1)
	}
	for _, l := range s.Settings.LoRAs {
		weight := shortest(l.Weight)
		k.LoRAs = append(k.LoRAs, kritaLoRA{Name: l.Name, Strength: &weight})
	}
	data, err := json.MarshalIndent(map[string]any{"name": s.Name, "style_prompt": s.Prompt, "negative_prompt": s.Negative,
		"sampler": k.Sampler, "sampler_steps": k.Steps, "cfg_scale": k.Guidance, "clip_skip": k.ClipSkip, "loras": k.LoRAs}, "", "    ")
	if err != nil {
		return "", err
	}
	folder := filepath.Join(home, "styles")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("the folder %s cannot be made: %w", folder, err)
	}
	file := filepath.Join(folder, s.Name+".json")
	if err := pixel.WriteFile(file, data); err != nil {
		return "", fmt.Errorf("the style cannot be written: %w", err)
	}
	if picture == nil {
		return file, nil
	}
	var small bytes.Buffer
	if err := png.Encode(&small, pixel.Thumbnail(picture, pictureSide)); err != nil {
		return file, fmt.Errorf("encoding the style's picture: %w", err)
	}
	return file, pixel.WriteFile(filepath.Join(folder, s.Name+".png"), small.Bytes())
}

// shortest converts a float32 to the float64 with the same shortest decimal form: 0.7, not 0.699999988.
func shortest(v float32) float64 {
	var out float64
	fmt.Sscan(fmt.Sprint(v), &out)
	return out
}
