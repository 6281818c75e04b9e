"""The fixed sheet: 64 prompts, two seeds each, to be looked at after every training.

    python -m evaluate.sheet --folder nirvana --out sheet.png
"""
import argparse
import json
import pathlib

import numpy as np

from recipe.draw import Folder, sheet

PROMPTS = pathlib.Path(__file__).parent / "prompts.json"


def drawn(model, prompts, steps, guidance):
    """uint8 [2 N, h, w, 3]: every prompt with two seeds."""
    pictures = []
    for start in range(0, len(prompts), 8):
        some = prompts[start:start + 8]
        first, second = (model.draw(some, seed + start, steps, guidance) for seed in (0, 1000))
        pictures += [p for pair in zip(first, second) for p in pair]
    return np.stack(pictures)


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--folder", default="nirvana")
    ap.add_argument("--out", default="sheet.png")
    ap.add_argument("--steps", type=int, default=25)
    ap.add_argument("--guidance", type=float, default=3.0)
    ap.add_argument("--cell", type=int, default=96)
    ap.add_argument("--threads", type=int, default=2)
    a = ap.parse_args()
    pictures = drawn(Folder(a.folder, a.threads), json.loads(PROMPTS.read_text()), a.steps, a.guidance)
    sheet(pictures, 16, a.cell).save(a.out)


if __name__ == "__main__":
    main()
