"""Everything that is measured before a release, in one command; figures go into the model card's table.

    python -m evaluate.run --folder nirvana --data DATA --text TEXT --judge JUDGE --out OUT [--short] [--unet WEIGHTS] [--baseline DIR] [--card] [--docs ../docs]

Writes to OUT, in this order: fresh.png (40 prompts that stand in no caption, first seed, numbered, for a person to judge; their
words in fresh.md), fresh-best.png (the best of 8 seeds by the folder's verifier), report.json (measure.py), figures.md (the
card's table), extremes.png (the worst and the best of the prompts drawn, as the judge sees them), sheet.png (64 prompts, two
seeds), limits.png (limits.json, best of 8) and prompts.txt. --unet measures a checkpoint's weights instead of the folder's. --baseline: another model folder, or a folder with the
pictures of another program for prompts.txt as 000.png, 001.png and so on. --card puts figures.md into the folder's README.md,
between its marks; --docs copies the pictures there. --short asks for fewer pictures: twelve minutes of one core.
"""
import argparse
import json
import pathlib
import shutil

import numpy as np

from recipe import export, folder
from recipe.draw import sheet

from . import measure
from .search import HALVINGS, best_of
from .sheet import FRESH, PROMPTS, drawn, numbered

LIMITS = pathlib.Path(__file__).parent / "limits.json"
SHEETS = {"sheet.png": "default-model.png", "fresh.png": "default-model-fresh.png", "fresh-best.png": "default-model-best.png",
          "extremes.png": "default-model-extremes.png"}  # and their names in docs
MARKS = "<!-- figures -->", "<!-- end of figures -->"


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
    rows += [(f"fresh prompts, {name}", both(v), "", "") for name, v in report["fresh"].items()]
    rows.append(("distance of features to real ones (Frechet)", f"{report['seen']['frechet']:.1f}", f"{old['frechet']:.1f}" if old else "", f"{report['seen']['frechet_real']:.1f}"))
    rows.append(("near copies of a training picture", share(report["copies"]["share"]), share(old and old["copies"]), ""))
    rows.append(("near copies where the prompt combines two things", share(report["combined"]["share"]), "", ""))
    rows.append(("asked colour is the main one", share(report["colours"]), "", ""))
    rows.append(("asked number of things, one to four", share(report["counts"]), "", ""))
    out = ["| " + " | ".join(r) + " |" for r in rows]
    out += ["", "By style: " + ", ".join(f"{k} {v:.2f}" for k, v in report["styles"].items()) + "."]
    out += ["", *cannot(report)]
    if report["settings"]:
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


def fresh(m, a):
    """Draws the fresh prompts from their first seed and as the best of N; two sheets, the prompts' numbers, and the retrieval of both."""
    prompts = json.loads(FRESH.read_text())
    (a.out / "fresh.md").write_text("".join(f"{i}. {p}\n" for i, p in enumerate(prompts, 1)))
    found = [best_of(m.model, p, a.best_of, (0,), a.steps, a.guidance) for p in prompts]
    picked = {"one seed": [finished[0][1] for _, finished in found], f"best of {a.best_of}": [finished[seed][1] for seed, finished in found]}
    words, out = m.read(measure.among(prompts, m.meta, a.prompts)), {}
    for name, sheet_name in zip(picked, ("fresh.png", "fresh-best.png")):
        drawn = np.stack(picked[name])
        numbered(prompts, drawn, 8, 144).save(a.out / sheet_name)
        out[name] = measure.retrieval(measure.seen(m.judge, drawn)[0], words)
    print(f"fresh prompts, own nearest of {a.prompts} (among 5): " + ", ".join(f"{k} {both(v)}" for k, v in out.items()), flush=True)
    return out


def sheets(m, a):
    """The other sheets: the worst next to the best that were measured, the fixed sheet, and the limits' prompts in their order."""
    order, n = m.order, min(8, len(m.order) // 2)
    pick = np.concatenate([order[:n], order[len(order) - n:]])
    numbered([m.prompts[i] for i in pick], m.pictures[pick], n, 144).save(a.out / "extremes.png")
    sheet(drawn(m.model, json.loads(PROMPTS.read_text()), a.steps, a.guidance), 16, 96).save(a.out / "sheet.png")
    prompts = [p for group in json.loads(LIMITS.read_text()).values() for p in group]
    found = [best_of(m.model, p, a.best_of, (), a.steps, a.guidance) for p in prompts]
    numbered(prompts, [finished[seed][1] for seed, finished in found], 10, 120).save(a.out / "limits.png")


def exported(a):
    """A copy of the folder in OUT/model with the U-Net of --unet and the draft of --draft: what export would make of them."""
    there = a.out / "model"
    shutil.copytree(a.folder, there, dirs_exist_ok=True)
    export.write(argparse.Namespace(text=None, ae=None, unet=a.unet, draft=a.draft, verifier=None, out=there), export.LENGTH)
    return there


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    measure.arguments(ap)
    ap.add_argument("--out", type=pathlib.Path, required=True)
    ap.add_argument("--unet", type=pathlib.Path, help="weights to measure in the folder's place for its U-Net, such as a checkpoint's; copied, so that neither changes")
    ap.add_argument("--draft", type=pathlib.Path, help="the same for the draft: LoRA weights; without them the draft of another U-Net is left out")
    ap.add_argument("--best-of", type=int, default=8, choices=HALVINGS, help="seeds for the search")
    ap.add_argument("--short", action="store_true")
    ap.add_argument("--card", action="store_true", help="put the figures into the folder's README.md")
    ap.add_argument("--docs", type=pathlib.Path, help="where the pictures of a release go")
    a = ap.parse_args()
    if a.short:
        a.drawn, a.unseen, a.settings, a.every = min(a.drawn, 96), min(a.unseen, 48), 0, max(a.every, 3)
    a.out.mkdir(parents=True, exist_ok=True)
    if a.unet or a.draft:
        a.folder = exported(a)
    m = measure.Measure(a)
    first = fresh(m, a)
    report = {**m.report(), "fresh": first}
    (a.out / "prompts.txt").write_text("".join(f"{p}\n" for p in m.prompts))
    (a.out / "report.json").write_text(json.dumps(report, indent=2) + "\n")
    table = figures(report)
    (a.out / "figures.md").write_text(table)
    print(table)
    sheets(m, a)
    if a.docs:
        for name, there in SHEETS.items():
            shutil.copyfile(a.out / name, a.docs / there)
    if a.card:
        card = pathlib.Path(a.folder) / "README.md"
        card.write_text(into_card(card.read_text(encoding="utf8"), table), encoding="utf8")
        folder.write_checksums(pathlib.Path(a.folder))
    print(f"look at {', '.join([*SHEETS, 'limits.png'])} in {a.out}: numbers do not see ugliness")


if __name__ == "__main__":
    main()
