# SPDX-License-Identifier: Apache-2.0
"""Guessing: 2,000 tries (100,000 with --long) by every way that was ever left open somewhere: other verbs, names in
other letters, JSON instead of a form, another address of the same network, other languages, many at once. And what
the clock tells: accounts that are there and that are not take the same time (Welch's t)."""
import concurrent.futures
import itertools
import math
import os
import pathlib
import random
import time

from hub import Hub
from kit import csrf
from tap import case, check, equal, main

LONG = os.environ.get("BREAKWATER_LONG") == "yes"
GUESSES = 100000 if LONG else 2000
TIMED = 5000 if LONG else 500
TRIES, NETWORK_TRIES = 10, 100
SLOW_THREADS = 2  # as many may have looked before the first of them has counted
T_MAX = 4.5
hub = None


def before():
    global hub
    hub = Hub(demo=True, args=["--set", "trusted_proxies=127.0.0.1/32", "--set", "signin_tries=%d" % TRIES,
                               "--set", "signin_tries_network=%d" % NETWORK_TRIES])


def after():
    hub.done()


def from_address(address):
    return {"X-Forwarded-For": address, "X-Forwarded-Proto": "http", "Host": "127.0.0.1:%d" % hub.port}


def spellings(email):
    name, domain = email.split("@")
    while True:
        yield "".join(random.choice([c.upper(), c.lower()]) for c in name) + "@" + domain
        yield " " + email + " "
        yield name + "@" + domain.upper()


def in_parallel(jobs, n=8):
    """JOBS: (path, method, body, type, address). Statuses, counted."""
    jobs, counts = list(jobs), {}

    def work(part):
        b = hub.browser()
        token, seen = csrf(b), {}
        for path, method, body, type_, address in part:
            a = b.request(method, path, dict(body, csrf=token), headers=from_address(address), type=type_)
            seen[a.status] = seen.get(a.status, 0) + 1
            check(a.status != 303 and "sign-in/code" not in a.text, "a guess got through: %s %s" % (method, body))
        return seen

    with concurrent.futures.ThreadPoolExecutor(n) as pool:
        for seen in pool.map(work, [jobs[i::n] for i in range(n)]):
            for k, v in seen.items():
                counts[k] = counts.get(k, 0) + v
    return counts


@case
def guesses_at_one_account_are_few_whatever_they_look_like():
    email = hub.people["bank"]["email"]
    ways = itertools.cycle([("POST", None)] * 6 + [("POST", "application/json"), ("PUT", None), ("DELETE", None), ("PATCH", None)])
    names, languages = spellings(email), itertools.cycle(["en", "zh-hant", "zh-hans"])
    n = GUESSES * 3 // 5
    jobs = []
    for i in range(n):
        method, type_ = next(ways)
        address = "10.%d.%d.9" % (i // 250 % 250, i % 250)  # a botnet: each try from another network
        jobs.append(("/%s/sign-in" % next(languages), method, {"email": next(names), "password": "guess %d" % i}, type_, address))
    seen = in_parallel(jobs)
    print("# %d tries at one account: %s" % (n, dict(sorted(seen.items()))))
    check(set(seen) <= {405, 415, 422, 429}, seen)
    check(TRIES <= seen[422] < TRIES + SLOW_THREADS, "looked at: %d" % seen[422])
    right = hub.browser()
    a = right.request("POST", "/en/sign-in", {"email": email, "password": hub.people["bank"]["password"], "csrf": csrf(right)},
                      headers=from_address("192.0.2.200"))
    equal(a.status, 429, "a stranger who knows the password waits, too")


@case
def guesses_from_one_network_are_few_whoever_they_are_at():
    n = GUESSES * 2 // 5
    six = [("/en/sign-in", "POST", {"email": "guess%d@demo.example" % i, "password": "x"}, None,
            "2001:db8:1:2:%x:%x:%x:%x" % (random.getrandbits(16), random.getrandbits(16), i >> 8, i & 255)) for i in range(n)]
    seen = in_parallel(six)
    print("# %d tries from one IPv6 /64: %s" % (n, seen))
    check(set(seen) <= {422, 429}, seen)
    check(NETWORK_TRIES <= seen[422] < NETWORK_TRIES + SLOW_THREADS, "looked at: %d" % seen[422])
    b = hub.browser()
    token = csrf(b)
    for address, status in (("2001:db8:1:2::1", 429), ("2001:db8:1:3::1", 422)):
        a = b.request("POST", "/en/sign-in", {"email": "somebody@demo.example", "password": "x", "csrf": token},
                      headers=from_address(address))
        equal(a.status, status, address)


# -- the clock -------------------------------------------------------------------------------------


def welch(a, b):
    """t of two samples. What is above a common limit counts as that limit: a pause of the machine is no answer of
    the hub's, and falls on either side alike."""
    limit = sorted(a + b)[int(len(a + b) * 0.9)]
    a, b = [min(x, limit) for x in a], [min(x, limit) for x in b]
    means = [sum(s) / len(s) for s in (a, b)]
    spread = [sum((x - m) ** 2 for x in s) / (len(s) - 1) / len(s) for s, m in zip((a, b), means)]
    return (means[0] - means[1]) / math.sqrt(sum(spread)), means


def cpu_seconds():
    """What all threads of the hub have worked, to the nanosecond: waiting for the disk, which is most of an answer's
    time and all of its noise, is not in it. Where the kernel does not tell: the clock."""
    try:
        return sum(int((t / "schedstat").read_text().split()[0]) for t in pathlib.Path("/proc/%d/task" % hub.process.pid).iterdir()) / 1e9
    except OSError:
        return time.perf_counter()


def sample(page, known, unknown, n):
    """CPU seconds of N requests each, one beside the other, in an order that chance decides. KNOWN, UNKNOWN: forms."""
    b = hub.browser()
    token, took = csrf(b), ([], [])
    for i in range(n + 10):
        order = [(0, known[i % len(known)]), (1, unknown[i % len(unknown)])]
        random.shuffle(order)
        for which, fields in order:
            address = from_address("198.51.%d.%d" % (i % 200, which))
            began = cpu_seconds()
            a = b.request("POST", page, dict(fields, csrf=token), headers=address)
            if i >= 10:
                took[which].append(cpu_seconds() - began)
            check(a.status in (200, 422), a.status)
    return took


def addresses():
    known = [p["email"] for p in hub.people.values() if p["email"].endswith("@demo.example")][:10]
    unknown = ["z" + e[1:] for e in known]
    check(len(known) >= 5 and not set(known) & set(unknown), known)
    return known, unknown


def measured(what, page, known, unknown):
    t, means = welch(*sample(page, known, unknown, TIMED))
    print("# %s: %.0f us and %.0f us, t = %.2f" % (what, means[0] * 1e6, means[1] * 1e6, t))
    return abs(t)


def same_time(what, page, fields):
    """A difference shows every time, noise does not: only what is seen twice is one."""
    known, unknown = ([dict(fields, email=e) for e in side] for side in addresses())
    seen = []
    while len(seen) < 2:
        seen.append(measured(what + ", known and unknown", page, known, unknown))
        if seen[-1] < T_MAX:
            return
    check(False, "|t| of %s: %s" % (what, seen))


@case
def a_wrong_password_takes_as_long_where_there_is_no_account():
    global hub
    hub.done()
    hub = Hub(demo=True, args=["--set", "trusted_proxies=127.0.0.1/32", "--set", "signin_tries=1000",
                               "--set", "signin_tries_network=100000"])  # limits that the samples stay under
    same_time("wrong password", "/en/sign-in", {"password": "wrong wrong wrong"})


@case
def what_is_measured_would_show_a_password_that_was_not_hashed():
    known, _ = addresses()
    hashed = [{"email": e, "password": "x" * 900} for e in known]
    unhashed = [{"email": e, "password": ""} for e in known]
    check(measured("with and without a password", "/en/sign-in", hashed, unhashed) > T_MAX, "the instrument is blind")


main(before, after)
