# SPDX-License-Identifier: Apache-2.0
"""From an empty folder to a shared alert, as a new operator does it: init, the first sign-in with its app, an
organisation, an invited person, their password, an alert, and the mail of it at a real mail server."""
import html
import os
import re
import subprocess
import tempfile

import engine
from hub import Form, Hub, PROGRAM, totp
from kit import MailServer, Page, csrf, sign_in_new
from tap import case, check, contains, equal, lacks, main

OPERATOR = ("Harbour Cyber Centre", "Olga Tide", "olga@centre.example", "lantern-over-dark-water")
MEMBER = ("Mei Sandbar", "mei@pier.example", "seven-grey-herons-waiting")
hub = None
post = None
folder = None


def environment(data):
    database = engine.Database(data)
    database.make()
    return dict(os.environ, **database.environment())


def init(data, *lines):
    return subprocess.run([PROGRAM, "init", "--data", data, "--set", "password_memory=8", "--set", "password_passes=1"],
                          input="".join(l + "\n" for l in lines), capture_output=True, text=True, timeout=120,
                          env=environment(data))


def before():
    global post, folder
    post = MailServer(refuse=["gone@pier.example"])
    folder = tempfile.mkdtemp(prefix="breakwater-test-")


def after():
    import shutil
    if hub:
        hub.done()
    post.stop()
    shutil.rmtree(folder, ignore_errors=True)


@case
def init_asks_four_things_and_refuses_what_would_not_work():
    for what, lines in [("nothing", ()), ("three lines", OPERATOR[:3]), ("no address", OPERATOR[:2] + ("olga", OPERATOR[3])),
                        ("a short password", OPERATOR[:3] + ("short",)), ("no organisation", ("",) + OPERATOR[1:]),
                        ("no name", OPERATOR[:1] + ("",) + OPERATOR[2:])]:
        r = init(tempfile.mkdtemp(prefix="breakwater-test-", dir=folder), *lines)
        check(r.returncode != 0 and "\nbreakwater: " in "\n" + r.stderr, "%s: %d %r" % (what, r.returncode, r.stderr))
    r = init(folder, *OPERATOR)
    equal(r.returncode, 0, r.stderr)
    contains(r.stdout, OPERATOR[2])
    lacks(r.stdout + r.stderr, OPERATOR[3])
    r = init(folder, *OPERATOR)
    check(r.returncode != 0, "a hub that is there is left alone")
    contains(r.stderr, "nothing was changed")


@case
def an_empty_folder_is_not_served():
    empty = tempfile.mkdtemp(dir=folder)
    r = subprocess.run([PROGRAM, "serve", "--data", empty, "--listen", "127.0.0.1:0"],
                       capture_output=True, text=True, timeout=60, env=environment(empty))
    check(r.returncode != 0, "serve without a hub")
    contains(r.stderr, "init")


@case
def it_starts_and_is_empty():
    global hub
    hub = Hub(demo=False, data=folder, args=[
        "--set", "smtp_url=smtp://127.0.0.1:%d" % post.port, "--set", "smtp_tls=no",
        "--set", "url=https://hub.centre.example", "--set", "mail_from=hub@centre.example"])
    v = hub.browser()
    for lang in ("en", "zh-hant", "zh-hans"):
        equal(v.get("/%s/" % lang).status, 200)
        equal(v.get("/%s/advisories" % lang).status, 200)
    lacks(v.get("/en/sign-in").text, "demonstration")
    check(not (hub.dir / "demo.json").exists(), "no demo")
    mode = (hub.dir / "keys" / "seal.key").stat().st_mode & 0o777
    equal(mode, 0o600)


@case
def the_operator_signs_in_and_sets_up_the_app():
    b = hub.browser()
    a = b.submit("/en/sign-in", "sign-in$", {"email": OPERATOR[2], "password": OPERATOR[3]})
    equal(a.status, 200)
    shown = re.search(r'<dd class="mono" translate="no">([A-Z2-7 ]+)</dd>', a.text).group(1).replace(" ", "")
    uri = re.search(r"otpauth://totp/[^<]+", html.unescape(a.text)).group(0)
    contains(uri, "secret=" + shown)
    check(len(shown) >= 32, "160 bits: " + shown)
    lacks(a.text, "Demonstration")
    form = Form(a.text, "sign-in/code")
    wrong = b.post(form.action, dict(form.fields, code="000000" if totp(shown) != "000000" else "000001"))
    equal(wrong.status, 422)
    again = re.search(r'<dd class="mono" translate="no">([A-Z2-7 ]+)</dd>', wrong.text).group(1).replace(" ", "")
    equal(again, shown, "a slip of the finger does not change the secret")
    form = Form(wrong.text, "sign-in/code")
    a = b.post(form.action, dict(form.fields, code=totp(shown)))
    equal(a.status, 303, a.text[-500:])
    hub.operator, hub.secret = b, shown
    home = b.get("/en/home")
    contains(home.text, OPERATOR[1])
    second = hub.browser().submit("/en/sign-in", "sign-in$", {"email": OPERATOR[2], "password": OPERATOR[3]})
    lacks(second.text, "otpauth", "the secret is shown once")


@case
def every_page_of_an_empty_hub_says_what_to_do():
    for path in ("home", "items", "drafts", "search", "search?q=x", "watch", "organisation", "members", "queue",
                 "queue/members", "write", "import", "advisories"):
        for lang in ("en", "zh-hant", "zh-hans"):
            a = hub.operator.get("/%s/%s" % (lang, path))
            equal(a.status, 200, "%s/%s" % (lang, path))
            check(len(Page(a.text).text) > 200, path)


@case
def an_organisation_and_a_person_are_added():
    b = hub.operator
    page = b.get("/en/queue/members").text
    contains(page, OPERATOR[0])
    a = b.submit("/en/queue/members", "members/organisations$", {
        "name_en": "Old Pier Ferries", "name_hant": "舊碼頭渡輪", "name_hans": "旧码头渡轮", "domain": "pier.example"})
    equal(a.status, 303, a.text[-500:])
    page = b.get("/en/queue/members").text
    contains(page, "Old Pier Ferries")
    contains(b.get("/zh-hant/queue/members").text, "舊碼頭渡輪")
    hub.pier = re.search(r'<option value="([a-z2-7]{26})">Old Pier Ferries', page).group(1)
    form = {"organisation": hub.pier, "name": MEMBER[0], "email": MEMBER[1], "language": "zh-hant", "role": "admin"}
    a = b.submit("/en/queue/members", "members/people$", form)
    equal(a.status, 303, a.text[-500:])
    a = b.submit("/en/queue/members", "members/people$", form)
    equal(a.status, 422, "the same address again")
    for what, more in [("no address", {"email": "mei"}), ("a header in the address", {"email": "a@b.example\r\nBcc: x@y.example"}),
                       ("an analyst of a member", {"email": "x@pier.example", "role": "analyst"}),
                       ("an operator", {"email": "y@pier.example", "role": "operator"})]:
        a = b.submit("/en/queue/members", "members/people$", dict(form, **more))
        if what == "an operator" and a.status == 303:  # unknown words make the least
            continue
        check(a.status in (400, 422), "%s: %d" % (what, a.status))
    lacks(b.get("/en/organisation").text, "y@pier.example")


@case
def the_invitation_comes_by_mail_and_its_link_sets_the_password():
    m = post.wait(lambda m: MEMBER[1] in m.to)
    equal((m.sender, m.rcpt), ("hub@centre.example", [MEMBER[1]]))
    contains(m.text, "舊碼頭渡輪", "in her language")
    link = re.search(r"https://hub\.centre\.example(/zh-hant/welcome\?t=\S+)", m.text).group(1)
    contains(html.unescape(m.html), link)
    b = hub.browser()
    early = b.submit("/en/sign-in", "sign-in$", {"email": MEMBER[1], "password": ""})
    equal(early.status, 422, "without a password nobody is let in")
    a = b.get(link)
    equal(a.status, 200, a.text[-500:])
    contains(a.text, MEMBER[0])
    contains(a.text, '<html lang="zh-Hant')
    form = Form(a.text, "welcome$")
    a = b.post(form.action, dict(form.fields, password="short"))
    equal(a.status, 422)
    a = b.post(form.action, {k: v for k, v in dict(form.fields, password=MEMBER[2]).items() if k != "csrf"})
    equal(a.status, 403, "CSRF")
    a = b.post(form.action, dict(form.fields, password=MEMBER[2]))
    equal((a.status, a.headers["Location"]), (303, "/zh-hant/sign-in"), a.text[-500:])
    equal(b.get(link).status, 404, "it works once")
    a = b.post(form.action, dict(form.fields, password="another password of hers"))
    equal(a.status, 404, "also for a form that is still open")
    token = link.split("t=")[1]
    for bad in (token[:-2] + "AA", token[:20], "x", ""):
        check(b.get("/en/welcome?t=" + bad).status in (400, 404), bad)
    a, hub.mei_secret = sign_in_new(b, MEMBER[1], MEMBER[2])
    equal(a.status, 303, a.text[-500:])
    hub.mei = b
    contains(b.get("/en/organisation").text, "Old Pier Ferries")


@case
def an_alert_reaches_her_by_the_mail_server():
    b = hub.operator
    a = b.post("/en/write", {
        "csrf": csrf(b, "/en/home"), "kind": "alert", "language": "en", "title": "Fog over the harbour", "tlp": "green",
        "severity": "high", "body": "Block 198.51.100.7 and **look** at your logs.\n\n.a line with a dot", "audience": "everybody",
        "do": "publish"})
    equal(a.status, 303, a.text[-800:])
    m = post.wait(lambda m: MEMBER[1] in m.to and "Fog over the harbour" in m.subject)
    contains(m.subject, "[TLP:GREEN]")
    contains(m.text, "198.51.100.7" if "198.51.100.7" in m.text else "198[.]51[.]100[.]7")
    contains(m.text, "\n.a line with a dot", "dot stuffing")
    contains(m.html, "<strong>look</strong>")
    link = re.search(r"https://hub\.centre\.example(/zh-hant/items/[a-z2-7]{26})", m.text).group(1)
    page = hub.mei.get(link)
    equal(page.status, 200)
    contains(page.text, "Fog over the harbour")
    check(not [1 for s, to, d in post.mails if OPERATOR[2] in to and b"Fog" in d], "the author needs none")


@case
def an_address_that_is_gone_holds_up_nobody():
    b = hub.operator
    a = b.submit("/en/queue/members", "members/people$", {
        "organisation": hub.pier, "name": "Gone Already", "email": "gone@pier.example", "language": "en", "role": "representative"})
    equal(a.status, 303)
    a = b.submit("/en/queue/members", "members/people$", {
        "organisation": hub.pier, "name": "Still Here", "email": "here@pier.example", "language": "en", "role": "representative"})
    equal(a.status, 303)
    m = post.wait(lambda m: "here@pier.example" in m.to)
    contains(m.text, "https://hub.centre.example/en/welcome?t=")


@case
def the_ledger_of_it_all_verifies():
    equal(hub.stop(), 0)
    r = hub.run("ledger", "verify")
    equal(r.returncode, 0, r.stdout + r.stderr)
    contains(r.stdout, "all fit")
    log = (hub.dir / "test.log").read_text(errors="replace")
    for secret in (OPERATOR[3], MEMBER[2], hub.secret, hub.mei_secret):
        lacks(log, secret)
    hub.start()


main(before, after)
