# SPDX-License-Identifier: Apache-2.0
"""Items: drafts, publishing to every kind of audience under every label, withdrawing, lists, search, indicators."""
from generate import CIRCLES, ORGS, PEOPLE, SECTORS, page

TLPS = ["clear", "green", "amber", "amber+strict", "red"]
KINDS = ["alert", "advisory", "incident", "indicator-report", "vulnerability", "practice", "question"]
SEVERITIES = ["info", "low", "medium", "high", "critical"]


# Organisation N is in circle and sector N % 3 at first; a circle is named by its members only.
CIRCLE_OF = {n: ["Circle one", "Circle two", "Circle three"][n % 3] for n in range(1, ORGS)}


def audience(rng, state, author="operator"):
    """As a client of the API names it."""
    own = CIRCLE_OF.get(int(author[-1]) if author[-1].isdigit() else 0) or rng.choice(CIRCLES)
    names = {
        "organisations": lambda: rng.choice(["Organisation %d" % rng.randint(1, ORGS),
                                             "org%d.example" % rng.randint(1, ORGS),
                                             "Operations", state.some("organisation")]),
        "circles": lambda: own if rng.random() < 0.8 else rng.choice(CIRCLES + ["第一圈"]),
             "sectors": lambda: rng.choice(SECTORS + ["銀行業", "医疗"]),
        "people": lambda: "%s@world.example" % rng.choice(PEOPLE),
    }
    if rng.random() < 0.35:
        return {"everybody": True}
    out = {}
    for kind in rng.sample(sorted(names), rng.choice([1, 1, 1, 2])):
        out[kind] = [names[kind]() for _ in range(rng.choice([1, 1, 2, 3]))]
    if rng.random() < 0.03:
        out[rng.choice(["organisations", "people", "cirles"])] = rng.choice([[state.odd()], "x", [5], None])
    return out


def fitting_tlp(rng, who):
    if rng.random() < 0.1:
        return rng.choice(TLPS)
    if "everybody" in who:
        return rng.choice(["clear", "green", "green"])
    if list(who) == ["people"]:
        return rng.choice(["red", "amber", "amber+strict"])
    return rng.choice(["amber", "amber", "amber+strict", "green"])


def item(rng, state, author):
    who = audience(rng, state, author)
    out = {"kind": rng.choice(KINDS), "lang": rng.choice(["en", "zh-hant", "zh-hans", "en", "zh-Hant-HK"]),
           "severity": rng.choice(SEVERITIES),
           "tlp": fitting_tlp(rng, who), "title": state.title(), "body": state.body(), "audience": who,
           "publish": rng.random() < 0.85}
    if rng.random() < 0.05:
        key = rng.choice(sorted(out))
        out[key] = rng.choice([None, 5, True, [], {}, state.odd(), 9223372036854775808, 1e300])
    if rng.random() < 0.03:
        out.pop(rng.choice(sorted(out)))
    return out


def publish(rng, state):
    author = state.person()
    value = item(rng, state, author)
    if rng.random() < 0.01 and isinstance(value.get("body"), str):
        value["body"] = " ".join(state.body() for _ in range(400))
    keep = {"item[]": "json:id"}
    if value.get("tlp") == "clear":
        keep["clear[]"] = "json:id"
    return {"who": "key:" + author, "method": "POST", "path": "/api/v1/items", "json": value, "keep": keep}


def broken_json(rng, state):
    return {"who": state.who(("key",)), "method": "POST", "path": "/api/v1/items", "type": "application/json",
            "text": rng.choice(["", "{", "[]", "null", '{"title":"a","title":"b"}', '{"title":"\\ud800"}',
                                '{"title":"\udcff"}', "[" * 200,
                                '{"kind":"alert","title":"\\u0000","body":"b","tlp":"green","severity":"low",'
                                '"audience":{"everybody":true}}'])}


def form(rng, state):
    """What the write page sends; ids of groups are not known here, so people and everybody."""
    everybody = rng.random() < 0.5
    people = "\n".join("%s@world.example" % rng.choice(PEOPLE) for _ in range(rng.randint(1, 3)))
    fields = [["kind", rng.choice(KINDS)], ["language", state.lang()], ["title", state.title()],
              ["body", state.body()],
              ["tlp", rng.choice(["clear", "green"] if everybody else ["red", "amber"])],
              ["severity", rng.choice(SEVERITIES)],
              ["audience", "everybody" if everybody else "chosen"]]
    if not everybody:
        fields.append(["people", people])
        if rng.random() < 0.3:
            kind = rng.choice(["org", "org", "circle", "sector"])
            fields.append([kind, state.ref(kind, 0.95)])
    fields.append(["do", rng.choice(["publish", "publish", "draft", "draft", "preview"])])
    if rng.random() < 0.08:
        rng.choice(fields)[1] = state.odd()
    return fields


def write(rng, state):
    fields = form(rng, state)
    who, keep = state.who(("web",)), {"item[]": r"location:items/([a-z2-7]{26})"}
    if fields[-1][1] == "draft":
        keep = {"id": r"location:items/([a-z2-7]{26})"}
        state.drafts.append((who, "@{%d.id}" % state.n))
    return {"who": who, "method": "POST", "path": "/%s/write" % state.lang(), "form": fields, "keep": keep}


def edit(rng, state):
    if not state.drafts:
        return None
    who, id = rng.choice(state.drafts[-10:])
    if rng.random() < 0.15:
        who = state.who(("web",))
    path = "/%s/items/%s/edit" % (state.lang(), id)
    if rng.random() < 0.3:
        return page(path, who)
    return {"who": who, "method": "POST", "path": path, "form": form(rng, state),
            "keep": {"item[]": r"location:items/([a-z2-7]{26})"}}


def withdraw(rng, state):
    if rng.random() < 0.5:
        who = state.who(("key",)) if rng.random() < 0.6 else "key:operator"
        return {"who": who, "method": "POST", "path": "/api/v1/items/%s/withdraw" % state.ref("item")}
    return {"who": state.who(("web",)) if rng.random() < 0.6 else "web:operator", "method": "POST",
            "path": "/%s/items/%s/withdraw" % (state.lang(), state.ref("item")), "form": []}


def one(rng, state):
    id = state.ref("item")
    if rng.random() < 0.5:
        return {"who": state.who(("key",)), "path": "/api/v1/items/" + id}
    what = rng.choice(["", "", "", "/withdraw", "/indicators"])
    op = page("/%s/items/%s%s" % (state.lang(), id, what), state.who(("web",)))
    if what == "/indicators":
        op["query"] = [["form", rng.choice(["csv", "stix", "plain", "defanged", "json", state.odd()])]]
    return op


def listing(rng, state):
    query = []
    for name, values in (("kind", KINDS), ("severity", SEVERITIES), ("tlp", TLPS)):
        if rng.random() < 0.3:
            query.append([name, rng.choice(values + [state.odd()])])
    if rng.random() < 0.4:
        query.append(["after", state.cursor(rng.choice(["item", "after"]))])
    return page("/%s/items" % state.lang(), state.who(("web",)), query=query,
                keep={"after[]": r"body:[?&;]after=([a-z2-7]{26})"})


def drafts(rng, state):
    return page("/%s/drafts" % state.lang(), state.who(("web",)))


def search(rng, state):
    query = [["q", state.query()]]
    if rng.random() < 0.3:
        query.append(["after", state.cursor(rng.choice(["item", "after"]))])
    if rng.random() < 0.5:
        if rng.random() < 0.4:
            query.append(["limit", rng.choice(["1", "2", "3", state.number()])])
        return {"who": state.who(("key",)), "path": "/api/v1/items", "query": query,
                "keep": {"after[]": "json:next", "item[]": "json:items.*.id"}}
    return page("/%s/search" % state.lang(), state.who(("web",)), query=query,
                keep={"after[]": r"body:[?&;]after=([a-z2-7]{26})"})


def pages_of_search(rng, state):
    """All pages of a search, by its cursor, a few rows at a time."""
    who, q = state.who(("key",)), state.query()
    before = None
    for i in range(5):
        op = {"who": who, "path": "/api/v1/items", "query": [["q", q], ["limit", "3"]],
              "keep": {"after": "json:next"}}
        if before is not None:
            op["query"].append(["after", "@?{%d.after}" % before])
        before = state.n
        yield op


def indicator(rng, state):
    value = state.indicator() if rng.random() < 0.9 else state.odd()
    return page("/%s/indicator" % state.lang(), state.who(("web",)),
                query=[[rng.choice(["value", "value", "q"]), value]])


def write_page(rng, state):
    return page("/%s/write" % state.lang(), state.who(("web",)),
                keep={"%s[]" % kind: r'body:name="%s" value="([a-z2-7]{26})"' % kind for kind in ("org", "circle",
                                                                                                  "sector")})


def searches(rng, state):
    """By those who see much, for what is there and nearly there: phrases, parts of words, characters side by side."""
    for _ in range(14):
        q = rng.choice([lambda: '"%s"' % state.words(2, 2), lambda: state.words(2, 2),
                        lambda: '"%s"' % state.words(1, 2),
                        lambda: state.words(1, 1)[: rng.randint(1, 3)],
                        lambda: state.words(1, 1) + " " + state.indicator(),
                        lambda: "".join(rng.choice("網絡攻擊通報網络数据醫院") for _ in range(2)), state.indicator,
                        state.query])()
        yield {"who": "key:" + rng.choice(["operator", "analyst", "admin1", "member2"]), "path": "/api/v1/items",
               "query": [["q", q], ["limit", "30"]],
               "keep": {"item[]": "json:items.*.id"}}


def lists_of_all(rng, state):
    for who in ("operator", "admin1", "member6"):
        yield {"who": "key:" + who, "path": "/api/v1/items", "query": [["limit", "200"]]}
    yield page("/%s/items" % state.lang(), "web:" + state.person())
    yield page("/%s/search" % state.lang(), "web:" + state.person(), query=[["q", state.words(1, 1)]])


OPERATIONS = [(9, publish), (0.7, broken_json), (4, write), (2, edit), (3, withdraw), (5, one), (3, listing),
              (1, drafts), (8, search),
              (3, indicator), (1, write_page)]
PROBES = [pages_of_search, searches, lists_of_all]
