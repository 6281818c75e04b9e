#!/usr/bin/env python3
"""Filters > Nirvana of GIMP 3: sends the picture, the selection and a prompt to a running `nirvana serve`, and lays the
result on a new layer at the selection's place."""

import os
import queue
import sys
import tempfile
import threading

import gi

gi.require_version("Gimp", "3.0")
gi.require_version("Gegl", "0.4")
from gi.repository import Gegl, Gimp, Gio, GLib, GObject  # noqa: E402

import studio  # noqa: E402
import texts  # noqa: E402
from texts import say  # noqa: E402

NAME = "plug-in-nirvana"
TICK = 100  # ms
BUTTONS = "clors"  # the mnemonics of the dialog's own: Cancel, Load, OK, Reset, Save

texts.speak(*GLib.get_language_names())  # GIMP sets LANGUAGE to its own


class Nirvana(Gimp.PlugIn):
    def do_query_procedures(self):
        return [NAME]

    def do_set_i18n(self, name):
        return False

    def do_create_procedure(self, name):
        p = Gimp.ImageProcedure.new(self, name, Gimp.PDBProcType.PLUGIN, run, None)
        p.set_image_types("*")
        p.set_sensitivity_mask(Gimp.ProcedureSensitivityMask.DRAWABLE | Gimp.ProcedureSensitivityMask.DRAWABLES | Gimp.ProcedureSensitivityMask.NO_DRAWABLES)
        p.set_menu_label("_Nirvana...")
        p.add_menu_path("<Image>/Filters/Generic")
        p.set_documentation(say("Paint the selection with a diffusion model"),
                            say("Sends the picture, the selection and a prompt to a running Nirvana (nirvana serve), and places the "
                                "result on a new layer where the selection is."), name)
        p.set_attribution("Nirvana", "Nirvana", "2026")
        arguments(p)
        return p


def arguments(p):
    kept, taken = GObject.ParamFlags.READWRITE, set(BUTTONS)
    source = Gimp.Choice.new()
    for number, (nick, label) in enumerate((("visible", say("Visible picture")), ("layer", say("Active layer")), ("prompt", say("Prompt alone")))):
        source.add(nick, number, label, "")
    p.add_string_argument("prompt", marked("Prompt", taken), say("What is to be seen"), "", kept)
    p.add_string_argument("negative", marked("Negative prompt", taken), say("What is not to be seen"), "", kept)
    p.add_choice_argument("source", marked("Begin from", taken), say("What the run begins from"), source, "visible", kept)
    p.add_double_argument("strength", marked("Strength", taken), say("How much may change; 0: as the studio does usually"), 0, 1, 0.75, kept)
    p.add_int_argument("steps", marked("Steps", taken), say("0: the model's"), 0, 1000, 0, kept)
    p.add_int_argument("seed", marked("Seed", taken), say("-1: any"), -1, 2**31 - 1, -1, kept)
    p.add_string_argument("model", marked("Model", taken), say("Empty: the studio's"), "", kept)
    p.add_string_argument("address", marked("Address", taken), say("Where nirvana serve listens"), studio.ADDRESS, kept)
    p.add_string_argument("token-file", marked("Token's file", taken), say("Empty: none, or NIRVANA_TOKEN"), "", kept)
    p.add_string_argument("certificate", marked("Certificate's file", taken), say("Empty: the system's"), "", kept)


def marked(english, taken):
    """A label with its mnemonic: its first letter that no other has. One without Latin letters has a letter of the English
    one behind it, as GTK's own labels do."""
    label = say(english)
    for text in (label, english):
        for at, letter in enumerate(text):
            if letter.isascii() and letter.isalpha() and letter.lower() not in taken:
                taken.add(letter.lower())
                return f"{label[:at]}_{label[at:]}" if text == label else f"{label}(_{letter.upper()})"
    return label


def run(procedure, mode, image, drawables, config, _):
    interactive = mode == Gimp.RunMode.INTERACTIVE
    if interactive and not asked(procedure, config):
        return procedure.new_return_values(Gimp.PDBStatusType.CANCEL, GLib.Error())
    try:
        paint(image, drawables, config, interactive)
    except studio.Stopped:
        return procedure.new_return_values(Gimp.PDBStatusType.CANCEL, GLib.Error())
    except studio.Trouble as e:
        return procedure.new_return_values(Gimp.PDBStatusType.EXECUTION_ERROR, GLib.Error(str(e)))
    return procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, GLib.Error())


def asked(procedure, config):
    gi.require_version("GimpUi", "3.0")
    from gi.repository import GimpUi
    GimpUi.init(NAME)
    dialog = GimpUi.ProcedureDialog.new(procedure, config, "Nirvana")
    dialog.fill(None)
    try:
        return dialog.run()
    finally:
        dialog.destroy()


def paint(image, drawables, config, interactive):
    get = config.get_property
    server = studio.Studio(get("address"), studio.token(get("token-file")), get("certificate"))
    part = Part(image, drawables, get("source"))
    recipe = studio.recipe(get("prompt"), get("negative"), get("model"), get("strength") if part.image else 0.0, get("steps"), get("seed"))
    work = Work(server, recipe, part)
    png = work.watched() if interactive else work.waited()
    lay(image, drawables, part, png, f"Nirvana: {recipe['prompt'][:40]} ({recipe['seed']})")
    Gimp.displays_flush()


class Part:
    """The part of an image that a run is about: its place, its PNG and, where there is a selection, its mask's."""

    def __init__(self, image, drawables, source):
        canvas = (image.get_width(), image.get_height())
        _, some, x1, y1, x2, y2 = Gimp.Selection.bounds(image)
        self.selected = some
        chosen = (x1, y1, x2 - x1, y2 - y1)
        self.place = (0, 0, *canvas) if not some else chosen if source == "prompt" else studio.region(chosen, canvas)
        self.image = self.mask = b""
        if source == "prompt":
            return
        self.image = seen(image, drawables, source, self.place)
        if some:
            self.mask = pixels(image.get_selection(), self.place, (0, 0), "Y u8", 1)


def seen(image, drawables, source, place):
    """The PNG of the visible picture or of the active layer, at a place."""
    if source == "layer" and drawables:
        _, x, y = drawables[0].get_offsets()
        return pixels(drawables[0], place, (x, y), "R'G'B'A u8", 4)
    copy = image.duplicate()
    try:
        merged = copy.merge_visible_layers(Gimp.MergeType.CLIP_TO_IMAGE)
        if merged is None:
            raise studio.Trouble(say("No layer is visible. Show one, or begin from the prompt alone."))
        _, x, y = merged.get_offsets()
        return pixels(merged, place, (x, y), "R'G'B'A u8", 4)
    finally:
        copy.delete()


def pixels(drawable, place, offset, form, channels):
    """A PNG of a drawable at a place of the image; what lies outside of it is transparent or black."""
    x, y, width, height = place
    data = drawable.get_buffer().get(Gegl.Rectangle.new(x - offset[0], y - offset[1], width, height), 1.0, form, Gegl.AbyssPolicy.NONE)
    return studio.png(width, height, channels, bytes(data))


class Work:
    """A run on a thread of its own, which tells a queue; GIMP is called on the main thread alone."""

    def __init__(self, server, recipe, part):
        self.server, self.recipe, self.part = server, recipe, part
        self.run, self.told = studio.Run(server), queue.Queue()
        self.end = None
        threading.Thread(target=self.work, daemon=True).start()

    def work(self):
        try:
            self.recipe["width"], self.recipe["height"] = studio.size(*self.part.place[2:], self.server.resolution(self.recipe["model"]))
            made = self.run.paint(self.recipe, self.part.image, self.part.mask, lambda *step: self.told.put(step))
            self.told.put(made)
        except (studio.Trouble, studio.Stopped) as e:
            self.told.put(e)
        except Exception as e:  # whatever it is, the dialog must come out of its run
            self.told.put(studio.Trouble(say("The plug-in failed: {error}.", error=repr(e))))

    def hear(self, wait=False):
        """The last step that was told since, or None; end is set where the run is over."""
        step = None
        while self.end is None and (wait and step is None or not self.told.empty()):
            what = self.told.get()
            if isinstance(what, tuple):
                step = what
            else:
                self.end = what
        return step

    def result(self):
        if isinstance(self.end, Exception):
            raise self.end
        return self.end

    def waited(self):
        Gimp.progress_init("Nirvana")
        while self.end is None:
            step = self.hear(wait=True)
            if step:
                Gimp.progress_update(step[0])
        return self.result()

    def watched(self):
        """Shows a window with the picture as it becomes, and Cancel. GIMP's own progress has a Cancel too, which ends this
        process before it can tell the studio; so it is not shown."""
        gi.require_version("Gtk", "3.0")
        from gi.repository import GdkPixbuf, Gtk
        dialog = Gtk.Dialog(title="Nirvana")
        dialog.add_button(say("Cancel"), Gtk.ResponseType.CANCEL)
        preview, bar, words = Gtk.Image(), Gtk.ProgressBar(), Gtk.Label(label=say("Asking the studio"))
        preview.set_size_request(256, 256)
        for w in (preview, bar, words):
            dialog.get_content_area().pack_start(w, False, False, 6)

        def tick():
            step = self.hear()
            if step:
                bar.set_fraction(min(max(step[0], 0), 1))
                words.set_text(step[1])
                if step[2]:
                    preview.set_from_pixbuf(scaled(GdkPixbuf, step[2]))
            if self.end is not None:
                Gtk.main_quit()
            return self.end is None

        def cancel(*_):
            words.set_text(say("Cancelling"))
            threading.Thread(target=self.run.stop, daemon=True).start()
            return True

        dialog.connect("response", cancel)
        dialog.connect("delete-event", cancel)
        dialog.show_all()
        GLib.timeout_add(TICK, tick)
        Gtk.main()
        dialog.destroy()
        return self.result()


def scaled(pixbuf, png):
    loader = pixbuf.PixbufLoader.new_with_type("png")
    loader.write(png)
    loader.close()
    image = loader.get_pixbuf()
    scale = 256 / max(image.get_width(), image.get_height())
    return image.scale_simple(max(1, round(image.get_width() * scale)), max(1, round(image.get_height() * scale)), pixbuf.InterpType.BILINEAR)


def lay(image, drawables, part, png, name):
    """Lays a result over the image, on a new layer above the active one, with the selection as its mask."""
    handle, path = tempfile.mkstemp(suffix=".png")
    image.undo_group_start()
    try:
        with os.fdopen(handle, "wb") as f:
            f.write(png)
        layer = Gimp.file_load_layer(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path(path))
        if layer is None:
            raise studio.Trouble(say("What the studio sent is no picture that GIMP can read."))
        parent, at = spot(image, drawables)
        image.insert_layer(layer, parent, at)
        layer.set_name(name)
        x, y, width, height = part.place
        if (layer.get_width(), layer.get_height()) != (width, height):
            layer.scale(width, height, False)
        layer.set_offsets(x, y)
        if not layer.has_alpha():
            layer.add_alpha()
        if part.selected:
            layer.add_mask(layer.create_mask(Gimp.AddMaskType.SELECTION))
    finally:
        image.undo_group_end()
        os.unlink(path)


def spot(image, drawables):
    """Where a layer goes: its group or None, and its place there."""
    if not drawables or not isinstance(drawables[0], Gimp.Layer):
        return None, 0
    return drawables[0].get_parent(), image.get_item_position(drawables[0])


if __name__ == "__main__":
    Gimp.main(Nirvana.__gtype__, sys.argv)
