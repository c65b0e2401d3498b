# SPDX-License-Identifier: Apache-2.0
"""Networks: claims by page and by API, and what was seen on them."""
from generate import ORGS, page


def cidr(rng, state):
    good = ["198.51.100.%d/2%d" % (rng.choice([0, 64, 128, 192]), rng.choice([6, 7, 8])),
            "203.0.113.%d/2%d" % (rng.choice([0, 128]), rng.choice([5, 6])),
            "198.51.100.0/24", "203.0.113.0/24", "192.0.2.0/24", "2001:db8:%x::/48" % rng.randrange(8),
            "2001:db8::/32", "::ffff:198.51.100.0/120"]
    bad = ["203.0.113.1/24", "0.0.0.0/0", "::/0", "127.0.0.0/8", "fe80::1%eth0/64", "203.0.113.0/33",
           "203.0.113.0/-1", "x", "",
           "203.0.113.0/9223372036854775808", "203.0.113/24"]
    return rng.choice(good) if rng.random() < 0.8 else rng.choice(bad + [state.odd()])


def claim(rng, state):
    fields = [["cidr", cidr(rng, state)], ["label", rng.choice(["Office", "分行", state.odd()])]]
    if rng.random() < 0.25:
        fields = [["lines", "\n".join(cidr(rng, state) + rng.choice(["", ",label",
                                                                     ",a,b"]) for _ in range(rng.randint(1, 6)))]]
    return {"who": state.who(("web",)), "method": "POST", "path": "/%s/watch/networks" % state.lang(),
            "form": fields}


def put(rng, state):
    operator = rng.random() < 0.45
    rows = [(["Organisation %d" % rng.randint(1, ORGS + 1)] if operator else []) + [cidr(rng, state),
                                                                                    rng.choice(["Net", "網絡",
                                                                                                '"a ""b"""',
                                                                                                state.odd()])]
            for _ in range(rng.randint(1, 6))]
    text = ("organisation,cidr,label\n" if operator else "cidr,label\n") + "".join(",".join(r) + "\n" for r in rows)
    if rng.random() < 0.04:
        text = rng.choice(["", "\udcff\udcfe", "cidr,label\n", "# nothing\n\n",
                           "\ufeffcidr,label\r\n192.0.2.0/28,x\r\n"])
    return {"who": "key:operator" if operator and rng.random() < 0.9 else state.who(("key",)), "method": "PUT",
            "path": "/api/v1/networks",
            "type": "text/csv", "text": text}


def networks(rng, state):
    return {"who": "key:operator" if rng.random() < 0.5 else state.who(("key",)), "path": "/api/v1/networks",
            "query": [["state", rng.choice(["", "pending", "pending", "verified", "refused", state.odd()])]],
            "keep": {"network[]": "json:items.*.id"}}


def findings(rng, state):
    query = []
    if rng.random() < 0.4:
        query.append(["state", rng.choice(["", "new", "acknowledged", state.odd()])])
    if rng.random() < 0.4:
        query.append(["limit", rng.choice(["1", "3", state.number()])])
    if rng.random() < 0.4:
        query.append(["after", state.cursor("finding")])
    who = state.person()
    return {"who": "key:" + who, "path": "/api/v1/findings", "query": query,
            "keep": {"finding[]": "json:items.*.id", "finding.%s[]" % who[-1]: "json:items.*.id"}}


def watch_page(rng, state):
    query = []
    if rng.random() < 0.3:
        query.append(["after", state.cursor("finding")])
    if rng.random() < 0.3:
        query.append(["scope", rng.choice(["own", "all", "open", state.odd()])])
    return page("/%s/watch" % state.lang(), state.who(("web",)), query=query)


def whose(rng, state):
    """Somebody, and mostly a finding of theirs."""
    who = rng.choice([state.member(), state.member(), "operator"])
    own = who[-1].isdigit() and rng.random() < 0.85
    return "web:" + who, state.ref("finding.%s" % who[-1] if own else "finding", 0.95)


def finding_page(rng, state):
    who, finding = whose(rng, state)
    return page("/%s/watch/findings/%s" % (state.lang(), finding), who)


def acknowledge(rng, state):
    who, finding = whose(rng, state)
    return {"who": who, "method": "POST", "path": "/%s/watch/findings/%s/acknowledge" % (state.lang(), finding),
            "form": []}


def all_findings(rng, state):
    for who in ("operator", "admin1", "member3"):
        yield {"who": "key:" + who, "path": "/api/v1/findings", "query": [["limit", "1000"]],
               "keep": {"finding[]": "json:items.*.id", "finding.%s[]" % who[-1]: "json:items.*.id"}}
        yield {"who": "key:" + who, "path": "/api/v1/networks"}
    yield page("/%s/watch" % state.lang(), "web:operator")
    yield page("/%s/watch" % state.lang(), "web:" + state.member())


OPERATIONS = [(2, claim), (3, put), (2.5, networks), (3, findings), (2, watch_page), (1.5, finding_page),
              (1.5, acknowledge)]
PROBES = [all_findings]
