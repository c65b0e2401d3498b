# SPDX-License-Identifier: Apache-2.0
"""One's own account: passkeys (with an authenticator in software), recovery codes, remembered browsers, sessions,
password, and what each of them must refuse."""
import html
import re
import time

from authenticator import Passkey, b64
from hub import Form, Hub, totp
from kit import csrf, wait_mails
from tap import case, check, contains, equal, lacks, main, sub

hub = None
PASSWORD = {}


def before():
    global hub
    hub = Hub(demo=True, args=["--set", "signin_tries=5", "--set", "signin_tries_network=100000",
                               "--set", "password_list=%s" % password_list()])


def password_list():
    """Two of the forms in which such lists come."""
    import hashlib
    import tempfile
    f = tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False)
    f.write(hashlib.sha1(b"correct horse battery").hexdigest().upper() + ":1234\n")
    f.write("opensesame-opensesame\n\n")
    f.close()
    return f.name


def after():
    hub.done()


def origin():
    return "http://localhost:%d" % hub.port


RP = "localhost"


def browser():
    """A browser that reaches the hub under a name that passkeys can be made for."""
    b = hub.browser()
    ask = b.request

    def request(method, path, body=None, headers=None, type=None):
        h = {"Host": "localhost:%d" % hub.port}
        if method != "GET":
            h["Origin"] = origin()
        h.update(headers or {})
        return ask(method, path, body, headers=h, type=type)

    b.request = request
    return b


def form_of(text, name):
    """A form of passkeys: its fields and its data- attributes."""
    m = re.search(r'<form[^>]*data-passkey="%s"[^>]*>' % name, text)
    check(m, "a form for passkeys (%s)" % name)
    tag = m.group(0)
    action = html.unescape(re.search(r'action="([^"]*)"', tag).group(1))
    inside = text[m.start():text.index("</form>", m.start())]
    fields = {html.unescape(k): html.unescape(v or "")
              for k, v in re.findall(r'<input[^>]*?name="([^"]*)"(?:[^>]*?value="([^"]*)")?[^>]*>', inside)}
    data = {k: html.unescape(v) for k, v in re.findall(r'data-([\w-]+)="([^"]*)"', tag)}
    return action, fields, data


def code_for(persona):
    """The code of now, also where it was taken before (that a code is good once: test_signin)."""
    hub.database.run("UPDATE credential SET totp_last_step = 0")
    return totp(hub.people[persona]["totp_secret"])


def password_step(b, persona):
    p = hub.people[persona]
    a = b.submit("/en/sign-in", "sign-in$", {"email": p["email"], "password": PASSWORD.get(persona, p["password"])})
    equal(a.status, 200, a.text[-800:])
    return a


def enter(persona):
    b = browser()
    a = password_step(b, persona)
    form = Form(a.text, "sign-in/code")
    a = b.post(form.action, dict(form.fields, code=code_for(persona)))
    equal(a.status, 303, a.text[-800:])
    return b


def inside(b):
    return b.get("/en/home").status == 200


def add(b, passkey, name="Laptop", **wrong):
    action, fields, data = form_of(b.get("/en/account").text, "make")
    fields.update(passkey.make(dict(fields, user=data["user"]), wrong.pop("at", origin()), wrong.pop("rp", RP), **wrong))
    return b.post(action, dict(fields, name=name))


def mail_about(subject, persona, n=1):
    email = hub.people[persona]["email"]
    return wait_mails(hub, lambda m: subject in m.subject and email in m.to, n)


# -- passkeys --------------------------------------------------------------------------------------


@case
def passkeys_of_both_kinds_are_added_and_sign_in_alone():
    hub.bank = enter("bank")
    hub.keys = {}
    for name, algorithm, count in (("ES256", -7, 0), ("EdDSA", -8, None)):
        k = hub.keys[name] = Passkey(algorithm, count)
        a = add(hub.bank, k, name)
        equal((a.status, a.headers["Location"]), (303, "/en/account?done=passkey#passkeys"), name + a.text[-500:])
        b = browser()
        action, fields, data = form_of(b.get("/en/sign-in?next=/en/items").text, "use")
        equal((data["rp"], data["verify"], data.get("keys", "")), (RP, "required", ""))
        a = b.post(action, dict(fields, **k.use(fields, origin(), RP)))
        equal((a.status, a.headers["Location"]), (303, "/en/items"), name)
        check(inside(b), "signed in")
    page = hub.bank.get("/en/account").text
    contains(page, "ES256")
    contains(page, "EdDSA")
    check(mail_about("A passkey was added", "bank", 2), "told by mail")


@case
def what_does_not_fit_is_no_passkey():
    b = hub.bank
    other = enter("hospital")
    _, stolen, _ = form_of(other.get("/en/account").text, "make")
    tries = {
        "another origin": dict(at="https://evil.example"),
        "our name with another port": dict(at="http://localhost:1"),
        "another relying party": dict(rp="evil.example"),
        "nobody present": dict(flags=0x44),
        "no key in it": dict(flags=0x05),
        "the answer to another question": dict(kind="webauthn.get"),
        "framed by another site": dict(more={"crossOrigin": True}),
        "framed, said otherwise": dict(more={"topOrigin": "https://evil.example"}),
        "another challenge": dict(challenge=b64(b"x" * 200)),
        "another person's challenge": dict(challenge=stolen["state"]),
    }
    for what, wrong in tries.items():
        a = add(b, Passkey(), what, **wrong)
        sub("not added: " + what, a.status == 422 and "was not added" in a.text, (a.status, a.text[-300:]))
    page = b.get("/en/account").text
    for what in tries:
        lacks(page, what)
    k = Passkey()
    action, fields, data = form_of(page, "make")
    answer = dict(fields, name="Once", **k.make(dict(fields, user=data["user"]), origin(), RP))
    equal(b.post(action, answer).status, 303)
    a = b.post(action, answer)
    equal(a.status, 422, "the same answer once more")
    contains(a.text, "known already")
    a = add(other, k, "Somebody else's")
    equal(a.status, 422, "a passkey is one person's")
    equal(add(b, Passkey(), "").status, 422, "without a name")
    a = b.post(action, dict(fields, name="x", client_data="!!!", attestation=""))
    equal(a.status, 422)
    a = other.post(action, dict(answer, csrf=csrf(other, "/en/account"), name="Stolen"))
    equal(a.status, 422, "a challenge of another browser")


@case
def an_assertion_has_to_be_of_now_and_here():
    k = hub.keys["ES256"]
    stranger = Passkey()
    stranger.id, stranger.user = k.id, k.user

    def attempt(b=None, **wrong):
        b = b or browser()
        action, fields, _ = form_of(b.get("/en/sign-in").text, "use")
        a = b.post(action, dict(fields, **k.use(fields, wrong.pop("at", origin()), wrong.pop("rp", RP), **wrong)))
        return b, a

    tries = {
        "another origin": dict(at="https://evil.example"),
        "another relying party": dict(rp="evil.example"),
        "not verified": dict(flags=0x01),
        "nobody present": dict(flags=0x04),
        "made, not used": dict(kind="webauthn.create"),
        "another challenge": dict(challenge=b64(b"y" * 200)),
        "signed by another key": dict(signer=stranger),
        "without saying whose": dict(user=False),
        "framed": dict(more={"crossOrigin": True}),
    }
    for what, wrong in tries.items():
        b, a = attempt(**wrong)
        sub("refused: " + what, a.status == 422 and not inside(b), (a.status, a.text[-300:]))
    b = browser()
    action, fields, _ = form_of(b.get("/en/sign-in").text, "use")
    answer = dict(fields, **k.use(fields, origin(), RP))
    c = browser()
    equal(c.post(action, dict(answer, csrf=csrf(c))).status, 422, "the challenge belongs to one browser")
    check(not inside(c), "and nobody is signed in")
    equal(b.post(action, answer).status, 303)
    b.post("/en/sign-out", {"csrf": csrf(b, "/en/home")})
    d = browser()
    d.cookies.update(b.cookies)
    a = b.post(action, dict(answer, csrf=csrf(b)))
    equal(a.status, 422, "used up")
    check(not inside(b), "a challenge is good once")


@case
def a_counter_that_went_back_is_refused_and_told():
    k = hub.keys["ES256"]
    k.count -= 2
    b = browser()
    action, fields, _ = form_of(b.get("/en/sign-in").text, "use")
    a = b.post(action, dict(fields, **k.use(fields, origin(), RP)))
    equal(a.status, 422)
    contains(a.text, "may have been copied")
    check(not inside(b), "not signed in")
    check(mail_about("A passkey was refused", "bank"), "told by mail")
    k.count += 5
    action, fields, _ = form_of(b.get("/en/sign-in").text, "use")
    equal(b.post(action, dict(fields, **k.use(fields, origin(), RP))).status, 303, "the true one goes on")


@case
def as_second_step_it_has_to_be_ones_own():
    mine, theirs = hub.keys["EdDSA"], Passkey(-8)
    other = enter("hospital2")
    equal(add(other, theirs).status, 303)
    for what, key, status in (("another person's", theirs, 422), ("one's own", mine, 303)):
        b = browser()
        action, fields, data = form_of(password_step(b, "bank").text, "use")
        equal(data["verify"], "preferred")
        check(b64(mine.id) in data["keys"].split() and b64(theirs.id) not in data["keys"], "one's own are asked for")
        a = b.post(action, dict(fields, **key.use(fields, origin(), RP, flags=0x01)))
        sub("second step with %s passkey" % what, a.status == status and inside(b) == (status == 303), a.text[-400:])


@case
def removed_it_signs_nobody_in():
    b = hub.bank
    page = b.get("/en/account").text
    ids = re.findall(r'account/passkeys/([a-z2-7]{26})/end', page)
    check(len(ids) == 3, ids)
    other = enter("analyst")
    a = other.post("/en/account/passkeys/%s/end" % ids[0], {"csrf": csrf(other, "/en/account")})
    equal(a.status, 404, "another person's does not exist")
    a = b.post("/en/account/passkeys/%s/end" % ids[0], {"csrf": csrf(b, "/en/account")})
    equal(a.status, 303)
    c = browser()
    action, fields, _ = form_of(c.get("/en/sign-in").text, "use")
    a = c.post(action, dict(fields, **hub.keys["ES256"].use(fields, origin(), RP)))
    equal(a.status, 422)
    check(not inside(c), "gone")


# -- recovery codes --------------------------------------------------------------------------------


def make_codes(b):
    a = b.post("/en/account/recovery", {"csrf": csrf(b, "/en/account")})
    equal(a.status, 200, a.text[-500:])
    codes = re.findall(r"<li>([a-z2-7]{4}(?:-[a-z2-7]{4}){3})</li>", a.text)
    equal((len(codes), len(set(codes))), (10, 10))
    return codes


def recover(persona, code):
    b = browser()
    form = Form(password_step(b, persona).text, "sign-in/recovery")
    check(form.action, "a way to use a recovery code")
    return b, b.post(form.action, dict(form.fields, recovery=code))


@case
def recovery_codes_are_good_once_and_told():
    b = enter("sme")
    lacks(password_step(browser(), "sme").text, "sign-in/recovery", "who has none is not asked for one")
    old = make_codes(b)
    for c in old:
        lacks(b.get("/en/account").text, c, "shown once")
    c, a = recover("sme", old[0].upper().replace("-", " "))
    equal(a.status, 303, "as people type it")
    check(inside(c), "signed in")
    c, a = recover("sme", old[0])
    equal(a.status, 422, "used")
    contains(a.text, "wrong or was used")
    check(not inside(c), "not twice")
    used_mail = mail_about("A recovery code was used", "sme")
    check(used_mail, "told by mail")
    lacks(used_mail[0].all, old[0])
    contains(b.get("/en/account").text, "9 codes are left")
    new = make_codes(b)
    c, a = recover("sme", old[1])
    equal(a.status, 422, "those from before are worth nothing")
    c, a = recover("sme", new[1])
    equal(a.status, 303)
    log = (hub.dir / "test.log").read_text(errors="replace")
    for code in old + new:
        lacks(log, code)
    hub.sme, hub.spare, hub.sme_codes = b, enter("sme"), new


@case
def recovery_codes_cannot_be_guessed():
    b = browser()
    form = Form(password_step(b, "sme").text, "sign-in/recovery")
    seen = []
    for i in range(7):
        seen.append(b.post(form.action, dict(form.fields, recovery="aaaa-aaaa-aaaa-aaa%s" % "abcdefg"[i])).status)
    equal(seen, [422] * 5 + [429] * 2)
    equal(b.post(form.action, dict(form.fields, recovery=hub.sme_codes[2])).status, 429, "the right one, too late")


# -- browsers --------------------------------------------------------------------------------------


@case
def a_known_browser_is_not_locked_out_by_others():
    home = hub.sme
    check("bwd" in home.cookies, "remembered")
    home.post("/en/sign-out", {"csrf": csrf(home, "/en/home")})
    p = hub.people["sme"]
    stranger, spare = browser(), hub.spare
    while stranger.submit("/en/sign-in", "sign-in$", {"email": p["email"], "password": "wrong wrong"}).status != 429:
        pass
    equal(stranger.submit("/en/sign-in", "sign-in$", {"email": p["email"], "password": p["password"]}).status, 429)
    form = Form(password_step(home, "sme").text, "sign-in/code")
    token = home.cookies["bwd"]
    equal(home.post(form.action, dict(form.fields, code=code_for("sme"))).status, 303, "its owner gets in")
    check(home.cookies["bwd"] != token, "the cookie changes with every sign-in")
    thief = browser()
    thief.cookies["bwd"] = token
    equal(thief.submit("/en/sign-in", "sign-in$", {"email": p["email"], "password": "x"}).status, 429, "the old one is worth nothing")
    thief.cookies["bwd"] = spare.cookies["bwd"]
    seen = [thief.submit("/en/sign-in", "sign-in$", {"email": p["email"], "password": "x"}).status for _ in range(7)]
    equal(seen, [422] * 5 + [429] * 2, "a stolen one has a counter of its own")
    other = hub.people["hospital2"]
    for _ in range(6):
        last = browser().submit("/en/sign-in", "sign-in$", {"email": other["email"], "password": "wrong wrong"}).status
    equal(last, 429)
    equal(thief.submit("/en/sign-in", "sign-in$", {"email": other["email"], "password": other["password"]}).status, 429,
          "known to one account is not known to another")


@case
def a_new_browser_is_told_by_mail_and_a_known_one_is_not():
    subject = "Sign-in from a new browser"
    mails = mail_about(subject, "sme", 4)
    n = len(mails)
    lacks(mails[0].all, hub.people["sme"]["password"])
    contains(mails[0].html, "/account")
    contains(mails[0].text, "/account")
    b = hub.sme
    b.post("/en/sign-out", {"csrf": csrf(b, "/en/home")})
    form = Form(password_step(b, "sme").text, "sign-in/code")
    equal(b.post(form.action, dict(form.fields, code=code_for("sme"))).status, 303)
    make_codes(b)
    check(mail_about("New recovery codes", "sme", 3), "what came later is told")
    equal(len(mail_about(subject, "sme", n)), n, "a known browser is no news")
    page = b.get("/en/account").text
    ids = re.findall(r"account/devices/([a-z2-7]{26})/end", page)
    check(len(ids) >= 3, "browsers are listed")
    a = hub.bank.post("/en/account/devices/%s/end" % ids[0], {"csrf": csrf(hub.bank, "/en/account")})
    equal(a.status, 404, "another person's does not exist")
    for i in ids:
        if inside(b):
            b.post("/en/account/devices/%s/end" % i, {"csrf": csrf(b, "/en/account")})
    check(not inside(b), "forgetting a browser ends its session")


# -- sessions --------------------------------------------------------------------------------------


@case
def sessions_are_listed_and_ended():
    x = enter("hospital")
    y = enter("hospital")
    page = x.get("/en/account").text
    contains(page, "this one")
    ids = re.findall(r"account/sessions/([a-z2-7]{26})/end", page)
    check(ids, "others are listed")
    a = hub.bank.post("/en/account/sessions/%s/end" % ids[0], {"csrf": csrf(hub.bank, "/en/account")})
    equal(a.status, 404, "another person's does not exist")
    a = x.post("/en/account/sessions/%s/end" % ids[0], {"csrf": csrf(x, "/en/account")})
    equal(a.status, 303)
    check(not inside(y) and inside(x), "the one that was named")
    z = enter("hospital")
    equal(x.post("/en/account/sessions/end", {"csrf": csrf(x, "/en/account")}).status, 303)
    check(not inside(z) and inside(x), "all others")
    equal(z.get("/en/account").status, 303)


@case
def a_session_is_not_fixed_beforehand():
    b = browser()
    b.get("/en/sign-in")
    planted = b.cookies["bw"]
    k = hub.keys["EdDSA"]
    action, fields, _ = form_of(b.get("/en/sign-in").text, "use")
    equal(b.post(action, dict(fields, **k.use(fields, origin(), RP))).status, 303)
    check(b.cookies["bw"] != planted, "a passkey makes a new session id, too")
    c = browser()
    c.cookies["bw"] = planted
    check(not inside(c), "the one from before is nobody's")


# -- password --------------------------------------------------------------------------------------


def change(b, current, new):
    return b.submit("/en/account", "account/password$", {"current": current, "password": new})


@case
def a_password_is_changed_with_the_old_one():
    b, other = enter("operator"), enter("operator")
    was = hub.people["operator"]["password"]
    for what, current, new, said in (
            ("no old one", "", "a whole new password", "Enter the password that you have now"),
            ("a wrong old one", "wrong wrong wrong", "a whole new password", "That password is not right"),
            ("too short", was, "short", "too short"),
            ("known, by hash", was, "correct horse battery", "became known"),
            ("known, by text", was, "opensesame-opensesame", "became known")):
        a = change(b, current, new)
        sub("not changed: " + what, a.status == 422 and said in a.text and (len(new) < 8 or new not in a.text), a.text[:300])
    a = change(b, was, "a whole new password")
    equal((a.status, a.headers["Location"]), (303, "/en/account?done=password"), a.text[-300:])
    check(inside(b) and not inside(other), "all other sessions end")
    check(mail_about("Your password was changed", "operator"), "told by mail")
    p = hub.people["operator"]
    equal(browser().submit("/en/sign-in", "sign-in$", {"email": p["email"], "password": was}).status, 422)
    PASSWORD["operator"] = "a whole new password"
    password_step(browser(), "operator")
    hub.operator = b


def forgot(email):
    return browser().submit("/en/sign-in/forgot", "sign-in/forgot$", {"email": email})


def plain(a, email):
    return re.sub(r'(name="(?:csrf|state)" value=")[^"]*', r"\1", a.text).replace(email, "E")


@case
def a_forgotten_password_is_replaced_by_mail():
    p = hub.people["analyst"]
    old = enter("analyst")
    nobody = "x" * (len(p["email"]) - len("@demo.example")) + "@demo.example"
    known, unknown = forgot(p["email"].upper()), forgot(nobody)
    equal((known.status, unknown.status), (200, 200))
    equal(plain(known, p["email"]), plain(unknown, nobody), "who is there and who is not get the same")
    m = mail_about("Choose a new password", "analyst")[0]
    link = re.search(r"/sign-in/reset\?t=([\w-]+)", m.text).group(1)
    contains(m.html, link)
    check(not wait_mails(hub, lambda m: nobody in m.to, 1, timeout=0), "nobody is sent nothing")
    b = browser()
    for what, token in (("cut", link[:-2]), ("changed", ("A" if link[9] != "A" else "B").join([link[:9], link[10:]])), ("x", "x")):
        equal(b.get("/en/sign-in/reset?t=" + token).status, 404, what)
    equal(b.get("/en/welcome?t=" + link).status, 404, "a link of one purpose opens no other")
    form = Form(b.get("/en/sign-in/reset?t=" + link).text, "sign-in/reset")
    equal(b.post(form.action, dict(form.fields, password="opensesame-opensesame")).status, 422)
    a = b.post(form.action, dict(form.fields, password="another analyst's words"))
    equal((a.status, a.headers["Location"]), (303, "/en/sign-in?done=password"), a.text[-300:])
    check(not inside(old), "every session ends")
    equal(b.post(form.action, dict(form.fields, password="once more, once more")).status, 404, "single use")
    equal(b.get("/en/sign-in/reset?t=" + link).status, 404)
    PASSWORD["analyst"] = "another analyst's words"
    again = enter("analyst")
    check(inside(again), "with the second step, as before")
    equal(hub.client("analyst").get("/api/v1/me").status, 200, "its keys go on")


@case
def a_link_dies_with_the_password_it_stands_for():
    p = hub.people["hospital"]
    forgot(p["email"])
    m = mail_about("Choose a new password", "hospital")[-1]
    link = re.search(r"/sign-in/reset\?t=([\w-]+)", m.text).group(1)
    equal(browser().get("/en/sign-in/reset?t=" + link).status, 200)
    b = enter("hospital")
    equal(change(b, p["password"], "harbour lights at dusk").status, 303)
    PASSWORD["hospital"] = "harbour lights at dusk"
    equal(browser().get("/en/sign-in/reset?t=" + link).status, 404)


@case
def links_are_not_sent_without_end():
    p = hub.people["membership"]
    seen = [forgot(e).status for e in [p["email"]] * 4 + ["nobody@nowhere.example"] * 4]
    equal(seen, [200, 200, 200, 429] * 2, "who is there and who is not alike")
    equal(forgot("not an address").status, 422)
    equal(forgot("").status, 422)


# -- the app ---------------------------------------------------------------------------------------


@case
def another_app_takes_over_when_it_has_shown_a_code():
    b = hub.operator
    a = b.post("/en/account/app", {"csrf": csrf(b, "/en/account")})
    equal(a.status, 200)
    contains(a.text, '<svg class="qr-code"')
    secret = re.search(r"secret=([A-Z2-7]+)", a.text).group(1)
    form = Form(a.text, "account/app/keep")
    c = browser()
    first = Form(password_step(c, "operator").text, "sign-in/code")
    equal(c.post(first.action, dict(first.fields, code=totp(secret))).status, 422, "not yet")
    equal(b.post(form.action, dict(form.fields, code="000000")).status, 422)
    other = enter("auditor")
    stolen = dict(form.fields, csrf=csrf(other, "/en/account"), code=totp(secret))
    equal(other.post(form.action, stolen).status, 422, "another person's secret")
    code = totp(secret)
    equal(b.post(form.action, dict(form.fields, code=code)).status, 303)
    c = browser()
    first = Form(password_step(c, "operator").text, "sign-in/code")
    equal(c.post(first.action, dict(first.fields, code=code)).status, 422, "its first code is used")
    equal(c.post(first.action, dict(first.fields, code=totp(hub.people["operator"]["totp_secret"]))).status, 422, "the old app is out")
    equal(c.post(first.action, dict(first.fields, code=totp(secret, time.time() + 30))).status, 303)
    check(mail_about("A new authenticator app", "operator"), "told by mail")
    equal(b.post(form.action, dict(form.fields, code=totp(secret, time.time() + 30))).status, 409, "the page is used up")


# -- once more -------------------------------------------------------------------------------------


@case
def sensitive_steps_ask_again_after_ten_minutes():
    b = enter("hospital")
    k = Passkey()
    equal(add(b, k).status, 303)
    hub.database.run("UPDATE session_proof SET proved_us = proved_us - 601000000")
    token = csrf(b, "/en/account")
    _, fields, data = form_of(b.get("/en/account").text, "make")
    asked = {
        "account/app": {}, "account/recovery": {}, "account/passkeys": dict(fields, name="x"),
        "account/passkeys/%s/end" % ("a" * 26): {}, "organisation/keys": {"label": "x", "scope": "read", "days": "30"},
    }
    for path, body in asked.items():
        a = b.post("/en/" + path, dict(body, csrf=token))
        place = a.headers["Location"] or ""
        sub("asks again: " + path, a.status == 303 and place.startswith("/en/account/confirm?next=/en/"), (a.status, place))
    lacks(b.get("/en/organisation").text, "organisation/keys/aaaa")
    page = b.get("/en/account/confirm?next=/en/organisation").text
    form = Form(page, "account/confirm$")
    equal(b.post(form.action, dict(form.fields, password="wrong wrong wrong")).status, 422)
    a = b.post(form.action, dict(form.fields, password=PASSWORD["hospital"]))
    equal((a.status, a.headers["Location"]), (303, "/en/organisation"))
    equal(b.post("/en/account/recovery", {"csrf": token}).status, 200, "and then it goes on")
    hub.database.run("UPDATE session_proof SET proved_us = proved_us - 601000000")
    equal(b.post("/en/account/recovery", {"csrf": token}).status, 303)
    action, fields, data = form_of(b.get("/en/account/confirm?next=//evil.example").text, "use")
    equal(data["verify"], "required")
    a = b.post(action, dict(fields, **k.use(fields, origin(), RP, flags=0x01)))
    equal(a.status, 422, "not verified")
    answer = dict(fields, **k.use(fields, origin(), RP))
    a = b.post(action, answer)
    equal((a.status, a.headers["Location"]), (303, "/en/account"), "never to another site")
    equal(b.post("/en/account/recovery", {"csrf": token}).status, 200)
    hub.database.run("UPDATE session_proof SET proved_us = proved_us - 601000000")
    equal(b.post(action, answer).status, 422, "an answer is good once")
    equal(b.post("/en/account/recovery", {"csrf": token}).status, 303, "and confirms nothing")


main(before, after)
