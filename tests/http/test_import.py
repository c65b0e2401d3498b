# SPDX-License-Identifier: Apache-2.0
"""Files in, by POST /api/v1/import, by the form and by the command: what is taken, what is refused and why, and
that the same again changes nothing. With BREAKWATER_SHARED also real reports."""
import gzip
import io
import json
import time
import urllib.parse
import uuid
import zipfile

from hub import Hub, shared
from kit import csrf, raw
from tap import case, check, contains, equal, lacks, main, skip, sub

hub = None
GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
RED = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
serial = 0


def before():
    global hub
    hub = Hub(demo=True)


def bring(body, persona="bank", type="application/octet-stream", status=200, **query):
    path = "/api/v1/import" + ("?" + urllib.parse.urlencode(query) if query else "")
    a = hub.client(persona).post(path, body, type=type)
    equal(a.status, status, a.text[:600])
    if status == 200:
        check(set(a.json) >= {"taken", "same", "refused", "reasons"}, a.text)
    else:
        equal(a.headers["Content-Type"], "application/problem+json")
    return a.json


def sums(a):
    return a["taken"], a["same"], a["refused"]


def stix(type="indicator", **more):
    global serial
    serial += 1
    o = {"type": type, "spec_version": "2.1", "id": "%s--%s" % (type, uuid.uuid5(uuid.NAMESPACE_URL, "test/%d" % serial)),
         "created": "2026-01-02T03:04:05.000Z", "modified": "2026-01-02T03:04:05.000Z"}
    if type == "indicator":
        o.update(pattern="[ipv4-addr:value = '203.0.113.%d']" % (serial % 250), pattern_type="stix",
                 valid_from="2026-01-02T03:04:05Z", object_marking_refs=[GREEN])
    o.update(more)
    return o


def bundle(objects):
    return {"type": "bundle", "id": "bundle--" + str(uuid.uuid5(uuid.NAMESPACE_URL, "b")), "objects": objects}


def objects_of(persona):
    """id -> versions of everything that TAXII gives this persona."""
    c = hub.client(persona)
    root = c.get("/taxii2/").json["default"]
    community = next(x for x in c.get(root + "collections/").json["collections"] if x["can_read"])
    base, out, after = "%scollections/%s/objects/?limit=1000&match[version]=all" % (root, community["id"]), [], ""
    while True:
        page = c.get(base + after).json
        out += page.get("objects", [])
        if not page.get("more"):
            return out
        after = "&next=" + page["next"]


# -- STIX ------------------------------------------------------------------------------------------


@case
def one_broken_object_among_thousands_costs_only_itself():
    many = [stix() for _ in range(3000)]
    texts = [json.dumps(o) for o in many]
    broken_id = many[1500]["id"]
    texts[1500] = texts[1500].replace('"pattern_type": ', '"pattern_type": !', 1)
    text = '{"type":"bundle","id":"bundle--x","objects":[%s]}' % ",\n".join(texts)
    r = bring(text)
    equal(sums(r), (2999, 0, 1), r["reasons"][:3])
    equal(len(r["reasons"]), 1)
    contains(r["reasons"][0]["where"], "1501")
    contains(r["reasons"][0]["why"], "line 1501")
    hub.many, hub.many_text, hub.broken_id = many, text, broken_id


@case
def the_same_twice_is_all_the_same():
    equal(sums(bring(hub.many_text)), (0, 2999, 1))
    equal(sums(bring(json.dumps(hub.many[:1500]))), (0, 1500, 0), "in another wrapping: an array")
    equal(sums(bring(json.dumps({"objects": hub.many[:10]}))), (0, 10, 0), "a TAXII envelope")
    equal(sums(bring(json.dumps(hub.many[7]))), (0, 1, 0), "a single object")
    equal(sums(bring(json.dumps(hub.many[1500]))), (1, 0, 0), "the broken one put right")


@case
def wrong_objects_are_told_one_by_one():
    good = stix()
    cases = [
        ("no id", {k: v for k, v in stix().items() if k != "id"}, "id"),
        ("no type", {k: v for k, v in stix().items() if k != "type"}, "type"),
        ("id of another type", stix(id="malware--" + str(uuid.uuid4())), "id"),
        ("id without UUID", stix(id="indicator--1"), "id"),
        ("no created", {k: v for k, v in stix().items() if k != "created"}, "created"),
        ("no modified", {k: v for k, v in stix().items() if k != "modified"}, "modified"),
        ("year 0", stix(modified="0000-01-01T00:00:00Z"), "modified"),
        ("year 10000", stix(modified="10000-01-01T00:00:00Z"), "modified"),
        ("31 February", stix(modified="2026-02-31T00:00:00Z"), "modified"),
        ("a number for a time", stix(created=5), "created"),
        ("a version from the future", stix(spec_version="3.0"), "version"),
        ("a bundle in a bundle", bundle([]), "type"),
        ("text", "not an object", ""),
        ("a number", 5, ""),
        ("null", None, ""),
        ("an array", [stix()], ""),
        ("markings that are no list", stix(object_marking_refs="x"), "mark"),
        ("NUL in the id", stix(id="indicator--\x00"), "id"),
    ]
    r = bring(json.dumps(bundle([good] + [c[1] for c in cases])))
    equal(sums(r), (1, 0, len(cases)), r["reasons"])
    for i, (what, _, word) in enumerate(cases):
        reason = next((x for x in r["reasons"] if x["where"].startswith("object %d" % (i + 2))), None)
        sub("object: " + what, reason and word in reason["why"], r["reasons"])


@case
def years_at_the_edge_and_long_numbers_are_kept_as_written():
    odd = [stix(modified="9999-12-31T23:59:59.999999Z"), stix(created="0001-01-01T00:00:00Z"),
           stix(x_number=12345678901234567890123, x_float=0.1), stix(x_text="漢字 \U0001f6a2"),
           stix(confidence=50, x_deep={"a": [{"b": [1, [2, [3]]]}]})]
    text = json.dumps(bundle(odd), ensure_ascii=False)
    equal(sums(bring(text)), (5, 0, 0))
    there = {o["id"]: o for o in objects_of("bank")}
    for o in odd:
        equal(there[o["id"]], o)


@case
def another_version_is_another_object_and_another_content_too():
    o = stix(name="first")
    equal(sums(bring(json.dumps(o))), (1, 0, 0))
    newer = dict(o, modified="2026-02-02T03:04:05.000Z", name="second")
    equal(sums(bring(json.dumps(newer))), (1, 0, 0))
    changed = dict(o, name="same id and time, other content")
    equal(sums(bring(json.dumps(changed))), (1, 0, 0))
    equal(sums(bring(json.dumps([o, newer, changed]))), (0, 3, 0))
    names = sorted(x["name"] for x in objects_of("bank") if x["id"] == o["id"])
    equal(names, ["first", "second"], "a collection has one object of an id and a version: the one that came first")


@case
def nobody_overwrites_what_is_another_s():
    o = stix(name="the bank's", object_marking_refs=[GREEN])
    equal(sums(bring(json.dumps(o), "bank")), (1, 0, 0))
    other = dict(o, name="the clinic's word for it")
    equal(sums(bring(json.dumps(other), "hospital2")), (1, 0, 0))
    names = [x["name"] for x in objects_of("sme") if x["id"] == o["id"]]
    check("the bank's" in names, names)
    equal(sums(bring(json.dumps(o), "hospital2")), (1, 0, 0), "\"already there\" is answered within one's own")


@case
def labels_decide_who_sees_an_object():
    amber = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"
    clear = "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"
    unknown = "marking-definition--" + str(uuid.uuid5(uuid.NAMESPACE_URL, "unknown"))
    made = {"green": stix(object_marking_refs=[GREEN]), "clear": stix(object_marking_refs=[clear]),
            "amber": stix(object_marking_refs=[amber]), "red": stix(object_marking_refs=[RED]),
            "two": stix(object_marking_refs=[GREEN, RED]), "none": stix(object_marking_refs=[]),
            "unknown": stix(object_marking_refs=[unknown]),
            "granular": stix(granular_markings=[{"marking_ref": RED, "selectors": ["pattern"]}])}
    r = bring(json.dumps(bundle(list(made.values()))), "hospital")
    equal((r["taken"], r["refused"]), (len(made), 0), r)
    contains(json.dumps(r["reasons"]), "quarantined")
    sees = {p: {n for n, o in made.items() if o["id"] in {x["id"] for x in objects_of(p)}}
            for p in ("hospital", "bank", "sme", "hospital2", "operator", "analyst")}
    for p in ("bank", "sme", "hospital2"):
        equal(sees[p], {"green", "clear"}, p)
    equal(sees["hospital"], {"green", "clear", "amber", "red", "two", "none", "granular"})
    for p in ("operator", "analyst"):
        check("red" not in sees[p] and "two" not in sees[p] and "granular" not in sees[p], "RED is the importer's: " + p)
        check("unknown" in sees[p], "what cannot be resolved is kept for the staff")


@case
def indicators_of_an_import_are_found_by_those_who_may_see_them():
    o = stix(pattern="[domain-name:value = 'evil-import.example.com']", object_marking_refs=[RED])
    equal(sums(bring(json.dumps(o), "hospital")), (1, 0, 0))
    equal(hub.browser("hospital").get("/en/indicator?value=evil-import.example.com").status, 200)
    for p in ("bank", "sme"):
        b = hub.browser(p)
        equal(b.get("/en/indicator?value=evil-import.example.com").status, 404, p)
        lacks(b.get("/en/search?q=evil-import.example.com").text, "/en/indicator?value=evil")


# -- what is no STIX -------------------------------------------------------------------------------


def zipped(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for name, data in files.items():
            z.writestr(name, data)
    return out.getvalue()


GOOD = json.dumps(bundle([stix()]))
BAD = [
    ("empty", b"", "empty"),
    ("blanks", b" \n\t\r\n", "blank"),
    ("a zip of nothing", zipped(), "zip"),
    ("a zip", zipped(a="x"), "zip"),
    ("gzip", gzip.compress(GOOD.encode()), "gzip"),
    ("xz", b"\xfd7zXZ\x00" + b"\0" * 60, "xz"),
    ("PDF", b"%PDF-1.7\n" + b"x" * 100, "PDF"),
    ("UTF-16 with a mark", GOOD.encode("utf-16"), "UTF-16"),
    ("UTF-16 without a mark", GOOD.encode("utf-16-le"), "UTF-16"),
    ("UTF-16, the other way round", GOOD.encode("utf-16-be"), "UTF-16"),
    ("UTF-32", GOOD.encode("utf-32"), "UTF-"),
    ("noise", bytes(range(256)) * 40, "text"),
    ("zeros", b"\0" * 5000, ""),
    ("XML", b"<?xml version='1.0'?><stix/>", "XML"),
    ("a web page", b"<!DOCTYPE html><title>Sign in</title>", "web page"),
    ("JSON of something else", b'{"name":"x","value":[1,2]}', "STIX"),
    ("a type that is a number", b'{"type":5}', ""),
    ("cut in the middle", GOOD[: len(GOOD) // 2].encode(), ""),
    ("a depth bomb", b"[" * 100000, ""),
    ("a depth bomb of objects", b'{"objects":' * 100000, ""),
]


@case
def what_cannot_be_read_is_told_and_nothing_is_taken():
    for what, body, word in BAD:
        a = hub.client("bank").post("/api/v1/import", body, type="application/octet-stream")
        if a.status == 422:  # a file that is read in part: everything in it refused
            ok = a.json["taken"] + a.json["same"] == 0 and a.json["refused"] > 0 and word in json.dumps(a.json["reasons"])
        else:
            ok = a.status in (400, 413, 415) and word in a.json["detail"] and len(a.json["detail"]) > 10
        sub("file: " + what, ok, "%d %s" % (a.status, a.text[:400]))
    b = hub.browser("bank")
    equal(b.get("/en/home").status, 200, "the hub is well")


@case
def a_file_over_the_limit_is_413_before_it_is_sent():
    small = Hub(demo=True, args=["--set", "import_max=1"])
    try:
        a = small.client("bank").post("/api/v1/import", "192.0.2.1\n" * 200000, type="text/plain")
        equal(a.status, 413, a.text)
        contains(a.json["detail"], "import_max")
        head = "POST /api/v1/import HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\nContent-Type: text/plain\r\n" \
            "Expect: 100-continue\r\nContent-Length: %d\r\n\r\n"
        equal(raw(small, head % (small.people["bank"]["api_key"], 2 << 30))[0], 413, "2 GB")
        for key in ("", "bwk_" + "a" * 52):
            equal(raw(small, head % (key, 900 << 20))[0], 401, "nobody's gigabyte is not read")
    finally:
        small.done()


# -- lists -----------------------------------------------------------------------------------------


@case
def a_plain_list_becomes_one_item():
    text = "# from our honeypot\r\n198.51.100.201\r\nbad-list.example.com\n; note\n44d88612fea8a8f36de82e1278abb02f\n" \
        "hxxp://bad[.]example[.]net/x\nno indicator here\n198.51.100.201\n2001:db8::bad,AS64500,HK\n"
    r = bring(text, name="honeypot.txt", tlp="green")
    equal(r["kind"], "list")
    equal(sums(r), (5, 1, 1), r)
    equal([x["where"] for x in r["reasons"]], ["line 7"])
    found = hub.client("sme").get("/api/v1/items?q=bad-list.example.com").json["items"]
    equal(len(found), 1)
    equal((found[0]["kind"], found[0]["tlp"], found[0]["indicator_count"]), ("indicator-report", "TLP:GREEN", 5))
    again = bring(text, name="honeypot.txt", tlp="green")
    equal(sums(again), (0, 6, 1))
    equal(len(hub.client("sme").get("/api/v1/items?q=bad-list.example.com").json["items"]), 1)


@case
def a_list_of_which_nothing_is_taken_is_refused():
    r = bring("nothing in here\nand here neither\n", name="empty.txt", status=422)
    equal(sums(r), (0, 0, 2), r)
    equal([x["where"] for x in r["reasons"]], ["line 1", "line 2"])
    contains(r["reasons"][0]["why"], "no address")
    for _ in range(2):  # what is there already is no reason to complain
        bring("nothing in here\nx.example\n", name="one.txt")
    equal(len(hub.client("bank").get("/api/v1/items?q=x.example").json["items"]), 1)


@case
def a_list_of_thousands_is_whole():
    lines = ["10.%d.%d.%d" % (i >> 16, i >> 8 & 255, i & 255) for i in range(5000)]
    r = bring("\n".join(lines), name="long.txt", tlp="green")
    equal(sums(r), (5000, 0, 0), r["reasons"])
    equal(sums(bring("\n".join(lines), name="long.txt", tlp="green")), (0, 5000, 0))
    equal(hub.browser("sme").get("/en/indicator?value=" + lines[4999]).status, 200, "the last of them is found")


@case
def who_imports_chooses_label_and_audience():
    r = bring("own-list.example.com\n", tlp="green", audience="own")
    equal(r["taken"], 1)
    equal(len(hub.client("bank").get("/api/v1/items?q=own-list.example.com").json["items"]), 1)
    equal(hub.client("sme").get("/api/v1/items?q=own-list.example.com").json["items"], [])
    bring("x-list.example.com\n", status=400, tlp="purple")
    bring("x-list.example.com\n", status=400, audience="friends")
    equal(hub.client("bank").get("/api/v1/items?q=x-list.example.com").json["items"], [])
    for persona in ("suspended",):
        equal(hub.client(persona).post("/api/v1/import", "x.example.com", type="text/plain").status, 401)


# -- reports ---------------------------------------------------------------------------------------

ROWS = [
    ('"2026-11-20 01:02:03","198.18.2.9","443"', None),
    ('"0000-00-00 00:00:00","198.18.2.10","443"', "0000"),
    ('"9999-12-31 23:59:59","198.18.2.11","443"', "future"),
    ('"0001-01-01 00:00:00","198.18.2.11","443"', "1990"),
    ('"yesterday","198.18.2.12","443"', "time"),
    ('"","198.18.2.13","443"', "time"),
    ('"2026-11-20 01:02:03","198.18.2.999","443"', "address"),
    ('"2026-11-20 01:02:03","","443"', "address"),
    ('"2026-11-20 01:02:03","fe80::1%eth0","443"', "zone"),
    ('"2026-11-20 01:02:03","0.0.0.0","443"', ""),
    ('"2026-11-20 01:02:03","::ffff:198.18.2.14","443"', None),
    ('"2026-11-20T01:02:03Z","198.18.2.15","99999"', None),
    ('"2026-11-20 01:02:03","198.18.2.16","443","more","cells"', "cells"),
    ('"2026-11-20 01:02:03","198.18.2.17"', None),
    ('"2026-11-20 01:02:03","198.18.2.18","443', "quote"),
    ('2026-11-20 01:02:03,198.18.2.19,443', None),
    ('"2026-11-20 01:02:03"x,"198.18.2.20","443"', ""),
]


@case
def each_row_of_a_report_is_taken_or_explained():
    text = '"timestamp","ip","port"\r\n' + "".join(r + "\r\n" for r, _ in ROWS)
    r = bring(text, "operator", type="text/csv", name="scan_rdp.csv")
    equal(r["kind"], "scan_rdp")
    bad = {"line %d" % (i + 2): (row, why) for i, (row, why) in enumerate(ROWS) if why is not None}
    equal(sums(r), (len(ROWS) - len(bad), 0, len(bad)), r["reasons"])
    where = {x["where"]: x["why"] for x in r["reasons"]}
    for line, (row, why) in bad.items():
        sub("row: " + row, why in where.get(line, "-"), r["reasons"])
    there = {f["ip"]: f for f in hub.client("hospital").get("/api/v1/findings?limit=1000").json["items"]}
    for ip in ("198.18.2.9", "198.18.2.14", "198.18.2.15", "198.18.2.17", "198.18.2.19"):
        sub("finding at " + ip, ip in there)
    equal(there["198.18.2.15"]["port"], None, "a port that is none is not made up")
    equal(sums(bring(text, "operator", type="text/csv", name="scan_rdp.csv")), (0, len(ROWS) - len(bad), len(bad)))


@case
def the_form_of_the_page_and_multipart_do_the_same():
    boundary = "x" * 30
    csv = '"timestamp","ip","port"\r\n"2026-11-20 04:05:06","198.18.1.99","3389"\r\n'
    part = lambda name, value, file=None: '--%s\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n' % (
        boundary, name, '; filename="%s"\r\nContent-Type: text/csv' % file if file else "", value)
    type = "multipart/form-data; boundary=" + boundary
    b = hub.browser("operator")
    body = part("csrf", csrf(b, "/en/import")) + part("tlp", "amber") + part("audience", "everybody") \
        + part("file", csv, "scan_rdp.csv") + "--%s--\r\n" % boundary
    a = b.post("/en/import", body, type=type)
    equal(a.status, 200, a.text[-800:])
    contains(a.text, "scan_rdp")
    check("198.18.1.99" in hub.client("bank").get("/api/v1/findings?limit=1000").text, "the finding is there")
    r = hub.client("operator").post("/api/v1/import", part("file", csv, "scan_rdp.csv") + "--%s--\r\n" % boundary, type=type)
    equal(sums(r.json), (0, 1, 0), "by the API the same file is the same")
    a = b.post("/en/import", part("csrf", csrf(b, "/en/import")) + "--%s--\r\n" % boundary, type=type)
    equal(a.status, 422, "no file")
    a = b.post("/en/import", part("csrf", "x") + part("file", csv, "a.csv") + "--%s--\r\n" % boundary, type=type)
    equal(a.status, 403, "CSRF of a multipart form")


@case
def the_command_says_what_it_took():
    hub.stop()
    (hub.dir / "list.txt").write_text("by-command.example.com\nnothing\n")
    (hub.dir / "bad.bin").write_bytes(zipped(a="x"))
    r = hub.run("import", "--help")
    r = hub.run("import", str(hub.dir / "list.txt"), str(hub.dir / "bad.bin"))
    out = r.stdout + r.stderr
    hub.start()
    contains(out, "list.txt")
    contains(out, "line 2")
    contains(out, "zip")
    check(r.returncode != 0, "one file was refused: %d" % r.returncode)
    check(hub.client("operator").get("/api/v1/items?q=by-command.example.com").json["items"], "it is there")


# -- real reports ----------------------------------------------------------------------------------


@case
def all_shared_reports_are_taken():
    folder = shared()
    if not folder:
        skip("46 files: BREAKWATER_SHARED is not set")
    files = sorted((folder / "data" / "shadowserver").glob("*.csv"))
    taken = refused = 0
    for f in files:
        a = hub.client("operator").post("/api/v1/import?name=" + f.name, f.read_bytes(), type="text/csv")
        ok = a.status == 200 and a.json["taken"] > 0 and len(a.json["reasons"]) >= min(a.json["refused"], 1)
        sub("report " + f.name, ok, a.text[:400])
        if a.status == 200:
            taken, refused = taken + a.json["taken"], refused + a.json["refused"]
            again = hub.client("operator").post("/api/v1/import?name=" + f.name, f.read_bytes(), type="text/csv").json
            if not (again["taken"] == 0 and again["same"] == a.json["taken"]):
                sub("report %s again" % f.name, False, again)
    equal(len(files), 46)
    print("# %d rows taken, %d refused" % (taken, refused))


main(before, lambda: hub.done())
