# SPDX-License-Identifier: Apache-2.0
"""The whole program under clients that are many, slow, wrong or in the middle of something when it stops."""
import http.client
import json
import re
import select
import subprocess
import threading
import time
import urllib.parse

from hub import Hub, PROGRAM
from kit import closed_within, columns, connect, csrf, raw, read_answer
from tap import case, check, contains, equal, lacks, main, sub

hub = None
drips = []


def before():
    global hub
    hub = Hub(demo=True)
    start_dripping()


def get(path="/health", extra=""):
    return ("GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n" % (path, extra)).encode()


def alert(**more):
    """For a few readers only: what is for everybody makes a mail for each of 950 people."""
    body = {"kind": "alert", "lang": "en", "tlp": "green", "severity": "low", "publish": True, "title": "Limits",
            "body": "Nothing to see.", "audience": {"people": [hub.people["hospital"]["email"]]}}
    body.update(more)
    return body


# -- slow ------------------------------------------------------------------------------------------


def start_dripping():
    """Headers and bodies that arrive a byte at a time; looked at in the end, because they take their time."""
    key = hub.people["bank"]["api_key"]
    half = b"POST /api/v1/items HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + key.encode() + \
        b"\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{"
    for what, begin in [("header", b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Drip: "), ("request line", b"GE"),
                        ("nothing at all", b""), ("body", half)]:
        s = connect(hub, source="127.0.0.77")
        s.sendall(begin)
        entry = {"what": what, "socket": s, "closed": None}
        drips.append(entry)
        threading.Thread(target=drip, args=(entry, what), daemon=True).start()


def drip(entry, what):
    s, began = entry["socket"], time.monotonic()
    while time.monotonic() - began < 90:
        try:
            ready, _, _ = select.select([s], [], [], 0.5)
            if ready and not s.recv(4096):
                break
            if what != "nothing at all":
                s.sendall(b"a")
        except OSError:
            break
    else:
        return
    entry["closed"] = time.monotonic() - began


@case
def readers_that_do_not_read_hold_up_nobody():
    slow = []
    token = hub.browser("bank").cookies["bw"]
    for i in range(60):  # each asks for some megabytes and takes none
        s = connect(hub, source="127.0.0.66", receive=4096)
        s.sendall(get("/en/write", "Cookie: bw=%s\r\n" % token) * 10)
        slow.append(s)
    time.sleep(0.5)
    b, c = hub.browser("bank"), hub.client("hospital")
    for i in range(20):
        equal(b.get("/en/home").status, 200)
        equal(c.get("/api/v1/items?limit=5").status, 200)
    equal(c.post_json("/api/v1/items", alert(title="Written beside slow readers")).status, 201)
    for s in slow:
        s.close()
    equal(b.get("/en/home").status, 200)


# -- many ------------------------------------------------------------------------------------------


@case
def six_hundred_connections_at_once_are_answered():
    sockets = [connect(hub, source="127.0.0.%d" % (2 + i % 3)) for i in range(600)]
    try:
        for wave in range(3):
            for s in sockets:
                s.sendall(get("/health" if wave else "/en/"))
            bad = [a[0] for a in map(read_answer, sockets) if a is None or a[0] != 200]
            equal(bad, [], "wave %d" % wave)
        # Exactly 128 events at once is where libmicrohttpd's own loop stalls.
        for n in (127, 128, 129, 256):
            for s in sockets[:n]:
                s.sendall(get())
            equal([a[0] for a in map(read_answer, sockets[:n]) if a[0] != 200], [], "%d at once" % n)
        equal(hub.client("bank").get("/api/v1/me").status, 200, "and there is room for one more")
    finally:
        for s in sockets:
            s.close()


@case
def one_address_has_its_share_and_no_more():
    mine, answered = [], 0
    try:
        for _ in range(300):
            try:
                mine.append(connect(hub, source="127.0.0.55"))
                mine[-1].sendall(get())
            except ConnectionError:
                pass
        for s in mine:
            try:
                a = read_answer(s)
            except (ConnectionError, AssertionError):
                a = None
            answered += a is not None and a[0] == 200
        # Two loops that accept at the same moment may each let the last one in.
        check(256 <= answered < 256 + 2, "connections of one address that were served: %d" % answered)
        with connect(hub, source="127.0.0.56") as s:
            s.sendall(get())
            equal(read_answer(s)[0], 200, "another address")
    finally:
        for s in mine:
            s.close()
    for _ in range(100):  # the closed ones are given back
        try:
            with connect(hub, source="127.0.0.55") as s:
                s.sendall(get())
                if read_answer(s):
                    return
        except (ConnectionError, AssertionError):
            pass
        time.sleep(0.1)
    check(False, "the address is locked out for good")


# -- too much --------------------------------------------------------------------------------------


@case
def a_body_over_its_limit_is_413_in_the_form_of_the_address():
    key = hub.people["bank"]["api_key"]
    token = hub.browser("bank").cookies["bw"]
    head = "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\nCookie: bw=%s\r\nContent-Type: %s\r\n"
    api = head % ("/api/v1/items", key, token, "application/json")
    page = head % ("/en/write", key, token, "application/x-www-form-urlencoded")
    taxii = "/taxii2/api/collections/%s/objects/" % hub.client("bank").get(
        "/taxii2/api/collections/").json["collections"][1]["id"]
    for what, begin, type in [("API", api, "application/problem+json"), ("page", page, "text/html; charset=utf-8"),
                              ("TAXII", head % (taxii, key, token, "application/taxii+json"),
                               "application/taxii+json;version=2.1")]:
        for length in ("999999999", "9223372036854775807"):
            a = raw(hub, begin + "Content-Length: %s\r\n\r\n" % length)
            equal((a[0], a[1]["content-type"]), (413, type), "%s of %s bytes" % (what, length))
        a = raw(hub, begin + "Expect: 100-continue\r\nContent-Length: 999999999\r\n\r\n")
        equal(a[0], 413, "%s: told before it is sent" % what)
    with connect(hub) as s:  # chunked: only the bytes tell
        s.sendall((api + "Transfer-Encoding: chunked\r\n\r\n").encode())
        for _ in range(40):
            s.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")
        s.sendall(b"0\r\n\r\n")
        equal(read_answer(s)[0], 413, "chunks, too many of them")
    with connect(hub) as s:
        s.sendall((api + "Transfer-Encoding: chunked\r\n\r\n").encode())
        try:
            for _ in range(2000):
                s.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")
            check(False, "chunks without end are read for ever")
        except ConnectionError:
            pass
    a = raw(hub, get("/health", "X: %s\r\n" % ("a" * 60000)))
    check(a[0] == 431, "headers of 60 kB: %d" % a[0])
    a = raw(hub, get("/" + "a" * 60000))
    check(a[0] in (414, 431), "an address of 60 kB: %d" % a[0])
    for length in ("-1", "1e3", "0x10", "18446744073709551616", "5, 5"):
        a = raw(hub, api + "Content-Length: %s\r\n\r\n" % length)
        check(a[0] == 400 or (a[0] == 413 and len(length) == 20), "length %s: %d" % (length, a[0]))
    a = raw(hub, api + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    equal(a[0], 400, "two ways to say where it ends")


@case
def a_visitors_upload_is_refused_before_its_body():
    for what, auth, status in [("no key", "", b" 401 "), ("a wrong key", "Authorization: Bearer bwk_wrong\r\n", b" 401 "),
                               ("a key", "Authorization: Bearer %s\r\n" % hub.people["bank"]["api_key"], b"")]:
        with connect(hub, timeout=10) as s:
            s.sendall(("POST /api/v1/import HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/csv\r\n"
                       "Content-Length: 500000000\r\n%s\r\n" % auth).encode())
            ready, _, _ = select.select([s], [], [], 10 if status else 1)
            if status:
                check(ready and status in s.recv(4096), what)
            else:
                check(not ready, "a member's body is waited for")


@case
def an_item_at_its_limits_goes_in_and_one_beyond_is_told_why():
    c = hub.client("bank")
    a = c.post_json("/api/v1/items", alert(title="t" * 200, body="b" * (256 * 1024)))
    equal(a.status, 201, a.text[:300])
    for what, more in [("title", {"title": "t" * 201}), ("body", {"body": "b" * (256 * 1024 + 1)}),
                       ("title", {"title": "漢" * 201}), ("title", {"title": ""}), ("title", {"title": "  "})]:
        a = c.post_json("/api/v1/items", alert(**more))
        equal(a.status, 400, what)
        contains(a.json["detail"], what)


# -- wrong -----------------------------------------------------------------------------------------

GOOD = json.dumps({"kind": "alert", "title": "Limits", "body": "b", "tlp": "green", "severity": "low", "audience": {"everybody": True}})
BROKEN = [
    ("empty", ""),
    ("blanks", "   \n"),
    ("cut in the middle", GOOD[: len(GOOD) // 2]),
    ("cut in a string", '{"kind":"al'),
    ("cut before the end", GOOD[:-1]),
    ("something behind", GOOD + "x"),
    ("two values", GOOD + GOOD),
    ("duplicate key", GOOD[:-1] + ',"title":"again"}'),
    ("duplicate key, escaped", GOOD[:-1] + ',"t\\u0069tle":"again"}'),
    ("comma at the end", GOOD[:-1] + ",}"),
    ("single quotes", "{'kind':'alert'}"),
    ("no quotes", "{kind:1}"),
    ("comment", '{"kind":/* x */"alert"}'),
    ("NaN", '{"kind":NaN}'),
    ("leading zero", '{"kind":01}'),
    ("bare minus", '{"kind":-}'),
    ("control character in a string", '{"kind":"a\x01"}'),
    ("tab in a string", '{"kind":"a\tb"}'),
    ("wrong escape", '{"kind":"\\x41"}'),
    ("lone surrogate", '{"kind":"\\ud800"}'),
    ("surrogates the wrong way round", '{"kind":"\\udc00\\ud800"}'),
    ("depth bomb of arrays", "[" * 100000),
    ("depth bomb of objects", '{"audience":' + '{"a":' * 100000),
    ("overlong UTF-8", b'{"kind":"\xc0\xaf"}'),
    ("half a character", b'{"kind":"\xe6\xbc"}'),
    ("surrogate as UTF-8", b'{"kind":"\xed\xa0\x80"}'),
    ("beyond Unicode", b'{"kind":"\xf4\x90\x80\x80"}'),
    ("Latin-1", '{"kind":"é"}'.encode("latin-1")),
    ("UTF-16", GOOD.encode("utf-16")),
    ("NUL byte", b'{"kind":"a\x00b"}'),
    ("NUL behind", GOOD.encode() + b"\x00"),
]


@case
def broken_json_is_told_with_its_position():
    c = hub.client("bank")
    count = len(c.get("/api/v1/items?limit=200&q=%22Limits%22").json["items"])
    for what, body in BROKEN:
        a = c.request("POST", "/api/v1/items", body, type="application/json")
        if what == "depth bomb of objects":  # told by the first thing that is wrong
            sub("JSON: " + what, a.status == 400, a.text[:300])
            continue
        ok = a.status == 400 and a.headers["Content-Type"] == "application/problem+json"
        detail = a.json.get("detail", "") if ok else ""
        sub("JSON: " + what, ok and re.search(r"line \d+, column \d+: \S", detail), "%d %s" % (a.status, a.text[:300]))
    a = c.request("POST", "/api/v1/items", '{\n "kind": "alert",\n "title": tru\n}', type="application/json")
    contains(a.json["detail"], "line 3, column ")
    equal(len(c.get("/api/v1/items?limit=200&q=%22Limits%22").json["items"]), count, "nothing was published")


@case
def json_of_the_wrong_shape_is_told_with_the_member():
    c = hub.client("bank")
    for what, body, said in [
        ("unknown member", alert(audiance={}), '"audiance"'),
        ("unknown member of the audience", alert(audience={"everybody": True, "organization": []}), '"organization"'),
        ("number for text", alert(title=5), "title"),
        ("null", alert(title=None), "title"),
        ("text for a flag", alert(publish="yes"), "publish"),
        ("text for the audience", alert(audience="everybody"), "audience"),
        ("array for the audience", alert(audience=[]), "audience"),
        ("text for a list", alert(audience={"circles": "Payments"}), "circles"),
        ("numbers in a list", alert(audience={"organisations": [1]}), "organisations"),
        ("nobody known", alert(audience={"organisations": ["No such organisation"]}), "organisations"),
        ("nobody at all", alert(audience={}), "audience"),
        ("unknown kind", alert(kind="rumour"), "kind"),
        ("unknown severity", alert(severity="bad"), "severity"),
        ("unknown language", alert(lang="tlh"), "lang"),
        ("NUL in the title", alert(title="a\0b"), "title"),
        ("NUL in the body", alert(body="a\0b"), "body"),
    ]:
        a = c.post_json("/api/v1/items", body)
        sub("shape: " + what, a.status == 400 and said in a.json["detail"], "%d %s" % (a.status, a.text[:300]))
    for missing in ("kind", "title", "body", "tlp", "severity", "audience"):
        body = alert()
        del body[missing]
        a = c.post_json("/api/v1/items", body)
        sub("shape: without " + missing, a.status == 400 and missing in a.json["detail"], a.text[:300])
    for what, body in [("array", "[]"), ("text", '"x"'), ("number", "1"), ("null", "null"), ("empty object", "{}")]:
        a = c.request("POST", "/api/v1/items", body, type="application/json")
        sub("shape: %s for the item" % what, a.status == 400, "%d %s" % (a.status, a.text[:300]))
    for type in (None, "text/plain", "application/x-www-form-urlencoded", "application/jsonp", "text/json"):
        a = c.request("POST", "/api/v1/items", GOOD, type=type)
        sub("type %s" % type, a.status == 415, a.status)
    a = c.request("POST", "/api/v1/items", json.dumps(alert(title="With charset")), type="application/json; charset=utf-8")
    equal(a.status, 201, "a charset is no other type")


def routes():
    out = subprocess.run([PROGRAM, "routes"], capture_output=True, text=True, check=True).stdout
    for line in out.splitlines():
        method, path, face, _, permission, types, _, params = line.split("\t")
        yield method, path, face, [p.rsplit(":", 5)[0] for p in params.split()] if params else []


def without_query():
    """Pages and answers that need nothing in their query: not those behind a link from a mail."""
    out = subprocess.run([PROGRAM, "routes"], capture_output=True, text=True, check=True).stdout
    for line in out.splitlines():
        method, path, face, _, _, _, _, params = line.split("\t")
        fields = [p.rsplit(":", 5) for p in params.split()] if params else []
        if not any("q" in places and required == "required" for _, _, places, required, _, _ in fields):
            yield method, path, face, [f[0] for f in fields]


def filled(path):
    path = path.replace("{lang}", "en").replace("{folder}/{file}", "css/breakwater.css")
    return re.sub(r"\{(collection|status)\}", "00000000-0000-4000-8000-000000000000",
                  re.sub(r"\{(id)\}", "a" * 26, path)).replace("{object}", "x")


@case
def every_column_name_as_a_parameter_is_ignored():
    names = columns(hub)
    check(len(names) > 60, "columns: %s" % names)
    b, c = hub.browser("bank"), hub.client("bank")
    mask = lambda t: re.sub(r'value="[0-9a-f]{32}"|name="state" value="[^"]*"|(?:&amp;|&|\?)[a-z0-9_]+=1\b', "", t)
    for method, path, face, params in without_query():
        if method != "GET" or "{id}" in path or face not in ("page", "api"):
            continue
        if path in ("/health", "/", "/{lang}"):
            continue
        extras = [n + "=1" for n in names if n not in params]
        # With some 250 at once the connection is closed without an answer.
        extras = ["&".join(extras[i:i + 80]) for i in range(0, len(extras), 80)]
        fixed = {"/{lang}/indicator": "value=198.51.100.1&", "/{lang}/search": "q=bank&"}.get(path, "")
        who = c if face == "api" else b
        plain = who.get(filled(path) + "?" + fixed)
        if plain.status == 403:
            who = hub.browser("operator")
            plain = who.get(filled(path) + "?" + fixed)
        for extra in extras:
            more = who.get(filled(path) + "?" + fixed + extra)
            shown = mask(plain.text), mask(more.text)
            if path == "/{lang}/system":  # the hub's own state: free disk, ages
                shown = [re.sub(r"[0-9.,]+", "", t) for t in shown]
            same = plain.status == more.status and shown[0] == shown[1]
            sub("GET %s with %d columns from %s on" % (path, extra.count("&") + 1, extra.split("=")[0]), same,
                "%d %d" % (plain.status, more.status))


@case
def every_column_name_in_a_form_changes_nothing_about_what_is_written():
    b, c = hub.browser("sme"), hub.client("sme")
    me = c.get("/api/v1/me").json
    declared = next(p for m, path, _, p in routes() if m == "POST" and path == "/{lang}/write")
    form = {n: "1" for n in columns(hub) if n not in declared}
    form.update(kind="alert", language="en", title="Columns everywhere", tlp="green", severity="low", body="As typed.",
                audience="everybody", do="publish", csrf=csrf(b, "/en/home"))
    a = b.post("/en/write", form)
    equal(a.status, 303, a.text[-500:])
    id = re.search(r"/items/([a-z2-7]{26})", a.headers["Location"]).group(1)
    item = c.get("/api/v1/items/" + id).json
    equal({k: item[k] for k in ("title", "body", "tlp", "state", "organisation", "public", "kind", "severity")},
          {"title": "Columns everywhere", "body": "As typed.", "tlp": "TLP:GREEN", "state": "published",
           "organisation": me["organisation"]["name"], "public": False, "kind": "alert", "severity": "low"})
    declared = next(p for m, path, _, p in routes() if m == "POST" and path == "/{lang}/organisation/keys")
    form = {n: "1" for n in columns(hub) if n not in declared}
    a = b.post("/en/organisation/keys", dict(form, label="Columns", scope="read", days="30", csrf=csrf(b, "/en/home")))
    key = re.search(r"bwk_[a-z2-7]+", a.text).group(0)
    mine = hub.client(key=key).get("/api/v1/me").json
    equal((mine["role"], mine["scopes"], mine["person"]["id"]), (me["role"], ["read"], me["person"]["id"]))
    for n in columns(hub):
        a = c.post_json("/api/v1/items", dict(alert(), **{n: 1})) if n not in alert() else None
        if a is not None and not (a.status == 400 and '"%s"' % n in a.json["detail"]):
            sub("member %s of a JSON body" % n, False, a.text)


@case
def methods_are_answered_as_declared():
    b, c = hub.browser("operator"), hub.client("operator")
    allowed = {}
    for method, path, face, _ in routes():
        allowed.setdefault((filled(path), face), set()).add(method)
    for (path, face), methods in sorted(allowed.items()):
        want = methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())
        who = c if face in ("api", "taxii") else b
        a = who.request("OPTIONS", path)
        got = set(re.split(r",\s*", a.headers["Allow"] or ""))
        sub("OPTIONS %s" % path, a.status == 204 and got == want and a.body == b"", "%d %s" % (a.status, got))
        for m in {"GET", "POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECTS", "get"} - want:
            a = who.request(m, path)
            got = set(re.split(r",\s*", a.headers["Allow"] or ""))
            if not (a.status == 405 and got == want):
                sub("%s %s" % (m, path), False, "%d %s" % (a.status, got))
        if "GET" in methods and face != "stream":
            g, h = who.get(path), who.request("HEAD", path)
            same = (g.status, g.headers["Content-Type"], g.headers["Location"]) == (
                h.status, h.headers["Content-Type"], h.headers["Location"]) and h.body == b""
            length = h.headers["Content-Length"]
            sub("HEAD %s" % path, same and (length is None or abs(int(length) - len(g.body)) < 64),
                "%s %s %s/%s" % (g.status, h.status, length, len(g.body)))
    equal(c.get("/api/v1/nothing").status, 404)
    equal(c.request("PUT", "/api/v1/nothing").status, 404)


@case
def reserved_names_answer_501():
    c = hub.client("bank")
    for method, path in [("POST", "/events/restSearch"), ("GET", "/attributes/1"), ("POST", "/tags"), ("GET", "/servers/getVersion")]:
        a = c.request(method, path, "{}" if method == "POST" else None, type="application/json")
        equal(a.status, 501, path)
    for command in ("match", "hunt"):
        r = subprocess.run([PROGRAM, command, "--networks", "x"], capture_output=True, text=True)
        equal(r.returncode, 64, command)


@case
def odd_addresses_are_answered_plainly():
    for path in ("/%00", "/en/%2e%2e/%2e%2e/etc/passwd", "/assets/../keys/seal.key", "/assets/css/..%2f..%2fbreakwater.db",
                 "//en/home", "/en//home", "/en/home/", "/EN/home", "/fr/home", "/en/items/" + "a" * 25,
                 "/en/items/" + "A" * 26, "/en/items/%FF%FE", "/en/items/1;drop", "/%", "/%zz",
                 "/en/search?q=%ff%fe", "/en/search?q=%00", "/en/search?q=" + "%28" * 600, "/en/items?after=x",
                 "/en/items?after=" + "a" * 26, "/en/items?tlp=%27", "/en/items?kind=%27%20OR%201",
                 "/api/v1/items?limit=0", "/api/v1/items?limit=99999999999999999999", "/api/v1/findings?state=odd"):
        who = hub.client("bank") if path.startswith("/api") else hub.browser("bank")
        a = who.get(path)
        sub("GET %s" % path[:60], a.status in (200, 303, 400, 404, 414, 431), a.status)
        lacks(a.text, "root:x:")
        lacks(a.text, "SQLite format")
        lacks(a.text.lower(), "sqlite")
    equal(raw(hub, get("/?" + "a=1&" * 100))[0], 303, "a hundred parameters")
    a = raw(hub, get("/?" + "a=1&" * 1500))  # may be cut off by the HTTP library, must not be harmful
    check(a is None or a[0] in (303, 400, 414, 431), a)
    equal(raw(hub, get())[0], 200)


@case
def search_words_never_break_the_query():
    b, c = hub.browser("bank"), hub.client("bank")
    for q in ('"', '""', "'", "a AND", "OR", "NOT", "NEAR(", "a*", "*", "-", "title:x", "tlp:", "tlp:purple", "(((", ")",
              "a\"b", "x' OR '1'='1", "漢", "漢 字", "%", "_", "\\", ":", "ip:999.1.1.1", "before:0000-00-00", "from:9999-99-99",
              "^a", "{a}", "a NEAR b", "+a", "a" * 1000, "\u202eabc", "is:unread", "content MATCH 1", "rowid:1"):
        quoted = urllib.parse.quote(q)
        page, api = b.get("/en/search?q=" + quoted), c.get("/api/v1/items?q=" + quoted)
        sub("search %r" % q[:30], page.status == 200 and api.status in (200, 400), "%d %d" % (page.status, api.status))


# -- in the middle ---------------------------------------------------------------------------------


@case
def those_who_drip_are_cut_off():
    until = time.monotonic() + 60
    while time.monotonic() < until and any(d["closed"] is None for d in drips):
        time.sleep(0.2)
    for d in drips:
        sub("dripping: " + d["what"], d["closed"] is not None, "open after a minute")
        if d["closed"] is not None:
            print("# %s: closed after %.1f s" % (d["what"], d["closed"]))
            check(d["closed"] > 3, "not at once: a slow line is no attack")


@case
def stopping_answers_what_was_begun_and_loses_nothing():
    acknowledged, cut, lock = {}, [], threading.Lock()
    key = hub.people["bank"]["api_key"]
    stop = threading.Event()

    def writer(n):
        c = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=60)
        for i in range(100000):
            body = json.dumps(alert(title="Stop %d %d" % (n, i)))
            try:
                c.request("POST", "/api/v1/items", body,
                          {"Authorization": "Bearer " + key, "Content-Type": "application/json", "Host": "127.0.0.1"})
                r = c.getresponse()
            except (ConnectionError, http.client.BadStatusLine):
                return  # closed before an answer began
            try:
                data = r.read()
            except Exception as e:
                cut.append("an answer was cut: %r" % e)
                return
            if r.status == 201:
                with lock:
                    acknowledged[json.loads(data)["id"]] = "Stop %d %d" % (n, i)
            elif r.status not in (429, 503):
                cut.append("%d %r" % (r.status, data[:200]))
            if r.headers["Connection"] == "close":
                return

    threads = [threading.Thread(target=writer, args=(n,)) for n in range(8)]
    [t.start() for t in threads]
    time.sleep(1)
    body = json.dumps(alert(title="Stop, half sent")).encode()
    half = [connect(hub, source="127.0.0.44") for _ in range(5)]
    for s in half:
        s.sendall(b"POST /api/v1/items HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + key.encode() +
                  b"\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:40])
    stream = hub.browser("hospital").stream()
    idle = connect(hub, source="127.0.0.43")
    time.sleep(0.3)
    hub.process.terminate()
    time.sleep(0.3)
    for s in half:  # what was under way may finish
        s.sendall(body[40:])
        a = read_answer(s)
        check(a and a[0] == 201, "a request that was half sent: %s" % (a,))
        acknowledged[json.loads(a[2])["id"]] = "Stop, half sent"
    check(closed_within(idle, 30), "idle connections end")
    [t.join(60) for t in threads]
    equal(hub.process.wait(60), 0, "exit status")
    equal(cut, [], "answers")
    check(len(acknowledged) > 20, "too few writes: %d" % len(acknowledged))
    until = time.monotonic() + 10
    while not stream.ended and time.monotonic() < until:
        time.sleep(0.05)
    check(stream.ended, "the live page is told")
    hub.start()
    reader = hub.client("bank")
    missing = [i for i, t in acknowledged.items() if reader.get("/api/v1/items/" + i).json.get("title") != t]
    equal(missing, [], "acknowledged and not there")
    print("# %d acknowledged writes" % len(acknowledged))


main(before, lambda: hub.done())
