"""Prompts made from a template, whose answer a picture either shows or does not: colours and counts."""
import numpy as np

from recipe import render
from recipe.phrases import article, plural

THINGS = ["apple", "car", "heart", "balloon", "bird", "flower", "book", "fish", "hat", "umbrella"]
COLOURS = ["red", "yellow", "green", "blue", "purple", "pink"]
NUMBERS = {1: None, 2: "two", 3: "three", 4: "four"}
GRID = 64  # pixels a side on which things are counted
LEAST = 0.01  # share of the picture that counts as a thing


def colour_prompts(style="flat emoji"):
    """[(colour, prompt)]: every thing in every colour."""
    return [(c, f"{c} {t}, {style}") for c in COLOURS for t in THINGS]


def count_prompts(style="flat emoji", ground="blue"):
    """[(number, prompt)]: every thing once to four times on plain ground."""
    said = [(n, article(t) if n == 1 else f"{word} {plural(t)}") for n, word in NUMBERS.items() for t in THINGS]
    return [(n, f"{what} on {article(ground)} background, {style}") for n, what in said]


def pair_prompts(style="flat emoji"):
    """Every two neighbours of THINGS together, which no training picture shows unless by chance."""
    return [f"{article(a)} and {article(b)}, {style}" for a, b in zip(THINGS, THINGS[1:] + THINGS[:1])] + \
        [f"{article(a)} beside {article(b)}, {style}" for a, b in zip(THINGS, THINGS[3:] + THINGS[:3])]


def colours_right(asked, pictures):
    """Share of pictures whose main colour is the one asked."""
    return round(float(np.mean([render.colour_of(p)[0] == c for (c, _), p in zip(asked, pictures)])), 3)


def counts_right(asked, pictures):
    """Share of pictures with as many separate things as asked."""
    return round(float(np.mean([count(p) == n for (n, _), p in zip(asked, pictures)])), 3)


def count(picture):
    """How many separate things stand on the plain ground of uint8 [h, w, 3]: the ground is the border's median colour."""
    k = max(1, picture.shape[0] // GRID)
    small = picture[::k, ::k].astype(int)
    border = np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
    ink = np.abs(small - np.median(border, 0)).sum(-1) > 90
    return sum(size >= LEAST * ink.size for size in islands(ink))


def islands(ink):
    """Sizes of the connected regions of a bool picture [h, w], diagonals included."""
    left, sizes = set(zip(*np.nonzero(ink))), []
    while left:
        edge, size = [left.pop()], 0
        while edge:
            y, x = edge.pop()
            size += 1
            for near in [(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]:
                if near in left:
                    left.remove(near)
                    edge.append(near)
        sizes.append(size)
    return sizes
