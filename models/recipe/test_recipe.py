"""Checks of the parts that need no training: python -m unittest recipe.test_recipe (in the recipe's environment)."""
import copy
import json
import pathlib
import tempfile
import unittest

import numpy as np
import onnxruntime
import torch
import torch.nn.functional as F

from . import begin, distil, export, folder, grow, lora, muon, onnxfile, train_ddpm, vocabulary
from .autoencoder import Autoencoder
from .ddpm import Chain, PixelUNet
from .diffusion import alphas_cumprod, trailing
from .draw import cosine
from .text import TextEncoder, Tokens
from .unet import UNet
from .weights import load_shards, save_shards


class Networks(unittest.TestCase):
    def test_vocabulary_falls_apart_into_pieces(self):
        pieces = vocabulary.SPECIAL + ["a", "cat", "##s", ",", "dog"]
        with tempfile.TemporaryDirectory() as path:
            vocabulary.write(pathlib.Path(path), pieces, 24)
            self.assertEqual(Tokens(path)(["A cats, zebra"]).tolist(), [[2, 5, 6, 7, 8, 1, 3]])
            self.assertEqual(json.loads((pathlib.Path(path) / "tokenizer_config.json").read_text())["model_max_length"], 24)

    def test_schedules_agree(self):
        np.testing.assert_allclose(alphas_cumprod().numpy(), cosine(1000), rtol=1e-4, atol=1e-9)
        self.assertEqual(trailing(4), [999, 749, 499, 249, -1])

    def test_posterior_mean_of_the_first_step_is_the_picture(self):
        x0, x = torch.randn(2, 1, 3, 4, 4)
        self.assertTrue(torch.allclose(Chain().mean(x0, x, torch.tensor([0])), x0, atol=1e-5))

    def test_padding_changes_nothing(self):
        torch.manual_seed(0)
        text = TextEncoder(pieces=50, narrow=8, width=64, inner=32, layers=2, heads=2).eval()
        ids = torch.tensor([[2, 7, 9, 3]])
        short, long = text(ids), text(torch.nn.functional.pad(ids, (0, 5)))
        self.assertTrue(torch.allclose(short, long[:, :4], atol=1e-5))
        self.assertEqual(long[:, 4:].abs().max().item(), 0)
        unet = UNet(context=64, widths=(16, 64, 64), size=8).eval()
        for p in unet.parameters():  # nothing starts at zero, so that the text is heard
            torch.nn.init.normal_(p, 0, 0.1)
        z, t = torch.randn(1, 4, 8, 8), torch.tensor([500])
        self.assertTrue(torch.allclose(unet(z, t, short), unet(z, t, long), atol=1e-3))

    def test_shards(self):
        ae = Autoencoder(enc=(8, 8, 8), dec=(8, 8, 8), depth=(1, 1, 1))
        with tempfile.TemporaryDirectory() as path:
            save_shards(ae, path, limit=4000)
            self.assertGreater(len(list(pathlib.Path(path).glob("*.safetensors"))), 1)
            x = torch.rand(1, 3, 16, 24)
            self.assertTrue(torch.allclose(load_shards(Autoencoder, path).encode(x), ae.encode(x), atol=1e-2))

    def test_muon_evens_out_a_matrix(self):
        for shape in ((32, 96), (96, 32), (48, 48)):
            values = torch.linalg.svdvals(muon.orthogonal(torch.randn(shape, generator=torch.Generator().manual_seed(1))))
            self.assertLess(values.max().item(), 1.3)
            self.assertGreater(values.median().item(), 0.6)

    def test_resized_positions_are_those_forward_would_stretch(self):
        torch.manual_seed(0)
        small = random_weights(UNet(context=64, widths=(16, 64, 64), size=8))
        z, t, text = torch.randn(1, 4, 16, 16), torch.tensor([500]), torch.randn(1, 3, 64)
        self.assertTrue(torch.allclose(small(z, t, text), small.resized(16)(z, t, text), atol=1e-3))


    def test_grown_keeps_what_the_old_net_knows(self):
        torch.manual_seed(0)
        old = random_weights(UNet(context=64, widths=(64, 64), blocks=(1, 1), tf=(1, 1), size=16))
        new = grow.grown(old, 32)
        self.assertEqual(new.config["size"], 32)
        for name, value in old.mid.state_dict().items():
            self.assertTrue(torch.equal(value, new.mid.state_dict()[name]))
        z, t, text = torch.randn(1, 4, 32, 32), torch.tensor([500]), torch.randn(1, 3, 64)
        self.assertEqual(new(z, t, text).shape, z.shape)
        with torch.no_grad():  # what no layer has to learn: even ground looks to the old layers as it did
            new.inp.weight[4:] = 0
            ground = torch.randn(1, 4, 1, 1)
            wide, small = (F.pixel_unshuffle(ground.expand(-1, -1, n, n), 2) for n in (32, 16))
            there = new.down[1](new.inp(wide)) - new.down[1](new.inp(0 * wide))
            here = old.inp(small) - old.inp(0 * small)
        self.assertTrue(torch.allclose(there[..., 1:-1, 1:-1], here[..., 1:-1, 1:-1], atol=1e-4))


class Draft(unittest.TestCase):
    def test_one_step_lands_where_the_teachers_steps_do(self):
        alphas, x, x0 = alphas_cumprod(), torch.randn(4, 4, 8, 8), torch.randn(4, 4, 8, 8)
        t, s = torch.tensor([999, 749, 499, 249]), torch.tensor([749, 499, 249, -1])

        def knows_the_picture(x, t):
            a = distil.alpha_at(alphas, t)
            return (a.sqrt() * x - x0) / (1 - a).sqrt()

        def odd(x, t):
            return 0.3 * x + 0.001 * t[:, None, None, None]
        def student(predict, inner):
            return distil.target(x, distil.landing(predict, x, t, s, alphas, inner), t, s, alphas)
        v = student(knows_the_picture, 3)  # straight to x0: one step does what three do
        torch.testing.assert_close(v, knows_the_picture(x, t), atol=2e-3, rtol=1e-3)
        torch.testing.assert_close(student(odd, 1), odd(x, t), atol=2e-3, rtol=1e-3)
        self.assertFalse(torch.allclose(student(odd, 4), odd(x, t), atol=1e-2))

    def test_paths_are_drawn_from_where_they_begin(self):
        paths = distil.Paths(limit=6)
        for first in (0, 2):  # places are numbered, so that a step is seen to lead to the next
            x = torch.arange(distil.STEPS + 1.0).view(1, -1, 1, 1, 1).expand(4, -1, 1, 2, 2) + 10 * first
            paths.add(x, torch.ones(4, 3, 8), torch.full((4,), first), 5)
        self.assertEqual(paths.first.tolist(), [0, 0, 2, 2, 2, 2])
        x, y, k, text = paths.draw(64, np.random.default_rng(0), "cpu")
        self.assertEqual(text.shape, (64, 3, 8))  # nothing is computed for padding
        torch.testing.assert_close(y, x + 1)
        for value, step in zip(x[:, 0, 0, 0].tolist(), k.tolist()):
            self.assertIn(value, (step, 20 + step) if step >= 2 else (step,))

    def test_lora_weights_are_the_change(self):
        torch.manual_seed(0)
        plain = random_weights(UNet(context=64, widths=(32, 64, 64), size=16))
        changed = copy.deepcopy(plain)
        learnt = lora.add(changed, 4)
        z, t, text = torch.randn(1, 4, 16, 16), torch.tensor([500]), torch.randn(1, 3, 64)
        torch.testing.assert_close(changed(z, t, text), plain(z, t, text))
        for p in learnt:
            torch.nn.init.normal_(p, 0, 0.1)
        state = plain.state_dict()
        for name, a in lora.tensors(changed).items():
            if name.endswith(".lora_A.weight"):
                key = name.removeprefix("unet.").removesuffix(".lora_A.weight")
                b = lora.tensors(changed)[f"unet.{key}.lora_B.weight"]
                state[f"{key}.weight"] += (b.float().flatten(1) @ a.float().flatten(1)).view_as(state[f"{key}.weight"])
        plain.load_state_dict(state)
        torch.testing.assert_close(changed(z, t, text), plain(z, t, text), atol=0.05, rtol=0.05)

    def test_a_folder_with_a_draft_draws_as_the_student(self):
        torch.manual_seed(0)
        unet = random_weights(UNet(context=64, widths=(32, 64, 64), size=16))
        with tempfile.TemporaryDirectory() as path:
            out, weights = pathlib.Path(path) / "folder", pathlib.Path(path) / "lora.safetensors"
            folder.write_unet(unet, out, 24)
            folder.write_json(out / "model_index.json", folder.INDEX)
            for p in lora.add(unet, 4):
                torch.nn.init.normal_(p, 0, 0.1)
            lora.save(unet, weights, teacher="none")
            folder.write_draft(weights, out, 4)
            said = json.loads((out / "model_index.json").read_text())["_draft"]
            self.assertTrue((out / said["weights"]).exists() and (out / said["scheduler"]).exists())
            graph = onnxruntime.InferenceSession(onnxfile.merged(out / "unet" / "model.onnx", weights).SerializeToString())
            z, t, text = torch.randn(1, 4, 16, 16), torch.tensor([500]), torch.randn(1, 24, 64)
            drawn = graph.run(None, dict(sample=z.numpy(), timestep=t.numpy(), encoder_hidden_states=text.numpy()))[0]
            torch.testing.assert_close(torch.from_numpy(drawn), unet(z, t, text).detach(), atol=0.05, rtol=0.05)
            with self.assertRaisesRegex(SystemExit, "no place"):  # of a larger network
                lora.add(strange := UNet(context=64, widths=(32, 64, 64), tf=(1, 1, 1), size=16), 4)
                lora.save(strange, weights)
                folder.write_draft(weights, out, 4)
            folder.write_draft(None, out, 4)
            self.assertFalse((out / "draft").exists() or "_draft" in json.loads((out / "model_index.json").read_text()))


class Begin(unittest.TestCase):
    """What was exported can be trained on."""

    def test_weights_come_back_out_of_the_folder(self):
        torch.manual_seed(0)
        ae = random_weights(Autoencoder(enc=(16, 16, 16), dec=(16, 16, 16), depth=(1, 1, 1)))
        unet = random_weights(UNet(context=64, widths=(16, 64, 64), size=16))
        text = random_weights(TextEncoder(pieces=50, narrow=8, width=64, inner=32, layers=2, heads=2))
        with tempfile.TemporaryDirectory() as path:
            out, back = pathlib.Path(path) / "folder", pathlib.Path(path) / "back"
            folder.write_text(text, out)
            folder.write_unet(unet, out, text.config["length"])
            folder.write_autoencoder(ae, out, 64)
            vocabulary.write(out / "tokenizer", vocabulary.SPECIAL + ["cat"], 24)
            begin.write(out, back)
            for mine, kind, where in ((ae, Autoencoder, "ae"), (unet, UNet, "unet"), (text, TextEncoder, "text/weights")):
                theirs = load_shards(kind, back / where)
                self.assertEqual(theirs.config, mine.config)
                for (key, a), b in zip(mine.state_dict().items(), theirs.state_dict().values(), strict=True):
                    self.assertTrue(torch.allclose(a, b, atol=1e-3), f"{where}: {key}")
            self.assertEqual(len(Tokens(back / "text" / "tokenizer")(["cat"])[0]), 3)

    def test_the_ddpm_folder_names_its_classes_and_can_be_trained_on(self):
        torch.manual_seed(0)
        net = random_weights(PixelUNet(len(train_ddpm.CLASSES), widths=(16, 32, 32), attend=(False, True, True), size=16, log_variance=True))
        with tempfile.TemporaryDirectory() as path:
            out = pathlib.Path(path)
            train_ddpm.write_folder(net, out)
            config = json.loads((out / "unet" / "config.json").read_text())
            self.assertEqual(len(config["id2label"]), config["num_class_embeds"] - 1)  # the last has no name: it is the null class
            self.assertEqual(json.loads((out / "scheduler" / "scheduler_config.json").read_text())["variance_type"], "learned_range")
            args = torch.randn(2, 3, 16, 32), torch.tensor([3, 900]), torch.tensor([0, 20])
            export.check("unet", export.session(out / "unet"), begin.module(PixelUNet, out, ("unet",)), *args)

    def test_a_folder_without_a_recipe_is_refused(self):
        with tempfile.TemporaryDirectory() as path:
            folder.write_json(pathlib.Path(path) / "unet" / "config.json", {"sample_size": 16})
            with self.assertRaisesRegex(SystemExit, "_recipe"):
                begin.module(UNet, pathlib.Path(path), ("unet",))


def random_weights(module):
    """Nothing zero, nothing equal, so that no two weights can be confused."""
    for p in [*module.parameters(), *module.buffers()]:
        torch.nn.init.normal_(p, 0, 0.1)
    return module.eval()


if __name__ == "__main__":
    unittest.main()
