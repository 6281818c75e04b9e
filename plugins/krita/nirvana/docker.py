"""The docker: what is asked for, how far it is, and Cancel. The run is on a thread; a timer shows what it tells."""

import queue
import threading

from krita import DockWidget, Krita
from PyQt5.QtCore import QLocale, Qt, QTimer
from PyQt5.QtGui import QImage, QPixmap
from PyQt5.QtWidgets import (QComboBox, QDoubleSpinBox, QFormLayout, QLabel, QLineEdit, QPlainTextEdit, QProgressBar,
                             QPushButton, QScrollArea, QSpinBox, QVBoxLayout, QWidget)

from . import picture, studio, texts
from .texts import say

TICK = 100  # ms


class Nirvana(DockWidget):
    def __init__(self):
        super().__init__()
        self.setWindowTitle("Nirvana")
        texts.speak(*QLocale().uiLanguages())  # Krita sets its own language there
        self.told, self.run, self.job = queue.Queue(), None, None
        self.build()
        self.timer = QTimer(self)
        self.timer.timeout.connect(self.hear)

    def canvasChanged(self, canvas):
        pass

    def build(self):
        asked, settings, box = QFormLayout(), QFormLayout(), QWidget()
        self.prompt, self.negative = QPlainTextEdit(), QLineEdit()
        self.prompt.setMaximumHeight(80)
        self.source = QComboBox()
        for name, value in ((say("Visible picture"), "visible"), (say("Active layer"), "layer"), (say("Prompt alone"), "prompt")):
            self.source.addItem(name, value)
        self.strength = QDoubleSpinBox(minimum=0.05, maximum=1, singleStep=0.05, value=0.75)
        self.steps = QSpinBox(minimum=0, maximum=1000, specialValueText=say("the model's"))
        self.seed = QSpinBox(minimum=-1, maximum=2**31 - 1, value=-1, specialValueText=say("any"))
        self.model, self.address = QLineEdit(setting("model")), QLineEdit(setting("address", studio.ADDRESS))
        self.token, self.certificate = QLineEdit(setting("token_file")), QLineEdit(setting("certificate"))
        self.model.setPlaceholderText(say("the studio's"))
        self.token.setPlaceholderText(say("none"))
        self.certificate.setPlaceholderText(say("the system's"))
        for words, field in ((say("Prompt"), self.prompt), (say("Begin from"), self.source), (say("Strength"), self.strength)):
            asked.addRow(words, field)
        for words, field in ((say("Negative prompt"), self.negative), (say("Steps"), self.steps), (say("Seed"), self.seed), (say("Model"), self.model),
                             (say("Address"), self.address), (say("Token's file"), self.token), (say("Certificate's file"), self.certificate)):
            settings.addRow(words, field)
        self.paint, self.preview, self.bar, self.status = QPushButton(say("Paint")), QLabel(), QProgressBar(), QLabel()
        self.paint.clicked.connect(self.toggle)
        self.preview.setAlignment(Qt.AlignCenter)
        self.bar.hide()
        self.status.setWordWrap(True)
        column = QVBoxLayout(box)
        column.addLayout(asked)
        for w in (self.paint, self.bar, self.preview, self.status):
            column.addWidget(w)
        column.addLayout(settings)
        column.addStretch()
        room = QScrollArea()
        room.setWidgetResizable(True)
        room.setWidget(box)
        self.setWidget(room)

    def toggle(self):
        if self.job is None:
            self.start()
        elif self.run is not None:
            self.status.setText(say("Cancelling"))
            threading.Thread(target=self.run.stop, daemon=True).start()

    def start(self):
        document = Krita.instance().activeDocument()
        if document is None:
            self.status.setText(say("Open a picture first."))
            return
        for name, field in (("model", self.model), ("address", self.address), ("token_file", self.token), ("certificate", self.certificate)):
            Krita.instance().writeSetting("nirvana", name, field.text())
        try:
            server = studio.Studio(self.address.text(), studio.token(self.token.text()), self.certificate.text())
            part = picture.Part(document, self.source.currentData())
        except studio.Trouble as e:
            self.status.setText(str(e))
            return
        asked = studio.recipe(self.prompt.toPlainText(), self.negative.text(), self.model.text().strip(),
                              self.strength.value() if part.image else 0.0, self.steps.value(), self.seed.value())
        self.run, self.job = studio.Run(server), (document, part, f"Nirvana: {asked['prompt'][:40]} ({asked['seed']})")
        threading.Thread(target=work, args=(server, self.run, asked, part, self.told), daemon=True).start()
        self.paint.setText(say("Cancel"))
        self.bar.setValue(0)
        self.bar.show()
        self.timer.start(TICK)

    def hear(self):
        """Shows what the thread told since the last time."""
        while not self.told.empty():
            kind, *what = self.told.get()
            if kind == "step":
                self.show_step(*what)
                continue
            self.end(what[0] if kind == "trouble" else "")
            if kind == "made":
                self.lay(what[0])
            self.job = self.run = None

    def show_step(self, share, words, preview):
        self.bar.setValue(int(100 * share))
        self.status.setText(words)
        image = QImage.fromData(preview) if preview else None
        if image and not image.isNull():
            self.preview.setPixmap(QPixmap.fromImage(image).scaled(192, 192, Qt.KeepAspectRatio, Qt.SmoothTransformation))

    def end(self, words):
        self.timer.stop()
        self.paint.setText(say("Paint"))
        self.bar.hide()
        self.preview.clear()
        self.status.setText(words)

    def lay(self, png):
        document, part, name = self.job
        if document not in Krita.instance().documents():
            self.status.setText(say("The picture was closed before the result came."))
            return
        try:
            picture.lay(document, part, png, name)
        except studio.Trouble as e:
            self.status.setText(str(e))


def work(server, run, asked, part, told):
    try:
        asked["width"], asked["height"] = studio.size(*part.place[2:], server.resolution(asked["model"]))
        made = run.paint(asked, part.image, part.mask, lambda *step: told.put(("step", *step)))
        told.put(("made", made))
    except studio.Stopped:
        told.put(("stopped", ""))
    except studio.Trouble as e:
        told.put(("trouble", str(e)))
    except Exception as e:  # whatever it is, the docker must come out of its run
        told.put(("trouble", say("The plug-in failed: {error}.", error=repr(e))))


def setting(name, usual=""):
    return Krita.instance().readSetting("nirvana", name, usual)
