package recipe

import "strings"

// bundles are inputs that carry several others: pipes of Impact, Easy Use and Efficiency, contexts of rgthree.
var bundles = []string{"basic_pipe", "pipe", "ctx", "base_ctx", "context", "sdxl_tuple", "detailer_pipe", "base_basic_pipe", "optional_pipe", "pipeline", "tinypipe", "any_pipe"}

// passes lists for each output of a node, in order, the input that it passes on, possibly changed in a way that
// recipes cannot express; empty where the node creates the value. "any_*" is the first linked input with such a name,
// "input#select" the one whose name ends with the value of select. The slots are those of nodes.py and comfy_extras
// of ComfyUI and of the packs named.
var passes = expand(map[string]string{
	// ComfyUI
	"LoraLoader": "model,clip", "LoraLoaderModelOnly": "model", "CLIPSetLastLayer": "clip",
	"ControlNetApplyAdvanced ControlNetApplySD3 ACN_AdvancedControlNetApply ControlNetInpaintingAliMamaApply Apply_ControlNet_Stack": "positive,negative",
	"ControlNetApply": "conditioning", "InpaintModelConditioning InstructPixToPixConditioning": "positive,negative,pixels", "SD_4XUpscale_Conditioning": "positive,negative,",
	"FluxGuidance FluxDisableGuidance ConditioningSetTimestepRange ConditioningSetArea ConditioningSetAreaPercentage ConditioningSetAreaStrength ConditioningSetMask unCLIPConditioning GLIGENTextBoxApply StyleModelApply ReferenceLatent FluxKontextMultiReferenceLatentMethod": "conditioning",
	"ConditioningZeroOut": "", "PerturbedAttentionGuidance ModelSamplingFlux ModelSamplingSD3 ModelSamplingAuraFlow ModelSamplingDiscrete ModelSamplingContinuousEDM ModelSamplingContinuousV ModelSamplingStableCascade ModelSamplingLTXV RescaleCFG PerpNeg FreeU FreeU_V2 HyperTile ToMePatchModel TomePatchModel PatchModelAddDownscale SelfAttentionGuidance HypernetworkLoader DifferentialDiffusion TorchCompileModel SkipLayerGuidanceSD3 SkipLayerGuidanceDiT EasyCache CFGZeroStar CFGNorm EpsilonScaling RenormCFG Mahiro UNetSelfAttentionMultiply": "model",
	"VAEDecode VAEDecodeTiled": "samples", "VAEEncode VAEEncodeTiled VAEEncodeForInpaint": "pixels", "SetLatentNoiseMask LatentUpscale LatentUpscaleBy LatentFromBatch RepeatLatentBatch LatentRotate LatentFlip LatentCrop LatentMultiply": "samples",
	"LatentComposite": "samples_to", "LatentCompositeMasked": "destination", "LatentBlend LatentInterpolate LatentAdd LatentSubtract": "samples1",
	"ImageScale ImageScaleBy ImageScaleToTotalPixels ImageScaleToMaxDimension ImageUpscaleWithModel ImageInvert ImageSharpen ImageBlur ImageQuantize ImageCrop ImagePadForOutpaint ImageFromBatch RepeatImageBatch SaveImage ImageAddNoise FluxKontextImageScale": "image|images,",
	"ImageCompositeMasked": "destination", "ImageBlend": "image1", "ImageBatch": "image1",
	"SplitSigmas SplitSigmasDenoise": "sigmas,sigmas", "FlipSigmas": "sigmas", "PreviewAny": "source",
	"Primitive PrimitiveNode PrimitiveInt PrimitiveFloat PrimitiveString PrimitiveStringMultiline PrimitiveBoolean INTConstant FloatConstant StringConstant": "value|string",
	"ComfySwitchNode": "on_#switch",
	// Efficiency Nodes
	"Efficient_Loader":              "ckpt_name,positive,negative,,,ckpt_name",
	"KSampler_(Efficient)":          "model,positive,negative,,,",
	"KSampler_Adv._(Efficient)":     "model,positive,negative,,,",
	"KSampler_SDXL_(Eff.)":          "sdxl_tuple,,,",
	"Pack_SDXL_Tuple":               "",
	"Unpack_SDXL_Tuple":             "base_model|base_ckpt_name,base_clip|base_ckpt_name,base_positive|positive,base_negative|negative,refiner_model|refiner_ckpt_name,refiner_clip,refiner_positive,refiner_negative",
	"CR_Apply_LoRA_Stack":           "model,clip",
	"Power_Lora_Loader_(rgthree)":   "model,clip",
	"Lora_Loader_Stack_(rgthree)":   "model,clip",
	"LoraLoader|pysssss":            "model,clip",
	"Lora_Loader_(LoraManager)":     "model,clip",
	"easy_loraStackApply":           "model,clip",
	"CR_Load_LoRA":                  "model,clip",
	"CR_LoRA_Loader":                "model,clip",
	"Load_Lora LoraLoaderBlockInfo": "model,clip",
	// rgthree
	"Context_(rgthree)":                                               "base_ctx,model,clip,vae,positive,negative,latent,images,seed",
	"Context_Big_(rgthree)":                                           "base_ctx,model,clip,vae,positive,negative,latent,images,seed,steps,step_refiner,cfg,ckpt_name,sampler,scheduler,clip_width,clip_height,text_pos_g,text_pos_l,text_neg_g,text_neg_l,mask,control_net",
	"Context_Switch_(rgthree) Context_Merge_(rgthree)":                "ctx_*",
	"Any_Switch_(rgthree)":                                            "any_*",
	"KSampler_Config_(rgthree)":                                       "steps_total,refiner_step,cfg,sampler_name,scheduler",
	"Seed_(rgthree) easy_seed CR_Seed Seed_Generator easy_globalSeed": "seed|value,seed|value",
	"Power_Prompt_(rgthree)":                                          ",opt_model,opt_clip,prompt",
	"Power_Prompt_-_Simple_(rgthree)":                                 ",prompt",
	"SDXL_Power_Prompt_-_Positive_(rgthree)":                          ",opt_model,opt_clip,prompt_g",
	"SDXL_Power_Prompt_-_Simple_/_Negative_(rgthree)":                 ",prompt_g",
	"Display_Any_(rgthree) Display_Int_(rgthree)":                     "source|input",
	// Impact
	"ToBasicPipe ToDetailerPipe ToDetailerPipeSDXL EditBasicPipe EditDetailerPipe BasicPipeToDetailerPipe AnyPipeToBasic": "",
	"FromBasicPipe":                            "model,clip,vae,positive,negative",
	"FromBasicPipe_v2":                         "basic_pipe,model,clip,vae,positive,negative",
	"FromDetailerPipe":                         "model,clip,vae,positive,negative",
	"FromDetailerPipe_v2 FromDetailerPipeSDXL": "detailer_pipe,model,clip,vae,positive,negative",
	"DetailerPipeToBasicPipe":                  "detailer_pipe",
	"ImpactWildcardEncode":                     "model,clip,,populated_text",
	"ImpactWildcardProcessor":                  "populated_text",
	"ImpactSwitch LatentSwitch SEGSSwitch ImpactImageSwitch": "input#select",
	"ImpactInt ImpactFloat ImpactStringSelector":             "value|strings",
	"ImpactConditionalBranch":                                "tt_value",
	// Easy Use
	"easy_fullLoader": ",ckpt_name,,ckpt_name,positive,negative,",
	"easy_a1111Loader easy_comfyLoader easy_fluxLoader easy_sd3Loader easy_kolorsLoader easy_hunyuanDiTLoader": ",ckpt_name|unet_name,",
	"easy_fullkSampler": "pipe,,model,positive,negative,,vae,clip,seed",
	"easy_kSampler easy_kSamplerTiled easy_kSamplerInpainting easy_kSamplerCustom":                                        "pipe,,,",
	"easy_preSampling easy_preSamplingAdvanced easy_preSamplingCustom easy_preSamplingDynamicCFG easy_preSamplingNoiseIn": "",
	"easy_pipeOut":                                 "pipe,model,positive,negative,latent,vae,clip,image,seed",
	"easy_pipeIn easy_pipeEdit":                    "",
	"easy_anythingIndexSwitch":                     "value#index",
	"easy_int easy_float easy_string easy_boolean": "value",
	// Comfyroll, KJNodes
	"CR_Integer CR_Float CR_String CR_Text CR_Prompt_Text CR_Multi-Line_Prompt": "value|text|prompt",
	"CR_Text_Input_Switch":  "text#Input",
	"CR_Model_Input_Switch": "model#Input",
	"CR_Module_Pipe_Loader": "model_pipe",
	"CR_SDXL_Aspect_Ratio CR_Aspect_Ratio CR_SD1.5_Aspect_Ratio CR_Aspect_Ratio_Banners CR_Aspect_Ratio_Social_Media": "width,height",
	"GetNode SetNode":               "value|any",
	"Float Int Integer String Text": "value|text|string",
})

func expand(table map[string]string) map[string]string {
	out := map[string]string{}
	for classes, slots := range table {
		for _, class := range strings.Fields(classes) {
			out[strings.ReplaceAll(class, "_", " ")], out[class] = slots, slots
		}
	}
	out["Reroute"], out["Reroute (rgthree)"], out["ReroutePrimitive|pysssss"], out["DevToolsReroute"] = "*", "*", "value", "*"
	return out
}

// The inputs that are followed through an unknown node, by the kind of value.
var (
	usualModel   = []string{"model", "base_model", "model1", "unet", "MODEL", "opt_model", "patched_model"}
	usualClip    = []string{"clip", "clip1", "CLIP", "opt_clip"}
	usualPicture = []string{"samples", "latent_image", "latent", "latents", "LATENT", "images", "image", "pixels", "IMAGE", "base_image", "source_image", "image1", "image_a", "destination", "img", "target", "input", "anything", "any_input", "value"}
)

// quiet are nodes that are not listed as lost, by the beginning of their class: they are carried over, or do not
// matter to a recipe.
var quiet = []string{"KSampler", "SamplerCustom", "CLIPTextEncode", "Empty", "VAE", "CheckpointLoader", "UNETLoader", "UnetLoaderGGUF", "CLIPLoader", "DualCLIPLoader",
	"TripleCLIPLoader", "QuadrupleCLIPLoader", "SaveImage", "Save", "Image Save", "PreviewImage", "Preview", "LoraLoader", "LoadImage", "Primitive", "Note", "MarkdownNote", "RandomNoise", "DisableNoise", "BasicScheduler",
	"BasicGuider", "CFGGuider", "Reroute", "String", "Int", "Float", "CLIPSetLastLayer", "FluxGuidance", "FluxDisableGuidance", "Conditioning", "ControlNet", "Context", "Any Switch", "Seed", "Power Lora Loader", "Power Prompt",
	"Lora Loader Stack", "SDXL Power Prompt", "SDXL Empty Latent", "Display", "ToBasicPipe", "FromBasicPipe", "EditBasicPipe", "ImpactWildcard", "ImpactInt", "ImpactFloat", "ImpactSwitch", "Efficient Loader", "Eff. Loader",
	"LoRA Stacker", "CR LoRA Stack", "CR Apply LoRA", "CR Integer", "CR Text", "CR Prompt Text", "CR Seed", "CR Float", "Pack SDXL Tuple", "Unpack SDXL Tuple", "easy fullLoader", "easy a1111Loader", "easy comfyLoader", "easy fluxLoader",
	"easy sd3Loader", "easy preSampling", "easy pipe", "easy kSampler", "easy fullkSampler", "easy seed", "easy positive", "easy negative", "easy prompt", "easy int", "easy float", "easy string", "easy loraStack", "Text ", "Text",
	"PerpNeg", "RescaleCFG", "ModelSampling", "ShowText", "KarrasScheduler", "ExponentialScheduler", "BetaSamplingScheduler", "AlignYourSteps", "SDTurboScheduler", "SamplerEulerAncestral", "SamplerDPMPP", "SamplerLMS", "SplitSigmas", "SetNode", "GetNode",
	"CaseConverter", "INTConstant", "JoinString", "Constant Number", "GetImageSize", "Apply ControlNet Stack", "Control Net Stacker", "SetLatentNoiseMask", "InpaintModelConditioning", "Upscale Model Loader", "RepeatLatentBatch"}

// parametric are exceptions from quiet: nodes that do matter although their class begins like one of those.
var parametric = []string{"ConditioningSet", "ConditioningAverage", "Text Random", "Text Load", "Text Parse", "Text Shuffle", "Text Sort", "Text Dictionary", "SaveLatent"}

func isQuiet(class string) bool {
	has := func(prefixes []string) bool {
		for _, p := range prefixes {
			if strings.HasPrefix(class, p) {
				return true
			}
		}
		return false
	}
	return has(quiet) && !has(parametric)
}
