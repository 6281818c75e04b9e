"""Low-rank changes to a network's weights (Hu et al., 2021), trained beside frozen ones and kept in a file of their own."""
import torch
import torch.nn as nn
from safetensors.torch import save_file
from torch.nn.utils import parametrize


class LowRank(nn.Module):
    """w -> w + up down: up [out, rank], down [rank, everything else]. Starts as no change."""

    def __init__(self, w, rank):
        super().__init__()
        self.up = nn.Parameter(torch.zeros(len(w), rank))
        self.down = nn.Parameter(torch.randn(rank, w[0].numel()) * w[0].numel() ** -0.5)

    def forward(self, w):
        return w + (self.up @ self.down).view_as(w)


def add(model, rank):
    """Freezes the model and gives every linear and convolution weight with room for it a LowRank; returns their parameters."""
    model.requires_grad_(False)
    for m in list(model.modules()):
        if isinstance(m, (nn.Linear, nn.Conv2d)) and min(len(m.weight), m.weight[0].numel()) > 2 * rank:
            parametrize.register_parametrization(m, "weight", LowRank(m.weight, rank))
    return [p for p in model.parameters() if p.requires_grad]


def tensors(model, prefix="unet"):
    """Name -> fp16 tensor, in diffusers' naming: PREFIX.MODULE.lora_A.weight and .lora_B.weight."""
    out = {}
    for name, m in model.named_modules():
        if not isinstance(m, (nn.Linear, nn.Conv2d)) or not parametrize.is_parametrized(m, "weight"):
            continue
        change, shape = m.parametrizations.weight[0], m.parametrizations.weight.original.shape
        rank = change.up.shape[1]
        out[f"{prefix}.{name}.lora_A.weight"] = change.down.detach().view(rank, *shape[1:]).half().cpu().contiguous()
        out[f"{prefix}.{name}.lora_B.weight"] = change.up.detach().view(shape[0], rank, *[1] * (len(shape) - 2)).half().cpu().contiguous()
    return out


def save(model, path, **said):
    """said: words that the file's head keeps."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors(model), path, said)
