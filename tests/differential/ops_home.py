# SPDX-License-Identifier: Apache-2.0
"""A member's start page."""
from generate import LANGS, page


def home(rng, state):
    return page("/%s/home" % state.lang(), state.who(("web",)))


def homes(rng, state):
    for lang, who in zip(LANGS, ("operator", "admin1", "member6")):
        yield page("/%s/home" % lang, "web:" + who)


OPERATIONS = [(3, home)]
PROBES = [homes]
