package recipe

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"reflect"
	"strings"
	"testing"

	"github.com/HugoSmits86/nativewebp"
)

// The texts have the shape of what each program writes; see its documentation or source, named beside it.
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
			Seed: 3456789012, Width: 512, Height: 768, ModelHash: "6ce0161689", Model: "v1-5-pruned", Strength: 0.4, ClipSkip: 1, RNG: "philox", Software: "v1.10.1"},
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
	{"ComfyUI", "prompt", // the custom sampler's nodes, as for FLUX
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
			Width: 1152, Height: 896, Model: "juggernautXL_v8", ModelHash: "aeb7e9e6", ClipSkip: 1, RNG: "torch"},
		[]string{"styles: ['Fooocus V2']", "LoRA offset.safetensors", "adm_guidance: (1.5, 0.8, 0.3)", "sharpness: 2"}},
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

// full has every field set, so that a field that is forgotten shows.
var full = Recipe{Version: Version, Mode: "inpaint", Prompt: "日本, \"quotes\": and\nlines", Negative: "ä", Syntax: true, Model: "nirvana", ModelHash: strings.Repeat("ab", 32), Sampler: "DDIM",
	Schedule: "Karras", Steps: 3, Guidance: 7.5, Seed: 1 << 63, RNG: "torch", Width: 5, Height: 3, Strength: 0.5, Software: "Nirvana 0.1", Runtime: "ONNX Runtime 1.30.0, CPU",
	Hashes: []string{"00", "11", "22"}, LoRAs: []LoRA{{"ink.safetensors", 0.7}, {"b", -1}}, Embeddings: []string{"a/gloomy.safetensors"}, ImageGuidance: 1.25, TrueGuidance: 3.5, Aesthetic: 7,
	OriginalSize: []int{700, 1000}, CropTopLeft: []int{0, 64}, Refiner: "refiner", RefinerAt: 0.75, Controls: []Control{{Net: "canny", Weight: 0.8, From: 0.1, Until: 0.6}, {Weight: 1}}}

// What goes into each kind of file comes out again, and the picture is as it was.
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
		// AUTOMATIC1111's place holds the text as well.
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

func TestNone(t *testing.T) {
	if _, err := Read(plainPNG(t)); !errors.Is(err, ErrNone) {
		t.Error(err)
	}
	if _, err := Read([]byte("GIF89a")); err == nil || errors.Is(err, ErrNone) {
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

// FuzzForeign fuzzes each program's text behind the PNG's checksums.
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

// held: what is read can be written and is then read the same.
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
