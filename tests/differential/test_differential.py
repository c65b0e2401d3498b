# SPDX-License-Identifier: Apache-2.0
"""Two hubs, the same operations: every answer, mail, TAXII page and ledger root is the same, whatever the engine.

    test_differential.py [--engines A,B] [--operations N] [--seed N] [--rooms a,b] [--per-world N]
                         [--shrink SECONDS] [--replay FILE]

Without arguments: SQLite beside PostgreSQL, where BREAKWATER_TEST_POSTGRES names a server's socket
(tools/postgres.py run). BREAKWATER_LONG=yes: 100,000 operations in worlds of 2,000, from another seed each day. A
difference prints the seed, the smallest sequence that was found to show it (as JSON: --replay runs it again), and
what both said.
"""
import argparse
import collections
import datetime
import itertools
import json
import os
import sys
import time

from generate import operations
from shrink import shrink
from twin import PLANNERS, Died, Different, Engine, Twin
from tap import sub  # noqa: E402  (twin has put tests/http on the path)

PER_WORLD = 2000
SEED = 20260601


def engines_of(names, seed):
    """BREAKWATER_WORLD_B: another program for the second world (a broken driver, shown once in the docs)."""
    planner = PLANNERS[seed % len(PLANNERS)]
    return [Engine(n, second=i == 1, planner=planner) for i, n in enumerate(names)]


def run(names, seed, sequence, statistics=None):
    """None, or (operations up to the one that failed, what was different)."""
    twin, done = None, []
    try:
        twin = Twin(engines_of(names, seed), seed)
        for op in sequence:
            done.append(op)
            status = twin.tell(op)
            if statistics is not None:
                statistics[(op["op"], str(status))] += 1
        said = twin.verify()
        if statistics is not None:
            statistics["requests"] += twin.asked
            statistics["events"] += int(said.split(" ")[1]) if said.startswith("verified") else 0
        if not said.startswith("verified"):
            raise Different("both: " + said)
    except (Different, Died) as e:
        return done, str(e), twin.end() if twin else []
    problems = twin.end()
    return (done, "a world did not end well", problems) if problems else None


def report(names, seed, failure, seconds):
    done, what, problems = failure
    print("# seed %d, worlds %s: different at operation %d" % (seed, " and ".join(names), len(done)))

    def fails(candidate):
        again = run(names, seed, candidate)
        return again[0] if again else None

    began = time.monotonic()
    least, tries = shrink(done, fails, seconds, lambda text: print("#   " + text)) if seconds else (done[-5:], 0)
    final = run(names, seed, least) if seconds else failure
    print("# smallest sequence found: %d of %d operations, %d tries, %.0f s" % (len(least), len(done), tries,
                                                                                time.monotonic() - began))
    story = '{"seed": %d, "operations": [\n%s]}' % (seed,
                                                    ",\n".join(json.dumps(op, ensure_ascii=False) for op in least))
    print("# " + readable(story).replace("\n", "\n# "))
    said = (final or failure)[1]
    for line in said.splitlines() + [p for problem in problems for p in problem.splitlines()]:
        print("#   " + readable(line))


def readable(text):
    """What is no UTF-8 is printed, and read by JSON again, as an escape."""
    return text.encode("utf-8", "backslashreplace").decode()


def compare(names, seed, n, o):
    """One line of TAP for N operations."""
    statistics, began, left, stream = collections.Counter(), time.monotonic(), n, 0
    failure, only = None, o.rooms.split(",") if o.rooms else None
    while left > 0 and failure is None:
        # A long run is many worlds, each with a seed of its own: a difference late in one is still a short story.
        part, one = min(left, o.per_world), seed + stream * 1_000_003
        failure = run(names, one, itertools.islice(operations(one, only), part), statistics)
        if failure:
            report(names, one, failure, o.shrink)
        left, stream = left - part, stream + 1
    took = time.monotonic() - began
    asked, events = statistics.pop("requests", 0), statistics.pop("events", 0)
    by_room, kinds = collections.Counter(), collections.Counter()
    by_name = collections.defaultdict(collections.Counter)
    for (name, status), k in statistics.items():
        by_room[name.split(".")[0]] += k
        kinds[status] += k
        by_name[name][status] += k
    if os.environ.get("BREAKWATER_TEST_VERBOSE"):
        for name, told in sorted(by_name.items()):
            print("#   %-34s %s" % (name, ", ".join("%s: %d" % x for x in sorted(told.items()))))
    print("# %d operations%s in %.0f s; %s; answers %s" % (
        sum(by_room.values()), "" if failure else ", %d requests, %d events" % (asked, events), took,
                                                           ", ".join("%s %d" % x for x in sorted(by_room.items())),
        ", ".join("%s: %d" % x for x in sorted(kinds.items()))))
    return sub("%s and %s: %d operations, seed %d" % (names[0], names[1], n, seed), failure is None)


def main():
    sys.stdout.reconfigure(line_buffering=True)
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--engines")
    p.add_argument("--operations", type=int)
    p.add_argument("--seed", type=int)
    p.add_argument("--rooms")
    p.add_argument("--per-world", type=int, default=PER_WORLD)
    p.add_argument("--shrink", type=float, default=240)
    p.add_argument("--replay")
    o = p.parse_args()
    long = os.environ.get("BREAKWATER_LONG") == "yes"
    seed = o.seed if o.seed is not None else datetime.date.today().toordinal() if long else SEED
    print("TAP version 13")
    if o.replay:
        with open(o.replay, encoding="utf-8") as f:  # as it was printed, behind "# "
            story = json.loads("".join(line.removeprefix("# ") for line in f))
        failure = run((o.engines or "sqlite,postgres").split(","), story["seed"], story["operations"])
        good = sub("the sequence of " + o.replay, failure is None, failure and failure[1])
    elif o.engines:
        names = o.engines.split(",")
        good = compare(names, seed, o.operations or PER_WORLD, o)
    elif os.environ.get("BREAKWATER_TEST_POSTGRES"):
        good = compare(["sqlite", "postgres"], seed, o.operations or (100_000 if long else PER_WORLD), o)
    else:
        print("1..0 # SKIP no server: BREAKWATER_TEST_POSTGRES is not set")
        return 0
    print("1..1")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
