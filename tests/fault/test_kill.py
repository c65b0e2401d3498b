# SPDX-License-Identifier: Apache-2.0
"""kill -9 under load: every write that was acknowledged is there afterwards, and the ledger verifies.

Each cycle: writers publish items over the API as fast as they can and note the ids that were answered with
201; the hub is killed at a random moment; it is started again on the same folder; every noted id must be
readable with the title it had. 25 cycles in CI, BREAKWATER_LONG=yes: 500.

On PostgreSQL the same, on a server that waits for its disk; and as many cycles in which the server's processes
are killed and the hub goes on: it answers 503 meanwhile and is itself again when the server is.
"""
import os
import pathlib
import random
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "http"))
import engine  # noqa: E402
from hub import Hub  # noqa: E402
import postgres  # noqa: E402
from tap import case, check, equal, main  # noqa: E402

CYCLES = 500 if os.environ.get("BREAKWATER_LONG") == "yes" else 25


def item(hub, n):
    """For one reader: what is for everybody makes a mail for each of 950 people, and that is another test."""
    return {
        "kind": "alert", "title": "Kill test %d" % n, "lang": "en", "tlp": "green", "severity": "low",
        "body": "Seen 198.51.100.%d and host%d.example.com" % (n % 250 + 1, n),
        "audience": {"people": [hub.people["hospital"]["email"]]}, "publish": True,
    }


def load(hub, persona, first, acknowledged, said, stop):
    c, n = hub.client(persona), first
    while not stop.is_set():
        try:
            a = c.post_json("/api/v1/items", item(hub, n))
        except Exception as e:  # cut off, perhaps in the middle of an answer: not acknowledged
            said.add(repr(e))
            return
        said.add(a.status)
        if a.status == 201:
            acknowledged[a.json["id"]] = "Kill test %d" % n
        n += 1


def under_load(hub, cycle, fall):
    """What was acknowledged until FALL() had made an end of it, ID -> title; and all that was answered."""
    fresh, said, stop = {}, set(), threading.Event()
    threads = [
        threading.Thread(target=load, args=(hub, p, cycle * 100000 + i * 10000, fresh, said, stop))
        for i, p in enumerate(["bank", "hospital", "sme", "analyst", "operator", "hospital2"])
    ]
    [t.start() for t in threads]
    time.sleep(random.uniform(0.05, 0.6))
    fall()
    stop.set()
    [t.join() for t in threads]
    return fresh, said


def all_there(hub, fresh, when):
    reader = hub.client("hospital")
    for id, title in fresh.items():
        a = reader.get("/api/v1/items/" + id)
        equal(a.status, 200, "%s, item %s" % (when, id))
        equal(a.json["title"], title, "%s, item %s" % (when, id))


def verified(hub, known):
    reader = hub.client("hospital")
    for id in random.sample(sorted(known), min(200, len(known))):
        equal(reader.get("/api/v1/items/" + id).status, 200, "in the end, item " + id)
    hub.stop()
    r = hub.run("ledger", "verify")
    equal(r.returncode, 0, r.stdout + r.stderr)
    print("# " + r.stdout.splitlines()[0])
    hub.start()


def many_cycles(hub, fall, rise, answers=None):
    """ANSWERS: the only ones that writers may get; without them also none, when the hub is cut off."""
    known = {}
    for cycle in range(CYCLES):
        fresh, said = under_load(hub, cycle, fall)
        check(answers is None or said <= answers, "cycle %d: writers were answered %s" % (cycle, said))
        rise()
        all_there(hub, fresh, "cycle %d" % cycle)
        known.update(fresh)
    check(len(known) > CYCLES, "too few writes to mean anything: %d" % len(known))
    print("# %d cycles, %d acknowledged writes" % (CYCLES, len(known)))
    verified(hub, known)


@case
def nothing_acknowledged_is_lost_with_the_hub():
    random.seed(20261121)
    many_cycles(hub, hub.kill, hub.start)


def answers_again():
    """The hub is not started anew: it finds the server by itself, and says 503 until then."""
    seen, until = set(), time.monotonic() + 60
    c = hub.client("hospital")
    seen.add(c.get("/api/v1/items").status)
    server.start()
    while True:
        status = c.get("/api/v1/items").status
        seen.add(status)
        if status == 200:
            break
        check(time.monotonic() < until, "the hub does not come back: %s" % status)
        time.sleep(0.1)
    check(seen <= {200, 503} and 503 in seen, "answers while the server was away: %s" % seen)


if engine.ON_SERVER:

    @case
    def nothing_acknowledged_is_lost_with_the_server():
        random.seed(20261122)
        many_cycles(hub, server.kill, answers_again, {201, 503})


server = postgres.Server(durable=True) if engine.ON_SERVER else None
if server:
    engine.SERVER = server.folder
hub = Hub(demo=True)


def after():
    hub.done()
    if server:
        server.stop()


main(after=after)
