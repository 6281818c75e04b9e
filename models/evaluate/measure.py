"""Numbers for a model folder, against real pictures: JSON on the terminal and in --out.

retrieval       share of pictures whose own prompt is the nearest (or among the nearest five) of all prompts asked,
                for generated and for real pictures
distance        Frechet distance of the judge's features to real pictures of other prompts (after Heusel et al., 2017)
copies          share of generated pictures nearer to a training picture than half of what training pictures of
                other names are to each other, and the median distance to the nearest
unseen          retrieval of concept and style pairs that were held out of training
colours, counts share of templated prompts whose main colour, or whose number of things, is the one asked
combined        copies among pictures of prompts that combine two things
kinds           top-5 retrieval by kind of thing, and counts by number (numbers): what it cannot do
settings        retrieval by guidance and by number of steps, and of the draft, on the first prompts only
"""
import argparse
import json
import pathlib

import numpy as np
import torch
from PIL import Image

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


def ranks(pictures, words):
    """How many of the words [M, D] are nearer to each picture [N, D] than its own, which come first and in its order."""
    near = pictures @ words.t()
    return (near > near.diagonal()[:, None]).sum(1)  # its own from the same product, which rounds alike


def retrieval(pictures, words):
    """Top-1 and top-5 share; words as in ranks."""
    rank = ranks(pictures, words)
    return {"top1": round((rank == 0).float().mean().item(), 3), "top5": round((rank < 5).float().mean().item(), 3)}


def frechet(a, b):
    """Frechet distance of two sets of features [N, D], as of normal distributions."""
    a, b = a.double().numpy(), b.double().numpy()
    ca, cb = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    w, v = np.linalg.eigh(ca)
    root = (v * np.sqrt(w.clip(0))) @ v.T
    cross = np.sqrt(np.linalg.eigvalsh(root @ cb @ root).clip(0)).sum()
    return float(((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(ca) + np.trace(cb) - 2 * cross)


def distance(features, real):
    """Frechet distance to the second half of the real pictures' features. As it falls with the number of pictures, it is
    taken of as many as there are in that half at most; of the first half itself, it is what real pictures have."""
    n = min(len(real) // 2, len(features))
    return round(frechet(features[:n], real[len(real) - n:]), 3)


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
    rank, out = ranks(pictures, words), {}
    for source in sorted({meta[i]["source"] for i in chosen}):
        mine = torch.tensor([meta[i]["source"] == source for i in chosen])
        out[source] = round((rank[mine] == 0).float().mean().item(), 3)
    return out


def by_kind(meta, chosen, pictures, real, words, least=4):
    """Kind of thing (emojibase's subgroup) -> top-5 retrieval of generated and of real pictures, of kinds with so many at least."""
    kinds = [meta[i]["subgroup"] or "clip art and other" for i in chosen]
    mine, theirs, out = ranks(pictures, words) < 5, ranks(real[:len(pictures)], words) < 5, {}
    for kind in sorted(set(kinds)):
        some = torch.tensor([k == kind for k in kinds])
        if some.sum() >= least:
            out[kind] = dict(generated=round(mine[some].float().mean().item(), 2), real=round(theirs[some].float().mean().item(), 2), of=int(some.sum()))
    return out


def one_a_name(meta):
    """One picture of each name, scenes left out, by index: in random order, so that the first few are as good as any."""
    rng, once = np.random.default_rng(1), {}
    for i in rng.permutation([i for i, m in enumerate(meta) if m["weight"] > 0 and not m["scene"]]):
        once.setdefault(meta[i]["name"], int(i))
    return list(once.values())


def among(prompts, meta, count):
    """The prompts, and captions of other names until there are so many."""
    others = [c for c in (meta[i]["captions"][0] for i in one_a_name(meta)) if c not in prompts]
    return [*prompts, *others[:count - len(prompts)]]


class Reader:
    """The judge with the text encoder that it reads through."""

    def __init__(self, judge, text):
        self.judge = load_shards(Judge, judge)
        self.encoder, self.tokens = load_shards(TextEncoder, text / "weights"), Tokens(text / "tokenizer")

    @torch.no_grad()
    def read(self, prompts):
        return self.judge.read(torch.from_numpy(states(self.encoder, self.tokens, prompts)).float())


class Measure(Reader):
    """A folder, the judge and the real pictures, with what is asked of them."""

    def __init__(self, a):
        super().__init__(a.judge, a.text)
        torch.set_num_threads(a.threads)
        self.a, self.model = a, Folder(a.folder, a.threads)
        self.images, self.meta = store.load(a.data)

    def asked(self, index):
        return [self.meta[i]["captions"][0] for i in index]

    def part(self, index, count):
        """Report on pictures drawn for the captions of the first of these real ones, among the captions of all; the
        pictures, their vectors and features, and the words'."""
        prompts = self.asked(index)
        words, drawn = self.read(prompts), generated(self.model, prompts[:count], self.a.steps, self.a.guidance)
        mine, real = seen(self.judge, drawn), seen(self.judge, np.stack([self.images[i] for i in index]))
        report = {"generated": retrieval(mine[0], words), "real": retrieval(real[0], words), "of": len(index),
                  "frechet": distance(mine[1], real[1]), "frechet_real": distance(real[1][:len(drawn)], real[1])}
        return report, drawn, mine, real, words

    def settings(self, words):
        """Retrieval of the first prompts by guidance and steps."""
        prompts, out = self.prompts[:self.a.settings], {}
        for guidance, steps in SETTINGS if prompts else ():
            usual = (guidance, steps) == (self.a.guidance, self.a.steps)
            drawn = self.pictures[:len(prompts)] if usual else generated(self.model, prompts, steps, guidance)
            out[f"guidance {guidance:g}, {steps} steps"] = retrieval(seen(self.judge, drawn)[0], words)
        return out

    def draft(self, words, most=100):
        """Retrieval of the draft's pictures of the first prompts, where the folder has one."""
        if "_draft" not in self.model.index:
            return {}
        prompts = self.prompts[:most]
        drawn = np.concatenate([self.model.draft(prompts[s:s + 8], s) for s in range(0, len(prompts), 8)])
        return {f"draft, {self.model.index['_draft']['num_inference_steps']} steps": retrieval(seen(self.judge, drawn)[0], words)}

    def templated(self):
        colours, counts = templates.colour_prompts()[::self.a.every], templates.count_prompts()[::self.a.every]
        drawn = [generated(self.model, [p for _, p in asked], self.a.steps, self.a.guidance) for asked in (colours, counts)]
        numbers = {n: templates.counts_right(*zip(*[(c, p) for c, p in zip(counts, drawn[1]) if c[0] == n])) for n in sorted({n for n, _ in counts})}
        return {"colours": templates.colours_right(colours, drawn[0]), "counts": templates.counts_right(counts, drawn[1]), "numbers": numbers}

    def baseline(self, prompts, words, real, training, names):
        """Another model's figures for the same prompts: of a folder, or of its pictures 000.png, 001.png, ..."""
        if (self.a.baseline / "model_index.json").exists():
            drawn = generated(Folder(self.a.baseline, self.a.threads), prompts, self.a.steps, self.a.guidance)
        else:
            drawn = [np.asarray(Image.open(self.a.baseline / f"{i:03d}.png").convert("RGB")) for i in range(len(prompts))]
            drawn = np.stack(drawn)
        mine = seen(self.judge, drawn)
        return retrieval(mine[0], words) | {"frechet": distance(mine[1], real), "copies": copies(mine[1], training, names)["share"]}

    def report(self):
        index, a = one_a_name(self.meta)[:self.a.prompts], self.a
        held = np.random.default_rng(2).permutation([i for i, m in enumerate(self.meta) if m["held"]])
        out = {"folder": str(a.folder), "steps": a.steps, "guidance": a.guidance}
        out["seen"], self.pictures, mine, real, words = self.part(index, a.drawn)
        self.prompts = self.asked(index[:len(self.pictures)])
        fit = (mine[0] * words[:len(mine[0])]).sum(1) - (mine[0] @ words.t()).mean(1)
        self.order = fit.argsort().numpy()  # worst first
        out["prompts"], out["of"] = len(self.pictures), len(index)
        out["styles"] = by_style(self.meta, index[:len(self.pictures)], mine[0], words)
        out["kinds"] = by_kind(self.meta, index[:len(self.pictures)], mine[0], real[0], words)
        training, names = seen(self.judge, self.images)[1], [m["name"] for m in self.meta]
        out["copies"] = copies(mine[1], training, names)
        pairs = templates.pair_prompts()[::min(a.every, 2)]
        out["combined"] = copies(seen(self.judge, generated(self.model, pairs, a.steps, a.guidance))[1], training, names)
        out["unseen"] = self.part(held, a.unseen)[0]
        out |= self.templated()
        if a.baseline:
            out["baseline"] = self.baseline(self.prompts, words, real[1], training, names)
        out["settings"] = self.settings(words) | self.draft(words)
        return out


def arguments(ap):
    ap.add_argument("--folder", default="nirvana")
    ap.add_argument("--data", type=pathlib.Path, required=True)
    ap.add_argument("--text", type=pathlib.Path, required=True)
    ap.add_argument("--judge", type=pathlib.Path, required=True)
    ap.add_argument("--baseline", type=pathlib.Path, help="another model's folder, or its pictures 000.png and so on")
    ap.add_argument("--prompts", type=int, default=500, help="among which a picture's own is looked for")
    ap.add_argument("--drawn", type=int, default=500, help="of them")
    ap.add_argument("--unseen", type=int, default=500, help="pictures of concepts and styles never seen together")
    ap.add_argument("--every", type=int, default=1, help="of the templated prompts one of so many")
    ap.add_argument("--steps", type=int, default=25)
    ap.add_argument("--guidance", type=float, default=3.0)
    ap.add_argument("--settings", type=int, default=100, help="prompts for each guidance and step count; 0: none")
    ap.add_argument("--threads", type=int, default=2)


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments(ap)
    ap.add_argument("--out", type=pathlib.Path)
    a = ap.parse_args()
    report = Measure(a).report()
    print(json.dumps(report, indent=2))
    if a.out:
        a.out.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
