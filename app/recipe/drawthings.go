package recipe

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// readDrawThings reads the JSON that Draw Things writes into XMP's UserComment, with short keys for the settings.
func readDrawThings(data []byte) (Found, error) {
	f := Found{Program: "Draw Things", Recipe: Recipe{Version: Version, Syntax: true, RNG: "torch"}}
	var o object
	if err := parseJSON(data, &o); err != nil {
		return f, fmt.Errorf("the metadata of Draw Things in this picture cannot be read: %w", err)
	}
	r := &f.Recipe
	r.Prompt, r.Negative, r.Model = o.text("c"), o.text("uc"), modelName(o.text("model"))
	r.Steps, r.Guidance, r.Seed = o.count("steps"), float32(o.number("scale")), f.seed(scalarText(o["seed"]))
	if m := written.FindStringSubmatch(o.text("size")); m != nil {
		fmt.Sscan(m[1], &r.Width)
		fmt.Sscan(m[2], &r.Height)
	}
	if s := o.number("strength"); s > 0 && s < 1 {
		r.Strength, r.Mode = float32(s), "image to image"
		f.lose("the picture that it started from")
	}
	r.Sampler = o.text("sampler")
	r.splitSampler()
	name, schedule := r.Sampler, r.Schedule
	r.Sampler, r.Schedule = "", ""
	f.sampler(name, schedule)
	var loras []object
	parseJSON(o["lora"], &loras)
	for _, l := range loras {
		lora := LoRA{Name: modelName(l.text("model")), Weight: float32(l.number("weight"))}
		r.LoRAs = append(r.LoRAs, lora)
		f.lose("LoRA %s", lora.Name)
	}
	f.others(o, "c uc model steps scale seed size strength sampler lora v2 profile seed_mode mask_blur mask_blur_outset shift")
	return f, nil
}

// xmpComment returns the text of XMP's exif:UserComment.
func xmpComment(packet []byte) string {
	d := xml.NewDecoder(bytes.NewReader(packet))
	d.Strict = false
	var text strings.Builder
	inside := 0
	for range 10_000 {
		t, err := d.RawToken()
		if err == io.EOF || err != nil {
			break
		}
		switch t := t.(type) {
		case xml.StartElement:
			if inside > 0 || t.Name.Local == "UserComment" {
				inside++
			}
		case xml.EndElement:
			if inside > 0 {
				if inside--; inside == 0 {
					return strings.TrimSpace(text.String())
				}
			}
		case xml.CharData:
			if inside > 0 {
				text.Write(t)
			}
		}
	}
	return ""
}
