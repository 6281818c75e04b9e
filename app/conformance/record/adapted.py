"""LoRAs and masks on checkpoints of Stable Diffusion 2, XL, 3 and FLUX: LoRAs in the namings that users have them in, and the cases
with them, with a mask, and with both. See README.md.

    python adapted.py WORK OUT        WORK/torch: modules of the folders; OUT/adapters, OUT/checkpoints/adapted.json
"""
import json, os, sys
import torch
from safetensors.torch import save_file
from forms import load


def pair(out, key, shape, rank, down, up, alpha, g):
    draw = lambda *s: (torch.randn(*s, generator=g) * 0.15).bfloat16()
    out[key + down], out[key + up] = draw(rank, shape[1]), draw(shape[0], rank)
    if alpha:
        out[key + ".alpha"] = torch.tensor(float(rank) / 2)


def linears(m, under):
    return [(n, w.weight) for n, w in m.named_modules() if isinstance(w, torch.nn.Linear) and any(u in n for u in under)]


def kohya(parts, path, seed):
    """sd-scripts' names, with the U-Net's as in diffusers: the original code's count blocks of two, which the tiny networks have not; two
    text encoders are numbered from 1."""
    out, g = {}, torch.Generator().manual_seed(seed)
    number = "te1_" if "text_encoder_2" in parts else "te_"
    for part, prefix in (("unet", "unet_"), ("text_encoder", number), ("text_encoder_2", "te2_")):
        for name, w in linears(parts[part], ("attn2", ".ff.", "self_attn")) if part in parts else []:
            pair(out, "lora_" + prefix + name.replace(".", "_"), w.shape, 2, ".lora_down.weight", ".lora_up.weight", True, g)
    save_file(out, path)


def peft(parts, path):
    """diffusers' and AI Toolkit's names. Those of sd-scripts for FLUX diffusers reads at the published size only."""
    out, g = {}, torch.Generator().manual_seed(43)
    for name, w in linears(parts["transformer"], ("attn", "ff")):
        pair(out, "transformer." + name, w.shape, 2, ".lora_A.weight", ".lora_B.weight", False, g)
    save_file(out, path)


def main():
    work, out = sys.argv[1:3]
    for folder in ("adapters", "checkpoints"):
        os.makedirs(os.path.join(out, folder), exist_ok=True)
    parts = lambda name, *which: {p: load(os.path.join(work, "torch", name), p) for p in which}
    at = lambda name: os.path.join(out, "adapters", name + ".safetensors")
    kohya(parts("sd2v", "unet", "text_encoder"), at("sd2-lora.kohya"), 42)
    kohya(parts("sdxl", "unet", "text_encoder", "text_encoder_2"), at("sdxl-lora.kohya"), 41)
    peft(parts("sd3", "transformer"), at("sd3-lora.peft"))
    peft(parts("flux", "transformer"), at("flux-lora.peft"))
    cases = []

    def case(name, kind, model, pipeline, **more):
        s = json.load(open(os.path.join(work, "torch", model, "scheduler", "scheduler_config.json")))
        c = dict(name="adapted-" + name, kind=kind, model=model + ".safetensors", pipeline=pipeline, scheduler=more.pop("scheduler", s["_class_name"]),
                 scheduler_config={k: v for k, v in s.items() if not k.startswith("_")}, prompt="a red fox in the snow", seed=300 + len(cases), steps=6, width=64, height=64)
        cases.append({**c, **more})

    lora = lambda name, scale: dict(lora=[dict(file=f"../adapters/{name}.safetensors", scale=scale)])
    masked = lambda strength: dict(image="../inputs/scene.png", mask="../inputs/mask.png", strength=strength)
    case("sd2-lora", "lora", "sd2v", "StableDiffusionPipeline", scheduler="DDIMScheduler", guidance_scale=7.0, **lora("sd2-lora.kohya", 0.8))
    case("sd2-inpaint", "inpaint", "sd2v", "StableDiffusionInpaintPipeline", scheduler="DDIMScheduler", guidance_scale=7.0, **masked(0.8))
    case("sd2-inpaint-lora", "inpaint and lora", "sd2v", "StableDiffusionInpaintPipeline", scheduler="EulerDiscreteScheduler", guidance_scale=6.0, **masked(1.0), **lora("sd2-lora.kohya", -0.5))
    case("sdxl-lora", "lora", "sdxl", "StableDiffusionXLPipeline", scheduler="EulerDiscreteScheduler", guidance_scale=5.0, **lora("sdxl-lora.kohya", 0.8))
    case("sdxl-inpaint", "inpaint", "sdxl", "StableDiffusionXLInpaintPipeline", scheduler="EulerDiscreteScheduler", guidance_scale=5.0, negative_prompt="blurry", **masked(0.75))
    case("sdxl-inpaint-lora", "inpaint and lora", "sdxl", "StableDiffusionXLInpaintPipeline", scheduler="DPMSolverMultistepScheduler", guidance_scale=5.0, **masked(1.0), **lora("sdxl-lora.kohya", 0.6))
    case("sd3-lora", "lora", "sd3", "StableDiffusion3Pipeline", guidance_scale=6.0, **lora("sd3-lora.peft", 0.9))
    case("sd3-inpaint", "inpaint", "sd3", "StableDiffusion3InpaintPipeline", guidance_scale=6.0, negative_prompt="blurry", **masked(0.8))
    case("sd3-inpaint-lora", "inpaint and lora", "sd3", "StableDiffusion3InpaintPipeline", guidance_scale=5.0, **masked(1.0), **lora("sd3-lora.peft", 0.7))
    case("flux-lora", "lora", "flux", "FluxPipeline", guidance_scale=3.5, **lora("flux-lora.peft", 0.9))
    case("flux-inpaint", "inpaint", "flux", "FluxInpaintPipeline", guidance_scale=3.5, **masked(0.8))
    case("flux-inpaint-lora", "inpaint and lora", "flux", "FluxInpaintPipeline", guidance_scale=3.0, **masked(1.0), **lora("flux-lora.peft", 0.7))
    with open(os.path.join(out, "checkpoints", "adapted.json"), "w") as f:
        json.dump(dict(cases=cases), f)


if __name__ == "__main__":
    main()
