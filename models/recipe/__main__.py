"""The whole recipe, one stage after another; what is done already is not done again.

    python -m recipe                      everything: data, text encoder, autoencoder, U-Net, its draft, the verifier, the pixel
                                          DDPM, both model folders, their figures
    python -m recipe unet export          these stages alone
    python -m recipe --start nirvana      go on from the model folder that ships: text encoder, autoencoder, U-Net
    python -m recipe --work DIR --hours 8

Stages keep their files under --work (default ~/.cache/nirvana/train) and resume from there; the U-Net trains until
--hours and --fine-hours are spent or it is interrupted, and goes on to the step when run again.
"""
import argparse
import pathlib
import subprocess
import sys

from . import begin

STAGES = ("data", "text", "autoencoder", "alpha", "unet", "grow", "fine", "inside", "distil", "verifier", "ddpm", "export", "judge", "evaluate")


def commands(a):
    """[(stage, its module's arguments, the file that says it is finished or None)], as they run."""
    w, models = a.work, pathlib.Path(__file__).parent.parent
    data, packs, text, ae, unet = w / "data", w / "packs", w / "text", w / "ae", w / "unet256"
    wide = ["--wide", "--recolour", 2500, "--scenes", 4000] if a.wide else ["--scenes", 700]
    from_there = {k: ["--start", a.start / k] if a.start and (a.start / k).exists() else [] for k in ("ae", "unet", "text")}
    inside, decoder = w / "inside", next((w / k for k in ("inside", "alpha", "ae") if (w / k / "weights" / "config.json").exists()), ae)
    alpha, distil, verifier, ddpm, judge = w / "alpha", w / "distil", w / "verifier", w / "ddpm", w / "judge"
    parts = ["--data", data, "--ae", ae / "weights", "--text", text]
    from_ddpm = ["--start", models / "ddpm"] if (models / "ddpm").exists() else []
    draft = ["--draft", distil / "pytorch_lora_weights.safetensors"] if distil.exists() else []
    short = ["--short"] if a.short else []
    return [
        ("data", ["recipe.dataset", "--data", data, "--packs", packs] + wide, data / "meta.jsonl"),
        ("text", ["recipe.train_text", "--data", data, "--words", packs / "words", "--out", text, "--minutes", a.text_minutes]
         + from_there["text"], text / "finished"),
        ("autoencoder", ["recipe.train_autoencoder", "--data", data, "--out", ae, "--minutes", a.ae_minutes] + from_there["ae"],
         ae / "weights" / "config.json"),
        ("alpha", ["recipe.train_autoencoder", "--data", data, "--start", ae / "weights", "--out", alpha, "--decoder", "--alpha",
                   "--crop", 256, "--batch", 4, "--minutes", a.alpha_minutes], alpha / "weights" / "config.json"),
        *([] if from_there["unet"] else [  # at 128 px first; what ships is grown already
            ("unet", ["recipe.train_unet", *parts, "--out", w / "unet", "--minutes", 60 * a.hours], None),
            ("grow", ["recipe.grow", "--unet", w / "unet" / "weights", "--out", w / "grown"], w / "grown" / "config.json")]),
        ("fine", ["recipe.train_unet", *parts, "--out", unet, "--pixels", 256, "--minutes", 60 * a.fine_hours, "--cool", 0.3]
         + (from_there["unet"] or ["--start", w / "grown"]), None),
        ("inside", ["recipe.train_inside", "--data", data, "--latents", *sorted(data.glob("latents-256-*.npy"))[-1:], "--ae", alpha / "weights", "--out", inside,
                    "--folder", models / "nirvana", "--minutes", a.inside_minutes], inside / "weights" / "config.json"),
        ("distil", ["recipe.distil", *parts, "--unet", unet / "weights", "--out", distil, "--minutes", a.distil_minutes], None),
        ("verifier", ["recipe.train_verifier", "--data", data, "--text", text, "--out", verifier, "--minutes", a.verifier_minutes,
                      "--unet", unet / "weights", "--ae", ae / "weights"], verifier / "weights" / "config.json"),
        ("ddpm", ["recipe.train_ddpm", "--data", data, "--out", ddpm, "--minutes", 60 * a.ddpm_hours] + from_ddpm, None),
        ("export", ["recipe.export", "--ae", decoder / "weights", "--text", text, "--unet", unet / "weights",
                    *(["--verifier", verifier / "weights"] if verifier.exists() else []), "--attribution", data / "ATTRIBUTION.md", "--out", models / "nirvana"] + draft, None),
        ("export", ["recipe.train_ddpm", "--data", data, "--out", ddpm, "--export", models / "ddpm", "--docs", models.parent / "docs"], None),
        ("judge", ["evaluate.train", "--data", data, "--text", text, "--out", judge, "--minutes", a.judge_minutes], judge / "config.json"),
        ("evaluate", ["evaluate.run", "--folder", models / "nirvana", "--data", data, "--text", text, "--judge", judge,
                      "--out", w / "evaluate", "--card", "--docs", models.parent / "docs"] + short, None),
    ]


def main():
    ap = argparse.ArgumentParser(prog="python -m recipe", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("stages", nargs="*", default=[], metavar="stage", help=" ".join(STAGES))
    ap.add_argument("--work", type=pathlib.Path, default=pathlib.Path.home() / ".cache" / "nirvana" / "train")
    ap.add_argument("--start", type=pathlib.Path, help="model folder, such as the one that ships, to go on from instead of from nothing")
    ap.add_argument("--wide", action="store_true", help="every set, people, many scenes, all captions")
    ap.add_argument("--hours", type=float, default=24, help="for the U-Net at 128 px")
    ap.add_argument("--fine-hours", type=float, default=24, help="for the grown U-Net at 256 px")
    ap.add_argument("--text-minutes", type=float, default=40)
    ap.add_argument("--ae-minutes", type=float, default=90)
    ap.add_argument("--alpha-minutes", type=float, default=20, help="for the decoder's opacity")
    ap.add_argument("--inside-minutes", type=float, default=20, help="for the opacity of white parts")
    ap.add_argument("--verifier-minutes", type=float, default=60)
    ap.add_argument("--distil-minutes", type=float, default=60)
    ap.add_argument("--ddpm-hours", type=float, default=8)
    ap.add_argument("--judge-minutes", type=float, default=15)
    ap.add_argument("--short", action="store_true", help="measure in twelve minutes of one core")
    a = ap.parse_args()
    unknown = set(a.stages) - set(STAGES)
    if unknown:
        ap.error(f"no such stage: {', '.join(sorted(unknown))}; there are {', '.join(STAGES)}")
    if a.start and (a.start / "model_index.json").exists():
        begin.write(a.start, a.work / "seed")
        a.start = a.work / "seed"
    for i in range(len(commands(a))):
        stage, arguments, finished = commands(a)[i]  # anew: what the stages before have made decides
        if a.stages and stage not in a.stages:
            continue
        if finished and finished.exists():
            print(f"{stage}: done before ({finished})")
            continue
        print(f"{stage}: {' '.join(map(str, arguments))}", flush=True)
        subprocess.run([sys.executable, "-m", *map(str, arguments)], check=True,
                       cwd=pathlib.Path(__file__).parent.parent)
        if finished and not finished.exists():
            finished.touch()


if __name__ == "__main__":
    main()
