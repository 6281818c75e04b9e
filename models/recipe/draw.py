"""Prompts -> pictures with a finished model folder, through ONNX Runtime and nothing of torch: the folder's own check.

    python -m recipe.draw --folder nirvana "red apple, flat emoji" "a cat, 3d emoji" --out cats.png
"""
import argparse
import functools
import json
import pathlib
import time

import numpy as np
import onnxruntime
from PIL import Image
from tokenizers import Tokenizer

from . import onnxfile

PROMPTS = ["red apple, flat emoji", "a cat, 3d emoji", "rocket, noto style", "blue car", "house with tree", "slice of pizza",
           "a green heart", "sad robot", "a lion face", "birthday cake, clip art", "smiling face, emojione style", "a fish, twemoji style"]


class Folder:
    """The sessions and settings of a text-to-image folder whose scheduler is trailing, on v, without clipping."""

    def __init__(self, path, threads=2):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.path = pathlib.Path(path)

        def session(part):
            return onnxruntime.InferenceSession(self.path / part / "model.onnx", options, providers=["CPUExecutionProvider"])
        self.text, self.unet, self.decoder = session("text_encoder"), session("unet"), session("vae_decoder")
        self.options, self.index = options, json.loads((self.path / "model_index.json").read_text())
        self.length = json.loads((self.path / "tokenizer/tokenizer_config.json").read_text())["model_max_length"]
        self.tokenizer = Tokenizer.from_file(str(self.path / "tokenizer/tokenizer.json"))
        self.tokenizer.enable_truncation(self.length)
        self.tokenizer.enable_padding(length=self.length)
        self.net = json.loads((self.path / "unet/config.json").read_text())
        scheduler = json.loads((self.path / "scheduler/scheduler_config.json").read_text())
        if scheduler["beta_schedule"] != "squaredcos_cap_v2" or scheduler["prediction_type"] != "v_prediction":
            raise ValueError(f"{path} wants another sampler than this check has")
        self.alphas = cosine(scheduler["num_train_timesteps"])

    def encode(self, prompts):
        """float32 [N, length, D]."""
        ids = [e.ids for e in self.tokenizer.encode_batch(list(prompts))]
        return self.text.run(None, dict(input_ids=np.array(ids, np.int64)))[0]

    @functools.cached_property
    def few(self):
        """The session of the draft's denoiser."""
        model = onnxfile.merged(self.path / "unet/model.onnx", self.path / self.index["_draft"]["weights"])
        return onnxruntime.InferenceSession(model.SerializeToString(), self.options, providers=["CPUExecutionProvider"])

    def draft(self, prompts, seed=0):
        """As draw, with the folder's draft."""
        d = self.index["_draft"]
        return self.draw(prompts, seed, d["num_inference_steps"], d["guidance_scale"], unet=self.few)

    def denoise(self, states, null, noise, steps=25, guidance=3.0, unet=None, watch=None, guide=None):
        """DDIM from noise [N, C, h, w] to latents; states, null [N, T, D]. watch(steps done, predicted x_0) sees every step, and may
        return the rows that go on. guide(t, u, v) combines the outputs without and with the prompt in guidance's place."""
        x, total, unet = noise, len(self.alphas), unet or self.unet
        times = [round(total * (1 - i / steps)) - 1 for i in range(steps)] + [-1]
        for done, (t, s) in enumerate(zip(times, times[1:]), 1):
            at, to = self.alphas[t], self.alphas[s] if s >= 0 else np.float32(1)
            rows = [(x, states)] if guidance == 1 else [(x, null), (x, states)]
            asked = dict(sample=np.concatenate([r[0] for r in rows]), timestep=np.full(len(rows) * len(x), t, np.int64),
                         encoder_hidden_states=np.concatenate([r[1] for r in rows]))
            u, v = (*np.split(unet.run(None, asked)[0], len(rows)),) * (2 // len(rows))
            v = guide(t, u, v) if guide else u + np.float32(guidance) * (v - u)
            x0, eps = np.sqrt(at) * x - np.sqrt(1 - at) * v, np.sqrt(1 - at) * x + np.sqrt(at) * v
            x = np.sqrt(to) * x0 + np.sqrt(1 - to) * eps
            left = watch(done, x0) if watch else None
            if left is not None:
                x, states, null = x[left], states[left], null[left]
        return x

    @functools.cached_property
    def verifier(self):
        path = self.path / self.index["_verifier"]["model"]
        return onnxruntime.InferenceSession(path, self.options, providers=["CPUExecutionProvider"])

    def score(self, states, pictures):
        """How well uint8 pictures [N, H, W, 3] show the prompt of states [1, T, D], float32 [N]: the folder's verifier's logits."""
        side = self.verifier.get_inputs()[0].shape[-1]
        small = np.stack([np.asarray(Image.fromarray(p).resize((side, side), Image.BILINEAR)) for p in pictures])
        values = small.transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1
        return self.verifier.run(None, dict(pixel_values=values, encoder_hidden_states=states))[0][:, 0]

    def decode(self, latents):
        """uint8 [N, H, W, 3], on white where the decoder gives the opacity too."""
        y = np.concatenate([self.decoder.run(None, dict(latent_sample=z[None]))[0][:, :3] for z in latents])
        return ((y.clip(-1, 1) + 1) * 127.5).round().astype(np.uint8).transpose(0, 2, 3, 1)

    def draw(self, prompts, seed=0, steps=25, guidance=3.0, side=None, unet=None):
        """uint8 [N, 8 side, 8 side, 3]: a picture a prompt, each from its own seed."""
        side = side or self.net["sample_size"]
        states, null = self.encode(prompts), np.repeat(self.encode([""]), len(prompts), 0)
        noise = np.stack([np.random.default_rng(seed + i).standard_normal((self.net["in_channels"], side, side), np.float32)
                          for i in range(len(prompts))])
        return self.decode(self.denoise(states, null, noise, steps, guidance, unet))


def cosine(steps):
    """alphas_cumprod of squaredcos_cap_v2, float32 [steps]."""
    bar = np.cos((np.arange(steps + 1) / steps + 0.008) / 1.008 * np.pi / 2) ** 2
    return np.cumprod(1 - np.minimum(1 - bar[1:] / bar[:-1], 0.999)).astype(np.float32)


def sheet(pictures, columns, cell=128):
    """Pictures [N, h, w, 3] in rows on white, as a PIL image."""
    whole = Image.new("RGB", (columns * cell, -(-len(pictures) // columns) * cell), "white")
    for i, p in enumerate(pictures):
        whole.paste(Image.fromarray(np.asarray(p)).resize((cell, cell), Image.LANCZOS), (i % columns * cell, i // columns * cell))
    return whole


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("prompts", nargs="*", default=PROMPTS)
    ap.add_argument("--folder", default="nirvana")
    ap.add_argument("--out", default="sheet.png")
    ap.add_argument("--steps", type=int, default=25)
    ap.add_argument("--guidance", type=float, default=3.0)
    ap.add_argument("--seed", type=int, default=0)
    ap.add_argument("--side", type=int, help="of the latent; default: as trained")
    ap.add_argument("--draft", action="store_true", help="with the folder's draft of few steps")
    ap.add_argument("--columns", type=int, default=6)
    ap.add_argument("--threads", type=int, default=2)
    a = ap.parse_args()
    model, start = Folder(a.folder, a.threads), time.time()
    drawn = model.draft(a.prompts, a.seed) if a.draft else model.draw(a.prompts, a.seed, a.steps, a.guidance, a.side)
    print(f"{(time.time() - start) / len(drawn):.2f} s a picture of {drawn.shape[1]} px, {'draft' if a.draft else f'{a.steps} steps'}, {a.threads} threads")
    sheet(drawn, a.columns).save(a.out)


if __name__ == "__main__":
    main()
