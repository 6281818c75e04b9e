package engine

import (
	"strings"
	"testing"
)

// Models that cannot be run are refused with what they call themselves and why. The graph's inputs decide, not the name.
func TestUnsupported(t *testing.T) {
	image, wide := Port{Name: "sample", Type: "float32", Shape: []int{-1, 4, -1, -1}}, Port{Name: "hidden_states", Type: "float32", Shape: []int{-1, 4, -1, -1}}
	time, text := Port{Name: "timestep", Type: "float32", Shape: []int{-1}}, Port{Name: "encoder_hidden_states", Type: "float32", Shape: []int{-1, -1, 8}}
	more := func(name string, shape ...int) Port {
		return Port{Name: name, Type: "float32", Shape: append([]int{-1}, shape...)}
	}
	for class, c := range map[string]struct {
		in     []Port
		reason string
	}{
		"PixArtAlphaPipeline":               {[]Port{wide, time, text, more("encoder_attention_mask", -1)}, "mask of the text's tokens"},
		"PixArtSigmaPipeline":               {[]Port{wide, time, text, more("resolution", 2)}, `"resolution"`},
		"SanaPipeline":                      {[]Port{wide, time, text, more("encoder_attention_mask", -1)}, "Sana"},
		"AuraFlowPipeline":                  {[]Port{wide, time, text}, "pooled_projections"},
		"LuminaText2ImgPipeline":            {[]Port{wide, time, text}, "pooled_projections"},
		"HunyuanDiTPipeline":                {[]Port{wide, time, text, more("text_embedding_mask", -1)}, `"text_embedding_mask"`},
		"KandinskyV22Pipeline":              {[]Port{image, time, more("image_embeds", 1280)}, `"image_embeds"`},
		"StableCascadeDecoderPipeline":      {[]Port{image, time, more("clip_text_pooled", 1, 1280)}, `"clip_text_pooled"`},
		"WuerstchenDecoderPipeline":         {[]Port{image, time, more("effnet", 16, -1, -1)}, `"effnet"`},
		"StableUnCLIPPipeline":              {[]Port{image, time, text, more("class_labels", 1536)}, "embeddings of pictures"},
		"AudioLDMPipeline":                  {[]Port{image, time, more("class_labels", 512)}, "sounds"},
		"AudioLDM2Pipeline":                 {[]Port{image, time, text, more("encoder_hidden_states_1", -1, 8)}, `"encoder_hidden_states_1"`},
		"DanceDiffusionPipeline":            {[]Port{{Name: "sample", Type: "float32", Shape: []int{-1, 2, -1}}, time}, "no single pictures"},
		"StableVideoDiffusionPipeline":      {[]Port{{Name: "sample", Type: "float32", Shape: []int{-1, -1, 8, -1, -1}}, time, text}, "no single pictures"},
		"TextToVideoSDPipeline":             {[]Port{{Name: "sample", Type: "float32", Shape: []int{-1, 4, -1, -1, -1}}, time, text}, "no single pictures"},
		"CogVideoXPipeline":                 {[]Port{{Name: "hidden_states", Type: "float32", Shape: []int{-1, -1, 16, -1, -1}}, time, text}, "no single pictures"},
		"StableDiffusionUpscalePipeline":    {[]Port{{Name: "sample", Type: "float32", Shape: []int{-1, 7, -1, -1}}, time, text}, "takes 7 channels"},
		"StableDiffusionPipeline":           {[]Port{wide, time, text}, "pooled_projections"}, // whatever it says it is
		"StableDiffusionGLIGENPipeline":     {[]Port{image, time, text, more("cross_attention_kwargs", 1)}, `"cross_attention_kwargs"`},
		"StableDiffusionLatentUpscale":      {[]Port{image, time, text, more("timestep_2")}, `"timestep_2"`},
		"StableDiffusionXLAdapterPipeline":  {[]Port{image, time, text, more("intrablock_0", 320, -1, -1)}, `"intrablock_0"`},
		"StableDiffusionImageVariationPipe": {[]Port{image, time, text, more("image_latents", 4, -1, -1)}, `"image_latents"`},
	} {
		decoder := &fakeGraph{in: []Port{{Name: "latent_sample", Type: "float32", Shape: []int{-1, 4, -1, -1}}}, out: []Port{{Name: "sample", Type: "float32", Shape: nil}}}
		_, err := New(Parts{Name: "folder", Index: []byte(`{"_class_name":"` + class + `"}`), Scheduler: []byte(fakeScheduler), Decoder: Part{Graph: decoder, Name: "vae_decoder"},
			Denoiser: Part{Name: "net", Graph: &fakeGraph{in: c.in, out: []Port{{Name: "out_sample", Type: "float32", Shape: []int{-1, 4, -1, -1}}}}}})
		if err == nil {
			t.Errorf("%s is taken", class)
			continue
		}
		if s := err.Error(); !strings.HasPrefix(s, "folder: it is a "+class+": net ") || !strings.Contains(s, c.reason) || !strings.HasSuffix(s, "is not supported") {
			t.Errorf("%s: %v", class, err)
		}
	}
}
