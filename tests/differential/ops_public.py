# SPDX-License-Identifier: Apache-2.0
"""The zone without sign-in."""
from generate import page


def front(rng, state):
    return page(rng.choice(["/", "/en", "/%s/" % state.lang(), "/fr/", "/en/nothing", "/assets/x/y"]),
                rng.choice([None, "alias:visitor0", state.who(("web",))]),
                headers={"Accept-Language": rng.choice(["en", "zh-HK", "zh-CN,en;q=0.5", "fr", "*", ""])})


def advisories(rng, state):
    query = []
    if rng.random() < 0.6:
        query.append(["q", state.query()])
    if rng.random() < 0.3:
        query.append(["after", state.cursor(rng.choice(["clear", "after"]))])
    return page("/%s/advisories" % state.lang(), rng.choice([None, state.who(("web",))]), query=query,
                keep={"after[]": r"body:[?&;]after=([a-z2-7]{26})"})


def advisory(rng, state):
    return page("/%s/advisories/%s" % (state.lang(), state.ref(rng.choice(["clear", "clear", "item"]))),
                rng.choice([None, None, state.who(("web",))]))


def whole_zone(rng, state):
    yield page("/%s/" % state.lang(), None)
    yield page("/%s/advisories" % state.lang(), None)


OPERATIONS = [(1, front), (2, advisories), (1.5, advisory)]
PROBES = [whole_zone]
