"""The denoiser: Stable Diffusion's U-Net in small.

    v = UNet()(sample [B, C, h, w], timestep [B], encoder_hidden_states [B, T, D])

Residual blocks that know the timestep, self- and cross-attention, skip connections. Text enters
twice: as keys and values of the cross-attention and, averaged over its tokens, beside the timestep.
Token rows that are all zero are padding. The output is v = sqrt(a) noise - sqrt(1 - a) x_0
(Salimans & Ho, 2022) on the schedule of diffusion.py.
"""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F


def timestep_embedding(t, size):
    """Cosines and sines of the timestep [B] -> [B, size], as in Stable Diffusion."""
    exponent = torch.arange(size // 2, device=t.device, dtype=torch.float32) / (size // 2)
    angle = t.float()[:, None] * torch.exp(-math.log(10000) * exponent)
    return torch.cat([angle.cos(), angle.sin()], -1)


class Residual(nn.Module):
    """Two convolutions around a scale and shift that come from the timestep and the pooled text."""

    def __init__(self, c_in, c_out, emb):
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(16, c_in), nn.Conv2d(c_in, c_out, 3, padding=1)
        self.emb = nn.Linear(emb, 2 * c_out)
        self.norm2, self.conv2 = nn.GroupNorm(16, c_out), nn.Conv2d(c_out, c_out, 3, padding=1)
        self.skip = nn.Conv2d(c_in, c_out, 1) if c_in != c_out else nn.Identity()
        nn.init.zeros_(self.conv2.weight)
        nn.init.zeros_(self.conv2.bias)

    def forward(self, x, emb):
        h = self.conv1(F.silu(self.norm1(x)))
        scale, shift = self.emb(emb)[:, :, None, None].chunk(2, 1)
        h = self.norm2(h) * (1 + scale) + shift
        return self.skip(x) + self.conv2(F.silu(h))


class Attention(nn.Module):
    def __init__(self, c, context, head):
        super().__init__()
        self.heads = c // head
        self.q = nn.Linear(c, c, bias=False)
        self.kv = nn.Linear(context, 2 * c, bias=False)
        self.out = nn.Linear(c, c)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x, context, mask=None):
        """x [B, N, c] attends to context [B, T, D]; mask [B, 1, 1, T] is False where nothing is."""
        b, n, c = x.shape
        q = self.q(x).view(b, n, self.heads, -1).transpose(1, 2)
        k, v = (t.reshape(b, context.shape[1], self.heads, -1).transpose(1, 2)
                for t in self.kv(context).chunk(2, -1))
        if q.is_cuda:
            y = F.scaled_dot_product_attention(q, k, v, mask)
        else:  # torch's fused attention is slow backwards on CPU for so few tokens
            weight = q @ k.transpose(-1, -2) * (c // self.heads) ** -0.5
            if mask is not None:
                weight = weight.masked_fill(~mask, -1e4)
            y = weight.softmax(-1).to(v.dtype) @ v
        return self.out(y.transpose(1, 2).reshape(b, n, c))


class Transformer(nn.Module):
    """Self-attention, cross-attention to the text and a gated feed-forward; the grid's places are the tokens."""

    def __init__(self, c, context, head=64):
        super().__init__()
        self.norm1, self.self = nn.LayerNorm(c), Attention(c, c, head)
        self.norm2, self.cross = nn.LayerNorm(c), Attention(c, context, head)
        self.norm3, self.up, self.down = nn.LayerNorm(c), nn.Linear(c, 4 * c), nn.Linear(2 * c, c)
        nn.init.zeros_(self.down.weight)
        nn.init.zeros_(self.down.bias)

    def forward(self, x, context, mask):
        b, c, h, w = x.shape
        t = x.permute(0, 2, 3, 1).reshape(b, h * w, c)
        n = self.norm1(t)
        t = t + self.self(n, n)
        t = t + self.cross(self.norm2(t), context, mask)
        a, g = self.up(self.norm3(t)).chunk(2, -1)
        t = t + self.down(a * F.gelu(g))
        return t.reshape(b, h, w, c).permute(0, 3, 1, 2)


class Stage(nn.Module):
    """A residual block and then `depth` transformers."""

    def __init__(self, c_in, c_out, emb, context, depth):
        super().__init__()
        self.res = Residual(c_in, c_out, emb)
        self.tf = nn.ModuleList([Transformer(c_out, context) for _ in range(depth)])

    def forward(self, x, emb, context, mask):
        x = self.res(x, emb)
        for t in self.tf:
            x = t(x, context, mask)
        return x


class UNet(nn.Module):
    def __init__(self, channels=4, context=384, widths=(96, 192, 256), blocks=(1, 1, 1), tf=(0, 1, 1), patch=2, size=16):
        """Per level, finest first: widths; residual blocks on the way down (one more on the way up);
        transformers after each of them. patch: the latent's places are taken patch x patch at once.
        size: the latent's side in training; other sizes stretch the learned positions."""
        super().__init__()
        self.config = dict(channels=channels, context=context, widths=widths, blocks=blocks, tf=tf, patch=patch, size=size)
        self.patch, inner, emb = patch, channels * patch * patch, 2 * widths[1]
        self.time = nn.Sequential(nn.Linear(widths[0], emb), nn.SiLU(), nn.Linear(emb, emb))
        self.pool = nn.Sequential(nn.LayerNorm(context), nn.Linear(context, emb), nn.SiLU(), nn.Linear(emb, emb))
        self.text = nn.LayerNorm(context)
        self.inp = nn.Conv2d(inner, widths[0], 3, padding=1)
        self.position = nn.Parameter(torch.zeros(1, widths[0], size // patch, size // patch))
        c, skips = self._build_down(widths, blocks, tf, emb, context)
        self.mid = Stage(c, c, emb, context, max(1, tf[-1]))
        c = self._build_up(c, skips, widths, blocks, tf, emb, context)
        self.norm, self.outp = nn.GroupNorm(16, c), nn.Conv2d(c, inner, 3, padding=1)
        nn.init.zeros_(self.outp.weight)
        nn.init.zeros_(self.outp.bias)

    def _build_down(self, widths, blocks, tf, emb, context):
        self.down, c, skips = nn.ModuleList(), widths[0], [widths[0]]
        for i, w in enumerate(widths):
            for _ in range(blocks[i]):
                self.down.append(Stage(c, w, emb, context, tf[i]))
                c = w
                skips.append(c)
            if i + 1 < len(widths):
                self.down.append(nn.Conv2d(c, widths[i + 1], 3, stride=2, padding=1))
                c = widths[i + 1]
                skips.append(c)
        return c, skips

    def _build_up(self, c, skips, widths, blocks, tf, emb, context):
        self.up = nn.ModuleList()
        for i, w in reversed(list(enumerate(widths))):
            for _ in range(blocks[i] + 1):
                self.up.append(Stage(c + skips.pop(), w, emb, context, tf[i]))
                c = w
            if i:
                self.up.append(nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(c, widths[i - 1], 3, padding=1)))
                c = widths[i - 1]
        return c

    def forward(self, sample, timestep, encoder_hidden_states):
        text = encoder_hidden_states
        mask = text.abs().sum(-1) > 0
        real = mask.to(text.dtype)[..., None]
        pooled = (text * real).sum(1) / real.sum(1).clamp(min=1)
        emb = F.silu(self.time(timestep_embedding(timestep, self.time[0].in_features)) + self.pool(pooled))
        context, mask = self.text(text), mask[:, None, None]
        x = F.pixel_unshuffle(sample, self.patch)
        x = self.inp(x) + F.interpolate(self.position, size=x.shape[-2:], mode="bilinear")
        skips = [x]
        for m in self.down:
            x = m(x, emb, context, mask) if isinstance(m, Stage) else m(x)
            skips.append(x)
        x = self.mid(x, emb, context, mask)
        for m in self.up:
            x = m(torch.cat([x, skips.pop()], 1), emb, context, mask) if isinstance(m, Stage) else m(x)
        return F.pixel_shuffle(self.outp(F.silu(self.norm(x))), self.patch)

    @torch.no_grad()
    def resized(self, size):
        """The same network for latents of another side, its positions stretched as forward would stretch them."""
        other = UNet(**{**self.config, "size": size})
        side = (size // self.patch,) * 2
        other.load_state_dict({**self.state_dict(), "position": F.interpolate(self.position, size=side, mode="bilinear")})
        return other
