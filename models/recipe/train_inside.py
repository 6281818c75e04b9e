"""Trains the part of the decoder that tells white parts of a drawing from the ground, for --minutes; goes on from OUT/state.pt.

    python -m recipe.train_inside --data DATA --latents DATA/latents-256-....npy --folder nirvana --ae ALPHA/weights --out OUT --minutes 10

Encoder, colours and the decoder's own opacity stay what they are, byte for byte: OUT/weights is the --ae autoencoder with inside.py's
network beside it. It learns from the latents of drawings with their own opacity, of which those with white parts inside are drawn
more often, noised, and for --denoised of them as the folder's U-Net gives them back: latents of pictures that it makes are like
these. The latents are those that train_unet.py keeps beside the data, of every drawing and of its mirror image.
"""
import argparse
import json
import pathlib
import time

import numpy as np
import torch
import torch.nn.functional as F

from . import store
from .autoencoder import Autoencoder
from .draw import Folder
from .inside import Inside
from .training import Average, Clock, autocast, device, rate
from .weights import load_shards, save_shards, write

WHITE = 232  # least level of all three colours that is white
LEVEL = 0.02  # share of white opaque pixels from which a drawing counts as white inside


def targets(images, alpha):
    """(opacity of 255, whether white and opaque), uint8 [N, h/4, w/4], of pictures [N, h, w, 3] on white at a quarter of their size."""
    n, h, w = alpha.shape
    opacity, white = np.empty((n, h // 4, w // 4), np.uint8), np.empty((n, h // 4, w // 4), np.uint8)
    for s in range(0, n, 64):
        a, p = alpha[s:s + 64], images[s:s + 64]
        opacity[s:s + 64] = a.reshape(len(a), h // 4, 4, w // 4, 4).mean((2, 4))
        white[s:s + 64] = (p[:, 1::4, 1::4].min(-1) >= WHITE) & (opacity[s:s + 64] >= 128)
    return opacity, white


def denoised(model, latents, prompts, rng):
    """Latents as the U-Net predicts them from noised ones, at timesteps of 50 to 600."""
    out = np.empty_like(latents)
    for s in range(0, len(latents), 16):
        z = latents[s:s + 16]
        t = rng.integers(50, 600, len(z))
        at = model.alphas[t][:, None, None, None]
        x = np.sqrt(at) * z + np.sqrt(1 - at) * rng.standard_normal(z.shape, np.float32)
        v = model.unet.run(None, dict(sample=x, timestep=t, encoder_hidden_states=model.encode(prompts[s:s + 16])))[0]
        out[s:s + 16] = np.sqrt(at) * x - np.sqrt(1 - at) * v
    return out


class Drawings:
    """Latents of drawings with their opacity and where they are white inside, in random batches."""

    def __init__(self, latents, opacity, white, meta, noise, rng):
        """latents [N, 2, C, h, w], as they are and mirrored; noise: most of it, in units of the latents' deviation."""
        self.latents, self.opacity, self.white, self.noise, self.rng = latents, opacity, white, noise, rng
        self.inner = white.mean((1, 2)) > LEVEL
        chance = np.where([bool(m["scene"]) for m in meta], 0.2, np.where(self.inner, 4.0, 1.0))
        chance[[m["held"] for m in meta]] = 0
        self.chance, self.meta = chance / chance.sum(), meta
        self.some, self.again = np.array([], int), None

    def denoise(self, model, count):
        """Takes so many that the model noises and denoises, for a quarter of each batch."""
        self.some = self.rng.choice(len(self.meta), count, replace=False, p=self.chance)
        self.again = denoised(model, np.asarray(self.latents[self.some, 0], np.float32), [self.meta[i]["captions"][0] for i in self.some], self.rng)

    def batch(self, n):
        """z [n, C, h, w], opacity in [0, 1] and white [n, 1, 2h, 2w]."""
        index, turned = self.rng.choice(len(self.meta), n, p=self.chance), self.rng.integers(2, size=n)
        z = np.asarray(self.latents[index, turned], np.float32)
        if len(self.some):
            k = self.rng.integers(len(self.some), size=n // 4)
            z[:len(k)], index[:len(k)], turned[:len(k)] = self.again[k], self.some[k], 0
        z = torch.from_numpy(z)
        z = z + self.noise * torch.rand(n, 1, 1, 1) * torch.randn_like(z)
        opacity, white = (torch.from_numpy(np.stack([p[:, ::-1] if t else p for p, t in zip(of[index], turned)]))[:, None].float()
                          for of in (self.opacity, self.white))
        return z, opacity / 255, white

    def held(self):
        """The same of all that are kept out, without noise."""
        at = np.flatnonzero([m["held"] for m in self.meta])
        return (torch.from_numpy(np.asarray(self.latents[at, 0], np.float32)), torch.from_numpy(self.opacity[at])[:, None].float() / 255,
                torch.from_numpy(self.white[at])[:, None].float())


class Run:
    """The network in training with its average and its optimiser."""

    def __init__(self, channels, lr, out, dev, widths=(32, 64, 96)):
        self.net, self.lr, self.out, self.dev, self.step = Inside(channels, widths).to(dev), lr, out, dev, 0
        self.average = Average(self.net, 0.995)
        self.opt = torch.optim.AdamW(self.net.parameters(), lr, betas=(0.9, 0.99), weight_decay=1e-3)
        if (out / "state.pt").exists():
            s = torch.load(out / "state.pt", map_location=dev)
            self.net.load_state_dict(s["model"])
            self.average.model.load_state_dict(s["average"])
            self.opt.load_state_dict(s["opt"])
            self.step = s["step"]

    def train(self, z, opacity, white, share):
        """One step at this share of the learning rate; white pixels inside count twice. Returns the loss."""
        for group in self.opt.param_groups:
            group["lr"] = self.lr * share
        with autocast(self.dev):
            y = self.net(z.to(self.dev)).float()
        loss = (F.binary_cross_entropy_with_logits(y, opacity.to(self.dev), reduction="none") * (1 + white.to(self.dev))).mean()
        self.opt.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.opt.step()
        self.step += 1
        self.average.update(self.net, self.step)
        return loss.item()

    @torch.no_grad()
    def judged(self, z, opacity, white):
        """(share of white opaque pixels that are found, share of transparent ones that are called inside) at a share of a half."""
        p = torch.cat([self.average.model(z[s:s + 32].to(self.dev)).cpu() for s in range(0, len(z), 32)]) > 0
        clear = opacity < 0.1
        return (p & (white > 0)).sum().item() / max(1, int(white.sum())), (p & clear).sum().item() / max(1, int(clear.sum()))

    def save(self):
        write(dict(model=self.net.state_dict(), average=self.average.model.state_dict(), opt=self.opt.state_dict(), step=self.step), self.out / "state.pt")


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("data", "latents", "ae", "out"):
        ap.add_argument(f"--{name}", type=pathlib.Path, required=True)
    ap.add_argument("--folder", default="nirvana", help="whose U-Net gives latents as generated ones")
    ap.add_argument("--minutes", type=float, default=10)
    ap.add_argument("--batch", type=int, default=32)
    ap.add_argument("--lr", type=float, default=2e-3)
    ap.add_argument("--noise", type=float, default=0.3, help="most of it on the latents, in units of their deviation")
    ap.add_argument("--denoised", type=int, default=1500, help="drawings that the U-Net noises and denoises once")
    ap.add_argument("--every", type=float, default=60, help="seconds between looks")
    ap.add_argument("--threads", type=int, default=1)
    a = ap.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(a.threads)
    dev, rng = device(), np.random.default_rng(time.time_ns() % 2**32)
    images, meta = store.load(a.data)
    drawings = Drawings(np.load(a.latents, mmap_mode="r"), *targets(images, store.alphas(a.data)), meta, a.noise, rng)
    if a.denoised:
        drawings.denoise(Folder(a.folder, a.threads), a.denoised)
    print(f"{drawings.inner.sum()} drawings white inside, {len(drawings.some)} denoised", flush=True)
    run, clock, last, held = Run(drawings.latents.shape[2], a.lr, a.out, dev), Clock(a.minutes), 0, drawings.held()
    first, over = run.step, False
    while not over:
        loss = run.train(*drawings.batch(a.batch), rate(clock.progress(), run.step - first, 50, 0.5))
        over = clock.progress() >= 1
        if clock.seconds() - last > a.every or over:
            last = clock.seconds()
            found, wrong = run.judged(*held)
            row = dict(step=run.step, minutes=round(last / 60, 1), loss=round(loss, 4), found=round(found, 4), wrong=round(wrong, 4))
            print(json.dumps(row), flush=True)
            with open(a.out / "log.jsonl", "a", encoding="utf8") as log:
                log.write(json.dumps(row) + "\n")
            run.save()
    save_shards(load_shards(Autoencoder, a.ae).with_inside(run.average.model.cpu()), a.out / "weights")


if __name__ == "__main__":
    main()
