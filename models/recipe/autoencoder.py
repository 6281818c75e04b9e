"""The picture autoencoder: RGB in [-1, 1] <-> a small latent grid, in the manner of TAESD.

Convolutions and ReLU only, no normalisation, no attention: [B, 3, 8h, 8w] <-> [B, 4, h, w]. The
outermost level works on 2x2 pixels at once (pixel shuffle). encode returns latents of zero mean and
unit variance a channel, and decode takes those, so the folder's scaling_factor is 1.
A decoder with alpha gives [B, 4, 8h, 8w]: the picture on white, and its opacity, also in [-1, 1]; with inside, inside.py's
network adds to the opacity where white parts of the drawing would be taken for ground.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

from .inside import Inside, combined


class Block(nn.Module):
    """A residual pair of convolutions that starts as the identity."""

    def __init__(self, c):
        super().__init__()
        self.a, self.b = nn.Conv2d(c, c, 3, padding=1), nn.Conv2d(c, c, 3, padding=1)
        nn.init.zeros_(self.b.weight)
        nn.init.zeros_(self.b.bias)

    def forward(self, x):
        return x + self.b(F.relu(self.a(F.relu(x))))


def blocks(c, n):
    return [Block(c) for _ in range(n)]


class Autoencoder(nn.Module):
    def __init__(self, factor=8, channels=4, enc=(32, 64, 96), dec=(32, 96, 160), depth=(1, 2, 3), alpha=False, inside=()):
        """enc and dec: widths at 1/2, 1/4 and 1/8 of the picture's size; depth: decoder blocks there;
        inside: widths of its network, none: without."""
        super().__init__()
        self.config = dict(factor=factor, channels=channels, enc=enc, dec=dec, depth=depth, alpha=alpha, inside=inside)
        levels = len(enc)
        if factor != 2 ** levels:
            raise ValueError(f"{levels} levels halve the picture to 1/{2 ** levels}, not 1/{factor}")
        down = [nn.PixelUnshuffle(2), nn.Conv2d(12, enc[0], 3, padding=1)]
        for i in range(levels):
            if i:
                down.append(nn.Conv2d(enc[i - 1], enc[i], 4, stride=2, padding=1))
            down += blocks(enc[i], max(1, depth[i] - 1))
        self.encoder = nn.Sequential(*down, nn.Conv2d(enc[-1], channels, 3, padding=1))
        up = [nn.Conv2d(channels, dec[-1], 3, padding=1)]
        for i in reversed(range(levels)):
            up += blocks(dec[i], depth[i])
            if i:
                up += [nn.Upsample(scale_factor=2), nn.Conv2d(dec[i], dec[i - 1], 3, padding=1)]
        self.decoder = nn.Sequential(*up, nn.ReLU(), nn.Conv2d(dec[0], 16 if alpha else 12, 3, padding=1), nn.PixelShuffle(2))
        if inside:
            self.inside = Inside(channels, inside)
        self.register_buffer("shift", torch.zeros(1, channels, 1, 1))
        self.register_buffer("scale", torch.ones(1, channels, 1, 1))

    def encode(self, x):
        return (self.encoder(x) - self.shift) / self.scale

    def decode(self, z):
        y = self.decoder(z * self.scale + self.shift)
        if not self.config["inside"]:
            return y
        return torch.cat([y[:, :3], combined(y[:, 3:], self.inside(z))], 1)

    @torch.no_grad()
    def with_alpha(self):
        """The same autoencoder with a decoder that also gives the opacity, which has to be trained: it begins as opaque."""
        other, state = Autoencoder(**{**self.config, "alpha": True}), self.state_dict()
        for name, start in (("weight", 0.0), ("bias", 1.0)):
            key = f"decoder.{len(self.decoder) - 2}.{name}"
            state[key] = torch.cat([state[key], torch.full_like(state[key][:4], start)])
        other.load_state_dict(state)
        return other

    def with_inside(self, network):
        """The same autoencoder, its colours and latents byte for byte, with a trained Inside in its decoder."""
        other = Autoencoder(**{**self.config, "inside": network.config["widths"]})
        other.load_state_dict(self.state_dict() | {f"inside.{k}": v for k, v in network.state_dict().items()})
        return other.eval()

    @torch.no_grad()
    def calibrate(self, z):
        """Sets shift and scale from raw latents z [N, C, h, w], so that encode gives unit variance."""
        self.shift.copy_(z.mean((0, 2, 3), keepdim=True))
        self.scale.copy_(z.std((0, 2, 3), keepdim=True))
