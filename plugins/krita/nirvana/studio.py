"""The client of `nirvana serve`: /nirvana/v1, which tells of every step as server-sent events (its openapi.json).

Both plug-ins carry this file, so that each can be installed by copying its folder; a test holds the two equal. It knows
neither Krita nor GIMP and needs texts.py and Python's standard library alone. Start with Studio.
"""

import base64
import http.client
import ipaddress
import json
import os
import random
import socket
import ssl
import struct
import threading
import urllib.parse
import zlib

if __package__:
    from .texts import say
else:
    from texts import say

ADDRESS = "http://127.0.0.1:7860"
CONNECT = 10  # s
SILENCE = 60  # s; the server sends a beat every 15
LARGEST = 256 << 20  # bytes of an answer or an event
ATTEMPTS = 3  # to read the events of a run whose connection breaks


class Trouble(Exception):
    """What went wrong, in words for the artist."""


class Stopped(Exception):
    """The run was cancelled."""


class Studio:
    """A running `nirvana serve`. certificate is a PEM file that vouches for the server, where the system's do not."""

    def __init__(self, address=ADDRESS, token="", certificate=""):
        address = address.strip() or ADDRESS
        try:
            url = urllib.parse.urlsplit(address if "://" in address else "http://" + address)
            self.host, port = url.hostname, url.port
        except ValueError as e:
            raise Trouble(say("“{address}” is no address of a server: {reason}.", address=address, reason=e)) from e
        if url.scheme not in ("http", "https") or not self.host or url.path.strip("/"):
            raise Trouble(say("“{address}” is no address of a server. Write it like {example}.", address=address, example=ADDRESS))
        self.address, self.token, self.secure = address, token, url.scheme == "https"
        self.port = port or (443 if self.secure else 80)
        if token and not self.secure and not loopback(self.host):
            raise Trouble(say("The token would travel in the clear. Use the server's https:// address."))
        try:
            self.tls = ssl.create_default_context(cafile=certificate or None) if self.secure else None
        except (OSError, ssl.SSLError) as e:
            raise Trouble(say("The certificate {file} cannot be read: {reason}.", file=certificate, reason=e)) from e

    def connect(self, silence):
        # http.client neither follows redirections nor asks a proxy: pictures go to the named server and nowhere else.
        if self.secure:
            link = http.client.HTTPSConnection(self.host, self.port, timeout=CONNECT, context=self.tls)
        else:
            link = http.client.HTTPConnection(self.host, self.port, timeout=CONNECT)
        try:
            link.connect()
        except ssl.SSLError as e:
            raise Trouble(say("{address} has a certificate that is not trusted ({reason}). Name its PEM file in the settings.",
                              address=self.address, reason=e)) from e
        except OSError as e:
            raise Trouble(absent(self.address, e)) from e
        link.sock.settimeout(silence)
        return link

    def ask(self, method, path, body=None, silence=SILENCE):
        """The connection and its answer; the caller closes the connection."""
        headers = {"Accept": "application/json"}
        if self.token:
            headers["Authorization"] = "Bearer " + self.token
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body).encode()
        link = self.connect(silence)
        try:
            link.request(method, "/nirvana/v1/" + path, body, headers)
            answer = link.getresponse()
            if answer.status >= 300:
                raise Trouble(refusal(answer.status, answer.read(1 << 16)))
            return link, answer
        except (OSError, http.client.HTTPException, ValueError) as e:
            link.close()
            raise Trouble(say("{address} broke off: {reason}. Is it a Nirvana server, and still running?", address=self.address, reason=reason(e))) from e
        except BaseException:
            link.close()
            raise

    def json(self, method, path, body=None, silence=SILENCE):
        link, answer = self.ask(method, path, body, silence)
        try:
            data = answer.read(LARGEST)
            return json.loads(data) if data else {}
        except (OSError, http.client.HTTPException) as e:
            raise Trouble(say("{address} broke off: {reason}.", address=self.address, reason=reason(e))) from e
        except ValueError as e:
            raise Trouble(say("What {address} answers is not Nirvana's. Does another program use that port?", address=self.address)) from e
        finally:
            link.close()

    def models(self):
        """The models that runs can name, each with name, width and height (px it was trained at), and the default's name."""
        answer = self.json("GET", "models")
        if not isinstance(answer, dict) or not isinstance(answer.get("models"), list):
            raise Trouble(say("What {address} answers is not Nirvana's. Does another program use that port?", address=self.address))
        return answer["models"], answer.get("default") or ""

    def resolution(self, name=""):
        """The px that a model was trained at, of the default one where name is empty; (0, 0) where it is not known."""
        models, default = self.models()
        for m in models:
            if m.get("name") == (name or default):
                return m.get("width") or 0, m.get("height") or 0
        return 0, 0


class Run:
    """A run: paint on a thread of the caller's, stop from any other."""

    def __init__(self, studio):
        self.studio, self.id = studio, ""
        self.stopping, self.lock = threading.Event(), threading.Lock()

    def paint(self, recipe, image=b"", mask=b"", told=lambda share, words, preview: None):
        """Starts a run and waits for its picture, a PNG. image and mask are PNGs of one size: white is painted anew.

        told is called with the share that is done (0 to 1), words about it, and the preview's PNG or b"".
        Raises Stopped, or Trouble.
        """
        body = {"recipe": recipe}
        if image:
            body["image"] = base64.b64encode(image).decode()
        if image and mask:
            body["mask"] = base64.b64encode(mask).decode()
        if self.stopping.is_set():
            raise Stopped()
        started = self.studio.json("POST", "runs", body)
        with self.lock:
            self.id = str(started.get("id", "")) if isinstance(started, dict) else ""
            stopped = self.stopping.is_set()
        if not self.id:
            raise Trouble(say("The server started no run: it does not speak Nirvana's protocol."))
        if stopped:
            self.delete()
        return self.watch(told)

    def stop(self):
        """Cancels the run; paint then raises Stopped. It asks the server, so not on a window's thread."""
        with self.lock:
            self.stopping.set()
            known = self.id
        if known:
            self.delete()

    def delete(self):
        try:
            self.studio.json("DELETE", self.path(), silence=CONNECT)
        except Trouble:
            pass  # it has ended already, or the reader of its events learns why not

    def path(self):
        return "runs/" + urllib.parse.quote(self.id, safe="")

    def watch(self, told):
        for attempt in range(ATTEMPTS):
            made, end = self.read(told)
            if end is not None:
                break
            if self.stopping.is_set():
                raise Stopped()
        else:
            raise Trouble(say("The connection to the studio broke off. Is it still running?"))
        if end.get("state") == "stopped" or self.stopping.is_set():
            raise Stopped()
        if end.get("state") == "failed":
            raise Trouble(sentence(end.get("error") or say("The run failed without a reason.")))
        if not made:
            raise Trouble(say("The run ended without a picture."))
        return made

    def read(self, told):
        """The picture and the end as far as a connection tells of them."""
        made, link = b"", None
        try:
            link, answer = self.studio.ask("GET", self.path() + "/events")
            for kind, data in events(answer):
                if kind == "end":
                    return made, data
                if kind == "picture":
                    made = base64.b64decode(data.get("png", ""))
                elif kind in ("run", "step"):
                    told(*words(kind, data))
        except (OSError, http.client.HTTPException):
            pass  # another connection is told everything again
        except (ValueError, AttributeError, TypeError) as e:
            raise Trouble(say("What the server tells of the run cannot be read: {reason}.", reason=e)) from e
        finally:
            if link:
                link.close()
        return made, None


def events(stream):
    """Server-sent events: their kinds and their data, read as JSON objects."""
    kind, data = "", []
    while True:
        line = stream.readline(LARGEST)
        if not line:
            return
        if len(line) >= LARGEST:
            raise ValueError("an event is too large")
        line = line.decode().rstrip("\r\n")
        if not line:
            if data:
                yield kind, json.loads("\n".join(data))
            kind, data = "", []
            continue
        name, _, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if name == "event":
            kind = value
        elif name == "data":
            data.append(value)


def words(kind, data):
    if kind == "step":
        told = say("Step {index} of {count}", index=data.get("index", 0), count=data.get("of", 0))
        return float(data.get("share", 0)), told, base64.b64decode(data.get("x0") or "")
    state = data.get("state")
    if state == "waiting":
        return 0.0, say("Waiting: number {place} in the queue", place=data.get("place", 1)), b""
    return float(data.get("share", 0)), {"opening": say("Opening the model"), "painting": say("Painting")}.get(state, ""), b""


def recipe(prompt, negative="", model="", strength=0.0, steps=0, seed=-1, size=(0, 0)):
    """What is asked for. Zero and empty mean the model's own; a negative seed is drawn."""
    return {"prompt": prompt, "negative_prompt": negative, "prompt_syntax": True, "model": model, "strength": strength, "steps": steps,
            "seed": seed if seed >= 0 else random.randrange(1 << 32), "width": size[0], "height": size[1]}


def region(selection, canvas):
    """What of a picture is sent for a selection (x, y, width, height): it with its surroundings, which the model looks at,
    no narrower than 1:2 where the canvas of (width, height) has room."""
    x, y, w, h = selection
    room = max(w, h) // 4
    wide, high = w + 2 * max(room, 32), h + 2 * max(room, 32)
    wide, high = max(wide, high // 2), max(high, wide // 2)
    left, right = span(x, w, wide, canvas[0])
    top, bottom = span(y, h, high, canvas[1])
    return left, top, right - left, bottom - top


def span(at, length, wanted, limit):
    """wanted px around at..at+length, shifted inside 0..limit."""
    wanted = min(wanted, limit)
    begin = min(max(at - (wanted - length) // 2, 0), limit - wanted)
    return begin, begin + wanted


def size(width, height, trained):
    """The size of a run for a part of a picture: its shape, with about as many px as the model was trained at."""
    if not trained[0] or not trained[1]:
        return width, height
    scale = (trained[0] * trained[1] / (width * height)) ** 0.5
    return tuple(max(8, round(n * scale / 8) * 8) for n in (width, height))


def png(width, height, channels, data):
    """A PNG of 8 bits a channel: 1 is grey, 3 RGB, 4 RGBA. data are rows without padding."""
    row = width * channels
    if len(data) != row * height:
        raise ValueError(f"{len(data)} bytes for {width} x {height} x {channels}")
    raw = b"".join(b"\0" + data[i:i + row] for i in range(0, len(data), row))

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, {1: 0, 3: 2, 4: 6}[channels], 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw, 1)) + chunk(b"IEND", b"")


def token(file=""):
    """The server's token: in a file, as `nirvana serve --token-file` has it, or in NIRVANA_TOKEN."""
    if not file:
        return os.environ.get("NIRVANA_TOKEN", "").strip()
    try:
        with open(os.path.expanduser(file), encoding="utf-8") as f:
            return f.read(4096).strip()
    except (OSError, ValueError) as e:
        raise Trouble(say("The token's file {file} cannot be read: {reason}.", file=file, reason=reason(e))) from e


def loopback(host):
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def absent(address, e):
    if isinstance(e, socket.gaierror):
        return say("No machine is known as in {address}. Check the address in the plug-in's settings.", address=address)
    if isinstance(e, ConnectionRefusedError):
        return say("The studio is not running at {address}. Open a terminal and type: nirvana serve\n"
                   "Leave it open and try again. If it listens elsewhere, change the address in the plug-in's settings.", address=address)
    return say("{address} does not answer ({reason}). Is that machine on, and does nirvana serve run there?", address=address, reason=reason(e))


def refusal(status, body):
    if status == 401:
        return say("The studio asks for its token. Name the file that nirvana serve --token-file was given, or set NIRVANA_TOKEN.")
    try:
        e = json.loads(body)["error"]
        told = (e.get("field") + ": " if e.get("field") else "") + e["message"]
    except (ValueError, KeyError, TypeError, AttributeError):
        return say("The server refuses with status {status}. Is it a Nirvana server of this version?", status=status)
    if status == 413:
        return say("The part of the picture is too large for the studio. Select less, or start it with a larger --max-body.")
    if status == 503:
        return say("{told} Try again in a while.", told=sentence(told))
    return sentence(told)


def reason(e):
    return getattr(e, "strerror", None) or str(e) or type(e).__name__


def sentence(text):
    text = str(text).strip()
    return text[:1].upper() + text[1:] + ("" if text[-1:] in ".!?" else ".")
