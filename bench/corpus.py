# SPDX-License-Identifier: Apache-2.0
"""STIX objects to measure with: the real ATT&CK history where BREAKWATER_SHARED has it, else (and
for more than it holds) invented ones of the same mix: three quarters relationships, 1.8 KB on
average, an indicator among 40 with something to be looked for."""
import json
import lzma
import os
import pathlib
import random
import uuid

IN_A_FILE = 16000
WORDS = (
    "actor adversary alert archive backup beacon broker build cache certificate channel "
    "client cluster command console container control cookie credential daemon data "
    "device directory discovery domain driver endpoint exploit export extension file "
    "filter firmware gateway host image implant index interface kernel key library loader "
    "log mailbox memory module network node operator packet password payload permission "
    "pipe policy port process profile protocol proxy queue record registry relay request "
    "resource response router runtime sample schedule script sector secret sensor server "
    "service session share shell signature socket source storage stream switch system "
    "table target task template terminal thread ticket token traffic tunnel update user "
    "value vendor volume web window worker zone "
).split()


KINDS = ("relationship", "attack-pattern", "malware", "course-of-action", "indicator")
POOL = [" ".join(random.Random(i).choices(WORDS, k=40)) for i in range(2000)]


def text(rnd, n):
    """Words, in runs of 40 from a pool: quick to make, and no two texts are alike."""
    runs = [rnd.choice(POOL) for _ in range(n // 40)]
    return " ".join(runs + rnd.choices(WORDS, k=n % 40 + (n < 40)))


def stix_id(rnd, kind):
    return "%s--%s" % (kind, uuid.UUID(int=rnd.getrandbits(128), version=4))


def one(rnd, number):
    kind = rnd.choices(KINDS, (300, 48, 18, 24, 10))[0]
    stamp = "2024-%02d-%02dT%02d:%02d:%02d.%03dZ" % (1 + number % 12, 1 + number % 28, number % 24,
                                                   number % 60, number // 60 % 60, number % 1000)
    o = {"type": kind, "spec_version": "2.1", "id": stix_id(rnd, kind), "created": stamp,
         "modified": stamp, "created_by_ref": "identity--5f0c1f2e-3f5b-4f25-8f3c-6d2a7c9d1e10"}
    if kind == "relationship":
        o.update(relationship_type="uses", source_ref=stix_id(rnd, "malware"),
                 target_ref=stix_id(rnd, "attack-pattern"), description=text(rnd, 130))
    elif kind == "indicator":
        o.update(name=text(rnd, 4), pattern_type="stix", valid_from=stamp,
                 pattern="[file:hashes.'SHA-256' = '%064x'] OR"
                 " [domain-name:value = '%s-%d.example']"
                 % (rnd.getrandbits(256), rnd.choice(WORDS), rnd.randrange(10 ** 6)))
    else:
        o.update(name=text(rnd, 3), description=text(rnd, 420),
                 external_references=[{"source_name": text(rnd, 2), "url": "https://%s.example/%d"
                                       % (rnd.choice(WORDS), rnd.randrange(10 ** 6)),
                                       "description": text(rnd, 12)} for _ in range(5)])
    return o


def generate(path, n, seed):
    rnd = random.Random(seed)
    with open(path, "w", encoding="utf-8") as f:
        f.write('{"type": "bundle", "id": "%s", "objects": [' % stix_id(rnd, "bundle"))
        for i in range(n):
            f.write((",\n" if i else "\n") + json.dumps(one(rnd, i)))
        f.write("\n]}\n")
    return str(path)


def files(folder, n):
    """Files of at most IN_A_FILE invented objects each, N together."""
    for i, at in enumerate(range(0, n, IN_A_FILE)):
        path = pathlib.Path(folder) / ("objects-%d-%d.json" % (n, i))
        yield generate(path, min(IN_A_FILE, n - at), "%d %d" % (n, i))
        path.unlink()


def history(folder):
    """The ATT&CK history unpacked into FOLDER, or as many invented objects; and its name."""
    shared = os.environ.get("BREAKWATER_SHARED")
    packed = pathlib.Path(shared or "/nonexistent") / "data/stix/attack-history.json.xz"
    path = pathlib.Path(folder) / "history.json"
    if packed.exists():
        path.write_bytes(lzma.decompress(packed.read_bytes()))
        return str(path), "ATT&CK history"
    return generate(path, 16208, "history"), "invented objects"


def take(hub, path, persona="hospital"):
    """Imports a file over the API; every member may see what it holds."""
    a = hub.client(persona).request("POST", "/api/v1/import?tlp=green&audience=everybody",
                                    pathlib.Path(path).read_bytes(), type="application/json")
    if a.status not in (200, 201, 202) or a.json["refused"]:
        raise SystemExit("import: %d %s" % (a.status, a.text[:2000]))
    return a.json
