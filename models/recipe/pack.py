"""Training data and everything else that a machine without a network needs, in a folder of at most --limit MiB.

    python -m recipe.pack --data DATA --ae AE/weights --text TEXT --out PACK [--unet UNET/weights]
    python -m recipe.train_unet --pack PACK --out OUT ...

PACK/latents-00.z ...   the pictures' latents at --pixels, in sixteenths as int8, a channel after another, deflated, each file at most 16 MiB
PACK/meta.jsonl.gz      what examples.py asks of a picture
PACK/ae, text, unet     weights (fp16 shards of at most 15 MiB); the U-Net's only with --unet
"""
import argparse
import gzip
import json
import pathlib
import shutil
import zlib

import numpy as np

STEP = 16  # parts of a latent's deviation that are told apart: 0.02 of noise, a fifth of what the decoder is trained to bear
SHARD = 16 << 20
KEPT = ("name", "label", "group", "held", "weight", "captions", "scene")


def deflated(z):
    """Latents [N, ...] -> bytes. The differences between neighbours of a row deflate better than the values."""
    q = np.clip(np.rint(np.asarray(z, np.float32) * STEP), -127, 127).astype(np.int8)
    q[..., 1:] -= q[..., :-1].copy()  # wraps around, and back
    return zlib.compress(q.tobytes(), 9)


def inflated(data, shape):
    """bytes -> float16 latents [*shape]."""
    q = np.frombuffer(zlib.decompress(data), np.int8).reshape(shape)
    return (np.cumsum(q, -1, dtype=np.int8).astype(np.float32) / STEP).astype(np.float16)


def write_latents(out, z):
    """z [N, C, h, w], in shards that stay below SHARD."""
    for old in out.glob("latents-*.z"):
        old.unlink()
    start, number, count = 0, 0, max(1, SHARD // (z[0].size))
    shapes = []
    while start < len(z):
        data = deflated(z[start:start + count])
        if len(data) > SHARD:
            count = count * 9 // 10
            continue
        (out / f"latents-{number:02d}.z").write_bytes(data)
        shapes.append([min(count, len(z) - start), *z.shape[1:]])
        start, number = start + count, number + 1
    (out / "latents.json").write_text(json.dumps(shapes))


def read_latents(folder):
    """float16 [N, C, h, w]."""
    shapes = json.loads((folder / "latents.json").read_text())
    return np.concatenate([inflated((folder / f"latents-{i:02d}.z").read_bytes(), s) for i, s in enumerate(shapes)])


def write_meta(out, meta):
    with gzip.open(out / "meta.jsonl.gz", "wt", encoding="utf8") as lines:
        for m in meta:
            lines.write(json.dumps({k: m[k] for k in KEPT}) + "\n")


def read_meta(folder):
    with gzip.open(folder / "meta.jsonl.gz", "rt", encoding="utf8") as lines:
        return [json.loads(line) for line in lines]


def main():
    from . import store
    from .autoencoder import Autoencoder
    from .examples import digest, latents
    from .training import device
    from .weights import load_shards
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("data", "ae", "text", "out"):
        ap.add_argument(f"--{name}", type=pathlib.Path, required=True)
    ap.add_argument("--unet", type=pathlib.Path, help="weights to go on from; without them the pack is for a training from nothing")
    ap.add_argument("--pixels", type=int, default=256)
    ap.add_argument("--limit", type=float, default=64, help="MiB of the whole pack: of what does not fit, the pictures of least weight stay out")
    a = ap.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    _, meta = store.load(a.data)
    z = latents(a.data, load_shards(Autoencoder, a.ae), digest(a.ae), a.pixels, device())[:, 0].numpy()
    shutil.copytree(a.ae, a.out / "ae", dirs_exist_ok=True)
    shutil.copytree(a.text / "weights", a.out / "text" / "weights", dirs_exist_ok=True)
    shutil.copytree(a.text / "tokenizer", a.out / "text" / "tokenizer", dirs_exist_ok=True)
    if a.unet:
        shutil.copytree(a.unet, a.out / "unet", dirs_exist_ok=True)
    order = sorted(range(len(meta)), key=lambda i: (not meta[i]["held"], -meta[i]["weight"]))
    while True:
        some = np.sort(order)
        write_latents(a.out, z[some])
        write_meta(a.out, [meta[i] for i in some])
        size = sum(p.stat().st_size for p in a.out.rglob("*") if p.is_file()) / 2**20
        print(f"{len(order)} of {len(meta)} pictures, {size:.1f} MiB", flush=True)
        if size <= a.limit:
            return
        order = order[:int(len(order) * min(0.95, a.limit / size))]
        if len(order) < 100:
            raise SystemExit(f"{a.limit:g} MiB are too few for these weights")


if __name__ == "__main__":
    main()
