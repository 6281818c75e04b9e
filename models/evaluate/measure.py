"""Numbers for a model folder, against real pictures: JSON on the terminal and in --out.

retrieval       share of pictures whose own prompt is the nearest (or among the nearest five) of all prompts asked,
                for generated and for real pictures
distance        Frechet distance of the judge's features, generated to real (after Heusel et al., 2017)
copies          share of generated pictures nearer to a training picture than half of what training pictures of
                other names are to each other, and the median distance to the nearest
unseen          retrieval of concept and style pairs that were held out of training
colours         share of "COLOUR THING" prompts whose main colour is the one asked
"""
import argparse
import json
import pathlib

import numpy as np
import torch

from recipe import render, store
from recipe.draw import Folder
from recipe.text import TextEncoder, Tokens, states
from recipe.weights import load_shards

from .judge import Judge, prepared

THINGS = ["apple", "car", "heart", "balloon", "bird", "flower", "book", "fish", "hat", "umbrella"]
COLOURS = ["red", "yellow", "green", "blue", "purple", "pink"]


def generated(folder, prompts, steps, guidance, batch=8):
    """uint8 [N, h, w, 3]: a picture a prompt, seeds counting up."""
    return np.concatenate([folder.draw(prompts[s:s + batch], s, steps, guidance) for s in range(0, len(prompts), batch)])


@torch.no_grad()
def seen(judge, pictures):
    """(unit vectors, features) of uint8 pictures."""
    rows = [judge.see(prepared(pictures[s:s + 128])) for s in range(0, len(pictures), 128)]
    return torch.cat([r[0] for r in rows]), torch.cat([r[1] for r in rows])


def retrieval(pictures, words):
    """Top-1 and top-5 share; pictures and words [N, D] in the same order."""
    rank = (pictures @ words.t() > (pictures * words).sum(1, keepdim=True)).sum(1)
    return {"top1": round((rank == 0).float().mean().item(), 3), "top5": round((rank < 5).float().mean().item(), 3)}


def frechet(a, b):
    """Frechet distance of two sets of features [N, D], as of normal distributions."""
    a, b = a.double().numpy(), b.double().numpy()
    ca, cb = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    w, v = np.linalg.eigh(ca)
    root = (v * np.sqrt(w.clip(0))) @ v.T
    cross = np.sqrt(np.linalg.eigvalsh(root @ cb @ root).clip(0)).sum()
    return float(((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(ca) + np.trace(cb) - 2 * cross)


def copies(features, training, names):
    """Share of near copies, and the median distance to the nearest training picture, in units of the usual distance
    between training pictures of different names."""
    scale = training.std(0).clamp(min=1e-6)
    features, training = features / scale, training / scale
    some = torch.from_numpy(np.random.default_rng(0).choice(len(training), min(600, len(training)), replace=False))
    between = torch.cdist(training[some], training)
    other = torch.tensor([[names[i] != n for n in names] for i in some.tolist()])
    usual = between.masked_fill(~other, float("inf")).amin(1).median()
    nearest = torch.cdist(features, training).amin(1)
    return {"share": round((nearest < 0.5 * usual).float().mean().item(), 3), "median": round((nearest.median() / usual).item(), 3)}


def by_style(meta, chosen, pictures, words):
    """Top-1 retrieval of each set's prompts, among all."""
    rank = (pictures @ words.t() > (pictures * words).sum(1, keepdim=True)).sum(1)
    out = {}
    for source in sorted({meta[i]["source"] for i in chosen}):
        mine = torch.tensor([meta[i]["source"] == source for i in chosen])
        out[source] = round((rank[mine] == 0).float().mean().item(), 3)
    return out


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--folder", default="nirvana")
    ap.add_argument("--data", type=pathlib.Path, required=True)
    ap.add_argument("--text", type=pathlib.Path, required=True)
    ap.add_argument("--judge", type=pathlib.Path, required=True)
    ap.add_argument("--out", type=pathlib.Path)
    ap.add_argument("--prompts", type=int, default=500)
    ap.add_argument("--steps", type=int, default=25)
    ap.add_argument("--guidance", type=float, default=3.0)
    a = ap.parse_args()
    images, meta = store.load(a.data)
    judge, encoder = load_shards(Judge, a.judge), load_shards(TextEncoder, a.text / "weights")
    tokens, model = Tokens(a.text / "tokenizer"), Folder(a.folder)

    def read(prompts):
        with torch.no_grad():
            return judge.read(torch.from_numpy(states(encoder, tokens, prompts)).float())
    rng, once = np.random.default_rng(1), {}
    for i in rng.permutation([i for i, m in enumerate(meta) if m["weight"] > 0 and not m["scene"]]):
        once.setdefault(meta[i]["name"], int(i))
    chosen = sorted(list(once.values())[:a.prompts])
    held = [i for i, m in enumerate(meta) if m["held"]]
    report = {"folder": str(a.folder), "steps": a.steps, "guidance": a.guidance, "prompts": len(chosen)}
    for part, index in (("seen", chosen), ("unseen", held)):
        prompts = [meta[i]["captions"][0] for i in index]
        words, real = read(prompts), seen(judge, np.stack([images[i] for i in index]))
        mine = seen(judge, generated(model, prompts, a.steps, a.guidance))
        report[part] = {"generated": retrieval(mine[0], words), "real": retrieval(real[0], words), "frechet": round(frechet(mine[1], real[1]), 3)}
        if part == "seen":
            report["styles"] = by_style(meta, index, mine[0], words)
            every = seen(judge, images)[1]
            report["copies"] = copies(mine[1], every, [m["name"] for m in meta])
    asked = [(c, t) for c in COLOURS for t in THINGS]
    drawn = generated(model, [f"{c} {t}, flat emoji" for c, t in asked], a.steps, a.guidance)
    report["colours"] = round(float(np.mean([render.colour_of(p)[0] == c for (c, _), p in zip(asked, drawn)])), 3)
    print(json.dumps(report, indent=2))
    if a.out:
        a.out.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
