# SPDX-License-Identifier: Apache-2.0
"""Two worlds that are told the same: starting them, telling them an operation, comparing what they say.

An operation is data (see HACKING, "How a room adds its operations"), so a sequence of them can be run again on
fresh worlds. What is secret differs between worlds by design (cookies, keys, sealed tokens): each world remembers
its own, operations name them, and answers are compared with every secret replaced by its kind. All else is
compared byte for byte.
"""
import atexit
import base64
import email
import email.policy
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS / "http"))
sys.path.append(str(TESTS.parent / "tools"))  # last: a tool there is called html
import postgres  # noqa: E402
from hub import totp  # noqa: E402

PROGRAM = os.environ.get("BREAKWATER_WORLD", "build/test/tests/world")
SETS = ["password_memory=8", "password_passes=1", "loops=1", "workers=1", "url=http://hub.test",
        "session_idle=1440", "session_max=168", "log_level=2", "import_max=4"]
START_US = 1780300800000000
NOBODY = "a" * 26  # a public id that nobody has
COOKIE = "bw"

# Where a secret stands in what a world says; the group is replaced. One pattern a kind, so that a secret where
# none should be is a difference still.
SECRETS = [(kind, re.compile(pattern)) for kind, pattern in [
    ("csrf", rb'name="csrf" value="([0-9a-f]{32})"'),
    ("state", rb'name="state" value="([\w-]{40,})"'),
    ("key", rb"(bwk_[a-z2-7]{20,})"),
    ("welcome", rb'(?:[?&;]t=|name="t" value=")([\w-]{60,})'),
    ("preview", rb'(?:name="preview" value="|"preview":")([\w-]{60,})'),
    ("cursor", rb'"next":"([\w-]{40,})"'),
    ("request", rb'"(?:instance|error_id)":"([a-z2-7]{16})"'),
    ("request", rb'<p class="small muted">[^<]*?\b([a-z2-7]{16})\b[^<]*</p></section>'),
    ("totp", rb"secret=([A-Z2-7]{32})"),
    ("qr", rb'class="qr-ink" d="([^"]+)"'),
    ("totp", rb"((?:[A-Z2-7]{4} ){7}[A-Z2-7]{4})"),
]]
# Headers that tell of the moment or of the connection.
UNEQUAL_HEADERS = {"date", "content-length", "set-cookie", "x-request-id", "connection", "keep-alive"}


class Different(Exception):
    """The two worlds said different things."""


class Died(Exception):
    """A world ended by itself."""


def encode(text):
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


class World:
    """One world: its process, its connection, its secrets, what operations kept."""

    def __init__(self, engine, seed, keys):
        self.engine, self.kept, self.cookies, self.dead_keys = engine, {}, {}, set()
        self.pools, self.was_refused = {}, False
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="world-", dir=memory()))
        atexit.register(shutil.rmtree, self.dir, ignore_errors=True)
        if keys:
            shutil.copytree(keys, self.dir / "keys")
        self.program = os.environ.get("BREAKWATER_WORLD_B", PROGRAM) if engine.second else PROGRAM
        cmd = [self.program, "--seed", str(seed), "--data", str(self.dir)]
        for s in SETS:
            cmd += ["--set", s]
        self.database = engine.database()
        if self.database:
            cmd += ["--database", self.database]
        self.log = open(self.dir / "log", "ab")
        self.process = subprocess.Popen(cmd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log)
        self.conn = None
        self.hello = None

    def ready(self):
        line = self.process.stdout.readline()
        if not line:
            raise Died("the world of %s did not start: %s" % (self.engine, self.tail()))
        self.hello = json.loads(line)
        self.people = {p["name"]: p for p in self.hello["people"]}
        return sorted((p["name"], p["email"]) for p in self.hello["people"])

    def tail(self):
        return (self.dir / "log").read_text(errors="replace")[-4000:]

    def tell(self, *words):
        try:
            self.process.stdin.write("\t".join(words).encode() + b"\n")
            self.process.stdin.flush()
        except OSError:
            pass  # the missing answer says so

    def hear(self):
        line = self.process.stdout.readline()
        if not line:
            raise Died("the world of %s died (%s): %s" % (self.engine, self.process.poll(), self.tail()))
        return line.decode("utf-8", "replace").rstrip("\n")

    # -- secrets ---------------------------------------------------------------------------------------

    def cookie(self, who):
        """A browser has one before it signs in; any value of ours will do."""
        return self.cookies.setdefault(who, "browser-of-%s-%s" % (who, "x" * 32))

    def csrf(self, who):
        return hmac.new(self.cookie(who).encode(), b"breakwater form 1", hashlib.sha256).digest()[:16].hex()

    def api_key(self, name):
        return self.kept.get("key:" + name) or self.people.get(name, {}).get("api_key", "bwk_none")

    def fill(self, value):
        """References in any part of an operation, as this world knows them."""
        if isinstance(value, str):
            if "@" not in value:
                return value
            return re.sub(r"@(totp|\?)?\{([\w.:?]+)\}", self._ref, value)
        if isinstance(value, list):
            return [self.fill(v) for v in value if not self._left_out(v)]
        if isinstance(value, dict):
            return {self.fill(k): self.fill(v) for k, v in value.items()}
        return value

    def _left_out(self, field):
        """["after", "@?{3.next}"] is no field at all where nothing was kept."""
        value = field[1] if isinstance(field, list) and len(field) == 2 else None
        return isinstance(value, str) and value.startswith("@?{") and value[3:-1] not in self.kept

    def _ref(self, m):
        """@{3.id}: what operation 3 kept. @{item?77}: one of the pool, the 77th as one counts in a circle."""
        pool, at, number = m.group(2).partition("?")
        if at:
            known = self.pools.get(pool)
            return known[int(number) % len(known)] if known else NOBODY
        value = self.kept.get(m.group(2), NOBODY)
        if m.group(1) != "totp":
            return value
        try:
            return totp(re.sub(r"\s", "", value), self.now_us / 1e6)
        except Exception:  # nothing was kept: a code that is wrong in both
            return "000000"

    # -- requests --------------------------------------------------------------------------------------

    def send(self, op, now_us):
        self.now_us = now_us
        self.sent = op
        method, path, body, headers = self.request_of(op)
        for attempt in (0, 1):
            try:
                if self.conn is None:
                    self.conn = http.client.HTTPConnection("127.0.0.1", self.hello["port"], timeout=120)
                self.conn.request(method, path, body=body, headers=headers)
                return
            except (ConnectionError, http.client.CannotSendRequest, http.client.ResponseNotReady):
                self.conn = None
                if attempt:
                    raise Died("the world of %s takes no request: %s" % (self.engine, self.tail()))

    def receive(self):
        try:
            r = self.conn.getresponse()
            data = r.read()
        except (ConnectionError, http.client.HTTPException, TimeoutError):
            # A connection that was idle or was closed after an error: once more, on a new one.
            self.conn = None
            method, path, body, headers = self.request_of(self.sent)
            try:
                self.conn = http.client.HTTPConnection("127.0.0.1", self.hello["port"], timeout=120)
                self.conn.request(method, path, body=body, headers=headers)
                r = self.conn.getresponse()
                data = r.read()
            except (OSError, http.client.HTTPException) as e:
                self.conn = None
                return (0, [type(e).__name__], b"")
        if r.will_close:
            self.conn.close()
            self.conn = None
        return self.take(self.sent, r.status, r.headers, data)

    def request_of(self, op):
        who = self.fill(op.get("who") or "")
        headers = {"Host": "hub.test", "User-Agent": "differential"}
        web = who.startswith(("web:", "alias:"))
        if web:
            headers["Cookie"] = "%s=%s" % (COOKIE, self.cookie(who))
        elif who.startswith("key:"):
            key = who[4:] if who.startswith("key:bwk_") else self.api_key(who[4:])
            headers["Authorization"] = "Bearer " + key
        elif who.startswith("basic:"):
            pair = "%s:%s" % (self.people.get(who[6:], {}).get("email", "x"), self.api_key(who[6:]))
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        path = self.fill(op["path"])
        if op.get("query"):
            path += "?" + urllib.parse.urlencode([(k, encode(v)) for k, v in self.fill(op["query"])])
        path = urllib.parse.quote(encode(path), safe="/%?&=+;:,[]~!$'()*@-._")
        body = None
        fields = op.get("form")
        if fields is not None or op.get("multipart") is not None:
            headers["Origin"] = "http://hub.test"
            token = op.get("csrf", True)
            csrf = [["csrf", self.csrf(who) if token is True else token]] if token else []
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urllib.parse.urlencode([(k, encode(v)) for k, v in csrf + self.fill(fields)]).encode()
        elif op.get("multipart") is not None:
            parts = [[k, None, v] for k, v in csrf] + self.fill(op["multipart"])
            headers["Content-Type"] = "multipart/form-data; boundary=differentialdifferential"
            body = b""
            for name, file, value in parts:
                body += b'--differentialdifferential\r\nContent-Disposition: form-data; name="%s"' % encode(name)
                if file is not None:
                    body += b'; filename="%s"\r\nContent-Type: application/octet-stream' % encode(file)
                body += b"\r\n\r\n" + encode(value) + b"\r\n"
            body += b"--differentialdifferential--\r\n"
        elif "json" in op:
            headers["Content-Type"] = op.get("type", "application/json")
            body = encode(json.dumps(self.fill(op["json"]), ensure_ascii=False))
        elif "text" in op:
            headers["Content-Type"] = op.get("type", "application/octet-stream")
            body = encode(self.fill(op["text"]))
        headers.update(op.get("headers") or {})
        return op.get("method", "GET"), path, body, headers

    def take(self, op, status, headers, data):
        """Keeps what the operation wants kept; gives the answer as it is compared."""
        who = self.fill(op.get("who") or "")
        names = []
        for c in headers.get_all("Set-Cookie") or []:
            name, value = c.split(";")[0].split("=", 1)
            names.append(re.sub(r"=[^;]*", "=", c, count=1))
            if name == COOKIE and who.startswith(("web:", "alias:")):
                if value:
                    self.cookies[who] = value
                else:
                    self.cookies.pop(who, None)
        to_sign_in = re.match(r"/[\w-]+/sign-in(\?|$)", headers.get("Location") or "")
        refused = status == 401 or bool(status == 303 and to_sign_in)
        self.was_refused = refused and not op["path"].endswith("/sign-out")
        if who.startswith("web:") and self.was_refused:
            self.cookies.pop(who, None)
        if who.startswith(("key:", "basic:")) and status == 401:
            self.dead_keys.add(who.split(":", 1)[1])
        for name, how in (op.get("keep") or {}).items():
            if name.endswith("[]"):
                self.pool(name[:-2], found(how, headers, data))
                continue
            value = next(iter(found(how, headers, data)), None)
            if value is not None:
                self.kept["%s.%s" % (op.get("n", ""), name)] = value
        shown, secret = mask(data)
        heads = sorted((k.lower(), v) for k, v in headers.items()
                       if k.lower() not in UNEQUAL_HEADERS and not (k.lower() == "etag" and secret))
        return (status, heads, sorted(names), shown)

    def pool(self, name, values):
        known = self.pools.setdefault(name, [])
        known += [v for v in values if v not in known]
        del known[:-300]

    # -- mails -----------------------------------------------------------------------------------------

    def mails(self):
        """New mails: {name: bytes}; they are taken out of the spool."""
        folder, out = self.dir / "mail" / "new", {}
        for entry in os.scandir(folder):
            out[entry.name] = pathlib.Path(entry.path).read_bytes()
            os.unlink(entry.path)
        return out

    def keep_from_mails(self, op, mails):
        for name, how in (op.get("keep") or {}).items():
            if how.startswith("mail:"):
                for data in mails.values():
                    m = re.search(how[5:].encode(), plain(data))
                    if m:
                        self.kept["%s.%s" % (op["n"], name)] = m.group(1).decode()

    def end(self):
        if self.conn:
            self.conn.close()
        if self.process.poll() is None:
            self.tell("quit")
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.log.close()
        log = self.tail()
        code = self.process.returncode
        shutil.rmtree(self.dir, ignore_errors=True)
        self.engine.drop(self.database)
        return code, log


def memory():
    """Where a world lives: its files are many and need not survive."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def found(how, headers, data):
    """What is wanted of an answer: "json:items.*.id", "header:X", "location:PATTERN", "body:PATTERN"."""
    kind, what = how.split(":", 1)
    if kind == "json":
        try:
            values = [json.loads(data)]
        except (ValueError, RecursionError):
            return []
        for step in what.split("."):
            if step == "*":
                values = [x for v in values if isinstance(v, list) for x in v]
            elif step.isdigit():
                values = [v[int(step)] for v in values if isinstance(v, list) and int(step) < len(v)]
            else:
                values = [v[step] for v in values if isinstance(v, dict) and step in v]
        return [v for v in values if isinstance(v, str)]
    if kind == "header":
        return [headers[what]] if what in headers else []
    if kind == "location":
        return re.findall(what, headers.get("Location") or "")
    if kind == "body":
        return [m.decode("utf-8", "replace") for m in re.findall(what.encode(), data)]
    return []


def mask(data):
    """(bytes with every secret replaced by its kind, whether there was one)"""
    was = data
    for kind, pattern in SECRETS:
        def hide(m, kind=kind):
            a, b = m.start(1) - m.start(), m.end(1) - m.start()
            return m.group(0)[:a] + b"<" + kind.encode() + b">" + m.group(0)[b:]
        data = pattern.sub(hide, data)
    return data, data is not was and data != was


def plain(data):
    """A mail as text: headers, then every part decoded."""
    m = email.message_from_bytes(data, policy=email.policy.default)
    out = ["%s: %s" % (k, v) for k, v in m.items() if k.lower() != "content-type"]
    for part in m.walk():
        if not part.is_multipart():
            out.append(part.get_content() if part.get_content_maintype() == "text" else repr(part.get_payload()))
    return "\n".join(out).encode("utf-8", "surrogateescape")


def mail_shown(data):
    if b"welcome" not in plain(data):
        return data
    return mask(plain(data))[0]


# What an answer must not depend on: the ways that the planner may go, which change with a table's size and age.
PLANNERS = [(), ("enable_sort", "enable_indexscan"), ("enable_hashagg", "enable_hashjoin", "enable_seqscan"),
            ("enable_nestloop", "enable_bitmapscan"), ("enable_indexscan", "enable_indexonlyscan", "enable_mergejoin")]


class Engine:
    """"sqlite", or "postgres" on a server that is there; a database for each world, dropped afterwards."""

    serial = 0

    def __init__(self, name, second=False, planner=()):
        self.name, self.second, self.planner = name, second, planner
        if name not in ("sqlite", "postgres"):
            raise SystemExit("differential: an engine is sqlite or postgres, not %r" % name)

    def __str__(self):
        return self.name

    def database(self):
        if self.name == "sqlite":
            return None
        Engine.serial += 1
        made = "bw_world_%d_%d" % (os.getpid(), Engine.serial)
        postgres.create(made)
        for setting in self.planner:
            postgres.sql('ALTER DATABASE "%s" SET %s = off' % (made, setting))
        return postgres.url(made)

    def drop(self, url):
        if url:
            postgres.drop(urllib.parse.urlsplit(url).path[1:])


class Twin:
    """Both worlds. tell() carries out one operation in both and raises Different at the first difference."""

    keys = None  # one pair of keys for all worlds: ids of collections and of objects come from them

    def __init__(self, engines, seed):
        if Twin.keys is None:
            folder = tempfile.mkdtemp(prefix="world-keys-", dir=memory())
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            first = World(Engine("sqlite"), seed, None)
            first.ready()
            shutil.copytree(first.dir / "keys", folder + "/keys")
            first.end()
            Twin.keys = pathlib.Path(folder) / "keys"
        self.now_us, self.asked = START_US, 0
        self.worlds = [World(e, seed, Twin.keys) for e in engines]
        self.same("the community", [w.ready() for w in self.worlds])
        self.settle({"n": -1, "op": "start"})

    def same(self, what, both):
        if both[0] != both[1]:
            raise Different("%s\n%s" % (what, difference(both[0], both[1], [str(w.engine) for w in self.worlds])))
        return both[0]

    def both(self, *words):
        for w in self.worlds:
            w.tell(*words)
        return [w.hear() for w in self.worlds]

    def step(self, us):
        self.now_us += us
        self.same("the clock", self.both("step", str(us)))

    def ask(self, op, what=""):
        for w in self.worlds:
            w.send(op, self.now_us)
        answers = [w.receive() for w in self.worlds]
        self.asked += 1
        got = self.same("answer%s" % what, answers)
        return got

    def settle(self, op):
        said = self.both("settle")
        mails = [w.mails() for w in self.worlds]
        self.same("ledger", said)
        self.same("mails sent", [sorted(m) for m in mails])
        for name in sorted(mails[0]):
            if mails[0][name] != mails[1][name]:
                self.same("mail " + name, [mail_shown(m[name]) for m in mails])
        for w, m in zip(self.worlds, mails):
            w.keep_from_mails(op, m)
        return said[0]

    # -- getting in ------------------------------------------------------------------------------------

    def sign_in(self, who):
        name = who[4:]
        if name not in self.worlds[0].people or all(who in w.cookies for w in self.worlds):
            return
        self.step(31_000_000)  # a code is good once
        p = [w.people[name] for w in self.worlds]
        for w, person in zip(self.worlds, p):
            w.kept["signin.totp"] = person["totp_secret"]
            w.cookies.pop(who, None)
            w.cookie(who)
        self.ask({"n": "signin", "who": who, "method": "POST", "path": "/en/sign-in",
                  "form": [["email", p[0]["email"]], ["password", self.worlds[0].hello["password"]]],
                  "keep": {"state": 'body:name="state" value="([^"]+)"'}}, " to the password of " + name)
        got = self.ask({"n": "signin", "who": who, "method": "POST", "path": "/en/sign-in/code",
                        "form": [["state", "@{signin.state}"], ["code", "@totp{signin.totp}"]]},
                       " to the code of " + name)
        if got[0] != 303:
            for w in self.worlds:
                w.cookies.pop(who, None)

    def new_key(self, name):
        """Its keys ended with its organisation's suspension: another one, by the page."""
        if not all(name in w.dead_keys for w in self.worlds) or name not in self.worlds[0].people:
            return
        self.sign_in("web:" + name)
        form = [["label", "again"], ["days", "365"]] + [["scope", s] for s in ("read", "write", "taxii", "import")]
        self.ask({"n": "newkey", "who": "web:" + name, "method": "POST", "path": "/en/organisation/keys",
                  "form": form,
                  "keep": {"key": "body:(bwk_[a-z2-7]+)"}}, " to a new key of " + name)
        for w in self.worlds:
            w.dead_keys.discard(name)
            key = w.kept.pop("newkey.key", None)
            if key:
                w.kept["key:" + name] = key

    def tell(self, op):
        """Carries out OP in both. Returns its status, for the statistics."""
        self.step(op.get("step", 1_000_000))
        who = op.get("who") or ""
        if who.startswith("web:"):
            self.sign_in(who)
        elif who.startswith(("key:", "basic:")) and "@" not in who:
            self.new_key(who.split(":", 1)[1])
        if "world" in op:
            words = [w.fill(op["world"]) for w in self.worlds]
            for w, line in zip(self.worlds, words):
                w.tell(*line)
            status = self.same("answer", [w.hear() for w in self.worlds]).split(" ")[0]
        else:
            status = self.ask(op)[0]
            if all(w.was_refused for w in self.worlds) and "@" not in who and who.startswith(("web:", "key:",
                                                                                              "basic:")):
                # The session or the key had ended: in again, and once more.
                self.sign_in(who) if who.startswith("web:") else self.new_key(who.split(":", 1)[1])
                status = self.ask(op, " to the second try")[0]
        settled = self.settle(op)
        if settled.startswith("failed"):
            raise Different("settling failed in both: " + settled)
        return status

    def verify(self):
        return self.same("verification of the whole ledger", self.both("verify"))

    def end(self):
        problems = []
        for w in self.worlds:
            code, log = w.end()
            if code != 0:
                problems.append("the world of %s ended with %s: %s" % (w.engine, code, log))
        return problems


def difference(a, b, names):
    """The first place where two answers differ, with what stands around it."""
    if isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b):
        for label, x, y in zip(("status", "headers", "cookies", "body"), a, b):
            if x != y:
                return "%s\n%s" % (label, difference(x, y, names))
    if isinstance(a, list) and isinstance(b, list):
        only = [x for x in a if x not in b], [y for y in b if y not in a]
        return "only %s: %r\nonly %s: %r" % (names[0], only[0][:10], names[1], only[1][:10])
    if isinstance(a, str):
        a, b = a.encode(), str(b).encode()
    if not isinstance(a, bytes) or not isinstance(b, bytes):
        return "%s: %r\n%s: %r" % (names[0], a, names[1], b)
    at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    lo = max(0, at - 160)
    return "at byte %d\n%s: %s\n%s: %s" % (
        at, names[0], a[lo : at + 240].decode("utf-8", "replace"), names[1],
                                           b[lo : at + 240].decode("utf-8", "replace"))
