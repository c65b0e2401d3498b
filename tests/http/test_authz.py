# SPDX-License-Identifier: Apache-2.0
"""Asks the running program for every cell of tests/authz.tsv: each route with each role and key scope.

A request is made valid from the route's declared parameters (ids of things that are not there), so what is
tested is the gate in front of the handler: `yes` any answer but 401, 403 and the way to sign-in; `no` 403;
`sign-in` 401, or a redirect to the sign-in page; `-` does not apply.
"""
import pathlib
import re
import subprocess

import terms
from hub import Form, Hub, PROGRAM
from tap import case, check, main, sub

TABLE = pathlib.Path(__file__).resolve().parent.parent / "authz.tsv"
hub = None
clients = {}


def rows():
    lines = [l.split("\t") for l in TABLE.read_text().splitlines() if l and not l.startswith("#")]
    return lines[0][2:], lines[1:]


def routes():
    out = subprocess.run([PROGRAM, "routes"], capture_output=True, text=True, check=True).stdout
    for line in out.splitlines():
        method, path, face, place, permission, types, summary, params = line.split("\t")
        names = [p.rsplit(":", 5) for p in params.split(" ")] if params else []
        yield (method, path), (face, types, names)


def value(name, kind, low, high):
    if name == "lang":
        return "en"
    if kind == "id":
        return "a" * 26
    if kind == "int":
        return str(max(int(low), 0))
    if kind == "flag":
        return "1"
    return ("x" * max(int(low), 1))[: int(high) or 128]


def request(client, method, path, face, types, params, csrf):
    query, form = {}, {}
    for name, kind, places, required, low, high in params:
        v = csrf if name == "csrf" else value(name, kind, low, high)
        if "p" in places:
            path = path.replace("{%s}" % name, v)
        elif required and "f" in places:
            form[name] = v
        elif name == "csrf":
            form[name] = v
        elif required:
            query[name] = v
    if query:
        path += "?" + "&".join("%s=%s" % kv for kv in query.items())
    body, type = None, None
    if method in ("POST", "PUT"):
        if "form-urlencoded" in types:
            body = form
        elif types:
            body, type = "{}", types.split(" ")[0]
    headers = {"Accept": "application/taxii+json;version=2.1"} if face == "taxii" else {}
    return client.request(method, path, body, headers=headers, type=type)


def verdict(a):
    if a.status == 401 or (a.status == 303 and "/sign-in?next=" in (a.headers["Location"] or "")):
        return "sign-in"
    return "no" if a.status == 403 else "yes"


def csrf_of(client):
    for page in ("/en/home", "/en/sign-in"):
        m = re.search(r'name="csrf" value="([^"]+)"', client.get(page).text)
        if m:
            return m.group(1)
    return "x"


def make_clients():
    key = {}
    admin = hub.browser("bank")
    page = admin.get("/en/organisation").text
    for scope in ("read", "write", "taxii", "import"):
        form = Form(page, r"organisation/keys$")
        form.fields.update({"label": scope, "scope": scope, "days": "30"})
        a = admin.post(form.action, form.fields)
        m = re.search(r"bwk_[a-z2-7]+", a.text)
        check(m, "key with scope %s: %d %s" % (scope, a.status, a.text[-3000:]))
        key["key:" + scope] = m.group(0)
    roles = {"representative": "sme", "admin": "bank"}
    roles.update((r, r) for r in ("analyst", "operator", "membership", "sysadmin", "auditor"))
    for role, persona in roles.items():
        clients[role] = {"page": hub.browser(persona), "api": hub.client(persona)}
    clients["service"] = {"page": None, "api": hub.client("service")}
    clients["nobody"] = {"page": hub.browser(), "api": hub.client()}
    for name, text in key.items():
        clients[name] = {"page": None, "api": hub.client(key=text)}
    for c in clients.values():
        c["csrf"] = csrf_of(c["page"]) if c["page"] else "x"


@case
def every_cell_of_the_table():
    make_clients()
    ask(set(clients))


def ask(whom):
    known = dict(routes())
    columns, table = rows()
    # What ends the session comes last.
    for row in sorted(table, key=lambda r: "sign-out" in r[1]):
        method, path = row[0], row[1]
        face, types, params = known[(method, path)]
        for column, want in zip(columns, row[2:]):
            if want == "-" or column not in whom:
                continue
            c = clients[column]
            kind = "api" if face in ("api", "taxii") else "page"
            if face == "stream" and want == "yes":
                s = c["page"].stream(path)
                sub("%s %s as %s" % (method, path, column), s.status == 200, s.status)
                s.close()
                continue
            a = request(c[kind], method, path, face, types, params, c["csrf"])
            got = verdict(a)
            sub("%s %s as %s" % (method, path, column), got == want,
                "got %s (%d), want %s: %s" % (got, a.status, want, a.text[-300:]))


def make_limited(other):
    """Terms come into force that nobody has accepted: the representative is limited."""
    terms.announce(other, "Members share in good faith.")
    sme = other.browser("sme")
    check("limit-notice" in sme.get("/en/home").text, "the page says so")
    clients["limited"] = {"page": sme, "api": other.client("sme"), "csrf": csrf_of(sme)}


@case
def every_cell_of_the_limited():
    other = Hub(demo=True, args=terms.AT_ONCE)
    try:
        make_limited(other)
        ask({"limited"})
    finally:
        other.done()


def before():
    global hub
    hub = Hub(demo=True)


main(before, lambda: hub.done())
