package network

import (
	"encoding/json"

	"nirvana/models/checkpoint"
)

// halved are the classes that are run in half precision wherever a device computes in it. Others leave its range: T5,
// Qwen and FLUX were trained in bfloat16, which has float32's.
var halved = map[string]bool{"UNet2DConditionModel": true, "ControlNetModel": true, "CLIPTextModel": true, "CLIPTextModelWithProjection": true,
	"SD3Transformer2DModel": true, "AutoencoderTiny": true}

// Half reports whether a network can stay in half precision: its weights are in it, and its class is run so. An
// AutoencoderKL is where its config.json says that it needs no float32 (force_upcast, true in diffusers by default).
func Half(config []byte, w checkpoint.Weights) bool {
	class, err := classOf(config)
	if err != nil || w.Type() != "F16" {
		return false
	}
	c := struct {
		Upcast bool `json:"force_upcast"`
	}{true}
	json.Unmarshal(config, &c) // of another type: as if it were not there
	return halved[class] || class == "AutoencoderKL" && !c.Upcast
}
