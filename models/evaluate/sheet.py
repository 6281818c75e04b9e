"""The fixed sheet: 64 prompts, two seeds each, to be looked at after every training.

    python -m evaluate.sheet --folder nirvana --out sheet.png
"""
import argparse
import json
import pathlib

import numpy as np
from PIL import Image, ImageDraw

from recipe.draw import Folder, sheet

PROMPTS = pathlib.Path(__file__).parent / "prompts.json"
FRESH = pathlib.Path(__file__).parent / "fresh.json"


def drawn(model, prompts, steps, guidance):
    """uint8 [2 N, h, w, 3]: every prompt with two seeds."""
    pictures = []
    for start in range(0, len(prompts), 8):
        some = prompts[start:start + 8]
        first, second = (model.draw(some, seed + start, steps, guidance) for seed in (0, 1000))
        pictures += [p for pair in zip(first, second) for p in pair]
    return np.stack(pictures)


def numbered(prompts, pictures, columns, cell, lines=2):
    """Pictures in rows with number and prompt under each."""
    high = cell + 12 * lines + 6
    whole = Image.new("RGB", (columns * cell, -(-len(pictures) // columns) * high), "white")
    pen, wide = ImageDraw.Draw(whole), max(1, cell // 6)
    for i, (said, p) in enumerate(zip(prompts, pictures)):
        x, y = i % columns * cell, i // columns * high
        whole.paste(Image.fromarray(np.asarray(p)).resize((cell - 4, cell - 4), Image.LANCZOS), (x + 2, y + 2))
        text, rows = f"{i + 1} {said}", []
        while text and len(rows) < lines:
            cut = len(text) if len(text) <= wide else max(text.rfind(" ", 0, wide + 1), 1)
            rows.append(text[:cut])
            text = text[cut:].strip()
        pen.multiline_text((x + 4, y + cell), "\n".join(rows), fill="black", spacing=1)
    return whole


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
