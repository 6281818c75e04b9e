"""The plug-in's texts in the language of its host program: texts.json has them, by the English ones.

Both plug-ins carry this file and texts.json, as they carry studio.py.
"""

import json
import os
import re

LANGUAGES = ("de", "es", "fr", "ja", "pt", "zh")  # beside English

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "texts.json"), encoding="utf-8") as f:
    TABLE = json.load(f)

language = "en"


def speak(*locales):
    """Chooses the first of the locales ("de_AT.UTF-8", "pt-BR") that there are texts in, or English."""
    global language
    wanted = (re.split("[-_.@]", locale.lower())[0] for locale in locales)
    language = next((name for name in wanted if name == "en" or name in LANGUAGES), "en")


def say(text, **values):
    """A text, given in English, in the chosen language; values fill its {places}."""
    return TABLE.get(text, {}).get(language, text).format(**values)
