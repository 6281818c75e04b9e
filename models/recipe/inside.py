"""What of a picture lies inside the drawing, told from its latents: for white parts, which look like the white ground.

The autoencoder sees pictures on white, so a penguin's belly and the hole of a doughnut differ only by what is around them,
further away than the decoder's convolutions reach. A small U-Net over the whole latent grid sees that much: [B, 4, h, w] ->
logits [B, 1, 2h, 2w] of a pixel being inside. combined() lets it add opacity to the decoder's, never take any away.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

SURE = 0.7, 0.8  # share between which a pixel that the decoder calls ground becomes opaque


class Block(nn.Module):
    """A residual pair of convolutions with one norm."""

    def __init__(self, c):
        super().__init__()
        self.norm, self.a, self.b = nn.GroupNorm(8, c), nn.Conv2d(c, c, 3, padding=1), nn.Conv2d(c, c, 3, padding=1)
        nn.init.zeros_(self.b.weight)
        nn.init.zeros_(self.b.bias)

    def forward(self, x):
        return x + self.b(F.relu(self.a(F.relu(self.norm(x)))))


class Inside(nn.Module):
    def __init__(self, channels=4, widths=(32, 64, 96)):
        """widths at the latents' size, a half and a quarter of it; the last level also sees the mean over the picture."""
        super().__init__()
        self.config = dict(channels=channels, widths=widths)
        self.into = nn.Conv2d(channels, widths[0], 3, padding=1)
        self.down = nn.ModuleList([nn.Conv2d(a, b, 4, stride=2, padding=1) for a, b in zip(widths, widths[1:])])
        self.fine = nn.ModuleList([Block(w) for w in widths[:-1]])
        self.middle = nn.ModuleList([Block(widths[-1]) for _ in range(3)])
        self.whole = nn.Linear(widths[-1], widths[-1])
        self.up = nn.ModuleList([nn.Conv2d(b, a, 1) for a, b in zip(widths, widths[1:])])
        self.back = nn.ModuleList([Block(w) for w in widths[:-1]])
        self.out = nn.Sequential(nn.ReLU(), nn.Conv2d(widths[0], 4, 3, padding=1), nn.PixelShuffle(2))

    def forward(self, z):
        x, skips = self.into(z), []
        for fine, down in zip(self.fine, self.down):
            x = fine(x)
            skips.append(x)
            x = down(x)
        for block in self.middle:
            x = block(x + self.whole(x.mean((2, 3)))[..., None, None])
        for up, back, skip in reversed(list(zip(self.up, self.back, skips))):
            x = back(up(F.interpolate(x, size=skip.shape[2:])) + skip)
        return self.out(x)


def combined(opacity, logits, sure=SURE):
    """The decoder's opacity [B, 1, H, W] in [-1, 1], raised to opaque where what the logits [B, 1, H/4, W/4] and all their
    neighbours say is inside, by shares between the two of sure: a rim that the decoder drew soft stays soft."""
    share = -F.max_pool2d(-logits.sigmoid(), 3, stride=1, padding=1)
    share = F.interpolate(share, scale_factor=4, mode="bilinear", align_corners=False)
    return torch.maximum(opacity, 2 * ((share - sure[0]) / (sure[1] - sure[0])).clamp(0, 1) - 1)
