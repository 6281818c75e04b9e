"""A picture-text encoder of our own: pictures and texts to unit vectors that are close where they belong together.

After CLIP (Radford et al., 2021), in small: a residual network on 64 px pictures, and a projection of the mean
token state of the recipe's frozen text encoder.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

SIDE = 64


class Bottleneck(nn.Module):
    def __init__(self, c_in, c_out):
        super().__init__()
        self.a, self.b = nn.Conv2d(c_in, c_out, 3, stride=2, padding=1), nn.Conv2d(c_out, c_out, 3, padding=1)
        self.norm1, self.norm2 = nn.GroupNorm(8, c_out), nn.GroupNorm(8, c_out)
        self.skip = nn.Conv2d(c_in, c_out, 1)

    def forward(self, x):
        h = F.silu(self.norm1(self.a(x)))
        return F.silu(self.skip(F.avg_pool2d(x, 2)) + self.norm2(self.b(h)))


class Judge(nn.Module):
    def __init__(self, widths=(32, 64, 128, 192), text=384, size=128):
        super().__init__()
        self.config = dict(widths=widths, text=text, size=size)
        stages = [nn.Conv2d(3, widths[0], 3, padding=1)]
        stages += [Bottleneck(a, b) for a, b in zip((widths[0],) + tuple(widths[:-1]), widths)]
        self.features = nn.Sequential(*stages)
        self.picture = nn.Linear(widths[-1] * 2, size)
        self.words = nn.Sequential(nn.LayerNorm(text), nn.Linear(text, 2 * size), nn.GELU(), nn.Linear(2 * size, size))
        self.sharpness = nn.Parameter(torch.tensor(2.5))

    def see(self, x):
        """Pictures [N, 3, 64, 64] in [-1, 1] -> (unit vectors [N, size], features [N, 2 widths[-1]])."""
        h = self.features(x)
        h = torch.cat([h.mean((2, 3)), h.amax((2, 3))], -1)
        return F.normalize(self.picture(h), dim=-1), h

    def read(self, states):
        """Token states [N, T, text], zero at padding -> unit vectors [N, size]."""
        real = (states.abs().sum(-1) > 0).sum(1, keepdim=True).clamp(min=1)
        return F.normalize(self.words(states.sum(1) / real), dim=-1)


def contrast(pictures, words, sharpness):
    """Cross-entropy of finding each one's partner in the batch, both ways."""
    logits = pictures @ words.t() * sharpness.exp().clamp(max=50)
    target = torch.arange(len(logits), device=logits.device)
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.t(), target)) / 2


def prepared(pictures, dev="cpu"):
    """uint8 [N, h, w, 3] -> float [N, 3, 64, 64] in [-1, 1]."""
    x = torch.from_numpy(pictures).to(dev).permute(0, 3, 1, 2).float().div(127.5).sub(1)
    return F.adaptive_avg_pool2d(x, SIDE)
