"""The words for a picture: several ways to ask for it, the plainest first."""
import re

from .phrases import article
from .sources import PACKS


def captions(r, most=None):
    """r: a record with colour, share and recoloured. At most `most` captions, chosen to differ from each other."""
    styles = PACKS[r["source"]].styles
    name, colour = r["name"], r["colour"]
    other = r["label"] if r["label"] and r["label"] != name and not r["tone"] else None
    tags = [t for t in r["tags"] if t not in name][:4]
    if r["recoloured"]:
        return [f"{colour} {name}, {styles[0]}", f"{colour} {name}", f"{article(f'{colour} {name}')}, {styles[-1]}"][:most]
    coloured = f"{colour} {name}" if r["share"] > 0.55 and colour not in name else None
    out = [f"{name}, {styles[0]}", f"{coloured or article(name)}, {styles[0]}", f"{other or name}, {styles[-1]}"]
    if tags and not most:
        out += [f"{name}, {tags[0]}, {styles[0]}", f"{name}, {', '.join(tags)}", f"{tags[0]}, {styles[0]}"]
    out += [name, f"{styles[0]} of {article(name)}", coloured] + [f"{name}, {s}" for s in styles[1:]]
    return list(dict.fromkeys(filter(None, out)))[:most]


def uncoloured(name):
    """'red apple' -> 'apple', for a copy that gets another colour."""
    return re.sub(r"\b(red|orange|yellow|green|blue|purple|pink|brown|white|black) ", "", name)
