package engine

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// Shared are the parameters that a Request, the window's settings and recipes have in common, word for word: each embeds them. A
// new parameter is a field here and is then kept in projects and recipes, compared when a picture is made again, held in its
// range and read from the command line. Its tags say how: json is its name in files, flag that on the command line, help what
// is said of it there, range the least and the most of a number. Fields are comparable: texts, numbers, yes or no.
type Shared struct {
	// ClipSkip is how many layers before the last the text encoder's hidden states are taken from; 0: from the last.
	ClipSkip int `json:"clip_skip,omitempty" flag:"clip-skip" help:"number of CLIP's last layers to skip" range:"0,100"`
	// Eta is the share of new noise in every step of DDIM and TCD; 0 to 1.
	Eta float32 `json:"eta,omitempty" flag:"eta" help:"DDIM's eta, 0 to 1" range:"0,1"`
	// NoiseCurve is how much of the sampler's own noise (eta, the noise of ancestral and SDE samplers, churn) acts, 0 to 1, from the
	// first step to the last, as numbers with commas between, stretched over the run; "": all of it.
	NoiseCurve string `json:"noise_curve,omitempty" flag:"noise-curve" help:"share of the sampler's noise from the first step to the last, 0 to 1, such as 1,0.5,0"`
	// Tiling makes pictures seamless: they continue at the opposite side in "x", "y" or "both" directions; "": in none.
	Tiling string `json:"tiling,omitempty" flag:"tiling" help:"x, y or both: a seamless picture, whose opposite edges match"`
	// Prediction is what the denoiser predicts, where the model's files do not say it or say it wrongly: "epsilon", "v", or "v-zsnr"
	// for v with a schedule of zero terminal SNR (Lin et al., 2024); "": as the files say.
	Prediction string `json:"prediction,omitempty" flag:"prediction" help:"epsilon, v or v-zsnr (v with zero terminal SNR): what the model predicts, where its file does not say so"`
	// RegionMode is how Regions act: "attention" or "", as masks on cross-attention where the network takes them; "prediction", by
	// mixed predictions.
	RegionMode string `json:"region_mode,omitempty" flag:"region-mode" help:"attention (masks on cross-attention, where the model takes them) or prediction (mixed predictions): how regions act"`
}

// Parameter is one of them: a pointer to its value, *string, *int, *float32 or *bool, and its tags.
type Parameter struct {
	Name, Flag, Help string // Name is that in files
	Field            string // of Shared
	Value            any
	Least, Most      float64 // of a number
}

// Each lists the parameters, to be read and set.
func (p *Shared) Each() (out []Parameter) {
	v := reflect.ValueOf(p).Elem()
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		name, _, _ := strings.Cut(tag.Get("json"), ",")
		q := Parameter{Name: name, Field: v.Type().Field(i).Name, Flag: tag.Get("flag"), Help: tag.Get("help"), Value: v.Field(i).Addr().Interface(), Least: math.Inf(-1), Most: math.Inf(1)}
		if least, most, ok := strings.Cut(tag.Get("range"), ","); ok {
			q.Least, _ = strconv.ParseFloat(least, 64)
			q.Most, _ = strconv.ParseFloat(most, 64)
		}
		out = append(out, q)
	}
	return out
}

// number is a parameter's, and false where it is none.
func (p Parameter) number() (float64, bool) {
	switch n := p.Value.(type) {
	case *int:
		return float64(*n), true
	case *float32:
		return float64(*n), true
	}
	return 0, false
}

// Check says what is wrong with a parameter; nil where it can be used.
func (p Parameter) Check() error {
	if v, ok := p.number(); ok && !(v >= p.Least && v <= p.Most) { // NaN is not
		return fmt.Errorf("%s is %g, and can be from %g to %g", p.Name, v, p.Least, p.Most)
	}
	if p.Name == "noise_curve" {
		_, err := ParseCurve(*p.Value.(*string))
		return err
	}
	if p.Name == "prediction" {
		_, err := ParsePrediction(*p.Value.(*string))
		return err
	}
	if p.Name == "region_mode" {
		_, err := ParseRegionMode(*p.Value.(*string))
		return err
	}
	if p.Name == "tiling" {
		_, err := ParseTiling(*p.Value.(*string))
		return err
	}
	return nil
}

// Clear sets it to zero, which is the model's own or off.
func (p Parameter) Clear() { reflect.ValueOf(p.Value).Elem().SetZero() }

// Clamp moves a number into its range. Whatever else cannot be used becomes zero.
func (p Parameter) Clamp() {
	if p.Check() == nil {
		return
	}
	v, ok := p.number()
	if v = min(max(v, p.Least), p.Most); !ok || math.IsNaN(v) {
		v = 0
	}
	switch to := p.Value.(type) {
	case *int:
		*to = int(v)
	case *float32:
		*to = float32(v)
	case *string:
		*to = ""
	case *bool:
		*to = false
	}
}
