package recipe

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// base is a graph of checkpoint, two prompts, latents, sampler, decoder and saver; tests replace nodes of it.
func comfyText(nodes string) string {
	graph := map[string]json.RawMessage{}
	over := map[string]json.RawMessage{}
	for text, into := range map[string]map[string]json.RawMessage{`{"1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "base.safetensors"}},
		"2": {"class_type": "CLIPTextEncode", "inputs": {"text": "a hill", "clip": ["1", 1]}},
		"3": {"class_type": "CLIPTextEncode", "inputs": {"text": "fog", "clip": ["1", 1]}},
		"4": {"class_type": "EmptyLatentImage", "inputs": {"width": 640, "height": 448, "batch_size": 1}},
		"5": {"class_type": "KSampler", "inputs": {"seed": 7, "steps": 18, "cfg": 6, "sampler_name": "euler", "scheduler": "normal", "denoise": 1, "model": ["1", 0], "positive": ["2", 0], "negative": ["3", 0], "latent_image": ["4", 0]}},
		"6": {"class_type": "VAEDecode", "inputs": {"samples": ["5", 0], "vae": ["1", 2]}},
		"7": {"class_type": "SaveImage", "inputs": {"images": ["6", 0], "filename_prefix": "x"}}}`: graph, nodes: over} {
		if err := json.Unmarshal([]byte(text), &into); err != nil {
			panic(fmt.Sprint(err, text))
		}
	}
	for id, n := range over {
		if string(n) == "null" {
			delete(graph, id)
		} else {
			graph[id] = n
		}
	}
	out, _ := json.Marshal(graph)
	return string(out)
}

func sampler(seed string, links string) string {
	return `{"class_type": "KSampler", "inputs": {"seed": ` + seed + `, "steps": 18, "cfg": 6, "sampler_name": "euler", "scheduler": "normal", "denoise": 1, ` + links + `}}`
}

const usual = `"model": ["1", 0], "positive": ["2", 0], "negative": ["3", 0], "latent_image": ["4", 0]`

func with(from, to string) string { return sampler("7", strings.Replace(usual, from, to, 1)) }

func TestComfyGraphs(t *testing.T) {
	for _, c := range []struct {
		name, nodes string
		change      func(*Recipe) // of base's recipe
		lost        []string      // beginnings of the entries, each required
	}{
		{"the base", `{}`, func(*Recipe) {}, nil},
		{"outputs of a ControlNet", `{"5": ` + sampler("7", `"model": ["1", 0], "positive": ["12", 0], "negative": ["12", 1], "latent_image": ["4", 0]`) + `,
			"10": {"class_type": "ControlNetLoader", "inputs": {"control_net_name": "lines.safetensors"}}, "11": {"class_type": "LoadImage", "inputs": {"image": "a.png"}},
			"12": {"class_type": "ControlNetApplyAdvanced", "inputs": {"strength": 0.5, "positive": ["2", 0], "negative": ["3", 0], "control_net": ["10", 0], "image": ["11", 0]}}}`,
			func(*Recipe) {}, []string{"ControlNet lines, weight 0.5"}},
		{"an unknown node with both outputs", `{"5": ` + sampler("7", `"model": ["1", 0], "positive": ["12", 0], "negative": ["12", 1], "latent_image": ["4", 0]`) + `,
			"12": {"class_type": "SomeoneElsesApply", "inputs": {"anything": ["3", 0], "positive": ["2", 0], "negative": ["3", 0]}}}`, func(*Recipe) {}, []string{"node SomeoneElsesApply"}},
		{"a seed of 64 bits over two links", `{"5": ` + sampler(`["8", 0]`, usual) + `, "8": {"class_type": "Reroute", "inputs": {"": ["9", 0]}}, "9": {"class_type": "Seed (rgthree)", "inputs": {"seed": 18446744073709551615}}}`,
			func(r *Recipe) { r.Seed = 1<<64 - 1 }, nil},
		{"a seed that is computed", `{"5": ` + sampler(`["8", 0]`, usual) + `, "8": {"class_type": "Dice of someone", "inputs": {"sides": 6}}}`, func(r *Recipe) { r.Seed = 0 }, []string{"what node Dice of someone computes", "node Dice of someone"}},
		{"zeroed", `{"5": ` + with(`["3", 0]`, `["8", 0]`) + `, "8": {"class_type": "ConditioningZeroOut", "inputs": {"conditioning": ["2", 0]}}}`, func(r *Recipe) { r.Negative = "" }, nil},
		{"texts put together", `{"2": {"class_type": "CLIPTextEncode", "inputs": {"text": ["8", 0], "clip": ["1", 1]}}, "8": {"class_type": "StringConcatenate", "inputs": {"string_a": ["9", 0], "string_b": "at dusk", "delimiter": ", "}},
			"9": {"class_type": "Text Concatenate", "inputs": {"delimiter": " ", "clean_whitespace": "true", "text_b": "meadow ", "text_a": ["10", 0]}}, "10": {"class_type": "PrimitiveStringMultiline", "inputs": {"value": " a"}}}`,
			func(r *Recipe) { r.Prompt = "a meadow, at dusk" }, nil},
		{"eleven texts in order", `{"2": {"class_type": "CLIPTextEncode", "inputs": {"text": ["8", 0]}}, "8": {"class_type": "Join of someone", "inputs": {"separator": " ", "text10": "k", "text2": "b", "text1": "a", "text11": "l"}}}`,
			func(r *Recipe) { r.Prompt = "a b k l" }, []string{"node Join of someone"}},
		{"text that is cut, changed and replaced", `{"2": {"class_type": "CLIPTextEncode", "inputs": {"text": ["8", 0]}}, "8": {"class_type": "StringReplace", "inputs": {"string": ["9", 0], "find": "dog", "replace": "fox"}},
			"9": {"class_type": "CaseConverter", "inputs": {"string": ["10", 0], "mode": "lowercase"}}, "10": {"class_type": "StringSubstring", "inputs": {"string": "X A Dog!", "start": 2, "end": -1}}}`, func(r *Recipe) { r.Prompt = "a fox" }, nil},
		{"SDXL's encoder", `{"2": {"class_type": "CLIPTextEncodeSDXL", "inputs": {"text_g": "a hill", "text_l": "oil", "width": 1024, "height": 512, "crop_w": 8, "crop_h": 0, "clip": ["8", 0]}},
			"8": {"class_type": "CLIPSetLastLayer", "inputs": {"stop_at_clip_layer": -2, "clip": ["1", 1]}}}`,
			func(r *Recipe) { r.ClipSkip, r.OriginalSize, r.CropTopLeft = 1, []int{512, 1024}, []int{0, 8} }, []string{"text_l: oil"}},
		{"FLUX' encoder", `{"2": {"class_type": "CLIPTextEncodeFlux", "inputs": {"clip_l": "a hill", "t5xxl": "a hill", "guidance": 3.5}}}`, func(r *Recipe) { r.Guidance, r.TrueGuidance = 3.5, 6 }, nil},
		{"combined", `{"5": ` + with(`["2", 0]`, `["8", 0]`) + `, "8": {"class_type": "ConditioningCombine", "inputs": {"conditioning_1": ["2", 0], "conditioning_2": ["9", 0]}}, "9": {"class_type": "CLIPTextEncode", "inputs": {"text": "a lake"}}}`,
			func(r *Recipe) { r.Prompt = "a hill:0.5 AND a lake:0.5" }, nil},
		{"concatenated", `{"5": ` + with(`["2", 0]`, `["8", 0]`) + `, "8": {"class_type": "ConditioningConcat", "inputs": {"conditioning_from": ["9", 0], "conditioning_to": ["2", 0]}}, "9": {"class_type": "CLIPTextEncode", "inputs": {"text": "a lake"}}}`,
			func(r *Recipe) { r.Prompt = "a hill BREAK a lake" }, nil},
		{"one of two is saved", `{"8": ` + sampler("99", usual) + `, "9": {"class_type": "VAEDecode", "inputs": {"samples": ["8", 0]}}, "10": {"class_type": "PreviewImage", "inputs": {"images": ["9", 0]}}, "0": ` + sampler("98", usual) + `}`, func(*Recipe) {}, nil},
		{"a pass over the first picture", `{"7": {"class_type": "SaveImage", "inputs": {"images": ["10", 0]}}, "8": {"class_type": "LatentUpscale", "inputs": {"width": 1280, "height": 896, "samples": ["5", 0]}},
			"9": {"class_type": "KSampler", "inputs": {"seed": 99, "steps": 12, "cfg": 6, "sampler_name": "euler", "denoise": 0.5, "model": ["1", 0], "positive": ["2", 0], "negative": ["3", 0], "latent_image": ["8", 0]}},
			"10": {"class_type": "VAEDecode", "inputs": {"samples": ["9", 0]}}}`, func(*Recipe) {}, []string{"a further pass: KSampler, 12 steps, denoise 0.5"}},
		{"a face made again", `{"7": {"class_type": "SaveImage", "inputs": {"images": ["8", 0]}}, "8": {"class_type": "FaceDetailer", "inputs": {"image": ["6", 0], "model": ["1", 0], "seed": 5, "steps": 20, "cfg": 8, "sampler_name": "dpmpp_2m", "scheduler": "karras", "denoise": 0.4, "positive": ["3", 0]}}}`,
			func(*Recipe) {}, []string{"a further pass: FaceDetailer"}},
		{"a picture to start from", `{"5": {"class_type": "KSampler", "inputs": {"seed": 7, "steps": 18, "cfg": 6, "sampler_name": "euler", "scheduler": "normal", "denoise": 0.6, "model": ["1", 0], "positive": ["2", 0], "negative": ["3", 0], "latent_image": ["8", 0]}},
			"8": {"class_type": "VAEEncode", "inputs": {"pixels": ["9", 0]}}, "9": {"class_type": "ImageScale", "inputs": {"width": 320, "height": 256, "image": ["10", 0]}}, "10": {"class_type": "LoadImage", "inputs": {"image": "a.png"}}}`,
			func(r *Recipe) { r.Width, r.Height, r.Strength, r.Mode = 320, 256, 0.6, "image to image" }, []string{"the picture that it started from"}},
		{"LoRAs, one by one and stacked", `{"5": ` + with(`["1", 0]`, `["8", 0]`) + `, "8": {"class_type": "Power Lora Loader (rgthree)", "inputs": {"model": ["9", 0], "lora_1": {"on": true, "lora": "x/a.safetensors", "strength": 0.5}, "lora_2": {"on": false, "lora": "off.safetensors", "strength": 1}}},
			"9": {"class_type": "CR Apply LoRA Stack", "inputs": {"model": ["1", 0], "clip": ["1", 1], "lora_stack": ["10", 0]}}, "10": {"class_type": "LoRA Stacker", "inputs": {"input_mode": "simple", "lora_count": 2, "lora_name_1": "b.safetensors", "lora_wt_1": 0.25, "lora_name_2": "None", "lora_wt_2": 1, "lora_name_3": "beyond.safetensors"}}}`,
			func(r *Recipe) { r.LoRAs = []LoRA{{"a", 0.5}, {"b", 0.25}} }, []string{"LoRA a", "LoRA b"}},
		{"patches of the model", `{"5": ` + with(`["1", 0]`, `["8", 0]`) + `, "8": {"class_type": "RescaleCFG", "inputs": {"multiplier": 0.7, "model": ["9", 0]}}, "9": {"class_type": "ModelSamplingSD3", "inputs": {"shift": 3, "model": ["10", 0]}}, "10": {"class_type": "FreeU_V2", "inputs": {"b1": 1.3, "model": ["1", 0]}}}`,
			func(r *Recipe) { r.Rescale = 0.7 }, []string{"ModelSamplingSD3: shift 3", "node FreeU_V2"}},
		{"a base and a refiner", `{"5": {"class_type": "KSamplerAdvanced", "inputs": {"add_noise": "enable", "noise_seed": 7, "steps": 20, "cfg": 6, "sampler_name": "euler", "scheduler": "normal", "start_at_step": 0, "end_at_step": 15, "model": ["1", 0], "positive": ["2", 0], "negative": ["3", 0], "latent_image": ["4", 0]}},
			"8": {"class_type": "KSamplerAdvanced", "inputs": {"add_noise": "disable", "noise_seed": 0, "steps": 20, "cfg": 6, "sampler_name": "euler", "scheduler": "normal", "start_at_step": 15, "end_at_step": 10000, "model": ["9", 0], "positive": ["2", 0], "negative": ["3", 0], "latent_image": ["5", 0]}},
			"9": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "refine.safetensors"}}, "6": {"class_type": "VAEDecode", "inputs": {"samples": ["8", 0]}}}`,
			func(r *Recipe) { r.Steps, r.Refiner, r.RefinerAt = 20, "refine", 0.75 }, nil},
		{"the custom sampler", `{"5": {"class_type": "SamplerCustomAdvanced", "inputs": {"noise": ["8", 0], "guider": ["9", 0], "sampler": ["10", 0], "sigmas": ["11", 0], "latent_image": ["4", 0]}}, "8": {"class_type": "RandomNoise", "inputs": {"noise_seed": ["12", 0]}},
			"9": {"class_type": "CFGGuider", "inputs": {"cfg": 4.5, "model": ["1", 0], "positive": ["2", 0], "negative": ["3", 0]}}, "10": {"class_type": "SamplerDPMPP_2M_SDE", "inputs": {"eta": 0.5, "s_noise": 1}}, "11": {"class_type": "KarrasScheduler", "inputs": {"steps": 9}},
			"12": {"class_type": "easy seed", "inputs": {"seed": 777}}, "6": {"class_type": "VAEDecode", "inputs": {"samples": ["5", 1]}}}`,
			func(r *Recipe) {
				eta := float32(0.5)
				r.Steps, r.Guidance, r.Sampler, r.Schedule, r.Seed, r.EtaAncestral = 9, 4.5, "DPM++ 2M SDE", "Karras", 777, &eta
			}, nil},
		{"Efficiency", `{"1": {"class_type": "Efficient Loader", "inputs": {"ckpt_name": "base.safetensors", "clip_skip": -2, "lora_name": "a.safetensors", "lora_model_strength": 0.5, "positive": "a hill", "negative": "fog", "empty_latent_width": 640, "empty_latent_height": 448}},
			"5": {"class_type": "KSampler (Efficient)", "inputs": {"seed": 7, "steps": 18, "cfg": 6, "sampler_name": "euler", "scheduler": "normal", "denoise": 1, "model": ["1", 0], "positive": ["1", 1], "negative": ["1", 2], "latent_image": ["1", 3]}},
			"6": null, "2": null, "3": null, "4": null, "7": {"class_type": "SaveImage", "inputs": {"images": ["5", 5]}}}`, func(r *Recipe) { r.ClipSkip, r.LoRAs = 1, []LoRA{{"a", 0.5}} }, nil},
		{"a context", `{"8": {"class_type": "Context (rgthree)", "inputs": {"model": ["1", 0], "positive": ["2", 0], "negative": ["3", 0], "latent": ["4", 0], "seed": 7}}, "9": {"class_type": "Context (rgthree)", "inputs": {"base_ctx": ["10", 0], "positive": ["11", 0]}},
			"10": {"class_type": "Context Switch (rgthree)", "inputs": {"ctx_02": ["8", 0]}}, "11": {"class_type": "CLIPTextEncode", "inputs": {"text": "a mill"}},
			"5": {"class_type": "KSampler", "inputs": {"seed": ["9", 8], "steps": 18, "cfg": 6, "sampler_name": "euler", "scheduler": "normal", "denoise": 1, "model": ["9", 1], "positive": ["9", 4], "negative": ["9", 5], "latent_image": ["9", 6]}}}`,
			func(r *Recipe) { r.Prompt = "a mill" }, nil},
		{"a pipe of Impact", `{"8": {"class_type": "ToBasicPipe", "inputs": {"model": ["1", 0], "positive": ["2", 0], "negative": ["3", 0]}}, "9": {"class_type": "FromBasicPipe_v2", "inputs": {"basic_pipe": ["8", 0]}}, "5": ` + sampler("7", `"model": ["9", 1], "positive": ["9", 4], "negative": ["9", 5], "latent_image": ["4", 0]`) + `}`, func(*Recipe) {}, nil},
		{"Easy Use", `{"1": {"class_type": "easy fullLoader", "inputs": {"ckpt_name": "base.safetensors", "clip_skip": -1, "resolution": "640 x 448", "empty_latent_width": 512, "empty_latent_height": 512, "positive": ["9", 0], "negative": "fog"}},
			"8": {"class_type": "easy preSampling", "inputs": {"pipe": ["1", 0], "steps": 18, "cfg": 6, "sampler_name": "euler", "scheduler": "normal", "denoise": 1, "seed": 7}}, "9": {"class_type": "easy positive", "inputs": {"positive": "a hill"}},
			"5": {"class_type": "easy kSampler", "inputs": {"pipe": ["8", 0], "image_output": "Save"}}, "2": null, "3": null, "4": null, "6": null, "7": null}`, func(*Recipe) {}, nil},
		{"switches", `{"5": ` + with(`["2", 0]`, `["8", 0]`) + `, "8": {"class_type": "ImpactSwitch", "inputs": {"select": 2, "input1": ["3", 0], "input2": ["9", 0]}}, "9": {"class_type": "Any Switch (rgthree)", "inputs": {"any_03": ["2", 0]}}}`, func(*Recipe) {}, nil},
		{"a size from a list", `{"4": {"class_type": "EmptyLatentImage", "inputs": {"width": ["8", 0], "height": ["8", 1]}}, "8": {"class_type": "CR SDXL Aspect Ratio", "inputs": {"width": 1, "height": 1, "aspect_ratio": "3:4 portrait 896x1152"}}}`, func(r *Recipe) { r.Width, r.Height = 896, 1152 }, []string{"node CR SDXL Aspect Ratio"}},
		{"a style", `{"2": {"class_type": "CLIPTextEncode", "inputs": {"text": ["8", 0]}}, "3": {"class_type": "CLIPTextEncode", "inputs": {"text": ["8", 1]}}, "8": {"class_type": "SDXLPromptStyler", "inputs": {"text_positive": "a hill", "text_negative": "fog", "style": "oil"}}}`, func(*Recipe) {}, []string{"style: oil", "node SDXLPromptStyler"}},
		{"a loop", `{"2": {"class_type": "FluxGuidance", "inputs": {"guidance": 2, "conditioning": ["2", 0]}}, "4": {"class_type": "LatentUpscaleBy", "inputs": {"samples": ["4", 0]}}}`,
			func(r *Recipe) { r.Prompt, r.Guidance, r.TrueGuidance, r.Width, r.Height = "", 2, 6, 0, 0 }, []string{"node LatentUpscaleBy"}},
		{"numbers that are too large", `{"4": {"class_type": "EmptyLatentImage", "inputs": {"width": 1e300, "height": -5}}}`, func(r *Recipe) { r.Width, r.Height = 0, 0 }, []string{"width: ", "height: -5"}},
	} {
		f, err := readTexts(map[string]string{"prompt": comfyText(c.nodes)})
		want := Recipe{Version: Version, Prompt: "a hill", Negative: "fog", Syntax: true, Steps: 18, Sampler: "Euler", Schedule: "Normal", Guidance: 6, Seed: 7, Width: 640, Height: 448, Model: "base", RNG: "torch"}
		c.change(&want)
		f.bound()
		if err != nil || !reflect.DeepEqual(f.Recipe, want) {
			t.Errorf("%s: %v\n got %+v\nwant %+v\nlost %q", c.name, err, f.Recipe, want, f.Lost)
		}
		if len(c.lost) == 0 && len(f.Lost) > 0 && c.name != "Efficiency" {
			t.Errorf("%s: lost %q", c.name, f.Lost)
		}
		for _, l := range c.lost {
			if !strings.Contains("\n"+strings.Join(f.Lost, "\n"), "\n"+l) {
				t.Errorf("%s: %q is not in what was lost, %q", c.name, l, f.Lost)
			}
		}
	}
}

// Texts that double at every node, and cyclic links through every kind of reader, end soon.
func TestComfyBombs(t *testing.T) {
	nodes := []string{`"2": {"class_type": "CLIPTextEncode", "inputs": {"text": ["n0", 0]}}`}
	for i := range 60 {
		nodes = append(nodes, fmt.Sprintf(`"n%d": {"class_type": "StringConcatenate", "inputs": {"string_a": ["n%d", 0], "string_b": ["n%d", 0], "delimiter": ""}}`, i, i+1, i+1))
	}
	double := comfyText("{" + strings.Join(append(nodes, `"n60": {"class_type": "PrimitiveString", "inputs": {"value": "abc"}}`), ",") + "}")
	combine := []string{`"5": ` + with(`["2", 0]`, `["n0", 0]`)}
	for i := range 60 {
		combine = append(combine, fmt.Sprintf(`"n%d": {"class_type": "ConditioningCombine", "inputs": {"conditioning_1": ["n%d", 0], "conditioning_2": ["n%d", 0]}}`, i, (i+1)%60, (i+1)%60))
	}
	deep := strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000)
	begin := time.Now()
	for _, text := range []string{double, comfyText("{" + strings.Join(combine, ",") + "}"), deep} {
		f, err := readTexts(map[string]string{"prompt": text})
		if err == nil && len(f.Recipe.Prompt) > maxWords {
			t.Errorf("a prompt of %d bytes", len(f.Recipe.Prompt))
		}
		if err == nil && len(f.Lost) == 0 {
			t.Errorf("nothing is told of what was cut: %q, %d bytes", f.Recipe.Prompt, len(text))
		}
	}
	if d := time.Since(begin); d > 10*time.Second {
		t.Errorf("graphs took %v", d)
	}
}

// The frontend's form: bypassed, muted, rerouted, in subgraphs and groups, with named and unnamed values.
func TestWorkflows(t *testing.T) {
	const loader = `{"id": 1, "type": "CheckpointLoaderSimple", "inputs": [], "outputs": [{"name": "MODEL", "type": "MODEL"}, {"name": "CLIP", "type": "CLIP"}, {"name": "VAE", "type": "VAE"}], "widgets_values": ["base.safetensors"]}`
	encoder := func(id int, link int, text string) string {
		return fmt.Sprintf(`{"id": %d, "type": "CLIPTextEncode", "inputs": [{"name": "clip", "type": "CLIP", "link": %d}], "outputs": [{"type": "CONDITIONING"}], "widgets_values": [%q]}`, id, link, text)
	}
	tail := func(model, positive int) string {
		return fmt.Sprintf(`{"id": 4, "type": "EmptyLatentImage", "widgets_values": [640, 448, 1], "outputs": [{"type": "LATENT"}]},
		{"id": 5, "type": "KSampler", "inputs": [{"name": "model", "type": "MODEL", "link": %d}, {"name": "positive", "type": "CONDITIONING", "link": %d}, {"name": "negative", "type": "CONDITIONING", "link": 6}, {"name": "latent_image", "type": "LATENT", "link": 7}],
		 "outputs": [{"type": "LATENT"}], "widgets_values": [7, "randomize", 18, 6, "euler", "normal", 1]},
		{"id": 6, "type": "VAEDecode", "inputs": [{"name": "samples", "type": "LATENT", "link": 8}], "outputs": [{"type": "IMAGE"}]}, {"id": 7, "type": "SaveImage", "inputs": [{"name": "images", "type": "IMAGE", "link": 9}]}`, model, positive)
	}
	const links = `[6, 3, 0, 5, 2, "CONDITIONING"], [7, 4, 0, 5, 3, "LATENT"], [8, 5, 0, 6, 0, "LATENT"], [9, 6, 0, 7, 0, "IMAGE"], [3, 1, 1, 3, 0, "CLIP"]`
	for _, c := range []struct{ name, text, prompt, lora string }{
		{"bypassed and rerouted", `{"nodes": [` + loader + `,` + encoder(2, 2, "a hill") + `,` + encoder(3, 3, "fog") + `,` + tail(1, 5) + `,
			{"id": 8, "type": "LoraLoader", "mode": 4, "inputs": [{"name": "model", "type": "MODEL", "link": 10}, {"name": "clip", "type": "CLIP", "link": 11}], "outputs": [{"type": "MODEL"}, {"type": "CLIP"}], "widgets_values": ["a.safetensors", 1, 1]},
			{"id": 9, "type": "Reroute", "inputs": [{"name": "", "type": "*", "link": 4}], "outputs": [{"type": "CONDITIONING"}]}],
			"links": [[10, 1, 0, 8, 0, "MODEL"], [11, 1, 1, 8, 1, "CLIP"], [1, 8, 0, 5, 0, "MODEL"], [2, 8, 1, 2, 0, "CLIP"], [4, 2, 0, 9, 0, "*"], [5, 9, 0, 5, 1, "CONDITIONING"], ` + links + `]}`, "a hill", ""},
		{"bypassed, the input of the type elsewhere", `{"nodes": [` + loader + `,` + encoder(2, 2, "a hill") + `,` + encoder(3, 3, "fog") + `,` + tail(1, 5) + `,
			{"id": 8, "type": "Someone's", "mode": 4, "inputs": [{"name": "picture", "type": "IMAGE"}, {"name": "cond", "type": "CONDITIONING", "link": 4}], "outputs": [{"type": "CONDITIONING"}]}],
			"links": [[1, 1, 0, 5, 0, "MODEL"], [2, 1, 1, 2, 0, "CLIP"], [4, 2, 0, 8, 1, "CONDITIONING"], [5, 8, 0, 5, 1, "CONDITIONING"], ` + links + `]}`, "a hill", ""},
		{"muted", `{"nodes": [` + loader + `,` + strings.Replace(encoder(2, 2, "a hill"), `"id": 2`, `"id": 2, "mode": 2`, 1) + `,` + encoder(3, 3, "fog") + `,` + tail(1, 5) + `],
			"links": [[1, 1, 0, 5, 0, "MODEL"], [2, 1, 1, 2, 0, "CLIP"], [5, 2, 0, 5, 1, "CONDITIONING"], ` + links + `]}`, "", ""},
		{"a primitive and names of the window", `{"nodes": [` + loader + `,{"id": 2, "type": "An encoder", "inputs": [{"name": "clip", "type": "CLIP", "link": 2}, {"name": "seed", "type": "INT", "widget": {"name": "seed"}}, {"name": "text", "type": "STRING", "widget": {"name": "text"}, "link": 4}], "outputs": [{"type": "CONDITIONING"}], "widgets_values": [3, "fixed", "stale"]},
			{"id": 10, "type": "PrimitiveNode", "outputs": [{"type": "STRING"}], "widgets_values": ["a hill", "fixed"]},` + encoder(3, 3, "fog") + `,` + tail(1, 5) + `],
			"links": [[1, 1, 0, 5, 0, "MODEL"], [2, 1, 1, 2, 0, "CLIP"], [4, 10, 0, 2, 2, "STRING"], [5, 2, 0, 5, 1, "CONDITIONING"], ` + links + `]}`, "a hill", ""},
		{"set and get", `{"nodes": [` + loader + `,` + encoder(2, 2, "a hill") + `,` + encoder(3, 3, "fog") + `,` + tail(1, 5) + `,
			{"id": 8, "type": "SetNode", "inputs": [{"name": "MODEL", "type": "MODEL", "link": 10}], "widgets_values": ["m"]}, {"id": 9, "type": "GetNode", "outputs": [{"type": "MODEL"}], "widgets_values": ["m"]}],
			"links": [[10, 1, 0, 8, 0, "MODEL"], [1, 9, 0, 5, 0, "MODEL"], [2, 1, 1, 2, 0, "CLIP"], [5, 2, 0, 5, 1, "CONDITIONING"], ` + links + `]}`, "a hill", ""},
		{"a subgraph", `{"nodes": [` + loader + `,{"id": 20, "type": "abc-1", "inputs": [{"name": "clip", "type": "CLIP", "link": 2}, {"name": "model", "type": "MODEL", "link": 10}], "outputs": [{"type": "CONDITIONING"}, {"type": "MODEL"}],
			 "properties": {"proxyWidgets": [["2", "text"]]}, "widgets_values": ["a hill"]},` + encoder(3, 3, "fog") + `,` + tail(1, 5) + `],
			"definitions": {"subgraphs": [{"id": "abc-1", "inputs": [{"name": "clip", "type": "CLIP"}, {"name": "model", "type": "MODEL"}], "outputs": [{"name": "c"}, {"name": "m"}],
			 "nodes": [` + encoder(2, 1, "stale") + `, {"id": 3, "type": "LoraLoaderModelOnly", "inputs": [{"name": "model", "type": "MODEL", "link": 2}], "outputs": [{"type": "MODEL"}], "widgets_values": ["a.safetensors", 0.5]}],
			 "links": [{"id": 1, "origin_id": -10, "origin_slot": 0, "target_id": 2, "target_slot": 0}, {"id": 2, "origin_id": -10, "origin_slot": 1, "target_id": 3, "target_slot": 0}, {"id": 3, "origin_id": 2, "origin_slot": 0, "target_id": -20, "target_slot": 0}, {"id": 4, "origin_id": 3, "origin_slot": 0, "target_id": -20, "target_slot": 1}]}]},
			"links": [[10, 1, 0, 20, 1, "MODEL"], [1, 20, 1, 5, 0, "MODEL"], [2, 1, 1, 20, 0, "CLIP"], [5, 20, 0, 5, 1, "CONDITIONING"], ` + links + `]}`, "a hill", "a"},
		{"a group node", `{"nodes": [` + loader + `,{"id": 20, "type": "workflow>texts", "inputs": [{"name": "model", "type": "MODEL", "link": 10}, {"name": "clip", "type": "CLIP", "link": 2}], "outputs": [{"type": "MODEL"}, {"type": "CONDITIONING"}], "widgets_values": ["a.safetensors", 0.5, "a hill"]},` + encoder(3, 3, "fog") + `,` + tail(1, 5) + `],
			"extra": {"groupNodes": {"texts": {"nodes": [{"type": "LoraLoaderModelOnly", "index": 0, "inputs": [{"name": "model", "type": "MODEL", "link": null}], "outputs": [{"type": "MODEL"}], "widgets_values": ["stale.safetensors", 1]}, {"type": "CLIPTextEncode", "index": 1, "inputs": [{"name": "clip", "type": "CLIP", "link": null}], "outputs": [{"type": "CONDITIONING"}], "widgets_values": ["stale"]}], "links": []}}},
			"links": [[10, 1, 0, 20, 0, "MODEL"], [1, 20, 0, 5, 0, "MODEL"], [2, 1, 1, 20, 1, "CLIP"], [5, 20, 1, 5, 1, "CONDITIONING"], ` + links + `]}`, "a hill", "a"},
	} {
		f, err := readTexts(map[string]string{"workflow": c.text})
		want := Recipe{Version: Version, Prompt: c.prompt, Negative: "fog", Syntax: true, Steps: 18, Sampler: "Euler", Schedule: "Normal", Guidance: 6, Seed: 7, Width: 640, Height: 448, Model: "base", RNG: "torch"}
		if c.lora != "" {
			want.LoRAs = []LoRA{{c.lora, 0.5}}
		}
		if err != nil || !reflect.DeepEqual(f.Recipe, want) {
			t.Errorf("%s: %v\n got %+v\nwant %+v\nlost %q", c.name, err, f.Recipe, want, f.Lost)
		}
	}
	// Subgraphs that contain each other, and ones that double at every level.
	var subgraphs []string
	for i := range 30 {
		subgraphs = append(subgraphs, fmt.Sprintf(`{"id": "g%d", "nodes": [{"id": 1, "type": "g%d"}, {"id": 2, "type": "g%d"}], "links": []}`, i, (i+1)%30, (i+1)%30))
	}
	begin := time.Now()
	_, err := readTexts(map[string]string{"workflow": `{"nodes": [{"id": 1, "type": "g0"}], "links": [], "definitions": {"subgraphs": [` + strings.Join(subgraphs, ",") + `]}}`})
	if d := time.Since(begin); err == nil || d > 10*time.Second {
		t.Errorf("subgraphs without end: %v after %v", err, d)
	}
}

func FuzzWorkflow(f *testing.F) {
	f.Add(`{"nodes": [{"id": 1, "type": "KSampler", "mode": 4, "inputs": [{"name": "model", "link": 1}], "outputs": [{"type": "MODEL"}]}], "links": [[1, 1, 0, 1, 0, "MODEL"]], "definitions": {"subgraphs": [{"id": "a"}]}, "extra": {"groupNodes": {"b": {"nodes": [], "links": []}}}}`)
	f.Fuzz(func(t *testing.T, text string) { readTexts(map[string]string{"workflow": text}) })
}
