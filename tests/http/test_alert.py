# SPDX-License-Identifier: Apache-2.0
"""The main job: an alert goes in once, reaches exactly its audience at once on the page, by mail and by
machine, and nobody else finds a trace of it by any route."""
import re
import time
import urllib.parse

from hub import Hub
from tap import case, check, contains, equal, lacks, main

hub = None
WORD = "Quaggamussel"  # stands in no other item


def before():
    global hub
    hub = Hub(demo=True)


def me(persona):
    return hub.client(persona).get("/api/v1/me").json


def alert(**more):
    body = {
        "kind": "alert", "lang": "en", "tlp": "amber", "severity": "critical", "publish": True,
        "title": "%s takes over printers" % WORD,
        "body": "Seen from 198.51.100.77, **block it**. Loader at https://load.quagga-cdn.com/x and "
                "hash 44d88612fea8a8f36de82e1278abb02f.",
        "audience": {"organisations": [me("hospital")["organisation"]["id"]]},
    }
    body.update(more)
    return body


def mails_with(word):
    """Decoded far enough to find a word in text or subject."""
    import email
    import email.policy
    out = {}
    for raw in hub.mails():
        m = email.message_from_string(raw, policy=email.policy.default)
        text = str(m["subject"]) + "\n"
        for part in m.walk():
            if part.get_content_type() == "text/plain":
                text += part.get_content()
        if word in text:
            out[str(m["to"])] = text
    return out


@case
def it_arrives_at_once_for_the_audience_and_for_nobody_else():
    hospital, sme, bank2 = hub.browser("hospital"), hub.browser("sme"), hub.browser("hospital2")
    for b in (hospital, sme, bank2):
        b.live = b.stream()
        equal(b.live.status, 200, "live page")
    sent = time.monotonic()
    a = hub.client("bank").post_json("/api/v1/items", alert())
    equal(a.status, 201, a.text)
    check(set(a.json) >= {"id", "url"}, a.text)
    hub.item = a.json["id"]
    event = hospital.live.wait("new", 10)
    check(event, "the hospital's page hears of it")
    print("# publish to open page: %.0f ms" % ((event[2] - sent) * 1000))
    lacks(event[1], WORD, "the event carries no content")
    lacks(event[1], hub.item, "the event carries no id of the item")
    check(sme.live.wait("new", 1.5) is None, "the SME hears nothing")
    check(bank2.live.wait("new", 0.1) is None, "another hospital hears nothing")
    for b in (hospital, sme, bank2):
        b.live.close()


@case
def those_in_the_audience_read_it():
    for persona in ("bank", "hospital"):
        c, b = hub.client(persona), hub.browser(persona)
        equal(c.get("/api/v1/items/" + hub.item).json["title"], "%s takes over printers" % WORD)
        page = b.get("/en/items/" + hub.item)
        equal(page.status, 200)
        contains(page.text, "TLP:AMBER")
        contains(page.text, "<strong>block it</strong>")
        contains(page.text, "198[.]51[.]100[.]77", "indicators are shown defanged")
        contains(b.get("/en/search?q=" + WORD).text, hub.item)
        contains(b.get("/en/items").text, hub.item)
        equal(b.get("/en/indicator?value=198.51.100.77").status, 200)


ROUTES = [
    "/en/items/{id}", "/zh-hant/items/{id}", "/en/items/{id}/edit", "/en/advisories/{id}",
    "/en/items/{id}/indicators?form=csv", "/en/items/{id}/indicators?form=plain",
    "/en/items/{id}/indicators?form=stix", "/en/indicator?value=198.51.100.77",
    "/en/indicator?value=load.quagga-cdn.com",
]


@case
def others_get_the_same_bytes_as_for_what_was_never_there():
    missing = "a" * 26
    for persona in ("sme", "hospital2"):
        b, c = hub.browser(persona), hub.client(persona)
        for route in ROUTES:
            got = b.get(route.format(id=hub.item))
            never = b.get(route.format(id=missing).replace("198.51.100.77", "198.51.100.78")
                          .replace("quagga-cdn", "never-there"))
            equal(got.status, 404, route)
            equal(never.status, 404, route)
            strip = lambda t: re.sub(r"[a-z2-7]{26}|198\.51\.100\.7[78]|quagga-cdn|never-there", "", t)
            equal(strip(got.text), strip(never.text), route)
        got, never = c.get("/api/v1/items/" + hub.item), c.get("/api/v1/items/" + missing)
        equal((got.status, got.body), (404, never.body), "API")
        equal(c.post("/api/v1/items/%s/withdraw" % hub.item).status, 404)


@case
def others_find_no_trace_in_lists_search_counts_and_machine_doors():
    for persona in ("sme", "hospital2"):
        b, c = hub.browser(persona), hub.client(persona)
        for path in ("/en/items", "/en/home", "/en/items?kind=alert", "/en/items?tlp=amber"):
            lacks(b.get(path).text, hub.item, path)
        for q in (WORD, WORD[:6], "198.51.100.77", "198[.]51[.]100[.]77", "load.quagga-cdn.com"):
            page = b.get("/en/search?q=" + urllib.parse.quote(q))
            lacks(page.text, hub.item, "search " + q)
            equal(c.get("/api/v1/items?q=" + urllib.parse.quote(q)).json["items"], [], "API search " + q)
    v = hub.browser()
    lacks(v.get("/en/advisories?q=" + WORD).text, hub.item)
    equal(v.get("/api/v1/items/" + hub.item).status, 401)


@case
def mail_goes_to_the_audience_alone_in_their_language():
    hub.stop()  # a clean stop lets the followers finish
    found = mails_with(WORD)
    people = sorted(found)
    check(people, "somebody got a mail")
    org = hub.people["hospital"]["organisation"]
    hub.start()
    for address in people:
        own = ("@org1.example", "@org2.example", "hospital@", "bank@")  # author's and recipient's people
        check(any(o in address for o in own), "a mail went to %s (%s)" % (address, org))
        lacks(address, hub.people["bank"]["email"], "the author needs no mail")
    check(any("@org2.example" in p for p in people), "the audience has mail")


@case
def withdrawn_is_gone():
    a = hub.client("bank").post("/api/v1/items/%s/withdraw" % hub.item)
    check(a.status in (200, 204), "%d %s" % (a.status, a.text))
    b = hub.browser("hospital")
    lacks(b.get("/en/items").text, hub.item)
    lacks(b.get("/en/search?q=" + WORD).text, "/items/" + hub.item)


@case
def labels_are_enforced():
    c = hub.client("bank")
    for tlp, audience, status in [
        ("red", {"everybody": True}, 400),
        ("red", {"organisations": [me("hospital")["organisation"]["id"]]}, 400),
        ("red", {"people": [hub.people["hospital"]["email"]]}, 201),
        ("green", {}, 400),
        ("purple", {"everybody": True}, 400),
        ("clear", {"everybody": True}, 201),
    ]:
        a = c.post_json("/api/v1/items", alert(tlp=tlp, audience=audience, title="%s label test" % tlp))
        equal(a.status, status, "%s %s: %s" % (tlp, audience, a.text))
        if status == 400:
            contains(a.headers["Content-Type"], "problem+json")


@case
def red_is_for_the_named_person_alone():
    p = hub.people["hospital"]["email"]
    a = hub.client("bank").post_json("/api/v1/items", alert(tlp="red", audience={"people": [p]}, title="Red one"))
    equal(a.status, 201, a.text)
    for persona, status in [("hospital", 200), ("bank", 200), ("operator", 404), ("analyst", 404), ("sme", 404)]:
        equal(hub.client(persona).get("/api/v1/items/" + a.json["id"]).status, status, persona)


@case
def release_makes_a_clear_item_public_and_only_the_operator_may():
    a = hub.client("bank").post_json(
        "/api/v1/items", alert(tlp="clear", audience={"everybody": True}, title="Advice for all", body="Plain advice."))
    id = a.json["id"]
    visitor = hub.browser()
    equal(visitor.get("/en/advisories/" + id).status, 404)
    for persona, status in [("bank", 403), ("analyst", 403)]:
        equal(hub.client(persona).post("/api/v1/items/%s/release" % id).status, status, persona)
    operator = hub.browser("operator")
    contains(operator.get("/en/queue").text, "queue")
    a = operator.post("/en/queue/items/%s/release" % id,
                      {"csrf": re.search(r'name="csrf" value="([^"]+)"', operator.get("/en/queue").text).group(1)})
    equal(a.status, 303, a.text)
    equal(visitor.get("/en/advisories/" + id).status, 200)
    contains(visitor.get("/en/advisories?q=advice").text, id)
    amber = hub.client("bank").post_json("/api/v1/items", alert(title="Not for all")).json["id"]
    equal(hub.client("operator").post("/api/v1/items/%s/release" % amber).status in (400, 403, 404, 409), True)
    equal(visitor.get("/en/advisories/" + amber).status, 404)


main(before, lambda: hub.done())
