# SPDX-License-Identifier: Apache-2.0
"""The smallest sequence that still fails (delta debugging: Zeller, Hildebrandt, "Simplifying and Isolating
Failure-Inducing Input", 2002). Every try is two fresh worlds; time is bounded, so the result is the smallest that
was found, not the smallest that there is."""
import re
import json
import time


def needed(operations):
    """The last operation and those that it, directly or not, takes something from."""
    by_number = {op["n"]: op for op in operations}
    want, out = [operations[-1]["n"]], set()
    while want:
        n = want.pop()
        if n in out or n not in by_number:
            continue
        out.add(n)
        want += [int(m) for m in re.findall(r"@(?:totp|\?)?\{(\d+)\.", json.dumps(by_number[n]))]
    return [op for op in operations if op["n"] in out]


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
    attempt([op for op in best[:-1] if "world" in op or op.get("method", "GET") != "GET"] + best[-1:])  # reading changes little
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
    # Then each operation by itself: fields that do not matter, long texts.
    simpler(best, fails, until)
    return best, tries


def simpler(best, fails, until):
    for i, op in enumerate(best):
        for key in ("form", "query"):
            k = 0
            while op.get(key) and k < len(op[key]) and time.monotonic() < until:
                less = dict(op, **{key: op[key][:k] + op[key][k + 1 :]})
                trial = best[:i] + [less] + best[i + 1 :]
                cut = fails(trial)
                if cut is not None and len(cut) == len(best):
                    best[i] = op = less
                else:
                    k += 1
        for path in long_texts(op):
            progress = True
            while progress and time.monotonic() < until:
                progress = False
                for less in halves(op, path):
                    cut = fails(best[:i] + [less] + best[i + 1 :])
                    if cut is not None and len(cut) == len(best):
                        best[i] = op = less
                        progress = True
                        break


def long_texts(op):
    return [path for path in (("text",), ("json", "body"), ("json", "title")) if isinstance(at(op, path), str)]


def at(op, path):
    for name in path:
        op = op.get(name) if isinstance(op, dict) else None
    return op


def halves(op, path):
    """OP with one half of that text, cut between lines, or between words, or anywhere."""
    text = at(op, path)
    parts = text.splitlines(True)
    parts = parts if len(parts) > 1 else re.findall(r"\s*\S+", text)
    parts = parts if len(parts) > 1 else list(text)
    if len(parts) < 2:
        return
    for half in (parts[: len(parts) // 2], parts[len(parts) // 2 :]):
        less = json.loads(json.dumps(op))
        at(less, path[:-1])[path[-1]] = "".join(half)
        yield less
