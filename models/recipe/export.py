"""Trained weights -> the model folder that ships, each graph compared with torch.

    python -m recipe.export --ae AE/weights --text TEXT --unet UNET/weights --draft DISTIL/pytorch_lora_weights.safetensors --out nirvana
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
from .text import TextEncoder, Tokens
from .unet import UNet
from .weights import load_shards

TOLERANCE = 1e-4  # largest difference between ONNX Runtime and torch that passes


def session(path):
    return onnxruntime.InferenceSession(path / "model.onnx", providers=["CPUExecutionProvider"])


@torch.no_grad()
def check(name, graph, module, *inputs):
    """Runs both on the same inputs, in the graph's order, and raises where they differ."""
    feed = {port.name: x.numpy() for port, x in zip(graph.get_inputs(), inputs)}
    difference = float(np.abs(graph.run(None, feed)[0] - module(*inputs).numpy()).max())
    print(f"{name} {[list(x.shape) for x in inputs]}: differs from torch by {difference:.1e}")
    if not difference < TOLERANCE:
        raise SystemExit(f"{name}: ONNX Runtime and torch disagree")


def check_all(out, ae, text, tokens, unet):
    length, c = text.config["length"], unet.config
    graph = session(out / "text_encoder")
    for texts in ([""], ["a red apple on a table", "two cats"]):
        check("text_encoder", graph, text, torch.nn.functional.pad(tokens(texts), (0, 3)))
    graph, grain = session(out / "unet"), c["patch"] * 2 ** (len(c["widths"]) - 1)
    states = text(torch.nn.functional.pad(tokens(["a red apple"]), (0, length - tokens(["a red apple"]).shape[1]))).detach()
    for b, h, w in ((1, c["size"], c["size"]), (2, 2 * c["size"], c["size"]), (4, grain, 3 * grain)):
        check("unet", graph, unet, torch.randn(b, c["channels"], h, w), torch.randint(0, 1000, (b,)), states.expand(b, -1, -1).contiguous())
    check("vae_encoder", session(out / "vae_encoder"), folder.Encode(ae), torch.rand(1, 3, 128, 192) * 2 - 1)
    check("vae_decoder", session(out / "vae_decoder"), folder.Decode(ae), torch.randn(2, c["channels"], 16, 40))


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--ae", type=pathlib.Path, required=True)
    ap.add_argument("--text", type=pathlib.Path, required=True)
    ap.add_argument("--unet", type=pathlib.Path, required=True)
    ap.add_argument("--draft", type=pathlib.Path, help="LoRA weights that distil.py wrote; without them the folder has no draft")
    ap.add_argument("--attribution", type=pathlib.Path, help="ATTRIBUTION.md of the data")
    ap.add_argument("--out", type=pathlib.Path, required=True)
    a = ap.parse_args()
    ae, unet = load_shards(Autoencoder, a.ae), load_shards(UNet, a.unet)
    text = load_shards(TextEncoder, a.text / "weights")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (a.out / "tokenizer").mkdir(parents=True, exist_ok=True)
        shutil.copy(a.text / "tokenizer" / name, a.out / "tokenizer" / name)
    folder.write_text(text, a.out)
    folder.write_unet(unet, a.out, text.config["length"])
    folder.write_autoencoder(ae, a.out, 8 * unet.config["size"])
    folder.write_json(a.out / "scheduler" / "scheduler_config.json", folder.SCHEDULER)
    folder.write_json(a.out / "model_index.json", folder.INDEX)
    check_all(a.out, ae, text, Tokens(a.text / "tokenizer"), unet)
    if a.draft:
        with safe_open(a.draft, "np") as file:
            if (file.metadata() or {}).get("teacher") != digest(a.unet):
                print(f"{a.draft} was distilled from other weights than {a.unet}: look at its pictures")
    folder.write_draft(a.draft, a.out, STEPS)
    if a.attribution:
        shutil.copy(a.attribution, a.out / "ATTRIBUTION.md")
    folder.write_checksums(a.out)
    total = sum(p.stat().st_size for p in a.out.rglob("*") if p.is_file())
    print(f"{a.out}: {total / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
