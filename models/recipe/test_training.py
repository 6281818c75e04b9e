"""Checks of what is trained: python -m unittest recipe.test_training (in the recipe's environment)."""
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile
import types
import unittest

import numpy as np
import torch
import torch.nn.functional as F

from . import begin, export, folder, pack, store, train_autoencoder, train_inside, train_unet, train_verifier, vocabulary
from .autoencoder import Autoencoder
from .diffusion import alphas_cumprod, pictures
from .examples import Examples, from_data
from .inside import Inside, combined
from .test_recipe import random_weights
from .text import TextEncoder
from .unet import UNet
from .verifier import SIDE, Verifier
from .weights import load_shards, save_shards

SMALL_AE = dict(enc=(8, 8, 8), dec=(8, 8, 8), depth=(1, 1, 1))


def drawings(n, size=64):
    """RGBA pictures [n, size, size, 4] of one square each, and what is known of them."""
    rgba = np.zeros((n, size, size, 4), np.uint8)
    for i in range(n):
        k = size // 8 * (1 + i % 3)
        rgba[i, k:-k, k:-k] = 40 * (i % 5), 200 - 20 * (i % 7), 30, 255
    meta = [dict(name=f"thing {i}", label=f"thing {i}", source="noto", group=4, held=i % 4 == 3, weight=0.0 if i % 4 == 3 else 1.0, scene=None,
                 captions=[f"a thing {i}", f"a thing {i}, in one of the longer captions that there are"]) for i in range(n)]
    return rgba, meta


def write_data(path, n=12):
    rgba, meta = drawings(n)
    path.mkdir(parents=True, exist_ok=True)
    np.save(path / "images.npy", np.where(rgba[..., 3:] > 0, rgba[..., :3], 255).astype(np.uint8))
    np.save(path / "alpha.npy", rgba[..., 3])
    (path / "meta.jsonl").write_text("".join(json.dumps(m) + "\n" for m in meta))


def write_parts(path):
    """A tiny autoencoder, text encoder and tokenizer, untrained."""
    torch.manual_seed(0)
    save_shards(Autoencoder(**SMALL_AE), path / "ae")
    pieces = vocabulary.SPECIAL + ["a", "thing", ",", "in", "one", "of", "the", "longer", "captions", "that", "there", "are"] + [str(i) for i in range(20)]
    save_shards(TextEncoder(pieces=len(pieces), narrow=8, width=64, inner=32, layers=1, heads=2), path / "text" / "weights")
    vocabulary.write(path / "text" / "tokenizer", pieces, 24)


class Timesteps(unittest.TestCase):
    def test_shift_moves_them_to_noise(self):
        torch.manual_seed(0)
        even, more = train_unet.timesteps(4000), train_unet.timesteps(4000, 2.0)
        self.assertAlmostEqual(even.float().mean().item(), 500, delta=2)
        self.assertAlmostEqual((more >= 500).float().mean().item(), 2 / 3, delta=0.01)  # 2 u / (1 + u) > 1/2 where u > 1/3
        self.assertTrue(more.min() >= 0 and more.max() <= 999)

    def test_lift_gives_noise_its_weight_back(self):
        alphas, z = alphas_cumprod(), torch.zeros(3, 4, 8, 8)
        t, noise = torch.tensor([100, 500, 950]), torch.ones(3, 4, 8, 8)

        def weights(gamma, lift):
            out = []
            for i in range(3):
                with_, plain = (train_unet.v_loss(lambda x, t, s: 0 * x, z[i:i + 1], None, t[i:i + 1], noise[i:i + 1], alphas, g, lift)[0] for g in (gamma, 0))
                out.append((with_ / plain).item())
            return out
        snr = (alphas[t] / (1 - alphas[t])).tolist()
        for found, s in zip(weights(5, 0), snr):
            self.assertAlmostEqual(found, min(s, 5) / (s + 1), places=4)
        lifted = weights(5, 1)
        self.assertAlmostEqual(lifted[2], 1, places=4)
        self.assertAlmostEqual(lifted[1], 1, places=4)
        self.assertLess(lifted[0], 0.2)


class Opacity(unittest.TestCase):
    def test_a_decoder_with_alpha_draws_as_before_and_opaque(self):
        torch.manual_seed(0)
        plain = random_weights(Autoencoder(**SMALL_AE))
        both, z = plain.with_alpha(), torch.randn(2, 4, 4, 6)
        y = both.decode(z)
        self.assertEqual(y.shape, (2, 4, 32, 48))
        torch.testing.assert_close(y[:, :3], plain.decode(z))
        self.assertTrue((y[:, 3] == 1).all())
        self.assertEqual(pictures(both, z).shape, (2, 32, 48, 3))

    def test_the_folder_says_that_there_are_four_channels(self):
        torch.manual_seed(0)
        ae = random_weights(Autoencoder(**SMALL_AE))
        ae.scale.fill_(1.0)
        ae = ae.with_alpha()
        with tempfile.TemporaryDirectory() as path:
            out = pathlib.Path(path)
            folder.write_autoencoder(ae, out, 64)
            self.assertEqual(json.loads((out / "vae_decoder" / "config.json").read_text())["out_channels"], 4)
            self.assertEqual(json.loads((out / "vae_encoder" / "config.json").read_text())["out_channels"], 3)
            export.check_autoencoder(out, ae)
            back = begin.module(Autoencoder, out, ("vae_encoder", "vae_decoder"), "autoencoder.")
            self.assertTrue(back.config["alpha"])

    def test_it_is_learnt_and_the_encoder_stays(self):
        torch.manual_seed(0)
        with tempfile.TemporaryDirectory() as path:
            path = pathlib.Path(path)
            write_data(path / "data")
            save_shards(Autoencoder(**SMALL_AE), path / "ae")
            a = types.SimpleNamespace(start=path / "ae", alpha=True, decoder=True, lr=3e-3, out=path, noise=0.0, tie=0.0)
            images, _ = store.load(path / "data")
            images = train_autoencoder.WithAlpha(images, store.alphas(path / "data"))
            run, rng = train_autoencoder.Run(a, torch.device("cpu")), np.random.default_rng(0)
            encoder = [p.clone() for p in run.ae.encoder.parameters()]
            x = train_autoencoder.tensor(train_autoencoder.crops(images, [0, 1, 2, 4], 64, rng), run.dev)
            self.assertEqual(x.shape, (4, 4, 64, 64))
            first = train_autoencoder.judge(run.ae, np.stack([images[i] for i in range(4)]), run.dev)[3]
            for _ in range(80):
                run.train(x, rng, 1.0)
            last = train_autoencoder.judge(run.ae, np.stack([images[i] for i in range(4)]), run.dev)[3]
            self.assertLess(last, first / 2)
            self.assertTrue(all(torch.equal(a, b) for a, b in zip(encoder, run.ae.encoder.parameters())))


class WhiteInside(unittest.TestCase):
    def autoencoder(self):
        torch.manual_seed(0)
        ae = random_weights(Autoencoder(**SMALL_AE))
        ae.scale.fill_(1.0)
        return ae.with_alpha().eval(), random_weights(Inside(widths=(8, 8, 16))).eval()

    def test_colours_and_latents_stay_and_opacity_is_only_added(self):
        ae, network = self.autoencoder()
        torch.nn.init.constant_(ae.decoder[-2].bias[12:], -0.5)
        torch.nn.init.constant_(network.out[1].bias, 9.0)
        both, z, x = ae.with_inside(network), 3 * torch.randn(2, 4, 8, 12), torch.rand(1, 3, 64, 64)
        before, after = ae.decode(z), both.decode(z)
        self.assertTrue(torch.equal(before[:, :3], after[:, :3]) and torch.equal(ae.encode(x), both.encode(x)))
        self.assertTrue((after[:, 3] >= before[:, 3]).all())
        self.assertTrue((after[:, 3] > before[:, 3]).any())

    def test_what_is_surely_inside_is_opaque_and_the_rim_stays(self):
        logits = torch.full((1, 1, 16, 16), -9.0)
        logits[..., 4:12, 4:12] = 9.0
        opacity = combined(torch.full((1, 1, 64, 64), -1.0), logits)[0, 0]
        self.assertTrue((opacity[24:40, 24:40] == 1).all())
        self.assertTrue((opacity[:18] == -1).all() and (opacity[:, 46:] == -1).all())  # the rim is at 16 and 48
        self.assertTrue((combined(torch.full((1, 1, 64, 64), 0.3), torch.full((1, 1, 16, 16), 0.0)) == 0.3).all())  # unsure: as it is

    def test_the_folder_has_it_and_gives_it_back(self):
        ae, network = self.autoencoder()
        both, z = ae.with_inside(network), torch.randn(1, 4, 12, 8)
        with tempfile.TemporaryDirectory() as path:
            out = pathlib.Path(path)
            folder.write_autoencoder(both, out, 64)
            export.check_autoencoder(out, both)
            back = begin.module(Autoencoder, out, ("vae_encoder", "vae_decoder"), "autoencoder.")
            torch.testing.assert_close(back.decode(z), both.decode(z), atol=2e-2, rtol=2e-2)  # kept in half precision
            save_shards(both, out / "weights")
            self.assertEqual(load_shards(Autoencoder, out / "weights").config["inside"], (8, 8, 16))

    def test_it_learns_to_fill_outlines(self):
        """Squares of outlines alone in the latents: inside is what they enclose, which no pixel shows by itself."""
        rng, n = np.random.default_rng(0), 24
        latents, opacity = np.zeros((n, 2, 4, 16, 16), np.float16), np.zeros((n, 32, 32), np.uint8)
        for i in range(n):
            (y, x), k = rng.integers(1, 7, 2), rng.integers(5, 8)
            latents[i, 0, 0, y:y + k, x:x + k] = 2
            latents[i, 0, 0, y + 1:y + k - 1, x + 1:x + k - 1] = 0
            opacity[i, 2 * y:2 * (y + k), 2 * x:2 * (x + k)] = 255
        latents[:, 1] = latents[:, 0, ..., ::-1]
        meta = [dict(scene=None, held=i % 6 == 0, captions=["a"]) for i in range(n)]
        torch.manual_seed(0)
        with tempfile.TemporaryDirectory() as path:
            drawings = train_inside.Drawings(latents, opacity, (opacity > 0).astype(np.uint8), meta, 0.1, rng)
            run = train_inside.Run(4, 5e-3, pathlib.Path(path), torch.device("cpu"), (16, 16, 16))
            for _ in range(150):
                run.train(*drawings.batch(8), 1.0)
            found, wrong = run.judged(*drawings.held())
            self.assertGreater(found, 0.9)
            self.assertLess(wrong, 0.1)
            run.save()
            self.assertEqual(train_inside.Run(4, 5e-3, pathlib.Path(path), torch.device("cpu"), (16, 16, 16)).step, 150)

    def test_white_and_opaque_is_found_and_white_ground_is_not(self):
        alpha = np.zeros((1, 16, 16), np.uint8)
        alpha[0, 4:12, 4:12] = 255
        opacity, white = train_inside.targets(np.full((1, 16, 16, 3), 255, np.uint8), alpha)
        self.assertEqual(opacity[0].tolist(), [[0, 0, 0, 0], [0, 255, 255, 0], [0, 255, 255, 0], [0, 0, 0, 0]])
        self.assertEqual(white[0].tolist(), (opacity[0] > 0).astype(int).tolist())


class Verifying(unittest.TestCase):
    def test_the_graph_answers_as_torch_does(self):
        torch.manual_seed(0)
        net = random_weights(Verifier(widths=(8, 16, 16), context=64, size=8, heads=2, inner=16))
        net.sharpness.data.fill_(2.0)
        with tempfile.TemporaryDirectory() as path:
            out = pathlib.Path(path)
            folder.write_json(out / "model_index.json", folder.INDEX)
            folder.write_verifier(net, out, 24)
            export.check_verifier(out, net, 24)
            graph = export.session(out / "verifier")
            self.assertEqual([p.name for p in graph.get_outputs()], ["logits_per_image", "image_embeds", "text_embeds"])
            index = json.loads((out / "model_index.json").read_text())
            self.assertTrue((out / index["_verifier"]["model"]).exists())
            logits, seen, read = graph.run(None, dict(pixel_values=np.zeros((2, 3, SIDE, SIDE), np.float32),
                                                      encoder_hidden_states=np.ones((1, 24, 64), np.float32)))
            np.testing.assert_allclose(logits, np.exp(2) * seen @ read.T, rtol=1e-3, atol=1e-4)
            np.testing.assert_allclose(np.linalg.norm(seen, axis=1), 1, rtol=1e-4)
            folder.write_verifier(None, out, 24)
            self.assertFalse((out / "verifier").exists() or "_verifier" in json.loads((out / "model_index.json").read_text()))

    def test_the_one_that_ships_can_be_trained_on(self):
        shipped = pathlib.Path(__file__).parent.parent / "nirvana"
        net = begin.module(Verifier, shipped, ("verifier",))
        export.check_verifier(shipped, net, 24)
        self.assertLessEqual((shipped / "verifier" / "model.onnx").stat().st_size, 4_000_000)

    def test_padding_says_nothing(self):
        net, states = random_weights(Verifier(widths=(8, 16), context=64, size=8, heads=2, inner=16)), torch.randn(2, 5, 64)
        torch.testing.assert_close(net.read(states), net.read(F.pad(states, (0, 0, 0, 7))), atol=1e-4, rtol=1e-3)

    def test_it_learns_to_tell_straight_from_bent(self):
        torch.manual_seed(0)
        rng, net = np.random.default_rng(0), Verifier(widths=(8, 16, 32), context=16, size=16, heads=2, inner=16)
        x = F.interpolate(torch.from_numpy(drawings(6)[0][..., :3]).permute(0, 3, 1, 2).float() / 127.5 - 1, SIDE)
        words, opt = torch.randn(6, 3, 16), torch.optim.Adam(net.parameters(), 3e-3)
        for _ in range(60):
            loss, _ = train_verifier.loss_of(net, x, train_verifier.bent(x, rng), words)
            opt.zero_grad()
            loss.backward()
            opt.step()
        self.assertGreater(train_verifier.judge(net, x, train_verifier.bent(x, rng), words)["straight"], 0.8)

    def test_pictures_are_varied_and_stay_pictures(self):
        rng, x = np.random.default_rng(0), torch.rand(5, 3, SIDE, SIDE) * 2 - 1
        for change in (train_verifier.moved, train_verifier.blurred, train_verifier.bent):
            y = change(x, rng)
            self.assertEqual(y.shape, x.shape)
            self.assertGreater((y - x).abs().mean().item(), 0.01)
        ground = torch.full((2, 3, SIDE, SIDE), 1.0)  # nothing comes in from beyond the rim
        torch.testing.assert_close(train_verifier.moved(ground, rng), ground)


class Packing(unittest.TestCase):
    def test_latents_come_back_to_a_sixteenth(self):
        z = np.random.default_rng(0).standard_normal((30, 4, 8, 8)).astype(np.float16)
        with tempfile.TemporaryDirectory() as path:
            path, was = pathlib.Path(path), pack.SHARD
            try:
                pack.SHARD = 3000  # bytes, so that there are several
                pack.write_latents(path, z)
            finally:
                pack.SHARD = was
            files = sorted(path.glob("latents-*.z"))
            self.assertGreater(len(files), 1)
            self.assertTrue(all(f.stat().st_size <= 3000 for f in files))
            self.assertLessEqual(np.abs(pack.read_latents(path) - z).max(), 0.5 / pack.STEP + 1e-2)

    def test_a_pack_trains_the_unet_and_weights_come_back(self):
        with tempfile.TemporaryDirectory() as path:
            path = pathlib.Path(path)
            write_data(path / "data")
            write_parts(path)
            here = pathlib.Path(__file__).parent.parent

            def command(*words):
                done = subprocess.run([sys.executable, "-m", *map(str, words)], cwd=here, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stderr)
            command("recipe.pack", "--data", path / "data", "--ae", path / "ae", "--text", path / "text", "--out", path / "pack", "--pixels", 64)
            with gzip.open(path / "pack" / "meta.jsonl.gz", "rt") as lines:
                self.assertEqual(len(list(lines)), 12)
            command("recipe.train_unet", "--pack", path / "pack", "--out", path / "out", "--state", path / "state.pt", "--pixels", 64,
                    "--widths", "16,64", "--tf", "0,1", "--batch", 6, "--length", 8, "--minutes", 0.03, "--threads", 1)
            self.assertTrue((path / "state.pt").exists() and not (path / "out" / "state.pt").exists())
            files = [p for p in (path / "out").rglob("*") if p.is_file()]
            self.assertLessEqual(max(p.stat().st_size for p in files), 16 << 20)
            self.assertEqual(load_shards(UNet, path / "out" / "weights").config["size"], 8)

    def test_long_captions_are_drawn_only_where_there_is_no_other(self):
        with tempfile.TemporaryDirectory() as path:
            path = pathlib.Path(path)
            write_data(path / "data")
            write_parts(path)
            e = from_data(path / "data", path / "ae", path / "text", 64, torch.device("cpu"), drop=0.0, length=8)
            z, text = e.batch(40, np.random.default_rng(0))
            self.assertEqual((z.shape, text.shape), ((40, 4, 8, 8), (40, 8, 64)))
            self.assertTrue((text[:, 6:] == 0).all())  # "[CLS] a thing 7 [SEP]" has room to spare

    def test_focus_is_the_share_of_the_narrow_styles(self):
        meta = [dict(name="thing", source=source, group=group, label=None, held=False, weight=weight, captions=["a thing"])
                for source, group, weight in (("noto", 4, 0.5), ("twemoji", 7, 0.5), ("noto", 1, 3.0), ("openclipart", None, 2.0))]
        made = [Examples(meta, torch.zeros(4, 1, 4, 8, 8), ["", "a thing"], torch.zeros(2, 8, 4), torch.device("cpu"), focus=f) for f in (0.0, 0.8)]
        self.assertEqual([np.diff(e.cumulative, prepend=0).round(4).tolist() for e in made],
                         [[0.0833, 0.0833, 0.5, 0.3333], [0.4, 0.4, 0.12, 0.08]])


if __name__ == "__main__":
    unittest.main()
