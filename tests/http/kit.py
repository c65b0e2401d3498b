# SPDX-License-Identifier: Apache-2.0
"""What several tests need beside a browser: bare sockets, mails as people read them, a mail server on
loopback, HTML as a parser sees it, and the hub's tables."""
import asyncio
import email
import email.policy
import html.parser
import re
import socket
import sqlite3
import threading
import time

import engine
from hub import Form, totp

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


# -- requests byte for byte ------------------------------------------------------------------------


def connect(hub, source=None, timeout=60, receive=None):
    s = socket.socket()
    if receive:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    if source:
        s.bind((source, 0))
    s.settimeout(timeout)
    s.connect(("127.0.0.1", hub.port))
    return s


def read_answer(s, head=False):
    """(status, {header: value}, body) of one answer with Content-Length; None: closed without one."""
    data = b""
    while b"\r\n\r\n" not in data:
        try:
            more = s.recv(65536)
        except ConnectionError:
            more = b""
        if not more:
            if data:
                raise AssertionError("cut in the middle of an answer's headers: %r" % data[:200])
            return None
        data += more
    top, body = data.split(b"\r\n\r\n", 1)
    lines = top.decode("latin-1").split("\r\n")
    headers = {k.lower(): v.strip() for k, v in (l.split(":", 1) for l in lines[1:])}
    status = int(lines[0].split()[1])
    if status == 100:
        s_rest = body
        raise AssertionError("100 Continue is read by the caller: %r" % s_rest)
    want = 0 if head or status in (204, 304) else int(headers.get("content-length", "0"))
    while len(body) < want:
        more = s.recv(65536)
        if not more:
            raise AssertionError("cut after %d of %d bytes of an answer" % (len(body), want))
        body += more
    return status, headers, body


def raw(hub, text, **k):
    """One request as given, one answer."""
    with connect(hub, **k) as s:
        s.sendall(text if isinstance(text, bytes) else text.encode())
        return read_answer(s, head=bytes(text[:5] if isinstance(text, bytes) else text[:5].encode()) == b"HEAD ")


def closed_within(s, seconds):
    """True when the other side ends the connection in time; what it still sends is thrown away."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        s.settimeout(max(0.1, until - time.monotonic()))
        try:
            if not s.recv(65536):
                return True
        except TimeoutError:
            return False
        except ConnectionError:
            return True
    return False


# -- forms -----------------------------------------------------------------------------------------


def csrf(browser, page="/en/sign-in"):
    return re.search(r'name="csrf" value="([^"]+)"', browser.get(page).text).group(1)


def sign_in_new(browser, address, password, secret=None):
    """Both steps for somebody who is no persona. Without SECRET the app is set up on the way: returns
    (answer, secret)."""
    a = browser.submit("/en/sign-in", "sign-in$", {"email": address, "password": password})
    form = Form(a.text, "sign-in/code")
    if form.action is None:
        raise AssertionError("no second step: %d %s" % (a.status, a.text[-1500:]))
    if secret is None:
        secret = re.search(r"secret=([A-Z2-7]+)", a.text).group(1)
    for ahead in (0, 30):
        form.fields["code"] = totp(secret, time.time() + ahead)
        a = browser.post(form.action, form.fields)
        if a.status == 303:
            break
        form = Form(a.text, "sign-in/code")
        if form.action is None:
            break
    return a, secret


# -- mails -----------------------------------------------------------------------------------------


class Mail:
    def __init__(self, data):
        make = email.message_from_bytes if isinstance(data, bytes) else email.message_from_string
        m = make(data, policy=email.policy.default)
        self.message, self.to, self.subject = m, str(m["to"]), str(m["subject"])
        self.text = self.html = ""
        for part in m.walk():
            if part.get_content_type() == "text/plain":
                self.text += part.get_content()
            elif part.get_content_type() == "text/html":
                self.html += part.get_content()

    @property
    def all(self):
        return "\n".join([self.subject, self.text, self.html])


def mails(hub):
    return [Mail(f.read_bytes()) for f in sorted((hub.dir / "mail" / "new").glob("*"))]


def wait_mails(hub, fits, n=1, timeout=60):
    """The spooled mails for which FITS holds, as soon as there are N."""
    until = time.monotonic() + timeout
    while True:
        found = [m for m in mails(hub) if fits(m)]
        if len(found) >= n or time.monotonic() > until:
            return found
        time.sleep(0.1)


class MailServer:
    """An SMTP server (RFC 5321, as much as a client needs) that keeps what it is given."""

    def __init__(self, refuse=()):
        self.mails, self.refuse = [], set(refuse)
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()

        async def start():
            self.server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
            self.port = self.server.sockets[0].getsockname()[1]
            ready.set()

        def run():
            asyncio.set_event_loop(self.loop)
            self.loop.run_until_complete(start())
            self.loop.run_forever()

        threading.Thread(target=run, daemon=True).start()
        ready.wait(10)

    async def _talk(self, reader, writer):
        async def say(line):
            writer.write(line.encode() + b"\r\n")
            await writer.drain()

        sender, to = None, []
        await say("220 loopback ESMTP")
        while True:
            line = (await reader.readline()).decode("utf-8", "replace")
            if not line:
                break
            word = line[:4].upper()
            if word in ("EHLO", "HELO"):
                await say("250-loopback\r\n250-8BITMIME\r\n250 SMTPUTF8" if word == "EHLO" else "250 loopback")
            elif word == "MAIL":
                sender, to = re.search(r"<([^>]*)>", line).group(1), []
                await say("250 ok")
            elif word == "RCPT":
                address = re.search(r"<([^>]*)>", line).group(1)
                if address in self.refuse:
                    await say("550 no such mailbox")
                else:
                    to.append(address)
                    await say("250 ok")
            elif word == "DATA":
                await say("354 go on")
                data = b""
                while not data.endswith(b"\r\n.\r\n"):
                    data += await reader.readline()
                self.mails.append((sender, to, data[:-3].replace(b"\r\n..", b"\r\n.")))
                await say("250 kept")
            elif word == "RSET":
                await say("250 ok")
            elif word == "QUIT":
                await say("221 bye")
                break
            else:
                await say("502 not here")
        writer.close()

    def wait(self, fits, timeout=90):
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            for sender, to, data in list(self.mails):
                m = Mail(data)
                if fits(m):
                    m.sender, m.rcpt = sender, to
                    return m
            time.sleep(0.1)
        raise AssertionError("no such mail among %s" % [Mail(d).subject for _, _, d in self.mails])

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)


# -- HTML ------------------------------------------------------------------------------------------


class Page(html.parser.HTMLParser):
    """Tags with attributes, and all text, as a browser would find them (character references decoded)."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.text, self.comments = [], "", []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, {k: v or "" for k, v in attrs}))

    def handle_data(self, data):
        self.text += data

    def handle_comment(self, data):
        self.comments.append(data)

    def handle_pi(self, data):
        self.comments.append(data)


# -- the hub's tables ------------------------------------------------------------------------------


def columns(hub):
    """Every column name of every table of the hub's database."""
    if engine.ON_SERVER:
        return sorted({c for t, c in hub.database.columns() if "fts" not in t})
    db = sqlite3.connect("file:%s?mode=ro" % (hub.dir / "breakwater.db"), uri=True)
    try:
        tables = [r[0] for r in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        names = set()
        for t in tables:
            if "fts" not in t and not t.startswith("sqlite_"):
                names |= {r[1] for r in db.execute("SELECT * FROM pragma_table_info(?)", (t,))}
        return sorted(names)
    finally:
        db.close()
