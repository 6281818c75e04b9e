"""Builds the training pictures: fetch, choose, draw, recolour, compose, caption.

    python -m recipe.dataset --data DATA --packs PACKS            # the narrow stage: four styles, no people, three captions
    python -m recipe.dataset --data DATA --packs PACKS --wide     # every set, people, scenes, all captions
    python -m recipe.dataset --data DATA --sheet sheet.png        # look at what is there

Writes DATA/images.npy, DATA/alpha.npy and DATA/meta.jsonl (store.py), and DATA/ATTRIBUTION.md. Pictures marked held, some
concepts in one of their styles, are never trained on: they measure whether a style carries over.
"""
import argparse
import collections
import hashlib
import json
import pathlib
from multiprocessing import Pool

import numpy as np

from . import attribution, balance, render, scenes, sources, store
from .captions import captions, uncoloured
from .draw import sheet
from .safety import safe

NARROW_STYLES = ("fluent-emoji", "fluent-emoji-flat", "noto", "twemoji")
NARROW_GROUPS = (0, 3, 4, 5, 6, 7)  # faces and hearts, animals, food, places, play, things
RECOLOURED = ("fluent-emoji", "fluent-emoji-flat", "noto", "twemoji", "openclipart")
TARGET_HUES = {"red": 2, "orange": 34, "yellow": 54, "green": 125, "blue": 220, "purple": 285, "pink": 335}
HELD_SHARE = 0.06


def wanted(r, wide):
    if not safe(r):
        return False
    if not wide:
        return r["source"] in NARROW_STYLES and r["group"] in NARROW_GROUPS and not balance.RARE.search(r["name"])
    flag = r["group"] == 9 or r["name"].startswith("flag ")
    return not flag or r["source"] == "noto"


def drawn(records, size):
    """(record, RGBA) of every drawing that shows something and is no copy of an earlier one."""
    seen = set()
    with Pool() as pool:
        jobs = ((r["svg"], size, r["source"] == "openclipart") for r in records)
        for r, a in zip(records, pool.imap(render.draw, jobs, chunksize=16)):
            if a is None or (digest := hashlib.md5(a).digest()) in seen:
                continue
            seen.add(digest)
            r["colour"], r["share"], r["hue"] = render.colour_of(render.on_white(a))
            r["recoloured"] = False
            del r["svg"]
            yield r, a


def hold_out(records, rng):
    """Marks one style of some concepts that are there in several, where no other picture looks like it."""
    by_label = collections.defaultdict(list)
    for r in records:
        if r["label"] and not r["tone"]:
            by_label[r["label"]].append(r)
    for label in sorted(by_label):
        alone = [r for r in by_label[label] if r["alike"] == 1]
        if len(by_label[label]) >= 3 and alone and rng.random() < HELD_SHARE * 3:
            alone[rng.integers(len(alone))]["held"] = True


def recoloured(records, pictures, count, rng):
    """Copies that teach that a colour word may go with any thing: only of things of one clear hue, never people or flags."""
    able = [i for i, r in enumerate(records) if r["source"] in RECOLOURED and r["group"] in (3, 4, 5, 6, 7, None)
            and r["share"] > 0.6 and r["colour"] in (*TARGET_HUES, "teal") and not r["held"]]
    for i in rng.permutation(able)[:count]:
        r = dict(records[i])
        word = str(rng.choice([w for w in TARGET_HUES if w != r["colour"] and w not in r["name"]]))
        turned = render.turn_hue(pictures[i], TARGET_HUES[word] - r["hue"])
        yield dict(r, colour=word, recoloured=True, name=uncoloured(r["name"])), turned


def build(a):
    sources.fetch(a.packs)
    records = [r for r in sources.records(a.packs) if wanted(r, a.wide)]
    print(len(records), "drawings", flush=True)
    rng = np.random.default_rng(0)
    pairs = list(drawn(records, a.size))
    records, pictures = [p[0] for p in pairs], [p[1] for p in pairs]
    alike = balance.likeness([balance.signature(render.on_white(p)) for p in pictures])
    for r, n in zip(records, alike):
        r["alike"], r["held"] = int(n), False
    hold_out(records, rng)
    for r, p in list(recoloured(records, pictures, a.recolour, rng)):
        records.append(r)
        pictures.append(p)
    for r in records:
        r["weight"] = 0.0 if r["held"] else balance.weight(r) / r["alike"] ** 0.7
        r["captions"] = captions(r, None if a.wide else 3)
    composed = list(scenes.compose(records, pictures, a.scenes, rng))
    write(a.data, records + [s[0] for s in composed], pictures, [s[1] for s in composed])
    attribution.write(a.data / "ATTRIBUTION.md", records)


def write(data, records, pictures, scene_pictures):
    data.mkdir(parents=True, exist_ok=True)
    size = pictures[0].shape[0]
    out = np.lib.format.open_memmap(data / "images.npy", "w+", np.uint8, (len(records), size, size, 3))
    alpha = np.lib.format.open_memmap(data / "alpha.npy", "w+", np.uint8, (len(records), size, size))
    for i, p in enumerate(pictures):
        out[i], alpha[i] = render.on_white(p), p[..., 3]
    for i, p in enumerate(scene_pictures):
        out[len(pictures) + i], alpha[len(pictures) + i] = p, 255
    out.flush()
    alpha.flush()
    kept = ("name", "label", "source", "group", "subgroup", "tone", "colour", "share", "recoloured", "alike", "held", "weight",
            "captions", "scene")
    with open(data / "meta.jsonl", "w", encoding="utf8") as lines:
        for r in records:
            lines.write(json.dumps({k: r.get(k) for k in kept}) + "\n")
    for (source, copy), n in sorted(collections.Counter((r["source"], r["recoloured"]) for r in records).items()):
        print(source, "recoloured" if copy else "", n)
    print(len(records), "pictures,", len({r["name"] for r in records}), "names,", sum(r["held"] for r in records), "held out")


def look(data, path, source):
    """A contact sheet of 144 pictures, and their first captions on the terminal."""
    images, meta = store.load(data)
    pick = [i for i, m in enumerate(meta) if not source or m["source"] == source]
    pick = np.random.default_rng(1).choice(pick, min(144, len(pick)), replace=False)
    sheet([images[i] for i in pick], 16, 80).save(path)
    for i in pick:
        print(" | ".join(meta[i]["captions"][:3]))


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--data", type=pathlib.Path, required=True)
    ap.add_argument("--packs", type=pathlib.Path, help="where downloads are kept")
    ap.add_argument("--size", type=int, default=256, help="pixels a side")
    ap.add_argument("--wide", action="store_true", help="every set and every caption")
    ap.add_argument("--recolour", type=int, default=900, help="copies in another colour")
    ap.add_argument("--scenes", type=int, default=0, help="composed scenes")
    ap.add_argument("--sheet", help="only write a contact sheet of what is there")
    ap.add_argument("--source", help="of this set alone")
    a = ap.parse_args()
    if a.sheet:
        look(a.data, a.sheet, a.source)
    else:
        build(a)


if __name__ == "__main__":
    main()
