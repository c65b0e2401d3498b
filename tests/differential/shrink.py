# SPDX-License-Identifier: Apache-2.0
"""The smallest sequence that still fails (delta debugging: Zeller, Hildebrandt, "Simplifying and Isolating
Failure-Inducing Input", 2002). Every try is two fresh worlds; time is bounded, so the result is the smallest that
was found, not the smallest that there is."""
import json
import re
import time


def needed(operations):
    """The last operation and those that it, directly or not, takes something from."""
    by_number = {str(op["n"]): op for op in operations}
    want, out = [str(operations[-1]["n"])], set()
    while want:
        n = want.pop()
        if n in out or n not in by_number:
            continue
        out.add(n)
        want += re.findall(r"@(?:totp|\?)?\{(\w+)\.", json.dumps(by_number[n]))
    return [op for op in operations if str(op["n"]) in out]


def shrink(operations, fails, seconds, say=lambda text: None):
    """OPERATIONS fail at their last one. FAILS(list) tells whether a list still does, and gives it cut behind the
    failing operation (or None)."""
    until = time.monotonic() + seconds
    best = list(operations)
    tries = 0

    def attempt(candidate):
        nonlocal best, tries
        if not candidate or len(candidate) >= len(best) or time.monotonic() > until:
            return False
        tries += 1
        cut = fails(candidate)
        if cut is None:
            return False
        best = cut
        say("%d operations after %d tries" % (len(best), tries))
        return True

    attempt(needed(best))
    for useful in (lambda op: False, lambda op: "keep" in op):  # reading changes little
        if attempt([op for op in best[:-1] if "world" in op or op.get("method",
                                                                      "GET") != "GET" or useful(op)] + best[-1:]):
            break
    chunk = max(1, len(best) // 2)
    while time.monotonic() < until:
        at, progress = len(best) - 1, False  # the failing one stays
        while at > 0 and time.monotonic() < until:
            low = max(0, at - chunk)
            if attempt(best[:low] + best[at:]):
                progress = True
                at = min(low, len(best) - 1)
            else:
                at = low
        if chunk == 1 and not progress:
            break
        if chunk > 1:
            chunk = max(1, chunk // 2)
    for i in range(len(best)):
        best[i] = simpler(best, i, fails, until)
    for i in reversed(range(len(best) - 1)):  # what only a part that is gone had needed
        attempt(best[:i] + best[i + 1 :])
    return best, tries


def fewer(parts, holds, until):
    """The parts without those that HOLDS(rest) does not need, larger pieces first."""
    chunk = max(1, len(parts) // 2)
    while parts and time.monotonic() < until:
        low, progress = 0, False
        while low < len(parts) and time.monotonic() < until:
            rest = parts[:low] + parts[low + chunk :]
            if holds(rest):
                parts, progress = rest, True
            else:
                low += chunk
        if chunk == 1 and not progress:
            break
        chunk = max(1, chunk // 2)
    return parts


def simpler(best, i, fails, until):
    """Operation I with shorter lists and texts, as far as the sequence still fails at its end."""
    op = json.loads(json.dumps(best[i]))

    def holds(candidate):
        cut = fails(best[:i] + [candidate] + best[i + 1 :])
        return cut is not None and len(cut) == len(best)

    for path in places(op, [k for k in ("form", "query", "multipart", "json", "text") if k in op]):
        value = at(op, path)
        if isinstance(value, list):
            parts, join = value, list
        else:
            parts = next((p for p in (value.splitlines(True), re.findall(r"\s*\S+|\s+$", value)) if len(p) > 1),
                         list(value))
            join = "".join
        if len(parts) < 2 or isinstance(value, str) and len(value) < 16:
            continue
        if isinstance(value, str) and parts and len(parts) < len(value):  # by words or lines, then by characters
            op = put(op, path, join(fewer(parts, lambda rest: holds(put(op, path, join(rest))), until)))
            parts = list(at(op, path)) if len(at(op, path)) < 200 else [at(op, path)]
        op = put(op, path, join(fewer(list(parts), lambda rest: holds(put(op, path, join(rest))), until)))
    return op


def places(op, keys):
    """Paths of lists and texts in it, outer ones first."""
    out, todo = [], [(k,) for k in keys]
    while todo:
        path = todo.pop(0)
        value = at(op, path)
        if isinstance(value, (list, str)):
            out.append(path)
        if isinstance(value, dict):
            todo += [path + (k,) for k in value]
    return out


def at(op, path):
    for name in path:
        op = op[name]
    return op


def put(op, path, value):
    op = json.loads(json.dumps(op))
    at(op, path[:-1])[path[-1]] = value
    return op
