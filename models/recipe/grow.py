"""A U-Net for pictures of twice the side, with all that a trained one knows inside (Karras et al., 2018, grow their nets so).

    python -m recipe.grow --unet UNET/weights --out OUT          # then train_unet --start OUT --pixels 256

One finer level goes around it, so that a sample costs a quarter more instead of four times as much as it does where
the same net works on the larger grid. The old net starts with what it is used to: the mean of every 2 x 2 latents,
its own positions, and the timestep at which a picture is as noisy as such a mean is.
"""
import argparse
import pathlib

import torch
import torch.nn.functional as F

from .diffusion import alphas_cumprod
from .unet import UNet, timestep_embedding
from .weights import load_shards, save_shards


def grown(unet, width=96):
    """unet with a level of this width around it, for latents of twice the side. The new layers have to be trained."""
    c = unet.config
    new = UNet(**{**c, "widths": (width, *c["widths"]), "blocks": (1, *c["blocks"]), "tf": (0, *c["tf"]), "size": 2 * c["size"]})
    state = new.state_dict()
    for name, value in unet.state_dict().items():
        part, _, rest = name.partition(".")
        if part in ("pool", "text", "mid", "up"):
            state[name] = value
        elif part == "down":
            number, _, rest = rest.partition(".")
            state[f"down.{int(number) + 2}.{rest}"] = value
    new.load_state_dict(state)
    with torch.no_grad():
        _enter(new, unet, c["channels"], c["patch"])
    _place(new, unet)
    _tell_time(new, unet)
    return new


def _enter(new, unet, channels, patch):
    """The old net's first convolution reads the mean of every patch, which the first channels carry."""
    new.inp.weight.mul_(0.3)
    new.inp.weight[:channels] = 0
    new.inp.bias[:channels] = 0
    for k in range(channels):
        new.inp.weight[k, k * patch**2:(k + 1) * patch**2, 1, 1] = 1 / patch**2
    first, p = new.down[1], patch
    wide = unet.inp.weight.unflatten(1, (channels, p, p)).permute(0, 1, 4, 2, 5, 3).flatten(4).flatten(2, 3)
    # [out, channels, 3 p, 3 p]: what lies beyond the new kernel's 3 x 3 counts at its rim
    rows = torch.stack([wide[:, :, :p].sum(2), wide[:, :, p], wide[:, :, p + 1:].sum(2)], 2)
    first.weight[:, :channels] = torch.stack([rows[..., :p].sum(-1), rows[..., p], rows[..., p + 1:].sum(-1)], -1)
    first.weight[:, channels:].mul_(0.3)
    first.bias.copy_(unet.inp.bias)


def _place(new, unet, steps=400):
    """Positions whose image behind the first convolution is the old ones."""
    first, place = new.down[1], new.position
    opt = torch.optim.Adam([place], 0.02)
    for _ in range(steps):
        error = (F.conv2d(place, first.weight.detach(), stride=2, padding=1) - unet.position.detach()).pow(2).mean()
        opt.zero_grad()
        error.backward()
        opt.step()


def _tell_time(new, unet, steps=1500):
    """The timestep's embedding is the old net's at a quarter of the noise."""
    a, t = alphas_cumprod(), torch.arange(1000)
    then = (a[None] / (1 - a[None]).clamp(min=1e-9) - 4 * (a / (1 - a))[:, None]).abs().argmin(1)
    with torch.no_grad():
        want = unet.time(timestep_embedding(then, unet.time[0].in_features))
    opt = torch.optim.Adam(new.time.parameters(), 2e-3)
    for _ in range(steps):
        error = (new.time(timestep_embedding(t, new.time[0].in_features)) - want).pow(2).mean()
        opt.zero_grad()
        error.backward()
        opt.step()


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--unet", type=pathlib.Path, required=True)
    ap.add_argument("--out", type=pathlib.Path, required=True)
    ap.add_argument("--width", type=int, default=96)
    a = ap.parse_args()
    save_shards(grown(load_shards(UNet, a.unet), a.width), a.out)


if __name__ == "__main__":
    main()
