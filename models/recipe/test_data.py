"""Checks that need no torch: words, pictures, and drawing with the folder that ships."""
import pathlib
import unittest

import numpy as np

from . import balance, captions, clipart, render, safety, scenes, sources, store
from .draw import Folder

SHIPPED = pathlib.Path(__file__).parent.parent / "nirvana"


def record(**more):
    base = dict(name="red apple", label="red apple", source="noto", group=4, subgroup="food-fruit", tone=None, tags=["fruit"],
                colour="red", share=0.9, recoloured=False, held=False)
    return {**base, **more}


class Words(unittest.TestCase):
    def test_tones(self):
        names = {"artist": 0, "artist-dark": 0, "new-moon-dark": 0}
        self.assertEqual(sources.tone_of("noto", "artist-medium-dark", names), ("artist", "medium-dark"))
        self.assertIsNone(sources.tone_of("noto", "artist-medium", names))
        self.assertEqual(sources.tone_of("fluent-emoji", "new-moon-dark", {"new-moon-dark": 0}), ("new-moon-dark", None))

    def test_captions_are_different_and_few(self):
        said = captions.captions(record(), 3)
        self.assertEqual(len(said), len(set(said)))
        self.assertEqual(said[0], "red apple, noto style")
        blue = captions.captions(record(name="apple", colour="blue", recoloured=True), 3)
        self.assertTrue(all("blue apple" in c for c in blue))

    def test_safety(self):
        self.assertTrue(safety.safe(record()))
        self.assertTrue(safety.safe(record(name="chocolate bar", label=None)))
        self.assertFalse(safety.safe(record(name="pistol", label=None)))
        self.assertFalse(safety.safe(record(name="thing", group=None, tags=["beer"])))

    def test_author_without_address(self):
        svg = "<dc:creator><dc:title>Ann &lt;ann@example.org&gt;</dc:title></dc:creator>"
        self.assertEqual(clipart.author_of(svg), "Ann")


class Pictures(unittest.TestCase):
    def test_draw_and_colour(self):
        svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><circle cx="5" cy="5" r="4" fill="#1e50e6"/></svg>'
        a = render.draw((svg, 64, False))
        self.assertEqual(a.shape, (64, 64, 4))
        self.assertEqual(render.colour_of(render.on_white(a))[0], "blue")
        turned = render.turn_hue(a, 120 - 225)
        self.assertEqual(render.colour_of(render.on_white(turned))[0], "green")
        self.assertIsNone(render.draw(("<svg", 64, False)))

    def test_likeness(self):
        rng = np.random.default_rng(0)
        a, b = rng.integers(0, 255, (2, 96, 96, 3), dtype=np.uint8)
        close = np.clip(a.astype(int) + 2, 0, 255).astype(np.uint8)
        self.assertEqual(balance.likeness([balance.signature(p) for p in (a, close, np.zeros_like(b))]).tolist(), [2, 2, 1])

    def test_scenes_say_what_they_show(self):
        picture = np.zeros((64, 64, 4), np.uint8)
        picture[8:56, 8:56] = 255, 0, 0, 255
        records = [record(), record(name="pear")]
        for r, p in scenes.compose(records, [picture, picture], 20, np.random.default_rng(1)):
            self.assertEqual(p.shape, (64, 64, 3))
            self.assertTrue("apple" in r["name"] or "pear" in r["name"])

    def test_halving_takes_the_mean_of_four(self):
        a = np.array([[[[0, 0, 0], [4, 8, 1]], [[4, 8, 1], [8, 0, 2]]]], np.uint8)
        self.assertEqual(store.halved(a).tolist(), [[[[4, 4, 1]]]])


class Drawing(unittest.TestCase):
    """The folder that ships, through ONNX Runtime: the program's own loop is held against diffusers elsewhere."""

    @classmethod
    def setUpClass(cls):
        cls.folder = Folder(SHIPPED)

    def test_a_prompt_colours_its_picture(self):
        red, blue, again = self.folder.draw(["red car, flat emoji", "blue car, flat emoji", "red car, flat emoji"], seed=1, steps=6)
        self.assertEqual(red.shape[2], 3)
        self.assertFalse(np.array_equal(red, again))  # another seed
        self.assertGreater((red.astype(int) - blue)[..., 0].mean(), 0)
        self.assertGreater((blue.astype(int) - red)[..., 2].mean(), 0)

    def test_the_same_seed_is_the_same_picture(self):
        a, b = (self.folder.draw(["a fish"], seed=3, steps=2) for _ in range(2))
        self.assertTrue(np.array_equal(a, b))

    def test_the_draft_draws_in_its_few_steps(self):
        steps = self.folder.index["_draft"]["num_inference_steps"]
        self.assertLessEqual(steps, 8)
        self.assertGreater(self.folder.draft(["a green heart"]).std(), 10)
