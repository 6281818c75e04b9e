"""The Krita plug-in within Krita: kritarunner -s inkrita -f main."""

import os
import sys
import time
import traceback

from krita import Krita, Selection
from PyQt5.QtCore import QByteArray, QLocale
from PyQt5.QtGui import QColor, QImage
from PyQt5.QtWidgets import QApplication, QLabel

from nirvana import docker, picture, studio, texts

OPEN = os.environ["NIRVANA_TEST_OPEN"]
WIDTH, HEIGHT = 200, 150
CHOSEN = (60, 40, 50, 30)


def window():
    """Krita's own, for active layers are a view's."""
    k = Krita.instance()
    return k.activeWindow() or (k.windows() or [k.openWindow()])[0]


def document(depth="U8"):
    d = Krita.instance().createDocument(WIDTH, HEIGHT, "test", "RGBA", depth, "", 72.0)
    node = d.createNode("blue", "paintlayer")
    node.setColorSpace(*picture.SPACE)
    d.rootNode().addChildNode(node, None)
    window().addView(d)
    node.setPixelData(QByteArray(b"\xc8\x28\x14\xff" * (WIDTH * HEIGHT)), 0, 0, WIDTH, HEIGHT)  # BGRA
    activate(d, node)
    assert d.activeNode().name() == "blue" and Krita.instance().activeDocument() == d
    d.refreshProjection()
    d.waitForDone()
    return d


def activate(d, node):
    settle()
    d.setActiveNode(node)
    settle()


def settle():
    """Krita tells its window of new layers in the event loop."""
    for _ in range(20):
        QApplication.processEvents()
        time.sleep(0.01)


def select(d):
    s = Selection()
    s.select(*CHOSEN, 255)
    d.setSelection(s)


def names(node):
    return [n.name() for n in node.childNodes() if n.type() != "selectionmask"]  # where a document's selection lies


def inside(x, y):
    return CHOSEN[0] <= x < CHOSEN[0] + CHOSEN[2] and CHOSEN[1] <= y < CHOSEN[1] + CHOSEN[3]


def check_place(layer):
    data = bytes(layer.projectionPixelData(0, 0, WIDTH, HEIGHT))
    opaque = {i for i, a in enumerate(data[3::4]) if a == 255}
    wanted = {y * WIDTH + x for y in range(HEIGHT) for x in range(WIDTH) if inside(x, y)}
    assert opaque == wanted, (len(opaque), len(wanted))
    assert {a for i, a in enumerate(data[3::4]) if i not in wanted} == {0}


def sent(part):
    """What is sent is the picture as it is, and the selection at its place."""
    image, mask = QImage.fromData(part.image), QImage.fromData(part.mask)
    x, y, w, h = part.place
    assert (image.width(), image.height(), mask.width(), mask.height()) == (w, h, w, h), part.place
    for px in range(w):
        for py in range(0, h, 7):
            assert (QColor(mask.pixel(px, py)).red() == 255) == inside(x + px, y + py), (px, py)
    colour = QColor(image.pixel(w // 2, h // 2))
    assert all(abs(a - b) <= 1 for a, b in zip(colour.getRgb()[:3], (20, 40, 200))), colour.getRgb()


def selection_is_painted(depth, source):
    d = document(depth)
    select(d)
    part = picture.Part(d, source)
    sent(part)
    run = studio.Run(studio.Studio(OPEN))
    made = run.paint(studio.recipe("sun", steps=4, strength=1, size=studio.size(*part.place[2:], (32, 32))), part.image, part.mask)
    layer = picture.lay(d, part, made, "result")
    settle()
    assert d.activeNode().name() == "result"
    check_place(layer)
    assert names(d.rootNode())[-1] == "result" and "blue" in names(d.rootNode()), names(d.rootNode())
    d.close()


def whole_picture_is_painted():
    d = document()
    part = picture.Part(d, "visible")
    assert part.place == (0, 0, WIDTH, HEIGHT) and not part.mask
    layer = picture.lay(d, part, studio.png(3, 2, 3, b"\x05\x46\xa0" * 6), "result")
    data = bytes(layer.projectionPixelData(0, 0, WIDTH, HEIGHT))
    assert data == b"\xa0\x46\x05\xff" * (WIDTH * HEIGHT), data[:8]
    d.close()


def result_goes_into_the_group():
    d = document()
    group = d.createGroupLayer("group")
    d.rootNode().addChildNode(group, None)
    inner = d.createNode("inner", "paintlayer")
    group.addChildNode(inner, None)
    mask = d.createNode("mask", "transparencymask")
    inner.addChildNode(mask, None)
    for active in (inner, mask):
        activate(d, active)
        assert d.activeNode().name() == active.name(), d.activeNode().name()
        picture.lay(d, picture.Part(d, "prompt"), studio.png(1, 1, 3, b"\0\0\0"), active.name() + " result")
    assert names(group) == ["inner", "mask result", "inner result"], names(group)
    d.close()


def turn(until, seconds=60):
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "nothing came"
        QApplication.processEvents()
        time.sleep(0.01)


def docker_paints_cancels_and_says():
    d = document()
    select(d)
    w = docker.Nirvana()
    w.address.setText(OPEN)
    w.prompt.setPlainText("heart")
    w.steps.setValue(5)
    w.paint.click()
    assert w.paint.text() == "Cancel"
    turn(lambda: w.job is None)
    assert w.status.text() == "" and w.paint.text() == "Paint", w.status.text()
    assert names(d.rootNode())[-1].startswith("Nirvana: heart ("), names(d.rootNode())
    check_place(d.nodeByName(names(d.rootNode())[-1]))
    before = names(d.rootNode())

    w.steps.setValue(900)
    w.paint.click()
    turn(lambda: w.status.text().startswith("Step"))
    w.paint.click()
    turn(lambda: w.job is None)
    assert names(d.rootNode()) == before, "a cancelled run left a layer"

    w.prompt.setPlainText("no such class")
    w.steps.setValue(5)
    w.paint.click()
    turn(lambda: w.job is None)
    assert "apple, heart" in w.status.text(), w.status.text()

    w.address.setText("127.0.0.1:9")
    w.paint.click()
    turn(lambda: w.job is None)
    assert "nirvana serve" in w.status.text() and names(d.rootNode()) == before, w.status.text()
    d.close()


def docker_speaks_as_krita_does():
    usual = QLocale()
    for language, wanted in (("de", ("Malen", "Negativer Prompt", "Sichtbares Bild")), ("zh_CN", ("作画", "反向提示词", "可见图片")),
                             ("sv", ("Paint", "Negative prompt", "Visible picture"))):
        QLocale.setDefault(QLocale(language))  # as Krita's main does for Settings > Switch Application Language
        w = docker.Nirvana()
        labels = [label.text() for label in w.findChildren(QLabel)]
        assert (w.paint.text(), w.source.itemText(0)) == (wanted[0], wanted[2]) and wanted[1] in labels, labels
    QLocale.setDefault(usual)
    texts.speak("en")


def checks():
    for depth in ("U8", "F32"):
        for source in ("visible", "layer"):
            selection_is_painted(depth, source)
    whole_picture_is_painted()
    result_goes_into_the_group()
    docker_paints_cancels_and_says()
    docker_speaks_as_krita_does()


def main(*_):
    try:
        checks()
        print("\npassed", flush=True)
    except BaseException:
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(0)  # Krita asks whether to keep what was changed
