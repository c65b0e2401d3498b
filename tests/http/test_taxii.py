# SPDX-License-Identifier: Apache-2.0
"""TAXII 2.1 as a client sees it: discovery, collections, pages, manifest, filters, adding, errors; that each sees
what they may, that a walk gives everything once, and that objects come out as they went in."""
import json
import lzma
import os
import re
import time
import urllib.parse
import uuid

from hub import Hub, shared
from tap import case, check, contains, equal, lacks, main, skip, sub

hub = None
TYPE = "application/taxii+json;version=2.1"
GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
ROOT = "/taxii2/api/"
serial = 0


def before():
    global hub
    hub = Hub(demo=True)
    c = hub.client("bank").get(ROOT + "collections/").json["collections"]
    hub.community = ROOT + "collections/%s/" % next(x["id"] for x in c if x["can_read"])
    hub.contribute = ROOT + "collections/%s/" % next(x["id"] for x in c if x["can_write"])


def parse(text):
    """JSON with numbers as written: what TAXII gives must be equal to what came in."""
    return json.loads(text, parse_float=lambda t: ("number", t), parse_int=lambda t: ("number", t))


def stix(type="indicator", **more):
    global serial
    serial += 1
    o = {"type": type, "spec_version": "2.1", "id": "%s--%s" % (type, uuid.uuid5(uuid.NAMESPACE_URL, "taxii/%d" % serial)),
         "created": "2026-01-02T03:04:05.000Z", "modified": "2026-01-02T03:04:05.000Z", "object_marking_refs": [GREEN]}
    if type == "indicator":
        o.update(pattern="[domain-name:value = 'n%d.taxii.example.net']" % serial, pattern_type="stix",
                 valid_from="2026-01-02T03:04:05Z")
    o.update(more)
    return o


def add(objects, persona="bank", want=202):
    a = hub.client(persona).post(hub.contribute + "objects/", json.dumps({"objects": objects}), type=TYPE)
    equal(a.status, want, a.text[:500])
    return a.json


def walk(client, place="objects/", limit=1000, **query):
    """All elements, page by page by `next`."""
    out, extra, pages = [], {}, 0
    while True:
        q = dict(query, limit=limit, **extra)
        a = client.get(hub.community + place + "?" + urllib.parse.urlencode(q))
        equal(a.status, 200, a.text[:300])
        page = parse(a.text)
        equal(a.headers["Content-Type"], TYPE)
        got = page.get("objects", page.get("versions", []))
        check(len(got) <= limit, "a page of %d" % len(got))
        out += got
        pages += 1
        if not page.get("more"):
            check("next" not in page, "no `next` at the end")
            return out, pages
        extra = {"next": page["next"]}


def id_version(o):
    return o["id"], o.get("modified", o.get("created", ""))


# -- the doors -------------------------------------------------------------------------------------


@case
def discovery_root_and_collections():
    c = hub.client("bank")
    a = c.get("/taxii2/")
    equal((a.status, a.headers["Content-Type"]), (200, TYPE))
    equal(a.json["default"], a.json["api_roots"][0])
    check(a.json["title"], "a title")
    root = c.get(a.json["default"]).json
    check("application/taxii+json;version=2.1" in root["versions"] and root["max_content_length"] > 1 << 20, root)
    got = c.get(ROOT + "collections/").json["collections"]
    equal(sorted((x["can_read"], x["can_write"]) for x in got), [(False, True), (True, False)])
    for x in got:
        check(re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", x["id"]), x["id"])
        equal(c.get(ROOT + "collections/%s/" % x["id"]).json, x)
        check("application/stix+json;version=2.1" in x["media_types"], x)
    a = c.get(ROOT + "collections/00000000-0000-4000-8000-000000000000/")
    equal((a.status, a.headers["Content-Type"]), (404, TYPE))
    check({"title", "http_status"} <= set(a.json), a.text)


@case
def everybody_has_the_same_collections():
    lists = {hub.client(p).get(ROOT + "collections/").text for p in ("bank", "sme", "hospital", "operator")}
    equal(len(lists), 1, "a list of one's circles would tell which circles there are")


@case
def basic_and_bearer_open_it_and_nothing_else_does():
    p = hub.people["bank"]
    equal(hub.client(basic=(p["email"], p["api_key"])).get("/taxii2/").status, 200)
    equal(hub.client(key=p["api_key"]).get("/taxii2/").status, 200)
    for what, c in [("nothing", hub.client()), ("a wrong key", hub.client(key="bwk_" + "a" * 52)),
                    ("a wrong key by Basic", hub.client(basic=(p["email"], "bwk_" + "a" * 52))),
                    ("the password", hub.client(basic=(p["email"], p["password"]))),
                    ("the suspended one", hub.client("suspended")), ("a session", hub.browser("bank"))]:
        a = c.get("/taxii2/")
        sub("not opened by " + what, a.status == 401 and a.headers["Content-Type"] == TYPE and
            (a.headers["WWW-Authenticate"] or "").startswith("Basic "), "%d %s" % (a.status, a.headers))
    for header in ("Basic", "Basic !!!", "Basic " + "QQ==", "Bearer", "Bearer ", "Digest x", "Negotiate abc", "Basic " + "A" * 5000):
        a = hub.client().get("/taxii2/", headers={"Authorization": header})
        sub("Authorization: " + header[:20], a.status == 401, a.status)


@case
def the_media_type_is_negotiated():
    c = hub.client("bank")
    for accept, status in [(None, 200), ("*/*", 200), ("application/*", 200), (TYPE, 200), ("application/taxii+json", 200),
                           ("application/taxii+json; version=2.1", 200), ("text/html, application/taxii+json;version=2.1;q=0.9", 200),
                           ("application/json", 406), ("text/html", 406), ("application/taxii+json;version=2.0", 406),
                           ("application/vnd.oasis.taxii+json; version=2.0", 406), ("application/stix+json;version=2.1", 406)]:
        for path in ("/taxii2/", ROOT, ROOT + "collections/", hub.community, hub.community + "objects/?limit=1",
                     hub.community + "manifest/?limit=1"):
            a = c.get(path, headers={"Accept": accept} if accept else None)
            if a.status != status or a.headers["Content-Type"] != TYPE:
                sub("Accept: %s at %s" % (accept, path), False, "%d %s" % (a.status, a.headers["Content-Type"]))
        sub("Accept: %s" % accept, True)
    body = json.dumps({"objects": [stix()]})
    for type, status in [("application/json", 415), ("application/stix+json;version=2.1", 415), ("text/plain", 415),
                         ("application/taxii+json;version=2.0", 415), (TYPE, 202), ("application/taxii+json", 202)]:
        a = c.post(hub.contribute + "objects/", body, type=type)
        sub("Content-Type: " + type, a.status == status, "%d %s" % (a.status, a.text[:200]))
    a = c.post(hub.contribute + "objects/", body, type=TYPE, headers={"Accept": "text/html"})
    equal(a.status, 406)


# -- pages -----------------------------------------------------------------------------------------


@case
def small_pages_give_the_same_as_large_ones():
    c = hub.client("bank")
    large, pages = walk(c)
    check(len(large) > 100, "the demo has objects: %d" % len(large))
    small, more = walk(c, limit=37)
    equal(small, large)
    equal(more, -(-len(large) // 37))
    ids = [id_version(o) for o in large]
    equal(len(ids), len(set(ids)), "each once")
    for o in large:
        for key in ("id", "type"):
            check(key in o, o)
    print("# %d objects" % len(large))


@case
def a_page_tells_from_when_to_when_it_was_added():
    c = hub.client("bank")
    a = c.get(hub.community + "objects/?limit=5")
    first, last = a.headers["X-TAXII-Date-Added-First"], a.headers["X-TAXII-Date-Added-Last"]
    check(TIME.fullmatch(first) and TIME.fullmatch(last) and first <= last, "%s %s" % (first, last))
    m = c.get(hub.community + "manifest/?limit=5").json["objects"]
    equal((m[0]["date_added"], m[-1]["date_added"]), (first, last))
    a = c.get(hub.community + "objects/?added_after=2999-01-01T00:00:00Z")
    equal((a.status, a.json), (200, {}), "an empty page is an empty object")
    check(a.headers["X-TAXII-Date-Added-First"] is None, "and has no dates")


@case
def added_after_gives_every_object_once_while_others_add():
    c = hub.client("sme")
    everything, _ = walk(c)
    seen, after = [], "1970-01-01T00:00:00Z"
    for i in range(10000):
        a = c.get(hub.community + "objects/?limit=29&added_after=" + urllib.parse.quote(after))
        page = parse(a.text)
        seen += page.get("objects", [])
        if not page.get("objects"):
            break
        after = a.headers["X-TAXII-Date-Added-Last"]
        if i % 5 == 0:
            add([stix() for _ in range(3)], "hospital")
            everything = None
    if everything is None:
        everything, _ = walk(c)
    equal([id_version(o) for o in seen], [id_version(o) for o in everything], "in the same order, none lost, none twice")
    check(len(seen) > 100, len(seen))
    new = stix()
    add([new], "bank")
    a = c.get(hub.community + "objects/?added_after=" + urllib.parse.quote(after))
    equal([o["id"] for o in a.json["objects"]], [new["id"]], "from there on only what is new")


@case
def the_manifest_tells_of_the_same_objects():
    c = hub.client("bank")
    objects, _ = walk(c)
    records, _ = walk(c, "manifest/", limit=100)
    equal([r["id"] for r in records], [o["id"] for o in objects])
    for r, o in zip(records, objects):
        check(TIME.fullmatch(r["date_added"]), r)
        check(r["media_type"].startswith("application/stix+json;version="), r)
        if "modified" in o or "created" in o:
            equal(r["version"], o.get("modified", o.get("created")))
    dates = [r["date_added"] for r in records]
    check(all(a < b for a, b in zip(dates, dates[1:])), "strictly in the order of adding")


@case
def limits_and_cursors_that_are_none():
    c = hub.client("bank")
    for q, status in [("limit=0", 400), ("limit=-1", 400), ("limit=x", 400), ("limit=99999999999", 200), ("limit=1", 200),
                      ("next=x", 400), ("next=" + "A" * 100, 400), ("added_after=yesterday", 400),
                      ("added_after=2026-02-30T00:00:00Z", 400), ("added_after=2026-01-01", 400),
                      ("match[version]=newest", 400), ("match[id]=x", 200), ("match[type]=nothing", 200),
                      ("match[id]=" + ",".join("a" for _ in range(300)), 400), ("unknown=1", 200)]:
        a = c.get(hub.community + "objects/?" + q)
        sub("query " + q[:40], a.status == status and a.headers["Content-Type"] == TYPE, "%d %s" % (a.status, a.text[:200]))
    cursor = c.get(hub.community + "objects/?limit=2").json["next"]
    equal(hub.client("sme").get(hub.community + "objects/?limit=2&next=" + cursor).status, 400, "another person's cursor")
    equal(c.get(hub.community + "objects/?limit=2&next=" + cursor[:-1] + ("A" if cursor[-1] != "A" else "B")).status, 400)
    check(cursor != c.get(hub.community + "objects/?limit=2").json["next"], "a cursor tells no position")


# -- filters ---------------------------------------------------------------------------------------


@case
def filters_choose():
    c = hub.client("bank")
    old, other = stix(name="v1"), stix("malware", name="m", is_family=False)
    versions = [old] + [dict(old, modified="2026-0%d-02T03:04:05.000Z" % n, name="v%d" % n) for n in (2, 3)]
    add(versions + [other])
    get = lambda **q: parse(c.get(hub.community + "objects/?" + urllib.parse.urlencode(
        {"match[%s]" % k: v for k, v in q.items()})).text).get("objects", [])
    names = lambda objects: sorted(o["name"] for o in objects)
    equal(names(get(id=old["id"])), ["v3"], "the last version unless asked otherwise")
    equal(names(get(id=old["id"], version="all")), ["v1", "v2", "v3"])
    equal(names(get(id=old["id"], version="first")), ["v1"])
    equal(names(get(id=old["id"], version="first,last")), ["v1", "v3"])
    equal(names(get(id=old["id"], version="2026-02-02T03:04:05.000Z")), ["v2"])
    equal(names(get(id="%s,%s" % (old["id"], other["id"]))), ["m", "v3"])
    equal(names(get(id="%s,%s" % (old["id"], other["id"]), type="malware")), ["m"])
    equal({o["type"] for o in get(type="malware,identity")} <= {"malware", "identity"}, True)
    equal(get(id=old["id"], spec_version="2.0"), [])
    equal(names(get(id=old["id"], spec_version="2.1")), ["v3"])
    one = c.get(hub.community + "objects/%s/" % old["id"])
    equal(names(one.json["objects"]), ["v3"])
    equal(names(c.get(hub.community + "objects/%s/?match[version]=all" % old["id"]).json["objects"]), ["v1", "v2", "v3"])
    v = c.get(hub.community + "objects/%s/versions/" % old["id"]).json["versions"]
    equal(sorted(v), [o["modified"] for o in versions])
    for place in ("objects/%s/", "objects/%s/versions/"):
        a = c.get(hub.community + place % "indicator--00000000-0000-4000-8000-000000000000")
        equal((a.status, a.headers["Content-Type"]), (404, TYPE))


# -- adding ----------------------------------------------------------------------------------------


@case
def adding_is_answered_with_a_complete_status():
    good, bad = stix(), stix(id="indicator--no")
    s = add([good, bad])
    equal((s["status"], s["total_count"], s["success_count"], s["failure_count"], s["pending_count"]), ("complete", 2, 1, 1, 0))
    check(TIME.fullmatch(s["request_timestamp"]), s)
    c = hub.client("bank")
    equal(c.get(ROOT + "status/%s/" % s["id"]).json, s)
    for other in ("sme", "hospital"):
        a = hub.client(other).get(ROOT + "status/%s/" % s["id"])
        equal(a.status, 404, "another's status")
    again = add([good])
    equal((again["success_count"], again["failure_count"]), (1, 0))
    equal(len([o for o in walk(c)[0] if o["id"] == good["id"]]), 1, "the same twice is one object")
    for what, body in [("no JSON", "x"), ("empty", ""), ("cut", '{"objects":[')]:
        a = c.post(hub.contribute + "objects/", body, type=TYPE)
        check(a.status in (400, 422) or (a.status == 202 and a.json["success_count"] == 0), "%s: %d %s" % (what, a.status, a.text))


@case
def reading_and_adding_are_two_collections():
    c = hub.client("bank")
    equal(c.get(hub.contribute + "objects/").status, 403)
    equal(c.get(hub.contribute + "manifest/").status, 403)
    equal(c.post(hub.community + "objects/", json.dumps({"objects": [stix()]}), type=TYPE).status, 403)
    equal(c.request("DELETE", hub.community + "objects/x/").status, 405)


# -- who sees what ---------------------------------------------------------------------------------


@case
def each_sees_what_they_may_and_no_trace_of_the_rest():
    org = hub.client("hospital").get("/api/v1/me").json["organisation"]["id"]
    secret = "taxii-secret.example.org"
    a = hub.client("bank").post_json("/api/v1/items", {
        "kind": "alert", "lang": "en", "tlp": "amber", "severity": "high", "publish": True, "title": "For the hospital",
        "body": "Beacons to %s" % secret, "audience": {"organisations": [org]}})
    equal(a.status, 201)
    hospital, _ = walk(hub.client("hospital"))
    mine = [o for o in hospital if secret in json.dumps(o)]
    check(mine, "the recipient's machine gets the indicator")
    for persona in ("sme", "hospital2"):
        c = hub.client(persona)
        objects, _ = walk(c, **{"match[version]": "all"})
        records, _ = walk(c, "manifest/")
        for o in mine:
            check(o["id"] not in {x["id"] for x in objects} | {r["id"] for r in records}, persona)
            never = c.get(hub.community + "objects/indicator--00000000-0000-4000-8000-000000000000/")
            got = c.get(hub.community + "objects/%s/" % o["id"])
            equal((got.status, got.body), (404, never.body))
            equal(c.get(hub.community + "objects/?match[id]=" + o["id"]).json, {})
        lacks(json.dumps(objects), secret)
    hub.client("bank").post("/api/v1/items/%s/withdraw" % a.json["id"])
    left, _ = walk(hub.client("hospital"))
    check(not [o for o in left if secret in json.dumps(o) and not o.get("revoked")], "withdrawn: gone or revoked")


@case
def red_is_in_no_collection_of_others():
    red = stix(object_marking_refs=["marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"], name="Red object")
    add([red], "bank")
    for persona in ("sme", "hospital", "operator", "analyst"):
        check(red["id"] not in {o["id"] for o in walk(hub.client(persona))[0]}, persona)


# -- what goes in comes out ------------------------------------------------------------------------

ODD = ['{"type":"malware","spec_version":"2.1","id":"malware--11111111-2222-4333-8444-%012d","created":"2026-01-01T00:00:00Z",'
       '"modified":"2026-01-01T00:00:00Z","is_family":true,"object_marking_refs":["%s"],%s}' % (n, GREEN, more)
       for n, more in enumerate([
           '"x_n":[1e2,100,1.0,0.1,-0,12345678901234567890,1E+400,0.30000000000000004]',
           '"name":"\\u6f22\\uD83D\\uDEA2 \\/ \\" \\\\ \\n"', '"name":"漢🚢 /"', '"x":{"":{"":[[[[]]]]},"\\u0000":null}',
           '"description":"%s"' % ("long " * 20000)])]


@case
def odd_objects_come_out_equal():
    text = '{"objects":[%s]}' % ",\n".join(ODD)
    a = hub.client("bank").post(hub.contribute + "objects/", text, type=TYPE)
    equal((a.status, a.json["success_count"]), (202, len(ODD)), a.text)
    there = {o["id"]: o for o in walk(hub.client("sme"))[0]}
    for o in ODD:
        want = parse(o)
        sub("equal: " + o[220:260], there.get(want["id"]) == want, there.get(want["id"]))
    for o in ODD:  # byte for byte, not only by value
        raw = hub.client("sme").get(hub.community + "objects/%s/" % parse(o)["id"]).body.decode()
        check(o in raw, "as received")


def bundles():
    folder = shared()
    if not folder:
        skip("3 bundles: BREAKWATER_SHARED is not set")
    return sorted((folder / "data" / "stix").glob("*.xz"), key=lambda f: f.stat().st_size)


@case
def real_bundles_come_out_equal():
    files, done, began = bundles(), 0, time.monotonic()
    for f in files:
        if done and os.environ.get("BREAKWATER_LONG") != "yes" and f.stat().st_size > 500000:
            print("# %s: with BREAKWATER_LONG" % f.name)
            continue
        text = lzma.open(f).read()
        a = hub.client("analyst").post("/api/v1/import?tlp=green&name=" + f.name, text)
        equal(a.status, 200, a.text[:500])
        want = parse(text)
        want = want if isinstance(want, list) else want["objects"]
        equal((a.json["refused"], a.json["taken"] + a.json["same"]), (0, len(want)), a.json["reasons"][:3])
        there = {}
        for o in walk(hub.client("sme"), **{"match[version]": "all"})[0]:
            there.setdefault(id_version(o), []).append(o)
        missing = [o["id"] for o in want if o not in there.get(id_version(o), [])]
        sub("%s: %d objects" % (f.name, len(want)), not missing, missing[:10])
        again = hub.client("analyst").post("/api/v1/import?tlp=green&name=" + f.name, text).json
        sub("%s again" % f.name, (again["taken"], again["same"], again["refused"]) == (0, len(want), 0), again)
        done += 1
        print("# %s: %.1f s" % (f.name, time.monotonic() - began))
    check(done > 0, "no bundle in the folder")


main(before, lambda: hub.done())
