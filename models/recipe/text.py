"""Words to token states: our own small transformer in BERT's shape (Devlin et al., 2018), taught by MiniLM.

    states = TextEncoder()(ids [B, T]) -> [B, T, 384], zero where the id is padding

The word table is factorised (Lan et al., ALBERT, 2019): a narrow vector a piece, widened by one matrix.
"""
import pathlib

import torch
import torch.nn as nn
import torch.nn.functional as F
from tokenizers import Tokenizer

LENGTH, WIDTH, PAD = 24, 384, 0


class Layer(nn.Module):
    """Self-attention and feed-forward, each added and then normalised."""

    def __init__(self, width, inner, heads):
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, inner), nn.Linear(inner, width)
        self.norm1, self.norm2 = nn.LayerNorm(width, 1e-12), nn.LayerNorm(width, 1e-12)

    def forward(self, x, bias):
        b, t, c = x.shape
        q, k, v = (p.reshape(b, t, self.heads, -1).transpose(1, 2) for p in self.qkv(x).chunk(3, -1))
        weight = q @ k.transpose(-1, -2) * (c // self.heads) ** -0.5 + bias
        y = (weight.softmax(-1).to(v.dtype) @ v).transpose(1, 2).reshape(b, t, c)
        x = self.norm1(x + self.out(y))
        return self.norm2(x + self.down(F.gelu(self.up(x))))


class TextEncoder(nn.Module):
    def __init__(self, pieces=16384, narrow=128, width=WIDTH, inner=832, layers=3, heads=12, length=LENGTH):
        super().__init__()
        self.config = dict(pieces=pieces, narrow=narrow, width=width, inner=inner, layers=layers, heads=heads, length=length)
        self.words, self.widen = nn.Embedding(pieces, narrow), nn.Linear(narrow, width, bias=False)
        self.places = nn.Parameter(torch.zeros(length, width))
        self.norm = nn.LayerNorm(width, 1e-12)
        self.layers = nn.ModuleList([Layer(width, inner, heads) for _ in range(layers)])

    def forward(self, input_ids):
        real = input_ids != PAD
        x = self.norm(self.widen(self.words(input_ids)) + self.places[:input_ids.shape[1]])
        bias = torch.where(real, 0.0, -1e4)[:, None, None]
        for layer in self.layers:
            x = layer(x, bias)
        return x * real[..., None]


class Tokens:
    """The tokenizer of a folder, for batches: texts -> ids [N, T], T as long as the longest but at most LENGTH."""

    def __init__(self, folder):
        self.tokenizer = Tokenizer.from_file(str(pathlib.Path(folder) / "tokenizer.json"))
        self.tokenizer.enable_truncation(LENGTH)
        self.tokenizer.enable_padding(pad_id=PAD)

    def __call__(self, texts):
        return torch.tensor([e.ids for e in self.tokenizer.encode_batch(list(texts))])


@torch.no_grad()
def states(encoder, tokens, texts, batch=256):
    """float16 numpy [N, length, width] of many texts, short ones together."""
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    out = torch.zeros(len(texts), encoder.config["length"], encoder.config["width"], dtype=torch.float16)
    for s in range(0, len(order), batch):
        rows = order[s:s + batch]
        h = encoder(tokens([texts[i] for i in rows]).to(encoder.places.device)).half().cpu()
        out[torch.tensor(rows), :h.shape[1]] = h
    return out.numpy()
