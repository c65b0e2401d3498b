# SPDX-License-Identifier: Apache-2.0
"""Terms from the draft to the record on paper: who may do what, what a limited member still can, what was agreed to."""
import concurrent.futures
import csv
import io
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

import terms
from hub import Client, Form, Hub
from kit import Mail
from tap import case, check, contains, equal, lacks, main, skip

hub = None
FIRST = "## Purpose\n\nMembers share in good faith.\n\n- No resale of what is shared."
HANT = "## 目的\n\n成員機構須真誠分享資料。\n\n- 不得轉售所分享的資料。"
HANS = "## 目的\n\n成员机构须真诚分享信息。"
SECOND = "## Purpose\n\nMembers share in good faith and without delay.\n\n- No resale of what is shared."


def before():
    global hub
    hub = Hub(demo=True, args=terms.AT_ONCE)


def item(persona):
    return hub.client(persona).post_json("/api/v1/items", {
        "kind": "alert", "lang": "en", "tlp": "green", "severity": "low", "publish": True, "title": "Seen again",
        "body": "198.51.100.9", "audience": {"everybody": True}})


def form(persona, what, page="/en/terms"):
    f = Form(hub.browser(persona).get(page).text, what)
    check(f.action, "%s has a form %s" % (persona, what))
    f.fields["agree"] = "1"
    return f


def person_id(persona):
    return hub.client(persona).get("/api/v1/me").json["person"]["id"]


def organisation_id(persona):
    return hub.client(persona).get("/api/v1/me").json["organisation"]["id"]


# ---- announcing -----------------------------------------------------------------------------------

@case
def there_are_no_terms_at_first():
    a = Client(hub).get("/en/terms")
    equal(a.status, 200)
    contains(a.text, "There are no terms yet")
    equal(item("sme").status, 201, "nobody is limited")
    contains(hub.browser("operator").get("/en/queue/terms").text, "Write a draft to begin")


@case
def a_draft_is_checked_and_for_the_desk_alone():
    for day, en, said in (("2026-02-30", FIRST, "no such day"), ("tomorrow", FIRST, "year-month-day"), (terms.day(), " ", "English")):
        a = hub.browser("membership").submit("/en/queue/terms/draft", "terms/draft$", {"date": day, "text_en": en})
        equal(a.status, 422, day)
        contains(a.text, said)
    equal(terms.draft(hub, FIRST, HANT).status, 303)
    equal(hub.browser("auditor").get("/en/queue/terms").status, 200)
    lacks(hub.browser("auditor").get("/en/queue/terms").text, "<textarea")
    equal(hub.browser("auditor").get("/en/queue/terms/draft").status, 403)
    equal(hub.browser("bank").get("/en/terms?version=1").status, 404, "a draft is not there for members")
    equal(Client(hub).get("/en/terms?version=1").status, 404)


@case
def announcing_takes_a_second_person():
    equal(terms.decide(hub, "operator", "propose", " ").status, 422, "a reason")
    equal(terms.decide(hub, "operator", "propose").status, 303)
    page = Form(hub.browser("operator").get("/en/queue/terms").text, "terms/decide$")
    equal(hub.browser("operator").post(page.action, dict(page.fields, step="announce", reason="x")).status, 403)
    a = hub.browser("membership").post(page.action, dict(
        page.fields, csrf=Form(hub.browser("membership").get("/en/queue/terms").text, "terms/decide$").fields["csrf"],
        hash="0" * 64, step="announce", reason="x"))
    equal(a.status, 409, "another text than was read")
    equal(hub.browser("bank").get("/en/terms?version=1").status, 404)
    equal(terms.decide(hub, "membership", "announce").status, 303)
    contains(Client(hub).get("/en/terms").text, "Members share in good faith.", "everybody reads them")
    a = hub.browser("operator").submit("/en/queue/terms/draft", "terms/draft$", {"date": terms.day(), "text_en": "quiet change"})
    equal(a.status, 303, "a change is another version")
    contains(Client(hub).get("/en/terms?version=1").text, "Members share in good faith.")
    lacks(Client(hub).get("/en/terms").text, "quiet change")


# ---- limited --------------------------------------------------------------------------------------

@case
def who_has_not_accepted_is_limited_on_every_channel():
    page = hub.browser("sme").get("/en/home").text
    contains(page, "limit-notice")
    contains(page, "/en/terms")
    contains(hub.browser("sme").get("/zh-hant/items").text, "閱讀並接受條款")
    lacks(hub.browser("operator").get("/en/home").text, "limit-notice", "the hub's staff")
    for persona in ("sme", "bank", "service"):
        a = item(persona)
        equal(a.status, 403, persona)
        contains(a.text, "accept the terms")
        equal(hub.client(persona).get("/api/v1/items").status, 200, "reading stays")
        equal(hub.client(persona).get("/taxii2/").status, 403)
    equal(hub.browser("sme").get("/en/write").status, 403)
    equal(item("analyst").status, 201)


# ---- signing and accepting ------------------------------------------------------------------------

def name_signatory(persona, person, reason="board resolution 12", step="give"):
    return hub.browser(persona).submit("/en/organisation/terms", "organisation/terms$",
                                       {"person": person, "step": step, "reason": reason})


@case
def an_administrator_names_signatories_of_their_own():
    equal(name_signatory("bank", person_id("bank"), " ").status, 422)
    equal(name_signatory("bank", person_id("sme")).status, 404, "of another organisation")
    equal(name_signatory("bank", "a" * 26).status, 404)
    equal(name_signatory("bank", person_id("service")).status, 400, "a program signs nothing")
    equal(hub.browser("sme").get("/en/organisation/terms").status, 403)
    equal(name_signatory("bank", person_id("bank")).status, 303)
    contains(hub.browser("bank").get("/en/organisation/terms").text, "Signatory")


@case
def a_form_that_is_not_right_keeps_nothing():
    f = form("bank", "terms/accept$")
    for change, status, said in (({"agree": ""}, 422, "Tick the box"), ({"hash": "0" * 64}, 409, "have changed"),
                                 ({"number": "99"}, 409, "have changed"), ({"number": "2"}, 409, "have changed")):
        a = hub.browser("bank").post(f.action, dict(f.fields, **change))
        equal(a.status, status, change)
        contains(a.text, said)
        contains(a.text, "Members share in good faith.")
    lacks(hub.browser("bank").get("/en/terms").text, "You accepted")
    f = form("sme", "terms/accept$")
    equal(hub.browser("sme").post("/en/terms/sign", f.fields).status, 403, "a representative is no signatory")
    equal(Client(hub).post("/en/terms/accept", dict(f.fields, csrf="x")).status in (401, 403, 303), True)


@case
def signing_and_accepting_end_the_limit_at_once():
    sign, accept = form("bank", "terms/sign$"), form("bank", "terms/accept$")
    equal(item("bank").status, 403)
    equal(hub.browser("bank").post(accept.action, accept.fields).status, 303)
    equal(item("bank").status, 403, "the organisation has not signed")
    a = hub.browser("bank").post(sign.action, sign.fields)
    equal(a.status, 303)
    equal(item("bank").status, 201)
    equal(item("service").status, 201, "bound by the signature of its organisation")
    lacks(hub.browser("bank").get("/en/home").text, "limit-notice")
    equal(item("sme").status, 403)
    equal(hub.browser("bank").post(accept.action, accept.fields).status, 303, "twice is no harm")


@case
def the_desk_names_a_signatory_and_not_oneself():
    page = "/en/queue/terms/organisations/" + organisation_id("sme")
    def send(persona, person, where=page):
        return hub.browser(persona).submit(
            where, "/signatory$", {"person": person, "step": "give", "reason": "letter of 3 May"})
    equal(send("membership", person_id("bank")).status, 404, "of another organisation")
    equal(send("membership", person_id("sme")).status, 303)
    own = "/en/queue/terms/organisations/" + organisation_id("membership")
    equal(send("membership", person_id("membership"), own).status, 403)
    f = Form(hub.browser("auditor").get(page).text, "/signatory$")
    check(f.action is None, "an auditor has no form")
    equal(hub.browser("bank").get(page).status, 403)


@case
def a_form_sent_by_many_at_once_is_one_signature():
    sign, accept = form("sme", "terms/sign$"), form("sme", "terms/accept$")
    def send(i):
        c = Client(hub)
        c.cookies = dict(hub.browser("sme").cookies)
        f = sign if i % 2 else accept
        return c.post(f.action, f.fields).status
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        equal(set(pool.map(send, range(12))), {303})
    rows = re.findall(r"/en/terms/acceptances/([a-z0-9]{26})\">Version", hub.browser("sme").get("/en/terms").text)
    equal(len(set(rows)), 2, "one acceptance, one signature")
    equal(item("sme").status, 201)


# ---- the record -----------------------------------------------------------------------------------

def text_of(pdf):
    if not shutil.which("pdftotext"):
        skip("pdftotext is not installed")
    with tempfile.TemporaryDirectory() as d:
        f = pathlib.Path(d, "x.pdf")
        f.write_bytes(pdf)
        return subprocess.run(["pdftotext", "-layout", str(f), "-"], capture_output=True, text=True, check=True).stdout


@case
def what_was_accepted_can_be_shown_again():
    record = re.search(r"/en/terms/acceptances/([a-z0-9]{26})", hub.browser("bank").get("/en/terms").text).group(0)
    page = hub.browser("bank").get(record).text
    contains(page, "Members share in good faith.")
    contains(page, "English")
    digest = re.search(r"[0-9a-f]{64}", page).group(0)
    for persona in ("operator", "auditor", "membership"):
        equal(hub.browser(persona).get(record).status, 200, persona)
    for persona in ("sme", "hospital", "sysadmin"):
        equal(hub.browser(persona).get(record).status, 404, persona)
        equal(hub.browser(persona).get(record + "/pdf").status, 404, persona)
    equal(Client(hub).get(record).status, 303)
    a = hub.browser("bank").get(record + "/pdf")
    equal((a.status, a.headers["Content-Type"]), (200, "application/pdf"))
    contains(a.headers["Content-Disposition"], "attachment")
    equal(hub.browser("operator").get(record + "/pdf").body, a.body, "the same bytes again")
    text = text_of(a.body)
    for part in ("TLP:AMBER+STRICT", digest[:40], "Members share in good faith.", "1/1"):
        contains(text.replace(" ", "") if "/" in part else text, part)


@case
def the_terms_are_a_pdf_in_the_readers_language():
    text = text_of(hub.browser("bank").get("/zh-hant/terms/pdf?version=1").body)
    contains(text, "成員機構須真誠分享資料")
    contains(text, "TLP:CLEAR")
    contains(text_of(hub.browser("bank").get("/zh-hans/terms/pdf?version=1").body), "Members share in good faith.")
    contains(hub.browser("bank").get("/zh-hans/terms?version=1").text, "此语言尚无译本")
    equal(hub.browser("bank").get("/en/terms/pdf?version=2").status, 404, "a draft is not there")


# ---- another version ------------------------------------------------------------------------------

@case
def a_new_version_tells_what_has_changed():
    terms.announce(hub, SECOND, HANT, HANS, ahead=3)
    page = hub.browser("bank").get("/en/terms").text
    contains(page, "version 1, which you accepted")
    contains(page, "<del>Members share in good faith.</del>")
    contains(page, "<ins>Members share in good faith and without delay.</ins>")
    contains(page, "before they take effect")
    equal(item("bank").status, 201, "not in force yet")
    f = form("bank", "terms/accept$")
    old = dict(f.fields, hash=re.search(r"[0-9a-f]{64}", hub.browser("bank").get("/en/terms?version=1").text).group(0))
    equal(hub.browser("bank").post(f.action, old).status, 409, "the other version's text")
    equal(hub.browser("bank").post(f.action, f.fields).status, 303)
    a = hub.browser("operator").submit("/en/queue/terms/draft", "terms/draft$", {"date": terms.day(2), "text_en": "x"})
    equal(a.status, 303)
    a = terms.decide(hub, "operator", "propose")
    equal(a.status, 422, "not before what is announced")
    contains(a.text, "later day")


# ---- the desk -------------------------------------------------------------------------------------

@case
def the_list_says_who_has_and_who_has_not():
    hub.browser("operator").submit("/en/queue/members", "members/people$", {
        "organisation": organisation_id("bank"), "name": "=cmd|' /C calc'!A0", "email": "formula@bank.example",
        "language": "zh-hant", "role": "representative"})
    a = hub.browser("auditor").get("/en/queue/terms/people.csv")
    equal(a.headers["Content-Type"], "text/csv; charset=utf-8")
    rows = {r["email"]: r for r in csv.DictReader(io.StringIO(a.text))}
    equal(rows["bank@demo.example"]["organisation_signed"], "yes")
    equal(rows["bank@demo.example"]["signatory"], "yes")
    check(rows["bank@demo.example"]["accepted"].endswith("Z"), "when")
    equal(rows["hospital@demo.example"]["accepted"], "")
    check(rows["formula@bank.example"]["name"].startswith("'="), "a spreadsheet does not run it")
    check("service@demo.example" not in rows, "programs accept nothing")
    contains(hub.browser("auditor").get("/en/queue/terms").text, "/ ")


def mails_to(address, n, words, timeout=240):
    """A thousand mails lie there: only those to ADDRESS are looked into."""
    until = time.monotonic() + timeout
    while True:
        raw = (f.read_bytes() for f in (hub.dir / "mail" / "new").glob("terms-*"))
        found = [m for m in map(Mail, (r for r in raw if address.encode() in r[:2000])) if words in m.subject]
        if len(found) >= n or time.monotonic() > until:
            return found
        time.sleep(0.5)


@case
def reminding_now_is_for_who_has_not():
    said = "please accept the terms in force"
    equal(len(mails_to("hospital@demo.example", 1, said)), 1, "when they came into force")
    equal(hub.browser("membership").submit("/en/queue/terms", "terms/remind$", {}).status, 303)
    equal(hub.browser("operator").submit("/en/queue/terms", "terms/remind$", {}).status, 409, "once an hour")
    mail = mails_to("hospital@demo.example", 2, said)
    equal(len(mail), 2)
    contains(mail[1].text, "/en/terms")
    contains(mail[1].html, "/en/terms")
    lacks(mail[1].all, "Members share in good faith", "the text is behind the link")
    equal(len(mails_to("bank@demo.example", 1, said)), 1, "who has accepted is spared")
    check(mails_to("formula@bank.example", 1, "請接受現行條款"), "in the person's language")
    check(mails_to("formula@bank.example", 1, "請接受現行條款")[0].text.count("/zh-hant/terms"), "the page too")


@case
def a_membership_has_an_end_that_the_desk_sets():
    page = "/en/queue/terms/organisations/" + organisation_id("hospital")
    def send(persona, day, reason="one year"):
        return hub.browser(persona).submit(page, "/membership$", {"date": day, "reason": reason})
    equal(send("membership", "2020-01-01").status, 422)
    equal(send("membership", "soon").status, 422)
    equal(send("membership", terms.day(20), " ").status, 422)
    equal(send("membership", terms.day(20)).status, 303)
    contains(hub.browser("hospital").get("/en/organisation/terms").text, terms.day(20))
    lacks(hub.browser("hospital").get("/en/home").text, "has run out")
    equal(send("operator", "").status, 303)
    contains(hub.browser("hospital").get("/en/organisation/terms").text, "Without end")


@case
def nothing_in_the_terms_can_act():
    a = hub.browser("operator").submit("/en/queue/terms/draft", "terms/draft$", {
        "date": terms.day(9), "text_en": "<script>alert(1)</script> [x](javascript:alert(1))", "text_hant": "", "text_hans": ""})
    equal(a.status, 303)
    number = re.search(r"/en/terms\?version=(\d+)", hub.browser("operator").get("/en/queue/terms").text).group(1)
    page = hub.browser("operator").get("/en/terms?version=" + number).text
    lacks(page, "<script>alert")
    lacks(page, 'href="javascript')


main(before, lambda: hub.done())
