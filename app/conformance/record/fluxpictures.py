"""FLUX Fill and FLUX Kontext round the tiny FLUX folder's weights, as checkpoints and as diffusers' folders. See README.md.

    python fluxpictures.py MODELS OUT      MODELS: the unpacked models.zip; OUT/NAME.safetensors, OUT/NAME, OUT/NAME-diffusers
                                           and OUT/torch/NAME for record.py

Kontext's weights are FLUX's own; Fill's tokens are wider, by the masked picture's latents and the mask's pixels.
"""
import json, os, shutil, sys
import torch, diffusers
from checkpoints import checkpoint, module, save, settings

FILL = 2 * 64 + 4 * 64


def filling(m):
    """The transformer with Fill's tokens; the new columns are drawn from a seed."""
    wide = diffusers.FluxTransformer2DModel.from_config({**m.config, "in_channels": FILL, "out_channels": 64})
    state = m.state_dict()
    more = torch.randn(state["x_embedder.weight"].shape[0], FILL - 64, generator=torch.Generator().manual_seed(17))
    more[:, :64] *= 0.1
    more[:, 64:] *= 0.03
    state["x_embedder.weight"] = torch.cat([state["x_embedder.weight"], more.bfloat16().float()], 1)
    wide.load_state_dict(state)
    return wide.eval()


def rewrite(path, **changes):
    with open(path) as f:
        c = json.load(f)
    with open(path, "w") as f:
        json.dump({**c, **changes}, f, indent=2, sort_keys=True)


def main():
    folder, out = sys.argv[1:3]
    flux = os.path.join(folder, "flux")
    os.makedirs(out, exist_ok=True)
    parts, configs = {}, {}
    for part in ("transformer", "vae_decoder", "text_encoder", "text_encoder_2"):
        name = part.replace("vae_decoder", "vae")
        parts[name], configs[name] = module(flux, part)
    for name, cls in (("flux-fill", "FluxFillPipeline"), ("flux-kontext", "FluxKontextPipeline")):
        own = {**parts, "transformer": filling(parts["transformer"])} if name == "flux-fill" else parts
        save(checkpoint(name, own, configs), os.path.join(out, name + ".safetensors"))
        settings(flux, os.path.join(out, name), own)
        rewrite(os.path.join(out, name, "model_index.json"), _class_name=cls)
        if name == "flux-fill":
            rewrite(os.path.join(out, name, "transformer", "config.json"), in_channels=FILL, out_channels=64)
        for to, kind in (("torch/" + name, torch.float32), (name + "-diffusers", torch.bfloat16)):
            to = os.path.join(out, to)
            shutil.rmtree(to, ignore_errors=True)
            for part, m in own.items():
                m.to(kind).save_pretrained(os.path.join(to, part))
                m.to(torch.float32)
            shutil.copy(os.path.join(out, name, "model_index.json"), to)
            for kept in os.listdir(flux):
                if kept.startswith(("tokenizer", "scheduler")):
                    shutil.copytree(os.path.join(flux, kept), os.path.join(to, kept))


if __name__ == "__main__":
    main()
