# SPDX-License-Identifier: Apache-2.0
"""Starts the real program on a free port of loopback and talks to it as browsers and tools do.

Environment: BREAKWATER is the program; BREAKWATER_CACHE a folder in which a filled demo community is kept
between test programs (made once, under a lock), because filling one takes seconds under sanitizers.
"""
import base64
import fcntl
import hashlib
import hmac
import html.parser
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import tempfile
import threading
import time
import urllib.parse

import engine

PROGRAM = os.environ.get("BREAKWATER", "build/test/breakwater")
CACHE = pathlib.Path(os.environ.get("BREAKWATER_CACHE", tempfile.gettempdir() + "/breakwater-demo"))
CHEAP = ["--set", "password_memory=8", "--set", "password_passes=1"]  # argon2id at its test setting


def totp(secret, at=None):
    """RFC 6238 with the defaults of every authenticator app."""
    key = base64.b32decode(secret.upper() + "=" * (-len(secret) % 8))
    mac = hmac.new(key, struct.pack(">Q", int((at or time.time()) // 30)), hashlib.sha1).digest()
    at = mac[-1] & 15
    return "%06d" % ((struct.unpack(">I", mac[at : at + 4])[0] & 0x7FFFFFFF) % 1000000)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.body)


class Form(html.parser.HTMLParser):
    """The fields of the first form whose action fits, as a browser would send them untouched."""

    def __init__(self, text, action):
        super().__init__()
        self.want, self.fields, self.action = re.compile(action), {}, None
        self.inside = False
        self.area = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        if tag == "form" and self.action is None and self.want.search(a.get("action") or ""):
            self.inside, self.action = True, a["action"]
        elif self.inside and tag == "input" and a.get("name"):
            if a.get("type") in ("checkbox", "radio") and "checked" not in a:
                return
            if a.get("type") != "submit":
                self.fields[a["name"]] = a.get("value") or ""
        elif self.inside and tag == "textarea":
            self.area = a.get("name")
            self.fields[self.area] = ""
        elif self.inside and tag == "option" and "selected" in a:
            self.fields.setdefault("_selected", a.get("value"))

    def handle_endtag(self, tag):
        if tag == "form":
            self.inside = False
        if tag == "textarea":
            self.area = None

    def handle_data(self, data):
        if self.inside and self.area:
            self.fields[self.area] += data


class Client:
    """One browser or one tool: cookies, a connection that is kept."""

    def __init__(self, hub, key=None, basic=None):
        self.hub, self.cookies, self.conn = hub, {}, None
        self.auth = None
        if key:
            self.auth = "Bearer " + key
        if basic:
            self.auth = "Basic " + base64.b64encode(("%s:%s" % basic).encode()).decode()

    def request(self, method, path, body=None, headers=None, type=None):
        h = {"Host": "127.0.0.1:%d" % self.hub.port}
        if self.auth:
            h["Authorization"] = self.auth
        if self.cookies:
            h["Cookie"] = "; ".join("%s=%s" % kv for kv in self.cookies.items())
        if method != "GET" and not self.auth:
            h["Origin"] = "http://127.0.0.1:%d" % self.hub.port
        if isinstance(body, (dict, list)) and type == "application/json":
            body = json.dumps(body).encode()
        elif isinstance(body, (dict, list)):
            body = urllib.parse.urlencode(body, doseq=True).encode()
            type = type or "application/x-www-form-urlencoded"
        elif isinstance(body, str):
            body = body.encode()
        if type:
            h["Content-Type"] = type
        h.update(headers or {})
        for attempt in (0, 1):
            if self.conn is None:
                self.conn = http.client.HTTPConnection("127.0.0.1", self.hub.port, timeout=120)
            try:
                self.conn.request(method, path, body=body, headers=h)
                r = self.conn.getresponse()
                data = r.read()
                break
            except (http.client.RemoteDisconnected, ConnectionError):
                self.conn.close()
                self.conn = None
                if attempt:
                    raise
        for c in r.headers.get_all("Set-Cookie") or []:
            name, value = c.split(";")[0].split("=", 1)
            if re.search(r"max-age=0\b|max-age=-", c, re.I) or value == "":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return Answer(r.status, r.headers, data)

    def get(self, path, **k):
        return self.request("GET", path, **k)

    def post(self, path, body=None, **k):
        return self.request("POST", path, body, **k)

    def post_json(self, path, body):
        return self.request("POST", path, body, type="application/json")

    def put(self, path, body, **k):
        return self.request("PUT", path, body, **k)

    def submit(self, page, action, values=None, **k):
        """Fetches PAGE, fills the form whose action matches, and sends it."""
        form = Form(self.get(page).text, action)
        if form.action is None:
            raise AssertionError("no form for %s on %s" % (action, page))
        form.fields.update(values or {})
        return self.post(form.action, form.fields, **k)

    def sign_in(self, persona):
        p = self.hub.people[persona]
        a = self.submit("/en/sign-in", "sign-in", {"email": p["email"], "password": p["password"]})
        form = Form(a.text, "sign-in/code")
        if form.action is None:  # the first step may answer with a redirect to the second
            a = self.get(a.headers["Location"])
            form = Form(a.text, "sign-in/code")
        if form.action is None:
            raise AssertionError("no second step for %s: %d %s" % (persona, a.status, a.text[:1500]))
        form.fields["code"] = totp(p["totp_secret"])
        a = self.post(form.action, form.fields)
        if a.status == 422 or a.status == 200:  # the code of this half minute was used: take the next
            form = Form(a.text, "sign-in/code")
            if form.action:
                form.fields["code"] = totp(p["totp_secret"], time.time() + 30)
                a = self.post(form.action, form.fields)
        return a

    def stream(self, path="/live"):
        return Stream(self, path)


class Stream:
    """Server-sent events in a thread; .wait(name) gives the data of the next event of that name."""

    def __init__(self, client, path):
        self.conn = http.client.HTTPConnection("127.0.0.1", client.hub.port, timeout=60)
        h = {"Accept": "text/event-stream", "Host": "127.0.0.1:%d" % client.hub.port}
        if client.cookies:
            h["Cookie"] = "; ".join("%s=%s" % kv for kv in client.cookies.items())
        self.conn.request("GET", path, headers=h)
        self.response = self.conn.getresponse()
        self.status = self.response.status
        self.events, self.more = [], threading.Condition()
        self.ended = False
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        name, data = "message", ""
        try:
            while True:
                line = self.response.fp.readline() if not self.response.chunked else self._line()
                if not line:
                    break
                line = line.decode().rstrip("\r\n")
                if line.startswith("event:"):
                    name = line[6:].strip()
                elif line.startswith("data:"):
                    data += line[5:].strip()
                elif line == "" and data:
                    with self.more:
                        self.events.append((name, data, time.monotonic()))
                        self.more.notify_all()
                    name, data = "message", ""
        except Exception:
            pass
        with self.more:
            self.ended = True
            self.more.notify_all()

    def _line(self):
        return self.response.readline()

    def wait(self, name, timeout=10):
        until = time.monotonic() + timeout
        with self.more:
            while True:
                for i, e in enumerate(self.events):
                    if e[0] == name:
                        return self.events.pop(i)
                left = until - time.monotonic()
                if left <= 0 or self.ended:
                    return None
                self.more.wait(left)

    def close(self):
        try:
            self.conn.sock.shutdown(2)
        except Exception:
            pass
        self.conn.close()


class Hub:
    """demo=True: a copy of the filled community. Otherwise an empty folder made by `init`."""

    def __init__(self, demo=True, args=(), data=None, env=None, server=None):
        self.dir = pathlib.Path(data or tempfile.mkdtemp(prefix="breakwater-test-"))
        self.demo, self.args, self.env = demo, list(args), env
        self.own_dir = data is None
        self.browsers = {}
        like = demo_folder() if data is None and demo else None
        if like:
            self.dir.rmdir()
            shutil.copytree(like, self.dir)
        self.database = engine.Database(self.dir, server)
        self.database.make(like)
        self.start()

    def start(self, wait=120):
        cmd = [PROGRAM, "serve", "--data", str(self.dir), "--listen", "127.0.0.1:0"] + CHEAP
        cmd += self.args + (["--demo"] if self.demo else [])
        self.log = open(self.dir / "test.log", "ab")
        self.process = subprocess.Popen(
            cmd, stdout=subprocess.PIPE, stderr=self.log, env=self.environment()
        )
        self.port = None
        for line in self.process.stdout:
            m = re.search(rb"listening on http://[^ ]*:(\d+)", line)
            if m:
                self.port = int(m.group(1))
                break
        if self.port is None:
            raise AssertionError("did not start: " + (self.dir / "test.log").read_text()[-3000:])
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        self.people = {}
        if (self.dir / "demo.json").exists():
            d = json.loads((self.dir / "demo.json").read_text())
            self.people = {p["persona"]: p for p in d["people"]}

    def environment(self):
        return dict(os.environ, **self.database.environment(), **(self.env or {}))

    def client(self, persona=None, key=None, basic=None):
        if persona:
            key = self.people[persona]["api_key"]
        return Client(self, key=key, basic=basic)

    def browser(self, persona=None, fresh=False):
        """A signed-in browser, one per persona (a one-time code is good once); fresh: another one."""
        if persona and not fresh and persona in self.browsers:
            return self.browsers[persona]
        c = Client(self)
        if persona:
            a = c.sign_in(persona)
            if a.status != 303:
                raise AssertionError("sign-in of %s: %d %s" % (persona, a.status, a.text[-3000:]))
            self.browsers[persona] = c
        return c

    def mails(self):
        out = []
        for f in sorted((self.dir / "mail" / "new").glob("*")):
            out.append(f.read_bytes().decode("utf-8", "replace"))
        return out

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise AssertionError("did not stop within a minute")
        return self.process.returncode

    def done(self):
        code = self.stop()
        log = (self.dir / "test.log").read_text(errors="replace")
        if self.own_dir:
            shutil.rmtree(self.dir, ignore_errors=True)
            self.database.drop()
        for word in ("AddressSanitizer", "runtime error", "LeakSanitizer", "ThreadSanitizer"):
            if word in log:
                raise AssertionError("the server's log: " + log[-6000:])
        if code != 0:
            raise AssertionError("exit status %s: %s" % (code, log[-3000:]))

    def run(self, *args, input=None):
        """A command of the program on this hub's folder."""
        return subprocess.run(
            [PROGRAM, args[0], "--data", str(self.dir), *args[1:]],
            input=input, capture_output=True, text=True, timeout=600, env=self.environment(),
        )


def demo_folder():
    """The filled community's. On a server it goes when the server goes, as the database that belongs to it does."""
    cache = pathlib.Path(engine.SERVER, "demo-cache") if engine.ON_SERVER else CACHE
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / ("demo-%d" % os.stat(PROGRAM).st_mtime_ns)
    with open(cache / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            for old in cache.glob("demo-*/"):
                shutil.rmtree(old, ignore_errors=True)
            folder.mkdir()
            hub = Hub(data=str(folder))
            hub.done()
            (folder / "test.log").unlink()
            (folder / "complete").touch()
    return folder


def shared():
    """The folder of real inputs, or None."""
    p = os.environ.get("BREAKWATER_SHARED")
    return pathlib.Path(p) if p else None
