"""Qwen-Image-Edit whose text encoder cuts pictures into patches of 14 px, as the published one does: several pictures are as many
tokens as diffusers has places for. See README.md.

    python references.py MODELS OUT     MODELS: the unpacked qwenimage/models.zip; OUT/torch/NAME for record.py, OUT/NAME-diffusers
"""
import json, os, shutil, sys
import torch
from safetensors.torch import load_file, save_file
from qwenimage import LOOK

SIZES = dict(patch_size=14, window_size=112)


def main():
    models, out = sys.argv[1:3]
    for name in ("edit", "edit-plus", "edit-2511"):
        source, to = os.path.join(models, f"qwenimage-{name}-diffusers"), os.path.join(out, f"qwenimage-references-{name}-diffusers")
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(source, to)
        config = os.path.join(to, "text_encoder", "config.json")
        with open(config) as f:
            settings = json.load(f)
        settings["vision_config"] = {**settings["vision_config"], **SIZES}
        with open(config, "w") as f:
            json.dump(settings, f, indent=2, sort_keys=True)
        path = os.path.join(to, "text_encoder", "model.safetensors")
        state = load_file(path)
        patch = next(k for k in state if k.endswith("patch_embed.proj.weight"))
        wide = torch.randn((LOOK["hidden_size"], 3, 2, 14, 14), generator=torch.Generator().manual_seed(37)).div(1176**0.5)
        state[patch] = wide.bfloat16()
        save_file(state, path, metadata={"format": "pt"})
        whole = os.path.join(out, "torch", f"qwenimage-references-{name}")
        shutil.rmtree(whole, ignore_errors=True)
        shutil.copytree(to, whole)
        for folder, _, files in os.walk(whole):
            for f in files:
                if f.endswith(".safetensors"):
                    file = os.path.join(folder, f)
                    save_file({k: v.float() for k, v in load_file(file).items()}, file, metadata={"format": "pt"})
                elif f == "config.json":
                    with open(os.path.join(folder, f)) as c:
                        text = c.read().replace('"bfloat16"', '"float32"')
                    with open(os.path.join(folder, f), "w") as c:
                        c.write(text)


if __name__ == "__main__":
    main()
