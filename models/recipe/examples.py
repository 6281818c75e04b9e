"""Training examples for the U-Net: latents of the pictures, token states of their captions, both made once and kept."""
import hashlib
import json
import zlib

import numpy as np
import torch

from . import pack, store
from .autoencoder import Autoencoder
from .dataset import NARROW_GROUPS, NARROW_STYLES
from .text import TextEncoder, Tokens, states
from .train_autoencoder import tensor
from .training import autocast
from .weights import load_shards


def digest(folder):
    """Eight hex digits that change with a weights folder: they name what was made with it."""
    h = hashlib.sha256()
    for path in sorted(folder.glob("*.safetensors")):
        h.update(path.read_bytes())
    return h.hexdigest()[:8]


@torch.no_grad()
def latents(data, autoencoder, tag, pixels, dev):
    """float16 [N, 2, C, h, w]: every picture at this size, as it is and mirrored; kept in DATA/latents-*.npy."""
    path = data / f"latents-{pixels}-{tag}.npy"
    if not path.exists():
        images, _ = store.load(data)
        out = []
        for s in range(0, len(images), 32):
            x = images[s:s + 32]
            while x.shape[1] > pixels:
                x = store.halved(x)
            x = tensor(x, dev)
            with autocast(dev):
                z = torch.stack([autoencoder.encode(v).float() for v in (x, x.flip(3))], 1)
            out.append(z.to("cpu", torch.float16).contiguous().numpy())
        np.save(path, np.concatenate(out))
    return torch.from_numpy(np.load(path))


def all_captions(meta):
    """The empty caption, then every other once."""
    return [""] + sorted({c for m in meta for c in m["captions"]} - {""})


def caption_states(data, meta, encoder, folder, tag):
    """(captions, float16 [captions, T, D]); row 0 is the empty caption, which guidance compares with."""
    path = data / f"states-{tag}.npy"
    captions = all_captions(meta)
    if not path.exists():
        np.save(path, states(encoder, Tokens(folder / "tokenizer"), captions))
    return captions, torch.from_numpy(np.load(path, mmap_mode="c"))


class Examples:
    """Draws batches of (latents [B, C, h, w], token states [B, T, D]) by the pictures' weights.

    A dropped caption (share `drop`) becomes the empty one. Pictures with a weight of 0 are never drawn.
    length: token rows of every batch, for compiled nets, which want one shape; longer captions are drawn only where a picture has no other.
    concepts: share of the labels that are drawn and held out, the same ones every time; below 1, scenes of several things stay out.
    focus: share of the draws that are of the narrow stage's styles and groups, the ones most asked for; 0: as their weights say."""

    def __init__(self, meta, z, captions, states, dev, drop=0.1, concepts=1.0, length=0, focus=0.0):
        """z [N, 2, C, h, w]: latents of the pictures as they are and mirrored, or [N, 1, C, h, w]; states [M, T, D] of captions, of
        which the first is empty."""
        self.dev, self.drop, self.length = dev, drop, length
        self.z, self.text = (z.to(dev), states.to(dev)) if dev.type == "cuda" else (z, states)
        row = {c: i for i, c in enumerate(captions)}
        most = max(len(m["captions"]) for m in meta)
        self.captions = np.array([[row[c] for c in m["captions"]] + [0] * (most - len(m["captions"])) for m in meta])
        chance = np.array([[2.0] + [1.0] * (len(m["captions"]) - 1) + [0.0] * (most - len(m["captions"])) for m in meta])
        if length:
            short = (self.text[:, length:].abs().amax((1, 2)) == 0).cpu().numpy()[self.captions] * chance
            chance = np.where(short.sum(1, keepdims=True) > 0, short, chance)
        self.choice = np.cumsum(chance / chance.sum(1, keepdims=True), 1)
        self.mirror = np.array([z.shape[1] > 1 and m["group"] not in (8, 9) and not {"left", "right"} & set(m["name"].split()) for m in meta])
        among = np.array([concepts >= 1 or m["label"] and zlib.crc32(m["label"].encode()) < concepts * 2**32 for m in meta], bool)
        held = np.array([i for i, m in enumerate(meta) if m["held"] and among[i]], int)
        self.held = np.random.default_rng(5).permutation(held)[:128]  # of all sets
        weight = np.array([m["weight"] for m in meta]) * among
        if focus:
            narrow = np.array([m["source"] in NARROW_STYLES and m["group"] in NARROW_GROUPS for m in meta])
            weight = np.where(narrow, focus * weight / (weight * narrow).sum(), (1 - focus) * weight / (weight * ~narrow).sum())
        self.cumulative = np.cumsum(weight / weight.sum())

    def rows(self, caption):
        text = self.text[torch.as_tensor(caption, device=self.text.device)]
        if self.length:
            text = text[:, :self.length]
        elif self.dev.type == "cpu":  # no work for padding
            text = text[:, :int((text.abs().sum(-1) > 0).sum(1).max())]
        return text.float()

    def batch(self, n, rng):
        i = np.searchsorted(self.cumulative, rng.random(n)).clip(max=len(self.mirror) - 1)
        flipped = ((rng.random(n) < 0.5) & self.mirror[i]).astype(int)
        caption = self.captions[i, (rng.random((n, 1)) > self.choice[i]).sum(1)]
        caption[rng.random(n) < self.drop] = 0
        d = self.z.device
        return self.z[torch.as_tensor(i, device=d), torch.as_tensor(flipped, device=d)].float(), self.rows(caption)

    def validation(self):
        """Held-out concepts in a style they were never seen in."""
        return self.z[torch.as_tensor(self.held, device=self.z.device), 0].float(), self.rows(self.captions[self.held, 0])


def from_data(data, ae, text, pixels, dev, **more):
    """Examples of a data folder; ae and text: folders of the autoencoder's and the text encoder's weights."""
    _, meta = store.load(data)
    autoencoder = load_shards(Autoencoder, ae).to(dev, memory_format=torch.channels_last)
    z = latents(data, autoencoder, digest(ae), pixels, dev)
    encoder = load_shards(TextEncoder, text / "weights")
    return Examples(meta, z, *caption_states(data, meta, encoder, text, digest(text / "weights")), dev, **more)


def from_pack(folder, dev, **more):
    """Examples of a folder that pack.py wrote; nothing is mirrored."""
    meta = pack.read_meta(folder)
    captions = all_captions(meta)
    encoder = load_shards(TextEncoder, folder / "text" / "weights").to(dev)
    made = torch.from_numpy(states(encoder, Tokens(folder / "text" / "tokenizer"), captions))
    return Examples(meta, torch.from_numpy(pack.read_latents(folder))[:, None], captions, made, dev, **more)
