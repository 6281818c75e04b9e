"""Further checkpoints with whole runs: single files of the refiner, inpainting, edits, depth, Stable Diffusion 2 that predicts
the noise and FLUX schnell, and diffusers' folders whose networks are shards, fp16 variants, or ONNX in part. See README.md.

    python forms.py FOLDERS WORK OUT [all]
        FOLDERS: the unpacked models.zip; WORK/torch: modules of them; OUT/models, OUT/forms.json; WORK/torch gets what record.py runs
        all: every layout of every family, not the few that testdata holds
"""
import copy, json, os, shutil, sys
import torch, diffusers, transformers
from checkpoints import checkpoint, module, save

PARTS = ("unet", "transformer", "vae", "text_encoder", "text_encoder_2", "text_encoder_3")
LDM = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", num_train_timesteps=1000, clip_sample=False, set_alpha_to_one=False, steps_offset=1, prediction_type="epsilon")
# The schedulers of the published models, which a single file's family has to imply.
PUBLISHED = {
    "inpaint9": dict(LDM, _class_name="PNDMScheduler", skip_prk_steps=True),
    "ip2p": dict(LDM, _class_name="EulerAncestralDiscreteScheduler"),
    "sd2-base": dict(LDM, _class_name="DDIMScheduler"),
    "sd2-depth": dict(LDM, _class_name="DDIMScheduler"),
    "sdxl-refiner": dict(LDM, _class_name="EulerDiscreteScheduler", timestep_spacing="leading", interpolation_type="linear", use_karras_sigmas=False),
    "flux-schnell": dict(_class_name="FlowMatchEulerDiscreteScheduler", num_train_timesteps=1000, base_image_seq_len=256, base_shift=0.5, max_image_seq_len=4096, max_shift=1.15, shift=1.0, use_dynamic_shifting=False),
}
PUBLISHED["sdxl-inpaint"] = PUBLISHED["sdxl-edit"] = PUBLISHED["sdxl-refiner"]
SOURCE = {"sd2-base": "sd2v", "sd2-depth": "depth", "sdxl-inpaint": "sdxl", "sdxl-edit": "sdxl"}
CLASS = {"sdxl-inpaint": "StableDiffusionXLInpaintPipeline", "sdxl-edit": "StableDiffusionXLInstructPix2PixPipeline"}
INPUTS = {"sdxl-inpaint": 9, "sdxl-edit": 8}
YAML = {"sd2-base": "epsilon", "sd2-depth": "epsilon"}  # what the original code's file beside them says
INPUT = dict(image="../inputs/scene.png", width=64, height=64)


def coarse(m, bits=1):
    """Weights of one or two significant bits: they compress well, and every precision holds them."""
    with torch.no_grad():
        for p in m.parameters():
            unit = torch.exp2(torch.floor(torch.log2(p.abs().clamp_min(2.0**-12))) - (bits - 1))
            p.copy_((p / unit).round() * unit)
    return m.eval()


def load(folder, part):
    with open(os.path.join(folder, part, "config.json")) as f:
        c = json.load(f)
    cls = c.get("_class_name") or c["architectures"][0]
    return (getattr(diffusers, cls, None) or getattr(transformers, cls)).from_pretrained(os.path.join(folder, part))


def parts_of(folder):
    return {p: coarse(load(folder, p)) for p in PARTS if os.path.exists(os.path.join(folder, p, "config.json"))}


def widened(unet, inputs):
    """The U-Net with further input channels, whose weights are drawn."""
    torch.manual_seed(inputs)
    wide = diffusers.UNet2DConditionModel.from_config({**unet.config, "in_channels": inputs})
    state = unet.state_dict()
    more = torch.randn(state["conv_in.weight"].shape[0], inputs - 4, 3, 3) * 0.1
    state["conv_in.weight"] = torch.cat([state["conv_in.weight"], more], 1)
    wide.load_state_dict(state)
    return coarse(wide)


def settled(folders, source, to, parts, index, scheduler=None):
    """What weights do not say, in a folder: configs, tokenizers, the index and, where it is given, the scheduler."""
    shutil.rmtree(to, ignore_errors=True)
    os.makedirs(to)
    with open(os.path.join(to, "model_index.json"), "w") as f:
        json.dump(index, f)
    for kept in os.listdir(os.path.join(folders, source)):
        if kept.startswith("tokenizer"):
            shutil.copytree(os.path.join(folders, source, kept), os.path.join(to, kept), ignore=shutil.ignore_patterns("spiece.model"))
            small_tokenizer(os.path.join(to, kept, "tokenizer.json"))
    if scheduler:
        os.makedirs(os.path.join(to, "scheduler"))
        with open(os.path.join(to, "scheduler", "scheduler_config.json"), "w") as f:
            json.dump(scheduler, f)
    for part, m in parts.items():
        for name in ("vae_encoder", "vae_decoder") if part == "vae" else (part,):
            m.config.save_pretrained(os.path.join(to, name)) if hasattr(m.config, "save_pretrained") else m.save_config(os.path.join(to, name))


def small_tokenizer(file):
    """T5's without its table of replaced characters, 300 kB of which no prompt here needs any."""
    if os.path.exists(file):
        with open(file) as f:
            t = json.load(f)
        if t["model"]["type"] == "Unigram":
            t["normalizer"] = None
            with open(file, "w") as f:
                json.dump(t, f, ensure_ascii=False, separators=(",", ":"))


def modules(work, name, parts, settings, scheduler, index):
    """The folder that record.py runs."""
    to = os.path.join(work, "torch", name)
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(settings, to, ignore=shutil.ignore_patterns("vae_*"))
    for part, m in parts.items():
        m.save_pretrained(os.path.join(to, part))
    os.makedirs(os.path.join(to, "scheduler"), exist_ok=True)
    with open(os.path.join(to, "scheduler", "scheduler_config.json"), "w") as f:
        json.dump(scheduler, f)
    with open(os.path.join(to, "model_index.json"), "w") as f:
        json.dump(index, f)


def read(*path):
    with open(os.path.join(*path)) as f:
        return json.load(f)


def single(folders, work, out, name):
    """A model in one file, in the original code's names."""
    source = SOURCE.get(name, name)
    parts = parts_of(os.path.join(work, "torch", source))
    if name in INPUTS:
        parts["unet"] = widened(parts["unet"], INPUTS[name])
    configs = {p: dict(m.config) if hasattr(m.config, "items") else m.config.to_dict() for p, m in parts.items()}
    index = read(folders, source, "model_index.json")
    index["scheduler"] = ["diffusers", PUBLISHED[name]["_class_name"]]
    index["_class_name"] = CLASS.get(name, index["_class_name"])
    save(checkpoint(name, parts, configs), os.path.join(out, "models", name + ".safetensors"))
    settled(folders, source, os.path.join(out, "models", name), parts, index)
    if name in YAML:
        with open(os.path.join(out, "models", name + ".yaml"), "w") as f:
            f.write("model:\n  target: ldm.models.diffusion.ddpm.LatentDiffusion\n")
    modules(work, name, parts, os.path.join(out, "models", name), PUBLISHED[name], index)


LAYOUTS = ("plain", "sharded", "fp16", "fp16-sharded", "mixed")
FEW = {"sd1": ["plain", "mixed"], "sd2v": ["fp16"], "sdxl": ["sharded"], "sd3": ["fp16-sharded"], "flux": ["plain", "mixed"]}
ONNX = {"sd1": ["text_encoder"], "sd2v": ["vae_encoder", "vae_decoder"], "sdxl": ["text_encoder", "text_encoder_2"], "sd3": ["vae_encoder", "vae_decoder"], "flux": ["vae_encoder", "vae_decoder"]}


def layout(folders, work, out, source, kind):
    """A diffusers folder: plain, in shards with their index, as fp16's variant, or with ONNX in place of some networks."""
    name = f"{source}-{kind}"
    parts = parts_of(os.path.join(work, "torch", source))
    index, scheduler = read(folders, source, "model_index.json"), read(folders, source, "scheduler", "scheduler_config.json")
    to = os.path.join(out, "models", name)
    settled(folders, source, to, {}, index, scheduler)
    written = dict(parts)
    if kind == "mixed":
        for part in ONNX[source]:
            shutil.copytree(os.path.join(folders, source, part), os.path.join(to, part))
            as_torch = "vae" if part.startswith("vae") else part
            parts[as_torch] = module(os.path.join(folders, source), part.replace("vae_encoder", "vae_decoder"))[0]
            written.pop(as_torch, None)
    more = {"variant": "fp16"} if "fp16" in kind else {}
    if "sharded" in kind:
        more["max_shard_size"] = "40KB"
    for part, m in written.items():
        half = copy.deepcopy(m).to(torch.float16 if "fp16" in kind else torch.bfloat16)
        if hasattr(half, "pos_embed") and hasattr(half.pos_embed, "pos_embed"):
            table = half.pos_embed.pos_embed.float()  # computed, not learned: what the file holds is what runs
            parts[part].pos_embed.pos_embed.copy_(table)
        half.save_pretrained(os.path.join(to, part), **more)
    modules(work, name, parts, to, scheduler, index)
    for part in parts:  # of the torch folder: what it was copied with is not read
        for stale in os.listdir(os.path.join(work, "torch", name, part)):
            if "fp16" in stale or "-of-" in stale or stale.endswith((".index.json", ".onnx")):
                os.remove(os.path.join(work, "torch", name, part, stale))
    return name


def layout_case(source, name):
    c = {"sd1": dict(pipeline="StableDiffusionPipeline", guidance_scale=7.0), "sd2v": dict(pipeline="StableDiffusionPipeline", guidance_scale=7.0), "sdxl": dict(pipeline="StableDiffusionXLPipeline", guidance_scale=5.0),
         "sd3": dict(pipeline="StableDiffusion3Pipeline", guidance_scale=6.0), "flux": dict(pipeline="FluxPipeline", guidance_scale=3.5)}[source]
    return dict(c, name="folder-" + name, kind="diffusers folder", model=name, prompt="a red fox in the snow", seed=len(name) * 7, steps=5, width=64, height=64)


def single_cases():
    one = lambda name, pipeline, **more: dict(dict(name="file-" + name, kind="single file", model=name + ".safetensors", pipeline=pipeline, width=64, height=64, steps=6), **more)
    masked = dict(INPUT, mask="../inputs/mask.png", strength=1.0)
    yield one("sdxl-refiner", "StableDiffusionXLImg2ImgPipeline", **INPUT, strength=0.5, guidance_scale=5.0, prompt="a portrait of a sailor", negative_prompt="fog", seed=61)
    yield one("inpaint9", "StableDiffusionInpaintPipeline", **masked, guidance_scale=7.0, prompt="a wooden door", seed=62)
    yield one("sdxl-inpaint", "StableDiffusionXLInpaintPipeline", **dict(masked, strength=0.9), guidance_scale=6.0, prompt="a cat on a bench", seed=63)
    yield one("ip2p", "StableDiffusionInstructPix2PixPipeline", **INPUT, guidance_scale=7.5, image_guidance_scale=1.4, prompt="make it winter", seed=64)
    yield one("sdxl-edit", "StableDiffusionXLInstructPix2PixPipeline", **INPUT, guidance_scale=6.0, image_guidance_scale=1.3, prompt="make it night", seed=65)
    yield one("sd2-depth", "StableDiffusionDepth2ImgPipeline", **dict(INPUT, width=None, height=None), depth="../inputs/depth.png", strength=0.8, guidance_scale=7.0, prompt="a stone bridge", seed=66)
    yield one("sd2-base", "StableDiffusionPipeline", guidance_scale=7.0, prompt="a lighthouse at night", negative_prompt="blurry", seed=67)
    yield one("flux-schnell", "FluxPipeline", guidance_scale=0.0, max_sequence_length=256, prompt="a ship on the ocean", seed=68) | dict(steps=4)


def main():
    folders, work, out = sys.argv[1:4]
    os.makedirs(os.path.join(out, "models"), exist_ok=True)
    cases = [{k: v for k, v in c.items() if v is not None} for c in single_cases()]
    for name in PUBLISHED:
        single(folders, work, out, name)
    for source, kinds in FEW.items():
        for kind in LAYOUTS if "all" in sys.argv[4:] else kinds:
            cases.append(layout_case(source, layout(folders, work, out, source, kind)))
    with open(os.path.join(out, "forms.json"), "w") as f:
        json.dump(dict(cases=cases), f)


if __name__ == "__main__":
    main()
