"""Weights on disk: fp16 safetensors in shards of at most 15 MiB beside their config.json."""
import json
import os
import pathlib

import torch
from safetensors.torch import load_file, save_file

SHARD = 15 << 20


def save_shards(model, path, limit=SHARD, dtype=torch.float16):
    """Writes model.config to path/config.json and the weights to path/00.safetensors, 01..., in model order."""
    path = pathlib.Path(path)
    path.mkdir(parents=True, exist_ok=True)
    for old in path.glob("*.safetensors"):
        old.unlink()
    shards, size = [{}], 0
    for name, value in model.state_dict().items():
        value = value.detach().to("cpu", dtype if value.is_floating_point() else value.dtype).contiguous()
        if shards[-1] and size + value.nbytes > limit:
            shards.append({})
            size = 0
        shards[-1][name] = value
        size += value.nbytes
    for i, part in enumerate(shards):
        save_file(part, path / f"{i:02d}.safetensors")
    (path / "config.json").write_text(json.dumps(model.config))


def load_shards(kind, path):
    """kind(**config), in eval mode, with the weights that save_shards wrote to path."""
    path = pathlib.Path(path)
    config = json.loads((path / "config.json").read_text())
    model = kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in config.items()})
    state = {}
    for shard in sorted(path.glob("*.safetensors")):
        state |= load_file(shard)
    model.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in state.items()})
    return model.eval()


def write(state, path):
    """torch.save that never leaves half a file."""
    torch.save(state, f"{path}.part")
    os.replace(f"{path}.part", path)
