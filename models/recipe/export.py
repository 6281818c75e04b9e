"""Trained weights -> the model folder that ships, each graph compared with torch.

    python -m recipe.export --ae AE/weights --text TEXT --unet UNET/weights --draft DISTIL/pytorch_lora_weights.safetensors \
        --verifier VERIFIER/weights --out nirvana
    python -m recipe.export --verifier VERIFIER/weights --out nirvana      # the parts named alone; the rest of the folder stays
"""
import argparse
import pathlib
import shutil

import numpy as np
import onnxruntime
import torch
from safetensors import safe_open

from . import folder
from .autoencoder import Autoencoder
from .distil import STEPS
from .examples import digest
from .text import LENGTH, TextEncoder, Tokens
from .unet import UNet
from .verifier import SIDE, Verifier
from .weights import load_shards

PIXELS = 256  # side of the pictures that the folder is for
TOLERANCE = 1e-4  # largest difference between ONNX Runtime and torch that passes


def session(path):
    return onnxruntime.InferenceSession(path / "model.onnx", providers=["CPUExecutionProvider"])


@torch.no_grad()
def check(name, graph, module, *inputs):
    """Runs both on the same inputs, in the graph's order, and raises where one of their outputs differs."""
    feed, out = {port.name: x.numpy() for port, x in zip(graph.get_inputs(), inputs)}, module(*inputs)
    pairs = zip(graph.run(None, feed), out if isinstance(out, tuple) else (out,), strict=True)
    difference = max(float(np.abs(a - b.numpy()).max()) for a, b in pairs)
    print(f"{name} {[list(x.shape) for x in inputs]}: differs from torch by {difference:.1e}")
    if not difference < TOLERANCE:
        raise SystemExit(f"{name}: ONNX Runtime and torch disagree")


def check_text(out, text, tokens):
    graph = session(out / "text_encoder")
    for texts in ([""], ["a red apple on a table", "two cats"]):
        check("text_encoder", graph, text, torch.nn.functional.pad(tokens(texts), (0, 3)))


def check_unet(out, unet, length):
    graph, c = session(out / "unet"), unet.config
    grain, states = c["patch"] * 2 ** (len(c["widths"]) - 1), torch.randn(1, length, c["context"])
    states[:, length // 2:] = 0
    for b, h, w in ((1, c["size"], c["size"]), (2, 2 * c["size"], c["size"]), (4, grain, 3 * grain)):
        check("unet", graph, unet, torch.randn(b, c["channels"], h, w), torch.randint(0, 1000, (b,)), states.expand(b, -1, -1).contiguous())


def check_autoencoder(out, ae):
    check("vae_encoder", session(out / "vae_encoder"), folder.Encode(ae), torch.rand(1, 3, 128, 192) * 2 - 1)
    check("vae_decoder", session(out / "vae_decoder"), folder.Decode(ae), torch.randn(2, ae.config["channels"], 16, 40))


def check_verifier(out, verifier, length):
    graph, states = session(out / "verifier"), torch.randn(2, length, verifier.config["context"])
    states[1, length // 2:] = 0
    for n, m in ((1, 1), (8, 1), (3, 2)):
        check("verifier", graph, verifier, torch.rand(n, 3, SIDE, SIDE) * 2 - 1, states[:m])


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--ae", type=pathlib.Path)
    ap.add_argument("--text", type=pathlib.Path)
    ap.add_argument("--unet", type=pathlib.Path)
    ap.add_argument("--draft", type=pathlib.Path, help="LoRA weights that distil.py wrote; a U-Net without them has no draft")
    ap.add_argument("--verifier", type=pathlib.Path)
    ap.add_argument("--attribution", type=pathlib.Path, help="ATTRIBUTION.md of the data")
    ap.add_argument("--out", type=pathlib.Path, required=True)
    a = ap.parse_args()
    if not (a.out / "model_index.json").exists():
        folder.write_json(a.out / "scheduler" / "scheduler_config.json", folder.SCHEDULER)
        folder.write_json(a.out / "model_index.json", folder.INDEX)
    write(a, LENGTH)
    if a.attribution:
        shutil.copy(a.attribution, a.out / "ATTRIBUTION.md")
    folder.write_checksums(a.out)
    total = sum(p.stat().st_size for p in a.out.rglob("*") if p.is_file())
    print(f"{a.out}: {total / 1e6:.1f} MB")


def write(a, length):
    """The parts that are named, each compared with torch."""
    if a.text:
        text = load_shards(TextEncoder, a.text / "weights")
        (a.out / "tokenizer").mkdir(parents=True, exist_ok=True)
        for name in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copy(a.text / "tokenizer" / name, a.out / "tokenizer" / name)
        folder.write_text(text, a.out)
        check_text(a.out, text, Tokens(a.text / "tokenizer"))
    if a.ae:
        ae = load_shards(Autoencoder, a.ae)
        folder.write_autoencoder(ae, a.out, PIXELS)
        check_autoencoder(a.out, ae)
    if a.unet:
        unet = load_shards(UNet, a.unet)
        folder.write_unet(unet, a.out, length)
        check_unet(a.out, unet, length)
    if a.unet or a.draft:
        write_draft(a)
    if a.verifier:
        verifier = load_shards(Verifier, a.verifier)
        folder.write_verifier(verifier, a.out, length)
        check_verifier(a.out, verifier, length)


def write_draft(a):
    if a.draft and a.unet:
        with safe_open(a.draft, "np") as file:
            if (file.metadata() or {}).get("teacher") != digest(a.unet):
                print(f"{a.draft} was distilled from other weights than {a.unet}: look at its pictures")
    folder.write_draft(a.draft, a.out, STEPS)


if __name__ == "__main__":
    main()
