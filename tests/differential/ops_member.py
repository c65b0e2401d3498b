# SPDX-License-Identifier: Apache-2.0
"""Who is in the community: circles, suspension, keys, invitations, signing in and out, the directory."""
from generate import CIRCLES, ORGS, PEOPLE, page


def circle(rng, state):
    org = "Organisation %d" % rng.randint(0, ORGS + 1)
    name = rng.choice(CIRCLES + CIRCLES + ["第一圈", "Circle nine", "Banking"])
    return {"world": [rng.choice(["join", "join", "leave"]), name, org]}


def suspend(rng, state):
    """And back a little later: whoever is suspended does nothing."""
    org = "Organisation %d" % rng.randint(1, ORGS)
    state.after(rng.randint(3, 25), {"world": ["state", org, "0"]})
    return {"world": ["state", org, "1"]}


def no_state(rng, state):
    return {"world": ["state", rng.choice(["Organisation 1", "Nobody", ""]), rng.choice(["7", "-1", "x", "0"])]}


def own_page(rng, state):
    return page("/%s/organisation" % state.lang(), state.who(("web",)))


def directory(rng, state):
    op = page("/%s/members" % state.lang(), state.who(("web",)),
              keep={"after[]": r"body:members\?after=([a-z2-7]{26})"})
    if rng.random() < 0.4:
        op["query"] = [["after", state.cursor(rng.choice(["organisation", "after"]))]]
    return op


def me(rng, state):
    return {"who": state.who(("key", "basic")), "path": "/api/v1/me"}


def key_make(rng, state):
    scopes = rng.sample(["read", "write", "taxii", "import", "admin"], rng.choice([0, 1, 2, 3, 4, 4]))
    who = state.who(("web",))
    op = {"who": who, "method": "POST", "path": "/%s/organisation/keys" % state.lang(),
          "form": [["label", rng.choice(["tool", "siem", "工具", state.odd()])],
                   ["days", rng.choice(["30", "365", "365", state.number()])]]
          + [["scope", s] for s in scopes],
          "keep": {"key": "body:(bwk_[a-z2-7]+)", "id": r"body:keys/([a-z2-7]{26})/end"}}
    state.keys.append((who, "@{%d.key}" % state.n, "@{%d.id}" % state.n))
    return op


def key_use(rng, state):
    if not state.keys:
        return None
    _, key, _ = rng.choice(state.keys[-8:])
    return {"who": "key:" + key, "path": rng.choice(["/api/v1/me", "/api/v1/items", "/taxii2/", "/api/v1/findings",
                                                     "/api/v1/networks"])}


def key_end(rng, state):
    if not state.keys:
        return None
    who, _, id = rng.choice(state.keys[-8:])
    who = who if rng.random() < 0.8 else state.who(("web",))
    return {"who": who, "method": "POST", "path": "/%s/organisation/keys/%s/end" % (state.lang(), id), "form": []}


def sign_out(rng, state):
    return {"who": state.who(("web",)), "method": "POST", "path": "/%s/sign-out" % state.lang(), "form": []}


def sign_in_page(rng, state):
    return {"who": "alias:visitor%d" % rng.randrange(3), "path": "/%s/sign-in" % state.lang(),
            "query": [["next", rng.choice(["/en/watch", "//evil.example", "/en/\0", state.odd()])]]}


def wrong_password(rng, state):
    email = rng.choice(["%s@world.example" % state.person(), "nobody@world.example", "OPERATOR@WORLD.EXAMPLE",
                        state.odd()])
    return {"who": "alias:visitor%d" % rng.randrange(3), "method": "POST", "path": "/%s/sign-in" % state.lang(),
            "step": 100_000_000,
            "form": [["email", email], ["password", rng.choice(["wrong wrong wrong", state.odd(),
                                                                "correct horse batterY"])]]}


def wrong_code(rng, state):
    return {"who": "alias:visitor%d" % rng.randrange(3), "method": "POST",
            "path": "/%s/sign-in/code" % state.lang(),
            "form": [["state", rng.choice(["", "x", "A" * 200, state.odd()])],
                     ["code", rng.choice(["123456", "", "\0", "99999999999999999999"])]]}


def invited(rng, state):
    """Somebody who was invited: looks at the link, chooses a password, signs in by both steps, looks around."""
    if not state.people:
        return None
    ref, email = state.people[-1] if rng.random() < 0.8 else rng.choice(state.people)
    who, path, name = "alias:" + email, "/%s/welcome" % state.lang(), "invited%d" % state.n
    password = rng.choice(["a long enough password", "a long enough password", "another good password",
                           "一二三四五六七八九十一二", "short", state.odd()])
    lang = state.lang()
    for i, op in enumerate([
        {"method": "POST", "path": path, "form": [["t", ref], ["password", password]]},
        {"n": name, "method": "POST", "path": "/%s/sign-in" % lang, "step": 31_000_000,
         "form": [["email", email], ["password", password]],
         "keep": {"state": 'body:name="state" value="([^"]+)"', "totp": "body:secret=([A-Z2-7]+)"}},
        {"method": "POST", "path": "/%s/sign-in/code" % lang, "step": 1_000_000,
         "form": [["state", "@{%s.state}" % name], ["code", "@totp{%s.totp}" % name]]},
        {"path": "/%s/home" % lang}, {"path": "/%s/organisation" % lang}, {"path": "/%s/items" % lang},
    ]):
        state.after(1 + i, dict(op, who=who))
    return {"who": who, "path": path, "query": [["t", ref if rng.random() < 0.9 else "A" * 120]]}


def no_csrf(rng, state):
    return {"who": state.who(("web",)), "method": "POST",
            "path": rng.choice(["/en/sign-out", "/en/organisation/keys", "/en/write"]),
            "form": [["label", "x"]], "csrf": rng.choice([False, "0" * 32, ""])}


def all_own_pages(rng, state):
    for who in ("operator", "admin2", "member5"):
        yield page("/%s/organisation" % state.lang(), "web:" + who)
        yield page("/%s/members" % state.lang(), "web:" + who)


OPERATIONS = [(3, circle), (0.5, suspend), (0.3, no_state), (2, own_page), (2, directory), (1, me), (1.5, key_make),
              (1.5, key_use),
              (1, key_end), (0.7, sign_out), (0.5, sign_in_page), (0.7, wrong_password), (0.3, wrong_code),
              (1, invited),
              (0.4, no_csrf)]
PROBES = [all_own_pages]
assert len(PEOPLE) == 2 + 2 * ORGS


# -- the people of an organisation -----------------------------------------------------------------


def looks_after(rng, state):
    return rng.choice(["web:admin%d" % rng.randint(1, ORGS)] * 4 + ["web:operator", state.who(("web",))])


def people_page(rng, state):
    who = looks_after(rng, state)
    op = page("/%s/people" % state.lang(), who, keep={"person[]": r'body:people/([a-z2-7]{26})">'})
    if who == "web:operator" or rng.random() < 0.1:
        op["query"] = [["of", state.ref("organisation", 0.95)]]
    return op


def person_page(rng, state):
    return page("/%s/people/%s" % (state.lang(), state.ref("person", 0.95)), looks_after(rng, state))


def people_invite(rng, state):
    email = rng.choice(["q%d@new.example" % rng.randrange(200)] * 8 + ["admin1@world.example", "", state.odd()])
    fields = [["name", rng.choice(["Ann", "陳大文", state.odd()])], ["email", email], ["language", state.lang()],
              ["role", rng.choice(["representative"] * 5 + ["admin", "service", "analyst", "operator", "x"])]]
    if rng.random() < 0.2:
        fields.append(["of", state.ref("organisation", 0.9)])
    if "@new" in email:
        state.people.append(("@{%d.welcome}" % state.n, email))
    return {"who": looks_after(rng, state), "method": "POST", "path": "/%s/people" % state.lang(), "form": fields,
            "keep": {"welcome": r"mail:welcome\?t=([\w-]+)"}}


def person_edit(rng, state):
    return {"who": looks_after(rng, state), "method": "POST",
            "path": "/%s/people/%s" % (state.lang(), state.ref("person", 0.95)),
            "form": [["name", rng.choice(["New Name", "新名", state.odd()])], ["language", state.lang()],
                     ["role", rng.choice(["representative"] * 4 + ["admin", "service", "operator"])],
                     ["signatory", rng.choice(["yes", "", "no"])]]}


def person_step(rng, state):
    step, form = rng.choice([
        ("invite", []), ("offer", []), ("mail", [["email", rng.choice(["m%d@new.example" % rng.randrange(60),
                                                                       state.odd()])]]),
        ("state", [["state", "suspended"], ["reason", rng.choice(["lost", "", state.odd()])]]),
        ("state", [["state", "active"], ["reason", "found"]]), ("state", [["state", "active"], ["reason", "found"]]),
        ("state", [["state", rng.choice(["left", "withdrawn", "withdrawn", "x"])], ["reason", "away"]])])
    return {"who": looks_after(rng, state), "method": "POST",
            "path": "/%s/people/%s/%s" % (state.lang(), state.ref("person", 0.95), step), "form": form}


def offer_answer(rng, state):
    return {"who": state.who(("web",)), "method": "POST", "path": "/%s/organisation/offer" % state.lang(),
            "form": [["answer", rng.choice(["accept", "decline", "x"])]]}


def review(rng, state):
    if rng.random() < 0.5:
        return page("/%s/people/review" % state.lang(), looks_after(rng, state))
    return {"who": looks_after(rng, state), "method": "POST", "path": "/%s/people/review" % state.lang(),
            "form": [["answer", "%s:%s" % (rng.choice(["here", "left", "x"]), state.ref("person", 0.9))],
                     ["answer", ""]]}


def delegations(rng, state):
    return page("/%s/delegations" % state.lang(), state.who(("web",)),
                keep={"delegation[]": r"body:delegations/([a-z2-7]{26})/end",
                      "customer[]": r"body:watch/for/([a-z2-7]{26})"})


def delegate(rng, state):
    form = [["provider", rng.choice(["Organisation %d" % rng.randint(1, ORGS)] * 5 + ["org2.example", state.odd()])],
            ["days", rng.choice(["30", "365", "366", state.number()])]]
    form += [["scope", s] for s in rng.sample(["acknowledge", "claim", "everything"], rng.randrange(3))]
    return {"who": looks_after(rng, state), "method": "POST", "path": "/%s/delegations" % state.lang(), "form": form}


def delegation_end(rng, state):
    return {"who": looks_after(rng, state), "method": "POST",
            "path": "/%s/delegations/%s/end" % (state.lang(), state.ref("delegation", 0.9)), "form": []}


def acts_for(rng, state):
    path = "/%s/watch/for/%s" % (state.lang(), state.ref("customer", 0.9))
    if rng.random() < 0.6:
        return page(path, state.who(("web",)))
    return {"who": state.who(("web",)), "method": "POST", "path": path + "/networks",
            "form": [["cidr", rng.choice(["203.0.113.0/28", "198.51.100.64/26", "x", state.odd()])], ["label", "by us"]]}


def key_rotate(rng, state):
    if not state.keys:
        return None
    who, _, id = rng.choice(state.keys[-8:])
    return {"who": who if rng.random() < 0.8 else state.who(("web",)), "method": "POST",
            "path": "/%s/organisation/keys/%s/rotate" % (state.lang(), id), "form": []}


def own_leave(rng, state):
    return {"who": state.who(("web",)), "method": "POST", "path": "/%s/organisation/leave" % state.lang(),
            "form": [["sure", ""], ["reason", state.odd()]]}


def all_people(rng, state):
    for who in ("admin1", "admin3"):
        yield page("/%s/people" % state.lang(), "web:" + who, keep={"person[]": r'body:people/([a-z2-7]{26})">'})
        yield page("/%s/delegations" % state.lang(), "web:" + who,
                   keep={"delegation[]": r"body:delegations/([a-z2-7]{26})/end",
                         "customer[]": r"body:watch/for/([a-z2-7]{26})"})


OPERATIONS += [(2, people_page), (1, person_page), (2, people_invite), (1, person_edit), (1.2, person_step),
               (0.5, offer_answer), (0.4, review), (0.7, delegations), (1, delegate), (0.5, delegation_end),
               (1, acts_for), (0.6, key_rotate), (0.2, own_leave)]
PROBES.append(all_people)
