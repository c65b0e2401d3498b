# SPDX-License-Identifier: Apache-2.0
"""Circles, sectors, the state of organisations and taking one's data along, over HTTP: who may do what, that no
change of who sees what is done without its preview, and that a hidden circle does not exist for who is outside."""
import contextlib
import io
import re
import tarfile

from hub import Form, Hub
from kit import wait_mails
from tap import case, check, main

hub = None
who = {}


@contextlib.contextmanager
def step(name):
    """A part of a case: a check that fails in it says which one."""
    try:
        yield
    except AssertionError as e:
        raise AssertionError("%s: %s" % (name, e)) from e


def before():
    global hub
    hub = Hub(demo=True)


def client(persona):
    if persona not in who:
        who[persona] = hub.client()
        who[persona].sign_in(persona)
    return who[persona]


def csrf(c):
    return re.search(r'name="csrf" value="([^"]+)"', c.get("/en/home").text).group(1)


def send(c, path, values=None):
    fields = {"csrf": csrf(c)}
    fields.update(values or {})
    return c.post(path, fields)


def confirm(c, answer):
    """The form of a preview, sent as it is."""
    form = Form(answer.text, r"/(members|leave|move|groups|merge|circle-requests/[a-z2-7]+)$")
    assert form.action, answer.text[:3000]
    return c.post(form.action, form.fields)


def circle_add(name, joining="hidden", owner="", ceiling="amber"):
    a = send(client("membership"), "/en/circles", {"name_en": name, "purpose_en": "Purpose of " + name,
                                                    "ceiling": ceiling, "joining": joining, "owner": owner})
    assert a.status == 303, (a.status, a.text[:2000])
    return re.search(r"circles/([a-z2-7]{26})", a.headers["Location"]).group(1)


def organisation_of(persona):
    return hub.client(key=hub.people[persona]["api_key"]).get("/api/v1/me").json["organisation"]


def publish(persona, circle, title, tlp="amber"):
    return hub.client(key=hub.people[persona]["api_key"]).post_json("/api/v1/items", {
        "kind": "alert", "title": title, "body": "text", "tlp": tlp, "severity": "high", "publish": True,
        "audience": {"circles": [circle]}})


@case
def a_member_is_let_in_behind_the_preview_alone():
    bank, hospital = organisation_of("bank"), organisation_of("hospital")
    id = circle_add("Preview circle", owner=hospital["id"])
    owner = client("hospital")
    check(publish("hospital", id, "Seen by the circle").status == 201)
    path = "/en/circles/%s/members" % id
    a = send(owner, path, {"action": "give", "who": bank["name"], "reason": "because"})
    check(a.status == 200 and "1 item" in a.text and "Seen by the circle" in a.text, a.text[:3000])
    check(client("bank").get("/en/circles/" + id).status == 404)
    with step("a preview that is none"):
        b = send(owner, path, {"action": "give", "who": bank["name"], "reason": "x", "preview": "AAAA"})
        check(b.status == 409 and client("bank").get("/en/circles/" + id).status == 404)
    with step("facts that changed meanwhile"):
        check(publish("hospital", id, "Another one").status == 201)
        b = confirm(owner, a)
        check(b.status == 409 and "2 items" in b.text, b.text[:2000])
        check(client("bank").get("/en/circles/" + id).status == 404)
    b = confirm(owner, b)
    check(b.status == 303)
    check(client("bank").get("/en/circles/" + id).status == 200)
    with step("who is inside adds nobody"):
        c = send(client("bank"), path, {"action": "give", "who": organisation_of("hospital2")["name"], "reason": "x"})
        check(c.status == 403, c.status)
    with step("and leaves, behind a preview"):
        c = send(client("bank"), "/en/circles/%s/leave" % id)
        check(c.status == 200 and "2 items" in c.text)
        check(client("bank").get("/en/circles/" + id).status == 200)
        check(confirm(client("bank"), c).status == 303)
        check(client("bank").get("/en/circles/" + id).status == 404)
    with step("the history tells when"):
        check("Until" in owner.get("/en/circles/" + id).text and bank["name"] in owner.get("/en/circles/" + id).text)


@case
def an_owner_of_one_circle_has_no_say_in_another():
    mine = circle_add("Owned by the hospital", owner=organisation_of("hospital")["id"])
    listed = circle_add("Owned by the bank", joining="invitation", owner=organisation_of("bank")["id"])
    hidden = circle_add("Hidden from the hospital", owner=organisation_of("bank")["id"])
    c = client("hospital")
    values = {"action": "give", "who": organisation_of("hospital")["name"], "reason": "x"}
    for name, id, status in (("own", mine, 422), ("listed", listed, 403), ("hidden", hidden, 404),
                             ("never given", "a" * 26, 404)):
        with step(name):
            check(send(c, "/en/circles/%s/members" % id, values).status == status)
    sector = organisation_of("hospital")["sectors"][0]["id"]
    with step("a sector's id is no circle's"):
        check(c.get("/en/circles/" + sector).status == 404)
        check(send(client("membership"), "/en/circles/%s/members" % sector, values).status == 404)
    with step("owners and names are the desk's"):
        check(send(c, "/en/circles/%s/owners" % mine, {"who": "x", "action": "give"}).status == 403)
        check(send(c, "/en/circles/%s/edit" % mine, {"name_en": "Taken", "ceiling": "amber",
                                                    "joining": "hidden"}).status == 403)


@case
def joining_by_request_by_the_owner_s_decision_with_a_reason():
    id = circle_add("Ask for me", joining="request", owner=organisation_of("hospital")["id"])
    bank, owner = client("bank"), client("hospital")
    check("Ask for me" in bank.get("/en/circles").text)
    with step("who is inside is not told outside"):
        check(organisation_of("hospital")["name"] not in
              re.sub(r"<aside.*?</aside>", "", bank.get("/en/circles/" + id).text, flags=re.S))
    check(send(bank, "/en/circles/%s/ask" % id, {"reason": ""}).status == 422)
    check(send(client("sme"), "/en/circles/%s/ask" % id, {"reason": "x"}).status == 403)
    check(send(bank, "/en/circles/%s/ask" % id, {"reason": "we see it too"}).status == 303)
    check(send(bank, "/en/circles/%s/ask" % id, {"reason": "again"}).status == 422)
    page = owner.get("/en/circles/" + id).text
    request = re.search(r"circle-requests/([a-z2-7]{26})", page).group(1)
    with step("not by who asked"):
        check(send(bank, "/en/circle-requests/" + request, {"decision": "take", "reason": "me"}).status == 403)
    with step("not by a stranger"):
        check(send(client("sme"), "/en/circle-requests/" + request, {"decision": "take", "reason": "me"}).status == 404)
    a = send(owner, "/en/circle-requests/" + request, {"decision": "take", "reason": "welcome"})
    check(a.status == 200)
    check(confirm(owner, a).status == 303)
    check("Leave this circle" in bank.get("/en/circles/" + id).text)
    check(send(owner, "/en/circle-requests/" + request, {"decision": "take", "reason": "twice"}).status == 404)


@case
def an_invitation_is_the_invited_one_s_to_take():
    id = circle_add("Come in", owner=organisation_of("hospital")["id"])
    owner, guest = client("hospital"), client("hospital2")
    a = send(owner, "/en/circles/%s/invite" % id, {"who": organisation_of("hospital2")["name"], "reason": "please"})
    check(a.status == 303, a.text[:1500])
    page = guest.get("/en/circles").text
    request = re.search(r"circle-requests/([a-z2-7]{26})", page).group(1)
    check("Come in" in page and guest.get("/en/circles/" + id).status == 404)
    check("Come in" not in client("bank").get("/en/circles").text)
    with step("the circle's owner does not take it"):
        check(send(owner, "/en/circle-requests/" + request, {"decision": "take", "reason": "x"}).status == 403)
    check(confirm(guest, send(guest, "/en/circle-requests/" + request, {"decision": "take", "reason": "gladly"})).status == 303)
    check(guest.get("/en/circles/" + id).status == 200)


@case
def nothing_goes_to_a_circle_above_its_ceiling():
    id = circle_add("Green only", owner=organisation_of("hospital")["id"], ceiling="green")
    check(publish("hospital", id, "green", "green").status == 201)
    a = publish("hospital", id, "amber", "amber")
    check(a.status == 400 and "Green only" in a.text, a.text)
    a = client("hospital").submit("/en/write", "/write$", {
        "title": "t", "body": "b", "tlp": "amber", "kind": "alert", "severity": "high", "circle": id,
        "audience": "chosen", "act": "publish"})
    check(a.status == 422, a.status)


@case
def the_api_has_the_same_preview():
    id = circle_add("By program", owner=organisation_of("hospital")["id"])
    api = hub.client(key=hub.people["hospital"]["api_key"])
    path = "/api/v1/circles/%s/members" % id
    body = {"who": organisation_of("bank")["name"], "action": "give", "reason": "x"}
    a = api.post_json(path, body)
    check(a.status == 200 and a.json["done"] is False and a.json["effect"][0]["gains"] == 0)
    check(publish("hospital", id, "new").status == 201)
    b = api.post_json(path, dict(body, preview=a.json["preview"]))
    check(b.status == 409 and b.json["effect"][0]["gains"] == 1)
    other = hub.client(key=hub.people["bank"]["api_key"])
    check(other.post_json(path, dict(body, preview=b.json["preview"])).status == 404)
    check(api.post_json(path, dict(body, preview=b.json["preview"])).json["done"] is True)
    check(other.get("/api/v1/circles/" + id).json["member"] is True)
    for name, wrong in (("no action", dict(body, action="own")), ("unknown", dict(body, role="admin"))):
        with step(name):
            check(api.post_json(path, wrong).status == 400)


SURFACES = ["/en/circles", "/en/members", "/en/organisation", "/en/write", "/en/items", "/en/home", "/en/import",
            "/en/search?q=circle:%s", "/en/search?q=%s", "/zh-hant/circles", "/en/watch"]
API = ["/api/v1/circles", "/api/v1/me", "/api/v1/items", "/api/v1/items?q=%s", "/taxii2/api/collections/"]


def normal(text):
    text = re.sub(r'name="csrf" value="[^"]*"', "", text)
    text = re.sub(r'data-csrf="[^"]*"|content="[0-9a-f]{32}"', "", text)
    text = re.sub(r'"(instance|error_id)": ?"[^"]*"', "", text)
    return re.sub(r"\b[0-9a-f]{32}\b"
                  r"|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z"
                  r"|[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{5} HKT"
                  r"|[0-9A-Za-z]{16}(?=</code>)", "", text)


@case
def a_hidden_circle_changes_nothing_for_who_is_outside_twin_worlds():
    name = "Nightjar"
    me = client("bank")
    key = hub.client(key=hub.people["bank"]["api_key"])

    def look():
        out = {}
        for s in SURFACES:
            a = me.get(s % name if "%s" in s else s)
            out[s] = (a.status, normal(a.text))
        for s in API:
            a = key.get(s % name if "%s" in s else s, headers={"Accept": "application/taxii+json;version=2.1"}
                        if "taxii" in s else {})
            out[s] = (a.status, normal(a.text))
        return out

    probe = lambda id: [
        (a.status, re.sub(r"[a-z2-7]{26}", "ID", normal(a.text))) for a in (
            me.get("/en/circles/" + id),
            send(me, "/en/circles/%s/ask" % id, {"reason": "x"}),
            send(me, "/en/circles/%s/leave" % id),
            send(me, "/en/circles/%s/members" % id, {"action": "give", "who": "x", "reason": "y"}),
            send(me, "/en/circles/%s/edit" % id, {"ceiling": "amber", "joining": "hidden"}),
            send(me, "/en/circles/%s/invite" % id, {"who": "x", "reason": "y"}),
            key.get("/api/v1/circles/" + id),
            key.post_json("/api/v1/circles/%s/members" % id, {"who": "x", "action": "give", "reason": "y"}))]
    share = lambda ref: normal(key.post_json("/api/v1/items", {
        "kind": "alert", "title": "t", "body": "b", "tlp": "amber", "severity": "high",
        "audience": {"circles": [ref]}}).text)

    nothing, by_name, by_id = probe("a" * 26), share(name), share("b" * 26)
    before = look()
    id = circle_add(name, owner=organisation_of("hospital")["id"])
    check(publish("hospital", id, "Item of " + name).status == 201)
    after = look()
    for s in before:
        with step(s):
            check(before[s] == after[s])
            check(name not in after[s][1].replace("q=" + name, "").replace('value="%s"' % name, "")
                  or "search" in s)
    with step("by id"):
        check(probe(id) == nothing)
    with step("by name"):
        check(share(name) == by_name, (share(name), by_name))
        check(share(id).replace(id, "ID") == by_id.replace("b" * 26, "ID"))


@case
def sectors_by_the_desk_behind_a_preview():
    desk = client("membership")
    check(client("bank").get("/en/queue/sectors").status == 403)
    check(desk.get("/en/queue/sectors").status == 200)
    check(send(desk, "/en/queue/sectors", {"name_en": "Clinics under test"}).status == 303)
    check(send(desk, "/en/queue/sectors", {"name_en": "Clinics under test"}).status == 422)
    check(send(desk, "/en/queue/sectors", {"name_en": ""}).status == 422)
    page = desk.get("/en/queue/sectors").text
    id = re.search(r'id="s-([a-z2-7]{26})">(?:(?!</h2>).)*Clinics under test', page).group(1)
    parent = organisation_of("hospital")["sectors"][0]["id"]
    a = send(desk, "/en/queue/sectors/%s/move" % id, {"parent": parent})
    check(a.status == 200 and confirm(desk, a).status == 303)
    check("Level 1" in desk.get("/en/queue/sectors").text)
    with step("not under itself"):
        check(send(desk, "/en/queue/sectors/%s/move" % parent, {"parent": id}).status == 422)
    with step("an organisation is put into it and holds what lies above"):
        sme = organisation_of("sme")
        a = send(desk, "/en/queue/organisations/%s/groups" % sme["id"], {"class": "industry", "sector": id})
        check(a.status == 200)
        check(confirm(desk, a).status == 303)
        check(parent in [s["id"] for s in organisation_of("sme")["sectors"]])
    with step("not by a member, nor an analyst"):
        for p in ("bank", "analyst"):
            check(send(client(p), "/en/queue/sectors/%s/move" % id, {"parent": ""}).status == 403)


@case
def taking_one_s_data_along():
    a = client("bank").get("/en/organisation/export")
    check(a.status == 200 and a.headers["Content-Type"] == "application/x-tar")
    names = tarfile.open(fileobj=io.BytesIO(a.body)).getnames()
    check(names == ["organisation.json", "people.csv", "keys.csv", "networks.csv", "findings.csv", "items.jsonl",
                    "ledger.jsonl"], names)
    check(hub.people["bank"]["api_key"] not in a.text)
    check(client("sme").get("/en/organisation/export").status == 403)
    check(hub.client().get("/en/export?t=AAAA").status == 404)


@case
def merging_ids_given_before_answer_for_the_survivor():
    desk = client("membership")
    gone, stays = organisation_of("sme"), organisation_of("hospital2")
    with step("not by members"):
        check(send(client("bank"), "/en/queue/organisations/%s/merge" % gone["id"],
                   {"survivor": stays["id"], "reason": "x"}).status == 403)
    a = send(desk, "/en/queue/organisations/%s/merge" % gone["id"], {"survivor": stays["id"], "reason": "bought"})
    check(a.status == 200 and "cannot be undone" in a.text, a.text[:2000])
    check(confirm(desk, a).status == 303)
    a = client("bank").get("/en/members/" + gone["id"])
    check(a.status == 303 and stays["id"] in a.headers["Location"])
    check(organisation_of("sme")["id"] == stays["id"])  # the key goes on working
    check(client("sme").get("/en/home").status == 303)  # the session has ended


@case
def the_end_every_channel_closes_and_the_link_gives_one_s_own_data():
    desk = client("membership")
    bank = organisation_of("bank")
    session, key = client("bank"), hub.client(key=hub.people["bank"]["api_key"])
    path = "/en/queue/organisations/%s/state" % bank["id"]
    check(send(client("hospital"), path, {"state": "left", "reason": "x"}).status == 403)
    check(send(desk, path, {"state": "left", "reason": ""}).status == 422)
    check(send(desk, path, {"state": "gone", "reason": "x"}).status == 422)
    own = organisation_of("membership")["id"]
    check(send(desk, "/en/queue/organisations/%s/state" % own, {"state": "left", "reason": "x"}).status == 403)
    check(send(desk, path, {"state": "left", "reason": "it is over"}).status == 303)
    check(session.get("/en/home").status == 303 and key.get("/api/v1/me").status == 401)
    mails = wait_mails(hub, lambda m: "/export?t=" in m.text)
    check(len(mails) == 1, mails)
    link = re.search(r"/en/export\?t=[A-Za-z0-9_-]+", mails[0].text).group(0)
    visitor = hub.client()
    page = visitor.get(link)
    check(page.status == 200 and bank["name"] in page.text)
    form = Form(page.text, "/export$")
    a = visitor.post(form.action, form.fields)
    check(a.status == 200 and "items.jsonl" in tarfile.open(fileobj=io.BytesIO(a.body)).getnames())
    with step("counted"):
        for _ in range(9):
            check(visitor.post(form.action, form.fields).status == 200)
        check(visitor.post(form.action, form.fields).status == 404)
        check(visitor.get(link).status == 404)


main(before, lambda: hub.done())
