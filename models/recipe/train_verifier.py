"""Trains the verifier for --minutes on the pictures and captions that the U-Net learns from; goes on from OUT/state.pt.

    python -m recipe.train_verifier --data DATA --text TEXT --out OUT --minutes 60 [--unet UNET/weights --ae AE/weights]

Each prompt has to find its picture among those of the batch and among half as many that are bent out of shape, so that it learns
what a well-drawn one is. With --unet some pictures are replaced by what the U-Net predicts them to be when they are noised:
so look the x_0 of a search's first steps.
"""
import argparse
import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

from . import store
from .autoencoder import Autoencoder
from .diffusion import alphas_cumprod
from .examples import caption_states, digest, latents
from .text import TextEncoder
from .train_unet import stopper
from .training import Average, Clock, autocast, device, rate
from .unet import UNet
from .verifier import SIDE, Verifier
from .weights import load_shards, save_shards, write


def small(pictures):
    """uint8 [N, h, w, 3] -> uint8 [N, 64, 64, 3], averaged."""
    while pictures.shape[1] > SIDE:
        pictures = store.halved(pictures)
    return pictures


def shrunk(images, path, chunk=256):
    """All pictures at 64 px as a uint8 tensor [N, 3, 64, 64]; kept in a file."""
    if not path.exists():
        np.save(path, np.concatenate([small(images[s:s + chunk]) for s in range(0, len(images), chunk)]))
    return torch.from_numpy(np.load(path)).permute(0, 3, 1, 2)


@torch.no_grad()
def predicted(unet, autoencoder, z, text, rng, batch=32):
    """uint8 [N, 3, 64, 64]: what the U-Net makes of latents z [N, C, h, w] that are noised to a random timestep of 550 to 990,
    with the token states of their captions, decoded at half size."""
    alphas, out = alphas_cumprod(), []
    for s in range(0, len(z), batch):
        x, words = z[s:s + batch].float(), text[s:s + batch].float()
        t = torch.from_numpy(rng.integers(550, 990, len(x)))
        a = alphas[t][:, None, None, None]
        noised = a.sqrt() * x + (1 - a).sqrt() * torch.randn(x.shape)
        with autocast(x.device):
            v = unet(noised.contiguous(memory_format=torch.channels_last), t, words).float()
            y = autoencoder.decode(F.avg_pool2d(a.sqrt() * noised - (1 - a).sqrt() * v, 2))[:, :3].float()
        out.append(F.adaptive_avg_pool2d(y.clamp(-1, 1), SIDE).add(1).mul(127.5).round().byte())
    return torch.cat(out)


def roughly(a, meta, choices, states, rng):
    """Picture -> (row of the states, its picture as predicted), of --rough pictures; kept in OUT/rough.pt."""
    path = a.out / "rough.pt"
    if not path.exists():
        some = np.sort(rng.choice([i for i, m in enumerate(meta) if not m["held"]], min(a.rough, len(meta)), replace=False))
        said = [choices[i][rng.integers(len(choices[i]))] for i in some]
        autoencoder = load_shards(Autoencoder, a.ae)
        z = latents(a.data, autoencoder, digest(a.ae), 256, device())[torch.from_numpy(some), 0]
        drawn = predicted(load_shards(UNet, a.unet), autoencoder, z, states[said], rng)
        write({int(i): (s, p.clone()) for i, s, p in zip(some, said, drawn)}, path)
    return torch.load(path)


def moved(x, rng):
    """Pictures [N, 3, s, s], each shifted by up to a tenth, scaled by 0.8 to 1.15 and perhaps mirrored, on the colour of its rim."""
    n = len(x)
    zoom = torch.from_numpy(rng.uniform(0.87, 1.25, (n, 1, 1))).float()
    turn = torch.eye(2).expand(n, 2, 2) * zoom
    turn = turn * torch.from_numpy(np.stack([rng.choice([-1.0, 1.0], n), np.ones(n)], 1)).float()[:, :, None]
    shift = torch.from_numpy(rng.uniform(-0.2, 0.2, (n, 2, 1))).float()
    grid = F.affine_grid(torch.cat([turn, shift], 2), x.shape, align_corners=False)
    return F.grid_sample(x, grid, padding_mode="border", align_corners=False)


def blurred(x, rng):
    """Of pictures [N, 3, s, s] a third at half or a quarter of the sharpness, and all with a little noise."""
    level = torch.from_numpy(rng.choice(3, len(x), p=[0.65, 0.2, 0.15]))
    out = x.clone()
    for k in (1, 2):
        some = level == k
        if some.any():
            out[some] = F.interpolate(F.avg_pool2d(x[some], 2**k), scale_factor=2**k, mode="bilinear")
    return out + 0.03 * torch.randn_like(x)


def bent(x, rng):
    """Pictures [N, 3, s, s] out of shape: bent by a smooth random field, and of some a part from elsewhere in it or from another."""
    n, side = len(x), x.shape[-1]
    strength = torch.from_numpy(rng.uniform(0.12, 0.4, (n, 1, 1, 1))).float()
    field = F.interpolate(torch.randn(n, 2, 4, 4) * strength, size=side, mode="bicubic").permute(0, 2, 3, 1)
    still = F.affine_grid(torch.eye(2, 3).expand(n, 2, 3), x.shape, align_corners=False)
    y = F.grid_sample(x, still + field, padding_mode="border", align_corners=False)
    mask = (F.interpolate(torch.randn(n, 1, 4, 4), size=side, mode="bicubic") > 0.4).float()
    other = torch.where(torch.from_numpy(rng.random(n) < 0.5)[:, None, None, None], x.roll(1, 0), torch.rot90(x, 2, (2, 3)))
    mixed = torch.from_numpy(rng.random(n) < 0.4).float()[:, None, None, None] * mask
    return y * (1 - mixed) + other * mixed


def loss_of(net, x, worse, words):
    """Cross-entropy of finding one's partner in the batch: pictures x among the words, words among x and the worse ones.
    Returns it and the share of words that found theirs."""
    seen, read = net.see(torch.cat([x, worse]).contiguous(memory_format=torch.channels_last)).float(), net.read(words).float()
    logits, target = net.scale() * read @ seen.t(), torch.arange(len(x))
    found = (logits.argmax(1) == target).float().mean().item()
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits[:, :len(x)].t(), target)) / 2, found


class Run:
    def __init__(self, a, pictures, choices, states):
        """pictures: uint8 [N, 3, 64, 64]; choices: for each the rows of states [M, T, D] of its captions."""
        self.a, self.pictures, self.choices, self.states = a, pictures, choices, states
        self.step, self.rough = 0, {}
        torch.manual_seed(a.seed)
        self.net, self.rng = Verifier().to(memory_format=torch.channels_last), np.random.default_rng(a.seed)
        self.average = Average(self.net, 0.998)
        self.opt = torch.optim.AdamW(self.net.parameters(), a.lr, weight_decay=0.05)
        if (a.out / "state.pt").exists():
            s = torch.load(a.out / "state.pt", weights_only=False)
            self.net.load_state_dict(s["model"])
            self.average.model.load_state_dict(s["average"])
            self.opt.load_state_dict(s["opt"])
            self.step, self.rng = s["step"], np.random.default_rng(s["step"])

    def save(self):
        write(dict(model=self.net.state_dict(), average=self.average.model.state_dict(), opt=self.opt.state_dict(), step=self.step), self.a.out / "state.pt")
        save_shards(self.average.model, self.a.out / "weights")

    def train(self, index, share):
        x = self.pictures[index].clone()
        said = [self.choices[i][self.rng.integers(len(self.choices[i]))] for i in index]
        for k, i in enumerate(index):
            if i in self.rough and self.rng.random() < 0.4:
                said[k], x[k] = self.rough[i]
        x = blurred(moved(x.float() / 127.5 - 1, self.rng), self.rng)
        for group in self.opt.param_groups:
            group["lr"] = self.a.lr * share
        words = self.states[said]
        words = words[:, :int((words.abs().sum(-1) > 0).sum(1).max())].float()
        with autocast(x.device):
            loss, found = loss_of(self.net, x, bent(x[::2], self.rng), words)
        self.opt.zero_grad(set_to_none=True)
        loss.backward()
        self.opt.step()
        self.step += 1
        self.average.update(self.net, self.step)
        return loss.item(), found


@torch.no_grad()
def judge(net, x, worse, words):
    """Of held-out pictures [N, 3, 64, 64]: share of words that find theirs among them, and that like it better than its bent copy."""
    read = net.read(words)
    mine = read @ net.see(x).t()
    return dict(found=round((mine.argmax(1) == torch.arange(len(x))).float().mean().item(), 3),
                straight=round((mine.diagonal() > (read * net.see(worse)).sum(1)).float().mean().item(), 3))


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("data", "text", "out"):
        ap.add_argument(f"--{name}", type=pathlib.Path, required=True)
    ap.add_argument("--unet", type=pathlib.Path, help="weights that predict noised pictures")
    ap.add_argument("--ae", type=pathlib.Path, help="the autoencoder's weights, for --unet")
    ap.add_argument("--rough", type=int, default=6000, help="pictures that the U-Net predicts")
    ap.add_argument("--minutes", type=float, default=60)
    ap.add_argument("--batch", type=int, default=128)
    ap.add_argument("--lr", type=float, default=1e-3)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--cool", type=float, default=0.5)
    ap.add_argument("--every", type=float, default=3, help="minutes between checkpoints")
    ap.add_argument("--threads", type=int, default=0)
    a = ap.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    if a.threads:
        torch.set_num_threads(a.threads)
    images, meta = store.load(a.data)
    encoder = load_shards(TextEncoder, a.text / "weights")
    captions, states = caption_states(a.data, meta, encoder, a.text, digest(a.text / "weights"))
    row = {c: i for i, c in enumerate(captions)}
    choices = [[row[c] for c in m["captions"]] for m in meta]
    run = Run(a, shrunk(images, a.data / f"images-{SIDE}.npy"), choices, states)
    chance = np.array([0.0 if m["held"] else 1.0 for m in meta])
    held = np.array([i for i, m in enumerate(meta) if m["held"]])
    if a.unet:
        run.rough = roughly(a, meta, choices, states, run.rng)
    loop(run, chance / chance.sum(), held, a)


def loop(run, chance, held, a):
    clock, told, kept, stop, rows = Clock(a.minutes), 0.0, 0.0, stopper(), []
    fixed = np.random.default_rng(9)
    torch.manual_seed(9)
    x = run.pictures[held].float() / 127.5 - 1
    worse, words = bent(x, fixed), run.states[[run.choices[i][0] for i in held]].float()
    torch.manual_seed(a.seed + run.step)
    first = run.step
    while True:
        rows.append(run.train(run.rng.choice(len(chance), a.batch, replace=False, p=chance), rate(clock.progress(), run.step - first, 100, a.cool)))
        over = clock.progress() >= 1 or bool(stop)
        if clock.seconds() - told > 60 or over:
            told = clock.seconds()
            loss, found = np.mean(rows, 0)
            row = dict(step=run.step, minutes=round(told / 60, 1), loss=round(float(loss), 3), found=round(float(found), 3),
                       held=judge(run.average.model, x, worse, words), rate=round((run.step - first) * a.batch / told, 1))
            rows = []
            print(json.dumps(row), flush=True)
            with open(a.out / "log.jsonl", "a", encoding="utf8") as log:
                log.write(json.dumps(row) + "\n")
        if clock.seconds() - kept > a.every * 60 or over:
            kept = clock.seconds()
            run.save()
        if over:
            return


if __name__ == "__main__":
    main()
