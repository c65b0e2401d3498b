#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the authorisation table with the program's routes; a route without a row stops the build.

    authz.py PROGRAM TABLE STAMP

The table (tests/authz.tsv) is written by people and says what must be; tests/http/test_authz.py asks the
running program for every cell of it.
"""
import pathlib
import subprocess
import sys


def rows(table):
    for number, line in enumerate(pathlib.Path(table).read_text().splitlines(), 1):
        if line and not line.startswith("#"):
            yield number, line.split("\t")


def main():
    program, table, stamp = sys.argv[1:4]
    out = subprocess.run([program, "routes"], capture_output=True, text=True, check=True).stdout
    routes = {tuple(line.split("\t")[:2]) for line in out.splitlines()}
    header, *body = list(rows(table))
    known, bad = set(), []
    for number, row in body:
        known.add((row[0], row[1]))
        if len(row) != len(header[1]):
            bad.append("%s:%d: %d cells, the header has %d" % (table, number, len(row), len(header[1])))
        if (row[0], row[1]) not in routes:
            bad.append("%s:%d: there is no route %s %s" % (table, number, row[0], row[1]))
    for method, path in sorted(routes - known):
        bad.append("%s: the route %s %s has no row: say who may use it" % (table, method, path))
    if bad:
        print("\n".join(bad), file=sys.stderr)
        return 1
    pathlib.Path(stamp).write_text("ok\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
