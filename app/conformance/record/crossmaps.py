"""Writes engine/onnx/testdata/crossmaps: small U-Nets of diffusers as torch's exporters write them, with the attention
weights that diffusers' own attention processor computes, and their output with two texts that share the attention.

    python crossmaps.py ../../../engine/onnx/testdata/crossmaps
    python crossmaps.py ../../../engine/onnx/testdata/crossmaps regions    # the last alone, of the networks that are there
"""
import gzip
import json
import sys
from pathlib import Path

import onnx
import torch
from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor, AttnProcessor2_0
from safetensors.torch import load_file, save_file

SIDE = (6, 10)  # the second level's positions are 3 x 5
TOKENS = 7
CONFIG = dict(in_channels=2, out_channels=2, sample_size=8, block_out_channels=(4, 8), layers_per_block=1, norm_num_groups=2, cross_attention_dim=6,
              down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D"))
KINDS = {  # heads, as attention_head_dim is misnamed; XL's has linear projections and more blocks
    "sd1": dict(attention_head_dim=2),
    "sdxl": dict(attention_head_dim=(1, 2), use_linear_projection=True, transformer_layers_per_block=(1, 2)),
}


class Recording(AttnProcessor):
    """diffusers' processor, which keeps the weights of attention to the text."""

    def __init__(self, into):
        self.into = into

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, **more):
        if encoder_hidden_states is not None:
            q = attn.head_to_batch_dim(attn.to_q(hidden_states))
            k = attn.head_to_batch_dim(attn.to_k(encoder_hidden_states))
            w = attn.get_attention_scores(q, k)
            w = w.reshape(hidden_states.shape[0], attn.heads, *w.shape[1:])
            self.into.append(w.mean(1))
        return super().__call__(attn, hidden_states, encoder_hidden_states, **more)


class Sharing(AttnProcessor):
    """diffusers' processor with a mask on attention to the text: the logarithm of the part's share, a position's mean."""

    def __init__(self, shares, tokens):
        self.shares, self.tokens = shares, tokens

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, **more):
        if encoder_hidden_states is not None:
            attention_mask = self.bias(hidden_states.shape[1]).repeat_interleave(attn.heads * hidden_states.shape[0], 0)
        return super().__call__(attn, hidden_states, encoder_hidden_states, attention_mask, **more)

    def bias(self, positions):
        stride = next(s for s in (1, 2, 4) if -(-SIDE[0] // s) * -(-SIDE[1] // s) == positions)
        mean = torch.nn.functional.avg_pool2d(self.shares, stride, ceil_mode=True).flatten(2)[0]  # [part, position]
        columns = [(share / n).log().clamp(min=-1e4)[:, None].expand(-1, n) for share, n in zip(mean, self.tokens)]
        return torch.cat(columns, 1)[None]


def record_regions(folder, kind):
    config = json.loads((folder / f"{kind}.json").read_text())["config"]
    unet = UNet2DConditionModel.from_config(config).eval()
    unet.load_state_dict(load_file(folder / f"{kind}.safetensors"))
    first = torch.zeros(1, 1, *SIDE)
    first[..., :4] = 1
    first[..., 4] = 0.25
    shares, tokens = torch.cat([first, 1 - first], 1), [4, TOKENS - 4]
    unet.set_attn_processor(Sharing(shares, tokens))
    with torch.no_grad():
        out = unet(waves(2, 2, *SIDE), torch.tensor([500.0]), 3 * waves(2, TOKENS, CONFIG["cross_attention_dim"]), return_dict=False)[0]
    (folder / f"{kind}-regions.json").write_text(json.dumps({
        "tokens": tokens, "shares": shares.flatten().tolist(), "out": [round(float(v), 5) for v in out.flatten()]}) + "\n")


class Plain(torch.nn.Module):
    def __init__(self, unet):
        super().__init__()
        self.unet = unet

    def forward(self, sample, timestep, encoder_hidden_states):
        return self.unet(sample, timestep, encoder_hidden_states, return_dict=False)[0]


def waves(*shape):
    n = torch.arange(torch.Size(shape).numel(), dtype=torch.float32)
    return torch.sin(n * 0.7 + 0.3 * torch.sin(n)).reshape(shape)


def pack(path):
    """The graph without its exporter's notes."""
    m = onnx.load(path)
    for n in m.graph.node:
        n.doc_string = ""
        del n.metadata_props[:]
    for v in m.graph.value_info:
        del v.metadata_props[:]
    del m.graph.value_info[:]
    Path(str(path) + ".gz").write_bytes(gzip.compress(m.SerializeToString(), 9, mtime=0))
    path.unlink()


def write(folder, kind, settings):
    torch.manual_seed(len(kind))
    unet = UNet2DConditionModel(**CONFIG, **settings).eval()
    with torch.no_grad():
        for p in unet.parameters():
            if p.ndim > 1:
                p.mul_(2)  # attention that is not even
    inputs = (waves(2, 2, *SIDE), torch.tensor([500.0]), 3 * waves(2, TOKENS, CONFIG["cross_attention_dim"]))
    maps = []
    unet.set_attn_processor(Recording(maps))
    with torch.no_grad():
        out = unet(*inputs, return_dict=False)[0]
    axes = {"sample": {0: "batch", 2: "height", 3: "width"}, "encoder_hidden_states": {0: "batch", 1: "tokens"}}
    for name, processor in {"merged": AttnProcessor(), "heads": AttnProcessor2_0()}.items():
        if name == "merged" and kind != "sd1":
            continue
        unet.set_attn_processor(processor)
        torch.onnx.export(Plain(unet), inputs, str(folder / f"{kind}-{name}.onnx"), input_names=["sample", "timestep", "encoder_hidden_states"],
                          output_names=["out_sample"], dynamic_axes=axes, opset_version=14 if name == "merged" else 17, dynamo=False)
        pack(folder / f"{kind}-{name}.onnx")
    if kind == "sd1":
        torch.onnx.export(Plain(unet), inputs, str(folder / f"{kind}-dynamo.onnx"), input_names=["sample", "timestep", "encoder_hidden_states"],
                          output_names=["out_sample"], dynamo=True, external_data=False, opset_version=18)
        pack(folder / f"{kind}-dynamo.onnx")
    save_file({k: v.contiguous() for k, v in unet.state_dict().items()}, folder / f"{kind}.safetensors")
    (folder / f"{kind}.json").write_text(json.dumps({
        "config": {**{k: v for k, v in unet.config.items() if not k.startswith("_") or k == "_class_name"}, "_class_name": "UNet2DConditionModel"},
        "out": [round(float(v), 5) for v in out.flatten()],
        "maps": [{"shape": list(m.shape), "data": [round(float(v), 5) for v in m.flatten()]} for m in maps]}) + "\n")


if __name__ == "__main__":
    to = Path(sys.argv[1])
    to.mkdir(parents=True, exist_ok=True)
    for kind, settings in KINDS.items():
        if sys.argv[2:] != ["regions"]:
            write(to, kind, settings)
        record_regions(to, kind)
