"""White parts of drawings against the white ground: do they stay opaque, and do holes stay open?

    python -m evaluate.white --data DATA --ae ALPHA/weights INSIDE/weights --out white.md [--sure 0.7,0.8 0.6,0.9] [--sheet white.png]
    python -m evaluate.white --folder nirvana OTHER --sheet prompts.png      # generated pictures, to be counted by eye

Held-out plain drawings go through each autoencoder. White and opaque: what a drawing's own opacity says of pixels that look like the
ground; lost is what comes out more than half transparent. A closed hole is a transparent region that the border does not reach; it
is kept while most of it stays transparent. --sure: the shares from and to which inside.py's network makes a pixel opaque, for
autoencoders that have it; their graph has those of inside.SURE. --sheet: the drawings that change most, on the drawing's own
opacity and on each decoder's, on a coloured ground; with --folder the prompts of white.json, drawn once by the first folder and decoded
by each.
"""
import argparse
import json
import pathlib

import numpy as np
import torch

from recipe import store
from recipe.autoencoder import Autoencoder
from recipe.draw import Folder, sheet
from recipe.inside import SURE, combined
from recipe.train_autoencoder import tensor
from recipe.weights import load_shards

from .fringe import GROUNDS, edge, error, filled, laid_on

PROMPTS = pathlib.Path(__file__).with_name("white.json")  # things with white parts, and with holes, to be drawn and looked at
WHITE = 231  # least level of all three colours that is white
GREEN = 40, 140, 90  # the ground of the sheets
HOLE = 60  # pixels that a closed transparent region has at least to count as a hole, of 256 x 256
COLUMNS = ("decoder", "white lost, of 100", "opacity error there", "holes kept", "clear made opaque, of 100", "opacity error", *(f"fringe on {g}" for g in GROUNDS))


def holes(alpha, least=HOLE):
    """The closed transparent regions of opacity [H, W] in [0, 1], each of at least so many pixels: bool masks [H, W]."""
    clear = alpha < 0.5
    left, found = clear & ~filled(edge(clear) & clear, clear), []
    while left.any():
        seed = np.zeros_like(left)
        seed.flat[left.argmax()] = True
        one = filled(seed, left)
        left &= ~one
        if one.sum() >= least:
            found.append(one)
    return found


class Count:
    """What pictures that are cut out keep of drawings, added up over them."""

    def __init__(self):
        self.white = self.lost = self.clear = self.opaque = self.holes = self.kept = self.pixels = 0
        self.far = self.far_white = 0.0  # sums of the differences of opacity

    def add(self, drawing, alpha, opacity, closed):
        """drawing uint8 [H, W, 3] on white with its opacity [H, W] in [0, 1] and its holes; opacity: the picture's."""
        white, clear, off = (drawing.min(-1) >= WHITE) & (alpha >= 0.5), alpha == 0, np.abs(opacity - alpha)
        self.white, self.lost = self.white + int(white.sum()), self.lost + int((opacity[white] < 0.5).sum())
        self.clear, self.opaque = self.clear + int(clear.sum()), self.opaque + int((opacity[clear] >= 0.5).sum())
        self.holes, self.kept = self.holes + len(closed), self.kept + sum(bool((opacity[h] < 0.5).mean() > 0.5) for h in closed)
        self.pixels, self.far, self.far_white = self.pixels + off.size, self.far + float(off.sum()), self.far_white + float(off[white].sum())

    def figures(self):
        """As in COLUMNS, without name and fringes: percentages, levels of 255, counts."""
        return [f"{100 * self.lost / max(1, self.white):.1f}", f"{255 * self.far_white / max(1, self.white):.1f}", f"{self.kept} of {self.holes}",
                f"{100 * self.opaque / max(1, self.clear):.2f}", f"{255 * self.far / max(1, self.pixels):.2f}"]


@torch.no_grad()
def opacities(ae, drawings, sures):
    """(uint8 on white [N, H, W, 3], {name: opacity [N, H, W] in [0, 1]}) of drawings as the autoencoder gives them back: for one with
    inside at each pair of sures."""
    out, ways = [], {}
    for s in range(0, len(drawings), 8):
        z = ae.encode(tensor(drawings[s:s + 8], torch.device("cpu")))
        y = ae.decoder(z * ae.scale + ae.shift)
        out.append(y[:, :3].clamp(-1, 1))
        logits = ae.inside(z) if ae.config["inside"] else None
        for pair in sures if ae.config["inside"] else [None]:
            name = f"inside, {pair[0]:g} to {pair[1]:g}" if pair else "without inside"
            a = combined(y[:, 3:], logits, pair) if pair else y[:, 3:]
            ways.setdefault(name, []).append((a[:, 0].clamp(-1, 1).numpy() + 1) / 2)
    pictures = ((torch.cat(out).numpy() + 1) * 127.5).round().astype(np.uint8).transpose(0, 2, 3, 1)
    return pictures, {name: np.concatenate(parts) for name, parts in ways.items()}


def pair(text):
    low, high = (float(x) for x in text.split(","))
    if not 0 <= low < high <= 1:
        raise argparse.ArgumentTypeError(f"{text}: not two rising shares")
    return low, high


def drawn(folders, prompts, seed=0):
    """uint8 [N, len(folders), H, W, 3]: latents that the first folder draws, decoded and cut out by each, on a coloured ground."""
    first = folders[0]
    states, null = first.encode(prompts), np.repeat(first.encode([""]), len(prompts), 0)
    shape = first.net["in_channels"], first.net["sample_size"], first.net["sample_size"]
    noise = np.stack([np.random.default_rng(seed + i).standard_normal(shape, np.float32) for i in range(len(prompts))])
    latents, out = first.denoise(states, null, noise), []
    for z in latents:
        y = [(f.decoder.run(None, dict(latent_sample=z[None]))[0][0].clip(-1, 1) + 1) / 2 for f in folders]
        out.append([laid_on(GREEN, 255 * p[:3].transpose(1, 2, 0), p[3]).round().astype(np.uint8) for p in y])
    return np.array(out)


def measure(a):
    """Writes the table of autoencoders, and the sheet where one is asked for."""
    images, meta = store.load(a.data)
    held = [i for i, m in enumerate(meta) if m["held"]]
    drawings, alphas = np.stack([images[i] for i in held]), store.alphas(a.data)[held].astype(np.float32) / 255
    closed, ways = [holes(x) for x in alphas], []
    for path in a.ae:
        pictures, found = opacities(load_shards(Autoencoder, path), drawings, a.sure)
        ways += [(name, pictures, opacity) for name, opacity in found.items()]
    lines = ["| " + " | ".join(COLUMNS) + " |", "|---" * len(COLUMNS) + "|"]
    for name, pictures, opacity in ways:
        count = Count()
        for four in zip(drawings, alphas, opacity, closed):
            count.add(*four)
        fringes = [np.mean([error(g, *four) for four in zip(drawings[:a.fringes], alphas, pictures, opacity)]) for g in GROUNDS.values()]
        lines.append("| " + " | ".join([name, *count.figures(), *(f"{x:.1f}" for x in fringes)]) + " |")
    text = "\n".join(lines) + f"\n\n{len(held)} held-out drawings of {drawings.shape[1]} px, fringes of {min(a.fringes, len(held))}; errors of 255.\n"
    a.out.write_text(text)
    print(text)
    if a.sheet:
        most = np.argsort(-sum(np.abs(o - ways[0][2]).mean((1, 2)) for _, _, o in ways[1:]))[:24] if len(ways) > 1 else range(24)
        shown = [laid_on(GREEN, *two).round().astype(np.uint8)
                 for i in most for two in [(drawings[i], alphas[i]), *((p[i], o[i]) for _, p, o in ways)]]
        sheet(shown, 4 * (len(ways) + 1), 128).save(a.sheet)


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("data", "out", "sheet"):
        ap.add_argument(f"--{name}", type=pathlib.Path)
    ap.add_argument("--ae", type=pathlib.Path, nargs="+", default=[])
    ap.add_argument("--folder", nargs="+", default=[])
    ap.add_argument("--sure", type=pair, nargs="+", default=[SURE])
    ap.add_argument("--fringes", type=int, default=40, help="drawings whose rims are measured")
    a = ap.parse_args()
    if a.folder and a.sheet:
        prompts = [p for group in json.loads(PROMPTS.read_text()).values() for p in group]
        shown = drawn([Folder(f) for f in a.folder], prompts)
        sheet(shown.reshape(-1, *shown.shape[2:]), 4 * len(a.folder), 128).save(a.sheet)
        return
    if not (a.data and a.ae and a.out):
        ap.error("--data, --ae and --out, or --folder and --sheet")
    measure(a)


if __name__ == "__main__":
    main()
