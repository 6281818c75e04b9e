"""The generated list of whose drawings were used, and under what licence.

    python -m recipe.attribution --packs PACKS --out ATTRIBUTION.md      # of every set, as the wide stage uses them

dataset.py writes one for the pictures that it built.
"""
import argparse
import collections
import pathlib

from . import sources
from .safety import safe
from .sources import EMOJIBASE, PACKS

LICENCES = {
    "MIT": "https://opensource.org/license/mit", "Apache-2.0": "https://www.apache.org/licenses/LICENSE-2.0",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "Public-Domain": "https://creativecommons.org/publicdomain/zero/1.0/",
}


def write(path, records):
    """Markdown: a row a set with its licence, credit, package and number of pictures, then the clip art's artists."""
    count = collections.Counter(r["source"] for r in records)
    lines = ["# Whose drawings the default model was trained on", "",
             "| set | pictures | licence | credit | package |", "|---|---|---|---|---|"]
    for source, pack in PACKS.items():
        if count[source]:
            lines.append(f"| {source} | {count[source]} | [{pack.licence}]({LICENCES[pack.licence]}) | {pack.credit} | {pack.package} |")
    lines += ["", "Drawings were rendered to pixels, some were turned in hue, some were put together into scenes.",
              "", f"Names, tags and groups of emoji: {EMOJIBASE} (MIT, Miles Johnson)."]
    artists = sorted({r["author"].lower(): r["author"] for r in records if r["author"]}.values(), key=str.lower)
    if artists:
        lines += ["", "Artists of the clip art, as the files name them: " + "; ".join(artists) + "."]
    path.write_text("\n".join(lines) + "\n", encoding="utf8")


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--packs", type=pathlib.Path, required=True, help="where downloads are kept")
    ap.add_argument("--out", type=pathlib.Path, required=True)
    a = ap.parse_args()
    sources.fetch(a.packs)
    write(a.out, [r for r in sources.records(a.packs) if safe(r)])


if __name__ == "__main__":
    main()
