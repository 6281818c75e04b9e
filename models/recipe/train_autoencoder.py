"""Trains the autoencoder for --minutes; goes on from OUT/state.pt, or from --start, where there is one.

    python -m recipe.train_autoencoder --data DATA --out OUT --minutes 25

Latents are regularised by noise: the decoder sees them with --noise deviations of it. With --start the new
latents are held near those of the old weights (--tie), so that a U-Net trained on these carries over; with
--decoder only the decoder learns and they stay what they are. --alpha teaches it the drawings' opacity as well, best of whole
pictures: --crop 256 --batch 4.
"""
import argparse
import copy
import json
import pathlib
import time

import numpy as np
import torch

from . import store
from .autoencoder import Autoencoder
from .draw import sheet
from .losses import latent_loss, picture_loss, symmetric
from .training import Average, Clock, autocast, device, rate
from .weights import load_shards, save_shards, write


def tensor(pictures, dev):
    """uint8 [N, h, w, 3] -> float [N, 3, h, w] in [-1, 1]."""
    x = torch.from_numpy(np.ascontiguousarray(pictures)).to(dev).permute(0, 3, 1, 2).float()
    return x.div_(127.5).sub_(1).contiguous(memory_format=torch.channels_last)


class WithAlpha:
    """Pictures on white and their opacity as one: [i] is uint8 [h, w, 4]."""

    def __init__(self, images, alpha):
        self.images, self.alpha, self.shape = images, alpha, (*images.shape[:3], 4)

    def __getitem__(self, i):
        return np.concatenate([self.images[i], self.alpha[i][..., None]], -1)

    def __len__(self):
        return len(self.images)


def crops(images, index, size, rng):
    """Random crops of size px, a quarter of them the whole picture halved, mirrored or not: uint8 [N, size, size, 3 or 4]."""
    out, full = [], images.shape[1]
    for i in index:
        p = images[i]
        if full == 2 * size and rng.random() < 0.25:
            p = store.halved(p)
        elif full > size:
            y, x = (int(rng.triangular(0, (full - size) / 2, full - size)) for _ in "yx")
            p = p[y:y + size, x:x + size]
        out.append(p[:, ::-1] if rng.random() < 0.5 else p)
    return np.stack(out)


@torch.no_grad()
def judge(ae, images, dev):
    """Mean PSNR in dB over whole pictures, their reconstructions as uint8 on white, their raw latents, and the mean error of
    the opacity, of 255, where the pictures have one."""
    total, drawn, raw, opacity = 0.0, [], [], []
    for s in range(0, len(images), 8):
        x = tensor(images[s:s + 8], dev)
        with autocast(dev):
            z = ae.encoder(x[:, :3]).float()
            y = ae.decoder(z).float().clamp(-1, 1)
        opacity.append((y[:, 3:] - x[:, 3:]).abs().mean().item() * 127.5 if x.shape[1] > 3 else 0.0)
        x, y = x[:, :3], y[:, :3]
        total += (10 * torch.log10(4 / (y - x).pow(2).mean((1, 2, 3)))).sum().item()
        drawn.append(y.add(1).mul(127.5).round().byte().permute(0, 2, 3, 1).cpu().numpy())
        raw.append(z)
    return total / len(images), np.concatenate(drawn), torch.cat(raw), float(np.mean(opacity))


class Run:
    """The autoencoder in training with its average, its optimiser and the encoder it must stay near."""

    def __init__(self, a, dev):
        self.a, self.dev, self.step = a, dev, 0
        ae = load_shards(Autoencoder, a.start).train() if a.start else Autoencoder()
        if a.alpha and not ae.config["alpha"]:
            ae = ae.with_alpha().train()
        self.tie = copy.deepcopy(ae).eval().requires_grad_(False).to(dev) if a.start else None
        self.ae = ae.to(dev, memory_format=torch.channels_last)
        self.ae.encoder.requires_grad_(not a.decoder)
        self.average = Average(self.ae, 0.998)
        self.opt = torch.optim.AdamW([p for p in self.ae.parameters() if p.requires_grad], a.lr, betas=(0.9, 0.99), weight_decay=1e-4)
        if (a.out / "state.pt").exists():
            s = torch.load(a.out / "state.pt", map_location=dev)
            self.ae.load_state_dict(s["model"])
            self.average.model.load_state_dict(s["average"])
            self.opt.load_state_dict(s["opt"])
            self.step = s["step"]

    def train(self, x, rng, share):
        """One step on pictures x at this share of the learning rate; returns the loss."""
        for group in self.opt.param_groups:
            group["lr"] = self.a.lr * share
        with autocast(self.dev):
            z = self.ae.encoder(x[:, :3]).float()
            noisy, target = z + self.a.noise * torch.randn_like(z), x
            if rng.random() < 0.3:
                noisy, target = symmetric(noisy, target, int(rng.integers(4)), rng.random() < 0.7)
            y = self.ae.decoder(noisy).float()
        loss = picture_loss(y, target)
        if not self.a.decoder:
            loss = loss + 0.02 * latent_loss(z)
        if self.tie is not None and self.a.tie and not self.a.decoder:
            with torch.no_grad(), autocast(self.dev):
                old = self.tie.encoder(x[:, :3]).float()
            loss = loss + self.a.tie * (z - old).pow(2).mean()
        self.opt.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.ae.parameters(), 1.0)
        self.opt.step()
        self.step += 1
        self.average.update(self.ae, self.step)
        return loss.item()

    def save(self):
        write(dict(model=self.ae.state_dict(), average=self.average.model.state_dict(), opt=self.opt.state_dict(),
                   step=self.step), self.a.out / "state.pt")


def held_out(meta, n=64):
    """Indices of pictures kept out of training: those marked so, else a fixed draw."""
    marked = [i for i, m in enumerate(meta) if m.get("held")]
    pick = np.random.default_rng(7).choice(marked or len(meta), n, replace=False)
    return np.sort(pick), marked or list(pick)


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--data", type=pathlib.Path, required=True)
    ap.add_argument("--out", type=pathlib.Path, required=True)
    ap.add_argument("--start", type=pathlib.Path, help="weights folder to begin from")
    ap.add_argument("--minutes", type=float, default=40)
    ap.add_argument("--batch", type=int, default=8)
    ap.add_argument("--crop", type=int, default=128)
    ap.add_argument("--lr", type=float, default=1e-3)
    ap.add_argument("--noise", type=float, default=0.1, help="on the latents, in units of their deviation")
    ap.add_argument("--tie", type=float, default=0.05, help="weight of staying near the starting latents")
    ap.add_argument("--decoder", action="store_true", help="leave the encoder, and with it all latents, as --start has them")
    ap.add_argument("--alpha", action="store_true", help="the decoder gives the opacity too")
    ap.add_argument("--cool", type=float, default=0.4)
    ap.add_argument("--every", type=float, default=120, help="seconds between looks")
    ap.add_argument("--threads", type=int, default=0)
    a = ap.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    if a.threads:
        torch.set_num_threads(a.threads)
    if a.decoder and not a.start:
        ap.error("--decoder needs --start: an untrained encoder is not worth keeping")
    dev, rng = device(), np.random.default_rng(time.time_ns() % 2**32)
    images, meta = store.load(a.data)
    if a.alpha:
        images = WithAlpha(images, store.alphas(a.data))
    held, excluded = held_out(meta)
    chance = np.array([max(0.3, m["weight"]) for m in meta])
    chance[excluded] = 0
    chance /= chance.sum()
    run, clock, last, whole = Run(a, dev), Clock(a.minutes), -a.every, np.stack([images[i] for i in held])
    first = run.step
    while True:
        over = clock.progress() >= 1
        if clock.seconds() - last > a.every or over:
            last = clock.seconds()
            psnr, drawn, _, opacity = judge(run.average.model, whole, dev)
            row = dict(step=run.step, minutes=round(last / 60, 1), psnr=round(psnr, 2), opacity=round(opacity, 2), crops_a_second=round((run.step - first) * a.batch / max(last, 1), 1))
            print(json.dumps(row), flush=True)
            with open(a.out / "log.jsonl", "a", encoding="utf8") as log:
                log.write(json.dumps(row) + "\n")
            sheet([p for pair in zip(whole[:18, ..., :3], drawn[:18]) for p in pair], 6, 256).save(a.out / "look.png")
            run.save()
        if over:
            break
        index = rng.choice(len(meta), a.batch, p=chance)
        run.train(tensor(crops(images, index, a.crop, rng), dev), rng, rate(clock.progress(), run.step - first, 100, a.cool))
    final = run.average.model
    some = np.sort(np.random.default_rng(3).choice(len(images), 400, replace=False))
    if not a.decoder:
        final.calibrate(judge(final, np.stack([images[i] for i in some]), dev)[2])
    save_shards(final, a.out / "weights")


if __name__ == "__main__":
    main()
