package token

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// Lora is a LoRA in a prompt: <lora:name>, <lora:name:weight>, <lora:name:text weight:network weight:rank>, the
// numbers also as te=0.5, unet=0.5 and dyn=8, and block weights as lbw=... (the extension
// sd-webui-lora-block-weight).
type Lora struct {
	Name      string
	Text, Net float32 // weights in the text encoders and in the network
	Rank      int     // how much of its rank is used; 0: all of it
	Blocks    string  // block weights, a list or a preset's name; "": none
	Unknown   string  // unknown settings as they are written; "": none
	Wrong     string  // what is wrong with it, for the artist; "": nothing
}

var loraCall = regexp.MustCompile(`<(?:lora|lyco):([^<>]+)>`)

// takeLoras removes LoRAs from the text.
func takeLoras(text string) (string, []Lora) {
	var loras []Lora
	text = loraCall.ReplaceAllStringFunc(text, func(call string) string {
		loras = append(loras, readLora(call))
		return ""
	})
	return text, loras
}

func readLora(call string) Lora {
	fields := strings.Split(loraCall.FindStringSubmatch(call)[1], ":")
	l := Lora{Name: strings.TrimSpace(fields[0]), Text: 1}
	weights := map[string]float32{}
	var unknown []string
	for i, f := range fields[1:] {
		key, value, named := strings.Cut(f, "=")
		key, value = strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(value)
		if !named {
			key, value = position(i, f)
		}
		switch w, err := strconv.ParseFloat(value, 32); {
		case key == "lbw":
			l.Blocks = value
		case key != "te" && key != "unet" && key != "dyn":
			unknown = append(unknown, strings.TrimSpace(f))
		case err != nil || math.IsNaN(w) || math.IsInf(w, 0):
			l.Wrong = wrongNumber(call, value)
		case key == "dyn" && (w < 1 || w != math.Trunc(w)):
			l.Wrong = fmt.Sprintf("in %s the rank %q is not a whole number of 1 or more", call, value)
		case key == "dyn":
			l.Rank = int(w)
		default:
			weights[key] = float32(w)
		}
	}
	l.Unknown = strings.Join(unknown, ", ")
	if w, ok := weights["te"]; ok {
		l.Text = w
	}
	l.Net = l.Text
	if w, ok := weights["unet"]; ok {
		l.Net = w
	}
	return l
}

// position is the key of a field without a name: numbers in AUTOMATIC1111's order, and after the first one block
// weights.
func position(i int, field string) (key, value string) {
	value = strings.TrimSpace(field)
	if _, err := strconv.ParseFloat(value, 32); i > 0 && err != nil {
		return "lbw", value
	}
	return append([]string{"te", "unet", "dyn"}, make([]string, i)...)[i], value
}

func wrongNumber(call, value string) string {
	if point := strings.Replace(value, ",", ".", 1); strings.Count(value, ",") == 1 {
		if _, err := strconv.ParseFloat(point, 32); err == nil {
			return fmt.Sprintf("in %s the weight %q has a comma: write %s, with a point", call, value, point)
		}
	}
	return fmt.Sprintf("in %s the weight %q is not a number: write one like 0.7", call, value)
}
