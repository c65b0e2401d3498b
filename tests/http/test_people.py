# SPDX-License-Identifier: Apache-2.0
"""The people of an organisation through pages and mails: invitations, others' ids, what a form may not set,
addresses that confirm themselves, the administrator's role, keys with networks, acting for another."""
import re
import threading

from hub import Form, Hub, totp
from kit import csrf, mails, sign_in_new, wait_mails
from tap import case, check, contains, equal, lacks, main, sub

PASSWORD = "a long enough password"
hub = None
made = {}


def before():
    global hub
    hub = Hub(demo=True, args=["--set", "signin_tries_network=100000"])


def invite(browser, name, address, role="representative", **more):
    page = browser.get("/en/people" + ("?of=" + more["of"] if "of" in more else ""))
    equal(page.status, 200, page.text[-500:])
    form = Form(page.text, "/people$")
    fields = {"csrf": form.fields["csrf"], "name": name, "email": address, "role": role, "language": "en"}
    fields.update(more)
    return browser.post("/en/people", fields)


def person_id(browser, name, of=None):
    text = browser.get("/en/people" + ("?of=" + of if of else "")).text
    m = re.search(r'people/([a-z2-7]{26})">%s<' % re.escape(name), text)
    check(m, "%s is in the list" % name)
    return m.group(1)


def link(address, page, n=1):
    found = wait_mails(hub, lambda m: address in m.to and page in m.text, n)
    check(len(found) >= n, "%d mails to %s: %r" % (n, address, [(m.to, m.subject) for m in mails(hub)]))
    return [re.search(r"/en/%s\?t=([\w-]+)" % page, m.text).group(1) for m in found]


def post(browser, path, **fields):
    return browser.post(path, dict({"csrf": csrf(browser, "/en/organisation")}, **fields))


def choose(token, password=PASSWORD):
    b = hub.browser()
    form = Form(b.get("/en/welcome?t=" + token).text, "welcome")
    if form.action is None:
        return 404
    form.fields["password"] = password
    return b.post(form.action, form.fields).status


def organisation_of(persona):
    return hub.client(persona).get("/api/v1/me").json["organisation"]


def join(browser, name, address, role="representative"):
    """Invited, chosen a password, signed in."""
    equal(invite(browser, name, address, role).status, 303)
    equal(choose(link(address, "welcome")[0]), 303)
    b = hub.browser()
    a, secret = sign_in_new(b, address, PASSWORD)
    equal(a.status, 303, a.text[-500:])
    made[name] = (b, secret)
    return b


# -- invitations -----------------------------------------------------------------------------------


@case
def an_invitation_is_seen_sent_again_and_withdrawn():
    admin = hub.browser("bank")
    equal(invite(admin, "Vera Visitor", "vera@bank.example").status, 303)
    contains(admin.get("/en/people").text, "Invited, has not come yet")
    old = link("vera@bank.example", "welcome")[0]
    first = person_id(admin, "Vera Visitor")
    a = post(admin, "/en/people/%s/invite" % first)
    equal(a.status, 303, a.text[-500:])
    both = set(link("vera@bank.example", "welcome", 2))
    new = (both - {old}).pop()
    equal(hub.browser().get("/en/welcome?t=" + old).status, 404, "the old link is dead")
    equal(hub.browser().get("/en/welcome?t=" + new).status, 200)
    equal(post(admin, "/en/people/%s/invite" % first).status, 404, "the button pressed twice")
    a = post(admin, "/en/people/%s/state" % person_id(admin, "Vera Visitor"), state="withdrawn")
    equal(a.status, 303, a.text[-500:])
    equal(hub.browser().get("/en/welcome?t=" + new).status, 404, "withdrawn")
    lacks(admin.get("/en/people").text, "Vera Visitor")
    equal(invite(admin, "Vera Visitor", "vera@bank.example").status, 303, "the address is free again")


@case
def two_people_who_follow_one_invitation_at_once():
    """One sets the password; the other is told that the link was used."""
    admin = hub.browser("bank")
    equal(invite(admin, "Twin", "twin@bank.example").status, 303)
    token = link("twin@bank.example", "welcome")[0]
    browsers = [hub.browser() for _ in range(4)]
    forms = [Form(b.get("/en/welcome?t=" + token).text, "welcome") for b in browsers]
    got = [None] * len(browsers)

    def go(i):
        fields = dict(forms[i].fields, password="password of visitor %d" % i)
        got[i] = browsers[i].post(forms[i].action, fields).status

    threads = [threading.Thread(target=go, args=(i,)) for i in range(len(browsers))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    equal(sorted(got), [303] + [404] * (len(browsers) - 1))
    equal(hub.browser().get("/en/welcome?t=" + token).status, 404)


@case
def one_form_sent_twice_at_once_invites_once():
    admin = hub.browser("bank")
    admin.get("/en/people")
    token, got = csrf(admin, "/en/people"), []

    def go():
        c = hub.browser()
        c.cookies = dict(admin.cookies)
        got.append(c.post("/en/people", {"csrf": token, "name": "Double", "email": "double@bank.example",
                                         "role": "representative", "language": "en"}).status)

    threads = [threading.Thread(target=go) for _ in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    equal(sorted(got), [303] + [422] * 5)
    equal(len(re.findall(">Double<", admin.get("/en/people").text)), 1)


# -- others' people --------------------------------------------------------------------------------


@case
def what_is_anothers_is_not_there():
    desk, admin = hub.browser("operator"), hub.browser("bank")
    theirs, hubs = organisation_of("hospital"), organisation_of("operator")
    rows = re.findall(r"people/([a-z2-7]{26})\">", desk.get("/en/people?of=" + theirs["id"]).text)
    staff = re.findall(r"people/([a-z2-7]{26})\">", desk.get("/en/people?of=" + hubs["id"]).text)
    check(rows and staff, "people of the hospital and of the hub")
    key = re.search(r"keys/([a-z2-7]{26})/end", hub.browser("hospital").get("/en/organisation").text).group(1)
    for what, id in (("another's person", rows[0]), ("the hub's staff", staff[0]),
                     ("an organisation's id", theirs["id"]), ("a key's id", key)):
        for path, fields in (("", {"name": "x", "role": "admin", "language": "en"}), ("/invite", {}),
                             ("/state", {"state": "left", "reason": "x"}),
                             ("/state", {"state": "suspended", "reason": "x"}),
                             ("/mail", {"email": "evil@bank.example"}), ("/offer", {})):
            a = post(admin, "/en/people/%s%s" % (id, path), **fields)
            sub("%s at %s %s" % (what, path, fields.get("state", "")), a.status == 404, a.status)
        sub("%s to look at" % what, admin.get("/en/people/" + id).status == 404)
    equal(admin.get("/en/people?of=" + theirs["id"]).status, 404)
    equal(post(admin, "/en/people", of=theirs["id"], name="x", email="x@bank.example", role="representative",
               language="en").status, 404)
    equal(post(admin, "/en/organisation/keys/%s/end" % rows[0]).status, 404, "end a key with a person's id")
    equal(post(admin, "/en/organisation/keys/%s/end" % key).status, 404, "another's key")
    equal(post(admin, "/en/organisation/keys/%s/rotate" % key).status, 404)
    equal(post(admin, "/en/organisation/keys", label="x", scope="read", days="30", person=rows[0]).status, 404)


@case
def a_form_sets_what_it_declares_and_nothing_else():
    admin = hub.browser("bank")
    own, theirs = organisation_of("bank"), organisation_of("hospital")
    for role in ("operator", "analyst", "membership", "sysadmin", "auditor", "system", "staff", "7", ""):
        a = invite(admin, "Climber", "climber@bank.example", role)
        sub("role %r" % role, a.status in (403, 422), a.status)
    lacks(admin.get("/en/people").text, "Climber")
    columns = {"organisation_id": theirs["id"], "organisation": theirs["id"], "state": "0", "id": "1",
               "audience_id": "1", "public_id": "a" * 26, "password_hash": "x", "person_id": "1"}
    a = invite(admin, "Every Column", "columns@bank.example", **columns)
    check(a.status in (303, 400, 422), a.status)
    lacks(hub.browser("operator").get("/en/people?of=" + theirs["id"]).text, "Every Column")
    rep = hub.browser("sme")
    equal(post(rep, "/en/people", name="x", email="x@sme.example", role="admin", language="en").status, 403)
    check(own["id"] != theirs["id"], "two organisations")


@case
def script_in_a_name_is_text():
    admin = hub.browser("bank")
    name = '<script>alert(1)</script>"><img src=x onerror=1>'
    equal(invite(admin, name, "script@bank.example").status, 303)
    for page in ("/en/people", "/zh-hant/people", "/en/organisation"):
        text = admin.get(page).text
        lacks(text, "<script>alert", page)
        lacks(text, "<img src=x", page)
    contains(admin.get("/en/people").text, "&lt;script&gt;alert(1)&lt;/script&gt;")
    for m in wait_mails(hub, lambda m: "script@bank.example" in m.to):
        lacks(m.html, "<script>")


# -- an address, a role ----------------------------------------------------------------------------


@case
def a_new_address_is_used_when_its_owner_says_so():
    admin = hub.browser("bank")
    join(admin, "Moira Move", "moira@bank.example")
    id = person_id(admin, "Moira Move")
    equal(post(admin, "/en/people/%s/mail" % id, email="not an address").status, 422)
    equal(post(admin, "/en/people/%s/mail" % id, email=hub.people["sme"]["email"]).status, 422, "somebody's")
    equal(post(admin, "/en/people/%s/mail" % id, email="first@bank.example").status, 303)
    first = link("first@bank.example", "confirm-address")[0]
    equal(post(admin, "/en/people/%s/mail" % id, email="Second@bank.example").status, 303)
    second = link("second@bank.example", "confirm-address")[0]
    equal(hub.browser().get("/en/confirm-address?t=" + first).status, 404, "asked anew: the first link is dead")
    check(len(wait_mails(hub, lambda m: "moira@bank.example" in m.to and "Another mail address" in m.text)) >= 1,
          "the old address is told")
    b = hub.browser()
    a = b.get("/en/confirm-address?t=" + second)
    contains(a.text, "second@bank.example")
    contains(admin.get("/en/people/" + id).text, "moira@bank.example", "looking changes nothing")
    form = Form(a.text, "confirm-address")
    equal(b.post(form.action, form.fields).status, 200)
    contains(admin.get("/en/people/" + id).text, "second@bank.example")
    equal(b.post(form.action, form.fields).status, 404, "a link works once")
    equal(hub.browser().get("/en/still-here?t=" + second).status, 404, "a link for something else")


@case
def the_administrators_role_changes_hands_with_the_others_word():
    admin = hub.browser("hospital")
    contains(admin.get("/en/organisation").text, "one administrator")
    a = post(admin, "/en/organisation/leave", sure="yes")
    equal(a.status, 409, "the last administrator stays")
    equal(post(admin, "/en/organisation/leave").status, 400, "the box is not ticked")
    other = join(admin, "Nora Next", "nora@hospital.example")
    lacks(other.get("/en/organisation").text, "/en/people")
    equal(other.get("/en/people").status, 403)
    equal(post(other, "/en/organisation/offer", answer="accept").status, 404, "nobody offered anything")
    equal(post(admin, "/en/people/%s/offer" % person_id(admin, "Nora Next")).status, 303)
    contains(other.get("/en/organisation").text, "You are asked to become administrator")
    equal(post(other, "/en/organisation/offer", answer="accept").status, 303)
    equal(other.get("/en/people").status, 303, "her session ended with her old role")
    a, _ = sign_in_new(hub.browser(), "nora@hospital.example", PASSWORD, made["Nora Next"][1])
    equal(admin.get("/en/people").status, 303, "and so did the one who gave it")
    hub.browsers.pop("hospital")


# -- keys ------------------------------------------------------------------------------------------


def make_key(browser, **fields):
    a = post(browser, "/en/organisation/keys", label="bound", scope="read", days="30", **fields)
    m = re.search(r"bwk_[a-z2-7]+", a.text)
    return a, m and m.group(0)


@case
def a_key_works_from_its_networks_alone():
    admin = hub.browser("bank")
    a, key = make_key(admin, networks="192.0.2.0/24 2001:db8::/32")
    check(key, a.text[-500:])
    a = hub.client(key=key).get("/api/v1/me")
    equal(a.status, 403)
    contains(a.text, "127.0.0.1")
    a, key = make_key(admin, networks="127.0.0.0/8")
    equal(hub.client(key=key).get("/api/v1/me").status, 200)
    a, key = make_key(admin, networks="127.0.0.1/8")
    equal((a.status, key), (422, None))
    contains(a.text, "127.0.0.0/8", "what was probably meant")


@case
def a_key_is_replaced_and_both_work_for_a_while():
    admin = hub.browser("bank")
    _, old = make_key(admin)
    id = re.findall(r"keys/([a-z2-7]{26})/rotate", admin.get("/en/organisation").text)[0]
    a = post(admin, "/en/organisation/keys/%s/rotate" % id)
    new = re.search(r"bwk_[a-z2-7]+", a.text).group(0)
    check(new != old, "another key")
    for key in (old, new):
        equal(hub.client(key=key).get("/api/v1/me").status, 200)
    equal(post(admin, "/en/organisation/keys/%s/rotate" % id).status, 409)
    equal(post(admin, "/en/organisation/keys/%s/end" % id).status, 303)
    equal(hub.client(key=old).get("/api/v1/me").status, 401)
    equal(hub.client(key=new).get("/api/v1/me").status, 200)


@case
def a_service_has_keys_and_nothing_else():
    admin = hub.browser("bank")
    equal(invite(admin, "Our SIEM", "", "service").status, 303)
    id = person_id(admin, "Our SIEM")
    a, key = make_key(admin, person=id)
    check(key, a.text[-500:])
    equal(hub.client(key=key).get("/api/v1/me").json["role"], "service")
    equal(post(admin, "/en/people/%s/state" % id, state="left", reason="replaced").status, 303)
    equal(hub.client(key=key).get("/api/v1/me").status, 401)
    check(not [m for m in mails(hub) if "service.invalid" in m.to], "no mail goes to a service")


# -- acting for another ----------------------------------------------------------------------------


@case
def a_provider_sees_what_it_was_given_and_no_more():
    bank, sme = hub.browser("bank"), hub.browser("sme")
    customer, provider = organisation_of("bank"), organisation_of("sme")
    finding = hub.client("bank").get("/api/v1/findings?limit=1&state=new").json["items"][0]["id"]
    page = "/en/watch/for/" + customer["id"]
    equal(sme.get(page).status, 404)
    equal(sme.get("/en/watch/findings/" + finding).status, 404)
    equal(post(bank, "/en/delegations", provider="nobody at all", days="30").status, 422)
    equal(post(bank, "/en/delegations", provider=provider["name"], days="366").status, 400)
    equal(post(sme, "/en/delegations", provider=customer["name"], days="30").status, 403)
    equal(post(bank, "/en/delegations", provider=provider["name"], days="30").status, 303)
    equal(sme.get(page).status, 200)
    check(len(wait_mails(hub, lambda m: "acting for another" in m.subject)) >= 1, "the administrators are told")
    contains(sme.get("/en/delegations").text, customer["name"])
    contains(bank.get("/en/delegations").text, provider["name"])
    for _ in range(200):  # rows from before follow the ledger
        if finding in sme.get(page).text:
            break
    equal(sme.get("/en/watch/findings/" + finding).status, 200)
    a = post(sme, "/en/watch/findings/%s/acknowledge" % finding)
    equal(a.status, 403, "reading is not acknowledging")
    equal(post(sme, page + "/networks", cidr="203.0.113.0/28").status, 403)
    items = hub.client("sme").get("/api/v1/findings?limit=1000").json["items"]
    check(finding not in [i["id"] for i in items], "one's own list is one's own")
    people = bank.get("/en/people").text
    for id in re.findall(r"people/([a-z2-7]{26})\">", people)[:3]:
        equal(sme.get("/en/people/" + id).status, 403)
    id = re.search(r"delegations/([a-z2-7]{26})/end", bank.get("/en/delegations").text).group(1)
    equal(post(hub.browser("hospital2"), "/en/delegations/%s/end" % id).status, 404)
    equal(post(bank, "/en/delegations", provider=provider["name"], days="30", scope=["acknowledge", "claim"]).status, 303)
    equal(post(bank, "/en/delegations/%s/end" % id).status, 404, "replaced by the new one")
    equal(post(sme, "/en/watch/findings/%s/acknowledge" % finding).status, 303)
    equal(post(sme, page + "/networks", cidr="203.0.113.1/28").status, 422)
    equal(post(sme, page + "/networks", cidr="203.0.113.0/28").status, 303)
    networks = hub.client("bank").get("/api/v1/networks").json["items"]
    check([n for n in networks if n["cidr"] == "203.0.113.0/28" and n["state"] == "pending"], "claimed for the bank")
    id = re.search(r"delegations/([a-z2-7]{26})/end", bank.get("/en/delegations").text).group(1)
    equal(post(bank, "/en/delegations/%s/end" % id).status, 303)
    equal(sme.get(page).status, 404)
    equal(sme.get("/en/watch/findings/" + finding).status, 404)


main(before, lambda: hub.done())
