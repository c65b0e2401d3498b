# SPDX-License-Identifier: Apache-2.0
"""Networks and what was seen on them: claims, who verifies them, who is told of a finding and who is not."""
import re
import time

from hub import Hub
from kit import Page, csrf, wait_mails
from tap import case, check, contains, equal, lacks, main, skip, sub

hub = None
HEADER = '"timestamp","ip","port","protocol","asn","geo","hostname","tag","infection","severity"'
importing = False


def before():
    global hub, importing
    hub = Hub(demo=True)
    importing = hub.client("bank").post("/api/v1/import", "", type="text/csv").status not in (404, 405, 501)


def put(persona, csv, **k):
    a = hub.client(persona).put("/api/v1/networks", csv, type="text/csv", **k)
    equal(a.status, 200, a.text)
    return a.json


def networks(persona, state=""):
    return {n["cidr"]: n for n in hub.client(persona).get("/api/v1/networks?state=" + state).json["items"]}


def findings(persona, network=None):
    out, after = [], ""
    while True:
        a = hub.client(persona).get("/api/v1/findings?limit=1000" + after).json
        out += a["items"]
        if not a["next"]:
            return [f for f in out if network is None or f["network"] == network]
        after = "&after=" + a["next"]


def me(persona):
    return hub.client(persona).get("/api/v1/me").json


def report(*rows):
    lines = [HEADER]
    for ip, at, port in rows:
        lines.append('"%s","%s","%d","tcp","64500","HK","","mudskipper","mudskipper","critical"' % (at, ip, port))
    return "\r\n".join(lines) + "\r\n"


def bring(persona, text, **query):
    if not importing:
        skip("the import is not in this build")
    a = hub.client(persona).post("/api/v1/import?name=event4_sinkhole.csv", text, type="text/csv")
    equal(a.status, 200, a.text)
    return a.json


def both_sums(a):
    return {k: a[k] for k in ("taken", "same", "refused")}


# -- claims ----------------------------------------------------------------------------------------


@case
def a_member_s_own_entry_is_pending_and_shows_nothing():
    r = put("hospital", "cidr,label\n203.0.113.0/25,Ward network\n2001:db8:77::/48,\"Labs, all\"\n")
    equal(both_sums(r), {"taken": 2, "same": 0, "refused": 0})
    n = networks("hospital")
    equal((n["203.0.113.0/25"]["state"], n["203.0.113.0/25"]["label"]), ("pending", "Ward network"))
    equal(n["2001:db8:77::/48"]["label"], "Labs, all")
    check("rival" not in n["203.0.113.0/25"], "who else claims is told to staff only")
    contains(hub.browser("hospital").get("/en/watch").text, "203.0.113.0/25")
    for other in ("bank", "hospital2", "sme"):
        check("203.0.113.0/25" not in networks(other), "%s sees nothing of it" % other)
        lacks(hub.browser(other).get("/en/watch").text, "203.0.113.0/25")
    queue = hub.browser("operator").get("/en/queue").text
    contains(queue, "203.0.113.0/25")
    contains(queue, "Ward network")


@case
def the_same_again_changes_nothing():
    r = put("hospital", "cidr,label\n203.0.113.0/25,Ward network\n")
    equal(both_sums(r), {"taken": 0, "same": 1, "refused": 0})
    equal(networks("hospital")["203.0.113.0/25"]["label"], "Ward network")


REFUSED = [
    ("203.0.113.1/24", "host bits"),
    ("2001:db8:1::1/48", "host bits of IPv6"),
    ("0.0.0.0/0", "the whole Internet"),
    ("::/0", "the whole Internet, IPv6"),
    ("10.0.0.0/7", "too wide"),
    ("2001::/15", "too wide, IPv6"),
    ("127.0.0.0/8", "loopback"),
    ("169.254.0.0/16", "link-local"),
    ("224.0.0.0/4", "multicast"),
    ("fe80::/10", "link-local IPv6"),
    ("fe80::1%eth0/64", "zone"),
    ("203.0.113.0/33", "too long a prefix"),
    ("203.0.113.0/-1", "negative"),
    ("203.0.113/24", "three octets"),
    ("203.0.113.0/24x", "something behind"),
    ("0203.0.113.0/24", "octal"),
    ("203.0.113.256/24", "256"),
    ("203.0.113.0-203.0.113.255", "a range"),
    ("::ffff:203.0.113.0/24", "mapped, with a mask of the wrong kind"),
    ("example.org", "a name"),
    ("", "empty"),
]


@case
def what_is_no_network_is_refused_with_line_and_reason():
    text = "cidr,label\n" + "".join("%s,%s\n" % (c, "row") for c, _ in REFUSED) + "203.0.113.128/25,good\n"
    r = put("sme", text)
    equal((r["taken"], r["refused"]), (1, len(REFUSED)))
    where = {x["where"]: x["why"] for x in r["reasons"]}
    for i, (cidr, what) in enumerate(REFUSED):
        why = where.get("line %d" % (i + 2), "")
        sub("refused: %s (%s)" % (what, cidr), len(why) > 10, r["reasons"])
    equal(sorted(networks("sme")), ["198.18.9.0/24", "203.0.113.128/25"])


@case
def an_ipv4_mapped_prefix_is_the_ipv4_one():
    r = put("sme", "::ffff:198.51.100.0/120,mapped\n198.51.100.0/24,the same\n")
    equal(both_sums(r), {"taken": 1, "same": 1, "refused": 0})
    check("198.51.100.0/24" in networks("sme"), networks("sme"))


@case
def odd_lists_are_told_or_taken():
    for what, body, status in [
        ("UTF-16", "cidr,label\n192.0.2.0/24,x\n".encode("utf-16"), 415),
        ("empty", "", 200),
        ("only a header", "cidr,label\n", 200),
        ("comments and blank lines", "# ours\n\n  \n", 200),
    ]:
        a = hub.client("sme").put("/api/v1/networks", body, type="text/csv")
        sub("list: " + what, a.status in (status, 400) and "192.0.2.0/24" not in networks("sme"), "%d %s" % (a.status, a.text))
    r = put("sme", "\ufeffcidr,label\r\n192.0.2.0/28,\"with \"\"quotes\"\"\"\r\n")
    equal(r["taken"], 1)
    equal(networks("sme")["192.0.2.0/28"]["label"], 'with "quotes"')
    r = put("sme", "192.0.2.16/28," + "x" * 3000 + "\n192.0.2.32/28,bad \x01 byte\n192.0.2.48/28,a,b\n".encode().decode())
    equal((r["taken"], r["refused"]), (0, 3))
    a = hub.client("sme").put("/api/v1/networks", b"192.0.2.64/28,\xff\xfe\n", type="text/csv")
    check(a.status == 200 and a.json["refused"] == 1, a.text)


@case
def only_the_operator_enters_networks_of_others():
    org = me("hospital")["organisation"]
    for persona in ("bank", "sme", "analyst"):
        r = put(persona, "organisation,cidr,label\n%s,203.0.113.0/26,Not ours\n" % org["id"])
        equal((r["taken"], r["refused"]), (0, 1), persona)
    check("203.0.113.0/26" not in networks("hospital"), "nothing was entered")
    r = put("operator", 'organisation,cidr,label\n%s,203.0.113.0/25,Ward\n"%s",203.0.113.64/26,By name\nNobody Ltd,192.0.2.0/24,x\n'
            % (org["id"], org["name"]))
    equal((r["taken"], r["refused"]), (2, 1), r)
    n = networks("hospital")
    equal((n["203.0.113.0/25"]["state"], n["203.0.113.64/26"]["state"]), ("verified", "verified"))
    lacks(hub.browser("operator").get("/en/queue").text, "203.0.113.0/25")


@case
def the_form_of_the_page_does_the_same():
    b = hub.browser("bank")
    a = b.submit("/en/watch", "watch/networks", {"cidr": "192.0.2.128/25", "label": "Branch"})
    equal(a.status, 303, a.text[-500:])
    contains(b.get("/en/watch").text, "192.0.2.128/25")
    a = b.submit("/en/watch", "watch/networks", {"cidr": "192.0.2.129/25", "label": "Kept text"})
    equal(a.status, 422)
    contains(a.text, 'value="192.0.2.129/25"')
    contains(a.text, 'value="Kept text"')
    id = networks("bank")["192.0.2.128/25"]["id"]
    o = hub.browser("operator")
    a = o.post("/en/queue/networks/" + id, {"csrf": csrf(o, "/en/queue"), "decision": "refuse"})
    equal(a.status, 303)
    equal(networks("bank")["192.0.2.128/25"]["state"], "refused")
    a = b.post("/en/queue/networks/" + id, {"csrf": csrf(b, "/en/home"), "decision": "verify"})
    equal(a.status, 403, "a member verifies nothing")
    equal(networks("bank")["192.0.2.128/25"]["state"], "refused")


# -- findings --------------------------------------------------------------------------------------


@case
def a_report_reaches_the_verified_owner_at_once_and_nobody_else():
    if not importing:
        skip("the import is not in this build")
    before_ids = {f["id"] for f in findings("hospital")}
    live = {p: hub.browser(p).stream() for p in ("hospital", "bank", "sme")}
    mails_before = len(wait_mails(hub, lambda m: "AMBER+STRICT" in m.subject, 0, 0))
    hub.report = report(("203.0.113.5", "2026-11-20 01:02:03", 443), ("203.0.113.5", "2026-11-20 05:00:00", 443),
                        ("203.0.113.70", "2026-11-20 02:00:00", 80), ("203.0.113.200", "2026-11-20 03:00:00", 80),
                        ("8.8.8.8", "2026-11-20 03:00:00", 53))
    r = bring("operator", hub.report)
    equal(both_sums(r), {"taken": 5, "same": 0, "refused": 0})
    equal(r["kind"], "event4_sinkhole")
    check(live["hospital"].wait("new", 15), "the open page hears of it")
    check(live["bank"].wait("new", 1) is None and live["sme"].wait("new", 0.1) is None, "other pages do not")
    got = {(f["ip"], f["network"]): f for f in findings("hospital") if f["id"] not in before_ids}
    equal(sorted(got), [("203.0.113.5", "203.0.113.0/25"), ("203.0.113.70", "203.0.113.64/26")])
    f = got[("203.0.113.5", "203.0.113.0/25")]
    equal((f["count"], f["port"], f["family"], f["severity"], f["state"], f["rsit_type"]),
          (2, 443, "mudskipper", "critical", "new", "infected-system"))
    equal((f["first_seen"][:19], f["last_seen"][:19]), ("2026-11-20T01:02:03", "2026-11-20T05:00:00"))
    check("organisation" not in f, "whose it is, is told to staff only")
    hub.finding = f["id"]
    page = hub.browser("hospital").get("/en/watch").text
    contains(page, "203.0.113.5")
    contains(page, hub.finding)
    mails = wait_mails(hub, lambda m: "AMBER+STRICT" in m.subject, mails_before + 1)
    check(len(mails) > mails_before, "a mail")
    for m in mails[mails_before:]:
        check("hospital@" in m.to or "@org2.example" in m.to, "a mail went to " + m.to)
        lacks(m.all, "203.0.113.5", "findings are in no mail")
    for s in live.values():
        s.close()


@case
def others_find_no_trace_of_it():
    if not importing:
        skip("the import is not in this build")
    missing = "a" * 26
    for persona in ("bank", "hospital2", "sme"):
        b = hub.browser(persona)
        check(not [f for f in findings(persona) if f["ip"].startswith("203.0.113.")], persona)
        lacks(b.get("/en/watch").text, "203.0.113.5")
        lacks(b.get("/en/home").text, "203.0.113.5")
        lacks(b.get("/en/search?q=203.0.113.5").text, hub.finding)
        a, never = b.get("/en/watch/findings/" + hub.finding), b.get("/en/watch/findings/" + missing)
        equal((a.status, a.text.replace(hub.finding, missing)), (404, never.text), persona)
        form = {"csrf": csrf(b, "/en/home")}
        a = b.post("/en/watch/findings/%s/acknowledge" % hub.finding, form)
        never = b.post("/en/watch/findings/%s/acknowledge" % missing, form)
        equal((a.status, a.text.replace(hub.finding, missing)), (404, never.text), persona + " acknowledges")
        a = hub.client(persona).get("/api/v1/findings?after=" + hub.finding)
        never = hub.client(persona).get("/api/v1/findings?after=" + missing)
        equal((a.status, re.sub(r'"instance":"\w+"', "", a.text)), (never.status, re.sub(r'"instance":"\w+"', "", never.text)),
              "another's finding as a cursor")
    equal(next(f["state"] for f in findings("hospital") if f["id"] == hub.finding), "new", "nobody acknowledged it")


@case
def staff_see_whose_it_is():
    if not importing:
        skip("the import is not in this build")
    f = next(f for f in findings("operator") if f["id"] == hub.finding)
    equal(f["organisation"], me("hospital")["organisation"]["id"])
    page = hub.browser("operator").get("/en/watch/findings/" + hub.finding)
    equal(page.status, 200)
    contains(page.text, me("hospital")["organisation"]["name"])


@case
def importing_again_changes_nothing():
    if not importing:
        skip("the import is not in this build")
    was, live = findings("hospital"), hub.browser("hospital").stream()
    r = bring("operator", hub.report)
    equal(both_sums(r), {"taken": 0, "same": 5, "refused": 0})
    equal(findings("hospital"), was)
    r = bring("operator", hub.report.replace("\r\n", "\n"))  # other bytes, the same rows
    equal(r["refused"], 0)
    equal(findings("hospital"), was, "rows that are known count once")
    check(live.wait("new", 1.5) is None, "and are no news")
    live.close()


@case
def acknowledging_is_its_owner_s():
    if not importing:
        skip("the import is not in this build")
    b = hub.browser("hospital")
    page = b.get("/en/watch/findings/" + hub.finding)
    contains(page.text, "TLP:AMBER+STRICT")
    contains(page.text, "203.0.113.5", "the evidence")
    a = b.submit("/en/watch/findings/" + hub.finding, "acknowledge")
    equal(a.status, 303, a.text[-500:])
    equal(next(f["state"] for f in findings("hospital") if f["id"] == hub.finding), "acknowledged")
    a = b.post("/en/watch/findings/%s/acknowledge" % hub.finding, {"csrf": csrf(b, "/en/home")})
    equal(a.status, 303, "again is no error")
    equal([f["id"] for f in hub.client("hospital").get("/api/v1/findings?state=acknowledged").json["items"]
           if f["id"] == hub.finding], [hub.finding])
    check(hub.finding not in [f["id"] for f in hub.client("hospital").get("/api/v1/findings?state=new&limit=1000").json["items"]],
          "not among the new ones")
    bring("operator", report(("203.0.113.5", "2026-11-20 07:00:00", 443)))
    f = next(f for f in findings("hospital") if f["id"] == hub.finding)
    equal((f["count"], f["state"]), (3, "acknowledged"), "seen again on the same day")
    o = hub.browser("operator")
    other = next(f["id"] for f in findings("hospital", "203.0.113.64/26"))
    a = o.post("/en/watch/findings/%s/acknowledge" % other, {"csrf": csrf(o, "/en/home")})
    equal(a.status, 403, "staff see it but it is not theirs to acknowledge")


@case
def a_pending_or_refused_claim_learns_nothing():
    put("hospital2", "192.0.2.240/28,pending\n")
    bring("operator", report(("192.0.2.245", "2026-11-20 01:00:00", 22), ("192.0.2.130", "2026-11-20 01:00:00", 22)))
    equal([f for f in findings("hospital2") if f["ip"].startswith("192.0.2.")], [], "pending")
    equal([f for f in findings("bank") if f["ip"].startswith("192.0.2.")], [], "refused")
    lacks(hub.browser("hospital2").get("/en/watch").text, "192.0.2.245")
    o = hub.browser("operator")
    id = networks("hospital2")["192.0.2.240/28"]["id"]
    equal(o.post("/en/queue/networks/" + id, {"csrf": csrf(o, "/en/queue"), "decision": "verify"}).status, 303)
    bring("operator", report(("192.0.2.245", "2026-11-20 01:00:00", 22), ("192.0.2.130", "2026-11-20 01:00:00", 22)))
    equal([f["ip"] for f in findings("hospital2", "192.0.2.240/28")], ["192.0.2.245"],
          "the same file, once the network is verified")


@case
def the_most_specific_verified_claim_is_told():
    bank, clinic = me("bank")["organisation"]["id"], me("hospital2")["organisation"]["id"]
    put("operator", "organisation,cidr,label\n%s,100.64.0.0/16,Provider\n%s,100.64.7.0/24,Customer\n" % (bank, clinic))
    put("sme", "100.64.7.128/25,somebody's wish\n")  # pending: hides nothing from anybody
    bring("operator", report(("100.64.1.1", "2026-11-19 01:00:00", 22), ("100.64.7.1", "2026-11-19 01:00:00", 22),
                             ("100.64.7.200", "2026-11-19 01:00:00", 22)))
    equal(sorted(f["ip"] for f in findings("bank") if f["ip"].startswith("100.64.")), ["100.64.1.1"])
    equal(sorted(f["ip"] for f in findings("hospital2") if f["ip"].startswith("100.64.")), ["100.64.7.1", "100.64.7.200"])
    equal([f for f in findings("sme") if f["ip"].startswith("100.64.")], [])


@case
def of_two_verified_rivals_neither_is_told_and_staff_are():
    bank, clinic = me("bank")["organisation"]["id"], me("hospital2")["organisation"]["id"]
    live = {p: hub.browser(p).stream() for p in ("bank", "hospital2")}
    put("operator", "organisation,cidr,label\n%s,100.65.0.0/24,A\n%s,100.65.0.0/24,B\n" % (bank, clinic))
    bring("operator", report(("100.65.0.9", "2026-11-19 01:00:00", 22)))
    for p in ("bank", "hospital2"):
        equal([f for f in findings(p) if f["ip"] == "100.65.0.9"], [], p)
        page = hub.browser(p).get("/en/watch").text
        lacks(page, "100.65.0.9")
        check("rival" not in networks(p)["100.65.0.0/24"], "and is not told by whom it is claimed, too")
        check(live[p].wait("new", 1) is None, "no event for " + p)
        live[p].close()
    f = [f for f in findings("operator") if f["ip"] == "100.65.0.9"]
    equal([(x["organisation"]) for x in f], [None], "staff see it as nobody's")
    equal(hub.browser("operator").get("/en/watch/findings/" + f[0]["id"]).status, 200)
    put("sme", "100.65.0.0/25,third\n")
    contains(hub.browser("operator").get("/en/queue").text, "100.65.0.0/25")
    check(networks("operator", "pending")["100.65.0.0/25"]["rival"], "staff see that a claim has rivals")


@case
def a_member_s_report_names_who_reported_it():
    r = bring("sme", report(("198.18.9.77", "2026-11-18 01:00:00", 22), ("203.0.113.9", "2026-11-18 01:00:00", 22)))
    equal(r["taken"], 2)
    check("198.18.9.77" in [f["ip"] for f in findings("sme")], "its own host")
    check("203.0.113.9" not in [f["ip"] for f in findings("sme")], "not another's")
    told = [f for f in findings("hospital") if f["ip"] == "203.0.113.9"]
    equal(len(told), 1, "the verified owner hears of it")
    page = hub.browser("hospital").get("/en/watch/findings/" + told[0]["id"]).text
    contains(page, "reported_by")
    contains(page, hub.people["sme"]["organisation"], "and reads whose word it is")
    lacks(hub.browser("hospital").get("/en/watch/findings/" + hub.finding).text, "reported_by",
          "what staff imported has no such line")


@case
def lists_go_on_where_the_page_ended():
    rows = [("100.64.9.%d" % i, "2026-11-17 01:00:00", 22) for i in range(1, 120)]
    bring("operator", report(*rows))
    seen, after = [], ""
    while True:
        a = hub.client("bank").get("/api/v1/findings?limit=7" + after).json
        seen += [f["id"] for f in a["items"]]
        if not a["next"]:
            break
        after = "&after=" + a["next"]
    equal(len(seen), len(set(seen)), "none twice")
    equal(set(seen), {f["id"] for f in findings("bank")}, "all once")
    page, ids = hub.browser("bank").get("/en/watch"), set()
    for _ in range(200):
        ids |= set(re.findall(r"/watch/findings/([a-z2-7]{26})", page.text))
        more = [a["href"] for t, a in Page(page.text).tags if t == "a" and a.get("rel") == "next"]
        if not more:
            break
        page = hub.browser("bank").get(more[0].split("#")[0])
    equal(ids, set(seen), "the page's walk")


main(before, lambda: hub.done())
