"""The noise schedule and the plain sampler that trainings look through."""
import math

import torch

from .training import autocast


def alphas_cumprod(steps=1000):
    """The cosine schedule, squaredcos_cap_v2 in diffusers (Nichol & Dhariwal, 2021), float32 [steps].

    It ends at almost no signal, as flat backgrounds need."""
    def bar(s):
        return math.cos((s + 0.008) / 1.008 * math.pi / 2) ** 2
    betas = [min(1 - bar((i + 1) / steps) / bar(i / steps), 0.999) for i in range(steps)]
    return torch.cumprod(1 - torch.tensor(betas, dtype=torch.float64), 0).float()


def trailing(steps, total=1000):
    """Timesteps from the last down, and -1 for the finished picture: 'trailing' spacing in diffusers."""
    return [round(total * (1 - i / steps)) - 1 for i in range(steps)] + [-1]


@torch.no_grad()
def ddim(unet, cond, uncond, steps=25, guidance=3.0, seed=0, side=16, noise=None):
    """Token states cond, uncond [N, T, D] -> latents [N, C, side, side], by DDIM (Song et al., 2021) on v. noise: the seed's, or as given."""
    n, dev = len(cond), cond.device
    a = alphas_cumprod().to(dev)
    x = torch.randn(n, unet.config["channels"], side, side, generator=torch.Generator().manual_seed(seed)).to(dev) if noise is None else noise
    times = trailing(steps)
    for t, s in zip(times, times[1:]):
        at, to = a[t], a[s] if s >= 0 else torch.tensor(1.0, device=dev)
        step = torch.full((n,), t, device=dev)
        with autocast(dev):
            v = unet(x, step, cond).float()
            if guidance != 1:
                u = unet(x, step, uncond).float()
                v = u + guidance * (v - u)
        x0 = at.sqrt() * x - (1 - at).sqrt() * v
        eps = (1 - at).sqrt() * x + at.sqrt() * v
        x = to.sqrt() * x0 + (1 - to).sqrt() * eps
    return x


@torch.no_grad()
def pictures(autoencoder, latents):
    """Latents [N, C, h, w] -> uint8 numpy [N, 8h, 8w, 3], on white."""
    out = []
    for z in latents.split(8):
        with autocast(z.device):
            y = autoencoder.decode(z)[:, :3].float()
        out.append(y.clamp(-1, 1).add(1).mul(127.5).round().byte().permute(0, 2, 3, 1).cpu())
    return torch.cat(out).numpy()
