# SPDX-License-Identifier: Apache-2.0
"""TAP for tests of the whole server: one file is one program.

    from tap import case, check, equal, skip, main

    @case
    def an_alert_reaches_the_right_members():
        equal(status, 200)

    main()

A case fails at its first wrong check; the next one goes on.
"""
import sys
import traceback

_cases = []
_n = 0
_bad = 0


class Skip(Exception):
    pass


def case(fn):
    _cases.append(fn)
    return fn


def check(ok, what="check"):
    if not ok:
        raise AssertionError(what)


def equal(got, want, what=""):
    if got != want:
        raise AssertionError("%s: got %r, want %r" % (what, got, want))


def contains(text, part, what=""):
    if part not in text:
        raise AssertionError("%s: %r is not in %r" % (what, part, text[:2000]))


def lacks(text, part, what=""):
    if part in text:
        raise AssertionError("%s: %r must not be in there" % (what, part))


def skip(why):
    raise Skip(why)


def sub(name, ok, why=""):
    """One case of a table that is worked through inside a case."""
    global _n, _bad
    _n += 1
    _bad += not ok
    print("%sok %d - %s" % ("" if ok else "not ", _n, name))
    if not ok and why:
        print("# %s" % str(why).replace("\n", "\n# "))
    return ok


def main(before=None, after=None):
    sys.stdout.reconfigure(line_buffering=True)
    print("TAP version 13")
    if before:
        before()
    try:
        for fn in _cases:
            name = fn.__name__.replace("_", " ")
            try:
                fn()
                sub(name, True)
            except Skip as e:
                global _n
                _n += 1
                print("ok %d - %s # SKIP %s" % (_n, name, e))
            except BaseException:  # noqa: B902 - a case that dies is a failure, the others go on
                sub(name, False, traceback.format_exc())
    finally:
        if after:
            after()
    print("1..%d" % _n)
    sys.exit(1 if _bad else 0)
