"""Checks of the prompts with one right answer, which need no torch: python -m unittest evaluate.test_templates."""
import unittest

import numpy as np

from . import templates


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
