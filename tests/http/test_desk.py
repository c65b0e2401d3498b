# SPDX-License-Identifier: Apache-2.0
"""The operator's side: staff and duties, what needs two people, the self-check, figures."""
import csv
import io
import re

from hub import Form, Hub
from kit import csrf
from tap import case, check, contains, equal, lacks, main, sub

hub = None
REASON = "because the test says so"


def before():
    global hub
    hub = Hub(demo=True)


def text(persona, path, status=200):
    a = hub.browser(persona).get(path)
    equal(a.status, status, "%s as %s: %s" % (path, persona, a.text[-400:]))
    return a.text


def person(name):
    """Public id of somebody who may be given a role, by part of what stands in the list."""
    page = text("operator", "/en/queue/staff")
    for id, label in re.findall(r'<option value="([a-z2-7]{26})">([^<]*\([^<]*\))</option>', page):
        if name in label:
            return id
    raise AssertionError("nobody like %s" % name)


def give(persona, who, role, reason=REASON):
    b = hub.browser(persona)
    return b.post("/en/queue/staff/role", {"csrf": csrf(b, "/en/queue/staff"), "person": who, "role": role,
                                           "reason": reason})


def waiting(persona="operator"):
    """(id, digest) of each request that this person may say something on."""
    page = text(persona, "/en/queue/approvals")
    return re.findall(r'queue/approvals/([a-z2-7]{26})".*?name="digest" value="([0-9a-f]{64})"', page, re.S)


def decide(persona, id, digest, decision="approve", reason=REASON):
    b = hub.browser(persona)
    return b.post("/en/queue/approvals/" + id, {"csrf": csrf(b, "/en/home"), "digest": digest,
                                                "decision": decision, "reason": reason})


# -- staff and a second person -------------------------------------------------------------------------


@case
def the_staff_page_shows_who_works_for_the_hub():
    page = text("operator", "/en/queue/staff")
    for persona in ("operator", "operator2", "analyst", "membership", "sysadmin", "auditor"):
        contains(page, hub.people[persona]["email"], persona)
    lacks(page, hub.people["bank"]["email"], "people of members")


@case
def the_role_of_operator_needs_a_second_person():
    who = person("Auditor")
    a = give("operator", who, "operator")
    equal(a.status, 303, a.text[-300:])
    contains(a.headers["Location"], "done=asked")
    contains(text("operator", "/en/queue/staff"), "(Auditor)", "nothing is done yet")
    equal(give("operator", who, "operator").status, 422, "it waits already")
    (id, digest), = waiting()
    a = decide("operator", id, digest)
    equal(a.status, 403, "one's own: %s" % a.text[-300:])
    equal(decide("auditor", id, digest).status, 403, "an auditor decides on nothing")
    equal(decide("membership", id, digest).status, 404, "not visible, not there")
    equal(decide("bank", id, digest).status, 403, "a member")
    equal(decide("operator2", id, "0" * 64).status, 422, "another digest")
    equal(decide("operator2", id, digest, reason="").status, 422, "no reason")
    equal(decide("operator2", id, digest, "perhaps").status, 422, "neither")
    equal(decide("operator2", "a" * 26, digest).status, 404, "no such request")
    contains(text("operator", "/en/queue/staff"), "(Auditor)", "still nothing is done")
    equal(give("operator", who, "analyst").status, 303, "the act changes meanwhile")
    a = decide("operator2", id, digest)
    equal(a.status, 422, "an act that changed")
    contains(a.text, "has changed since it was asked for")
    equal(decide("operator2", id, digest, "refuse").status, 303)
    equal(decide("operator2", id, digest).status, 422, "refused is refused")
    equal(give("operator", who, "auditor").status, 303)
    hub.browsers.pop("auditor", None)


@case
def approved_it_is_done_and_the_old_session_is_gone():
    who = person("Membership")
    old = hub.browser("membership")
    equal(old.get("/en/statistics").status, 200)
    equal(give("operator", who, "operator").status, 303)
    (id, digest), = waiting("operator2")
    equal(decide("operator2", id, digest).status, 303)
    check(old.get("/en/statistics").status != 200, "the session with the old role has ended")
    contains(text("auditor", "/en/queue/approvals"), REASON, "an auditor reads decisions")
    equal(give("operator", who, "membership").status, 303)
    hub.browsers.pop("membership", None)


@case
def staff_is_for_the_owner_alone():
    who = person("Analyst")
    for persona in ("analyst", "membership", "sysadmin", "auditor", "bank"):
        b = hub.browser(persona)
        token = csrf(b, "/en/organisation" if persona != "sysadmin" else "/en/system")
        for path, form in (
            ("/en/queue/staff/role", {"person": who, "role": "auditor", "reason": REASON}),
            ("/en/queue/staff/body", {"organisation": "a" * 26, "what": "add", "reason": REASON}),
        ):
            a = b.post(path, dict(form, csrf=token))
            sub("%s as %s" % (path, persona), a.status == 403, "%d %s" % (a.status, a.text[-200:]))
    contains(text("operator", "/en/queue/staff"), "(Analyst)", "nothing was changed")


@case
def nobody_changes_their_own_role_or_a_members():
    me = hub.client("operator").get("/api/v1/me").json
    member = hub.client("bank").get("/api/v1/me").json
    for name, who, role, status in (
        ("no such role", person("Analyst"), "admin", 422),
        ("a role of the hub that no person has", person("Analyst"), "service", 422),
        ("no reason", person("Analyst"), "auditor", 422),
        ("one's own role", me.get("person", {}).get("id") or me.get("id"), "auditor", 422),
        ("somebody of a member", member.get("person", {}).get("id") or member.get("id"), "analyst", 422),
        ("nobody", "a" * 26, "analyst", 422),
    ):
        if not who:
            continue
        a = give("operator", who, role, "" if name == "no reason" else REASON)
        sub(name, a.status == status, "%d %s" % (a.status, a.text[-300:]))


@case
def a_second_body_may_run_the_hub_and_its_people_work_for_it():
    b = hub.browser("operator")
    page = text("operator", "/en/queue/staff")
    ids = dict((n, i) for i, n in re.findall(r'<option value="([a-z2-7]{26})">([^<(]*)</option>', page))
    bank = ids[hub.people["bank"]["organisation"]]
    own = ids[hub.people["operator"]["organisation"]]

    def body(organisation, what):
        return b.post("/en/queue/staff/body", {"csrf": csrf(b, "/en/queue/staff"), "organisation": organisation,
                                               "what": what, "reason": REASON})

    equal(body(own, "end").status, 422, "the last one")
    equal(body(bank, "add").status, 303)
    equal(body(bank, "add").status, 422, "it is one already")
    equal(body(own, "end").status, 422, "its people work for the hub")
    equal(body(bank, "neither").status, 422)
    contains(text("operator", "/en/queue/staff"), "(Representative)")
    equal(body(bank, "end").status, 303)


# -- a system administrator sees no content ---------------------------------------------------------------


@case
def a_system_administrator_sees_the_machine_and_nothing_else():
    page = text("sysadmin", "/en/system")
    for word in ("Security self-check", "TLS", "Backups", "Second step"):
        contains(page, word)
    for persona in ("bank", "hospital", "operator"):
        lacks(page, hub.people[persona]["email"], "no person stands on it")
    b, c = hub.browser("sysadmin"), hub.client("sysadmin")
    for path in ("items", "search?q=a", "watch", "home", "queue", "statistics", "queue/staff", "queue/approvals",
                 "members", "drafts"):
        a = b.get("/en/" + path)
        sub("page " + path, a.status == 403, "%d" % a.status)
    for path in ("/api/v1/items", "/api/v1/findings", "/api/v1/networks", "/taxii2/api/collections/"):
        a = c.get(path, headers={"Accept": "application/taxii+json;version=2.1"} if "taxii" in path else {})
        sub("API " + path, a.status == 403, "%d" % a.status)


@case
def the_self_check_says_what_is_so():
    page = text("operator", "/en/system")
    contains(page, 'id="check-backup"')
    contains(page, "The hub knows of no backup.")
    contains(page, "runs as a demonstration")
    contains(page, 'id="check-password-cost"')
    contains(page, "hashed with 0 MiB", "the test's setting is weak, and it is said")
    worst = [m.group(1) for m in re.finditer(r'<span class="tag (tag-bad|tag-warn|tag-good|)">', page)]
    order = {"tag-bad": 0, "tag-warn": 1, "": 2, "tag-good": 3}
    equal(worst, sorted(worst, key=order.get), "worst first")
    for lang, word in (("zh-hant", "保安自我檢查"), ("zh-hans", "安全自检")):
        contains(text("auditor", "/%s/system" % lang), word)


# -- figures -----------------------------------------------------------------------------------------


@case
def the_statistics_have_charts_a_table_and_the_same_as_csv():
    import time

    for _ in range(100):
        a = hub.browser("auditor").get("/en/statistics/csv")
        equal(a.status, 200)
        rows = list(csv.reader(io.StringIO(a.text)))
        if any(r[0] == "role" for r in rows):
            break
        time.sleep(0.2)
    equal(rows[0], ["figure", "of", "month", "count"])
    figures = {tuple(r[:3]): int(r[3]) for r in rows[1:]}
    equal(figures[("organisations", "active", "")], 279)
    equal(figures[("organisations", "suspended", "")], 1)
    equal(sum(n for k, n in figures.items() if k[0] == "new-people"), 950)
    page = text("auditor", "/en/statistics")
    contains(page, "<svg")
    contains(page, ">279<")
    table = dict(re.findall(r'<tr><th scope="row">(\d{4}-\d\d)</th><td class="num">([\d,]+)</td>', page))
    check(table, "a table beside the chart")
    equal(a.headers["Content-Type"].split(";")[0], "text/csv")


# -- personal data -------------------------------------------------------------------------------------


@case
def a_person_sees_what_is_held_on_them_and_nobody_else_does():
    page = text("sme", "/en/privacy")
    contains(page, hub.people["sme"]["email"])
    contains(page, "How this data is used")
    a = hub.browser("sme").get("/en/privacy/data")
    equal(a.status, 200)
    data = a.json
    equal(data["person"][0]["email"], hub.people["sme"]["email"])
    check(data["session"] and data["key"], "sessions and keys")
    lacks(a.text, hub.people["bank"]["email"])
    equal(hub.browser("sysadmin").get("/en/privacy").status, 200, "also without content")


@case
def a_correction_goes_to_the_desk_and_comes_back():
    b = hub.browser("sme")

    def ask(words):
        return b.post("/en/privacy/requests", {"csrf": csrf(b, "/en/privacy"), "kind": "correction", "text": words})

    equal(ask("").status, 422, "nothing said")
    equal(ask("My name is <b>wrong</b>").status, 303)
    contains(text("sme", "/en/privacy"), "My name is &lt;b&gt;wrong")
    page = text("membership", "/en/queue/privacy")
    id = re.search(r"queue/privacy/requests/([a-z2-7]{26})", page).group(1)

    def answer(persona, words="It is corrected.", decision="done", id=id):
        c = hub.browser(persona)
        return c.post("/en/queue/privacy/requests/" + id, {"csrf": csrf(c, "/en/privacy"), "answer": words,
                                                           "decision": decision})

    for persona in ("auditor", "sysadmin", "analyst", "sme", "bank"):
        sub("answered by " + persona, answer(persona).status == 403)
    lacks(text("auditor", "/en/queue/privacy"), "queue/privacy/requests/", "an auditor reads and has no form")
    equal(answer("membership", "").status, 422)
    equal(answer("membership", decision="later").status, 422)
    equal(answer("membership", id="a" * 26).status, 404)
    equal(answer("membership").status, 303)
    equal(answer("operator").status, 422, "answered already")
    contains(text("sme", "/en/privacy"), "It is corrected.")
    lacks(text("bank", "/en/privacy"), "It is corrected.")


@case
def holds_and_disclosures_are_written_down():
    c = hub.browser("operator")

    def post(path, **form):
        return c.post("/en/queue/privacy/" + path, dict(form, csrf=csrf(c, "/en/queue/privacy")))

    who = hub.people["sme"]["email"]
    equal(post("holds", who="nobody@nowhere.example", reason=REASON).status, 422)
    equal(post("holds", who=who, reason="").status, 422)
    equal(post("holds", who=who, reason=REASON).status, 303)
    equal(post("holds", who=who, reason=REASON).status, 422, "twice")
    id = re.search(r"privacy/holds/([a-z2-7]{26})/lift", text("operator", "/en/queue/privacy")).group(1)
    equal(post("holds/%s/lift" % id, reason=REASON).status, 303)
    equal(post("holds/%s/lift" % id, reason=REASON).status, 404, "lifted already")
    equal(post("disclosures", who=who, to_whom="A court", what="name", reason="", tell="1").status, 422)
    equal(post("disclosures", who=who, to_whom="A court", what="name", reason=REASON, tell="1").status, 303)
    equal(post("disclosures", who=who, to_whom="A quiet court", what="name", reason=REASON).status, 303)
    page = text("sme", "/en/privacy")
    contains(page, "A court")
    lacks(page, "A quiet court", "where the law forbids to tell")
    contains(text("auditor", "/en/queue/privacy"), "A quiet court")


# -- the directory as a file ---------------------------------------------------------------------------


@case
def the_directory_as_a_file_has_what_the_reader_may_see():
    def rows(persona):
        a = hub.browser(persona).get("/en/members/csv")
        equal(a.status, 200)
        equal(a.headers["Content-Type"].split(";")[0], "text/csv")
        return list(csv.DictReader(io.StringIO(a.text)))

    mine, all = rows("sme"), rows("membership")
    equal(len(mine), 279, "active ones")
    equal(len(all), 280)
    check("state" not in mine[0] and "people" not in mine[0], "no more than the directory shows")
    equal(sum(int(r["people"]) for r in all), 950)
    equal([r["state"] for r in all].count("suspended"), 1)
    check(all[5]["sectors"], "sectors")
    items = hub.client("sme").get("/api/v1/members").json["items"]
    equal([i["id"] for i in items], [r["id"] for r in mine], "the same in JSON")
    check("state" not in items[0])
    equal(hub.browser("sysadmin").get("/en/members/csv").status, 403)
    equal(hub.client("sysadmin").get("/api/v1/members").status, 403)
    lacks(hub.browser("membership").get("/en/members/csv").text, "@", "no addresses of people")


# -- the programme --------------------------------------------------------------------------------------


@case
def the_programme_is_kept_by_its_owner_and_read_by_everybody():
    visitor = hub.browser()
    contains(visitor.get("/en/programme").text, "Nothing stands here yet")

    def post(persona, path="", **form):
        c = hub.browser(persona)
        return c.post("/en/queue/programme" + path, dict(form, csrf=csrf(c, "/en/privacy")))

    good = {"name_en": "Harbour <Watch>", "name_hant": "守望", "phase": "formal", "from": "2026-01-01",
            "contact": "desk@hub.example", "eligibility_en": "Open to **all** <script>x</script>"}
    for name, change in (("a day", {"from": "soon"}), ("backwards", {"until": "2020-01-01"}),
                         ("no name", {"name_en": ""}), ("no contact", {"contact": ""})):
        a = post("operator", **dict(good, **change))
        sub("refused: " + name, a.status == 422 and "守望" in a.text, "%d" % a.status)
    for persona in ("membership", "auditor", "sysadmin", "bank"):
        sub("not by " + persona, post(persona, **good).status == 403)
    equal(post("operator", **good).status, 303)
    page = visitor.get("/en/programme").text
    contains(page, "Harbour &lt;Watch&gt;")
    contains(page, "<strong>all</strong>")
    lacks(page, "<script>x")
    contains(page, "Free of charge")
    contains(visitor.get("/zh-hant/programme").text, "守望")
    equal(post("operator", "/agreements", kind="mou", title="MoU", parties="").status, 422)
    equal(post("operator", "/agreements", kind="mou", title="MoU <1>", parties="A, B", until="2026-12-01").status, 303)
    page = text("auditor", "/en/queue/programme")
    contains(page, "MoU &lt;1&gt;")
    lacks(page, "/en/queue/programme/", "an auditor reads and has no form")
    id = re.search(r"agreements/([a-z2-7]{26})/end", text("operator", "/en/queue/programme")).group(1)
    equal(post("auditor", "/agreements/%s/end" % id).status, 403)
    equal(post("operator", "/agreements/%s/end" % id).status, 303)
    equal(post("operator", "/agreements/%s/end" % id).status, 422, "ended already")
    equal(post("operator", "/advisory", kind="decision", title="For staff", body="x", met="2026-11-01").status, 303)
    equal(post("operator", "/advisory", kind="paper", title="For members", body="y", members="1").status, 303)
    lacks(visitor.get("/en/programme").text, "For members")
    page = text("sme", "/en/programme")
    contains(page, "For members")
    lacks(page, "For staff")
    contains(text("analyst", "/en/programme"), "For staff")


main(before, lambda: hub.done())
