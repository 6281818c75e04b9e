"""Everything that is measured before a release, in one command; figures go into the model card's table.

    python -m evaluate.run --folder nirvana --data DATA --text TEXT --judge JUDGE --out OUT [--short] [--baseline DIR] [--card] [--docs ../docs]

Writes to OUT: report.json (measure.py), figures.md (the card's table), sheet.png (64 prompts, two seeds), fresh.png (40 prompts
that stand in no caption, first seed, numbered, for a person to judge; their words in fresh.md), extremes.png (the worst and
the best of the prompts drawn, as the judge sees them) and prompts.txt. --baseline: another model folder, or a folder with the
pictures of another program for prompts.txt as 000.png, 001.png and so on. --card puts figures.md into the folder's README.md,
between its marks; --docs copies the pictures there. --short asks for fewer pictures: a quarter of an hour of one core.
"""
import argparse
import json
import pathlib
import shutil

import numpy as np
from PIL import Image, ImageDraw

from recipe import folder
from recipe.draw import sheet

from . import measure
from .sheet import PROMPTS, drawn

FRESH = pathlib.Path(__file__).parent / "fresh.json"
MARKS = "<!-- figures -->", "<!-- end of figures -->"


def numbered(prompts, pictures, columns, cell, lines=2):
    """Pictures in rows with number and prompt under each."""
    high = cell + 12 * lines + 6
    whole = Image.new("RGB", (columns * cell, -(-len(pictures) // columns) * high), "white")
    pen, wide = ImageDraw.Draw(whole), max(1, cell // 6)
    for i, (said, p) in enumerate(zip(prompts, pictures)):
        x, y = i % columns * cell, i // columns * high
        whole.paste(Image.fromarray(np.asarray(p)).resize((cell - 4, cell - 4), Image.LANCZOS), (x + 2, y + 2))
        text, rows = f"{i + 1} {said}", []
        while text and len(rows) < lines:
            cut = len(text) if len(text) <= wide else max(text.rfind(" ", 0, wide + 1), 1)
            rows.append(text[:cut])
            text = text[cut:].strip()
        pen.multiline_text((x + 4, y + cell), "\n".join(rows), fill="black", spacing=1)
    return whole


def share(v):
    return "" if v is None else f"{v:.2f}"


def both(v):
    return "" if v is None else f"{v['top1']:.2f} ({v['top5']:.2f})"


def figures(report):
    """The card's table and what stands under it, Markdown."""
    old, words = report.get("baseline"), report["of"]
    rows = [("", "this version", "the baseline", "real pictures"), ("---",) * 4]
    rows.append((f"own prompt nearest of {words} (among the nearest 5)", both(report["seen"]["generated"]), both(old), both(report["seen"]["real"])))
    rows.append((f"concept and style never seen together, of {report['unseen']['of']}", both(report["unseen"]["generated"]), "", both(report["unseen"]["real"])))
    rows.append(("distance of features to real ones (Frechet)", f"{report['seen']['frechet']:.1f}", f"{old['frechet']:.1f}" if old else "", f"{report['seen']['frechet_real']:.1f}"))
    rows.append(("near copies of a training picture", share(report["copies"]["share"]), share(old and old["copies"]), ""))
    rows.append(("near copies where the prompt combines two things", share(report["combined"]["share"]), "", ""))
    rows.append(("asked colour is the main one", share(report["colours"]), "", ""))
    rows.append(("asked number of things, one to four", share(report["counts"]), "", ""))
    out = ["| " + " | ".join(r) + " |" for r in rows]
    out += ["", "By style: " + ", ".join(f"{k} {v:.2f}" for k, v in report["styles"].items()) + "."]
    out += ["", *cannot(report)]
    if "settings" in report:
        out += ["", "| guidance, steps | nearest (among 5) |", "|---|---|"] + [f"| {k} | {both(v)} |" for k, v in report["settings"].items()]
    compared = min(report["prompts"], words // 2)
    out += ["", "Kinds of things are emojibase's; right: own prompt among the nearest five, or the number that was asked."]
    out += ["", f"{report['steps']} steps, guidance {report['guidance']:g}, {report['prompts']} pictures of captions that were trained on (the Frechet distances: {compared} to as many real ones of",
            "other prompts). The judge is trained on real pictures alone; compare columns and not with other projects."]
    return "\n".join(out) + "\n"


def cannot(report, most=12):
    """The table of what the model cannot do: kinds of things that it draws worst, and numbers of things, worst first."""
    rows = [(kind, r["generated"], f"{r['real']:.2f}", r["of"]) for kind, r in report["kinds"].items()]
    rows = sorted(rows, key=lambda r: r[1])[:most]
    rows += [(f"{n} of a thing, counted" if int(n) > 1 else "one thing, counted", right, "", "") for n, right in report["numbers"].items()]
    out = ["| what it cannot do, worst first | right | real pictures | of |", "|---|---|---|---|"]
    return out + [f"| {kind} | {right:.2f} | {real} | {of} |" for kind, right, real, of in sorted(rows, key=lambda r: r[1])]


def into_card(card, table):
    """The text of a card with the table between its marks."""
    head, mark, rest = card.partition(MARKS[0])
    _, end, tail = rest.partition(MARKS[1])
    if not mark or not end:
        raise SystemExit(f"the card has no {MARKS[0]} and {MARKS[1]} around its figures: put them in")
    return f"{head}{MARKS[0]}\n{table}{MARKS[1]}{tail}"


def pictures(m, a, report):
    """The three sheets; returns their names."""
    fresh = json.loads(FRESH.read_text())
    numbered(fresh, measure.generated(m.model, fresh, a.steps, a.guidance), 8, 144).save(a.out / "fresh.png")
    (a.out / "fresh.md").write_text("".join(f"{i}. {p}\n" for i, p in enumerate(fresh, 1)))
    order, n = m.order, min(8, len(m.order) // 2)
    pick = np.concatenate([order[:n], order[len(order) - n:]])
    numbered([m.prompts[i] for i in pick], m.pictures[pick], n, 144).save(a.out / "extremes.png")
    sheet(drawn(m.model, json.loads(PROMPTS.read_text()), a.steps, a.guidance), 16, 96).save(a.out / "sheet.png")
    return {"sheet.png": "default-model.png", "fresh.png": "default-model-fresh.png", "extremes.png": "default-model-extremes.png"}


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    measure.arguments(ap)
    ap.add_argument("--out", type=pathlib.Path, required=True)
    ap.add_argument("--short", action="store_true")
    ap.add_argument("--card", action="store_true", help="put the figures into the folder's README.md")
    ap.add_argument("--docs", type=pathlib.Path, help="where the pictures of a release go")
    a = ap.parse_args()
    if a.short:
        a.drawn, a.unseen, a.settings, a.every = min(a.drawn, 96), min(a.unseen, 48), min(a.settings, 16), max(a.every, 3)
    a.out.mkdir(parents=True, exist_ok=True)
    m = measure.Measure(a)
    (a.out / "prompts.txt").write_text("".join(f"{p}\n" for p in m.asked(m.seen_names()[:a.drawn])))
    report = m.report()
    (a.out / "report.json").write_text(json.dumps(report, indent=2) + "\n")
    table = figures(report)
    (a.out / "figures.md").write_text(table)
    print(table)
    named = pictures(m, a, report)
    if a.docs:
        for name, there in named.items():
            shutil.copyfile(a.out / name, a.docs / there)
    if a.card:
        card = pathlib.Path(a.folder) / "README.md"
        card.write_text(into_card(card.read_text(encoding="utf8"), table), encoding="utf8")
        folder.write_checksums(pathlib.Path(a.folder))
    print(f"look at sheet.png, fresh.png and extremes.png in {a.out}: numbers do not see ugliness")


if __name__ == "__main__":
    main()
