"""Every text of the plug-ins in all their languages, without Krita and GIMP."""

import ast
import configparser
import html.parser
import pathlib
import string
import sys
import unittest

PLUGINS = pathlib.Path(__file__).parent.parent
FOLDERS = [PLUGINS / "krita" / "nirvana", PLUGINS / "gimp" / "nirvana"]
sys.path.insert(0, str(FOLDERS[0]))
import studio  # noqa: E402
import texts  # noqa: E402


def places(text):
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def calls(tree):
    """The calls of say and marked, outside of marked itself, whose text is its caller's."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef) and node.name == "marked":
            continue
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("say", "marked"):
            yield node
        yield from calls(node)


def said():
    """Each call that shows a text: where it is, and its node."""
    for file in (f for folder in FOLDERS for f in sorted(folder.glob("*.py"))):
        for call in calls(ast.parse(file.read_text(encoding="utf-8"))):
            yield f"{file}:{call.lineno}", call


class Table(unittest.TestCase):
    def tearDown(self):
        texts.speak("en")

    def test_all_languages(self):
        for text, others in texts.TABLE.items():
            self.assertEqual(sorted(others), sorted(texts.LANGUAGES), text)
            for language, other in others.items():
                with self.subTest(text, language=language):
                    self.assertEqual(other, other.strip())
                    self.assertTrue(other)
                    self.assertEqual(places(other), places(text))
                    for name in ("nirvana serve", "--token-file", "--max-body", "NIRVANA_TOKEN", "https://", "\n"):
                        self.assertEqual(name in other, name in text, name)

    def test_what_is_said_is_in_the_table(self):
        used = set()
        for where, call in said():
            with self.subTest(where):
                self.assertIsInstance(call.args[0], ast.Constant, "not a text as it is in the table")
                text = call.args[0].value
                used.add(text)
                self.assertIn(text, texts.TABLE)
                if call.func.id == "say":
                    self.assertEqual(sorted(k.arg for k in call.keywords), places(text))
        self.assertEqual(sorted(used), sorted(texts.TABLE), "texts that nobody says")

    def test_no_text_is_shown_past_the_table(self):
        """What an exception for the artist or a widget is given is no text of its own."""
        shows = {"Trouble", "setText", "set_text", "setPlaceholderText", "QPushButton"}
        for file in (f for folder in FOLDERS for f in sorted(folder.glob("*.py"))):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in shows:
                    for value in node.args:
                        self.assertNotIsInstance(value, (ast.Constant, ast.JoinedStr), f"{file}:{node.lineno}")

    def test_language_of_the_host(self):
        for locales, language in ((("de_AT.UTF-8",), "de"), (("pt-BR", "en"), "pt"), (("zh_TW", "zh", "C"), "zh"), (("zh-Hans-CN",), "zh"),
                                  (("sv_SE", "fr", "C"), "fr"), (("en_GB", "de"), "en"), (("C",), "en"), ((), "en"), (("",), "en"),
                                  (("ja_JP.eucJP@x",), "ja"), (("den",), "en")):
            texts.speak(*locales)
            self.assertEqual(texts.language, language, locales)

    def test_values(self):
        texts.speak("ja")
        self.assertEqual(studio.words("step", {"index": 3, "of": 20})[1], "ステップ 3 / 20")
        texts.speak("de")
        self.assertEqual(studio.refusal(503, b'{"error": {"message": "{busy}"}}'), "{busy}. Versuchen Sie es in einer Weile noch einmal.")
        with self.assertRaisesRegex(studio.Trouble, "keine Adresse"):
            studio.Studio("ftp://{x}")


class Krita(unittest.TestCase):
    def test_comment_of_the_plugin(self):
        entry = configparser.ConfigParser(interpolation=None)
        entry.read(PLUGINS / "krita" / "nirvana.desktop", encoding="utf-8")
        for language in texts.LANGUAGES:
            self.assertIn("nirvana serve", entry["Desktop Entry"][f"comment[{language}]"])

    def test_manual(self):
        spoken = []

        class Manual(html.parser.HTMLParser):
            def handle_starttag(self, tag, attributes):
                spoken.extend(value for name, value in attributes if name == "lang")

        Manual().feed((FOLDERS[0] / "manual.html").read_text(encoding="utf-8"))
        self.assertEqual(sorted(spoken), sorted(("en", *texts.LANGUAGES)))


class Mnemonics(unittest.TestCase):
    """marked of the GIMP plug-in, whose file cannot be imported without GIMP."""

    def test_unlike(self):
        tree = ast.parse((FOLDERS[1] / "nirvana.py").read_text(encoding="utf-8"))
        found = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "marked"]
        scope = {"say": texts.say}
        exec(compile(ast.Module(found, []), "marked", "exec"), scope)
        labels = [c.args[0].value for _, c in said() if c.func.id == "marked"]
        self.assertEqual(len(labels), 10)
        for language in ("en", *texts.LANGUAGES):
            texts.speak(language)
            self.addCleanup(texts.speak, "en")
            taken = set("clors")
            marked = [scope["marked"](label, taken) for label in labels]
            letters = [m[m.index("_") + 1].lower() for m in marked]
            self.assertEqual(len(set(letters) - set("clors")), len(labels), marked)
            for label, m in zip(labels, marked):
                self.assertTrue(m.replace("_", "", 1).startswith(texts.say(label)), m)


if unittest.main(exit=False, verbosity=0).result.wasSuccessful():
    print("passed")
