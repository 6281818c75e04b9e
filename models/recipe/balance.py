"""How often each picture is drawn in training: by what it shows, and less where many look alike."""
import re

import numpy as np

# By emojibase's group; None: clip art and what has no entry. People come in so many variants that they would drown the rest.
GROUP_WEIGHT = {0: 0.8, 1: 0.35, 2: 0.2, 3: 1.5, 4: 1.5, 5: 1.0, 6: 1.0, 7: 1.0, 8: 0.25, 9: 0.15, None: 0.5}
RARE = re.compile(r"oclock|o'clock|thirty|button|keycap|^family|couple|kiss|input |squared|medal|^man |^woman | man$| woman$|moon face|quarter moon|gibbous|crescent moon")
SIGNATURE = 12  # px, of the thumbnail by which pictures are compared
ALIKE = 9.0  # root mean square difference of thumbnails, of 255


def weight(r):
    w = GROUP_WEIGHT[r["group"]] * (0.3 if r["tone"] else 1.0)
    if RARE.search(r["name"]):
        w *= 0.4
    return w * (0.5 if r["recoloured"] else 1.0)


def signature(rgb):
    """A picture as a float32 thumbnail vector."""
    s = rgb.shape[0] // SIGNATURE * SIGNATURE
    off = (rgb.shape[0] - s) // 2
    a = rgb[off:off + s, off:off + s].astype(np.float32)
    return a.reshape(SIGNATURE, s // SIGNATURE, SIGNATURE, s // SIGNATURE, 3).mean((1, 3)).ravel()


def likeness(signatures, chunk=1024):
    """How many pictures look like each one, itself included: int [N]."""
    s = np.stack(signatures)
    square, count = (s * s).sum(1), []
    limit = ALIKE ** 2 * s.shape[1]
    for i in range(0, len(s), chunk):
        part = s[i:i + chunk]
        distance = square[i:i + chunk, None] + square[None] - 2 * part @ s.T
        count.append((distance < limit).sum(1))
    return np.concatenate(count)
