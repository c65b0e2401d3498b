# SPDX-License-Identifier: Apache-2.0
"""TAXII 2.1: doors, pages by cursor, manifest, filters, versions, adding, status."""
import json
import uuid

from generate import PEOPLE

TYPE = "application/taxii+json;version=2.1"
ROOT = "/taxii2/api/"
MARKS = ["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
         "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9",
         "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
         "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
         "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"]
COMMUNITY, CONTRIBUTE = "@{taxii.community}", "@{taxii.contribute}"
TYPES = ["indicator", "malware", "identity", "report", "marking-definition", "nothing"]


def collections(rng, state):
    return {"n": "taxii", "who": state.who(("key", "basic")), "path": ROOT + "collections/",
            "keep": {"community": "json:collections.0.id", "contribute": "json:collections.1.id"}}


def door(rng, state):
    return {"who": rng.choice([state.who(("key", "basic")), state.who(("key", "basic")), None,
                               "key:bwk_" + "a" * 52]),
            "path": rng.choice(["/taxii2/", ROOT, ROOT + "collections/%s/" % COMMUNITY,
                                ROOT + "collections/" + str(uuid.UUID(int=7)) + "/"]),
            "headers": {"Accept": rng.choice([TYPE, "*/*", "application/json",
                                              "application/taxii+json;version=2.0"])}}


def stix_object(rng, state, ids=40):
    """Of a few ids and versions, so that they meet again: the same, a newer version, other content."""
    type = rng.choice(["indicator", "indicator", "indicator", "malware", "identity", "note", "x-odd"])
    n = rng.randrange(ids)
    o = {"type": type, "spec_version": "2.1", "id": "%s--%s" % (type, uuid.uuid5(uuid.NAMESPACE_URL,
                                                                                 "world/%d" % n)),
         "created": "2026-01-02T03:04:05.000Z", "modified": "2026-0%d-02T03:04:05.000Z" % rng.randint(1, 9)}
    if rng.random() < 0.85:
        o["object_marking_refs"] = [rng.choice(MARKS)] if rng.random() < 0.9 else rng.sample(MARKS, 2)
    if type == "indicator":
        value = rng.choice(["[domain-name:value = 'host%d.bad.example']" % rng.randrange(60),
                            "[ipv4-addr:value = '203.0.113.%d']" % rng.randrange(250),
                            "[file:hashes.'SHA-256' = '%064x']" % rng.randrange(40),
                            "[url:value = 'https://host%d.bad.example/p']" % rng.randrange(60),
                            "[x"])
        o.update(pattern=value, pattern_type="stix", valid_from="2026-01-02T03:04:05Z")
    if rng.random() < 0.4:
        o["name"] = state.words(1, 3)
    if rng.random() < 0.04:
        o[rng.choice(["id", "type", "created", "modified", "spec_version", "object_marking_refs",
                      "x"])] = rng.choice(
            [None, 5, "x", "0000-01-01T00:00:00Z", [], {}, "a\0b", 12345678901234567890,
             "9999-12-31T23:59:59.999999Z"])
    if rng.random() < 0.1:
        o["x_odd"] = rng.choice([[1e2, 0.1, -0.0], "漢\U0001f6a2", {"": {"": []}}, 9223372036854775808, "\\u0000"])
    return o


def add(rng, state):
    many = [stix_object(rng, state) for _ in range(rng.choice([1, 1, 2, 5, 12]))]
    for o in many:
        if isinstance(o.get("id"), str):
            state.objects.append(o["id"])
    del state.objects[:-200]
    who = state.who(("key", "basic"))
    state.statuses.append((who, "@{%d.status}" % state.n))
    op = {"who": who, "method": "POST", "path": ROOT + "collections/%s/objects/" % CONTRIBUTE, "type": TYPE,
          "text": json.dumps({"objects": many}), "keep": {"status": "json:id"}}
    if rng.random() < 0.05:
        op["text"] = rng.choice(["", "x", '{"objects":[', '{"objects":5}', op["text"][:-9]])
    if rng.random() < 0.03:
        op["path"] = ROOT + "collections/%s/objects/" % COMMUNITY
    return op


def status(rng, state):
    if not state.statuses:
        return None
    who, ref = rng.choice(state.statuses[-3:])
    who, ref = who if rng.random() < 0.8 else state.who(("key",
                                                         )), ref if rng.random() < 0.95 else str(uuid.UUID(int=9))
    return {"who": who, "path": ROOT + "status/%s/" % ref}


def some_object(rng, state):
    if state.objects and rng.random() < 0.85:
        return rng.choice(state.objects)
    return rng.choice(["indicator--00000000-0000-4000-8000-000000000000", "x", state.odd() or "x"]).replace("/", "")


def filters(rng, state):
    query = []
    if rng.random() < 0.6:
        query.append(["limit", rng.choice(["1", "3", "20", state.number()])])
    if rng.random() < 0.3:
        query.append(["match[type]", ",".join(rng.sample(TYPES, rng.randint(1, 3)))])
    if rng.random() < 0.25:
        query.append(["match[id]", ",".join(some_object(rng, state) for _ in range(rng.randint(1, 4)))])
    if rng.random() < 0.35:
        query.append(["match[version]", rng.choice(["all", "first", "last", "first,last",
                                                    "2026-03-02T03:04:05.000Z", "newest", state.odd()])])
    if rng.random() < 0.1:
        query.append(["match[spec_version]", rng.choice(["2.1", "2.0", "2.0,2.1", "3", state.odd()])])
    if rng.random() < 0.25:
        query.append(["added_after", rng.choice(["2026-06-01T08:00:00Z", "2026-06-01T09:00:00.123456Z",
                                                 "2026-06-02T00:00:00Z", "2999-01-01T00:00:00Z",
                                                 "1970-01-01T00:00:00Z", "yesterday", "2026-02-30T00:00:00Z",
                                                 state.odd()])])
    if rng.random() < 0.06:
        query.append(["next", rng.choice(["x", "A" * 100, state.odd()])])
    return query


def objects(rng, state):
    place = rng.choice(["objects/", "objects/", "manifest/", "objects/%s/" % some_object(rng, state),
                        "objects/%s/versions/" % some_object(rng, state)])
    collection = COMMUNITY if rng.random() < 0.97 else CONTRIBUTE
    return {"who": state.who(("key", "basic")), "path": ROOT + "collections/%s/%s" % (collection, place),
            "query": filters(rng, state)}


def walk(rng, state):
    """Page by page by `next`; another person's cursor now and then."""
    who = "key:" + rng.choice(PEOPLE)
    place, before = rng.choice(["objects/", "manifest/"]), None
    all_versions = rng.random() < 0.5
    for i in range(rng.randint(2, 5)):
        op = {"who": who if rng.random() < 0.95 else state.who(("key",)),
              "path": ROOT + "collections/%s/%s" % (COMMUNITY, place),
              "query": [["limit", "7"]] + ([["match[version]", "all"]] if all_versions else []),
              "keep": {"next": "json:next"}}
        if before is not None:
            op["query"].append(["next", "@?{%d.next}" % before])
        before = state.n
        yield op


def everything(rng, state):
    yield collections(rng, state)
    for who in ("operator", "admin1", "member5", "member6"):
        yield {"who": "key:" + who, "path": ROOT + "collections/%s/objects/" % COMMUNITY,
               "query": [["limit", "60"], ["match[version]", "all"]]}
    yield {"who": "key:" + state.person(), "path": ROOT + "collections/%s/manifest/" % COMMUNITY,
           "query": [["limit", "300"]]}


OPERATIONS = [(1, collections), (0.5, door), (4, add), (1, status), (5, objects)]
PROBES = [walk, everything]
