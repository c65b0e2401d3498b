# SPDX-License-Identifier: Apache-2.0
"""Terms for tests: two people of the desk announce them, for today where the hub allows it."""
import datetime

AT_ONCE = ["--set", "terms_notice=0"]  # what is announced for today is in force at once


def day(ahead=0):
    """A day of the hub's zone, which is Hong Kong's where nothing is set."""
    now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=8, days=ahead)
    return now.strftime("%Y-%m-%d")


def draft(hub, en, hant="", hans="", ahead=0, who="operator"):
    return hub.browser(who).submit(
        "/en/queue/terms/draft", "terms/draft$",
        {"date": day(ahead), "text_en": en, "text_hant": hant, "text_hans": hans})


def decide(hub, who, step, reason="as agreed in the meeting"):
    return hub.browser(who).submit("/en/queue/terms", "terms/decide$", {"step": step, "reason": reason})


def announce(hub, en, hant="", hans="", ahead=0):
    for a in (draft(hub, en, hant, hans, ahead), decide(hub, "operator", "propose"),
              decide(hub, "membership", "announce")):
        if a.status != 303:
            raise AssertionError("announcing: %d %s" % (a.status, a.text[-2000:]))
