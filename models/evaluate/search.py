"""Best of N seeds, chosen by the folder's verifier: what is won, and what stopping the weaker half early costs of it.

    python -m evaluate.search --folder nirvana --data DATA --text TEXT --judge JUDGE --out OUT [--prompts prompts.json]

Every prompt is drawn from --most seeds to the end once, with the verifier's score of the predicted x_0 at each of LOOKS; every
N, with and without successive halving, is then read off these. Writes to OUT: search.json, search.md (the table), and a sheet a
choice (one-seed.png, best-of-4.png, ..., numbered, to be counted by eye). The judge that measures is not the verifier that chooses.
What was drawn lies in OUT/drawn, a file a prompt, under the digest of the folder's files and the settings: stopped and called again,
it goes on where it was.
"""
import argparse
import functools
import hashlib
import json
import pathlib

import numpy as np
import torch

from recipe import store
from recipe.draw import Folder

from . import measure
from .sheet import FRESH, numbered

LOOKS = (3, 4, 5, 6, 8, 10, 12, 15, 18)  # steps done when the verifier looks
# N -> looks after each of which the weaker half stops
HALVINGS = {4: (6, 12), 8: (4, 8, 15), 16: (3, 6, 10, 15)}


def half_size(x0):
    """Latents at half the side: decoded, they are the same picture at half the size, four times as fast."""
    n, c, h, w = x0.shape
    return x0.reshape(n, c, h // 2, 2, w // 2, 2).mean((3, 5)).astype(np.float32)


def denoised(model, prompt, seeds, steps, guidance, watch):
    """(the prompt's states, the pictures uint8 [n, H, W, 3] of the seeds that watch(states, steps done, predicted x_0) let go on)."""
    side, n = model.net["sample_size"], len(seeds)
    states, null = model.encode([prompt]), model.encode([""])
    noise = np.stack([np.random.default_rng(s).standard_normal((model.net["in_channels"], side, side), np.float32) for s in seeds])
    latents = model.denoise(np.repeat(states, n, 0), np.repeat(null, n, 0), noise, steps, guidance, watch=lambda done, x0: watch(states, done, x0))
    return states, model.decode(latents)


def drawn(model, prompt, seeds, steps, guidance):
    """(scores float32 [looks + 1, N], the last of the finished pictures; pictures uint8 [N, H, W, 3])."""
    rows = []

    def watch(states, done, x0):
        if done in LOOKS:
            rows.append(model.score(states, model.decode(half_size(x0))))
    states, pictures = denoised(model, prompt, seeds, steps, guidance, watch)
    return np.stack([*rows, model.score(states, pictures)]), pictures


def kept(there, draw):
    """(scores, pictures) of draw() as they lie in the file there; made and written where there is none."""
    if not there.exists():
        scores, pictures = draw()
        there.parent.mkdir(parents=True, exist_ok=True)
        with open(f"{there}.part", "wb") as file:
            np.savez_compressed(file, scores=scores, pictures=pictures)
        pathlib.Path(f"{there}.part").rename(there)
    with np.load(there) as file:
        return file["scores"], file["pictures"]


@functools.cache
def weights(folder):
    """The digest of a folder's graphs."""
    sums = hashlib.sha256()
    for path in sorted(pathlib.Path(folder).glob("*/model.onnx")):
        sums.update(path.read_bytes())
    return sums.hexdigest()


def digest(folder, prompt, *settings):
    """Of the folder's graphs, a prompt and the settings: what a drawing follows from."""
    return hashlib.sha256(repr((weights(folder), prompt, settings, LOOKS)).encode()).hexdigest()[:16]


def best_of(model, prompt, n, also=(), steps=25, guidance=3.0):
    """(the seed that is left of n when the weaker half stops at each look, seed -> (its score, its picture) of the finished ones):
    those left, and those also asked for, which are drawn to the end without taking part further."""
    alive, rows = np.arange(n), np.arange(n)

    def watch(states, done, x0):
        nonlocal alive, rows
        if done not in HALVINGS[n]:
            return None
        scores = model.score(states, model.decode(half_size(x0[np.isin(rows, alive)])))
        alive = stronger(alive, scores)
        left = np.flatnonzero(np.isin(rows, [*also, *alive]))
        rows = rows[left]
        return left
    states, pictures = denoised(model, prompt, range(n), steps, guidance, watch)
    finished = dict(zip(rows.tolist(), zip(model.score(states, pictures).tolist(), pictures)))
    return max(alive.tolist(), key=lambda seed: finished[seed][0]), finished


def stronger(alive, scores):
    """The half with the better scores, in order."""
    order = np.argsort(-scores, kind="stable")
    return alive[np.sort(order[:max(1, len(alive) // 2)])]


def best(scores, n):
    """Which of the first n seeds has the best finished picture."""
    return int(scores[-1, :n].argmax())


def halved(scores, n, steps, schedule):
    """Which of the first n seeds is left when the weaker half stops at each look of the schedule, and the steps that all took."""
    alive, taken, past = np.arange(n), 0, 0
    for look in schedule:
        taken, past = taken + len(alive) * (look - past), look
        alive = stronger(alive, scores[LOOKS.index(look), alive])
    taken += len(alive) * (steps - past)
    return int(alive[scores[-1, alive].argmax()]), taken


def agreement(scores):
    """Of each look: rank correlation (Spearman) of its scores with those of the finished pictures, mean over the prompts [P, looks + 1, N]."""
    def ranks(x):
        return x.argsort(-1).argsort(-1).astype(np.float64)
    out = {}
    for k, look in enumerate(LOOKS):
        r = [np.corrcoef(ranks(s[k]), ranks(s[-1]))[0, 1] for s in scores]
        out[look] = round(float(np.mean(r)), 3)
    return out


def choices(scores, steps):
    """Name -> (chosen seed of every prompt, steps a prompt), for one seed, every N with and without halving, and the best of all."""
    out = {"one seed": ([0] * len(scores), steps)}
    for n, schedule in HALVINGS.items():
        if n <= scores[0].shape[1]:
            out[f"best of {n}"] = [best(s, n) for s in scores], n * steps
            out[f"best of {n}, halving"] = [halved(s, n, steps, schedule)[0] for s in scores], halved(scores[0], n, steps, schedule)[1]
    return out


def table(rows):
    out = ["| choice | steps of the U-Net | verifier's score | own prompt nearest (among 5) to the judge | judge's cosine |", "|---|---|---|---|---|"]
    out += [f"| {name} | {r['steps']} | {r['score']:.2f} | {r['top1']:.2f} ({r['top5']:.2f}) | {r['cosine']:.3f} |" for name, r in rows.items()]
    return "\n".join(out) + "\n"


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("data", "text", "judge", "out"):
        ap.add_argument(f"--{name}", type=pathlib.Path, required=True)
    ap.add_argument("--folder", default="nirvana")
    ap.add_argument("--prompts", type=pathlib.Path, default=FRESH, help="JSON list")
    ap.add_argument("--most", type=int, default=16, help="seeds a prompt")
    ap.add_argument("--steps", type=int, default=25)
    ap.add_argument("--guidance", type=float, default=3.0)
    ap.add_argument("--words", type=int, default=500, help="prompts among which a picture's own is looked for")
    ap.add_argument("--threads", type=int, default=1)
    a = ap.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(a.threads)
    prompts, model = json.loads(a.prompts.read_text()), Folder(a.folder, a.threads)
    scores, pictures = [], []
    for i, prompt in enumerate(prompts):
        there = a.out / "drawn" / f"{digest(a.folder, prompt, a.most, a.steps, a.guidance)}.npz"
        s, p = kept(there, lambda: drawn(model, prompt, range(a.most), a.steps, a.guidance))
        scores.append(s)
        pictures.append(p)
        print(f"{i + 1} of {len(prompts)}: {prompt}, score {s[-1].min():.1f} to {s[-1].max():.1f}", flush=True)
    reader = measure.Reader(a.judge, a.text)
    words = reader.read(measure.among(prompts, store.load(a.data)[1], a.words))
    rows = {}
    for name, (chosen, steps) in choices(scores, a.steps).items():
        picked = np.stack([p[k] for p, k in zip(pictures, chosen)])
        seen = measure.seen(reader.judge, picked)[0]
        rows[name] = dict(steps=steps, score=float(np.mean([s[-1, k] for s, k in zip(scores, chosen)])),
                          cosine=(seen * words[:len(seen)]).sum(1).mean().item(), **measure.retrieval(seen, words))
        numbered(prompts, picked, 8, 144).save(a.out / f"{name.replace(' ', '-').replace(',', '')}.png")
    report = dict(prompts=len(prompts), rows=rows, agreement=agreement(scores))
    (a.out / "search.json").write_text(json.dumps(report, indent=2) + "\n")
    (a.out / "search.md").write_text(table(rows))
    print(table(rows), "agreement with the finished picture after so many steps:", report["agreement"])


if __name__ == "__main__":
    main()
