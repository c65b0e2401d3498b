# SPDX-License-Identifier: Apache-2.0
"""Whoever leaves or is suspended is out on every channel: a hundred open uses of one organisation (pages, live
streams, TAXII, API keys) are counted after the answer that says so. Nothing here measures time: the uses are asked
again a bounded number of times, and a success after the answer is a failure of the test."""
import re
import threading

from hub import Client, Form, Hub
from kit import csrf, sign_in_new, wait_mails
from tap import case, check, equal, main

PASSWORD = "a long enough password"
USES, STREAMS, ROUNDS = 100, 5, 3
TAXII = {"Accept": "application/taxii+json;version=2.1"}
hub = None


def before():
    global hub
    hub = Hub(demo=True, args=["--set", "signin_tries_network=100000"])


def post(browser, path, **fields):
    return browser.post(path, dict({"csrf": csrf(browser, "/en/organisation")}, **fields))


def join(admin, name, address):
    a = post(admin, "/en/people", name=name, email=address, role="representative", language="en")
    equal(a.status, 303, a.text[-500:])
    mail = wait_mails(hub, lambda m: address in m.to and "welcome" in m.text)[0]
    b = hub.browser()
    form = Form(b.get("/en/welcome?t=" + re.search(r"welcome\?t=([\w-]+)", mail.text).group(1)).text, "welcome")
    equal(b.post(form.action, dict(form.fields, password=PASSWORD)).status, 303)
    a, secret = sign_in_new(b, address, PASSWORD)
    equal(a.status, 303, a.text[-500:])
    id = re.search(r'people/([a-z2-7]{26})">%s<' % name, admin.get("/en/people").text).group(1)
    return b, id


def key_of(browser, label):
    a = post(browser, "/en/organisation/keys", label=label, scope=["read", "taxii"], days="30")
    return re.search(r"bwk_[a-z2-7]+", a.text).group(0)


def uses_of(browser):
    """What asks for a status again and again, each on a connection of its own."""
    keys = [key_of(browser, "use %d" % i) for i in range(10)]
    out = []
    for i in range(USES - STREAMS):
        if i % 3 == 0:
            c = Client(hub)
            c.cookies = dict(browser.cookies)
            out.append(("page", c, "/en/organisation", {}))
        elif i % 3 == 1:
            out.append(("key", hub.client(key=keys[i % 10]), "/api/v1/me", {}))
        else:
            out.append(("taxii", hub.client(key=keys[i % 10]), "/taxii2/", TAXII))
    return out, keys


def ask_all(uses):
    got = [None] * len(uses)

    def go(i):
        _, c, path, headers = uses[i]
        got[i] = c.get(path, headers=headers).status

    threads = [threading.Thread(target=go, args=(i,)) for i in range(len(uses))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return got


def nothing_is_left(uses, streams, keys):
    for _ in range(ROUNDS):
        after = ask_all(uses)
        equal(sum(s == 200 for s in after), 0, "successes after the answer: %r" % after)
    for s in streams:
        s.wait("bye", timeout=30)
        check(s.ended or s.wait("never", timeout=30) is None and s.ended, "a live page is still open")
    for key in keys:
        equal(hub.client(key=key).get("/api/v1/me").status, 401)


def open_uses(browser):
    uses, keys = uses_of(browser)
    streams = [browser.stream() for _ in range(STREAMS)]
    equal([s.status for s in streams], [200] * STREAMS)
    equal(ask_all(uses), [200] * len(uses), "before")
    return uses, streams, keys


@case
def a_hundred_uses_of_somebody_who_is_suspended_and_comes_back():
    admin = hub.browser("bank")
    browser, id = join(admin, "Susan Rest", "susan@bank.example")
    uses, streams, keys = open_uses(browser)
    equal(post(admin, "/en/people/%s/state" % id, state="suspended", reason="lost laptop").status, 303)
    nothing_is_left(uses, streams, keys)
    equal(post(admin, "/en/people/%s/state" % id, state="active", reason="found").status, 303)
    equal(hub.client(key=keys[0]).get("/api/v1/me").status, 200, "keys rest and wake")
    equal(browser.get("/en/organisation").status, 303, "sessions do not come back")


@case
def a_hundred_uses_of_somebody_who_leaves():
    admin = hub.browser("bank")
    browser, id = join(admin, "Leo Leaver", "leo@bank.example")
    uses, streams, keys = open_uses(browser)
    equal(post(admin, "/en/people/%s/state" % id, state="left", reason="another job").status, 303)
    nothing_is_left(uses, streams, keys)
    form = Form(hub.browser().get("/en/sign-in").text, "sign-in")
    a = hub.browser().submit("/en/sign-in", "sign-in$", {"email": "leo@bank.example", "password": PASSWORD})
    check(form.action and a.status == 422, "the password is nobody's")
    equal(admin.get("/en/people/" + id).status, 404)
    a = post(admin, "/en/people", name="Leo Again", email="leo@bank.example", role="representative", language="en")
    equal(a.status, 303, "the address can be invited again")


@case
def leaving_by_oneself_ends_everything_too():
    browser, _ = join(hub.browser("bank"), "Olga Own", "olga@bank.example")
    uses, streams, keys = open_uses(browser)
    equal(post(browser, "/en/organisation/leave", sure="yes").status, 303)
    nothing_is_left(uses, streams, keys)


main(before, lambda: hub.done())
