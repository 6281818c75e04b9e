"""SVG -> pixels, and the colours in them."""
import collections
import colorsys
import io

import numpy as np
import resvg_py
from PIL import Image

# Hue in degrees from which a word holds.
HUES = [(0, "red"), (17, "orange"), (36.5, "yellow"), (68, "green"), (162, "teal"), (190, "blue"), (256, "purple"), (312, "pink"), (345, "red")]


def raster(svg, **size):
    png = resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True, **size)
    return Image.open(io.BytesIO(bytes(png))).convert("RGBA")


def fitted(picture, size):
    """The inked part of a picture, in the middle of a square; None where that is too thin or too small to enlarge."""
    alpha = np.asarray(picture)[..., 3] > 5
    ys, xs = np.flatnonzero(alpha.any(1)), np.flatnonzero(alpha.any(0))
    picture = picture.crop((xs[0], ys[0], xs[-1] + 1, ys[-1] + 1))
    scale = size * 0.92 / max(picture.size)
    if scale > 2.5 or min(picture.size) / max(picture.size) < 0.2:
        return None
    small = picture.resize([max(1, round(s * scale)) for s in picture.size], Image.LANCZOS)
    square = Image.new("RGBA", (size, size), (255, 255, 255, 0))
    square.paste(small, ((size - small.width) // 2, (size - small.height) // 2))
    return square


def draw(job):
    """(SVG text, size, whether to crop to the ink) -> uint8 [size, size, 4], or None when there is nothing to see."""
    svg, size, crop = job
    try:
        if crop:
            picture = raster(svg, width=3 * size)
            picture = fitted(picture, size) if picture.height <= 9 * size else None
        else:
            picture = raster(svg, width=size, height=size)
    except Exception:  # a malformed drawing is one drawing less
        return None
    if picture is None or picture.size != (size, size):
        return None
    a = np.asarray(picture)
    return a if 0.02 < (on_white(a) < 245).any(-1).mean() < 0.97 else None


def on_white(a):
    """RGBA [..., 4] -> RGB [..., 3] on white, uint8."""
    alpha = a[..., 3:].astype(np.float32) / 255
    return (a[..., :3] * alpha + 255 * (1 - alpha)).round().astype(np.uint8)


def hue_word(hue, value, saturation=1.0):
    """The word people use for a colour: dark or dull orange is brown, pale red is pink."""
    word = [w for start, w in HUES if hue >= start][-1]
    if 8 < hue < 46 and (value < 0.72 or (value < 0.86 and saturation < 0.7)):
        return "brown"
    return "pink" if word == "red" and value > 0.8 and saturation < 0.45 else word


def colour_of(rgb):
    """(word, share, hue) of the main colour of a picture on white: share of the inked pixels, hue in degrees."""
    p = rgb[::4, ::4].reshape(-1, 3).astype(np.float32) / 255
    p = p[p.min(1) < 0.93]
    if len(p) < 30:
        return "white", 1.0, 0.0
    value, chroma = p.max(1), p.max(1) - p.min(1)
    coloured = chroma > 0.2
    if coloured.mean() < 0.3:
        level = np.median(value)
        return ("black" if level < 0.3 else "grey" if level < 0.8 else "white"), 1 - float(coloured.mean()), 0.0
    hues = [colorsys.rgb_to_hsv(*q)[0] * 360 for q in p[coloured]]
    named = [hue_word(*q) for q in zip(hues, value[coloured], (chroma / value.clip(1e-6))[coloured])]
    word, n = collections.Counter(named).most_common(1)[0]
    return word, n / len(p), float(np.median([h for h, w in zip(hues, named) if w == word]))


def turn_hue(a, degrees):
    """Turns every hue of RGB or RGBA by degrees; greys, black and white stay."""
    hsv = np.asarray(Image.fromarray(np.ascontiguousarray(a[..., :3])).convert("HSV")).copy()
    hsv[..., 0] = (hsv[..., 0].astype(int) + int(degrees / 360 * 256)) % 256
    rgb = np.asarray(Image.fromarray(hsv, "HSV").convert("RGB"))
    return np.concatenate([rgb, a[..., 3:]], -1)
