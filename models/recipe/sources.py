"""Where the drawings come from: open emoji sets and icons from npm, clip art from Debian, all fetched by name.

records(folder) yields a dict a drawing:

    name      what it shows, in words         source   the set, a key of PACKS or 'openclipart'
    label     emojibase's name, or None       group, subgroup   emojibase's, or None
    tags      more words for it               tone     skin tone or None
    svg       SVG text                        author   who drew it, where the file says so
"""
import collections
import json
import re
import subprocess
import tarfile

from . import clipart

Pack = collections.namedtuple("Pack", "package licence credit styles")

# styles: the words that ask for the set; the first is the plainest. Packages are @iconify-json's copies of the sets.
PACKS = {
    "fluent-emoji": Pack("@iconify-json/fluent-emoji@1.2.7", "MIT", "Fluent Emoji, Microsoft Corporation",
                         ["3d emoji", "glossy 3d style", "fluent style"]),
    "fluent-emoji-flat": Pack("@iconify-json/fluent-emoji-flat@1.2.6", "MIT", "Fluent Emoji Flat, Microsoft Corporation",
                              ["flat emoji", "flat design", "flat vector"]),
    "noto": Pack("@iconify-json/noto@1.2.9", "Apache-2.0", "Noto Emoji, Google Inc.",
                 ["noto style", "noto emoji", "shaded cartoon"]),
    "noto-v1": Pack("@iconify-json/noto-v1@1.2.5", "Apache-2.0", "Noto Emoji (v1), Google Inc.", ["blob style", "blob emoji"]),
    "fxemoji": Pack("@iconify-json/fxemoji@1.2.2", "Apache-2.0", "Firefox OS Emoji, Mozilla", ["firefox style", "soft flat emoji"]),
    "twemoji": Pack("@iconify-json/twemoji@1.2.5", "CC-BY-4.0", "Twemoji, Twitter, Inc and other contributors",
                    ["twemoji style", "simple flat emoji"]),
    "emojione": Pack("@iconify-json/emojione@1.2.3", "CC-BY-4.0", "EmojiOne 2, Ranks.com, Inc.",
                     ["emojione style", "bold cartoon emoji"]),
    "flat-color-icons": Pack("@iconify-json/flat-color-icons@1.2.3", "MIT", "Flat Color Icons, Icons8", ["flat icon", "app icon"]),
    "openclipart": Pack(clipart.PACKAGE, "Public-Domain", "Open Clip Art Library, its artists", ["clip art", "vector clip art", "cartoon drawing"]),
}
EMOJIBASE = "emojibase-data@17.0.0"  # MIT, Miles Johnson: labels, tags and groups

TONES = ("medium-light", "medium-dark", "light", "medium", "dark")  # longest first, for the pattern
KEPT_TONES = ("light", "medium-dark")  # a lighter and a darker one for every person, as many of each
MARGIN = 0.04  # of white around an icon


def words(name):
    """'grinning-face_2' -> 'grinning face 2'."""
    return re.sub(r"\s+", " ", re.sub(r"[-_]+", " ", name)).strip().lower()


def key(name):
    return re.sub(r"[^a-z0-9]", "", name.lower())


def archive(package):
    """The file that `npm pack` makes of 'name@version'."""
    name, version = package.lstrip("@").replace("/", "-").rsplit("@", 1)
    return f"{name}-{version}.tgz"


def fetch(folder):
    """Downloads what is not in folder yet, by package name."""
    folder.mkdir(parents=True, exist_ok=True)
    for package in [p.package for p in PACKS.values() if p.package.startswith("@")] + [EMOJIBASE]:
        if not (folder / archive(package)).exists():
            subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    clipart.fetch(folder)


def member(folder, package, path):
    with tarfile.open(folder / archive(package)) as t:
        return json.load(t.extractfile("package/" + path))


def emoji_table(folder):
    """Label without punctuation -> (emojibase entry, name of its subgroup)."""
    subgroups = member(folder, EMOJIBASE, "meta/groups.json")["subgroups"]
    table = {}
    for entry in member(folder, EMOJIBASE, "en/data.json"):
        value = entry, subgroups.get(str(entry.get("subgroup")))
        for label in [entry["label"]] + [s["label"] for s in entry.get("skins", [])]:
            table.setdefault(key(label), value)
    return table


def split_tone(name):
    """'artist-dark' or 'artist-dark-skin-tone' -> ('artist', ['dark'])."""
    tones = "|".join(TONES)
    if "skin-tone" in name:
        return re.sub(rf"-?({tones})-skin-tone", "", name), re.findall(rf"({tones})-skin-tone", name)
    m = re.search(rf"-({tones})$", name)
    return (name[:m.start()], [m[1]]) if m else (name, [])


def tone_of(source, name, names):
    """(name without tone, tone or None), or None for a variant that balance leaves out."""
    base, tones = split_tone(name)
    if not tones or (source.startswith("fluent") and base not in names):  # 'new-moon-dark' is no skin
        return name, None
    balanced = source.startswith("fluent") or source in ("noto", "twemoji")
    if balanced and len(tones) == 1 and tones[0] in KEPT_TONES:
        return base, tones[0]
    return None


def icon_svg(icon, pack):
    """The icon as a whole SVG file with a margin."""
    w, h = icon.get("width", pack.get("width", 16)), icon.get("height", pack.get("height", 16))
    view = (icon.get("left", 0) - MARGIN * w, icon.get("top", 0) - MARGIN * h, w * (1 + 2 * MARGIN), h * (1 + 2 * MARGIN))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'viewBox="{" ".join(str(v) for v in view)}">{icon["body"]}</svg>')


def records(folder):
    table = emoji_table(folder)
    packs = {s: member(folder, p.package, "icons.json") for s, p in PACKS.items() if p.package.startswith("@")}
    # fxemoji runs words together: spell its names as the other sets do.
    spelled = {key(n): n for s in ("emojione", "noto-v1", "noto", "twemoji") for n in packs[s]["icons"]}
    for source, pack in packs.items():
        for name, icon in pack["icons"].items():
            if icon.get("hidden"):
                continue
            toned = tone_of(source, spelled.get(key(name), name) if source == "fxemoji" else name, pack["icons"])
            if toned is None:
                continue
            base, tone = toned
            entry, subgroup = table.get(key(base), (None, None))
            yield dict(name=words(base) + (f", {words(tone)} skin tone" if tone else ""), source=source, tone=tone,
                       label=entry["label"].lower() if entry else None, subgroup=subgroup,
                       group=entry.get("group") if entry else (9 if base.startswith("flag-") else None),
                       tags=[t for t in (entry or {}).get("tags", []) if t.isascii() and len(t) > 2],
                       author=None, svg=icon_svg(icon, pack))
    yield from clipart.records(folder)
