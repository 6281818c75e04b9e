"""Teaches the U-Net to draw in four steps without a second call for guidance, as LoRA weights beside it.

    python -m recipe.distil --data DATA --ae AE/weights --text TEXT --unet UNET/weights --out OUT --minutes 60

Progressive distillation (Salimans & Ho, 2022) of guided sampling (Meng et al., 2023) in one round: from a noised
picture at one of the STEPS timesteps, one DDIM step of the student must land where --inner guided DDIM steps of
the teacher do. Writes OUT/pytorch_lora_weights.safetensors; goes on from OUT/state.pt when it is there.
"""
import argparse
import json
import pathlib

import numpy as np
import torch

from . import lora
from .autoencoder import Autoencoder
from .diffusion import alphas_cumprod, ddim, pictures, trailing
from .draw import sheet
from .examples import Examples, digest
from .text import TextEncoder, Tokens
from .train_unet import PROMPTS, stopper
from .training import Clock, autocast, device, rate
from .unet import UNet
from .weights import load_shards, write

STEPS = 4


def alpha_at(alphas, t):
    """alphas[t] as [N, 1, 1, 1], and 1, no noise at all, where t is -1."""
    return torch.where(t >= 0, alphas[t.clamp(min=0)], torch.ones_like(alphas[0]))[:, None, None, None]


def target(predict, x, t, s, alphas, inner):
    """v for which one DDIM step from t [N] to s [N] lands where `inner` steps of predict(x, t) -> v do."""
    at, to = alpha_at(alphas, t), alpha_at(alphas, s)
    y, here = x, t
    for k in range(1, inner + 1):
        there = s if k == inner else (t + (s - t) * k / inner).round().long()
        a, b, v = alpha_at(alphas, here), alpha_at(alphas, there), predict(y, here)
        x0, eps = a.sqrt() * y - (1 - a).sqrt() * v, (1 - a).sqrt() * y + a.sqrt() * v
        y, here = b.sqrt() * x0 + (1 - b).sqrt() * eps, there
    share = (1 - to).sqrt() / (1 - at).sqrt()
    x0 = (y - share * x) / (to.sqrt() - share * at.sqrt())
    return (at.sqrt() * x - x0) / (1 - at).sqrt()


class Run:
    def __init__(self, a, dev):
        self.a, self.dev, self.step = a, dev, 0
        self.alphas, times = alphas_cumprod().to(dev), trailing(STEPS)
        self.starts, self.ends = torch.tensor(times[:-1], device=dev), torch.tensor(times[1:], device=dev)
        self.teacher = load_shards(UNet, a.unet).requires_grad_(False).to(dev)
        self.student = load_shards(UNet, a.unet)
        learnt = lora.add(self.student, a.rank)
        self.student.to(dev)
        self.opt = torch.optim.AdamW(learnt, a.lr, betas=(0.9, 0.99), weight_decay=0.0)
        if (a.out / "state.pt").exists():
            s = torch.load(a.out / "state.pt", map_location=dev)
            self.student.load_state_dict(s["model"])
            self.opt.load_state_dict(s["opt"])
            self.step = s["step"]

    def guided(self, text, null):
        def predict(x, t):
            with autocast(self.dev):
                v, u = self.teacher(x, t, text).float(), self.teacher(x, t, null).float()
            return u + self.a.guidance * (v - u)
        return predict

    def train(self, examples, null, rng, share):
        for group in self.opt.param_groups:
            group["lr"] = self.a.lr * share
        z, text = examples.batch(self.a.batch, rng)
        which = torch.from_numpy(rng.integers(STEPS, size=len(z))).to(self.dev)
        t, s = self.starts[which], self.ends[which]
        a = alpha_at(self.alphas, t)
        x = a.sqrt() * z + (1 - a).sqrt() * torch.randn(z.shape).to(self.dev)
        with torch.no_grad():
            v = target(self.guided(text, null.expand(len(z), -1, -1)), x, t, s, self.alphas, self.a.inner)
        with autocast(self.dev):
            loss = (self.student(x, t, text).float() - v).pow(2).mean()
        self.opt.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_([p for g in self.opt.param_groups for p in g["params"]], 1.0)
        self.opt.step()
        self.step += 1
        return loss.item()

    def save(self):
        write(dict(model=self.student.state_dict(), opt=self.opt.state_dict(), step=self.step), self.a.out / "state.pt")
        lora.save(self.student, self.a.out / "pytorch_lora_weights.safetensors")


def loop(run, examples, autoencoder, asked, a):
    clock, told, losses, stop, rng = Clock(a.minutes), 0.0, [], stopper(), np.random.default_rng()
    while True:
        losses.append(run.train(examples, asked[:1], rng, rate(clock.progress(), run.step, 50, a.cool)))
        over = clock.progress() >= 1 or bool(stop)
        if clock.seconds() - told > 120 or over:
            told = clock.seconds()
            row = dict(step=run.step, seen=run.step * a.batch, minutes=round(told / 60, 1), loss=round(float(np.mean(losses)), 4))
            print(json.dumps(row), flush=True)
            losses = []
            run.save()
        if over:
            break
    cond = asked[1:].repeat_interleave(2, 0)
    z = ddim(run.student.eval(), cond, cond, STEPS, 1, side=run.student.config["size"])
    sheet(pictures(autoencoder, z), 6, 8 * run.student.config["size"]).save(a.out / "sheet.png")


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("data", "ae", "text", "unet", "out"):
        ap.add_argument(f"--{name}", type=pathlib.Path, required=True)
    ap.add_argument("--minutes", type=float, default=60)
    ap.add_argument("--batch", type=int, default=24)
    ap.add_argument("--lr", type=float, default=1e-3)
    ap.add_argument("--rank", type=int, default=8)
    ap.add_argument("--inner", type=int, default=3, help="steps of the teacher for one of the student")
    ap.add_argument("--guidance", type=float, default=3.0, help="that the student learns in")
    ap.add_argument("--cool", type=float, default=0.5)
    ap.add_argument("--threads", type=int, default=0)
    a = ap.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    if a.threads:
        torch.set_num_threads(a.threads)
    dev = device()
    autoencoder, encoder = load_shards(Autoencoder, a.ae).to(dev), load_shards(TextEncoder, a.text / "weights")
    run = Run(a, dev)
    examples = Examples(a.data, autoencoder, digest(a.ae), encoder, a.text, 8 * run.student.config["size"], dev, drop=0.0)
    with torch.no_grad():
        asked = encoder(Tokens(a.text / "tokenizer")([""] + PROMPTS)).to(dev)
    loop(run, examples, autoencoder, asked, a)


if __name__ == "__main__":
    main()
