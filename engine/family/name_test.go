package family

import "testing"

// Variants of a family are told apart by model_index.json and the denoiser's config.json, in files of weights and in exports.
func TestName(t *testing.T) {
	for _, c := range []struct{ title, index, net, want string }{
		{"", `{"_class_name": "StableDiffusionPipeline"}`, `{"_class_name": "UNet2DConditionModel", "in_channels": 4, "cross_attention_dim": 768}`, "Stable Diffusion 1"},
		{"", `{"_class_name": "ORTStableDiffusionPipeline"}`, `{"_class_name": "UNet2DConditionModel", "in_channels": 4, "cross_attention_dim": 1024}`, "Stable Diffusion 2"},
		{"", `{"_class_name": "OnnxStableDiffusionPipeline"}`, ``, "Stable Diffusion"},
		{"sd-turbo", `{"_class_name": "StableDiffusionPipeline"}`, `{"_class_name": "UNet2DConditionModel", "use_linear_projection": true}`, "Stable Diffusion 2 Turbo"},
		{"", `{"_class_name": "StableDiffusionInpaintPipeline"}`, `{"_class_name": "UNet2DConditionModel", "in_channels": 9}`, "Stable Diffusion 1 Inpainting"},
		{"", `{"_class_name": "StableDiffusionDepth2ImgPipeline"}`, `{"_class_name": "UNet2DConditionModel", "in_channels": 5, "use_linear_projection": true}`, "Stable Diffusion 2 Depth"},
		{"", `{"_class_name": "StableDiffusionInstructPix2PixPipeline"}`, `{"_class_name": "UNet2DConditionModel", "in_channels": 8}`, "Stable Diffusion 1 InstructPix2Pix"},
		{"", `{"_class_name": "LatentConsistencyModelPipeline"}`, `{"_class_name": "UNet2DConditionModel", "in_channels": 4, "time_cond_proj_dim": 256}`, "Stable Diffusion 1 LCM"},
		{"", `{"_class_name": "StableDiffusionPipeline"}`, `{"_class_name": "UNet2DConditionModel", "in_channels": 4, "patch_size": 2}`, "latent diffusion"},
		{"", `{"_class_name": "StableDiffusionXLPipeline"}`, `{"_class_name": "UNet2DConditionModel", "in_channels": 4, "addition_embed_type": "text_time"}`, "Stable Diffusion XL"},
		{"sd_xl_turbo_1.0_fp16", `{"_class_name": "StableDiffusionXLPipeline"}`, `{"in_channels": 4}`, "Stable Diffusion XL Turbo"},
		{"", `{"_class_name": "StableDiffusionXLInpaintPipeline"}`, `{"in_channels": 9}`, "Stable Diffusion XL Inpainting"},
		{"", `{"_class_name": "StableDiffusionXLInpaintPipeline"}`, `{"in_channels": 4}`, "Stable Diffusion XL"},
		{"", `{"_class_name": "StableDiffusionXLImg2ImgPipeline", "requires_aesthetics_score": true}`, `{"cross_attention_dim": 24}`, "Stable Diffusion XL Refiner"},
		{"", `{"_class_name": "StableDiffusionXLImg2ImgPipeline"}`, `{"cross_attention_dim": [1280, 1280]}`, "Stable Diffusion XL"},
		{"", `{"_class_name": "StableDiffusionXLImg2ImgPipeline"}`, `{"projection_class_embeddings_input_dim": 2560}`, "Stable Diffusion XL Refiner"},
		{"", `{"_class_name": "StableDiffusion3Pipeline"}`, `{"num_layers": 24, "qk_norm": null}`, "Stable Diffusion 3 Medium"},
		{"", `{"_class_name": "StableDiffusion3Pipeline"}`, `{"num_layers": 24, "qk_norm": "rms_norm", "dual_attention_layers": [0, 1]}`, "Stable Diffusion 3.5 Medium"},
		{"sd3.5_large_turbo", `{"_class_name": "StableDiffusion3Pipeline"}`, `{"num_layers": 38, "qk_norm": "rms_norm"}`, "Stable Diffusion 3.5 Large Turbo"},
		{"", `{"_class_name": "FluxPipeline"}`, `{"guidance_embeds": true, "in_channels": 64}`, "FLUX.1 dev"},
		{"", `{"_class_name": "FluxPipeline"}`, `{"guidance_embeds": false, "in_channels": 64}`, "FLUX.1 schnell"},
		{"", `{"_class_name": "FluxFillPipeline"}`, `{"guidance_embeds": true, "in_channels": 384}`, "FLUX.1 Fill"},
		{"", ``, `{"_class_name": "FluxTransformer2DModel", "guidance_embeds": true, "in_channels": 384, "out_channels": 64}`, "FLUX.1 Fill"},
		{"", `{"_class_name": "FluxKontextPipeline"}`, `{"guidance_embeds": true}`, "FLUX.1 Kontext"},
		{"", `{"_class_name": "Flux2KleinPipeline"}`, `{"num_layers": 5, "num_single_layers": 20}`, "FLUX.2 klein 4B"},
		{"", `{"_class_name": "Flux2KleinPipeline", "is_distilled": false}`, `{"num_layers": 8, "num_single_layers": 24}`, "FLUX.2 klein base 9B"},
		{"Z-Image-Turbo", `{"_class_name": "ZImagePipeline"}`, ``, "Z-Image Turbo"},
		{"z_image", ``, `{"_class_name": "ZImageTransformer2DModel"}`, "Z-Image"},
		{"", `{"_class_name": "QwenImagePipeline"}`, `{"zero_cond_t": false}`, "Qwen-Image"},
		{"", `{"_class_name": "QwenImageEditPipeline"}`, ``, "Qwen-Image-Edit"},
		{"", `{"_class_name": "QwenImageEditPlusPipeline"}`, ``, "Qwen-Image-Edit 2509"},
		{"", `{"_class_name": "QwenImageEditPlusPipeline"}`, `{"zero_cond_t": true}`, "Qwen-Image-Edit 2511"},
		{"", `{"_class_name": "DDPMPipeline"}`, `{"_class_name": "UNet2DModel"}`, ""},
		{"", `{"_class_name": "StableDiffusionUpscalePipeline"}`, `{"_class_name": "UNet2DConditionModel", "in_channels": 7}`, ""},
		{"", `{"_class_name": "IFPipeline"}`, `{"_class_name": "UNet2DConditionModel", "in_channels": 3}`, ""},
		{"", `no JSON`, ``, ""},
	} {
		if got := Name(c.title, []byte(c.index), []byte(c.net), nil); got != c.want {
			t.Errorf("%s %s %s is %q, not %q", c.title, c.index, c.net, got, c.want)
		}
	}
}
