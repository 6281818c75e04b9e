"""The whole recipe, one stage after another; what is done already is not done again.

    python -m recipe                      everything: data, text encoder, autoencoder, U-Net, model folder
    python -m recipe unet export          these stages alone
    python -m recipe --start nirvana      go on from the model folder that ships: text encoder, autoencoder, U-Net
    python -m recipe --work DIR --hours 8

Stages keep their files under --work (default ~/.cache/nirvana/train) and resume from there; the U-Net trains
until --hours are spent or it is interrupted, and goes on to the step when run again.
"""
import argparse
import pathlib
import subprocess
import sys

from . import begin

STAGES = ("data", "text", "autoencoder", "unet", "export")


def commands(a):
    """Stage -> (its module's arguments, the file that says it is finished or None)."""
    w, models = a.work, pathlib.Path(__file__).parent.parent
    data, packs, text, ae, unet = w / "data", w / "packs", w / "text", w / "ae", w / "unet"
    wide = ["--wide", "--recolour", 2500, "--scenes", 4000] if a.wide else ["--scenes", 700]
    from_there = {k: ["--start", a.start / k] if a.start and (a.start / k).exists() else [] for k in ("ae", "unet", "text")}
    return {
        "data": (["dataset", "--data", data, "--packs", packs] + wide, data / "meta.jsonl"),
        "text": (["train_text", "--data", data, "--words", packs / "words", "--out", text, "--minutes", a.text_minutes]
                 + from_there["text"], text / "finished"),
        "autoencoder": (["train_autoencoder", "--data", data, "--out", ae, "--minutes", a.ae_minutes] + from_there["ae"],
                        ae / "weights" / "config.json"),
        "unet": (["train_unet", "--data", data, "--ae", ae / "weights", "--text", text, "--out", unet, "--minutes", 60 * a.hours]
                 + from_there["unet"], None),
        "export": (["export", "--ae", ae / "weights", "--text", text, "--unet", unet / "weights",
                    "--attribution", data / "ATTRIBUTION.md", "--out", models / "nirvana"], None),
    }


def main():
    ap = argparse.ArgumentParser(prog="python -m recipe", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("stages", nargs="*", default=[], metavar="stage", help=" ".join(STAGES))
    ap.add_argument("--work", type=pathlib.Path, default=pathlib.Path.home() / ".cache" / "nirvana" / "train")
    ap.add_argument("--start", type=pathlib.Path, help="model folder, such as the one that ships, to go on from instead of from nothing")
    ap.add_argument("--wide", action="store_true", help="every set, people, many scenes, all captions")
    ap.add_argument("--hours", type=float, default=24, help="for the U-Net")
    ap.add_argument("--text-minutes", type=float, default=40)
    ap.add_argument("--ae-minutes", type=float, default=90)
    a = ap.parse_args()
    unknown = set(a.stages) - set(STAGES)
    if unknown:
        ap.error(f"no such stage: {', '.join(sorted(unknown))}; there are {', '.join(STAGES)}")
    if a.start and (a.start / "model_index.json").exists():
        begin.write(a.start, a.work / "seed")
        a.start = a.work / "seed"
    for stage, (arguments, finished) in commands(a).items():
        if a.stages and stage not in a.stages:
            continue
        if finished and finished.exists():
            print(f"{stage}: done before ({finished})")
            continue
        print(f"{stage}: {' '.join(map(str, arguments))}", flush=True)
        subprocess.run([sys.executable, "-m", f"recipe.{arguments[0]}", *map(str, arguments[1:])], check=True,
                       cwd=pathlib.Path(__file__).parent.parent)
        if finished and not finished.exists():
            finished.touch()


if __name__ == "__main__":
    main()
