"""What is sent of a Krita document, and how the result is laid over it. No window is needed."""

from krita import InfoObject  # noqa: F401  Krita's module must be loaded before the pictures are asked for
from PyQt5.QtCore import QBuffer, QByteArray, QIODevice, Qt, QTimer
from PyQt5.QtGui import QImage

from . import studio
from .texts import say

SPACE = ("RGBA", "U8", "sRGB-elle-V2-srgbtrc.icc")  # what the server's pictures are in


class Part:
    """The part of a document that a run is about: its place, its PNG, and the selection within it ("" where all is painted)."""

    def __init__(self, document, source):
        selection, canvas = document.selection(), (document.width(), document.height())
        chosen = bounds(selection, canvas)
        self.place = studio.region(chosen, canvas) if chosen else (0, 0, *canvas)
        if source == "prompt" and chosen:
            self.place = chosen
        self.selected = bytes(selection.pixelData(*self.place)) if chosen else b""
        self.image = b"" if source == "prompt" else encoded(seen(document, source, self.place))
        self.mask = studio.png(*self.place[2:], 1, self.selected) if self.selected and self.image else b""


def bounds(selection, canvas):
    """What is selected within the canvas: x, y, width, height; None for nothing."""
    if selection is None or selection.width() <= 0 or selection.height() <= 0:
        return None
    left, top = max(selection.x(), 0), max(selection.y(), 0)
    right, bottom = min(selection.x() + selection.width(), canvas[0]), min(selection.y() + selection.height(), canvas[1])
    if right <= left or bottom <= top or not any(bytes(selection.pixelData(left, top, right - left, bottom - top))):
        return None
    return left, top, right - left, bottom - top


def seen(document, source, place):
    """The visible picture or the active layer, at a place."""
    node = document.activeNode()
    if source != "layer" or node is None:
        document.waitForDone()
        return document.projection(*place)
    if (node.colorModel(), node.colorDepth(), node.colorProfile()) != SPACE:
        node = node.duplicate()
        node.setColorSpace(*SPACE)
    width, height = place[2:]
    data = bytes(node.projectionPixelData(*place))
    return QImage(data, width, height, 4 * width, QImage.Format_ARGB32).copy()


def encoded(image):
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.WriteOnly)
    if not image.save(buffer, "PNG"):
        raise studio.Trouble(say("The picture cannot be read from Krita."))
    return bytes(data)


def lay(document, part, png, name):
    """Lays a result over the document, on a new layer above the active one, opaque where the selection is."""
    image = QImage.fromData(png, "PNG")
    if image.isNull():
        raise studio.Trouble(say("What the studio sent is no picture."))
    x, y, width, height = part.place
    if (image.width(), image.height()) != (width, height):
        image = image.scaled(width, height, Qt.IgnoreAspectRatio, Qt.SmoothTransformation)
    image = image.convertToFormat(QImage.Format_ARGB32)
    bits = image.constBits()
    bits.setsize(image.sizeInBytes())
    data = bytearray(bits)
    if part.selected:
        alpha = data[3::4]
        data[3::4] = bytes(a * s // 255 for a, s in zip(alpha, part.selected))
    layer = document.createNode(name, "paintlayer")
    parent, above = spot(document)
    layer.setColorSpace(*SPACE)
    parent.addChildNode(layer, above)
    layer.setPixelData(QByteArray(bytes(data)), x, y, width, height)
    document.refreshProjection()
    QTimer.singleShot(0, lambda: document.setActiveNode(layer))  # the layers' list learns of it in the event loop
    return layer


def spot(document):
    """Where a layer goes: its group, and the layer below. Masks lie inside layers, which take no layers."""
    above, root = document.activeNode(), document.rootNode()
    while above is not None:
        parent = above.parentNode()
        if parent is None:
            break
        if parent.type() == "grouplayer":
            return parent, above
        above = parent
    return root, None
