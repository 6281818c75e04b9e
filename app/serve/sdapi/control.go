package sdapi

import (
	"encoding/json"
	"strings"

	"nirvana/app/serve/wire"
	"nirvana/app/serve/work"
	"nirvana/engine/pixel"
)

// unit is a unit of the ControlNet extension.
type unit struct {
	Enabled *wire.Bool  `json:"enabled"`
	Image   any         `json:"image"` // base64, or an object that contains it
	Input   string      `json:"input_image"`
	Module  string      `json:"module"`
	Model   string      `json:"model"`
	Weight  *wire.Float `json:"weight"`
	From    wire.Float  `json:"guidance_start"`
	Until   *wire.Float `json:"guidance_end"`
	Low     wire.Float  `json:"threshold_a"`
	High    wire.Float  `json:"threshold_b"`
}

const mostUnits = 10

// controls reads the ControlNet units of a request.
func controls(q *request) (out []work.Control, err error) {
	for name, script := range q.AlwaysOn {
		if len(script.Args) > mostUnits {
			return nil, wire.Invalid("alwayson_scripts", "more than %d units of %s", mostUnits, name)
		}
		for _, raw := range script.Args {
			var u unit
			if string(raw) == "false" || string(raw) == "null" {
				continue
			}
			if err := json.Unmarshal(raw, &u); err != nil {
				return nil, wire.Invalid("alwayson_scripts", "a unit of %s cannot be read: %v", name, err)
			}
			if u.Enabled != nil && !bool(*u.Enabled) {
				continue
			}
			c, err := u.control()
			if err != nil {
				return nil, err
			}
			out = append(out, c)
		}
	}
	return out, nil
}

func (u unit) control() (work.Control, error) {
	text := u.Input
	switch v := u.Image.(type) {
	case string:
		text = v
	case map[string]any:
		text, _ = v["image"].(string)
	}
	c := work.Control{Weight: 1, From: float32(u.From), Until: 1}
	img, err := wire.Picture("controlnet image", text)
	if err != nil {
		return c, err
	}
	switch strings.ToLower(u.Module) {
	case "", "none":
	case "canny":
		if u.Low <= 0 || u.High <= 0 {
			u.Low, u.High = 100, 200
		}
		img = pixel.Canny(img, int(u.Low), int(u.High))
	default:
		return c, wire.Invalid("controlnet module", "%q is unknown: use none or canny", u.Module)
	}
	c.Picture = img
	if named(u.Model) {
		c.Net, _, _ = strings.Cut(u.Model, " [")
	}
	if u.Weight != nil {
		c.Weight = float32(*u.Weight)
	}
	if u.Until != nil {
		c.Until = float32(*u.Until)
	}
	if !(c.Weight >= 0 && c.Weight <= 10 && c.From >= 0 && c.Until <= 1 && c.From < c.Until) {
		return c, wire.Invalid("controlnet", "weight goes from 0 to 10, guidance_start and guidance_end from 0 to 1")
	}
	return c, nil
}
