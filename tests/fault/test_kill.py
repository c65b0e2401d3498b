# SPDX-License-Identifier: Apache-2.0
"""kill -9 under load: every write that was acknowledged is there afterwards, and the ledger verifies.

Each cycle: writers publish items over the API as fast as they can and note the ids that were answered with
201; the hub is killed at a random moment; it is started again on the same folder; every noted id must be
readable with the title it had. 25 cycles in CI, BREAKWATER_LONG=yes: 500.
"""
import os
import pathlib
import random
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "http"))
from hub import Hub  # noqa: E402
from tap import case, check, equal, main  # noqa: E402

CYCLES = 500 if os.environ.get("BREAKWATER_LONG") == "yes" else 25
WRITERS = 6


def item(hub, n):
    """For one reader: what is for everybody makes a mail for each of 950 people, and that is another test."""
    return {
        "kind": "alert", "title": "Kill test %d" % n, "lang": "en", "tlp": "green", "severity": "low",
        "body": "Seen 198.51.100.%d and host%d.example.com" % (n % 250 + 1, n),
        "audience": {"people": [hub.people["hospital"]["email"]]}, "publish": True,
    }


def load(hub, persona, first, acknowledged, stop):
    c, n = hub.client(persona), first
    while not stop.is_set():
        try:
            a = c.post_json("/api/v1/items", item(hub, n))
        except OSError:
            return
        except Exception:
            return  # cut off in the middle of an answer: not acknowledged
        if a.status == 201:
            acknowledged[a.json["id"]] = "Kill test %d" % n
        n += 1


@case
def nothing_acknowledged_is_lost():
    random.seed(20261121)
    hub, known, total = Hub(demo=True), {}, 0
    try:
        for cycle in range(CYCLES):
            fresh, stop = {}, threading.Event()
            threads = [
                threading.Thread(target=load, args=(hub, p, cycle * 100000 + i * 10000, fresh, stop))
                for i, p in enumerate(["bank", "hospital", "sme", "analyst", "operator", "hospital2"])
            ]
            [t.start() for t in threads]
            time.sleep(random.uniform(0.05, 0.6))
            hub.kill()
            stop.set()
            [t.join() for t in threads]
            hub.start()
            reader = hub.client("hospital")
            for id, title in fresh.items():
                a = reader.get("/api/v1/items/" + id)
                equal(a.status, 200, "cycle %d, item %s" % (cycle, id))
                equal(a.json["title"], title, "cycle %d, item %s" % (cycle, id))
            known.update(fresh)
            total += len(fresh)
        check(total > CYCLES, "too few writes to mean anything: %d" % total)
        print("# %d cycles, %d acknowledged writes" % (CYCLES, total))
        reader = hub.client("hospital")
        for id in random.sample(sorted(known), min(200, len(known))):
            equal(reader.get("/api/v1/items/" + id).status, 200, "in the end, item " + id)
        hub.stop()
        r = hub.run("ledger", "verify")
        equal(r.returncode, 0, r.stdout + r.stderr)
        print("# " + r.stdout.splitlines()[0])
    finally:
        if hub.process.poll() is None:
            hub.done()


main()
