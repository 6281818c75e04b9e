"""Clip art in the public domain: Debian's openclipart-svg, folders of things only, no text, no bitmaps."""
import html
import re
import subprocess

PACKAGE = "openclipart-svg"
FOLDERS = ("animals", "food", "plants", "buildings", "transportation", "tools", "recreation", "people", "science",
           "electronics", "education", "containers", "office", "geography/astronomy", "computer/hardware", "decorations",
           "signs_and_symbols/weather", "signs_and_symbols/money", "signs_and_symbols/clocks")
UNWANTED = ("cards", "roadsigns", "aiga", "stickmen", "dice", "jigsaw", "chess", "pantyhose", "religion", "bodypart",
            "duplicates", "patterns")
LARGEST = 400_000  # bytes of SVG; larger ones are traced photographs


def fetch(folder):
    if not list(folder.glob(f"{PACKAGE}*.deb")):
        subprocess.run(["apt-get", "download", PACKAGE], cwd=folder, check=True)
    if not (folder / "openclipart").exists():
        subprocess.run(["dpkg", "-x", str(next(folder.glob(f"{PACKAGE}*.deb"))), str(folder / "openclipart")], check=True)


def words(text):
    return re.sub(r"\s+", " ", re.sub(r"[-_]+", " ", text)).strip().lower()


def author_of(text):
    """The artist's name without addresses, or None."""
    m = re.search(r"<dc:creator>.*?<dc:title>(.*?)</dc:title>", text, re.S)
    name = html.unescape(html.unescape(m[1])) if m else ""
    name = re.sub(r"[<(\[]?\S+@\S+|<.*|https?:\S+", " ", name)
    name = re.sub(r"\s+", " ", name).strip(" .;,(")
    return name if len(name) > 1 and not re.search(r"\ufffd|^HASH\(", name) else None


def title_of(text, stem, author):
    """The file's own title where it is one, else words of the file name that are not the author's."""
    m = re.search(r"<dc:title>(.*?)</dc:title>", text, re.S)
    title = re.sub(r"(?i)clip ?art by .*? - |&\w+;|[^\w\s-]|\d+|\b\w\b", " ", m[1] if m else "")
    title = words(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", title))
    odd = re.search(r"untitled|ganson|openclipart|architetto|layer|svg|logo|remix|colou?r\b", title)
    if 3 <= len(title) <= 40 and not odd:
        return title
    theirs = re.sub(r"[^a-z0-9]", "", (author or "").lower())
    signed = ("ganson", "architetto", "francesco", "rollandin")
    parts = words(re.sub(r"\d+", " ", stem)).split()
    return " ".join(w for w in parts if w not in theirs and len(w) > 2 and w not in signed)[:40]


def records(folder):
    """As sources.records."""
    root = folder / "openclipart/usr/share/openclipart/svg"
    for path in sorted(root.rglob("*.svg")):
        where = str(path.relative_to(root).parent)
        if not where.startswith(FOLDERS) or any(u in where for u in UNWANTED) or path.stat().st_size > LARGEST:
            continue
        text = path.read_text("utf8", "replace")
        if "<text" in text or "<image" in text or "<flowRoot" in text:
            continue
        author = author_of(text)
        title = title_of(text, path.stem, author)
        if not title:
            continue
        noise = r"unsorted|clip|color|colour|icon|theme"
        tags = [words(t) for t in re.findall(r"<rdf:li>(.*?)</rdf:li>", text)]
        tags = [t for t in tags if 2 < len(t) < 20 and t.isascii() and not re.search(noise, t)]
        yield dict(name=title, label=None, source="openclipart", group=None, subgroup=None, tone=None, author=author,
                   tags=(tags + [words(where.split("/")[-1]).rstrip("s")])[:8], svg=text)
