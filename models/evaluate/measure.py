"""Numbers for a model folder, against real pictures: JSON on the terminal and in --out.

retrieval       share of pictures whose own prompt is the nearest (or among the nearest five) of all prompts asked,
                for generated and for real pictures
distance        Frechet distance of the judge's features, generated to real (after Heusel et al., 2017)
copies          share of generated pictures nearer to a training picture than half of what training pictures of
                other names are to each other, and the median distance to the nearest
unseen          retrieval of concept and style pairs that were held out of training
colours, counts share of templated prompts whose main colour, or whose number of things, is the one asked
settings        retrieval by guidance and by number of steps, on the first prompts only
"""
import argparse
import json
import pathlib

import numpy as np
import torch

from recipe import store
from recipe.draw import Folder
from recipe.text import TextEncoder, Tokens, states
from recipe.weights import load_shards

from . import templates
from .judge import Judge, prepared

SETTINGS = [(1.0, 25), (2.0, 25), (3.0, 25), (5.0, 25), (7.0, 25), (3.0, 4), (3.0, 8), (3.0, 15), (3.0, 50)]  # (guidance, steps)


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


class Measure:
    """A folder, the judge and the real pictures, with what is asked of them."""

    def __init__(self, a):
        self.a, self.model, self.judge = a, Folder(a.folder, a.threads), load_shards(Judge, a.judge)
        self.images, self.meta = store.load(a.data)
        self.encoder, self.tokens = load_shards(TextEncoder, a.text / "weights"), Tokens(a.text / "tokenizer")

    @torch.no_grad()
    def read(self, prompts):
        return self.judge.read(torch.from_numpy(states(self.encoder, self.tokens, prompts)).float())

    def asked(self, index):
        return [self.meta[i]["captions"][0] for i in index]

    def seen_names(self):
        """One picture of each of so many names, scenes left out, by index."""
        rng, once = np.random.default_rng(1), {}
        for i in rng.permutation([i for i, m in enumerate(self.meta) if m["weight"] > 0 and not m["scene"]]):
            once.setdefault(self.meta[i]["name"], int(i))
        return sorted(list(once.values())[:self.a.prompts])

    def part(self, index):
        """Report on pictures drawn for the captions of these real ones, their vectors and features, and the words'."""
        prompts = self.asked(index)
        words, mine = self.read(prompts), seen(self.judge, generated(self.model, prompts, self.a.steps, self.a.guidance))
        real = seen(self.judge, np.stack([self.images[i] for i in index]))
        return {"generated": retrieval(mine[0], words), "real": retrieval(real[0], words), "frechet": round(frechet(mine[1], real[1]), 3)}, mine, words

    def settings(self, index):
        prompts, out = self.asked(index), {}
        words = self.read(prompts)
        for guidance, steps in SETTINGS:
            out[f"guidance {guidance:g}, {steps} steps"] = retrieval(seen(self.judge, generated(self.model, prompts, steps, guidance))[0], words)
        return out

    def templated(self):
        colours, counts = templates.colour_prompts(), templates.count_prompts()
        drawn = [generated(self.model, [p for _, p in asked], self.a.steps, self.a.guidance) for asked in (colours, counts)]
        return {"colours": templates.colours_right(colours, drawn[0]), "counts": templates.counts_right(counts, drawn[1])}

    def report(self):
        index = self.seen_names()
        held = [i for i, m in enumerate(self.meta) if m["held"]]
        out = {"folder": str(self.a.folder), "steps": self.a.steps, "guidance": self.a.guidance, "prompts": len(index)}
        out["seen"], mine, words = self.part(index)
        out["styles"] = by_style(self.meta, index, mine[0], words)
        out["copies"] = copies(mine[1], seen(self.judge, self.images)[1], [m["name"] for m in self.meta])
        out["unseen"] = self.part(held)[0]
        out |= self.templated()
        if self.a.settings:
            out["settings"] = self.settings(index[::max(1, len(index) // self.a.settings)][:self.a.settings])
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
    ap.add_argument("--settings", type=int, default=100, help="prompts for each guidance and step count; 0: none")
    ap.add_argument("--threads", type=int, default=2)
    a = ap.parse_args()
    torch.set_num_threads(a.threads)
    report = Measure(a).report()
    print(json.dumps(report, indent=2))
    if a.out:
        a.out.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
