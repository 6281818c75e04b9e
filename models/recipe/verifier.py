"""The part of the folder that tells how well a picture shows a prompt, for the search among several seeds.

    image_embeds [N, D], text_embeds [M, D], logits_per_image [N, M] = Verifier()(pixel_values [N, 3, 64, 64], encoder_hidden_states [M, T, 384])

After CLIP (Radford et al., 2021), in small; ports are named as those of exported CLIP models. Text comes as the folder's own
text encoder states, zero at padding, so that a prompt is encoded once for the U-Net and the verifier.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

SIDE = 64  # pixels of the pictures that it looks at


class Step(nn.Module):
    """A residual pair of convolutions that halves the grid."""

    def __init__(self, c_in, c_out, stride=2):
        super().__init__()
        self.norm, self.a = nn.GroupNorm(8, c_in), nn.Conv2d(c_in, c_out, 3, stride=stride, padding=1)
        self.between, self.b = nn.GroupNorm(8, c_out), nn.Conv2d(c_out, c_out, 3, padding=1)
        self.skip, self.stride = nn.Conv2d(c_in, c_out, 1), stride

    def forward(self, x):
        h = F.gelu(self.norm(x))
        past = self.skip(F.avg_pool2d(h, self.stride) if self.stride > 1 else h)
        return past + self.b(F.gelu(self.between(self.a(h))))


class Verifier(nn.Module):
    def __init__(self, widths=(96, 160, 224), context=384, size=128, heads=8, inner=256, sharpness=2.5):
        """widths: at 1/4, 1/8 and 1/16 of the picture's side, of which the first is read 4 x 4 pixels at once; size: of the vectors; heads: ways to weigh the tokens;
        sharpness: the logarithm of the cosines' scale, to begin with."""
        super().__init__()
        self.config = dict(widths=widths, context=context, size=size, heads=heads, inner=inner, sharpness=sharpness)
        steps = [Step(widths[0], widths[0], 1)] + [Step(a, b) for a, b in zip(widths, widths[1:])]
        self.features = nn.Sequential(nn.PixelUnshuffle(4), nn.Conv2d(48, widths[0], 3, padding=1), *steps, nn.GroupNorm(8, widths[-1]), nn.GELU())
        self.picture = nn.Linear(2 * widths[-1], size)
        self.norm, self.values, self.weigh = nn.LayerNorm(context), nn.Linear(context, inner), nn.Linear(context, heads)
        self.words = nn.Sequential(nn.Linear(2 * inner, inner), nn.GELU(), nn.Linear(inner, size))
        self.sharpness = nn.Parameter(torch.tensor(sharpness))

    def see(self, pixel_values):
        """Pictures [N, 3, 64, 64] in [-1, 1] -> unit vectors [N, size]."""
        h = self.features(pixel_values)
        return F.normalize(self.picture(torch.cat([h.mean((2, 3)), h.amax((2, 3))], -1)), dim=-1)

    def read(self, states):
        """Token states [M, T, context], zero at padding -> unit vectors [M, size]."""
        m, t, _ = states.shape
        away = (states.abs().sum(-1, keepdim=True) == 0) * -1e4
        x = self.norm(states)
        values = F.gelu(self.values(x))
        share = (self.weigh(x) + away).softmax(1)  # [M, T, heads]
        pooled = (values.reshape(m, t, share.shape[-1], -1) * share[..., None]).sum(1).flatten(1)
        return F.normalize(self.words(torch.cat([pooled, (values + away).amax(1)], -1)), dim=-1)

    def scale(self):
        return self.sharpness.exp().clamp(max=100)

    def forward(self, pixel_values, encoder_hidden_states):
        pictures, words = self.see(pixel_values), self.read(encoder_hidden_states)
        return self.scale() * pictures @ words.t(), pictures, words
