# SPDX-License-Identifier: Apache-2.0
"""Circles, the tree of sectors, the state of organisations: what is shown before it is done, and done with its token.

A preview's token is kept by the operation that shows it; what comes after it may find other facts, which is shown
again on both engines alike."""
from generate import CIRCLES, page

TOKEN = r'body:name="preview" value="([\w-]{60,})"'
DESK = ["web:operator"] * 6 + ["web:admin1", "web:member2", "web:analyst"]


def circles(rng, state):
    return page("/%s/circles" % state.lang(), state.who(("web",)),
                keep={"circle[]": r"body:/circles/([a-z2-7]{26})", "request[]": r"body:/circle-requests/([a-z2-7]{26})"})


def circle_add(rng, state):
    name = rng.choice(CIRCLES + ["Circle %d" % rng.randrange(20), "第%d圈" % rng.randrange(9), state.odd()])
    return {"who": rng.choice(DESK), "method": "POST", "path": "/%s/circles" % state.lang(),
            "form": [["name_en", name], ["purpose_en", rng.choice(["", "To share", "目的", state.odd()])],
                     ["ceiling", rng.choice(["green", "amber", "amber_strict", "red", ""])],
                     ["joining", rng.choice(["hidden", "invitation", "request", "request", "x"])],
                     ["owner", rng.choice(["", "Organisation 1", "Organisation 2", "admin3@world.example", state.odd()])]]}


def circle_page(rng, state):
    return page("/%s/circles/%s" % (state.lang(), state.ref("circle", 0.95)), state.who(("web",)),
                keep={"request[]": r"body:/circle-requests/([a-z2-7]{26})"})


def member(rng, state):
    """Shown, and a little later done, with the token of what was shown."""
    path = "/%s/circles/%s/members" % (state.lang(), state.ref("circle", 0.95))
    form = [["action", rng.choice(["give", "give", "end"])],
            ["who", rng.choice(["Organisation %d" % rng.randint(0, 7), "member2@world.example", state.odd()])],
            ["reason", rng.choice(["because", "because", ""])]]
    who = rng.choice(DESK)
    state.after(rng.randint(1, 4), {"who": who, "method": "POST", "path": path,
                                    "form": form + [["preview", "@{%d.preview}" % state.n]]})
    return {"who": who, "method": "POST", "path": path, "form": form, "keep": {"preview": TOKEN}}


def ask(rng, state):
    what = rng.choice(["ask", "ask", "leave", "invite"])
    return {"who": state.who(("web",)), "method": "POST",
            "path": "/%s/circles/%s/%s" % (state.lang(), state.ref("circle", 0.95), what),
            "form": [] if what == "leave" else [["reason", rng.choice(["please", "", "讓我們加入"])],
                                                ] + ([["who", "Organisation 3"]] if what == "invite" else [])}


def decide(rng, state):
    path = "/%s/circle-requests/%s" % (state.lang(), state.ref("request", 0.95))
    form = [["decision", rng.choice(["take", "take", "refuse", ""])], ["reason", rng.choice(["yes", ""])]]
    who = rng.choice(DESK + ["web:admin2", "web:admin3"])
    state.after(1, {"who": who, "method": "POST", "path": path,
                    "form": form + [["preview", "@{%d.preview}" % state.n]]})
    return {"who": who, "method": "POST", "path": path, "form": form, "keep": {"preview": TOKEN}}


def sectors(rng, state):
    return page("/%s/queue/sectors" % state.lang(), rng.choice(DESK), keep={"sector[]": r'body:id="s-([a-z2-7]{26})"'})


def sector_add(rng, state):
    return {"who": rng.choice(DESK), "method": "POST", "path": "/%s/queue/sectors" % state.lang(),
            "form": [["name_en", rng.choice(["Sector %d" % rng.randrange(30), "Banking", state.odd()])],
                     ["name_hant", rng.choice(["", "行業"])], ["parent", state.ref("sector", 0.6)]]}


def sector_move(rng, state):
    path = "/%s/queue/sectors/%s/move" % (state.lang(), state.ref("sector", 0.97))
    form = [["parent", rng.choice(["", state.ref("sector", 0.97)])]]
    who = rng.choice(DESK)
    state.after(1, {"who": who, "method": "POST", "path": path,
                    "form": form + [["preview", "@{%d.preview}" % state.n]]})
    return {"who": who, "method": "POST", "path": path, "form": form, "keep": {"preview": TOKEN}}


def organisation(rng, state):
    return page("/%s/members/%s" % (state.lang(), state.ref("organisation", 0.95)),
                rng.choice(DESK + [state.who(("web",))]))


def directory(rng, state):
    return page("/%s/members" % state.lang(), state.who(("web",)),
                query=[["sector", rng.choice(["", state.ref("sector", 0.9)])],
                       ["class", rng.choice(["", "industry", "vendor", "x"])]],
                keep={"organisation[]": r"body:/members/([a-z2-7]{26})"})


def api(rng, state):
    return {"who": state.who(("key",)),
            "path": rng.choice(["/api/v1/circles", "/api/v1/circles/%s" % state.ref("circle", 0.9)])}


OPERATIONS = [(3, circles), (1, circle_add), (3, circle_page), (3, member), (2, ask), (2, decide), (1, sectors),
              (1, sector_add), (1, sector_move), (2, organisation), (2, directory), (2, api)]
