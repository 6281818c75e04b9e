"""The original: a denoising diffusion model of pixels, as first described (Ho, Jain & Abbeel, 2020), told a class.

T = 1000, beta from 1e-4 to 0.02 in a straight line, the network predicts the noise; residual blocks with the
timestep, self-attention at the coarser levels, skip connections. With log_variance the network has twice the
channels, and the second half is where the reverse variance lies between its bounds (Nichol & Dhariwal, 2021).

    out = PixelUNet()(sample [B, 3, h, w] in [-1, 1], timestep [B], class_labels [B]) -> [B, 3 or 6, h, w]

The last class is the null class, which stands for no class at all: guidance compares with it.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

from .unet import Attention, Residual, timestep_embedding


class Look(nn.Module):
    """Self-attention over the places of a grid."""

    def __init__(self, c, head=32):
        super().__init__()
        self.norm, self.attention = nn.GroupNorm(16, c), Attention(c, c, head)

    def forward(self, x):
        b, c, h, w = x.shape
        t = self.norm(x).permute(0, 2, 3, 1).reshape(b, h * w, c)
        return x + self.attention(t, t).reshape(b, h, w, c).permute(0, 3, 1, 2)


class Level(nn.Module):
    def __init__(self, c_in, c_out, emb, attend):
        super().__init__()
        self.res = Residual(c_in, c_out, emb)
        self.look = Look(c_out) if attend else nn.Identity()

    def forward(self, x, emb):
        return self.look(self.res(x, emb))


class PixelUNet(nn.Module):
    def __init__(self, classes=20, widths=(32, 64, 96, 96), blocks=1, attend=(False, False, True, True), size=64, log_variance=False):
        """classes: without the null class. widths: a level each, every one half as large as the one before."""
        super().__init__()
        self.config = dict(classes=classes, widths=widths, blocks=blocks, attend=attend, size=size, log_variance=log_variance)
        emb = 4 * widths[0]
        self.time = nn.Sequential(nn.Linear(widths[0], emb), nn.SiLU(), nn.Linear(emb, emb))
        self.label = nn.Embedding(classes + 1, emb)
        self.inp = nn.Conv2d(3, widths[0], 3, padding=1)
        self.down, self.up, skips, c = nn.ModuleList(), nn.ModuleList(), [widths[0]], widths[0]
        for i, w in enumerate(widths):
            for _ in range(blocks):
                self.down.append(Level(c, w, emb, attend[i]))
                c = w
                skips.append(c)
            if i + 1 < len(widths):
                self.down.append(nn.Conv2d(c, c, 3, stride=2, padding=1))
                skips.append(c)
        self.mid = Level(c, c, emb, True)
        for i, w in reversed(list(enumerate(widths))):
            for _ in range(blocks + 1):
                self.up.append(Level(c + skips.pop(), w, emb, attend[i]))
                c = w
            if i:
                self.up.append(nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(c, c, 3, padding=1)))
        self.norm = nn.GroupNorm(16, c)
        self.outp = nn.Conv2d(c, 6 if log_variance else 3, 3, padding=1)
        nn.init.zeros_(self.outp.weight)
        nn.init.zeros_(self.outp.bias)

    def forward(self, sample, timestep, class_labels):
        emb = F.silu(self.time(timestep_embedding(timestep, self.time[0].in_features)) + self.label(class_labels))
        x = self.inp(sample)
        skips = [x]
        for m in self.down:
            x = m(x, emb) if isinstance(m, Level) else m(x)
            skips.append(x)
        x = self.mid(x, emb)
        for m in self.up:
            x = m(torch.cat([x, skips.pop()], 1), emb) if isinstance(m, Level) else m(x)
        return self.outp(F.silu(self.norm(x)))


class Chain:
    """The forward process and its reverse: betas, their products, and the posterior's variances (eq. 4, 6 and 7)."""

    def __init__(self, steps=1000, first=1e-4, last=0.02, dev="cpu"):
        beta = torch.linspace(first, last, steps, dtype=torch.float64)
        bar = torch.cumprod(1 - beta, 0)
        before = torch.cat([torch.ones(1, dtype=torch.float64), bar[:-1]])
        self.beta, self.bar = beta.float().to(dev), bar.float().to(dev)
        self.posterior = (beta * (1 - before) / (1 - bar)).float().to(dev)
        self.of_x0 = (before.sqrt() * beta / (1 - bar)).float().to(dev)
        self.of_x = ((1 - beta).sqrt() * (1 - before) / (1 - bar)).float().to(dev)

    def noised(self, x0, t, noise):
        """A sample of q(x_t | x_0)."""
        bar = self.bar[t][:, None, None, None]
        return bar.sqrt() * x0 + (1 - bar).sqrt() * noise

    def mean(self, x0, x, t):
        """The mean of q(x_{t-1} | x_t, x_0)."""
        return self.of_x0[t][:, None, None, None] * x0 + self.of_x[t][:, None, None, None] * x

    def log_variance(self, share, t):
        """Between the posterior's (share -1) and beta's (share 1) log variance, as the network says."""
        low = self.posterior.clamp(min=self.posterior[1])[t].log()[:, None, None, None]
        high = self.beta[t].log()[:, None, None, None]
        return low + (share + 1) / 2 * (high - low)
