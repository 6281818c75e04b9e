"""Teaches the U-Net to draw in four steps without a second call for guidance, as LoRA weights beside it.

    python -m recipe.distil --data DATA --ae AE/weights --text TEXT --unet UNET/weights --out OUT --minutes 30

Progressive distillation (Salimans & Ho, 2022) of guided sampling (Meng et al., 2023) in one round: the teacher walks
from noised pictures to clean ones in --inner guided DDIM steps for each of the student's STEPS, and one DDIM step of
the student must land where they do. The teacher's paths are kept and learnt from --reuse times, as they cost more than
a step of learning. Writes OUT/pytorch_lora_weights.safetensors; goes on from OUT/state.pt when it is there. A run that
a later one continues wants --cool 0.
"""
import argparse
import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

from . import lora
from .autoencoder import Autoencoder
from .diffusion import alphas_cumprod, ddim, pictures, trailing
from .draw import sheet
from .examples import digest, from_data
from .text import TextEncoder, Tokens
from .train_unet import PROMPTS, stopper
from .training import Clock, autocast, device, rate
from .unet import UNet
from .weights import load_shards, write

STEPS = 4
LATER = (0, 0, 1, 2)  # of STEPS, where paths begin: half of them in pure noise


def alpha_at(alphas, t):
    """alphas[t] as [N, 1, 1, 1], and 1, no noise at all, where t is -1."""
    return torch.where(t >= 0, alphas[t.clamp(min=0)], torch.ones_like(alphas[0]))[:, None, None, None]


def landing(predict, x, t, s, alphas, inner):
    """Where `inner` DDIM steps of predict(x, t) -> v lead from x at t [N] to s [N]."""
    here = t
    for k in range(1, inner + 1):
        there = s if k == inner else (t + (s - t) * k / inner).round().long()
        a, b, v = alpha_at(alphas, here), alpha_at(alphas, there), predict(x, here)
        x0, eps = a.sqrt() * x - (1 - a).sqrt() * v, (1 - a).sqrt() * x + a.sqrt() * v
        x, here = b.sqrt() * x0 + (1 - b).sqrt() * eps, there
    return x


def target(x, y, t, s, alphas):
    """v for which one DDIM step from x at t [N] lands on y at s [N]."""
    at, to = alpha_at(alphas, t), alpha_at(alphas, s)
    share = (1 - to).sqrt() / (1 - at).sqrt()
    x0 = (y - share * x) / (to.sqrt() - share * at.sqrt())
    return (at.sqrt() * x - x0) / (1 - at).sqrt()


class Paths:
    """The teacher's latest paths: x [N, STEPS + 1, C, h, w], from `first` [N] on, with their token states [N, T, D], all on the CPU."""

    def __init__(self, limit):
        self.limit, self.x, self.text, self.first = limit, None, None, None

    def add(self, x, text, first, length):
        text = F.pad(text, (0, 0, 0, length - text.shape[1]))
        new = x.half().cpu(), text.half().cpu(), first.cpu()
        old = (self.x, self.text, self.first)
        self.x, self.text, self.first = new if self.x is None else (torch.cat([a, b])[-self.limit:] for a, b in zip(old, new))

    def draw(self, n, rng, dev):
        """n random steps: x, where it leads, which of STEPS [n], token states."""
        i = torch.from_numpy(rng.integers(len(self.x), size=n))
        k = self.first[i] + (torch.from_numpy(rng.random(n)) * (STEPS - self.first[i])).long()
        text = self.text[i].float()
        text = text[:, :int((text.abs().sum(-1) > 0).sum(1).max())]
        return self.x[i, k].float().to(dev), self.x[i, k + 1].float().to(dev), k.to(dev), text.to(dev)


class Run:
    def __init__(self, a, dev, length):
        self.a, self.dev, self.length = a, dev, length
        self.step, self.made, self.learnt = 0, 0, 0  # steps of learning; pairs of the teacher's; pairs learnt from
        self.alphas, times = alphas_cumprod().to(dev), trailing(STEPS)
        self.starts, self.ends = torch.tensor(times[:-1], device=dev), torch.tensor(times[1:], device=dev)
        order = torch.channels_last
        self.teacher = load_shards(UNet, a.unet).requires_grad_(False).to(dev, memory_format=order)
        self.student, self.paths = load_shards(UNet, a.unet), Paths(a.paths)
        weights = lora.add(self.student, a.rank)
        self.student.to(dev, memory_format=order)
        self.opt = torch.optim.AdamW(weights, a.lr, betas=(0.9, 0.99), weight_decay=0.0)
        if (a.out / "state.pt").exists():
            s = torch.load(a.out / "state.pt", map_location=dev)
            if s["teacher"] != digest(a.unet):
                raise SystemExit(f"{a.out} was begun with another U-Net than {a.unet}: choose another --out, or remove its state.pt")
            self.student.load_state_dict(s["model"])
            self.opt.load_state_dict(s["opt"])
            self.step, self.made, self.learnt = s["step"], s["made"], s["learnt"]

    def guided(self, text, null):
        """predict(x, t) of the teacher, with and without the text in one call."""
        both = torch.cat([text, F.pad(null, (0, 0, 0, text.shape[1] - null.shape[1])).expand(len(text), -1, -1)])

        def predict(x, t):
            with autocast(self.dev):
                v, u = self.teacher(torch.cat([x, x]), torch.cat([t, t]), both).float().chunk(2)
            return u + self.a.guidance * (v - u)
        return predict

    @torch.no_grad()
    def walk(self, z, text, null, noise, k):
        """The teacher's path [N, STEPS + 1, ...] from pictures z that are noised as at the k-th of STEPS."""
        a, n = self.alphas[self.starts[k]], len(z)
        x, predict = a.sqrt() * z + (1 - a).sqrt() * noise, self.guided(text, null)
        out = [torch.zeros_like(x)] * k + [x]
        for t, s in zip(self.starts[k:], self.ends[k:]):
            x = landing(predict, x, t.expand(n), s.expand(n), self.alphas, self.a.inner)
            out.append(x)
        return torch.stack(out, 1)

    def teach(self, examples, null, rng):
        k, n = int(rng.choice(LATER)), self.a.batch
        z, text = examples.batch(n, rng)
        z, text, null = z.to(self.dev), text.to(self.dev), null[:, :int((null.abs().sum(-1) > 0).sum())]
        if text.shape[1] < null.shape[1]:
            text = F.pad(text, (0, 0, 0, null.shape[1] - text.shape[1]))
        self.paths.add(self.walk(z, text, null, torch.randn(z.shape).to(self.dev), k), text, torch.full((n,), k), self.length)
        self.made += n * (STEPS - k)

    def learn(self, rng, share):
        for group in self.opt.param_groups:
            group["lr"] = self.a.lr * share
        x, y, k, text = self.paths.draw(self.a.batch, rng, self.dev)
        t = self.starts[k]
        v = target(x, y, t, self.ends[k], self.alphas)
        with autocast(self.dev):
            loss = (self.student(x.contiguous(memory_format=torch.channels_last), t, text).float() - v).pow(2).mean()
        self.opt.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_([p for g in self.opt.param_groups for p in g["params"]], 1.0)
        self.opt.step()
        self.step, self.learnt = self.step + 1, self.learnt + len(x)
        return loss.item()

    @torch.no_grad()
    def gap(self, x, text):
        """Mean squared distance between the student's four steps from the first of the paths x and their ends."""
        y, n = x[:, 0], len(x)

        def predict(x, t):
            with autocast(self.dev):
                return self.student(x, t, text).float()
        for t, s in zip(self.starts, self.ends):
            y = landing(predict, y, t.expand(n), s.expand(n), self.alphas, 1)
        return (y - x[:, -1]).pow(2).mean().item()

    def save(self):
        write(dict(model=self.student.state_dict(), opt=self.opt.state_dict(), step=self.step, made=self.made, learnt=self.learnt,
                   teacher=digest(self.a.unet)), self.a.out / "state.pt")
        lora.save(self.student, self.a.out / "pytorch_lora_weights.safetensors", teacher=digest(self.a.unet))


def loop(run, examples, asked, a):
    """asked: token states of the empty prompt and of PROMPTS, whose paths are never learnt from."""
    clock, told, losses, stop, rng = Clock(a.minutes), 0.0, [], stopper(), np.random.default_rng()
    null, text, side = asked[:1], asked[1:], run.student.config["size"]
    noise = torch.randn(len(text), run.student.config["channels"], side, side, generator=torch.Generator().manual_seed(1)).to(run.dev)
    held = run.walk(torch.zeros_like(noise), text, null, noise, 0)
    print(json.dumps(dict(step=run.step, gap=round(run.gap(held, text), 4))), flush=True)
    while True:
        while run.paths.x is None or len(run.paths.x) < min(a.ahead, a.paths) or run.made * a.reuse < run.learnt:
            run.teach(examples, null, rng)
            if clock.progress() >= 1 or stop:
                break
        losses.append(run.learn(rng, rate(clock.progress(), run.step, 50, a.cool)))
        over = clock.progress() >= 1 or bool(stop)
        if clock.seconds() - told > 60 * a.every or over:
            told = clock.seconds()
            row = dict(step=run.step, made=run.made, learnt=run.learnt, minutes=round(told / 60, 1),
                       loss=round(float(np.mean(losses)), 4), gap=round(run.gap(held, text), 4))
            print(json.dumps(row), flush=True)
            losses = []
            run.save()
        if over:
            return held


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("data", "ae", "text", "unet", "out"):
        ap.add_argument(f"--{name}", type=pathlib.Path, required=True)
    ap.add_argument("--minutes", type=float, default=30)
    ap.add_argument("--batch", type=int, default=24)
    ap.add_argument("--lr", type=float, default=1e-3)
    ap.add_argument("--rank", type=int, default=8)
    ap.add_argument("--inner", type=int, default=3, help="steps of the teacher for one of the student")
    ap.add_argument("--guidance", type=float, default=3.0, help="that the student learns in")
    ap.add_argument("--reuse", type=float, default=4, help="how often a step of the teacher's is learnt from")
    ap.add_argument("--ahead", type=int, default=96, help="paths before the first step of learning")
    ap.add_argument("--paths", type=int, default=3000, help="that are kept; the oldest go")
    ap.add_argument("--every", type=float, default=2, help="minutes between checkpoints")
    ap.add_argument("--cool", type=float, default=0.4)
    ap.add_argument("--threads", type=int, default=0)
    a = ap.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    if a.threads:
        torch.set_num_threads(a.threads)
    dev = device()
    autoencoder, encoder = load_shards(Autoencoder, a.ae).to(dev), load_shards(TextEncoder, a.text / "weights")
    run = Run(a, dev, encoder.config["length"])
    examples = from_data(a.data, a.ae, a.text, 8 * run.student.config["size"], dev, drop=0.0)
    with torch.no_grad():
        asked = encoder(Tokens(a.text / "tokenizer")([""] + PROMPTS)).to(dev)
    held = loop(run, examples, asked, a)
    z = ddim(run.student.eval(), asked[1:], asked[1:], STEPS, 1, side=run.student.config["size"], noise=held[:, 0])
    both = np.stack([pictures(autoencoder, z), pictures(autoencoder, held[:, -1])], 1)  # the student's, then the teacher's
    sheet(both.reshape(-1, *both.shape[2:]), 6, 8 * run.student.config["size"]).save(a.out / "sheet.png")


if __name__ == "__main__":
    main()
