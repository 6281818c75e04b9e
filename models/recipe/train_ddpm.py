"""Trains the pixel DDPM on classes of the data for --minutes; goes on from OUT/state.pt when it is there.

    python -m recipe.train_ddpm --data DATA --out OUT --minutes 60
    python -m recipe.train_ddpm --data DATA --out OUT --export ddpm --docs ../docs     # writes the model folder, and its sheet into docs
"""
import argparse
import json
import pathlib
import shutil

import numpy as np
import torch

from . import begin, folder, onnxfile, store
from .ddpm import Chain, PixelUNet
from .draw import sheet
from .train_autoencoder import tensor
from .train_unet import stopper
from .training import Average, Clock, autocast, device, rate
from .weights import load_shards, save_shards, write

# Class -> emojibase's subgroups, or words of a name.
CLASSES = {
    "smiling face": ("face-smiling", "face-affection", "face-tongue"), "worried face": ("face-concerned", "face-negative", "face-unwell"),
    "calm face": ("face-neutral-skeptical", "face-sleepy", "face-hand"), "cat face": ("cat-face",), "heart": ("heart",),
    "mammal": ("animal-mammal",), "bird": ("animal-bird",), "sea animal": ("animal-marine",), "insect": ("animal-bug",),
    "flower": ("plant-flower",), "tree or leaf": ("plant-other",), "fruit": ("food-fruit",), "vegetable": ("food-vegetable",),
    "meal": ("food-prepared", "food-asian"), "sweet": ("food-sweet",), "drink": ("drink",), "building": ("place-building",),
    "vehicle": ("transport-ground",), "aircraft": ("transport-air",), "clothing": ("clothing",), "book or paper": ("book-paper",),
    "musical instrument": ("musical-instrument",),
}
SCHEDULER = dict(_class_name="DDPMScheduler", _diffusers_version="0.35.0", num_train_timesteps=1000, beta_schedule="linear",
                 beta_start=1e-4, beta_end=0.02, prediction_type="epsilon", variance_type="fixed_small", clip_sample=True,
                 clip_sample_range=1.0, timestep_spacing="leading", steps_offset=0)


def examples(data, size, dev):
    """(pictures [N, 3, size, size] in [-1, 1], classes [N], chance of each to be drawn)."""
    images, meta = store.load(data)
    label = {s: i for i, names in enumerate(CLASSES.values()) for s in names}
    index = [i for i, m in enumerate(meta) if m["subgroup"] in label and not m["scene"] and not m["recoloured"] and not m["held"]]
    small = images[index]
    while small.shape[1] > size:
        small = store.halved(small)
    classes = np.array([label[meta[i]["subgroup"]] for i in index])
    weight = np.array([1 / meta[i]["alike"] for i in index]) / np.bincount(classes)[classes] ** 0.5
    return tensor(small, "cpu").contiguous().to(dev), torch.tensor(classes, device=dev), np.cumsum(weight / weight.sum())


def loss_of(net, chain, x0, classes, log_variance, gamma=0.0):
    """Mean squared error on the noise; and, where the variance is learnt, 1/1000 of the bound on the likelihood through it alone.
    Timesteps are uniform, and spread evenly over the batch, for a steadier gradient. gamma > 0: every picture's error weighted
    by min(snr, gamma) / snr (Hang et al., 2023), so that shapes count before grain. The error returned beside is never weighted."""
    n = len(x0)
    t, noise = ((torch.arange(n) + torch.rand(n)) * 1000 / n).long().clamp(max=999).to(x0.device), torch.randn_like(x0)
    x = chain.noised(x0, t, noise)
    with autocast(x0.device):
        out = net(x, t, classes).float()
    error = (out[:, :3] - noise).pow(2).mean((1, 2, 3))
    bar = chain.bar[t][:, None, None, None]
    simple, told = error.mean(), error.mean().item()
    if gamma:
        snr = chain.bar[t] / (1 - chain.bar[t])
        simple = (error * snr.clamp(max=gamma) / snr).mean()
    if not log_variance:
        return simple, told
    guess = ((x - (1 - bar).sqrt() * out[:, :3].detach()) / bar.sqrt()).clamp(-1, 1)
    theirs = chain.posterior.clamp(min=chain.posterior[1])[t].log()[:, None, None, None]
    mine = chain.log_variance(out[:, 3:], t)
    gap = (chain.mean(x0, x, t) - chain.mean(guess, x, t)).pow(2)
    divergence = 0.5 * (mine - theirs + (theirs - mine).exp() + gap * (-mine).exp() - 1)
    return simple + 1e-3 * divergence.mean(), told


@torch.no_grad()
def ancestral(net, chain, classes, guidance=2.0, steps=100, seed=0):
    """Pictures [N, 3, size, size] of these classes, by DDIM's steps with the posterior's noise (eta 1; Song et al., 2021)."""
    size, n = net.config["size"], len(classes)
    random = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 3, size, size, generator=random)
    times = list(range(0, 1000, 1000 // steps))[::-1]
    null = torch.full_like(classes, net.config["classes"])
    for t, s in zip(times, times[1:] + [-1]):
        at, to = chain.bar[t], chain.bar[s] if s >= 0 else torch.tensor(1.0)
        step = torch.full((n,), t)
        e, u = net(x, step, classes)[:, :3], net(x, step, null)[:, :3]
        e = u + guidance * (e - u)
        x0 = ((x - (1 - at).sqrt() * e) / at.sqrt()).clamp(-1, 1)
        e = (x - at.sqrt() * x0) / (1 - at).sqrt()
        sigma = ((1 - to) / (1 - at) * (1 - at / to)).sqrt()
        x = to.sqrt() * x0 + (1 - to - sigma ** 2).clamp(min=0).sqrt() * e + sigma * torch.randn(x.shape, generator=random)
    return x


def export(trained, data, out, docs):
    """The folder out of what was trained: unet/, scheduler/, the names of the classes, its card, and whose drawings they were; docs/ddpm.png."""
    net = load_shards(PixelUNet, trained / "weights")
    write_folder(net, out)
    size, seen = net.config["size"], torch.load(trained / "state.pt", map_location="cpu")["seen"]
    predicts = "the noise, and where the reverse variance lies between its bounds (Nichol and Dhariwal, 2021)" if net.config["log_variance"] else "the noise"
    card = (pathlib.Path(__file__).parent / "cards" / "ddpm.md").read_text(encoding="utf8")
    (out / "README.md").write_text(card.format(
        parameters=round(sum(p.numel() for p in net.parameters()) / 1e6, 1), predicts=predicts, size=size, classes=", ".join(CLASSES),
        pictures=f"{len(examples(data, size, 'cpu')[1]):,}", seen=f"{seen // 1000:,}"), encoding="utf8")
    if docs:
        shutil.copyfile(trained / "sheet.png", docs / "ddpm.png")
    shutil.copyfile(data / "ATTRIBUTION.md", out / "ATTRIBUTION.md")
    folder.write_checksums(out)
    print(f"{out}: {sum(p.stat().st_size for p in out.rglob('*') if p.is_file()) / 1e6:.1f} MB")


def write_folder(net, out):
    dim = torch.export.Dim
    c, b, h, w = net.config, dim("b", min=1, max=64), dim("h", min=1, max=32), dim("w", min=1, max=32)
    grain = 2 ** (len(c["widths"]) - 1)
    onnxfile.save(net, (torch.randn(2, 3, c["size"], 2 * c["size"]), torch.tensor([5, 500]), torch.tensor([0, 1])), out / "unet" / "model.onnx",
                  ["sample", "timestep", "class_labels"], ["out_sample"], ({0: b, 2: grain * h, 3: grain * w}, {0: b}, {0: b}))
    folder.write_json(out / "unet" / "config.json", dict(
        _class_name="UNet2DModel", sample_size=c["size"], in_channels=3, out_channels=6 if c["log_variance"] else 3,
        block_out_channels=list(c["widths"]), layers_per_block=c["blocks"], num_class_embeds=c["classes"] + 1,
        id2label={str(i): name for i, name in enumerate(CLASSES)}, _recipe=c))  # one name fewer than classes: the last is the null class
    variance = "learned_range" if c["log_variance"] else SCHEDULER["variance_type"]
    folder.write_json(out / "scheduler" / "scheduler_config.json", dict(SCHEDULER, variance_type=variance))
    folder.write_json(out / "model_index.json", dict(_class_name="DDPMPipeline", _diffusers_version="0.35.0",
                      _usual=dict(num_inference_steps=250, guidance_scale=2.0),
                      scheduler=["diffusers", "DDPMScheduler"], unet=["diffusers", "UNet2DModel"]))
    folder.write_checksums(out)


def train(a):
    dev, chain_dev = device(), device()
    pictures, classes, cumulative = examples(a.data, a.size, dev)
    net = begin.module(PixelUNet, a.start, ("unet",)).train() if a.start else PixelUNet(len(CLASSES), size=a.size, log_variance=a.learn_variance)
    net = net.to(dev)  # in torch's own order: group norm's way back is slow in channels last on a CPU, a third of the whole
    average, opt = Average(net, 0.9995), torch.optim.AdamW(net.parameters(), a.lr, betas=(0.9, 0.99), weight_decay=0.0)
    chain, rng, step, seen = Chain(dev=chain_dev), np.random.default_rng(), 0, 0
    if (a.out / "state.pt").exists():
        s = torch.load(a.out / "state.pt", map_location=dev)
        net.load_state_dict(s["model"])
        average.model.load_state_dict(s["average"])
        opt.load_state_dict(s["opt"])
        step, seen = s["step"], s["seen"]
    print(f"{sum(p.numel() for p in net.parameters()) / 1e6:.2f} M parameters, {len(classes)} pictures, from step {step}", flush=True)
    clock, kept, stop, losses = Clock(a.minutes), 0.0, stopper(), []
    while True:
        i = np.searchsorted(cumulative, rng.random(a.batch)).clip(max=len(classes) - 1)
        x, label = pictures[i], classes[i].clone()
        flip = torch.from_numpy(rng.random(a.batch) < 0.5).to(dev)
        x = torch.where(flip[:, None, None, None], x.flip(3), x)
        label[torch.from_numpy(rng.random(a.batch) < 0.1).to(dev)] = len(CLASSES)
        for group in opt.param_groups:
            group["lr"] = a.lr * rate(clock.progress(), step, 200, a.cool)
        loss, error = loss_of(net, chain, x, label, a.learn_variance, a.gamma if clock.progress() < 1 - a.cool else 0.0)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        opt.step()
        step, seen = step + 1, seen + a.batch
        average.update(net, step)
        losses.append(error)
        over = clock.progress() >= 1 or bool(stop)
        if clock.seconds() - kept > 60 * a.every or over:
            kept = clock.seconds()
            print(json.dumps(dict(step=step, minutes=round(kept / 60, 1), seen=seen, loss=round(float(np.mean(losses)), 4))), flush=True)
            losses = []
            write(dict(model=net.state_dict(), average=average.model.state_dict(), opt=opt.state_dict(), step=step, seen=seen), a.out / "state.pt")
            save_shards(average.model, a.out / "weights")
            drawn = ancestral(average.model.cpu() if dev.type == "cpu" else load_shards(PixelUNet, a.out / "weights"), Chain(), torch.arange(len(CLASSES)))
            sheet(drawn.clamp(-1, 1).add(1).mul(127.5).byte().permute(0, 2, 3, 1).numpy(), 11, a.size).save(a.out / "sheet.png")
        if over:
            return


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--data", type=pathlib.Path, required=True)
    ap.add_argument("--out", type=pathlib.Path, required=True)
    ap.add_argument("--export", type=pathlib.Path, help="only write this model folder from OUT/weights")
    ap.add_argument("--docs", type=pathlib.Path, help="where its sheet goes")
    ap.add_argument("--start", type=pathlib.Path, help="model folder to begin from where OUT has no state")
    ap.add_argument("--minutes", type=float, default=120)
    ap.add_argument("--threads", type=int, default=0)
    ap.add_argument("--size", type=int, default=64)
    ap.add_argument("--batch", type=int, default=16)
    ap.add_argument("--lr", type=float, default=4e-4)
    ap.add_argument("--cool", type=float, default=0.3)
    ap.add_argument("--every", type=float, default=10, help="minutes between checkpoints")
    ap.add_argument("--gamma", type=float, default=5.0, help="of min-SNR weighting until the rate falls; then, and with 0 always, the simple loss of the paper")
    ap.add_argument("--learn-variance", action="store_true")
    a = ap.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    if a.threads:
        torch.set_num_threads(a.threads)
    if a.export:
        export(a.out, a.data, a.export, a.docs)
    else:
        train(a)


if __name__ == "__main__":
    main()
