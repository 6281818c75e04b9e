"""A finished model folder -> weights that trainings begin from, so that what was shipped is never lost.

    python -m recipe.begin --folder nirvana --out SEED       # SEED/ae, SEED/unet and SEED/text, for --start

Every part's config.json says under _recipe how its module is built; the weights are read from the graphs.
"""
import argparse
import json
import pathlib
import shutil

import numpy as np
import torch

from . import onnxfile
from .autoencoder import Autoencoder
from .text import TextEncoder
from .unet import UNet
from .weights import save_shards


def module(kind, folder, parts, prefix=""):
    """kind as folder/PART/config.json describes it, with the weights of the parts' graphs together. A single number that a graph
    has computed on stands in the config under its name."""
    config = json.loads((folder / parts[0] / "config.json").read_text()).get("_recipe")
    if config is None:
        raise SystemExit(f"{folder / parts[0]}: config.json has no _recipe, so an older recipe wrote it; train from nothing instead")
    made, found = kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in config.items()}), {}
    for part in parts:
        found |= {k.removeprefix(prefix): v for k, v in onnxfile.load(folder / part / "model.onnx").items()}
    state = made.state_dict()
    found = {k: np.array(config[k], np.float32) for k in state if k in config} | found
    missing = [k for k in state if k not in found or found[k].size != state[k].numel()]
    if missing:
        raise SystemExit(f"{folder}: the graphs of {', '.join(parts)} lack {missing[0]}, and {len(missing) - 1} more")
    made.load_state_dict({k: torch.from_numpy(found[k].copy()).reshape(v.shape) for k, v in state.items()})
    return made.eval()


def write(folder, out):
    """out/ae, out/unet and out/text (weights/ and tokenizer/) from a model folder."""
    save_shards(module(Autoencoder, folder, ("vae_encoder", "vae_decoder"), "autoencoder."), out / "ae")
    save_shards(module(UNet, folder, ("unet",)), out / "unet")
    save_shards(module(TextEncoder, folder, ("text_encoder",)), out / "text" / "weights")
    shutil.copytree(folder / "tokenizer", out / "text" / "tokenizer", dirs_exist_ok=True)


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--folder", type=pathlib.Path, required=True)
    ap.add_argument("--out", type=pathlib.Path, required=True)
    a = ap.parse_args()
    write(a.folder, a.out)


if __name__ == "__main__":
    main()
