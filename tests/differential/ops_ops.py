# SPDX-License-Identifier: Apache-2.0
"""The operator's pages: the queue, new organisations, invitations, releasing, verifying networks."""
from generate import page

NAMES = ["New Organisation", "第二組織", "Organisation 1", "Ünïcode AG"]


def queue(rng, state):
    return page("/%s/queue" % state.lang(), rng.choice(["web:operator", "web:operator", "web:analyst",
                                                        state.who(("web",))]))


def members_page(rng, state):
    return page("/%s/queue/members" % state.lang(), rng.choice(["web:operator", "web:operator", "web:admin1"]),
                keep={"organisation[]": r'body:<option value="([a-z2-7]{26})">'})


def organisation_add(rng, state):
    name = rng.choice(NAMES) + (" %d" % rng.randrange(50) if rng.random() < 0.7 else "")
    fields = [["name_en", name if rng.random() < 0.9 else state.odd()],
              ["name_hant", rng.choice(["", "組織", state.odd()])],
              ["name_hans", ""], ["domain", rng.choice(["", "new%d.example" % rng.randrange(40), "org1.example",
                                                        "UPPER.example", state.odd()])]]
    return {"who": rng.choice(["web:operator"] * 5 + ["web:admin2"]), "method": "POST",
            "path": "/%s/queue/members/organisations" % state.lang(), "form": fields}


def person_add(rng, state):
    email = rng.choice(["p%d@new.example" % rng.randrange(400)] * 9 + ["admin1@world.example",
                                                                       "ADMIN1@world.example", "no address",
                                                                       state.odd()])
    if "@new" in email:
        state.people.append(("@{%d.welcome}" % state.n, email))
    fields = [["organisation", state.ref("organisation", 0.97)],
              ["name", rng.choice(["Ann", "陳大文", "Bob", "Ann", "陳大文", "Bob", "Łucja", state.odd()])],
              ["email", email],
              ["language", state.lang()], ["role", rng.choice(["representative"] * 5 + ["admin", "admin", "analyst",
                                                                                        "x"])]]
    return {"who": rng.choice(["web:operator"] * 12 + ["web:analyst"]), "method": "POST",
            "path": "/%s/queue/members/people" % state.lang(),
            "form": fields, "keep": {"welcome": r"mail:welcome\?t=([\w-]+)"}}


def release(rng, state):
    id = state.ref(rng.choice(["clear", "clear", "item"]))
    who = rng.choice(["operator"] * 8 + ["analyst", "admin3"])
    if rng.random() < 0.5:
        return {"who": "key:" + who, "method": "POST", "path": "/api/v1/items/%s/release" % id}
    return {"who": "web:" + who, "method": "POST", "path": "/%s/queue/items/%s/release" % (state.lang(), id),
            "form": []}


def decide(rng, state):
    return {"who": rng.choice(["web:operator"] * 8 + ["web:analyst", "web:admin1"]), "method": "POST",
            "path": "/%s/queue/networks/%s" % (state.lang(), state.ref("network", 0.95)),
            "form": [["decision", rng.choice(["verify"] * 6 + ["refuse", "x"])]]}


def health(rng, state):
    return {"path": "/health"}


def queues(rng, state):
    yield page("/%s/queue" % state.lang(), "web:operator",
               keep={"network[]": r"body:queue/networks/([a-z2-7]{26})"})
    yield page("/en/queue/members", "web:operator",
               keep={"organisation[]": r'body:<option value="([a-z2-7]{26})">'})
    yield page("/%s/queue" % state.lang(), "web:analyst")
    yield {"path": "/health"}


OPERATIONS = [(1.5, queue), (1, members_page), (1.5, organisation_add), (2.5, person_add), (2.5, release),
              (5, decide), (0.2, health)]
PROBES = [queues]
