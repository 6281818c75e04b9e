"""Teaches the text encoder the token states of MiniLM for --minutes; goes on from OUT/state.pt when it is there.

    python -m recipe.train_text --data DATA --words WORDS --out OUT --minutes 25

Writes OUT/tokenizer, our part of BERT's vocabulary, and OUT/weights.
"""
import argparse
import json
import pathlib
import shutil
import time

import numpy as np
import torch
import torch.nn.functional as F

from . import store, vocabulary, words
from .phrases import Phrases
from .teacher import Teacher, apprentice, tokenizer
from .text import LENGTH, PAD, TextEncoder, Tokens
from .training import Average, Clock, autocast, rate
from .weights import load_shards, save_shards, write


def choose_vocabulary(captions, dictionary, out, start=None):
    """Our pieces as the teacher's ids, chosen once (or as START has them) and kept in OUT/kept.json; writes OUT/tokenizer."""
    path = out / "kept.json"
    if not path.exists() and start:
        known = tokenizer().get_vocab()
        shutil.copytree(start / "tokenizer", out / "tokenizer", dirs_exist_ok=True)
        path.write_text(json.dumps([known[p] for p in vocabulary.pieces(start / "tokenizer")]))
    if not path.exists():
        bert, used = tokenizer(), set()
        for s in range(0, len(captions), 4096):
            for row in bert(captions[s:s + 4096])["input_ids"]:
                used.update(row)
        kept = vocabulary.choose(bert.get_vocab(), used, dictionary)
        spelled = {i: p for p, i in bert.get_vocab().items()}
        vocabulary.write(out / "tokenizer", [spelled[i] for i in kept], LENGTH)
        path.write_text(json.dumps(kept))
    return json.loads(path.read_text())


def distance(mine, theirs, ids):
    """Mean over real tokens of squared error in units of the teacher's variance, and of 1 - cosine; the latter
    also of the texts' mean states."""
    real = ids != PAD
    a, b = mine[real], theirs[real]
    token = 1 - F.cosine_similarity(a, b)
    pooled = 1 - F.cosine_similarity(mine.sum(1), theirs.sum(1))
    return (a - b).pow(2).mean() / b.var(), token.mean(), pooled.mean()


def batches(phrases, tokens, size, pool=16):
    """Ids [size, T] without end, texts of like length together."""
    while True:
        texts = sorted((phrases.draw() for _ in range(size * pool)), key=len)
        for s in phrases.rng.permutation(pool):
            yield tokens(texts[s * size:(s + 1) * size])


@torch.no_grad()
def judge(student, teacher, held):
    """Mean cosine of tokens and of texts on held-out ids."""
    rows = [distance(student(ids), teacher(ids), ids) for ids in held]
    return [round(1 - torch.stack([r[k] for r in rows]).mean().item(), 4) for k in (1, 2)]


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--data", type=pathlib.Path, required=True)
    ap.add_argument("--words", type=pathlib.Path, required=True, help="folder for the word lists' packages")
    ap.add_argument("--out", type=pathlib.Path, required=True)
    ap.add_argument("--start", type=pathlib.Path, help="folder with weights/ and tokenizer/ to begin from")
    ap.add_argument("--minutes", type=float, default=40)
    ap.add_argument("--batch", type=int, default=64)
    ap.add_argument("--lr", type=float, default=6e-4)
    ap.add_argument("--cool", type=float, default=0.4)
    ap.add_argument("--threads", type=int, default=0)
    a = ap.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    if a.threads:
        torch.set_num_threads(a.threads)
    words.fetch(a.words)
    _, meta = store.load(a.data)
    captions = sorted({c for m in meta for c in m["captions"]} - {""})
    teacher = Teacher(choose_vocabulary(captions, words.dictionary(a.words), a.out, a.start))
    tokens = Tokens(a.out / "tokenizer")
    student = load_shards(TextEncoder, a.start / "weights").train() if a.start else apprentice(teacher)
    held = [ids for ids, _ in zip(batches(Phrases(captions, a.words, np.random.default_rng(5)), tokens, 64), range(6))]
    average, opt = Average(student, 0.999), torch.optim.AdamW(student.parameters(), a.lr, betas=(0.9, 0.98), weight_decay=0.01)
    step = 0
    if (a.out / "state.pt").exists():
        s = torch.load(a.out / "state.pt")
        student.load_state_dict(s["model"])
        average.model.load_state_dict(s["average"])
        opt.load_state_dict(s["opt"])
        step = s["step"]
    clock, told, first = Clock(a.minutes), 0.0, step
    dev = torch.device("cpu")
    print(f"{sum(p.numel() for p in student.parameters()) / 1e6:.2f} M parameters, from step {step}", flush=True)
    for ids in batches(Phrases(captions, a.words, np.random.default_rng(time.time_ns() % 2**32)), tokens, a.batch):
        for group in opt.param_groups:
            group["lr"] = a.lr * rate(clock.progress(), step - first, 200, a.cool)
        theirs = teacher(ids)
        with autocast(dev):
            mine = student(ids).float()
        square, token, pooled = distance(mine, theirs, ids)
        opt.zero_grad(set_to_none=True)
        (square + token + pooled).backward()
        torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
        opt.step()
        step += 1
        average.update(student, step)
        over = clock.progress() >= 1
        if clock.seconds() - told > 60 or over:
            told = clock.seconds()
            row = dict(step=step, minutes=round(told / 60, 1), texts=step * a.batch, loss=round(square.item(), 4),
                       cosine=judge(average.model, teacher, held))
            print(json.dumps(row), flush=True)
            with open(a.out / "log.jsonl", "a", encoding="utf8") as log:
                log.write(json.dumps(row) + "\n")
            write(dict(model=student.state_dict(), average=average.model.state_dict(), opt=opt.state_dict(), step=step), a.out / "state.pt")
            save_shards(average.model, a.out / "weights")
        if over:
            break


if __name__ == "__main__":
    main()
