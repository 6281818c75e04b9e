"""English words for the vocabulary and for unseen prompts: Debian's wordnet-base and wamerican, fetched by name."""
import re
import subprocess

PACKAGES = ("wordnet-base", "wamerican")


def fetch(folder):
    """Downloads and unpacks the two packages into folder where they are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in PACKAGES:
        if not list(folder.glob(f"{name}_*.deb")):
            subprocess.run(["apt-get", "download", name], cwd=folder, check=True)
        if not (folder / name).exists():
            subprocess.run(["dpkg", "-x", str(next(folder.glob(f"{name}_*.deb"))), str(folder / name)], check=True)


def wordnet(folder, part="noun"):
    """Yields WordNet's entries of a part of speech: (list of synonyms, gloss)."""
    for line in open(folder / "wordnet-base/usr/share/wordnet" / f"data.{part}", encoding="latin1"):
        if line.startswith("  "):  # the licence
            continue
        fields, _, gloss = line.partition(" | ")
        fields = fields.split()
        names = [re.sub(r"\(.*?\)", "", n).replace("_", " ") for n in fields[4:4 + 2 * int(fields[3], 16):2]]
        yield names, gloss.strip()


def dictionary(folder):
    """The lower-case words of the American dictionary and the single words of WordNet."""
    path = folder / "wamerican/usr/share/dict/american-english"
    words = {w.strip() for w in open(path, encoding="utf8") if w[0].islower() and "'" not in w}
    for part in ("noun", "verb", "adj", "adv"):
        words.update(n for names, _ in wordnet(folder, part) for n in names if n.islower() and " " not in n)
    return words
