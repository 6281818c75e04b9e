"""Scenes: one to four pictures of one style on a painted ground, with the counts and relations in words.

"two red apples on a table", "a rocket above the moon at night": so that numbers, places, backgrounds,
inpainting and outpainting mean something to the model.
"""
import re

import numpy as np
from PIL import Image

from .phrases import article, plural
from .sources import PACKS

NUMBERS = {2: ["two", "a pair of"], 3: ["three"], 4: ["four"]}
PLAIN = {"red": (222, 62, 66), "orange": (250, 152, 58), "yellow": (252, 214, 82), "green": (112, 190, 110), "blue": (92, 156, 230),
         "light blue": (178, 220, 250), "purple": (150, 110, 210), "pink": (250, 170, 200), "grey": (190, 194, 200), "black": (24, 24, 28)}
ALOFT = {"sky-weather", "transport-air", "animal-bird"}
AFLOAT = {"animal-marine", "transport-water"}
PLAINLY = re.compile(r"(?!.*\b(with|and|at|in|on|over|face|night|sun|moon|no|low|high|volume|tilted)\b)[a-z ]{2,21}")  # names that stand in a sentence


def gradient(size, top, bottom):
    """float32 [size, size, 3] from top to bottom colour."""
    t = np.linspace(0, 1, size, dtype=np.float32)[:, None, None]
    row = np.asarray(top, np.float32) * (1 - t) + np.asarray(bottom, np.float32) * t
    return np.broadcast_to(row, (size, size, 3)).copy()


def below(g, horizon, top, bottom, wave=0.0, rng=None):
    """Paints everything below a straight or rolling horizon (share of the height) in a second gradient."""
    size = g.shape[0]
    phase = rng.uniform(0, 6.3) if rng is not None else 0.0
    line = horizon * size + wave * size * np.sin(np.arange(size) / size * 5 + phase)
    under = np.clip(np.arange(size)[:, None] - line[None], 0, 1)[..., None]
    return g * (1 - under) + gradient(size, top, bottom) * under


def sky(size, rng):
    return gradient(size, (120, 190, 245), (215, 238, 255))


def sea(size, rng):
    return below(sky(size, rng), 0.55, (40, 130, 200), (20, 80, 150), 0.008, rng)


def grass(size, rng):
    return below(sky(size, rng), 0.6, (130, 200, 90), (80, 160, 60), 0.03, rng)


def night(size, rng):
    g = gradient(size, (14, 18, 52), (50, 48, 104))
    for _ in range(28):
        y, x = rng.integers(0, size - 2, 2)
        g[y:y + 2, x:x + 2] = 235
    return g


def room(size, rng):
    wall = PLAIN[str(rng.choice(["light blue", "pink", "yellow", "grey"]))]
    return below(gradient(size, wall, [min(255, c + 14) for c in wall]), 0.7, (190, 140, 95), (160, 110, 70))


def table(size, rng):
    return below(gradient(size, (240, 232, 220), (250, 244, 236)), 0.62, (196, 140, 86), (160, 104, 58))


def snow(size, rng):
    return below(gradient(size, (170, 205, 235), (225, 238, 250)), 0.6, (250, 252, 255), (225, 234, 245), 0.025, rng)


def beach(size, rng):
    return below(below(sky(size, rng), 0.45, (70, 170, 215), (60, 150, 205)), 0.62, (244, 220, 160), (230, 200, 135), 0.015, rng)


# ground: (painter, the share of the height on which things stand or None for the middle, ways to say it)
GROUNDS = {
    "sky": (sky, None, ["in the sky", "against a blue sky"]),
    "sea": (sea, 0.72, ["on the sea", "at sea"]),
    "grass": (grass, 0.82, ["on the grass", "in a meadow"]),
    "night": (night, None, ["at night", "in the night sky"]),
    "room": (room, 0.86, ["in a room"]),
    "table": (table, 0.8, ["on a table"]),
    "snow": (snow, 0.82, ["in the snow"]),
    "beach": (beach, 0.84, ["on the beach"]),
}


def fitting(subgroup):
    """Grounds on which such a thing is not absurd."""
    subgroup = subgroup or ""
    if subgroup in ALOFT:
        return ["sky", "night"]
    if subgroup in AFLOAT:
        return ["sea", "beach"]
    if subgroup.startswith(("food", "drink", "dish")):
        return ["table", "room", "table"]
    if subgroup.startswith(("animal", "plant", "transport", "place")):
        return ["grass", "snow", "beach", "night"]
    return ["table", "room", "grass"]


def ground(first, size, rng):
    """(float32 picture, share of the height to stand on or None, words) under a thing."""
    if rng.random() < 0.4:
        word = str(rng.choice(list(PLAIN)))
        return gradient(size, PLAIN[word], PLAIN[word]), None, f"on {article(word)} background"
    painter, stand, said = GROUNDS[str(rng.choice(fitting(first["subgroup"])))]
    return painter(size, rng), stand, str(rng.choice(said))


def put(g, picture, side, x, y):
    """Pastes an RGBA picture with its centre at (x, y) px."""
    small = np.asarray(Image.fromarray(picture).resize((side, side), Image.LANCZOS), np.float32)
    x0, y0 = int(x - side / 2), int(y - side / 2)
    cx, cy = max(0, -x0), max(0, -y0)
    part = g[max(0, y0):max(0, y0 + side), max(0, x0):max(0, x0 + side)]
    small = small[cy:cy + part.shape[0], cx:cx + part.shape[1]]
    alpha = small[..., 3:] / 255
    part[:] = part * (1 - alpha) + small[..., :3] * alpha


def spots(n, stand, size, rng):
    """[(side, x, y)] for n pictures in a row: on the ground where there is one, else in the middle."""
    side = size * {1: 0.68, 2: 0.46, 3: 0.33, 4: 0.25}[n] * rng.uniform(0.9, 1.08)
    y = stand * size - side * 0.42 if stand else size * 0.5
    return [(int(side), size * (k + 0.5) / n + rng.uniform(-0.02, 0.02) * size, y + rng.uniform(-0.02, 0.02) * size) for k in range(n)]


def one(names, indices, records, pictures, rng):
    """A scene of the first of indices once or several times, or of two different things; returns (words, uint8 picture)."""
    size = pictures[0].shape[0]
    first = records[indices[0]]
    g, stand, where = ground(first, size, rng)
    kind = rng.random()
    if kind < 0.35:
        things, said = indices[:1], article(names[0])
    elif kind < 0.65:
        n = int(rng.integers(2, 5))
        things, said = indices[:1] * n, f"{rng.choice(NUMBERS[n])} {plural(names[0])}"
    else:
        things = indices
        said = f"{article(names[0])} {rng.choice(['and', 'next to'])} {article(names[1])}"
    if len(set(things)) == 2 and stand is None and rng.random() < 0.5:
        side = int(size * 0.45)
        places = [(side, size * 0.5, size * 0.27), (side, size * 0.5, size * 0.74)]
        said = f"{article(names[0])} above {article(names[1])}"
    else:
        places = spots(len(things), stand, size, rng)
    for i, (side, x, y) in zip(things, places):
        put(g, pictures[i], side, x, y)
    return f"{said} {where}", g.clip(0, 255).round().astype(np.uint8)


def compose(records, pictures, count, rng):
    """Yields count (record, uint8 [size, size, 3]) scenes of things, animals and food that are not held out."""
    able = [i for i, r in enumerate(records) if r["group"] in (3, 4, 5, 6, 7) and not r["held"] and PLAINLY.fullmatch(r["name"])]
    by_source = {s: [i for i in able if records[i]["source"] == s] for s in PACKS}
    shares = np.array([len(v) for v in by_source.values()], float)
    for _ in range(count):
        source = str(rng.choice(list(by_source), p=shares / shares.sum()))
        indices = [int(i) for i in rng.choice(by_source[source], 2, replace=False)]
        names = [f"{records[i]['colour']} {records[i]['name']}" if records[i]["recoloured"] else records[i]["name"] for i in indices]
        said, picture = one(names, indices, records, pictures, rng)
        style = PACKS[source].styles
        yield dict(records[indices[0]], name=said, label=None, scene=True, weight=0.5, recoloured=False, held=False,
                   captions=[f"{said}, {style[0]}", said, f"{said}, {style[-1]}"]), picture
