package recipe

import (
	"encoding/json"
	"fmt"
	"strings"
)

// widgets are the inputs that nodes keep as values, in the order in which ComfyUI's
// window saves them ("" is what its window alone uses). From nodes.py and comfy_extras.
var widgets = map[string]string{
	"KSampler":               "seed,,steps,cfg,sampler_name,scheduler,denoise",
	"KSamplerAdvanced":       "add_noise,noise_seed,,steps,cfg,sampler_name,scheduler,start_at_step,end_at_step,return_with_leftover_noise",
	"CLIPTextEncode":         "text",
	"CLIPTextEncodeSDXL":     "width,height,crop_w,crop_h,target_width,target_height,text_g,text_l",
	"CLIPTextEncodeFlux":     "clip_l,t5xxl,guidance",
	"CLIPTextEncodeSD3":      "clip_l,clip_g,t5xxl,empty_padding",
	"CheckpointLoaderSimple": "ckpt_name",
	"UNETLoader":             "unet_name,weight_dtype",
	"LoraLoader":             "lora_name,strength_model,strength_clip",
	"LoraLoaderModelOnly":    "lora_name,strength_model",
	"EmptyLatentImage":       "width,height,batch_size",
	"EmptySD3LatentImage":    "width,height,batch_size",
	"RandomNoise":            "noise_seed,",
	"KSamplerSelect":         "sampler_name",
	"BasicScheduler":         "scheduler,steps,denoise",
	"CFGGuider":              "cfg",
	"FluxGuidance":           "guidance",
	"CLIPSetLastLayer":       "stop_at_clip_layer",
	"PrimitiveNode":          "value,",
	"LoadImage":              "image,",
}

// readWorkflow reads the graph as ComfyUI's window saves it, for pictures that have
// lost the other form: nodes with links and bare values.
func readWorkflow(data []byte) (Found, error) {
	var w struct {
		Nodes []struct {
			ID     json.Number
			Type   string
			Mode   int // 2 and 4: muted, bypassed
			Inputs []struct {
				Name string
				Link *json.Number
			}
			Values json.RawMessage `json:"widgets_values"`
		}
		Links [][]json.RawMessage
	}
	if err := json.Unmarshal(cleanJSON(data), &w); err != nil {
		return Found{Program: "ComfyUI"}, fmt.Errorf("ComfyUI's workflow in this picture cannot be read: %w", err)
	}
	from := map[string][2]any{} // by link: node and output
	for _, l := range w.Links { // id, node, output, node, input, type
		if len(l) >= 3 {
			from[string(l[0])] = [2]any{strings.Trim(string(l[1]), `"`), l[2]}
		}
	}
	graph := map[string]any{}
	for _, n := range w.Nodes {
		if n.Mode == 2 || n.Mode == 4 {
			continue
		}
		inputs := valuesOf(n.Type, n.Values)
		for _, in := range n.Inputs {
			if in.Link == nil {
				continue
			}
			if f, ok := from[in.Link.String()]; ok {
				inputs[in.Name] = []any{f[0], f[1]}
			}
		}
		graph[n.ID.String()] = map[string]any{"class_type": n.Type, "inputs": inputs}
	}
	js, err := json.Marshal(graph)
	if err != nil {
		return Found{Program: "ComfyUI"}, err
	}
	return readComfy(js)
}

// valuesOf names a node's values; newer windows name them themselves.
func valuesOf(kind string, data json.RawMessage) map[string]any {
	named := map[string]any{}
	if json.Unmarshal(data, &named) == nil {
		return named
	}
	var values []json.RawMessage
	json.Unmarshal(data, &values)
	named = map[string]any{}
	for i, name := range strings.Split(widgets[kind], ",") {
		if name != "" && i < len(values) {
			named[name] = values[i]
		}
	}
	return named
}
