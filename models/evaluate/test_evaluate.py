"""Checks of the measures: python -m unittest evaluate.test_evaluate (in the recipe's environment)."""
import json
import unittest

import numpy as np
import torch

from . import measure, run, templates
from .judge import Judge, contrast, prepared
from .sheet import PROMPTS


def things(places, side=20):
    p = np.zeros((128, 128, 3), np.uint8)
    p[:] = 92, 156, 230
    for y, x in places:
        p[y:y + side, x:x + side] = 222, 62, 66
    return p


class Templates(unittest.TestCase):
    def test_counting(self):
        spots = [(10, 10), (10, 70), (70, 10), (70, 70)]
        for n in range(5):
            self.assertEqual(templates.count(things(spots[:n])), n)
        self.assertEqual(templates.count(things([(10, 10), (20, 25)])), 1)  # they touch
        self.assertEqual(templates.count(things([(10, 10)], side=4)), 0)  # a speck

    def test_prompts_and_answers(self):
        asked = templates.count_prompts()
        self.assertEqual(len(asked), 40)
        self.assertIn((2, "two apples on a blue background, flat emoji"), asked)
        self.assertIn((1, "an umbrella on a blue background, flat emoji"), asked)
        self.assertIn(("red", "red car, flat emoji"), templates.colour_prompts())
        self.assertEqual(templates.counts_right([(2, ""), (1, "")], [things([(10, 10), (70, 70)])] * 2), 0.5)

    def test_colours(self):
        red = np.full((128, 128, 3), 255, np.uint8)
        red[30:90, 30:90] = 222, 40, 40
        self.assertEqual(templates.colours_right([("red", ""), ("blue", "")], [red, red]), 0.5)


class Measures(unittest.TestCase):
    def test_retrieval(self):
        words = torch.eye(4)
        self.assertEqual(measure.retrieval(words, words), {"top1": 1.0, "top5": 1.0})
        self.assertEqual(measure.retrieval(words.roll(1, 0), words)["top1"], 0.0)

    def test_words_beyond_the_pictures_make_it_harder(self):
        words = torch.eye(4)[[0, 1, 0, 0]] + torch.tensor([[0.0], [0.0], [0.1], [0.2]])
        self.assertEqual(measure.ranks(torch.eye(4)[:2], words).tolist(), [2, 0])
        self.assertEqual(measure.retrieval(torch.eye(4)[:2], words)["top1"], 0.5)

    def test_figures_go_into_the_card_and_nowhere_else(self):
        found = {"top1": 0.5, "top5": 0.75}
        report = dict(seen=dict(generated=found, real=found, frechet=3.21, frechet_real=1.0), unseen=dict(generated=found, real=found, of=40), copies=dict(share=0.01),
                      combined=dict(share=0.02), colours=0.9, counts=0.4, styles=dict(noto=0.3), settings={"draft, 4 steps": found},
                      baseline=found | dict(frechet=9.87, copies=0.5), steps=25, guidance=3.0, prompts=96, of=500)
        table = run.figures(report)
        for row in ("| own prompt nearest of 500 (among the nearest 5) | 0.50 (0.75) | 0.50 (0.75) | 0.50 (0.75) |", "| 3.2 | 9.9 | 1.0 |", "| draft, 4 steps | 0.50 (0.75) |"):
            self.assertIn(row, table)
        card = f"before\n{run.MARKS[0]}\nold\n{run.MARKS[1]}\nafter\n"
        new = run.into_card(card, table)
        self.assertTrue(new.startswith("before\n") and new.endswith("\nafter\n") and table in new and "old" not in new)
        self.assertEqual(run.into_card(new, table), new)
        with self.assertRaisesRegex(SystemExit, "put them in"):
            run.into_card("no marks", table)

    def test_fresh_prompts_are_forty_and_numbered_on_their_sheet(self):
        fresh = json.loads(run.FRESH.read_text())
        self.assertEqual(len(set(fresh)), 40)
        self.assertFalse(set(fresh) & set(json.loads(PROMPTS.read_text())))
        whole = np.asarray(run.numbered(fresh, np.zeros((40, 16, 16, 3), np.uint8), 8, 48))
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


if __name__ == "__main__":
    unittest.main()
