"""ControlNets in files of their own for the tiny checkpoints of Stable Diffusion 1, 2 and XL, in the original code's names
and in diffusers', and the cases that run them. See README.md.

    python controls.py WORK OUT       WORK/torch: modules of sd1, sd2v and sdxl; OUT/controls/*.safetensors, OUT/controls.json
"""
import json, os, sys
import torch, diffusers
from diffusers.loaders import single_file_utils as single
from checkpoints import ldm_unet, same, save
from models import loosen

SIZES = [4, 4, 8, 8]  # of the layers that take the picture
EULER = dict(scheduler="EulerDiscreteScheduler", scheduler_config=dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1, timestep_spacing="leading"))
DDIM = dict(scheduler="DDIMScheduler", scheduler_config=dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False, set_alpha_to_one=False, steps_offset=1, prediction_type="v_prediction"))


def make(work, model, seed):
    """A ControlNet for a folder's U-Net, with weights of its own that bfloat16 holds."""
    torch.manual_seed(seed)
    unet = diffusers.UNet2DConditionModel.from_pretrained(os.path.join(work, "torch", model, "unet"))
    net = diffusers.ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=SIZES)
    loosen(net)
    with torch.no_grad():
        for p in net.parameters():
            p.copy_((p + 0.05 * p.std().nan_to_num() * torch.randn_like(p)).bfloat16().float())
    return net.eval()


def cases():
    files = lambda *names: [f"controls/{n}.safetensors" for n in names]
    one = dict(kind="controlnet", pipeline="StableDiffusionControlNetPipeline", control_image="../inputs/scene.png", width=64, height=64, steps=5, guidance_scale=7.0)
    two = dict(control_image=["../inputs/scene.png", "../inputs/small.png"], controlnet_conditioning_scale=[0.9, 0.6], control_guidance_start=[0.0, 0.2], control_guidance_end=[0.8, 1.0])
    xl = dict(one, pipeline="StableDiffusionXLControlNetPipeline", kind="sdxl-controlnet", guidance_scale=5.0)
    yield dict(one, **EULER, name="control-sd1-original", model="sd1.safetensors", controlnets=files("sd1-original"), prompt="a red fox in the snow", seed=31)
    yield dict(one, **EULER, name="control-sd1-diffusers", model="sd1.safetensors", controlnets=files("sd1-diffusers"), prompt="a lighthouse at night", negative_prompt="blurry", seed=32, controlnet_conditioning_scale=0.7)
    yield dict(one, **EULER, name="control-sd1-guess", model="sd1.safetensors", controlnets=files("sd1-original"), prompt="a stone bridge", seed=33, guess_mode=True, width=48, height=64)
    yield dict(one, **EULER, **two, name="control-sd1-two", model="sd1.safetensors", controlnets=files("sd1-original", "sd1-diffusers"), prompt="two boats on a lake", seed=34)
    yield dict(one, **EULER, name="control-sd1-lora", model="sd1.safetensors", controlnets=files("sd1-diffusers"), prompt="a knight", seed=35, lora=[dict(file="../adapters/lora-a.kohya.safetensors", scale=0.8)])
    yield dict(one, **EULER, name="control-sd1-embedding", model="sd1.safetensors", controlnets=files("sd1-original"), prompt="a <swirly> sky", seed=36, embeddings=[dict(file="../adapters/embedding-swirly.safetensors", token="<swirly>")])
    yield dict(one, **EULER, name="control-sd1-inpaint", model="sd1.safetensors", controlnets=files("sd1-original"), prompt="a red door", seed=37, pipeline="StableDiffusionControlNetInpaintPipeline", image="../inputs/scene.png", mask="../inputs/mask.png", strength=0.8, controlnet_conditioning_scale=1.0)
    yield dict(one, **DDIM, name="control-sd2-original", model="sd2v.safetensors", controlnets=files("sd2-original"), prompt="a wooden chair", seed=38)
    yield dict(one, **DDIM, name="control-sd2-diffusers", model="sd2v.safetensors", controlnets=files("sd2-diffusers"), prompt="a garden in spring", negative_prompt="text", seed=39, control_guidance_end=0.6)
    yield dict(xl, **EULER, name="control-sdxl-original", model="sdxl.safetensors", controlnets=files("sdxl-original"), prompt="a portrait of a sailor", seed=40)
    yield dict(xl, **EULER, name="control-sdxl-diffusers", model="sdxl.safetensors", controlnets=files("sdxl-diffusers"), prompt="a city from above", negative_prompt="fog", seed=41, controlnet_conditioning_scale=0.5, width=80, height=48)
    yield dict(xl, **EULER, **two, name="control-sdxl-two", model="sdxl.safetensors", controlnets=files("sdxl-original", "sdxl-diffusers"), prompt="a bowl of fruit", seed=42)


def main():
    work, out = sys.argv[1:3]
    os.makedirs(os.path.join(out, "controls"), exist_ok=True)
    for n, model in enumerate(("sd1", "sd2v", "sdxl")):
        for k, naming in enumerate(("original", "diffusers")):
            name = f"{model.removesuffix('v')}-{naming}"
            net = make(work, model, 100 * n + k)
            net.save_pretrained(os.path.join(work, "torch", name))
            state = net.state_dict()
            if naming == "original":
                state = {"control_model." + k: v for k, v in ldm_unet(state, net.config.layers_per_block, []).items()}
                known = {k: v for k, v in net.state_dict().items() if not k.startswith("add_embedding.")}  # diffusers reads no XL's, but its own
                same(single.convert_controlnet_checkpoint(dict(state), config=dict(net.config)), known, name)
            save(state, os.path.join(out, "controls", name + ".safetensors"))
    with open(os.path.join(out, "controls.json"), "w") as f:
        json.dump(dict(cases=list(cases())), f)


if __name__ == "__main__":
    main()
