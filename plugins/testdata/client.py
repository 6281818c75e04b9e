"""studio.py against real servers, and against what is none."""

import http.server
import io
import os
import pathlib
import socket
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "krita" / "nirvana"))
import studio  # noqa: E402

OPEN, CLOSED, TOKEN = (os.environ["NIRVANA_TEST_" + n] for n in ("OPEN", "CLOSED", "TOKEN"))


def grey(width, height, value):
    return studio.png(width, height, 1, bytes([value]) * (width * height))


def dimensions(png):
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


class Runs(unittest.TestCase):
    def paint(self, told=lambda *_: None, image=b"", mask=b"", **recipe):
        return studio.Run(studio.Studio(OPEN)).paint(studio.recipe(**recipe), image, mask, told)

    def test_steps_are_told_and_the_seed_makes_the_picture(self):
        told = []
        first = self.paint(lambda *s: told.append(s), prompt="sun", steps=6, seed=3, size=(32, 32))
        self.assertEqual(dimensions(first), (32, 32))
        shares = [s[0] for s in told]
        self.assertEqual(shares, sorted(shares))
        self.assertTrue(any(s[2].startswith(b"\x89PNG") and s[1].startswith("Step") for s in told), told)
        pixels = lambda png: png[png.index(b"IDAT"):]  # noqa: E731  the recipe before it has the time
        self.assertEqual(pixels(first), pixels(self.paint(prompt="sun", steps=6, seed=3, size=(32, 32))))
        self.assertNotEqual(pixels(first), pixels(self.paint(prompt="sun", steps=6, seed=4, size=(32, 32))))

    def test_image_and_mask(self):
        mask = studio.png(48, 32, 1, bytes(255 if x < 24 else 0 for _ in range(32) for x in range(48)))
        made = self.paint(prompt="moon", steps=4, strength=0.9, image=studio.png(48, 32, 4, b"\x10\x20\x30\xff" * (48 * 32)), mask=mask, size=(48, 32))
        self.assertEqual(dimensions(made), (48, 32))

    def test_stop(self):
        run = studio.Run(studio.Studio(OPEN))
        seen = []

        def told(share, words, preview):
            if preview and not seen:
                seen.append(words)
                threading.Thread(target=run.stop).start()

        with self.assertRaises(studio.Stopped):
            run.paint(studio.recipe("sun", steps=900, size=(32, 32)), told=told)
        self.assertEqual(studio.Studio(OPEN).json("GET", run.path())["state"], "stopped")

    def test_stopped_before_it_started(self):
        run = studio.Run(studio.Studio(OPEN))
        run.stop()
        with self.assertRaises(studio.Stopped):
            run.paint(studio.recipe("sun"))

    def test_the_server_says_why_not(self):
        with self.assertRaisesRegex(studio.Trouble, "apple, heart"):
            self.paint(prompt="no such class")
        with self.assertRaisesRegex(studio.Trouble, "none of the models"):
            self.paint(prompt="sun", model="absent")
        with self.assertRaisesRegex(studio.Trouble, "image: "):
            self.paint(prompt="sun", image=b"no picture")

    def test_models(self):
        models, default = studio.Studio(OPEN).models()
        self.assertEqual((sorted(m["name"] for m in models), default), (["other", "tiny"], "tiny"))
        self.assertEqual(studio.Studio(OPEN).resolution(), (32, 32))
        self.assertEqual(studio.Studio(OPEN).resolution("absent"), (0, 0))


class Access(unittest.TestCase):
    def test_token(self):
        with self.assertRaisesRegex(studio.Trouble, "asks for its token"):
            studio.Studio(CLOSED).models()
        with tempfile.NamedTemporaryFile("w") as f:
            f.write(TOKEN + "\n")
            f.flush()
            self.assertEqual(len(studio.Studio(CLOSED, studio.token(f.name)).models()[0]), 2)
        with self.assertRaisesRegex(studio.Trouble, "cannot be read"):
            studio.token("/no/such/file")

    def test_a_token_is_not_sent_in_the_clear(self):
        with self.assertRaisesRegex(studio.Trouble, "in the clear"):
            studio.Studio("http://studio.example:7860", TOKEN)

    def test_addresses(self):
        for bad in ("ftp://x", "http://", "http://x/path", "http://x:port", "http://[::1"):
            with self.subTest(bad), self.assertRaises(studio.Trouble):
                studio.Studio(bad)
        self.assertEqual(studio.Studio("").port, 7860)
        self.assertEqual(studio.Studio("localhost:99").port, 99)

    def test_not_running(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        with self.assertRaisesRegex(studio.Trouble, "nirvana serve"):
            studio.Studio(f"127.0.0.1:{port}").models()

    def test_no_proxy_is_asked(self):
        os.environ["http_proxy"] = os.environ["HTTP_PROXY"] = "http://127.0.0.1:1"
        try:
            studio.Studio(OPEN).models()
        finally:
            del os.environ["http_proxy"], os.environ["HTTP_PROXY"]


class Strangers(unittest.TestCase):
    """Servers that are no Nirvana."""

    def serve(self, status, body, header=()):
        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.send_response(status)
                for h in header:
                    self.send_header(*h)
                self.end_headers()
                self.wfile.write(body)
            do_POST = do_DELETE = do_GET

            def log_message(self, *_):
                pass

        s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.addCleanup(s.server_close)
        self.addCleanup(s.shutdown)
        threading.Thread(target=s.serve_forever, args=(0.01,), daemon=True).start()
        return studio.Studio(f"http://127.0.0.1:{s.server_port}")

    def test_answers_of_others(self):
        for status, body in ((200, b"<html>"), (200, b"[]"), (200, b"{}"), (404, b"nothing"), (500, b'{"error":7}'), (302, b"")):
            with self.subTest(body), self.assertRaises(studio.Trouble):
                self.serve(status, body, [("Location", OPEN + "/nirvana/v1/models")]).models()

    def test_events_that_lie(self):
        for body in (b"event: end\ndata: {\n\n", b"event: picture\ndata: []\n\n", b'event: picture\ndata: {"png":"%%%"}\n\nevent: end\ndata: {}\n\n',
                     b'event: end\ndata: {"state":"finished"}\n\n', b"event: step\ndata: {\"share\":\"x\"}\n\n", b"\xff\xff\n\n", b""):
            run = studio.Run(self.serve(200, body))
            run.id = "1"
            with self.subTest(body), self.assertRaises(studio.Trouble):
                run.watch(lambda *_: None)
        with self.assertRaises(studio.Trouble):
            studio.Run(self.serve(200, b'["id"]')).paint(studio.recipe("sun"))

    def test_events(self):
        text = b": beat\n\nevent: a\ndata: {\"x\":\ndata: 1}\n\nid: 7\nevent:b\r\ndata:{}\r\n\r\n"
        self.assertEqual(list(studio.events(io.BytesIO(text))), [("a", {"x": 1}), ("b", {})])


class Geometry(unittest.TestCase):
    def test_region(self):
        for selection, canvas in (((100, 100, 50, 50), (1000, 800)), ((0, 0, 10, 10), (1000, 800)), ((990, 790, 10, 10), (1000, 800)),
                                  ((0, 400, 1000, 3), (1000, 800)), ((0, 0, 1000, 800), (1000, 800)), ((3, 0, 1, 20), (20, 20))):
            x, y, w, h = studio.region(selection, canvas)
            sx, sy, sw, sh = selection
            self.assertTrue(0 <= x <= sx and 0 <= y <= sy and sx + sw <= x + w <= canvas[0] and sy + sh <= y + h <= canvas[1], (selection, x, y, w, h))
        x, y, w, h = studio.region((0, 400, 1000, 3), (1000, 800))
        self.assertGreaterEqual(2 * h, w)

    def test_size(self):
        self.assertEqual(studio.size(1000, 1000, (512, 512)), (512, 512))
        self.assertEqual(studio.size(2000, 1000, (512, 512)), (728, 360))
        self.assertEqual(studio.size(70, 50, (0, 0)), (70, 50))
        self.assertEqual(min(studio.size(5000, 1, (32, 32))), 8)

    def test_png(self):
        with self.assertRaises(ValueError):
            studio.png(2, 2, 3, b"")
        self.assertEqual(dimensions(grey(5, 7, 9)), (5, 7))


if unittest.main(exit=False, verbosity=0).result.wasSuccessful():
    print("passed")
