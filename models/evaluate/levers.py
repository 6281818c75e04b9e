"""What can be won without training: guidance, its interval and rescale, steps, and a style where the prompt names none.

    python -m evaluate.levers --folder nirvana --data DATA --text TEXT --judge JUDGE --out OUT [--seeds 2] [--steps 12] [--only "guidance 2"]

Draws the fresh prompts without their styles from the same seeds with every lever, and compares with the usual settings, picture
by picture: the judge's cosine to the prompt without style, its difference to the usual ± a standard error over the prompts, and
retrieval among 500. A lever that does not gain three standard errors has not gained. Writes levers.md and a numbered sheet a lever;
what was drawn is kept, so a call that was stopped goes on.
"""
import argparse
import json
import pathlib
import re

import numpy as np
import torch

from recipe import store
from recipe.draw import Folder

from . import measure
from .search import digest, kept
from .sheet import FRESH, numbered

STYLES = ("3d emoji", "flat emoji", "noto style", "twemoji style")
USUAL = "usual"


def unstyled(prompts):
    """'a lemon, noto style' -> 'a lemon'."""
    return [re.sub(r", [a-z0-9 -]*(emoji|style)$", "", p) for p in prompts]


def within(low, high, scale):
    """Guidance at timesteps from low to high only (Kynkaanniemi et al., 2024)."""
    return lambda t, u, v: u + np.float32(scale) * (v - u) if low <= t <= high else v


def rescaled(share, scale):
    """Guidance whose deviation goes back to that of the output with the prompt by this share (Lin et al., 2023)."""
    def guide(t, u, v):
        g = u + np.float32(scale) * (v - u)
        fitted = g * (v.std((1, 2, 3), keepdims=True) / g.std((1, 2, 3), keepdims=True))
        return np.float32(share) * fitted + np.float32(1 - share) * g
    return guide


def levers(steps, guidance):
    """Name -> (steps, guidance, guide, style, deviation of the first noise)."""
    out = {USUAL: (steps, guidance, None, "", 1.0)}
    out |= {f"in {style}": (steps, guidance, None, style, 1.0) for style in STYLES}
    out |= {f"guidance {g:g}": (steps, g, None, "", 1.0) for g in (2.0, 4.0, 5.0, 7.0)}
    out |= {f"guidance {guidance + more:g} below timestep 800": (steps, guidance, within(0, 800, guidance + more), "", 1.0) for more in (0, 2)}
    out |= {f"guidance {guidance + more:g} rescaled by 0.7": (steps, guidance, rescaled(0.7, guidance + more), "", 1.0) for more in (0, 2)}
    out |= {f"{2 * steps} steps": (2 * steps, guidance, None, "", 1.0)}
    return out | {f"first noise times {d:g}": (steps, guidance, None, "", d) for d in (0.9, 1.05)}


def drawn(model, prompt, seeds, steps, guidance, guide, style, deviation):
    """(the verifier's scores [N] for the prompt without style, pictures uint8 [N, H, W, 3])."""
    side, n = model.net["sample_size"], len(seeds)
    states, null = model.encode([f"{prompt}, {style}" if style else prompt]), model.encode([""])
    noise = np.stack([np.random.default_rng(s).standard_normal((model.net["in_channels"], side, side), np.float32) for s in seeds])
    latents = model.denoise(np.repeat(states, n, 0), np.repeat(null, n, 0), np.float32(deviation) * noise, steps, guidance, guide=guide)
    pictures = model.decode(latents)
    return model.score(model.encode([prompt]), pictures), pictures


def row(name, pictures, usual, reader, words):
    """A line of the table: pictures and the usual ones [prompts, seeds, H, W, 3] against the words' vectors of prompts and others."""
    def cosine(some):
        return np.stack([(measure.seen(reader.judge, np.stack([p[k] for p in some]))[0] * words[:len(some)]).sum(1).numpy() for k in range(len(some[0]))], 1)
    mine = cosine(pictures)
    won = (mine - cosine(usual)).mean(1)
    found = [measure.retrieval(measure.seen(reader.judge, np.stack([p[k] for p in pictures]))[0], words) for k in range(len(pictures[0]))]
    top1, top5 = (float(np.mean([f[t] for f in found])) for t in ("top1", "top5"))
    return f"| {name} | {mine.mean():.3f} | {won.mean():+.3f} ± {won.std(ddof=1) / len(won) ** 0.5:.3f} | {top1:.2f} ({top5:.2f}) |"


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("data", "text", "judge", "out"):
        ap.add_argument(f"--{name}", type=pathlib.Path, required=True)
    ap.add_argument("--folder", default="nirvana")
    ap.add_argument("--prompts", type=pathlib.Path, default=FRESH, help="JSON list; their styles are left out")
    ap.add_argument("--seeds", type=int, default=2)
    ap.add_argument("--first", type=int, default=0, help="first seed")
    ap.add_argument("--steps", type=int, default=12)
    ap.add_argument("--guidance", type=float, default=3.0)
    ap.add_argument("--words", type=int, default=500)
    ap.add_argument("--only", action="append", help="a lever's name; may be given again; default: all")
    ap.add_argument("--threads", type=int, default=1)
    a = ap.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(a.threads)
    prompts, model, reader = unstyled(json.loads(a.prompts.read_text())), Folder(a.folder, a.threads), measure.Reader(a.judge, a.text)
    words, seeds = reader.read(measure.among(prompts, store.load(a.data)[1], a.words)), range(a.first, a.first + a.seeds)
    table, usual = ["| lever | judge's cosine | beside the usual | own prompt nearest of 500 (among 5) |", "|---|---|---|---|"], None
    for name, lever in levers(a.steps, a.guidance).items():
        if a.only and name not in (USUAL, *a.only):
            continue
        parts = [kept(a.out / "drawn" / f"{digest(a.folder, p, name, a.steps, a.guidance, seeds)}.npz", lambda: drawn(model, p, seeds, *lever)) for p in prompts]
        pictures = [p for _, p in parts]
        usual = usual or pictures
        table.append(row(name, pictures, usual, reader, words))
        print(table[-1], flush=True)
        (a.out / "levers.md").write_text("\n".join(table) + "\n")
        numbered(prompts, [p[0] for p in pictures], 8, 144).save(a.out / f"{name.replace(' ', '-')}.png")


if __name__ == "__main__":
    main()
