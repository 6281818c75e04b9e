"""How often a prompt is drawn right: of --seeds pictures, those whose own prompt is the folder's verifier's nearest of --words.

    python -m evaluate.examples --folder nirvana --data DATA [--prompts examples.json] [--out OUT]

For the prompts that the window offers first, and for a table of what the model cannot draw. With --out, a sheet of the pictures.
"""
import argparse
import json
import pathlib

import numpy as np

from recipe import store
from recipe.draw import Folder, sheet

from .search import best, drawn

EXAMPLES = pathlib.Path(__file__).with_name("examples.json")


def right(model, pictures, own, others):
    """Of each picture, whether no other prompt [1, T, D] has a better score than its own."""
    mine = model.score(own, pictures)
    return [bool(m > t) for m, t in zip(mine, np.max([model.score(o, pictures) for o in others], 0))]


def other_prompts(data, prompts, count):
    """One caption of so many names, without those asked for and without scenes."""
    _, meta = store.load(data)
    rng, once = np.random.default_rng(1), {}
    for i in rng.permutation([i for i, m in enumerate(meta) if m["weight"] > 0 and not m["scene"]]):
        once.setdefault(meta[i]["name"], meta[i]["captions"][0])
    return [c for c in once.values() if c not in prompts][:count]


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--folder", default="nirvana")
    ap.add_argument("--data", type=pathlib.Path, required=True)
    ap.add_argument("--prompts", type=pathlib.Path, default=EXAMPLES, help="JSON list")
    ap.add_argument("--out", type=pathlib.Path)
    ap.add_argument("--seeds", type=int, default=10)
    ap.add_argument("--words", type=int, default=500)
    ap.add_argument("--threads", type=int, default=1)
    a = ap.parse_args()
    prompts, model = json.loads(a.prompts.read_text()), Folder(a.folder, a.threads)
    others = [model.encode([o]) for o in other_prompts(a.data, prompts, a.words)]
    rows, all_pictures = [], []
    for prompt in prompts:
        scores, pictures = drawn(model, prompt, range(a.seeds), 25, 3.0)
        found = right(model, pictures, model.encode([prompt]), others)
        rows.append(dict(prompt=prompt, right=sum(found), of=a.seeds, best=found[best(scores, min(8, a.seeds))]))
        all_pictures.append(pictures)
        print(f"{sum(found)} of {a.seeds}, best of 8 {'right' if rows[-1]['best'] else 'wrong'}: {prompt}", flush=True)
    if a.out:
        a.out.mkdir(parents=True, exist_ok=True)
        (a.out / "examples.json").write_text(json.dumps(rows, indent=1) + "\n")
        sheet(np.concatenate(all_pictures), a.seeds).save(a.out / "examples.png")


if __name__ == "__main__":
    main()
