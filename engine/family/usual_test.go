package family

import "testing"

// The files of models whose pipelines have published values tell these before the network is open; other files tell nothing, and
// what a folder says of itself comes first.
func TestReadUsual(t *testing.T) {
	for _, c := range []struct {
		title, index, net, scheduler string
		want                         Usual
	}{
		{"", ``, `{"_class_name": "UNet2DConditionModel"}`, ``, Usual{25, 7.5, 0}},
		{"", ``, `{"_class_name": "UNet2DConditionModel", "time_cond_proj_dim": 256}`, `{"_class_name": "LCMScheduler"}`, Usual{4, 8, 0}},
		{"", ``, `{"_class_name": "UNet2DConditionModel"}`, `{"_class_name": "TCDScheduler"}`, Usual{4, 1, 0}},
		{"", ``, `{"_class_name": "UNet2DConditionModel"}`, `{"_class_name": "EulerDiscreteScheduler", "prediction_type": "epsilon", "timestep_spacing": "trailing"}`, Usual{4, 1, 0}},
		{"", ``, `{"_class_name": "FluxTransformer2DModel", "guidance_embeds": false}`, ``, Usual{4, 3.5, 0}},
		{"", `{"_class_name": "FluxFillPipeline"}`, `{"_class_name": "FluxTransformer2DModel", "guidance_embeds": true}`, ``, Usual{25, 30, 0}},
		{"", `{"_class_name": "FluxKontextPipeline"}`, `{"_class_name": "FluxTransformer2DModel", "guidance_embeds": true}`, ``, Usual{25, 2.5, 0}},
		{"", ``, `{"_class_name": "FluxTransformer2DModel"}`, ``, Usual{}},
		{"", `{"is_distilled": false}`, `{"_class_name": "Flux2Transformer2DModel"}`, ``, Usual{50, 4, 0}},
		{"", `{"is_distilled": true}`, `{"_class_name": "Flux2Transformer2DModel"}`, ``, Usual{4, 1, 0}},
		{"", ``, `{"_class_name": "ZImageTransformer2DModel"}`, ``, Usual{50, 4, 0}},
		{"", ``, `{"_class_name": "ZImageTransformer2DModel"}`, `{"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 3.0}`, Usual{9, 1, 0}},
		{"Z-Image-Turbo", ``, `{"_class_name": "ZImageTransformer2DModel"}`, `no JSON`, Usual{9, 1, 0}},
		{"", ``, `{"_class_name": "QwenImageTransformer2DModel"}`, ``, Usual{50, 4, 0}},
		{"", `{"_usual": {"num_inference_steps": 12, "best_of": 4}}`, `{"_class_name": "SD3Transformer2DModel"}`, ``, Usual{12, 7.5, 4}},
		{"", ``, `{"_class_name": "UNet2DModel"}`, ``, Usual{}},
		{"", `no JSON`, `{"_class_name": "UNet2DConditionModel"}`, ``, Usual{}},
	} {
		if got := ReadUsual(c.title, []byte(c.index), []byte(c.net), []byte(c.scheduler)); got != c.want {
			t.Errorf("%s %s %s %s: %+v, want %+v", c.title, c.index, c.net, c.scheduler, got, c.want)
		}
	}
}

// A size that the configs say is the one that the network is opened with: the denoiser's, or where it is packed or has none the
// autoencoder's.
func TestReadSize(t *testing.T) {
	for _, c := range []struct {
		net, decoder string
		want         int
	}{{`{"sample_size": 16}`, `{"block_out_channels": [8, 8], "sample_size": 512}`, 32}, {`{}`, `{"block_out_channels": [8, 8], "sample_size": 64}`, 64},
		{`{"_class_name": "FluxTransformer2DModel", "sample_size": 16}`, `{"sample_size": 1024}`, 1024}, {`{"sample_size": 16}`, `{`, 0}, {`{}`, `{}`, 0}} {
		if w, h := ReadSize([]byte(c.net), []byte(c.decoder)); w != c.want || h != c.want {
			t.Errorf("%s, %s: %d x %d", c.net, c.decoder, w, h)
		}
	}
	if w, _ := ReadSize([]byte(`{"sample_size": [16, 24]}`), nil); w != 24 {
		t.Errorf("%d px in pixel space", w)
	}
}
