"""Checks of the measures: python -m unittest evaluate.test_evaluate (in the recipe's environment)."""
import argparse
import json
import pathlib
import tempfile
import unittest

import numpy as np
import torch

from recipe.autoencoder import Autoencoder
from recipe.inside import Inside
from recipe.weights import save_shards

from . import fringe, levers, measure, run, search, white
from .judge import Judge, contrast, prepared
from .sheet import FRESH, PROMPTS, numbered
from .test_templates import things


class Measures(unittest.TestCase):
    def test_retrieval(self):
        words = torch.eye(4)
        self.assertEqual(measure.retrieval(words, words), {"top1": 1.0, "top5": 1.0})
        self.assertEqual(measure.retrieval(words.roll(1, 0), words)["top1"], 0.0)

    def test_rounding_makes_no_picture_lose_to_its_own_words(self):
        x = torch.nn.functional.normalize(torch.randn(300, 128, generator=torch.Generator().manual_seed(0)), dim=1)
        self.assertEqual(measure.retrieval(x, x)["top1"], 1.0)

    def test_words_beyond_the_pictures_make_it_harder(self):
        words = torch.eye(4)[[0, 1, 0, 0]] + torch.tensor([[0.0], [0.0], [0.1], [0.2]])
        self.assertEqual(measure.ranks(torch.eye(4)[:2], words).tolist(), [2, 0])
        self.assertEqual(measure.retrieval(torch.eye(4)[:2], words)["top1"], 0.5)

    def test_figures_go_into_the_card_and_nowhere_else(self):
        found = {"top1": 0.5, "top5": 0.75}
        report = dict(seen=dict(generated=found, real=found, frechet=3.21, frechet_real=1.0), unseen=dict(generated=found, real=found, of=40), copies=dict(share=0.01),
                      combined=dict(share=0.02), colours=0.9, counts=0.4, styles=dict(noto=0.3), numbers={1: 0.9, 2: 0.3},
                      kinds={"tool": dict(generated=0.25, real=0.9, of=8), "food-fruit": dict(generated=0.95, real=1.0, of=9)}, settings={"draft, 4 steps": found}, fresh={"one seed": found},
                      baseline=found | dict(frechet=9.87, copies=0.5), steps=25, guidance=3.0, prompts=96, of=500)
        table = run.figures(report)
        for row in ("| own prompt nearest of 500 (among the nearest 5) | 0.50 (0.75) | 0.50 (0.75) | 0.50 (0.75) |", "| 3.2 | 9.9 | 1.0 |", "| fresh prompts, one seed | 0.50 (0.75) |  |  |", "| draft, 4 steps | 0.50 (0.75) |"):
            self.assertIn(row, table)
        card = f"before\n{run.MARKS[0]}\nold\n{run.MARKS[1]}\nafter\n"
        new = run.into_card(card, table)
        self.assertTrue(new.startswith("before\n") and new.endswith("\nafter\n") and table in new and "old" not in new)
        self.assertEqual(run.into_card(new, table), new)
        with self.assertRaisesRegex(SystemExit, "put them in"):
            run.into_card("no marks", table)

    def test_what_it_cannot_do_is_told_worst_first(self):
        kinds = {f"kind {i}": dict(generated=i / 20, real=1.0, of=5) for i in range(20)}
        rows = run.cannot(dict(kinds=kinds, numbers={1: 1.0, 3: 0.02}), most=3)
        self.assertEqual([r.split(" | ")[0].strip("| ") for r in rows[2:]], ["kind 0", "3 of a thing, counted", "kind 1", "kind 2", "one thing, counted"])

    def test_kinds_are_counted_apart(self):
        meta = [dict(subgroup="tool")] * 4 + [dict(subgroup="food-fruit")] * 4
        words = torch.eye(8)
        drawn = torch.cat([words[:4], -words[4:]])
        found = measure.by_kind(meta, range(8), drawn, words, words)
        self.assertEqual(found["tool"], dict(generated=1.0, real=1.0, of=4))
        self.assertEqual(found["food-fruit"]["generated"], 0.0)

    def test_fresh_prompts_are_forty_and_numbered_on_their_sheet(self):
        fresh = json.loads(FRESH.read_text())
        self.assertEqual(len(set(fresh)), 40)
        self.assertFalse(set(fresh) & set(json.loads(PROMPTS.read_text())))
        whole = np.asarray(numbered(fresh, np.zeros((40, 16, 16, 3), np.uint8), 8, 48))
        self.assertEqual(whole.shape[1], 8 * 48)
        self.assertTrue((whole[:48, 2:46] == 0).any() and (whole[48:78] != 255).any())  # a picture, and words under it

    def test_distance_compares_as_many_with_as_many(self):
        real = torch.randn(80, 6, generator=torch.Generator().manual_seed(4))
        self.assertEqual(measure.distance(real[40:], real), 0)
        self.assertEqual(measure.distance(real, real), measure.distance(real[:40], real))
        self.assertEqual(measure.distance(real[:30], real), round(measure.frechet(real[:30], real[50:]), 3))

    def test_frechet_of_shifted_features_is_the_shift_squared(self):
        a = torch.randn(400, 6, generator=torch.Generator().manual_seed(0))
        self.assertAlmostEqual(measure.frechet(a, a), 0, places=4)
        self.assertAlmostEqual(measure.frechet(a, a + 2), 24, places=3)

    def test_copies_are_told_from_new_ones(self):
        training = torch.randn(200, 8, generator=torch.Generator().manual_seed(0))
        names = [str(i) for i in range(200)]
        self.assertEqual(measure.copies(training[:50] + 1e-3, training, names)["share"], 1.0)
        self.assertEqual(measure.copies(training[:50] + 9, training, names)["share"], 0.0)

    def test_the_judge_learns_to_tell_two_pictures_apart(self):
        torch.manual_seed(0)
        judge = Judge(widths=(8, 16), text=16, size=8)
        x = prepared(np.stack([things([(10, 10)]), 255 - things([(70, 70)])]))
        states = torch.randn(2, 3, 16)
        opt = torch.optim.Adam(judge.parameters(), 1e-2)
        for _ in range(20):
            loss = contrast(judge.see(x)[0], judge.read(states), judge.sharpness)
            opt.zero_grad()
            loss.backward()
            opt.step()
        self.assertLess(loss.item(), 0.3)


class Fringe(unittest.TestCase):
    def disc(self, side=48):
        """A red disc with a soft rim: on white, and its opacity."""
        y, x = np.mgrid[:side, :side] - (side - 1) / 2
        alpha = np.clip(side / 3 - np.hypot(y, x), 0, 1).astype(np.float32)
        return np.round(255 - alpha[..., None] * (255 - np.array([200, 20, 30]))).astype(np.uint8), alpha

    def test_what_is_laid_on_white_is_what_it_was_and_colour_shines_through(self):
        picture, alpha = self.disc()
        np.testing.assert_allclose(fringe.laid_on((255, 255, 255), picture, alpha), picture, atol=0.51)
        on_blue = fringe.laid_on((0, 0, 255), picture, alpha)
        np.testing.assert_allclose(on_blue[0, 0], (0, 0, 255), atol=1)
        np.testing.assert_allclose(on_blue[24, 24], (200, 20, 30), atol=1)

    def test_the_right_opacity_has_no_fringe_and_a_hard_one_has(self):
        picture, alpha = self.disc()
        for ground in fringe.GROUNDS.values():
            self.assertLess(fringe.error(ground, picture, alpha, picture, alpha), 1e-3)
        self.assertGreater(fringe.error((0, 0, 0), picture, alpha, picture, fringe.flooded(picture)), 10)

    def test_the_flood_stays_outside(self):
        picture, alpha = self.disc()
        picture[22:26, 22:26] = 255  # a white spot that the border does not reach
        opacity = fringe.flooded(picture)
        self.assertEqual(opacity[24, 24], 1)
        self.assertEqual(opacity[0, 0], 0)


class White(unittest.TestCase):
    def face(self, side=64):
        """A red square with a white one and a hole in it: on white, and its opacity."""
        picture, alpha = np.full((side, side, 3), 255, np.uint8), np.zeros((side, side), np.float32)
        picture[8:56, 8:56] = (200, 20, 30)
        alpha[8:56, 8:56] = 1
        picture[12:28, 12:28] = 255  # white and opaque
        picture[36:46, 36:46] = 255
        alpha[36:46, 36:46] = 0  # the hole
        return picture, alpha

    def counted(self, opacity):
        picture, alpha = self.face()
        count = white.Count()
        count.add(picture, alpha, opacity, white.holes(alpha))
        return count

    def test_holes_are_closed_and_of_some_size(self):
        _, alpha = self.face()
        hole, = white.holes(alpha)
        self.assertEqual(hole.sum(), 100)
        self.assertTrue(hole[36:46, 36:46].all())
        self.assertEqual(white.holes(alpha, 101), [])
        alpha[40, 46:56] = 0  # a way out
        self.assertEqual(white.holes(alpha), [])

    def test_two_holes_are_two(self):
        alpha = np.ones((40, 40), np.float32)
        alpha[5:15, 5:15] = alpha[5:15, 20:30] = 0
        self.assertEqual([h.sum() for h in white.holes(alpha)], [100, 100])

    def test_the_right_opacity_loses_nothing(self):
        self.assertEqual(self.counted(self.face()[1]).figures(), ["0.0", "0.0", "1 of 1", "0.00", "0.00"])

    def test_what_the_flood_of_all_white_loses_is_counted(self):
        picture, _ = self.face()
        count = self.counted((picture.min(-1) < 255).astype(np.float32))
        self.assertEqual((count.white, count.lost, count.kept, count.opaque), (256, 256, 1, 0))
        self.assertEqual(count.figures()[:2], ["100.0", "255.0"])

    def test_what_filling_every_hole_costs_is_counted(self):
        _, alpha = self.face()
        alpha[36:46, 36:46] = 1
        count = self.counted(alpha)
        self.assertEqual((count.lost, count.kept, count.holes, count.opaque), (0, 0, 1, 100))
        self.assertEqual(count.clear, 64 * 64 - 48 * 48 + 100)

    def test_each_pair_of_shares_is_what_the_decoder_with_it_gives(self):
        torch.manual_seed(0)
        ae = Autoencoder(enc=(8, 8, 8), dec=(8, 8, 8), depth=(1, 1, 1)).with_alpha()
        torch.nn.init.constant_(ae.decoder[-2].bias[12:], -0.5)
        both, drawings = ae.with_inside(Inside(widths=(8, 8, 8))), np.stack([self.face()[0]] * 2)
        torch.nn.init.constant_(both.inside.out[1].bias, 1.1)  # a share of 0.75 everywhere, about
        with torch.no_grad():
            expected = (both.decode(both.encode(torch.from_numpy(drawings).permute(0, 3, 1, 2) / 127.5 - 1))[:, 3].clamp(-1, 1).numpy() + 1) / 2
        pictures, ways = white.opacities(both, drawings, [white.SURE, (0.3, 0.4), (0.98, 0.99)])
        self.assertEqual((pictures.shape, len(ways)), (drawings.shape, 3))
        first, all_of_it, none = ways.values()
        np.testing.assert_allclose(first, expected, atol=1e-5)
        self.assertEqual(all_of_it.min(), 1)
        plain, own = white.opacities(ae, drawings, [white.SURE])
        np.testing.assert_array_equal(none, own["without inside"])
        np.testing.assert_array_equal(plain, pictures)

    def test_table_has_a_row_a_decoder_and_a_pair_of_shares(self):
        picture, alpha = self.face()
        torch.manual_seed(0)
        ae = Autoencoder(enc=(8, 8, 8), dec=(8, 8, 8), depth=(1, 1, 1)).with_alpha()
        with tempfile.TemporaryDirectory() as path:
            at = pathlib.Path(path)
            np.save(at / "images.npy", np.stack([picture] * 3))
            np.save(at / "alpha.npy", np.stack([(255 * alpha).astype(np.uint8)] * 3))
            (at / "meta.jsonl").write_text('{"held": true}\n{"held": false}\n{"held": true}\n')
            save_shards(ae, at / "alone")
            save_shards(ae.with_inside(Inside(widths=(8, 8, 8))), at / "both")
            white.measure(argparse.Namespace(data=at, ae=[at / "alone", at / "both"], sure=[(0.7, 0.8), (0.6, 0.9)], out=at / "white.md", sheet=at / "white.png", fringes=1))
            rows = (at / "white.md").read_text().splitlines()
            self.assertEqual([r.split(" | ")[0] for r in rows[2:5]], ["| without inside", "| inside, 0.7 to 0.8", "| inside, 0.6 to 0.9"])
            self.assertIn("| 0.0 | 0.0 | 0 of 2 | 100.00 |", rows[2])  # untrained, it is opaque everywhere
            self.assertIn("2 held-out drawings of 64 px, fringes of 1", rows[-1])
            self.assertTrue((at / "white.png").exists())

    def test_shares_rise(self):
        self.assertEqual(white.pair("0.6,0.9"), (0.6, 0.9))
        for wrong in ("0.9,0.6", "0.5,0.5", "-1,0.5", "0.5,2"):
            with self.assertRaisesRegex(Exception, "rising"):
                white.pair(wrong)

    def test_folders_decode_the_same_latents(self):
        class Drawer:
            net = dict(sample_size=2, in_channels=4)
            decoder = property(lambda self: self)

            def __init__(self, opacity):
                self.opacity = opacity

            def encode(self, prompts):
                return np.zeros((len(prompts), 1, 1), np.float32)

            def denoise(self, states, null, noise):
                return noise

            def run(self, _, feed):
                y = np.repeat(np.repeat(feed["latent_sample"], 8, 2), 8, 3)
                y[:, :3], y[:, 3] = 1, self.opacity
                return [y]
        shown = white.drawn([Drawer(1.0), Drawer(-1.0)], ["a", "b", "c"])
        self.assertEqual(shown.shape, (3, 2, 16, 16, 3))
        self.assertTrue((shown[:, 0] == 255).all() and (shown[:, 1] == white.GREEN).all())

    def test_prompts_are_twenty_four_white_things_and_twelve_with_holes(self):
        prompts = json.loads(white.PROMPTS.read_text())
        self.assertEqual({k: len(set(v)) for k, v in prompts.items()}, {"white": 24, "holes": 12})


class Seeds:
    """A model whose seed k draws the value worth[k], which the verifier reads, and whose last step turns it to last[k]."""
    net = dict(sample_size=2, in_channels=1)

    def __init__(self, worth, last):
        self.worth, self.last, self.calls = np.array(worth, np.float32), np.array(last, np.float32), 0

    def encode(self, prompts):
        return np.zeros((len(prompts), 1, 1), np.float32)

    def denoise(self, states, null, noise, steps, guidance, watch):
        rows = np.arange(len(noise))
        for done in range(1, steps + 1):
            self.calls += len(rows)
            left = watch(done, np.broadcast_to(self.worth[rows, None, None, None], (len(rows), 1, 2, 2)))
            rows = rows if left is None else rows[left]
        return np.broadcast_to(self.last[rows, None, None, None], (len(rows), 1, 2, 2))

    def decode(self, latents):
        return latents

    def score(self, states, pictures):
        return pictures[:, 0, 0, 0]


class Search(unittest.TestCase):
    def test_the_weaker_half_stops_and_takes_no_more_steps(self):
        model = Seeds([1, 9, 3, 4, 2, 5, 8, 7], [1, 9, 3, 4, 2, 5, 8, 7])
        seed, finished = search.best_of(model, "a", 8)
        self.assertEqual((seed, list(finished)), (1, [1]))
        self.assertEqual(model.calls, search.halved(self.scores([1, 9, 3, 4, 2, 5, 8, 7], [1, 9, 3, 4, 2, 5, 8, 7]), 8, 25, search.HALVINGS[8])[1])

    def test_the_first_seed_is_finished_too_and_takes_no_part_after_it_stopped(self):
        seed, finished = search.best_of(Seeds([1, 9, 3, 4, 2, 5, 8, 7], [99, 9, 3, 4, 2, 5, 8, 7]), "a", 8, (0,))
        self.assertEqual(seed, 1)
        self.assertEqual({k: score for k, (score, _) in finished.items()}, {0: 99, 1: 9})

    def scores(self, finished, early):
        """As of search.drawn: the early score at every look, then the finished one."""
        return np.array([early] * len(search.LOOKS) + [finished], np.float32)

    def test_halving_that_sees_the_truth_finds_the_best_for_less(self):
        s = self.scores([1, 9, 3, 4, 2, 5, 8, 7], [1, 9, 3, 4, 2, 5, 8, 7])
        found, taken = search.halved(s, 8, 25, (4, 8, 15))
        self.assertEqual(found, 1)
        self.assertEqual(taken, 8 * 4 + 4 * 4 + 2 * 7 + 1 * 10)
        self.assertEqual(search.best(s, 8), 1)
        self.assertEqual(search.best(s, 1), 0)

    def test_what_stops_early_cannot_win(self):
        s = self.scores([1, 9, 3, 4], [4, 1, 3, 2])
        self.assertEqual(search.best(s, 4), 1)
        self.assertEqual(search.halved(s, 4, 25, (6,))[0], 2)  # 0 and 2 were left

    def test_agreement_and_choices(self):
        up, down = self.scores([1, 2, 3, 4], [1, 2, 3, 4]), self.scores([1, 2, 3, 4], [4, 3, 2, 1])
        self.assertEqual(set(search.agreement(np.stack([up, up])).values()), {1.0})
        self.assertEqual(set(search.agreement(np.stack([up, down])).values()), {0.0})
        made = search.choices(np.stack([up, down]), 25)
        self.assertEqual(made["one seed"], ([0, 0], 25))
        self.assertEqual(made["best of 4"], ([3, 3], 100))
        self.assertNotIn("best of 8", made)

    def test_a_latent_of_half_the_side_is_the_mean_of_its_neighbours(self):
        x = np.arange(16.0).reshape(1, 1, 4, 4)
        np.testing.assert_array_equal(search.half_size(x)[0, 0], [[2.5, 4.5], [10.5, 12.5]])


class Levers(unittest.TestCase):
    def test_styles_are_left_out_and_the_rest_stays(self):
        self.assertEqual(levers.unstyled(["a lemon, noto style", "a snowman, 3d emoji", "a cat, asleep", "two hearts, red, flat emoji"]),
                         ["a lemon", "a snowman", "a cat, asleep", "two hearts, red"])
        self.assertFalse(set(levers.unstyled(json.loads(FRESH.read_text()))) & set(json.loads(FRESH.read_text())))

    def test_guidance_acts_in_its_interval_alone(self):
        u, v = np.zeros((1, 1, 2, 2), np.float32), np.ones((1, 1, 2, 2), np.float32)
        guide = levers.within(200, 800, 3.0)
        self.assertEqual([guide(t, u, v).max() for t in (100, 200, 500, 800, 900)], [1, 3, 3, 3, 1])

    def test_rescaling_gives_the_deviation_back(self):
        rng = np.random.default_rng(0)
        u, v = rng.standard_normal((2, 3, 4, 4), np.float32), rng.standard_normal((2, 3, 4, 4), np.float32)
        np.testing.assert_allclose(levers.rescaled(1.0, 5.0)(0, u, v).std((1, 2, 3)), v.std((1, 2, 3)), rtol=1e-5)
        np.testing.assert_allclose(levers.rescaled(0.0, 5.0)(0, u, v), u + 5 * (v - u), rtol=1e-5)

    def test_what_was_drawn_is_drawn_once(self):
        calls = []

        def draw():
            calls.append(1)
            return np.arange(3.0), np.full((3, 2, 2, 3), 7, np.uint8)
        with tempfile.TemporaryDirectory() as there:
            for _ in range(2):
                scores, pictures = search.kept(pathlib.Path(there) / "drawn" / "a.npz", draw)
                self.assertEqual((scores.tolist(), pictures.shape, pictures.max()), ([0, 1, 2], (3, 2, 2, 3), 7))
        self.assertEqual(len(calls), 1)

    def test_other_weights_prompts_and_settings_are_drawn_anew(self):
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
            for there, content in ((one, b"a"), (other, b"b")):
                (pathlib.Path(there) / "unet").mkdir()
                (pathlib.Path(there) / "unet" / "model.onnx").write_bytes(content)
            sums = [search.digest(one, "a cat", 16), search.digest(other, "a cat", 16), search.digest(one, "a dog", 16), search.digest(one, "a cat", 8)]
            self.assertEqual(len(set(sums)), 4)
            self.assertEqual(search.digest(one, "a cat", 16), sums[0])


if __name__ == "__main__":
    unittest.main()
