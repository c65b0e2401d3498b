# SPDX-License-Identifier: Apache-2.0
"""Signing in and out, and what protects a signed-in browser: two steps, throttle, cookies, forms of other
sites, foreign names of the hub, constant headers."""
import re
import subprocess
import time

from hub import Form, Hub, PROGRAM, totp
from kit import CSP, csrf, raw
from tap import case, check, contains, equal, lacks, main, sub

TRIES = 3
hub = None
secure = None
WRONG = "The e-mail address or the password is not right"
WAIT = "There were too many attempts"
USED = "That code was used already"


def before():
    global hub
    hub = Hub(demo=True, args=["--set", "signin_tries=%d" % TRIES, "--set", "signin_tries_network=100000"])


def after():
    hub.done()
    if secure:
        secure.done()


def person(persona):
    return hub.people[persona]


def first(browser, email, password, **more):
    return browser.submit("/en/sign-in", "sign-in$", dict({"email": email, "password": password}, **more))


def first_ok(browser, persona, **more):
    p = person(persona)
    a = first(browser, p["email"], p["password"], **more)
    equal(a.status, 200, a.text[-800:])
    form = Form(a.text, "sign-in/code")
    check(form.action, "the second step's form")
    return form


def second(browser, form, code):
    return browser.post(form.action, dict(form.fields, code=code))


def is_signed_in(browser):
    a = browser.get("/en/home")
    check(a.status == 200 or (a.status == 303 and "/sign-in" in a.headers["Location"]), a.status)
    return a.status == 200


def plain(a):
    """The bytes of an answer without what is fresh in each: form tokens, state, the demo's code."""
    t = re.sub(r'(name="(?:csrf|state)" value=")[^"]*', r"\1", a.text)
    return re.sub(r"shows \d{6} now", "shows now", t)


def with_cookie(value):
    b = hub.browser()
    b.cookies["bw"] = value
    return b


# -- first step ------------------------------------------------------------------------------------


@case
def an_account_that_is_not_there_gets_the_same_answer_as_a_wrong_password():
    email = person("bank")["email"]
    nobody = "x" * (len(email) - len("@demo.example")) + "@demo.example"
    known = first(hub.browser(), email, "not the password")
    unknown = first(hub.browser(), nobody, "not the password")
    suspended = first(hub.browser(), person("suspended")["email"], "not the password")
    for a in (known, unknown, suspended):
        equal(a.status, 422)
        contains(a.text, WRONG)
        lacks(a.text, "sign-in/code")
    equal(plain(known).replace(email, "E"), plain(unknown).replace(nobody, "E"))
    equal(plain(known).replace(email, "E"), plain(suspended).replace(person("suspended")["email"], "E"))
    names = [[k for k, _ in a.headers.items()] for a in (known, unknown)]
    equal(names[0], names[1], "names of the headers")


@case
def nothing_filled_in_is_said_and_the_password_never_comes_back():
    b = hub.browser()
    equal(first(b, "", "").status, 422)
    a = first(b, "someone@demo.example", "hunter2-hunter2")
    lacks(a.text, "hunter2-hunter2")
    contains(a.text, 'value="someone@demo.example"', "the address is kept")


@case
def over_the_limit_even_the_right_password_waits_and_others_do_not():
    p = person("hospital2")
    missing = "nobody-at-all@demo.example"
    said = {}
    for email in (p["email"], missing):
        for _ in range(TRIES):
            equal(first(hub.browser(), email, "wrong wrong wrong").status, 422, email)
        a = first(hub.browser(), email, p["password"])
        equal(a.status, 429, email)
        contains(a.text, WAIT)
        said[email] = plain(a).replace(email, "E")
    equal(said[p["email"]], said[missing], "who is there and who is not wait alike")
    variants = [p["email"].upper(), p["email"].title(), " " + p["email"], p["email"] + " "]
    for v in variants:
        equal(first(hub.browser(), v, p["password"]).status, 429, "written as %r" % v)
    first_ok(hub.browser(), "sme")  # another account of the same network


@case
def other_ways_to_send_a_guess_are_none():
    p = person("hospital2")
    b = hub.browser()
    token = csrf(b)
    body = {"email": p["email"], "password": p["password"], "csrf": token, "next": ""}
    got = {
        "JSON": b.request("POST", "/en/sign-in", body, type="application/json").status,
        "multipart": b.post("/en/sign-in", "x", type="multipart/form-data; boundary=b").status,
        "text": b.post("/en/sign-in", "x", type="text/plain").status,
        "PUT": b.put("/en/sign-in", body).status,
        "DELETE": b.request("DELETE", "/en/sign-in", body).status,
        "PATCH": b.request("PATCH", "/en/sign-in", body).status,
    }
    equal(got, {"JSON": 415, "multipart": 415, "text": 415, "PUT": 405, "DELETE": 405, "PATCH": 405})
    a = b.get("/en/sign-in?email=%s&password=%s" % (p["email"], p["password"]))
    equal(a.status, 200)
    lacks(a.text, p["password"])
    lacks(a.text, "sign-in/code")
    equal(b.post("/zh-hant/sign-in", body).status, 429, "another language is no other counter")
    a = b.request("GET", "/api/v1/me", headers={"Authorization": "Basic b3BlcmF0b3I6cHc="})
    equal(a.status, 401)


@case
def waiting_costs_no_hashing():
    costly = Hub(demo=True, args=["--set", "signin_tries=2", "--set", "password_memory=262144",
                                  "--set", "password_passes=4"])
    try:
        b = costly.browser()
        token = csrf(b)

        def guess(email):
            began = time.monotonic()
            a = b.post("/en/sign-in", {"email": email, "password": "wrong wrong", "csrf": token})
            return a.status, time.monotonic() - began

        hashed = [guess("a@demo.example") for _ in range(2)]
        equal([s for s, _ in hashed], [422, 422])
        waited = [guess("a@demo.example") for _ in range(10)]
        equal([s for s, _ in waited], [429] * 10)
        one = sum(t for _, t in hashed) / 2
        print("# hashed %.0f ms, refused %.1f ms" % (one * 1000, sum(t for _, t in waited) * 100))
        check(sum(t for _, t in waited) < 5 * one, "ten refusals took as long as hashing: %s %s" % (waited, hashed))
    finally:
        costly.done()


# -- second step -----------------------------------------------------------------------------------


@case
def both_steps_lead_in_and_make_a_new_session():
    b = hub.browser()
    b.get("/en/sign-in")
    before_cookie = b.cookies["bw"]
    form = first_ok(b, "bank")
    equal(b.cookies["bw"], before_cookie, "no session after the password alone")
    check(not is_signed_in(b), "the password alone signs nobody in")
    hub.bank_code = totp(person("bank")["totp_secret"])
    a = second(b, form, hub.bank_code)
    equal((a.status, a.headers["Location"]), (303, "/en/home"), a.text[-800:])
    check(b.cookies["bw"] != before_cookie, "the session id changes")
    check(len(b.cookies["bw"]) >= 43, "256 bits")
    check(is_signed_in(b), "signed in")
    check(not is_signed_in(with_cookie(before_cookie)), "the id from before is worth nothing")
    hub.bank = b


@case
def a_code_is_good_once():
    b = hub.browser()
    form = first_ok(b, "bank")
    a = second(b, form, hub.bank_code)
    equal(a.status, 422)
    contains(a.text, USED)
    check(not is_signed_in(b), "not signed in")


@case
def the_half_way_token_belongs_to_one_browser():
    x, y = hub.browser(), hub.browser()
    form = first_ok(x, "hospital")
    stolen = dict(form.fields, csrf=csrf(y), code=totp(person("hospital")["totp_secret"]))
    a = y.post(form.action, stolen)
    equal(a.status, 422)
    check(not is_signed_in(y), "another browser cannot use it")
    state = form.fields["state"]
    for what, other in [("changed", ("A" if state[9] != "A" else "B").join([state[:9], state[10:]])),
                        ("cut", state[:-4]), ("empty", ""), ("not base64", "!" * 40), ("long", "A" * 1024)]:
        a = x.post(form.action, dict(form.fields, state=other, code=totp(person("hospital")["totp_secret"])))
        equal(a.status, 422, what)
        check(not is_signed_in(x), what)
    a = second(x, form, totp(person("hospital")["totp_secret"]))
    equal(a.status, 303, "the right browser goes on")
    hub.hospital = x


@case
def codes_cannot_be_guessed_either():
    b = hub.browser()
    form = first_ok(b, "analyst")
    secret = person("analyst")["totp_secret"]
    good = {totp(secret, time.time() + d) for d in (-60, -30, 0, 30, 60)}
    wrong = [c for c in ("%06d" % n for n in range(20)) if c not in good]
    for code in wrong[:TRIES]:
        equal(second(b, form, code).status, 422)
    a = second(b, form, totp(secret))
    equal(a.status, 429, "the right code, too late")
    contains(a.text, WAIT)
    a = first(hub.browser(), person("analyst")["email"], person("analyst")["password"])
    equal(a.status, 429, "starting again does not help")
    check(not is_signed_in(b), "not signed in")
    for odd in ("", "12345", "1234567", "abcdef", "１２３４５６"):
        check(second(b, form, odd).status in (400, 422, 429), odd)


@case
def a_suspended_organisation_gets_a_page_and_no_session():
    b = hub.browser()
    form = first_ok(b, "suspended")
    was = b.cookies["bw"]
    a = second(b, form, totp(person("suspended")["totp_secret"]))
    equal(a.status, 403)
    contains(a.text, "The account is suspended")
    contains(a.text, person("suspended")["organisation"])
    equal(b.cookies["bw"], was, "no new cookie")
    check(not is_signed_in(b), "no session")
    equal(hub.client("suspended").get("/api/v1/me").status, 401, "its keys have ended")
    a = second(b, form, totp(person("suspended")["totp_secret"]))
    equal(a.status, 422, "its code is used up, too")


# -- where one goes on to --------------------------------------------------------------------------

EVIL = ["//evil.example", "///evil.example", "https://evil.example", "http:evil", "\\\\evil.example", "/\\evil.example",
        "javascript:alert(1)", "data:text/html,x", "evil.example", "/\t/evil.example", "/%09//evil.example\r\nX: y",
        "/en/items\r\nSet-Cookie: a=b", " //evil.example", "/\x00/evil", "https:/evil.example", "\u2044/evil.example"]


@case
def next_is_a_place_of_this_hub_only():
    import urllib.parse
    b = hub.bank
    for n in EVIL:
        a = b.get("/en/sign-in?next=" + urllib.parse.quote(n))
        if a.status == 400:
            continue
        equal(a.status, 303, repr(n))
        equal(a.headers["Location"], "/en/home", "next=%r" % n)
        check(a.headers["X"] is None and a.headers["Set-Cookie"] is None, "no header made of it")
    a = b.get("/en/sign-in?next=" + urllib.parse.quote("/zh-hant/items?kind=alert"))
    equal(a.headers["Location"], "/zh-hant/items?kind=alert")
    for n in EVIL[:6]:
        visitor = hub.browser()
        form = Form(visitor.get("/en/sign-in?next=" + urllib.parse.quote(n)).text, "sign-in$")
        equal(form.fields["next"], "", repr(n))


@case
def the_way_back_is_kept_over_both_steps_also_when_forged_in_between():
    b = hub.browser()
    a = b.get("/en/search?q=x")
    equal(a.status, 303)
    contains(a.headers["Location"], "/en/sign-in?next=%2Fen%2Fsearch")
    form = first_ok(b, "sme", next="//evil.example/")
    a = second(b, form, totp(person("sme")["totp_secret"]))
    equal((a.status, a.headers["Location"]), (303, "/en/home"))
    hub.sme = b
    b = hub.browser()
    form = first_ok(b, "operator", next="/en/queue")
    a = second(b, form, totp(person("operator")["totp_secret"]))
    equal((a.status, a.headers["Location"]), (303, "/en/queue"))
    hub.operator = b


# -- cookies, sign-out -----------------------------------------------------------------------------


def cookie_of(a, name):
    found = [c for c in a.headers.get_all("Set-Cookie") or [] if c.startswith(name + "=")]
    check(len(found) == 1, "one %s cookie: %s" % (name, a.headers.get_all("Set-Cookie")))
    parts = [p.strip().lower() for p in found[0].split(";")[1:]]
    return found[0], parts


@case
def the_cookie_is_kept_from_scripts_and_other_sites():
    b = hub.browser()
    _, parts = cookie_of(b.get("/en/sign-in"), "bw")
    for want in ("httponly", "samesite=lax", "path=/"):
        check(want in parts, "%s in %s" % (want, parts))
    check(not any(p.startswith("domain") for p in parts), "for this host alone")
    check("secure" not in parts, "plain HTTP on loopback cannot have it")


@case
def behind_tls_it_is_bound_to_the_host_and_to_tls():
    global secure
    secure = Hub(demo=True, args=["--set", "url=https://hub.example", "--set", "trusted_proxies=127.0.0.1/32"])
    b = secure.browser()
    proxy = {"Host": "hub.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    a = b.get("/en/sign-in", headers=proxy)
    equal(a.status, 200)
    name = next(k for k in b.cookies if k.startswith("__Host-"))
    _, parts = cookie_of(a, name)
    for want in ("httponly", "samesite=lax", "path=/", "secure"):
        check(want in parts, "%s in %s" % (want, parts))
    check(not any(p.startswith("domain") for p in parts), "no Domain")
    contains(a.headers["Strict-Transport-Security"] or "", "max-age=")
    p = secure.people["bank"]
    form = Form(a.text, "sign-in$")
    form.fields.update(email=p["email"], password=p["password"])
    origin = dict(proxy, Origin="https://hub.example")
    a = b.post(form.action, form.fields, headers=dict(proxy, Origin="http://hub.example"))
    equal(a.status, 403, "http:// of the same name is another origin")
    a = b.post(form.action, form.fields, headers=origin)
    equal(a.status, 200, a.text[-500:])
    code = Form(a.text, "sign-in/code")
    a = b.post(code.action, dict(code.fields, code=totp(p["totp_secret"])), headers=origin)
    equal(a.status, 303, a.text[-500:])
    _, parts = cookie_of(a, name)
    check("secure" in parts and "httponly" in parts, parts)
    equal(b.get("/en/home", headers=proxy).status, 200)
    plainly = secure.browser()
    plainly.cookies["bw"] = b.cookies[name]
    equal(plainly.get("/en/home", headers=proxy).status, 303, "the value under the plain name is nothing")


@case
def signing_out_ends_the_session_everywhere():
    b = hub.sme
    token = b.cookies["bw"]
    check(is_signed_in(with_cookie(token)), "before")
    a = b.post("/en/sign-out", {"csrf": csrf(b, "/en/home")})
    equal((a.status, a.headers["Location"]), (303, "/en/sign-in?done=signed-out"))
    check("bw" not in b.cookies, "the cookie is taken back")
    check(not is_signed_in(with_cookie(token)), "the old id is dead on the server")
    contains(b.get("/en/sign-in?done=signed-out").text, "You have signed out")


# -- forms of other sites --------------------------------------------------------------------------


def unsafe_pages():
    out = subprocess.run([PROGRAM, "routes"], capture_output=True, text=True, check=True).stdout
    for line in out.splitlines():
        method, path, face, _, _, types, _, params = line.split("\t")
        if method == "GET" or face != "page":
            continue
        form = {}
        for p in params.split():
            name, kind, places, required, low, high = p.rsplit(":", 5)
            value = {"id": "a" * 26, "int": low, "word": "x" * max(int(low), 1)}.get(kind, "x" * max(int(low), 1))
            if name == "lang":
                value = "en"
            if "p" in places:
                path = path.replace("{%s}" % name, value)
            elif required and kind != "file":
                form[name] = value
        yield method, path, form


@case
def every_form_needs_its_token_and_its_own_site():
    b = hub.operator
    token = csrf(b, "/en/home")
    stranger = csrf(hub.browser())
    own = "http://127.0.0.1:%d" % hub.port
    n = 0
    for method, path, form in unsafe_pages():
        good = dict(form, csrf=token)
        tries = {
            "no token": (form, {"Origin": own}),
            "empty token": (dict(form, csrf=""), {"Origin": own}),
            "another browser's token": (dict(form, csrf=stranger), {"Origin": own}),
            "foreign origin": (good, {"Origin": "https://evil.example"}),
            "opaque origin": (good, {"Origin": "null"}),
            "origin with our name in front": (good, {"Origin": own + ".evil.example"}),
            "cross-site": (good, {"Origin": own, "Sec-Fetch-Site": "cross-site"}),
            "same-site": (good, {"Origin": own, "Sec-Fetch-Site": "same-site"}),
            "typed": (good, {"Origin": own, "Sec-Fetch-Site": "none"}),
        }
        for what, (body, headers) in tries.items():
            a = b.request(method, path, body, headers=headers)
            n += 1
            if a.status != 403:
                sub("%s %s: %s" % (method, path, what), False, "%d %s" % (a.status, a.text[-300:]))
        request = "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nCookie: bw=%s\r\nContent-Type: " \
            "application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s"
        import urllib.parse
        text = urllib.parse.urlencode(good)
        a = raw(hub, request % (method, path, hub.port, b.cookies["bw"], len(text), text))
        if a[0] != 403:
            sub("%s %s: neither header" % (method, path), False, a)
    print("# %d refusals" % n)
    check(n > 80, "routes with forms: %d" % n)
    check(is_signed_in(b), "sign-out by another site did nothing")


@case
def what_another_site_sent_changed_nothing():
    b = hub.bank
    title = "Sent by another site"
    form = {"kind": "alert", "language": "en", "title": title, "tlp": "green", "severity": "low", "body": "b",
            "audience": "everybody", "do": "publish", "csrf": csrf(b, "/en/home")}
    evil = {"Origin": "https://evil.example"}
    equal(b.post("/en/write", form, headers=evil).status, 403)
    equal(b.post("/en/write", {k: v for k, v in form.items() if k != "csrf"}).status, 403)
    equal(b.post("/en/organisation/keys", {"label": title, "scope": "read", "days": "30", "csrf": form["csrf"]},
                 headers=evil).status, 403)
    equal(b.post("/en/watch/networks", {"cidr": "203.0.113.0/24", "label": title, "csrf": form["csrf"]},
                 headers=evil).status, 403)
    for page in ("/en/items", "/en/drafts", "/en/organisation", "/en/watch"):
        lacks(b.get(page).text, title, page)
    a = b.get("/en/write?" + "&".join("%s=%s" % kv for kv in form.items()).replace(" ", "+"))
    equal(a.status, 200, "asking by GET shows the form")
    lacks(b.get("/en/items").text, title, "and publishes nothing")
    a = b.post("/en/write", form)
    equal(a.status, 303, "the same from our own page is taken: the refusals were for the right reason")


@case
def a_session_is_no_key_and_a_key_no_session():
    b = hub.bank
    equal(b.get("/api/v1/me").status, 401, "a cookie opens no API")
    equal(b.request("POST", "/api/v1/items", "{}", type="application/json").status, 401)
    c = hub.client("bank")
    equal(c.get("/en/home").status, 303, "a key opens no page")


# -- names of the hub ------------------------------------------------------------------------------


@case
def under_a_foreign_name_nothing_is_answered():
    b = hub.bank
    for host in ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "evil.example:%d" % hub.port,
                 "127.0.0.2", "0x7f.1", "user@127.0.0.1"):
        for path in ("/en/home", "/en/", "/api/v1/me", "/assets/css/breakwater.css", "/live", "/taxii2/", "/health"):
            a = b.get(path, headers={"Host": host})
            check(a.status == 400, "%s of %s: %d" % (path, host, a.status))
            lacks(a.text, person("bank")["organisation"], path)
            check(not a.headers.get_all("Set-Cookie"), "no cookie under %s" % host)
    for host in ("localhost:%d" % hub.port, "127.0.0.1", "[::1]:1"):
        equal(b.get("/en/home", headers={"Host": host}).status, 200, host)
    a = raw(hub, "GET http://evil.example/en/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    check(a[0] in (400, 404), "absolute form of another host: %d" % a[0])
    equal(raw(hub, "GET /en/ HTTP/1.1\r\n\r\n")[0], 400, "no Host")
    equal(raw(hub, "GET /en/ HTTP/1.0\r\n\r\n")[0], 400, "no Host, HTTP/1.0")


# -- headers ---------------------------------------------------------------------------------------


@case
def every_answer_carries_the_constant_headers():
    b, v, c = hub.bank, hub.browser(), hub.client("bank")
    answers = {
        "private page": b.get("/en/home"), "public page": v.get("/en/"), "redirect": v.get("/en/home"),
        "page not there": v.get("/en/nothing"), "wrong name": v.get("/en/", headers={"Host": "evil.example"}),
        "form refused": b.post("/en/write", {}), "not allowed": b.get("/en/queue"),
        "API": c.get("/api/v1/me"), "API unsigned": v.get("/api/v1/me"), "API not there": c.get("/api/v1/x"),
        "method": c.request("DELETE", "/api/v1/items"), "bad body": c.post_json("/api/v1/items", {"x": 1}),
        "style sheet": v.get("/assets/css/breakwater.css"), "script": v.get("/assets/js/breakwater.js"),
        "asset not there": v.get("/assets/css/none.css"), "options": v.request("OPTIONS", "/en/sign-in"),
        "TAXII": c.get("/taxii2/"), "TAXII unsigned": v.get("/taxii2/"),
        "export": b.get("/en/items/%s/indicators?form=csv" % ("a" * 26)),
    }
    for name, a in answers.items():
        h = a.headers
        ok = (h["Content-Security-Policy"] == CSP and h["X-Content-Type-Options"] == "nosniff"
              and h["Referrer-Policy"] == "no-referrer" and h["Cross-Origin-Opener-Policy"] == "same-origin"
              and h["Cross-Origin-Resource-Policy"] == "same-origin" and h["Server"] is None
              and (a.body == b"" or h["Content-Type"] is not None))
        sub("headers: " + name, ok, h)
        if a.body and (h["Content-Type"] or "").startswith("text/html"):
            equal(h["Content-Type"], "text/html; charset=utf-8", name)
    for name in ("private page", "redirect", "page not there", "form refused", "not allowed", "API", "API unsigned",
                 "API not there", "bad body", "TAXII", "TAXII unsigned"):
        sub("no-store: " + name, "no-store" in (answers[name].headers["Cache-Control"] or ""), answers[name].headers)


@case
def the_stream_has_them_too():
    s = hub.bank.stream()
    equal(s.status, 200)
    h = s.response.headers
    equal(h["Content-Security-Policy"], CSP)
    contains(h["Cache-Control"] or "", "no-store")
    contains(h["Content-Type"], "text/event-stream")
    s.close()


@case
def secrets_are_in_no_log():
    log = (hub.dir / "test.log").read_text(errors="replace")
    for p in hub.people.values():
        for secret in (p["password"], p["totp_secret"], p["api_key"]):
            lacks(log, secret)


main(before, after)
