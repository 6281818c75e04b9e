package recipe

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/HugoSmits86/nativewebp"

	"nirvana/engine"
	"nirvana/engine/pixel/exif"
)

// The texts have the form that each program writes; its documentation or source is named with each.
var foreign = []struct {
	program string
	keyword string
	text    string
	want    Recipe
	lost    []string // beginnings
}{
	{"AUTOMATIC1111", "parameters", // modules/processing.py, create_infotext
		"a cat, (sharp:1.2)\nsecond line <lora:ink:0.8>\nNegative prompt: blurry\nSteps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 3456789012, Size: 512x768, " +
			"Model hash: 6ce0161689, Model: v1-5-pruned, Denoising strength: 0.4, Clip skip: 2, Hires upscale: 2, Lora hashes: \"ink: aabb, b: cc\", Version: v1.10.1",
		Recipe{Prompt: "a cat, (sharp:1.2)\nsecond line <lora:ink:0.8>", Negative: "blurry", Syntax: true, Steps: 20, Sampler: "DPM++ 2M", Schedule: "Karras", Guidance: 7,
			Seed: 3456789012, Width: 512, Height: 768, ModelHash: "6ce0161689", Model: "v1-5-pruned", Strength: 0.4, Shared: engine.Shared{ClipSkip: 1}, RNG: "philox", Software: "v1.10.1"},
		[]string{"Hires upscale: 2", "Lora hashes: ink: aabb, b: cc", "LoRA <lora:ink:0.8>"}},
	{"ComfyUI", "prompt", // nodes.py, SaveImage: the graph in API form
		`{"3": {"class_type": "KSampler", "inputs": {"seed": 156680208700286, "steps": 20, "cfg": 8.0, "sampler_name": "euler_ancestral", "scheduler": "karras", "denoise": 1.0,
			"model": ["10", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0]}},
		 "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sub\\v1-5-pruned.safetensors"}},
		 "10": {"class_type": "LoraLoader", "inputs": {"lora_name": "ink.safetensors", "strength_model": 0.7, "strength_clip": 1, "model": ["4", 0], "clip": ["4", 1]}},
		 "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 512, "height": 640, "batch_size": 1}},
		 "6": {"class_type": "CLIPTextEncode", "inputs": {"text": ["11", 0], "clip": ["4", 1]}},
		 "11": {"class_type": "PrimitiveNode", "inputs": {"value": "a glass bottle"}},
		 "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "watermark", "clip": ["4", 1]}},
		 "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
		 "12": {"class_type": "FreeU_V2", "inputs": {"b1": NaN}}}`,
		Recipe{Prompt: "a glass bottle", Negative: "watermark", Syntax: true, Steps: 20, Sampler: "Euler a", Schedule: "Karras", Guidance: 8, Seed: 156680208700286,
			Width: 512, Height: 640, Model: "v1-5-pruned", RNG: "torch", LoRAs: []LoRA{{"ink", 0.7}}},
		[]string{"LoRA ink", "node FreeU_V2"}},
	{"ComfyUI", "prompt", // custom sampler nodes, as for FLUX
		`{"13": {"class_type": "SamplerCustomAdvanced", "inputs": {"noise": ["25", 0], "guider": ["22", 0], "sampler": ["16", 0], "sigmas": ["17", 0], "latent_image": ["27", 0]}},
		 "25": {"class_type": "RandomNoise", "inputs": {"noise_seed": 42}}, "16": {"class_type": "KSamplerSelect", "inputs": {"sampler_name": "euler"}},
		 "17": {"class_type": "BasicScheduler", "inputs": {"scheduler": "simple", "steps": 4, "denoise": 1, "model": ["12", 0]}},
		 "22": {"class_type": "BasicGuider", "inputs": {"model": ["12", 0], "conditioning": ["6", 0]}},
		 "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "fox", "clip": ["11", 0]}}, "11": {"class_type": "DualCLIPLoader", "inputs": {}},
		 "12": {"class_type": "UNETLoader", "inputs": {"unet_name": "flux1-schnell.sft"}}, "27": {"class_type": "EmptySD3LatentImage", "inputs": {"width": 1024, "height": 1024}}}`,
		Recipe{Prompt: "fox", Syntax: true, Steps: 4, Sampler: "Euler", Schedule: "Simple", Seed: 42, Width: 1024, Height: 1024, Model: "flux1-schnell", RNG: "torch"}, nil},
	{"InvokeAI", "invokeai_metadata", // invokeai/app/invocations/metadata.py, CoreMetadataInvocation
		`{"generation_mode": "txt2img", "positive_prompt": "a tree", "negative_prompt": "", "width": 512, "height": 512, "seed": 2444, "rand_device": "cpu", "cfg_scale": 7.5, "steps": 30,
		  "scheduler": "dpmpp_2m_k", "clip_skip": 0, "model": {"model_name": "sd-1-5", "base_model": "sd-1", "hash": "sha256:ab12"}, "controlnets": [{"x": 1}], "loras": [], "app_version": "3.4"}`,
		Recipe{Prompt: "a tree", Steps: 30, Sampler: "DPM++ 2M", Schedule: "Karras", Guidance: 7.5, Seed: 2444, Width: 512, Height: 512, Model: "sd-1-5", ModelHash: "ab12", RNG: "torch"},
		[]string{"controlnets: "}},
	{"SwarmUI", "parameters", // docs/Image Metadata Format
		`{"sui_image_params": {"prompt": "a lake", "negativeprompt": "people", "model": "OfficialStableDiffusion/sd_xl_base_1.0.safetensors", "seed": 1712, "steps": 20, "cfgscale": 7.0,
		  "width": 1024, "height": 768, "sampler": "dpmpp_2m_sde_gpu", "scheduler": "karras", "refinermethod": "PostApply", "swarm_version": "0.9.4"}, "sui_extra_data": {"date": "x"}}`,
		Recipe{Prompt: "a lake", Negative: "people", Syntax: true, Steps: 20, Sampler: "DPM++ 2M SDE", Schedule: "Karras", Guidance: 7, Seed: 1712, Width: 1024, Height: 768,
			Model: "sd_xl_base_1.0", RNG: "torch"},
		[]string{"refinermethod: PostApply"}},
	{"Fooocus", "parameters", // modules/meta_parser.py, FooocusMetadataParser
		`{"adm_guidance": "(1.5, 0.8, 0.3)", "base_model": "juggernautXL_v8", "base_model_hash": "aeb7e9e6", "clip_skip": 2, "full_negative_prompt": ["ugly", "text"],
		  "full_prompt": ["a boat, cinematic", "masterpiece"], "guidance_scale": 4, "loras": [["offset.safetensors", 0.1, "x"]], "negative_prompt": "ugly", "prompt": "a boat", "resolution": "(1152, 896)",
		  "sampler": "dpmpp_2m_sde_gpu", "scheduler": "karras", "seed": "5034281", "sharpness": 2, "steps": 30, "styles": "['Fooocus V2']", "version": "Fooocus v2.5.0"}`,
		Recipe{Prompt: "a boat, cinematic\nmasterpiece", Negative: "ugly\ntext", Syntax: true, Steps: 30, Sampler: "DPM++ 2M SDE", Schedule: "Karras", Guidance: 4, Seed: 5034281,
			Width: 1152, Height: 896, Model: "juggernautXL_v8", ModelHash: "aeb7e9e6", Shared: engine.Shared{ClipSkip: 1}, RNG: "torch", LoRAs: []LoRA{{"offset", 0.1}}},
		[]string{"styles: ['Fooocus V2']", "LoRA offset", "adm_guidance: (1.5, 0.8, 0.3)", "sharpness: 2"}},
	{"AUTOMATIC1111", "parameters", // before 1.9: the schedule in the sampler's name; keys with - and /, JSON quotes
		"a \"quoted\" fox\nSteps: 30, Sampler: DPM++ 2M Karras, CFG scale: 6.5, Seed: 1, Size: 640x512, Model hash: abc, Model: \"a, b: \\\"c\\\" \u00e9\", RNG: CPU, ENSD: 31337, Hires-fix/pass: 2, TI hashes: \"bad: 1\"",
		Recipe{Prompt: "a \"quoted\" fox", Syntax: true, Steps: 30, Sampler: "DPM++ 2M", Schedule: "Karras", Guidance: 6.5, Seed: 1, Width: 640, Height: 512, ModelHash: "abc", Model: "a, b: \"c\" \u00e9", RNG: "torch"},
		[]string{"ENSD: 31337", "Hires-fix/pass: 2", "TI hashes: bad: 1"}},
	{"ComfyUI", "prompt", // SDXL: base and refiner, texts for both encoders, a second LoRA, CLIP skip
		`{"10": {"class_type": "KSamplerAdvanced", "inputs": {"add_noise": "enable", "noise_seed": 721897303308196, "steps": 25, "cfg": 8, "sampler_name": "euler", "scheduler": "normal", "start_at_step": 0,
			"end_at_step": 20, "return_with_leftover_noise": "enable", "model": ["31", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0]}},
		 "11": {"class_type": "KSamplerAdvanced", "inputs": {"add_noise": "disable", "noise_seed": 0, "steps": 25, "cfg": 8, "sampler_name": "euler", "scheduler": "normal", "start_at_step": 20, "end_at_step": 10000,
			"return_with_leftover_noise": "disable", "model": ["12", 0], "positive": ["15", 0], "negative": ["16", 0], "latent_image": ["10", 0]}},
		 "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sd_xl_base_1.0.safetensors"}}, "12": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sd_xl_refiner_1.0.safetensors"}},
		 "30": {"class_type": "LoraLoader", "inputs": {"lora_name": "a.safetensors", "strength_model": 1, "strength_clip": 1, "model": ["4", 0], "clip": ["4", 1]}},
		 "31": {"class_type": "LoraLoaderModelOnly", "inputs": {"lora_name": "b.safetensors", "strength_model": 0.5, "model": ["30", 0]}},
		 "40": {"class_type": "CLIPSetLastLayer", "inputs": {"stop_at_clip_layer": -2, "clip": ["30", 1]}},
		 "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 1024, "height": 1024, "batch_size": 1}},
		 "6": {"class_type": "CLIPTextEncodeSDXL", "inputs": {"width": 1024, "height": 1024, "text_g": "evening sunset", "text_l": "evening sunset", "clip": ["40", 0]}},
		 "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "text, watermark", "clip": ["40", 0]}},
		 "15": {"class_type": "CLIPTextEncode", "inputs": {"text": "evening sunset", "clip": ["12", 1]}}, "16": {"class_type": "CLIPTextEncode", "inputs": {"text": "", "clip": ["12", 1]}}}`,
		Recipe{Prompt: "evening sunset", Negative: "text, watermark", Syntax: true, Steps: 25, Sampler: "Euler", Schedule: "Normal", Guidance: 8, Seed: 721897303308196, Width: 1024, Height: 1024, Model: "sd_xl_base_1.0",
			Shared: engine.Shared{ClipSkip: 1}, RNG: "torch", Refiner: "sd_xl_refiner_1.0", RefinerAt: 0.8, LoRAs: []LoRA{{"b", 0.5}, {"a", 1}}},
		[]string{"LoRA b", "LoRA a"}},
	{"ComfyUI", "prompt", // FLUX dev: guidance in the conditioning
		`{"13": {"class_type": "SamplerCustomAdvanced", "inputs": {"noise": ["25", 0], "guider": ["22", 0], "sampler": ["16", 0], "sigmas": ["17", 0], "latent_image": ["27", 0]}},
		 "25": {"class_type": "RandomNoise", "inputs": {"noise_seed": 7}}, "16": {"class_type": "KSamplerSelect", "inputs": {"sampler_name": "euler"}},
		 "17": {"class_type": "BasicScheduler", "inputs": {"scheduler": "simple", "steps": 20, "denoise": 1, "model": ["30", 0]}}, "30": {"class_type": "ModelSamplingFlux", "inputs": {"max_shift": 1.15, "model": ["12", 0]}},
		 "22": {"class_type": "BasicGuider", "inputs": {"model": ["30", 0], "conditioning": ["26", 0]}}, "26": {"class_type": "FluxGuidance", "inputs": {"guidance": 3.5, "conditioning": ["6", 0]}},
		 "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a fox", "clip": ["11", 0]}}, "11": {"class_type": "DualCLIPLoader", "inputs": {}},
		 "12": {"class_type": "UNETLoader", "inputs": {"unet_name": "flux1-dev.safetensors"}}, "27": {"class_type": "EmptySD3LatentImage", "inputs": {"width": 1024, "height": 768}}}`,
		Recipe{Prompt: "a fox", Syntax: true, Steps: 20, Sampler: "Euler", Schedule: "Simple", Guidance: 3.5, Seed: 7, Width: 1024, Height: 768, Model: "flux1-dev", RNG: "torch"},
		[]string{"ModelSamplingFlux: max_shift 1.15"}},
	{"ComfyUI", "workflow", // the frontend's form only
		`{"last_node_id": 9, "nodes": [
		 {"id": 7, "type": "CLIPTextEncode", "mode": 0, "inputs": [{"name": "clip", "type": "CLIP", "link": 5}], "widgets_values": ["watermark"]},
		 {"id": 6, "type": "CLIPTextEncode", "mode": 0, "inputs": [{"name": "clip", "type": "CLIP", "link": 3}], "widgets_values": ["a glass bottle"]},
		 {"id": 5, "type": "EmptyLatentImage", "mode": 0, "inputs": [], "widgets_values": [512, 640, 1]},
		 {"id": 3, "type": "KSampler", "mode": 0, "inputs": [{"name": "model", "link": 1}, {"name": "positive", "link": 4}, {"name": "negative", "link": 6}, {"name": "latent_image", "link": 2}],
		  "widgets_values": [156680208700286, "randomize", 20, 8, "dpmpp_2m", "karras", 1]},
		 {"id": 4, "type": "CheckpointLoaderSimple", "mode": 0, "widgets_values": ["v1-5-pruned.ckpt"]},
		 {"id": 8, "type": "KSampler", "mode": 4, "inputs": [], "widgets_values": [1, "fixed", 2, 3, "euler", "normal", 1]}],
		 "links": [[1, 4, 0, 3, 0, "MODEL"], [2, 5, 0, 3, 3, "LATENT"], [3, 4, 1, 6, 0, "CLIP"], [4, 6, 0, 3, 1, "CONDITIONING"], [5, 4, 1, 7, 0, "CLIP"], [6, 7, 0, 3, 2, "CONDITIONING"]], "version": 0.4}`,
		Recipe{Prompt: "a glass bottle", Negative: "watermark", Syntax: true, Steps: 20, Sampler: "DPM++ 2M", Schedule: "Karras", Guidance: 8, Seed: 156680208700286, Width: 512, Height: 640, Model: "v1-5-pruned", RNG: "torch"}, nil},
	{"InvokeAI", "invokeai_metadata", // version 5
		`{"generation_mode": "sdxl_txt2img", "positive_prompt": "a tree", "negative_prompt": "ugly", "width": 1024, "height": 1024, "seed": 12, "rand_device": "cuda", "cfg_scale": 5.5, "steps": 30, "scheduler": "euler_a",
		  "model": {"key": "k", "hash": "blake3:00ff", "name": "Juggernaut XL", "base": "sdxl", "type": "main"}, "loras": [{"model": {"key": "x", "name": "Ink", "base": "sdxl"}, "weight": 0.75}],
		  "seamless_x": false, "ref_images": [], "app_version": "5.4.2"}`,
		Recipe{Prompt: "a tree", Negative: "ugly", Steps: 30, Sampler: "Euler a", Guidance: 5.5, Seed: 12, Width: 1024, Height: 1024, Model: "Juggernaut XL", RNG: "philox", LoRAs: []LoRA{{"Ink", 0.75}}},
		[]string{"LoRA Ink"}},
	{"InvokeAI", "sd-metadata", // version 2
		`{"model": "stable diffusion", "model_weights": "stable-diffusion-1.5", "model_hash": "cc6cb27103417325ff94f52b7a5d2dde45a7515b25c255d8e396c90014281516", "app_id": "invoke-ai/InvokeAI", "app_version": "2.2.5",
		  "image": {"prompt": [{"prompt": "a tree [ugly, blurry] in mist", "weight": 1.0}], "steps": 50, "cfg_scale": 7.5, "threshold": 0, "perlin": 0, "height": 512, "width": 768, "seed": 2374601, "seamless": false,
		  "hires_fix": false, "type": "txt2img", "postprocessing": null, "sampler": "k_euler_a", "variations": []}}`,
		Recipe{Prompt: "a tree in mist", Negative: "ugly, blurry", Steps: 50, Sampler: "Euler a", Guidance: 7.5, Seed: 2374601, Width: 768, Height: 512, Model: "stable-diffusion-1.5", RNG: "torch"}, nil},
	{"SwarmUI", "parameters", // the example in its documentation, and LoRAs; numbers as strings
		`{"sui_image_params": {"prompt": "a photo of a cat", "model": "OfficialStableDiffusion/sd_xl_base_1.0", "seed": "1", "steps": "20", "cfgscale": "7.0", "aspectratio": "1:1", "width": 1024, "height": 1024,
		  "automaticvae": true, "negativeprompt": "", "loras": ["sub/ink"], "loraweights": ["0.5"], "swarm_version": "0.9.3.1"}, "sui_extra_data": {"date": "2024-11-13", "generation_time": "6.11"}}`,
		Recipe{Prompt: "a photo of a cat", Syntax: true, Steps: 20, Guidance: 7, Seed: 1, Width: 1024, Height: 1024, Model: "sd_xl_base_1.0", RNG: "torch", LoRAs: []LoRA{{"ink", 0.5}}}, []string{"LoRA ink"}},
	{"Fooocus", "parameters", // its AUTOMATIC1111 scheme
		"a boat, cinematic\nNegative prompt: ugly\nSteps: 30, Sampler: DPM++ 2M SDE Karras, Seed: 5034281, Size: 1152x896, CFG scale: 4, Sharpness: 2, ADM Guidance: \"(1.5, 0.8, 0.3)\", Model: juggernautXL_v8, " +
			"Model hash: aeb7e9e6, Performance: Speed, Scheduler: karras, VAE: Default, Raw prompt: a boat, Raw negative prompt: , Version: Fooocus v2.5.5",
		Recipe{Prompt: "a boat, cinematic", Negative: "ugly", Syntax: true, Steps: 30, Sampler: "DPM++ 2M SDE", Schedule: "Karras", Guidance: 4, Seed: 5034281, Width: 1152, Height: 896, Model: "juggernautXL_v8", ModelHash: "aeb7e9e6",
			RNG: "torch", Software: "Fooocus v2.5.5"},
		[]string{"Sharpness: 2", "ADM Guidance: (1.5", "Performance: Speed"}},
}

func plainPNG(t testing.TB) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 5, 3))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withText is a PNG with a text chunk before its end.
func withText(t testing.TB, keyword, text string) []byte {
	file := plainPNG(t)
	var b bytes.Buffer
	b.Write(file[:len(file)-12])
	chunk{"iTXt", append([]byte(keyword+"\x00\x00\x00\x00\x00"), text...)}.write(&b)
	b.Write(file[len(file)-12:])
	return b.Bytes()
}

func TestForeign(t *testing.T) {
	for _, c := range foreign {
		f, err := Read(withText(t, c.keyword, c.text))
		if err != nil {
			t.Errorf("%s: %v", c.program, err)
			continue
		}
		c.want.Version = Version
		if f.Program != c.program || !reflect.DeepEqual(f.Recipe, c.want) {
			t.Errorf("%s as %s\n got %+v\nwant %+v", c.program, f.Program, f.Recipe, c.want)
		}
		if len(f.Lost) != len(c.lost) {
			t.Errorf("%s lost %q, want %q", c.program, f.Lost, c.lost)
			continue
		}
		for i, l := range c.lost {
			if !strings.HasPrefix(f.Lost[i], l) {
				t.Errorf("%s lost %q, want %q", c.program, f.Lost[i], l)
			}
		}
	}
}

// full has every field set, so that a forgotten field is noticed.
var full = Recipe{Version: Version, Mode: "inpaint", Prompt: "日本, \"quotes\": and\nlines", Negative: "ä", Syntax: true, Model: "nirvana", ModelHash: strings.Repeat("ab", 32), Sampler: "DDIM",
	Schedule: "Karras", Steps: 3, Guidance: 7.5, Seed: 1 << 63, RNG: "torch", Width: 5, Height: 3, Strength: 0.5, Software: "Nirvana 0.1", Runtime: "ONNX Runtime 1.30.0, CPU",
	Hashes: []string{"00", "11", "22"}, LoRAs: []LoRA{{"ink.safetensors", 0.7}, {"b", -1}}, Embeddings: []string{"a/gloomy.safetensors"}, ImageGuidance: 1.25, TrueGuidance: 3.5, Aesthetic: 7,
	OriginalSize: []int{700, 1000}, CropTopLeft: []int{0, 64}, Refiner: "refiner", RefinerAt: 0.75, Controls: []Control{{Net: "canny", Weight: 0.8, From: 0.1, Until: 0.6}, {Weight: 1}}}

// The recipe in each kind of file is read back, and the picture is unchanged.
func TestRoundTrip(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 5, 3))
	for i := range img.Pix {
		img.Pix[i] = uint8(i*37) | 1
	}
	var j, w bytes.Buffer
	if err := errors.Join(jpeg.Encode(&j, img, nil), nativewebp.Encode(&w, img, nil)); err != nil {
		t.Fatal(err)
	}
	inPNG, err1 := Embed(plainPNG(t), full)
	inJPEG, err2 := EmbedJPEG(j.Bytes(), full)
	inWebP, err3 := EmbedWebP(w.Bytes(), full, 5, 3, true)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	for kind, file := range map[string][]byte{"PNG": inPNG, "JPEG": inJPEG, "WebP": inWebP} {
		if f, err := Read(file); err != nil || !reflect.DeepEqual(f.Recipe, full) || f.Program != "Nirvana" {
			t.Errorf("%s: %v\n%+v", kind, err, f)
		}
		// AUTOMATIC1111's text is there too.
		texts, err := fileTexts(file)
		if err != nil || texts[a1111] != full.Parameters() {
			t.Errorf("%s: %v, parameters %q", kind, err, texts[a1111])
		}
	}
	if _, err := jpeg.Decode(bytes.NewReader(inJPEG)); err != nil {
		t.Error(err)
	}
	again, err := Embed(inPNG, full)
	if err != nil || !bytes.Equal(again, inPNG) {
		t.Error("embedding twice differs from once", err)
	}
	long := full
	for range 2000 {
		long.Hashes = append(long.Hashes, strings.Repeat("0f", 32))
	}
	file, err := EmbedJPEG(j.Bytes(), long)
	if err != nil {
		t.Fatal(err)
	}
	if f, err := Read(file); err != nil || f.Recipe.Prompt != full.Prompt || f.Recipe.Hashes != nil {
		t.Error("a long recipe in a JPEG", err)
	}
}

// Programs that distribute a recipe over several texts.
func TestForeignTexts(t *testing.T) {
	for _, c := range []struct {
		program string
		texts   map[string]string
		want    Recipe
		lost    []string
	}{
		{"NovelAI", map[string]string{"Title": "NovelAI generated image", "Software": "NovelAI", "Source": "NovelAI Diffusion V4 4F49EC75", "Description": "{fox}, mist",
			"Comment": `{"steps": 28, "height": 1216, "width": 832, "scale": 5.0, "uncond_scale": 0.0, "cfg_rescale": 0.2, "seed": 3011, "n_samples": 1, "noise_schedule": "karras", "sampler": "k_euler_ancestral", "sm": true, "uc": "bad"}`},
			Recipe{Prompt: "(fox:1.05), mist", Negative: "bad", Syntax: true, Steps: 28, Guidance: 5, Rescale: 0.2, Seed: 3011, Width: 832, Height: 1216, Sampler: "Euler a", Schedule: "Karras", Model: "NovelAI Diffusion V4 4F49EC75", RNG: "torch"},
			[]string{"sm: true"}},
		{"Easy Diffusion", map[string]string{"prompt": "a fox", "negative_prompt": "bad", "seed": "5", "use_stable_diffusion_model": "models/sd-v1-5.safetensors", "clip_skip": "False", "use_vae_model": "vae-ft-mse",
			"sampler_name": "euler_a", "width": "512", "height": "640", "num_inference_steps": "25", "guidance_scale": "7.5", "use_lora_model": "None"},
			Recipe{Prompt: "a fox", Negative: "bad", Syntax: true, Seed: 5, Model: "sd-v1-5", Sampler: "Euler a", Width: 512, Height: 640, Steps: 25, Guidance: 7.5, RNG: "torch"}, []string{"use_vae_model: vae-ft-mse"}},
	} {
		f, err := readTexts(c.texts)
		c.want.Version = Version
		if err != nil || f.Program != c.program || !reflect.DeepEqual(f.Recipe, c.want) || len(f.Lost) != len(c.lost) {
			t.Errorf("%s as %s, %v\n got %+v\nwant %+v\nlost %q", c.program, f.Program, err, f.Recipe, c.want, f.Lost)
			continue
		}
		for i, l := range c.lost {
			if !strings.HasPrefix(f.Lost[i], l) {
				t.Errorf("%s lost %q, want %q", c.program, f.Lost, c.lost)
			}
		}
	}
}

// tiff is an EXIF block whose first directory and, if given, EXIF directory have one entry each.
func tiffOf(order binary.AppendByteOrder, head string, tag uint16, value []byte, inner bool) []byte {
	out := order.AppendUint32([]byte(head), 8)
	entry := func(tag, kind uint16, count, at int) {
		out = order.AppendUint16(order.AppendUint16(order.AppendUint16(out, 1), tag), kind)
		out = order.AppendUint32(order.AppendUint32(order.AppendUint32(out, uint32(count)), uint32(at)), 0)
	}
	if inner {
		entry(exif.TagExif, 4, 1, 26)
	}
	entry(tag, 7, len(value), len(out)+18)
	return append(out, value...)
}

// EXIF of other programs: piexif (AUTOMATIC1111) in big and little endian, Pillow (Fooocus) as plain text in the
// first directory, ImageSharp (SwarmUI) in the file's byte order, ComfyUI's WebP.
func TestForeignExif(t *testing.T) {
	text := foreign[0].text
	wide := func(order binary.AppendByteOrder, s string) []byte {
		out := []byte("UNICODE\x00")
		for _, u := range utf16.Encode([]rune(s)) {
			out = order.AppendUint16(out, u)
		}
		return out
	}
	for _, c := range []struct {
		name    string
		tiff    []byte
		program string
		prompt  string
	}{
		{"piexif", tiffOf(binary.BigEndian, "MM\x00\x2a", exif.TagComment, wide(binary.BigEndian, text), true), "AUTOMATIC1111", foreign[0].want.Prompt},
		{"piexif in a little-endian file", tiffOf(binary.LittleEndian, "II\x2a\x00", exif.TagComment, wide(binary.BigEndian, text), true), "AUTOMATIC1111", foreign[0].want.Prompt},
		{"ImageSharp", tiffOf(binary.LittleEndian, "II\x2a\x00", exif.TagComment, wide(binary.LittleEndian, `{"sui_image_params": {"prompt": "a lake", "steps": 3}}`), true), "SwarmUI", "a lake"},
		{"Pillow", tiffOf(binary.LittleEndian, "II\x2a\x00", exif.TagComment, []byte(`{"prompt": "a boat", "steps": 30}`), false), "Fooocus", "a boat"},
		{"ASCII", tiffOf(binary.LittleEndian, "II\x2a\x00", exif.TagComment, []byte("ASCII\x00\x00\x00"+text), true), "AUTOMATIC1111", foreign[0].want.Prompt},
		{"ComfyUI", tiffOf(binary.LittleEndian, "II\x2a\x00", exif.TagModel, []byte("prompt:"+foreign[1].text+"\x00"), false), "ComfyUI", "a glass bottle"},
	} {
		jpeg := append([]byte("\xff\xd8\xff\xe1"), binary.BigEndian.AppendUint16(nil, uint16(len(c.tiff)+8))...)
		jpeg = append(append(append(jpeg, "Exif\x00\x00"...), c.tiff...), "\xff\xda"...)
		webp := append([]byte("RIFF\x00\x00\x00\x00WEBPEXIF"), binary.LittleEndian.AppendUint32(nil, uint32(len(c.tiff)))...)
		webp = append(webp, c.tiff...)
		for kind, file := range map[string][]byte{"JPEG": jpeg, "WebP": webp} {
			if f, err := Read(file); err != nil || f.Program != c.program || f.Recipe.Prompt != c.prompt {
				t.Errorf("%s in %s: %v, %s, %q", c.name, kind, err, f.Program, f.Recipe.Prompt)
			}
		}
	}
}

func TestNone(t *testing.T) {
	if _, err := Read(plainPNG(t)); !errors.Is(err, ErrNone) {
		t.Error(err)
	}
	if _, err := Read([]byte("BM")); err == nil || errors.Is(err, ErrNone) {
		t.Error(err)
	}
	file := withText(t, "parameters", "x")
	file[len(file)-20] ^= 1
	if _, err := Read(file); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Error("a damaged PNG was read:", err)
	}
}

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		a, b []string
		step int
		ok   bool
	}{{[]string{"1", "2"}, []string{"1", "2"}, -1, true}, {[]string{"1", "2"}, []string{"1", "3"}, 1, true}, {[]string{"1"}, []string{"1", "3"}, 1, true}, {nil, []string{"1"}, 0, false}} {
		if step, ok := Compare(c.a, c.b); step != c.step || ok != c.ok {
			t.Errorf("%v: %d, %v", c, step, ok)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, c := range foreign {
		f.Add(withText(f, c.keyword, c.text))
	}
	if e, err := exifBlock(full); err == nil {
		f.Add(append([]byte("RIFF\x00\x00\x00\x00WEBPEXIF\xff\x01\x00\x00"), e...))
	}
	f.Fuzz(func(t *testing.T, file []byte) { held(t, file) })
}

// FuzzForeign fuzzes each program's text in a PNG with valid checksums.
func FuzzForeign(f *testing.F) {
	for _, c := range foreign {
		f.Add(c.keyword, c.text)
	}
	f.Fuzz(func(t *testing.T, keyword, text string) {
		if f, err := readTexts(map[string]string{keyword: text}); err == nil && len(f.Lost) > 40 {
			t.Error("an endless list of what was lost")
		}
		held(t, withText(t, strings.ReplaceAll(keyword, "\x00", ""), text))
	})
}

func FuzzExif(f *testing.F) {
	if e, err := exifBlock(full); err == nil {
		f.Add(e)
	}
	f.Fuzz(func(t *testing.T, tiff []byte) { exifTexts(tiff) })
}

// held: what is read can be written, and reads the same again.
func held(t *testing.T, file []byte) {
	f, err := Read(file)
	if err != nil {
		return
	}
	if f.Recipe.Steps < 0 || f.Recipe.Width < 0 {
		t.Errorf("%+v", f.Recipe)
	}
	out, err := Embed(plainPNG(t), f.Recipe)
	if err != nil {
		t.Skip() // NaN cannot be written
	}
	if again, err := Read(out); err != nil || again.Recipe.Steps != f.Recipe.Steps || again.Recipe.Seed != f.Recipe.Seed {
		t.Errorf("%v: %+v became %+v", err, f.Recipe, again.Recipe)
	}
}
