# SPDX-License-Identifier: Apache-2.0
"""From the public form to an active organisation, along each route, with the mails as they lie in the spool; and
what somebody might try on the way: a link twice, the link of a withdrawn application, a voucher of the applicant's own group,
one person as both of the committee, script in each field."""
import html
import re
import socket
import struct
import threading
import time

from hub import Form, Hub
from kit import Mail, Page, mails, sign_in_new, wait_mails
from tap import case, check, contains, equal, lacks, main, sub

hub = None
dns = None
PASSWORD = "three wet harbour stones"


class Dns:
    """A resolver on loopback that knows TXT values (RFC 1035); names it does not know do not exist."""

    def __init__(self):
        self.txt, self.asked = {}, []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            data, peer = self.socket.recvfrom(4096)
            at, labels = 12, []
            while data[at]:
                labels.append(data[at + 1 : at + 1 + data[at]].decode())
                at += data[at] + 1
            name, question = ".".join(labels).lower(), data[12 : at + 5]
            self.asked.append(name)
            values = self.txt.get(name)
            out = data[:2] + struct.pack(">HHHHH", 0x8580 | (0 if values else 3), 1, len(values or []), 0, 0) + question
            for v in values or []:
                parts = [v[i : i + 20].encode() for i in range(0, len(v), 20)]  # several strings in one record
                rdata = b"".join(bytes([len(p)]) + p for p in parts)
                out += b"\xc0\x0c" + struct.pack(">HHIH", 16, 1, 60, len(rdata)) + rdata
            self.socket.sendto(out, peer)


def before():
    global hub, dns
    dns = Dns()
    hub = Hub(demo=True, args=[
        "--set", "join_objection_days=0", "--set", "join_founding=1000", "--set", "join_tries_network=200",
        "--set", "join_resolver=127.0.0.1:%d" % dns.port, "--set", "join_public_mail=freemail.example"])


def after():
    hub.done()


def form(n, **more):
    f = {
        "route": "open", "name_en": "Lighthouse Number %s" % n, "name_hant": "燈塔%s號" % n, "name_hans": "灯塔%s号" % n,
        "registration": "BR-%s" % n, "class": "0", "size": "1", "domain": "lighthouse-station-%s.example" % n,
        "domains": "", "networks": "192.0.2.0/24\n2001:db8::/32", "group": "", "why": "To warn and be warned.",
        "contact_name": "Ann Keeper", "contact_email": "ann@lighthouse-station-%s.example" % n, "contact_phone": "+852 1",
        "e1_name": "Night desk", "e1_phone": "+852 2", "e1_email": "", "e2_name": "Duty", "e2_phone": "+852 3", "e2_email": "",
        "r1_name": "Ann Keeper", "r1_email": "ann@lighthouse-station-%s.example" % n, "r1_role": "admin",
        "r2_name": "Bob Lamp", "r2_email": "bob@lighthouse-station-%s.example" % n, "r2_role": "representative",
        "signatory": "1",
    }
    f.update(more)
    return f


def apply(browser, fields, action="send", lang="en"):
    return browser.submit("/%s/join" % lang, "/join$", dict(fields, action=action))


def token_of(a):
    return re.search(r"[?&]t=(bwj_[a-z2-7]+)", a.headers["Location"]).group(1)


def link(to, path, n=1):
    """The path of the newest link of that kind that was mailed to somebody."""
    found = wait_mails(hub, lambda m: to in m.to and "/join/" + path in m.text, n)
    check(len(found) >= n, "no mail to %s with %s among %s" % (to, path, [(m.to, m.subject) for m in mails(hub)][-10:]))
    links = [re.search(r"http://[^/]+(/[a-z-]+/join/%s\?t=\S+)" % path, m.text).group(1) for m in found]
    for m in found:
        check(html.escape(re.search(r"http\S+/join/\S+", m.text).group(0)) in m.html, "the link in the HTML part as well")
    return links[-1]


def follow(to, path, values=None, n=1):
    browser = hub.browser()
    return browser.submit(link(to, path, n), "/join/" + path, values or {})


def cases():
    text = hub.browser("operator").get("/en/queue/applications").text
    return {html.unescape(name): id for id, name in re.findall(r'href="/en/queue/applications/([a-z2-7]{26})">([^<]*)</a>', text)}


def case_of(fields):
    found = cases()
    check(fields["name_en"] in found, "in the queue: %s" % sorted(found))
    return found[fields["name_en"]]


def act(who, id, action, reason="", where="queue/applications"):
    b = hub.browser(who)
    page = b.get("/en/%s/%s" % (where, id))
    if page.status != 200:
        return page
    token = re.search(r'name="csrf" value="([^"]+)"', page.text).group(1)
    return b.post("/en/%s/%s" % (where, id), {"csrf": token, "action": action, "reason": reason})


def ok(a, done):
    equal(a.status, 303, Page(a.text).text[-600:] if a.body else "")
    contains(a.headers["Location"], "done=" + done)


def refused(a, *words):
    check(a.status in (403, 404, 409, 422), "%d %s" % (a.status, a.headers.get("Location")))
    for w in words:
        contains(html.unescape(a.text), w)


def submitted(n, **more):
    """An application that is in the queue, and the applicant's private link."""
    f, b = form(n, **more), hub.browser()
    a = apply(b, f)
    equal(a.status, 303, Page(a.text).text[-800:] if a.body else "")
    t = token_of(a)
    contains(follow(f["contact_email"], "confirm").text, "is submitted")
    return f, case_of(f), t


def signed_in(address):
    invitation = wait_mails(hub, lambda m: address in m.to and "/welcome?t=" in m.text)
    check(invitation, "an invitation to " + address)
    b = hub.browser()
    path = re.search(r"http://[^/]+(/\S+welcome\?t=\S+)", invitation[-1].text).group(1)
    equal(b.submit(path, "/welcome", {"password": PASSWORD}).status, 303)
    a, _ = sign_in_new(b, address, PASSWORD)
    equal(a.status, 303)
    return b


# -- the routes ------------------------------------------------------------------------------------


@case
def open_route_from_the_form_to_a_member_who_signs_in():
    f, id, t = submitted("1")
    b = hub.browser()
    page = Page(b.get("/en/join/progress?t=" + t).text).text
    contains(page, "Submitted")
    contains(page, "is yours", "the applicant's own mail in the domain has proven it")
    refused(act("membership", id, "accept", "fine"), "nothing to accept")
    ok(act("membership", id, "take_up"), "take_up")
    refused(act("membership", id, "accept", "fine"), "first the checks")
    ok(act("membership", id, "registered", "BR-1 found in the register, active"), "registered")
    refused(act("membership", id, "accept", " "), "reason")
    ok(act("membership", id, "accept", "all is in order"), "accept")
    contains(Page(b.get("/zh-hant/join/progress?t=" + t).text).text, "簽署")
    a = follow(f["r1_email"], "sign", {"name": "", "title": "x"})
    equal(a.status, 422)
    path = link(f["r1_email"], "sign")
    a = b.submit(path, "/join/sign", {"name": "Ann Keeper", "title": "Director"})
    contains(a.text, "is a member now")
    equal(b.get(path).status, 404, "the link is used up")
    equal(b.get("/en/join/progress?t=" + t).status, 404, "the private link has died with the application")
    check(wait_mails(hub, lambda m: f["contact_email"] in m.to and "is a member of" in m.subject), "told of it")
    member = signed_in(f["r2_email"])
    contains(member.get("/en/organisation").text, f["name_en"])
    signed_in(f["r1_email"])


@case
def a_draft_is_kept_and_continued():
    b = hub.browser()
    a = apply(b, {"name_en": "Half a lighthouse", "why": "We are\nnot sure"}, "save")
    equal(a.status, 303)
    t = token_of(a)
    page = b.get("/en/join/progress?t=" + t)
    contains(page.text, "Half a lighthouse")
    contains(page.text, "We are\nnot sure")
    equal(page.headers["Cache-Control"], "no-store")
    other = hub.browser()
    a = other.submit("/en/join/progress?t=" + t, "/join$", {"action": "send"})
    equal(a.status, 422)
    contains(a.text, "Write the registration number")
    a = other.submit("/en/join/progress?t=" + t, "/join$", dict(form("2"), action="send"))
    equal(a.status, 303, a.text[-500:])
    lacks(str(sorted(cases())), "Lighthouse Number 2", "not before the link was followed")
    first = link("ann@lighthouse-station-2.example", "confirm")
    a = other.submit("/en/join/progress?t=" + t, "/join$", dict(form("2", why="Other words"), action="send"))
    equal(a.status, 303)
    second = link("ann@lighthouse-station-2.example", "confirm", 2)
    links = {first, second}
    equal(len(links), 2)
    dead = [p for p in links if other.get(p).status == 404]
    equal(len(dead), 1, "what was mailed before the change confirms nothing")
    a = other.submit((links - set(dead)).pop(), "/join/confirm", {})
    contains(a.text, "is submitted")
    a = other.get("/en/join/progress?t=" + t)
    lacks(a.text, 'name="name_en"', "sent is sent")
    csrf = re.search(r'name="csrf" value="([^"]+)"', a.text).group(1)
    a = other.post("/en/join", dict(form("2"), action="save", t=t, csrf=csrf))
    equal(a.status, 409)


@case
def what_is_wrong_is_told_all_at_once():
    b = hub.browser()
    a = apply(b, form("3", domain="gmail.com", name_en="", networks="192.0.2.1/24", r1_role="representative", e2_phone="",
                      contact_email="nobody", r2_email="ann@lighthouse-station-3.example"))
    equal(a.status, 422)
    for w in ("public mail service", "in English", "One of the networks", "administrator", "two emergency contacts",
              "Two representatives have the same address", "name@example.hk"):
        contains(html.unescape(a.text), w)
    contains(a.text, "BR-3", "what was typed is kept")
    for bad in ("mail.freemail.example", "yahoo.com.hk", "com.hk", "http://x.example", "a@b.example", "-x.example", "localhost"):
        sub("no domain of an organisation: " + bad, apply(b, form("3", domain=bad)).status == 422)


@case
def proof_by_dns_and_by_mail_to_the_domain():
    f, id, t = submitted("4", contact_email="ann.4@gmail.com")
    b = hub.browser()
    page = b.get("/en/join/progress?t=" + t).text
    value = re.search(r"breakwater-verification=[a-z2-7]{32}", page).group(0)
    contains(Page(page).text, "Prove that the domain is yours")
    ok(act("membership", id, "take_up"), "take_up")
    ok(act("membership", id, "registered", "found"), "registered")
    refused(act("membership", id, "accept", "fine"), "first the checks")
    refused(act("membership", id, "look"), "no such TXT value")
    dns.txt[f["domain"]] = ["v=spf1 -all", value + "x"]
    refused(act("membership", id, "look"), "no such TXT value", "v=spf1 -all")
    refused(act("membership", id, "typed", "v=spf1"), "does not hold the value")
    dns.txt[f["domain"]] = ["v=spf1 -all", value]
    ok(act("membership", id, "look"), "look")
    contains(Page(hub.browser("membership").get("/en/queue/applications/" + id).text).text, "looked up by the hub")
    check(f["domain"] in dns.asked, "the resolver was asked")

    f, id, t = submitted("5", contact_email="ann.5@gmail.com")
    a = b.submit("/en/join/progress?t=" + t, "/join/prove", {"address": "root"})
    equal(a.status, 422)
    a = b.submit("/en/join/progress?t=" + t, "/join/prove", {"address": "hostmaster"})
    equal(a.status, 303)
    path = link("hostmaster@" + f["domain"], "domain")
    equal(b.get(path.replace("/domain", "/sign")).status, 404, "a link of one kind is none of another")
    lacks(Page(b.get("/en/join/progress?t=" + t).text).text, "It is proven", "looking at the link proves nothing")
    contains(b.submit(path, "/join/domain", {}).text, "is proven")
    equal(b.get(path).status, 404, "used up")
    contains(Page(b.get("/en/join/progress?t=" + t).text).text, "It is proven")
    f, id, _ = submitted("6", contact_email="ann.6@gmail.com")
    page = hub.browser("membership").get("/en/queue/applications/" + id).text
    value = re.search(r"breakwater-verification=[a-z2-7]{32}", page).group(0)
    ok(act("membership", id, "typed", '"%s"' % value), "typed")


@case
def trusted_route_with_vouchers_window_and_committee():
    group = "Example Harbour Group"
    f, id, t = submitted("7", route="trusted", group=group)
    equal(hub.browser("bank").get("/en/applications/" + id).status, 404, "members are not asked yet")
    refused(act("bank", id, "vouch", "good people", "applications"))
    ok(act("membership", id, "take_up"), "take_up")
    page = hub.browser("bank").get("/en/applications/" + id)
    contains(page.text, f["domain"])
    for private in (f["contact_email"], "Ann Keeper", "Night desk", "+852 1"):
        lacks(page.text, private, "members are not shown the people")
    refused(act("membership", id, "accept", "fine"), "nothing to accept")
    refused(act("bank", id, "vouch", "", "applications"), "reason")
    ok(act("bank", id, "vouch", "we run a line together", "applications"), "vouch")
    refused(act("bank", id, "vouch", "again", "applications"), "vouched already")
    refused(act("operator", id, "close"), "no step")
    set_belonging("hospital", group=group)
    refused(act("hospital", id, "vouch", "we are one house", "applications"), "applicant's group")
    refused(act("hospital", id, "object", "we are one house", "applications"), "applicant's group")
    set_belonging("hospital", group="")
    set_belonging("hospital", standing="open")
    refused(act("hospital", id, "vouch", "known", "applications"), "vouched for themselves")
    set_belonging("hospital", standing="trusted")
    ok(act("hospital", id, "object", "they were late once", "applications"), "object")
    ok(act("hospital", id, "vouch", "still, we know them", "applications"), "vouch")
    progress = Page(hub.browser().get("/en/join/progress?t=" + t).text).text
    for secret in ("line together", "late once", "Bank", "Hospital", "Harbour Bank"):
        lacks(progress, secret, "the applicant is not told who said what")
    refused(act("membership", id, "accept", "fine"), "nothing to accept")
    ok(act("membership", id, "close"), "close")
    refused(act("bank", id, "object", "too late", "applications"))
    refused(act("membership", id, "accept", "fine"), "first the checks")
    ok(act("membership", id, "registered", "found"), "registered")
    ok(act("membership", id, "accept", "vouchers are sound"), "accept")
    refused(act("membership", id, "accept", "and once more"), "said so before")
    refused(act("membership", id, "refuse", "or not"), "said so before")
    contains(Page(hub.browser("operator").get("/en/queue/applications/" + id).text).text, "late once")
    ok(act("operator", id, "accept", "I agree"), "accept")
    refused(act("operator", id, "accept", "twice"))
    contains(follow(f["r1_email"], "sign", {"name": "Ann", "title": "Keeper"}).text, "is a member now")
    sub("the auditor reads no page of the desk", hub.browser("auditor").get("/en/queue/applications").status == 403)
    for m in mails(hub):
        for secret in ("line together", "late once", "we know them"):
            lacks(m.all, secret, "mails tell nobody what was said")


def set_belonging(persona, **values):
    b = hub.browser("operator")
    page = "/en/queue/standing?organisation=" + organisation_id(persona)
    a = b.submit(page, "/queue/standing/change", dict({"reason": "test"}, **values))
    equal(a.status, 303, Page(a.text).text[-500:] if a.body else "")


def organisation_id(persona):
    me = hub.client(persona).get("/api/v1/me").json
    return me["organisation"]["id"]


@case
def founding_members_are_entered_by_the_operator():
    f = form("8", why="")
    b = hub.browser("operator")
    a = b.submit("/en/queue/applications/new", "applications/new$", dict(f, action="send", domain="gmail.com"))
    equal(a.status, 422)
    a = b.submit("/en/queue/applications/new", "applications/new$", dict(f, action="send"))
    equal(a.status, 303, Page(a.text).text[-500:] if a.body else "")
    contains(follow(f["r1_email"], "sign", {"name": "Ann", "title": "Keeper"}).text, "is a member now")
    refused(b.submit("/en/queue/applications/new", "applications/new$", dict(f, action="send")), "already")


@case
def an_association_enlists_its_members():
    bank = hub.browser("bank")
    equal(bank.get("/en/enlist").status, 404, "only an association has this page")
    set_belonging("bank", association="1")
    rows = ["name_en,domain,person,email,registration", "Small Pier Ltd,small-pier.example,Sue Pier,sue@small-pier.example,BR9",
            "Tiny Jetty,tiny-jetty.example,Tom,not an address,", "Mail Pier,gmail.com,Max,max@gmail.com,"]
    a = upload(bank, "/en/enlist", "\n".join(rows))
    equal(a.status, 200, a.text[-500:])
    for w in ("The person needs a name and an e-mail address", "public mail service"):
        contains(html.unescape(a.text), w)
    check(not [m for m in mails(hub) if "small-pier" in m.to], "nothing is written before it is confirmed")
    before_it = len(cases())
    taken = bank.post(*take_form(a))
    contains(taken.text, "1 rows were taken")
    equal(bank.post(*take_form(a)).status, 404, "a list is taken once")
    contains(bank.get("/en/enlist").text, "Enlist")
    equal(len(cases()), before_it, "not in the queue before the representative has confirmed")
    page = hub.browser().get(link("sue@small-pier.example", "confirm"))
    contains(page.text, "has entered your organisation")
    contains(follow("sue@small-pier.example", "confirm").text, "is submitted")
    id = cases()["Small Pier Ltd"]
    ok(act("membership", id, "take_up"), "take_up")
    ok(act("membership", id, "registered", "found"), "registered")
    ok(act("membership", id, "accept", "a member of the association"), "accept")
    contains(follow("sue@small-pier.example", "sign", {"name": "Sue", "title": "Owner"}).text, "is a member now")
    signed_in("sue@small-pier.example")
    set_belonging("bank", association="0")


def upload(browser, page, text, name="list.csv"):
    token = re.search(r'name="csrf" value="([^"]+)"', browser.get(page).text).group(1)
    boundary = "xxBOUNDARYxx"
    body = ("--%s\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n%s\r\n--%s\r\nContent-Disposition: form-data; name=\"file\"; "
            "filename=\"%s\"\r\nContent-Type: text/csv\r\n\r\n" % (boundary, token, boundary, name)).encode()
    body += text.encode() + ("\r\n--%s--\r\n" % boundary).encode()
    return browser.request("POST", page, body, type="multipart/form-data; boundary=" + boundary)


def take_form(a):
    f = Form(a.text, "/take$")
    check(f.action, "the form that takes the list")
    return f.action, f.fields


@case
def ten_thousand_organisations_of_which_37_are_wrong():
    op = hub.browser("operator")
    rows = ["name_en,name_hant,domain,class,person,email"]
    bad = set(range(11, 10001, 270))
    equal(len(bad), 37)
    for i in range(1, 10001):
        name, domain, cls, mail = "Imported Quay %05d" % i, "quay-%05d.example" % i, "industry", ""
        if i in bad:
            kind = sorted(bad).index(i) % 5
            if kind == 0:
                name = ""
            elif kind == 1:
                domain = "gmail.com"
            elif kind == 2:
                cls = "harbour"
            elif kind == 3:
                domain = "quay-%05d.example" % (i - 1)  # of the row above
            else:
                mail = "nobody"
        rows.append("%s,第%d碼頭,%s,%s,%s,%s" % (name, i, domain, cls, "Ann" if mail else "", mail))
    a = upload(op, "/en/queue/applications/import", "\n".join(rows))
    equal(a.status, 200, a.text[-500:])
    text = Page(a.text).text
    contains(text, "9,963")
    for i in bad:
        contains(a.text, '<th scope="row">%s</th>' % format(i + 1, ","), "line %d" % (i + 1))
    lacks(op.get("/en/members").text, "Imported Quay", "nothing is written before it is confirmed")
    again = hub.browser("membership").get("/en/queue/applications/import").text
    action, fields = take_form(a)
    other = dict(fields, csrf=re.search(r'name="csrf" value="([^"]+)"', again).group(1))
    equal(hub.browser("membership").post(action, other).status, 404, "who looked takes it, nobody else")
    taken = op.post(action, fields)
    equal(taken.status, 200)
    contains(taken.text, "9,963 rows were taken")
    equal(op.post(action, fields).status, 404, "once")
    contains(Page(upload(op, "/en/queue/applications/import", "\n".join(rows)).text).text, "No row is right")
    for wrong, said in (("", "choose a file"), ("a,b\n1,2\n", "columns name_en and domain"), ('"', "header")):
        a = upload(op, "/en/queue/applications/import", wrong)
        check(a.status in (400, 422) and said in html.unescape(a.text), "%d %s" % (a.status, said))


@case
def resembling_a_member_is_flagged():
    me = hub.client("hospital").get("/api/v1/me").json["organisation"]
    name = me.get("name") or me["names"]["en"]
    f, id, _ = submitted("9", name_en=name.replace("o", "о", 1))  # a Cyrillic letter
    page = Page(hub.browser("membership").get("/en/queue/applications/" + id).text).text
    contains(page, "Resembles a member")
    contains(page, name)
    contains(Page(hub.browser("membership").get("/en/queue/applications").text).text, "Resembles a member")


# -- abuse -----------------------------------------------------------------------------------------


@case
def links_die():
    f, id, t = submitted("20", contact_email="ann.20@gmail.com")
    b = hub.browser()
    b.submit("/en/join/progress?t=" + t, "/join/prove", {"address": "admin"})
    proof = link("admin@" + f["domain"], "domain")
    confirm = link(f["contact_email"], "confirm")
    equal(b.get(confirm).status, 404, "used up")
    token = re.search(r'name="csrf" value="([^"]+)"', b.get("/en/join").text).group(1)
    equal(b.post("/en/join/confirm", {"csrf": token, "t": confirm.split("t=")[1]}).status, 404)
    a = b.submit("/en/join/progress?t=" + t, "/join/withdraw", {})
    contains(a.text, "has ended")
    for path in ("/en/join/progress?t=" + t, proof, "/en/join/progress?t=bwj_" + "a" * 52, "/en/join/sign?t=" + t):
        equal(b.get(path).status, 404, path)
    equal(b.post("/en/join/domain", {"csrf": token, "t": proof.split("t=")[1]}).status, 404)
    equal(b.post("/en/join/withdraw", {"csrf": token, "t": t}).status, 404)
    refused(act("membership", id, "take_up"), "no step")
    refused(act("membership", id, "claim"), "nothing to do")
    refused(act("membership", id, "accept", "anyway"), "nothing to accept")
    check(f["name_en"] not in cases(), "gone from the queue")


@case
def of_two_who_sign_at_once_one_is_too_late():
    f, id, _ = submitted("21")
    ok(act("membership", id, "take_up"), "take_up")
    ok(act("membership", id, "registered", "found"), "registered")
    ok(act("membership", id, "accept", "fine"), "accept")
    path = link(f["r1_email"], "sign")
    answers = []

    def sign(browser):
        answers.append(browser.submit(path, "/join/sign", {"name": "Ann", "title": "Keeper"}))

    threads = [threading.Thread(target=sign, args=(hub.browser(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    good = [a for a in answers if "is a member now" in a.text]
    equal(len(good), 1)
    check(all(a.status == 404 for a in answers if a not in good), [a.status for a in answers])


@case
def claim_and_release():
    f, id, _ = submitted("22")
    ok(act("membership", id, "claim"), "claim")
    refused(act("operator", id, "claim"), "somebody else works on it")
    contains(Page(hub.browser("operator").get("/en/queue/applications").text).text, "Worked on by")
    ok(act("membership", id, "release"), "release")
    ok(act("operator", id, "claim"), "claim")
    refused(act("membership", id, "release"), "not yours")
    ok(act("operator", id, "refuse", "spam"), "refuse")
    m = wait_mails(hub, lambda m: f["contact_email"] in m.to and "was not accepted" in m.text)
    check(m, "the applicant is told")
    lacks(m[-1].all, "spam", "without the reason")


@case
def three_languages_in_pages_and_mails():
    f = form("23")
    b = hub.browser()
    a = apply(b, f, lang="zh-hant")
    equal(a.status, 303)
    m = wait_mails(hub, lambda m: f["contact_email"] in m.to)
    contains(m[-1].subject, "提交你向")
    path = link(f["contact_email"], "confirm")
    contains(path, "/zh-hant/")
    contains(b.submit(path, "/join/confirm", {}).text, "申請已提交")
    for lang, word in (("en", "Apply for membership"), ("zh-hant", "申請成為成員"), ("zh-hans", "申请成为成员")):
        contains(b.get("/%s/join" % lang).text, word)


@case
def script_in_each_field_comes_out_as_text():
    payload = "<script>x%dx()</script>\"'><img src=x onerror=y()>"
    b = hub.browser()
    fields = form("24", route="trusted")
    for i, name in enumerate(("name_en", "name_hant", "name_hans", "registration", "group", "why", "contact_name", "contact_phone",
                              "e1_name", "e1_phone", "e2_name", "e2_phone", "r1_name", "r2_name")):
        fields[name] = (payload % i)[:60 if "phone" in name else 90]
    a = apply(b, fields, "save")
    t = token_of(a)
    pages = [b.get("/en/join/progress?t=" + t)]
    a = b.submit("/en/join/progress?t=" + t, "/join$", {"action": "send", "route": "trusted", "signatory": "1", "r1_role": "admin"})
    equal(a.status, 303, Page(a.text).text[-500:] if a.body else "")
    found = wait_mails(hub, lambda m: fields["contact_email"] in m.to)
    pages.append(b.get(link(fields["contact_email"], "confirm")))
    contains(follow(fields["contact_email"], "confirm").text, "is submitted")
    pages.append(b.get("/en/join/progress?t=" + t))
    id = case_of({"name_en": fields["name_en"]})
    ok(act("membership", id, "take_up"), "take_up")
    ok(act("membership", id, "registered", payload % 98), "registered")
    ok(act("bank", id, "object", payload % 99, "applications"), "object")
    pages += [hub.browser("membership").get("/en/queue/applications/" + id), hub.browser("bank").get("/en/applications/" + id),
              hub.browser("bank").get("/en/applications"), hub.browser("operator").get("/en/queue/applications")]
    for p in pages:
        equal(p.status, 200)
        lacks(p.text, "<script>x")
        lacks(p.text, "<img src=x")
    for m in found:
        lacks(m.html, "<script>x")
        lacks(m.html, "<img src=x")


@case
def one_network_is_braked():
    small = Hub(demo=True, args=["--set", "join_tries_network=3"])
    try:
        b = small.browser()
        for i in range(3):
            equal(apply(b, form("b%d" % i), "save").status, 303)
        a = apply(b, form("b4"), "save")
        equal(a.status, 422)
        contains(a.text, "too many applications")
        contains(a.text, "BR-b4", "what was typed is kept")
    finally:
        small.done()


main(before, after)
