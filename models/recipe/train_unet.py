"""Trains the U-Net, until --minutes are spent or it is told to stop (SIGINT, SIGTERM); run again to go on, to the step.

    python -m recipe.train_unet --data DATA --ae AE/weights --text TEXT --out OUT
    python -m recipe.train_unet --pack PACK --out OUT --state STATE --compile --length 16 --batch 1024 --lr 1e-3 --minutes 9

Checkpoints, the averaged weights and a sheet of samples go to OUT every --every minutes. The optimiser, the
average, the step and both random sources are in OUT/state.pt, or where --state says. PACK is what pack.py wrote for a
machine that has nothing else. A run that a later one continues wants
--cool 0; the last one lets the learning rate fall to zero (--cool 0.3).
"""
import argparse
import json
import pathlib
import signal

import numpy as np
import torch

from . import muon
from .autoencoder import Autoencoder
from .diffusion import alphas_cumprod, ddim, pictures
from .draw import sheet
from .examples import from_data, from_pack
from .text import TextEncoder, Tokens
from .training import Average, Clock, autocast, device, rate
from .unet import UNet
from .weights import load_shards, save_shards, write

PROMPTS = ["red apple, flat emoji", "a cat, 3d emoji", "rocket, noto style", "blue car, twemoji style", "house, flat emoji",
           "pizza, noto style", "green heart, twemoji style", "robot, 3d emoji", "lion face, noto style",
           "birthday cake, 3d emoji", "smiling face, flat emoji", "a fish, twemoji style", "a tree, noto style",
           "purple banana, flat emoji", "two strawberries on a table, 3d emoji", "a rocket at night, flat emoji",
           "puppy, noto style", "an ice cream, 3d emoji"]


def v_loss(unet, z, text, t, noise, alphas, gamma=0.0, lift=0.0):
    """Mean squared error on v, and the same for each picture. gamma > 0: weighted by min(snr + lift, gamma) / (snr + 1),
    which with lift 0 is what min-SNR-gamma (Hang et al., 2023) says for v. That leaves the noisiest timesteps nearly without
    weight; with lift 1 they have all of it."""
    a = alphas[t][:, None, None, None]
    x = a.sqrt() * z + (1 - a).sqrt() * noise
    v = a.sqrt() * noise - (1 - a).sqrt() * z
    with autocast(z.device):
        out = unet(x.contiguous(memory_format=torch.channels_last), t, text)
    error = (out.float() - v).pow(2).mean((1, 2, 3))
    if not gamma:
        return error.mean(), error.detach()
    snr = alphas[t] / (1 - alphas[t])
    return (error * (snr + lift).clamp(max=gamma) / (snr + 1)).mean(), error.detach()


def timesteps(n, shift=1.0, total=1000):
    """n timesteps, one at random in each of n strata of equal chance. shift > 1: more of them where there is more noise,
    u -> shift u / (1 + (shift - 1) u) (the form of Esser et al., 2024)."""
    u = (torch.arange(n) + torch.rand(n)) / n
    return (total * shift * u / (1 + (shift - 1) * u)).long().clamp(max=total - 1)


BANDS = (0, 500, 800, 1000)  # timesteps of which held-out errors are told apart: textures, parts, shapes


class Run:
    """The U-Net in training with all that a resumed run needs."""

    def __init__(self, a, dev, context):
        """context: width of the text's states."""
        self.a, self.dev, self.step, self.seen = a, dev, 0, 0
        self.rng, self.alphas = np.random.default_rng(), alphas_cumprod().to(dev)
        unet = load_shards(UNet, a.start).resized(a.pixels // 8).train() if a.start else UNet(
            context=context, size=a.pixels // 8, widths=a.widths, blocks=a.blocks, tf=a.tf, patch=a.patch)
        self.unet = unet.to(dev, memory_format=torch.channels_last)
        self.average = Average(self.unet, a.decay)
        hidden, rest = muon.split(self.unet, ("inp", "outp", "position")) if a.muon else ([], list(self.unet.parameters()))
        self.opts = [torch.optim.AdamW(rest, a.lr, betas=(0.9, 0.99), weight_decay=0.01, fused=True)]
        if hidden:
            self.opts.append(muon.Muon(hidden, a.lr))
        if a.state.exists():
            self.load(torch.load(a.state, map_location=dev, weights_only=False))
        self.forward = torch.compile(self.unet) if a.compile else self.unet

    def load(self, s):
        self.unet.load_state_dict(s["model"])
        self.average.model.load_state_dict(s["average"])
        for opt, state in zip(self.opts, s["opts"], strict=True):
            opt.load_state_dict(state)
        self.step, self.seen = s["step"], s["seen"]
        if "random" in s:
            self.rng.bit_generator.state = s["random"]
            torch.set_rng_state(s["torch_random"].cpu())
            if self.dev.type == "cuda" and s.get("cuda_random") is not None:
                torch.cuda.set_rng_state(s["cuda_random"].cpu())

    def save(self):
        write(dict(model=self.unet.state_dict(), average=self.average.model.state_dict(), opts=[o.state_dict() for o in self.opts],
                   step=self.step, seen=self.seen, random=self.rng.bit_generator.state,
                   torch_random=torch.get_rng_state(), cuda_random=torch.cuda.get_rng_state() if self.dev.type == "cuda" else None), self.a.state)
        save_shards(self.average.model, self.a.out / "weights")

    def train(self, examples, share):
        """One step at this share of the learning rate; returns the loss. Timesteps are spread evenly over the batch."""
        n, dev = self.a.batch, self.dev
        z, text = examples.batch(n, self.rng)
        for group in (g for o in self.opts for g in o.param_groups):
            group["lr"] = self.a.lr * share
        t = timesteps(n, self.a.shift).to(dev)
        loss, _ = v_loss(self.forward, z, text, t, torch.randn(z.shape, device=dev), self.alphas, self.a.gamma, self.a.lift)
        self.unet.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.unet.parameters(), 1.0)
        for opt in self.opts:
            opt.step()
        self.step, self.seen = self.step + 1, self.seen + n
        self.average.update(self.unet, self.step)
        return loss.item()

    @torch.no_grad()
    def judge(self, z, text):
        """Held-out v error of the average, by BANDS of timesteps."""
        n = len(z)
        t = torch.arange(n) * 1000 // n
        noise = torch.randn(z.shape, generator=torch.Generator().manual_seed(5)).to(self.dev)
        error = v_loss(self.average.model, z, text, t.to(self.dev), noise, self.alphas)[1].cpu()
        return [round(error[(t >= low) & (t < high)].mean().item(), 4) for low, high in zip(BANDS, BANDS[1:])]

    def draw(self, autoencoder, asked, path):
        """A sheet of PROMPTS, two pictures each; asked: token states of the empty prompt and of these."""
        cond = asked[1:].repeat_interleave(2, 0)
        z = ddim(self.average.model, cond, asked[:1].expand(len(cond), -1, -1), 20, 3.0, side=self.a.pixels // 8)
        sheet(pictures(autoencoder, z), 6, self.a.pixels).save(path)


def stopper():
    """A list that a signal to end fills."""
    told = []
    for s in (signal.SIGINT, signal.SIGTERM):
        signal.signal(s, lambda number, frame: told.append(number))
    return told


def loop(run, examples, autoencoder, asked, a):
    told, clock, stop = 0.0, Clock(a.minutes), stopper()
    shown, kept, first, losses = 0.0, 0.0, run.seen, []
    z, text = examples.validation()
    while True:
        losses.append(run.train(examples, rate(clock.progress(), run.step, 200, a.cool)))
        over = clock.progress() >= 1 or bool(stop)
        if clock.seconds() - told > 60 or over:
            told = clock.seconds()
            row = dict(step=run.step, seen=run.seen, minutes=round(told / 60, 1), loss=round(float(np.mean(losses)), 4),
                       held=run.judge(z, text), rate=round((run.seen - first) / told, 1))
            losses = []
            print(json.dumps(row), flush=True)
            with open(a.out / "log.jsonl", "a", encoding="utf8") as log:
                log.write(json.dumps(row) + "\n")
        if clock.seconds() - kept > a.every * 60 or over:
            kept = clock.seconds()
            run.save()
        if clock.seconds() - shown > a.show * 60 and not over:
            shown = clock.seconds()
            run.draw(autoencoder, asked, a.out / f"sheet-{run.seen // 1000:05d}k.png")
        if over:
            return


def numbers(text):
    return tuple(int(v) for v in text.split(","))


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--data", type=pathlib.Path)
    ap.add_argument("--ae", type=pathlib.Path, help="the autoencoder's weights")
    ap.add_argument("--text", type=pathlib.Path, help="folder with the text encoder's weights/ and tokenizer/")
    ap.add_argument("--pack", type=pathlib.Path, help="all three, and where it has them the weights to begin from, in a folder of pack.py")
    ap.add_argument("--out", type=pathlib.Path, required=True)
    ap.add_argument("--state", type=pathlib.Path, help="file for what only a run that goes on needs; default OUT/state.pt")
    ap.add_argument("--start", type=pathlib.Path, help="U-Net weights to begin from where OUT has none")
    ap.add_argument("--minutes", type=float, default=1e6)
    ap.add_argument("--pixels", type=int, default=128, help="side of the pictures")
    ap.add_argument("--widths", type=numbers, default=(192, 192), help="of the levels, finest first")
    ap.add_argument("--blocks", type=numbers, default=(1, 1), help="residual blocks a level")
    ap.add_argument("--tf", type=numbers, default=(3, 1), help="transformers after each of them")
    ap.add_argument("--patch", type=int, default=2, help="the latent's places are taken so many by so many at once")
    ap.add_argument("--concepts", type=float, default=1.0, help="share of the labels that are trained on, and judged")
    ap.add_argument("--focus", type=float, default=0.0, help="share of the pictures drawn that are of the narrow stage's styles and groups; 0: as their weights say")
    ap.add_argument("--batch", type=int, default=32)
    ap.add_argument("--lr", type=float, default=6e-4)
    ap.add_argument("--muon", action="store_true", help="for the hidden weights; AdamW for the rest")
    ap.add_argument("--drop", type=float, default=0.1, help="share of captions left out, for guidance")
    ap.add_argument("--gamma", type=float, default=5.0, help="of min-SNR weighting; 0: none")
    ap.add_argument("--lift", type=float, default=0.0, help="of the weights of noisy timesteps: 0 is min-SNR, 1 their full weight")
    ap.add_argument("--shift", type=float, default=1.0, help="of the timesteps towards noise; 1: all alike")
    ap.add_argument("--decay", type=float, default=0.999, help="of the averaged weights")
    ap.add_argument("--cool", type=float, default=0.0)
    ap.add_argument("--every", type=float, default=10, help="minutes between checkpoints")
    ap.add_argument("--show", type=float, default=20, help="minutes between sheets")
    ap.add_argument("--threads", type=int, default=0)
    ap.add_argument("--compile", action="store_true")
    ap.add_argument("--length", type=int, default=0, help="token rows of a batch, which --compile wants all alike; 0: as many as the longest caption has")
    a = ap.parse_args()
    if not a.pack and not (a.data and a.ae and a.text):
        ap.error("--pack, or --data, --ae and --text are wanted")
    a.out.mkdir(parents=True, exist_ok=True)
    a.state = a.state or a.out / "state.pt"
    if a.threads:
        torch.set_num_threads(a.threads)
    torch.set_float32_matmul_precision("high")
    dev = device()
    more = dict(drop=a.drop, concepts=a.concepts, length=a.length, focus=a.focus)
    if a.pack:
        a.ae, a.text = a.pack / "ae", a.pack / "text"
        a.start = a.start or (a.pack / "unet" if (a.pack / "unet").exists() else None)
        examples = from_pack(a.pack, dev, **more)
    else:
        examples = from_data(a.data, a.ae, a.text, a.pixels, dev, **more)
    autoencoder = load_shards(Autoencoder, a.ae).to(dev, memory_format=torch.channels_last)
    encoder = load_shards(TextEncoder, a.text / "weights")
    with torch.no_grad():
        asked = encoder(Tokens(a.text / "tokenizer")([""] + PROMPTS)).to(dev)
    run = Run(a, dev, encoder.config["width"])
    print(f"{sum(p.numel() for p in run.unet.parameters()) / 1e6:.1f} M parameters on {dev}, {len(examples.mirror)} pictures, "
          f"from step {run.step}", flush=True)
    loop(run, examples, autoencoder, asked, a)


if __name__ == "__main__":
    main()
