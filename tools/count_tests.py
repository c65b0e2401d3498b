#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts the cases in Meson's JUnit logs: a line for each engine (test programs called *_pg ran on PostgreSQL),
and `N passed, N failed, N skipped` as the last line.

A program that died without saying which case failed counts as one failure. Exit status 1 if any failed.
"""
import sys
import xml.etree.ElementTree as ET


NAMES = ("passed", "failed", "skipped")


def line(counts):
    return ", ".join("%d %s" % (counts[n], n) for n in NAMES)


def count(suite, counts):
    bad = 0
    for case in suite.findall("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            bad += 1
            print("failed: %s: %s" % (suite.get("name"), case.get("name")))
        elif case.find("skipped") is not None:
            counts["skipped"] += 1
        else:
            counts["passed"] += 1
    if bad == 0 and int(suite.get("errors", 0)) + int(suite.get("failures", 0)) > 0:
        bad = 1
        print("failed: %s ended badly" % suite.get("name"))
    counts["failed"] += bad


def main():
    engines = {"PostgreSQL": dict.fromkeys(NAMES, 0), "SQLite, or no database": dict.fromkeys(NAMES, 0)}
    for path in sys.argv[1:]:
        for suite in ET.parse(path).getroot().iter("testsuite"):
            on_server = suite.get("name", "").endswith("_pg")
            count(suite, engines["PostgreSQL" if on_server else "SQLite, or no database"])
    for name, counts in engines.items():
        print("# %s: %s" % (name, line(counts)))
    total = {n: sum(e[n] for e in engines.values()) for n in NAMES}
    print(line(total))
    return 1 if total["failed"] or total["passed"] == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
