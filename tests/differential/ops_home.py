# SPDX-License-Identifier: Apache-2.0
"""A member's start page."""
from generate import LANGS, page


def home(rng, state):
    return page("/%s/home" % state.lang(), state.who(("web",)))


def homes(rng, state):
    for lang in LANGS:
        yield page("/%s/home" % lang, "web:" + state.member())
    yield page("/%s/home" % state.lang(), "web:operator")


OPERATIONS = [(3, home)]
PROBES = [homes]
