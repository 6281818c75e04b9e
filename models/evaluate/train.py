"""Trains the judge on real pictures for --minutes: shifted, mirrored and blurred, so that it looks at shapes and not at pixels.

    python -m evaluate.train --data DATA --text TEXT --out JUDGE --minutes 15

What chooses pictures must not be what measures the choice: this judge is another network than the folder's verifier
(recipe/verifier.py), from another seed, and has seen only every other picture of those that the verifier learns from.
"""
import argparse
import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

from recipe import store
from recipe.examples import caption_states, digest
from recipe.text import TextEncoder
from recipe.training import Clock, autocast, rate
from recipe.weights import load_shards, save_shards

from .judge import SIDE, Judge, contrast, prepared


def varied(x, rng):
    """Pictures [N, 3, 64, 64] mirrored, shifted by up to 5 px on the colour of their corner, and some of them blurred."""
    if rng.random() < 0.5:
        x = x.flip(3)
    dy, dx = rng.integers(0, 11, 2)
    x = F.pad(x, (5, 5, 5, 5), mode="replicate")[:, :, dy:dy + SIDE, dx:dx + SIDE]
    if rng.random() < 0.4:
        x = F.interpolate(F.avg_pool2d(x, 2), scale_factor=2, mode="bilinear")
    return x + 0.03 * torch.randn_like(x)


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--data", type=pathlib.Path, required=True)
    ap.add_argument("--text", type=pathlib.Path, required=True, help="the recipe's text encoder")
    ap.add_argument("--out", type=pathlib.Path, required=True)
    ap.add_argument("--minutes", type=float, default=15)
    ap.add_argument("--batch", type=int, default=128)
    ap.add_argument("--lr", type=float, default=2e-3)
    ap.add_argument("--threads", type=int, default=0)
    a = ap.parse_args()
    if a.threads:
        torch.set_num_threads(a.threads)
    images, meta = store.load(a.data)
    encoder = load_shards(TextEncoder, a.text / "weights")
    captions, states = caption_states(a.data, meta, encoder, a.text, digest(a.text / "weights"))
    row = {c: i for i, c in enumerate(captions)}
    small = torch.cat([prepared(images[s:s + 256]) for s in range(0, len(images), 256)])
    index = np.array([i for i, m in enumerate(meta) if not m["held"]])[::2]
    torch.manual_seed(0)
    judge, rng, step = Judge().to(memory_format=torch.channels_last), np.random.default_rng(0), 0
    opt = torch.optim.AdamW(judge.parameters(), a.lr, weight_decay=0.05)
    clock, told, losses = Clock(a.minutes), 0.0, []
    while clock.progress() < 1:
        pick = rng.choice(index, a.batch, replace=False)
        said = [row[meta[i]["captions"][rng.integers(len(meta[i]["captions"]))]] for i in pick]
        for group in opt.param_groups:
            group["lr"] = a.lr * rate(clock.progress(), step, 100, 0.5)
        seen = varied(small[pick], rng).contiguous(memory_format=torch.channels_last)
        with autocast(seen.device):
            seen, read = judge.see(seen)[0], judge.read(states[said].float())
        loss = contrast(seen.float(), read.float(), judge.sharpness)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
        step += 1
        losses.append(loss.item())
        if clock.seconds() - told > 60:
            told = clock.seconds()
            print(json.dumps(dict(step=step, minutes=round(told / 60, 1), loss=round(float(np.mean(losses)), 3))), flush=True)
            losses = []
    save_shards(judge, a.out)


if __name__ == "__main__":
    main()
