"""A tiny ESRGAN network with weights from a seed, and what torch makes of a picture with it.

    python upscaler.py PICTURE OUT      OUT/esrgan-x2.safetensors, OUT/esrgan-x2.png
"""
import os, sys
import numpy as np, torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import save_file

torch.manual_seed(3)
WIDTH, GROWTH = 8, 4
shapes = {"conv_first": (WIDTH, 12), "conv_body": (WIDTH, WIDTH), "conv_up1": (WIDTH, WIDTH), "conv_up2": (WIDTH, WIDTH), "conv_hr": (WIDTH, WIDTH), "conv_last": (3, WIDTH)}
for block in range(1, 4):
    for i in range(1, 6):
        shapes[f"body.0.rdb{block}.conv{i}"] = (GROWTH if i < 5 else WIDTH, WIDTH + (i - 1) * GROWTH)
state = {}
for name, (out, into) in shapes.items():
    state[name + ".weight"] = (torch.randn(out, into, 3, 3) / (into * 9) ** 0.5 * 1.4).half().float()
    state[name + ".bias"] = (0.3 + 0.1 * torch.randn(out)).half().float()
conv = lambda name, x: F.conv2d(x, state[name + ".weight"], state[name + ".bias"], padding=1)
leaky = lambda x: F.leaky_relu(x, 0.2)


def dense(name, x):
    seen = [x]
    for i in range(1, 5):
        seen.append(leaky(conv(f"{name}.conv{i}", torch.cat(seen, 1))))
    return conv(name + ".conv5", torch.cat(seen, 1)) * 0.2 + x


def enlarged(x):
    first = conv("conv_first", F.pixel_unshuffle(x, 2))
    x = first
    for block in range(1, 4):
        x = dense(f"body.0.rdb{block}", x)
    x = first + conv("conv_body", x * 0.2 + first)
    for up in ("conv_up1", "conv_up2"):
        x = leaky(conv(up, F.interpolate(x, scale_factor=2, mode="nearest")))
    return conv("conv_last", leaky(conv("conv_hr", x)))


picture = np.asarray(Image.open(sys.argv[1]).convert("RGB")).astype(np.float32) / 255
picture = torch.from_numpy(picture).permute(2, 0, 1)[None]
plain = enlarged(picture)
state["conv_last.weight"] = (state["conv_last.weight"] / plain.std() * 0.2).half().float()
state["conv_last.bias"] = (0.5 - (enlarged(picture) - state["conv_last.bias"][:, None, None]).mean((0, 2, 3))).half().float()
os.makedirs(sys.argv[2], exist_ok=True)
save_file({k: v.half() for k, v in state.items()}, os.path.join(sys.argv[2], "esrgan-x2.safetensors"))
out = (enlarged(picture)[0].clamp(0, 1).permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
print(out.shape, out.mean(), out.std())
Image.fromarray(out).save(os.path.join(sys.argv[2], "esrgan-x2.png"))
