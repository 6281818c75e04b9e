"""Texts to teach the text encoder with: captions, and prompts as people write them about anything at all."""
import re

from . import words

COLOURS = ["red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white", "grey", "teal",
           "golden", "silver", "turquoise", "dark blue", "light green"]
KINDS = ["small", "big", "happy", "sad", "cute", "angry", "old", "round", "tiny", "funny", "sleepy", "shiny", "wooden",
         "smiling", "flying", "striped", "broken", "fluffy", "fast", "magic", "crowned", "surprised"]
PLACES = ["on a table", "in the grass", "at night", "in the sky", "under the sea", "in a room", "on a hill", "in the snow",
          "on the beach", "in space", "in a forest", "on a blue background", "on white", "in the rain", "at sunset"]
RELATIONS = ["next to", "and", "above", "below", "on", "under", "with", "behind", "in front of", "inside", "beside", "holding"]
COUNTS = ["one", "two", "three", "four", "five", "several", "many", "a pair of", "a group of"]
STYLES = ["3d emoji", "glossy 3d style", "flat emoji", "flat design", "noto style", "shaded cartoon", "blob style", "twemoji style",
          "simple flat emoji", "emojione style", "firefox style", "flat icon", "clip art", "cartoon drawing", "sticker", "icon", "line drawing"]


IRREGULAR = {"mouse": "mice", "goose": "geese", "leaf": "leaves", "wolf": "wolves", "knife": "knives", "tooth": "teeth", "foot": "feet",
             "ox": "oxen", "snowman": "snowmen", "sheep": "sheep", "fish": "fish", "deer": "deer", "squid": "squid", "bison": "bison"}


def many(noun):
    """Whether a name is a plural already, as 'gloves' and 'nesting dolls' are."""
    return bool(re.search(r"[^siu]s$", noun)) and not noun.endswith(("lens", "christmas", "bus"))


def article(noun):
    """'owl' -> 'an owl'; plurals stay bare."""
    return noun if many(noun) else ("an " if noun[0] in "aeiou" else "a ") + noun


def plural(noun):
    """'slice of pizza' -> 'slices of pizza'; what is a plural already stays."""
    head, of, rest = noun.partition(" of ")
    before, space, last = head.rpartition(" ")
    if last in IRREGULAR:
        last = IRREGULAR[last]
    elif re.search(r"(s|x|ch|sh)$", last) and not many(last):
        last += "es"
    elif re.search(r"[^aeiou]y$", last):
        last = last[:-1] + "ies"
    elif not many(last):
        last += "s"
    return before + space + last + of + rest


class Phrases:
    """Draws texts without end. captions: those of the pictures; folder: where words.fetch put its packages."""

    def __init__(self, captions, folder, rng):
        self.captions, self.rng = captions, rng
        self.known = sorted({c.split(",")[0] for c in captions})
        entries = [(n, g) for n, g in words.wordnet(folder, "noun") if n[0].islower()]
        self.nouns = sorted({n for names, _ in entries for n in names if n.islower() and len(n) < 25})
        self.glosses = [g.split(";")[0].split('"')[0].strip("() ") for _, g in entries]

    def pick(self, options):
        return options[int(self.rng.integers(len(options)))]

    def thing(self):
        """A noun with what may stand before it."""
        noun = self.pick(self.known if self.rng.random() < 0.5 else self.nouns)
        before = [self.pick(KINDS)] if self.rng.random() < 0.3 else []
        before += [self.pick(COLOURS)] if self.rng.random() < 0.4 else []
        if self.rng.random() < 0.2:
            return " ".join([self.pick(COUNTS)] + before + [plural(noun)])
        article = [self.pick(["a", "the"])] if self.rng.random() < 0.5 else []
        return " ".join(article + before + [noun])

    def prompt(self):
        text = self.thing()
        if self.rng.random() < 0.3:
            text += f" {self.pick(RELATIONS)} {self.thing()}"
        if self.rng.random() < 0.25:
            text += " " + self.pick(PLACES)
        if self.rng.random() < 0.5:
            text += ", " + self.pick(STYLES)
        return text

    def draw(self):
        """A caption, a made-up prompt, a bare word or a dictionary's explanation."""
        r = self.rng.random()
        if r < 0.01:
            return ""  # what guidance compares with
        if r < 0.4:
            return self.pick(self.captions)
        if r < 0.8:
            return self.prompt()
        return self.pick(self.nouns) if r < 0.9 else self.pick(self.glosses)[:90]
