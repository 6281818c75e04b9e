"""The data folder that the stages hand on: pictures as one array, what is known of each as one line.

    images.npy   uint8 [N, size, size, 3], drawings on white
    alpha.npy    uint8 [N, size, size], the drawings' own; scenes are opaque
    meta.jsonl   a line a picture: name, source, licence, group, weight, colour, captions, ... (dataset.py)
"""
import json
import pathlib

import numpy as np


def load(data):
    """images [N, size, size, 3] uint8, mapped rather than read, and the list of dicts."""
    data = pathlib.Path(data)
    with open(data / "meta.jsonl", encoding="utf8") as lines:
        return np.load(data / "images.npy", mmap_mode="c"), [json.loads(line) for line in lines]


def alphas(data):
    """alpha [N, size, size] uint8, mapped rather than read."""
    return np.load(pathlib.Path(data) / "alpha.npy", mmap_mode="c")


def halved(a):
    """Pictures [..., 2h, 2w, 3] uint8 averaged over 2x2 pixels."""
    *lead, h, w, c = a.shape
    b = a.reshape(*lead, h // 2, 2, w // 2, 2, c).astype(np.float32).mean((-4, -2))
    return b.round().astype(np.uint8)
