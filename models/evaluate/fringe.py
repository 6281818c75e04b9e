"""The rim of pictures that are cut out: laid on white, black and colours, how far are they from the drawing laid there itself?

    python -m evaluate.fringe --data DATA --ae ALPHA/weights --out fringe.md [--sheet fringe.png]

Held-out plain drawings go through the autoencoder; its fourth channel cuts them out, and for comparison the flood of the plain
ground from the border does. The error is taken where the drawing's own rim is, 2 px around it: mean difference in levels of 255.
"""
import argparse
import pathlib

import numpy as np
import torch

from recipe import store
from recipe.autoencoder import Autoencoder
from recipe.draw import sheet
from recipe.train_autoencoder import tensor
from recipe.weights import load_shards

GROUNDS = {"white": (255, 255, 255), "black": (0, 0, 0), "red": (220, 30, 40), "blue": (30, 80, 200)}
TOLERANCE = 40  # sum of differences of the three colours that still is the ground, for the flood


def laid_on(ground, on_white, alpha):
    """A picture that is known on white [H, W, 3] and its opacity [H, W] in [0, 1] -> float32 [H, W, 3] on this colour."""
    gone = 1 - alpha[..., None]
    own = np.clip(np.asarray(on_white, np.float32) - 255 * gone, 0, None)  # the colours times the opacity
    return np.clip(own + gone * np.asarray(ground, np.float32), 0, 255)


def grown(mask, pixels):
    """A bool mask [H, W] and all within so many pixels of it, in steps along the grid."""
    for _ in range(pixels):
        wide = np.pad(mask, 1)
        mask = wide[1:-1, 1:-1] | wide[:-2, 1:-1] | wide[2:, 1:-1] | wide[1:-1, :-2] | wide[1:-1, 2:]
    return mask


def filled(seeds, mask):
    """What of a bool mask [H, W] is reached from the seeds [H, W] in it, in steps along the grid."""
    while True:
        more = grown(seeds, 1) & mask
        if (more == seeds).all():
            return seeds
        seeds = more


def edge(like):
    """The border's pixels of a picture of this size, bool [H, W]."""
    where = np.ones(like.shape, bool)
    where[1:-1, 1:-1] = False
    return where


def rim(alpha):
    """Where opacity [H, W] in [0, 1] changes, 2 px around."""
    inside = alpha > 0.5
    soft = (alpha > 0.02) & (alpha < 0.98)
    return grown(soft | (grown(inside, 1) & ~inside), 2)


def flooded(picture):
    """Opacity 0 where the border's median colour reaches from the border inwards, else 1: float32 [H, W]."""
    p = np.asarray(picture, int)
    border = np.concatenate([p[0], p[-1], p[:, 0], p[:, -1]])
    like = np.abs(p - np.median(border, 0)).sum(-1) <= TOLERANCE
    return 1 - filled(edge(like) & like, like).astype(np.float32)


def error(ground, drawing, alpha, picture, opacity):
    """Mean difference at the drawing's rim, of the picture with its opacity to the drawing with its own, both laid on the ground."""
    where = rim(alpha)
    return float(np.abs(laid_on(ground, drawing, alpha) - laid_on(ground, picture, opacity))[where].mean())


@torch.no_grad()
def through(ae, drawings):
    """(uint8 on white [N, H, W, 3], opacity [N, H, W] in [0, 1]) of drawings as the autoencoder gives them back."""
    out = np.concatenate([ae.decode(ae.encode(tensor(drawings[s:s + 8], torch.device("cpu")))).clamp(-1, 1).numpy() for s in range(0, len(drawings), 8)])
    return ((out[:, :3] + 1) * 127.5).round().astype(np.uint8).transpose(0, 2, 3, 1), (out[:, 3] + 1) / 2


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("data", "ae", "out"):
        ap.add_argument(f"--{name}", type=pathlib.Path, required=True)
    ap.add_argument("--sheet", type=pathlib.Path)
    ap.add_argument("--count", type=int, default=128)
    a = ap.parse_args()
    images, meta = store.load(a.data)
    held = [i for i, m in enumerate(meta) if m["held"]][:a.count]
    drawings, alphas = np.stack([images[i] for i in held]), store.alphas(a.data)[held].astype(np.float32) / 255
    pictures, opacity = through(load_shards(Autoencoder, a.ae), drawings)
    ways = {"the decoder's opacity": opacity, "flood of the ground": np.stack([flooded(p) for p in pictures]),
            "the drawing's own opacity": alphas}
    lines = ["| cut out by | " + " | ".join(f"on {g}" for g in GROUNDS) + " |", "|---" * (len(GROUNDS) + 1) + "|"]
    for name, way in ways.items():
        means = [np.mean([error(g, *four) for four in zip(drawings, alphas, pictures, way)]) for g in GROUNDS.values()]
        lines.append(f"| {name} | " + " | ".join(f"{m:.1f}" for m in means) + " |")
    text = "\n".join(lines) + f"\n\n{len(held)} held-out drawings of {drawings.shape[1]} px; mean difference of 255 within 2 px of their rim.\n"
    a.out.write_text(text)
    print(text)
    if a.sheet:
        shown = [laid_on(g, p, o).round().astype(np.uint8) for p, o in list(zip(pictures, opacity))[::6] for g in GROUNDS.values()]
        sheet(shown, 12, 128).save(a.sheet)


if __name__ == "__main__":
    main()
