# SPDX-License-Identifier: Apache-2.0
"""Files in: STIX, reports as CSV, lists, and what is none of them."""
import json

from generate import page
from ops_taxii import stix_object

TLPS = ["clear", "green", "amber", "amber+strict", "red", "purple"]
SINKHOLE = '"timestamp","ip","port","protocol","asn","geo","hostname","tag","infection","severity"'
NAMES = ["event4_sinkhole.csv", "scan_rdp.csv", "2026-06-01-scan_telnet-org.csv", "blocklist.csv", "list.txt", "x",
         "報告.csv", "bundle.json"]


def report(rng, state):
    """Rows of a report; few addresses, days and families, so that rows meet again."""
    lines = [SINKHOLE]
    for _ in range(rng.choice([1, 2, 5, 20])):
        at = "2026-0%d-%02d %02d:00:0%d" % (rng.choice([5, 5, 5, 6]), rng.randint(1, 31), rng.randrange(24),
                                            rng.randrange(10))
        if rng.random() < 0.04:
            at = rng.choice(["0000-00-00 00:00:00", "9999-12-31 23:59:59", "yesterday", "", state.odd()])
        ip = state.ip() if rng.random() < 0.95 else rng.choice(["198.18.2.999", "", "fe80::1%eth0",
                                                                "::ffff:198.51.100.7", "0.0.0.0"])
        port = str(rng.choice([80, 443, 22, 3389])) if rng.random() < 0.95 else state.number()
        row = [at, ip, port, "tcp", "64500", "HK", rng.choice(["", "h.example"]), rng.choice(["mudskipper", "eel"]),
               rng.choice(["mudskipper", "eel", "鯉"]), rng.choice(["critical", "high", "", "none"])]
        if rng.random() < 0.97:
            lines.append(",".join('"%s"' % c for c in row))
        else:
            lines.append(",".join(row[: rng.randint(0, 9)]) + rng.choice(["", '"']))
    return "\r\n".join(lines) + rng.choice(["\r\n", ""])


def list_of(rng, state):
    return "\n".join(rng.choice([state.indicator, state.indicator, state.indicator, state.odd, lambda: "# note",
                                 lambda: "no indicator here"])()
                     for _ in range(rng.randint(1, 15)))


def bundle(rng, state):
    objects = [stix_object(rng, state) for _ in range(rng.choice([1, 3, 10]))]
    text = json.dumps(rng.choice([{"type": "bundle", "id": "bundle--x", "objects": objects}, objects,
                                  {"objects": objects}, objects[0]]))
    if rng.random() < 0.04:
        text = text[: rng.randrange(len(text))]
    return text


def nothing(rng, state):
    return rng.choice(["", " \n", "%PDF-1.7\nx", "<?xml version='1.0'?><a/>", "\0" * 50, "\udcff\udcfe\udc80",
                       "[" * 3000, '{"name":"x"}', "PK\x03\x04"])


def content(rng, state):
    if state.files and rng.random() < 0.15:
        return rng.choice(state.files)  # the same file again
    make = rng.choices([report, list_of, bundle, nothing], [5, 2, 4, 0.5])[0]
    file = (rng.choice(NAMES[:4] if make is report else NAMES[3:]), make(rng, state))
    state.files.append(file)
    del state.files[:-30]
    return file


def bring(rng, state):
    name, text = content(rng, state)
    query = [["name", name]]
    if rng.random() < 0.6:
        query.append(["tlp", rng.choice(TLPS)])
    if rng.random() < 0.3:
        query.append(["audience", rng.choice(["own", "everybody", "friends"])])
    return {"who": rng.choice(["key:operator", "key:analyst", state.who(("key",))]), "method": "POST",
            "path": "/api/v1/import",
            "query": query, "text": text}


def bring_by_page(rng, state):
    name, text = content(rng, state)
    parts = [["tlp", None, rng.choice(TLPS)], ["audience", None, rng.choice(["own", "everybody"])]]
    if rng.random() < 0.95:
        parts.append(["file", name, text])
    return {"who": rng.choice(["web:operator", state.who(("web",))]), "method": "POST",
            "path": "/%s/import" % state.lang(), "multipart": parts}


def large(rng, state):
    """More than one transaction takes, so that what a file gives is written in several."""
    n = rng.choice([300, 1100, 2500])
    first = rng.randrange(1 << 16)
    addresses = ["198.51.100.%d" % (i % 256) if i % 3 else "2001:db8:%x::%x" % (i % 8, first + i) for i in range(n)]
    rows = ['"2026-05-%02d 01:02:03","%s","%d","tcp","64500","HK","","eel","eel","high"' % (1 + i % 28, ip,
                                                                                            1 + i % 9)
            for i, ip in enumerate(addresses)]
    lists = ["10.%d.%d.%d" % (i >> 16 & 255, i >> 8 & 255, i & 255) for i in range(first, first + n)]
    objects = [dict(stix_object(rng, state, 4000), name="n%d" % i) for i in range(n // 10)]
    name, text = rng.choice([("event4_sinkhole.csv", "\n".join([SINKHOLE] + rows)), ("list.txt", "\n".join(lists)),
                             ("bundle.json", json.dumps({"type": "bundle", "id": "bundle--x",
                                                         "objects": objects}))])
    return {"who": rng.choice(["key:operator", state.who(("key",))]), "method": "POST", "path": "/api/v1/import",
            "query": [["name", name], ["tlp", rng.choice(["green", "amber"])]], "text": text}


def import_page(rng, state):
    return page("/%s/import" % state.lang(), state.who(("web",)))


OPERATIONS = [(5, bring), (0.25, large), (1.5, bring_by_page), (0.4, import_page)]
PROBES = []
