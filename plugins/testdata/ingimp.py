"""The GIMP plug-in within GIMP 3: gimp-console --batch-interpreter python-fu-eval."""

import os
import traceback

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
from gi.repository import Gegl, Gimp  # noqa: E402

OPEN, CLOSED, TOKEN = (os.environ["NIRVANA_TEST_" + n] for n in ("OPEN", "CLOSED", "TOKEN"))
WIDTH, HEIGHT = 200, 150
CHOSEN = (60, 40, 50, 30)


def picture(kind=Gimp.ImageBaseType.RGB):
    image = Gimp.Image.new(WIDTH, HEIGHT, kind)
    layer = Gimp.Layer.new(image, "blue", WIDTH, HEIGHT, Gimp.ImageType.RGBA_IMAGE if kind == Gimp.ImageBaseType.RGB else Gimp.ImageType.GRAYA_IMAGE, 100, Gimp.LayerMode.NORMAL)
    image.insert_layer(layer, None, 0)
    put(layer, b"\x14\x28\xc8\xff" * (WIDTH * HEIGHT))
    return image, layer


def put(layer, data):
    layer.get_buffer().set(Gegl.Rectangle.new(0, 0, WIDTH, HEIGHT), "R'G'B'A u8", data)


def bytes_of(drawable, form):
    return bytes(drawable.get_buffer().get(Gegl.Rectangle.new(0, 0, drawable.get_width(), drawable.get_height()), 1.0, form, Gegl.AbyssPolicy.NONE))


def paint(image, layer, **arguments):
    procedure = Gimp.get_pdb().lookup_procedure("plug-in-nirvana")
    config = procedure.create_config()
    config.set_property("run-mode", Gimp.RunMode.NONINTERACTIVE)
    config.set_property("image", image)
    config.set_core_object_array("drawables", [layer])
    for name, value in {"address": OPEN, "steps": 4, "prompt": "sun", **arguments}.items():
        config.set_property(name, value)
    result = procedure.run(config)
    return result.index(0), (Gimp.get_pdb().get_last_error() or "")


def done(image, layer, **arguments):
    status, error = paint(image, layer, **arguments)
    assert status == Gimp.PDBStatusType.SUCCESS, error
    return image.get_layers()[0]


def selection_is_painted(kind, source):
    image, layer = picture(kind)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, *CHOSEN)
    made = done(image, layer, source=source, strength=1.0, seed=7)
    assert made.get_name() == "Nirvana: sun (7)" and len(image.get_layers()) == 2, made.get_name()
    _, x, y = made.get_offsets()
    shown = bytes_of(made.get_mask(), "Y u8")
    w, h = made.get_width(), made.get_height()
    for py in range(h):
        for px in range(w):
            inside = CHOSEN[0] <= x + px < CHOSEN[0] + CHOSEN[2] and CHOSEN[1] <= y + py < CHOSEN[1] + CHOSEN[3]
            assert shown[py * w + px] == (255 if inside else 0), (px, py)
    data = bytes_of(made, "R'G'B'A u8")
    if source == "visible" and kind == Gimp.ImageBaseType.RGB:
        # Beside the selection what comes back is what was sent.
        assert all(abs(a - b) <= 1 for a, b in zip(data[:3], b"\x14\x28\xc8")), data[:4]
    middle = 4 * ((CHOSEN[1] + 15 - y) * w + CHOSEN[0] + 25 - x)
    assert any(abs(a - b) > 3 for a, b in zip(data[middle:middle + 3], data[:3])), "nothing was painted in the selection"
    image.delete()


def whole_picture_is_painted():
    image, layer = picture()
    made = done(image, layer)
    assert (made.get_width(), made.get_height(), made.get_mask()) == (WIDTH, HEIGHT, None)
    image.delete()


def result_goes_into_the_group():
    image, layer = picture()
    group = Gimp.GroupLayer.new(image, "group")
    image.insert_layer(group, None, 0)
    image.reorder_item(layer, group, 0)
    done(image, layer)
    assert [n.get_name()[:7] for n in group.get_children()] == ["Nirvana", "blue"], [n.get_name() for n in group.get_children()]
    image.delete()


def prompt_alone():
    image, layer = picture()
    image.select_rectangle(Gimp.ChannelOps.REPLACE, *CHOSEN)
    made = done(image, layer, source="prompt")
    assert (made.get_offsets()[1:], made.get_width(), made.get_height()) == ((60, 40), 50, 30), made.get_offsets()
    image.delete()


def trouble_is_told():
    image, layer = picture()
    for arguments, words in (({"prompt": "no such class"}, "apple, heart"), ({"address": "127.0.0.1:9"}, "nirvana serve"), ({"address": CLOSED}, "token")):
        status, error = paint(image, layer, **arguments)
        assert status == Gimp.PDBStatusType.EXECUTION_ERROR and words in error, (status, error)
        assert len(image.get_layers()) == 1
    layer.set_visible(False)
    status, error = paint(image, layer)
    assert status == Gimp.PDBStatusType.EXECUTION_ERROR and "visible" in error, (status, error)
    image.delete()


try:
    for a in (Gimp.ImageBaseType.RGB, Gimp.ImageBaseType.GRAY):
        for b in ("visible", "layer"):
            selection_is_painted(a, b)
    whole_picture_is_painted()
    result_goes_into_the_group()
    prompt_alone()
    trouble_is_told()
    print("\npassed", flush=True)
except BaseException:
    traceback.print_exc()
