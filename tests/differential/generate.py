# SPDX-License-Identifier: Apache-2.0
"""Operations from a seed. Each room says what can be done in it (ops_<room>.py); here they are mixed.

Nothing is looked up in an answer: what an operation makes is spoken of by a reference ("@{17.id}"), so the same
seed gives the same operations whatever the worlds say, and a part of a sequence can be run without the rest.
"""
import importlib
import pathlib
import random

LANGS = ["en", "zh-hant", "zh-hans"]
ORGS = 6
PEOPLE = ["operator", "analyst"] + ["%s%d" % (r, n) for n in range(1, ORGS + 1) for r in ("admin", "member")]
CIRCLES = ["Circle one", "Circle two", "Circle three"]
SECTORS = ["Banking", "Health", "Transport"]
NOBODY = "a" * 26

# What goes wrong at an edge, one by one: NUL, invalid UTF-8 (as surrogate escapes), numbers of 64 bits and beyond,
# long values, what looks like SQL, LIKE, full-text syntax or another encoding.
ODD_TEXTS = [
    "", " ", "\0", "a\0b", "\udcff", "ok\udc80\udcfe", "\udced\udca0\udc80", "\ufeff", "\u202eabc",
             "\U0001f6a2\u0301",
    "'", "''--", "'; DROP TABLE item; --", '"', "\\", "\\x00", "%", "_", "%s%n", "$1", "?1", "{{t x}}", "<b>&amp;",
    "\r\n", "\t", "A" * 199, "A" * 201, "漢" * 66, "漢" * 67, "x" * 5000, "null", "NaN", "0x10", "ÀÉ", "ﬀ", "İ", "ß",
]
ODD_NUMBERS = ["0", "-1", "1", "200", "201", "1000", "1001", "2147483647", "2147483648", "4294967296",
               "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
               "1e3", "1.0", "0x1", "", " 1", "+1", "٣"]
ODD_CURSORS = [NOBODY, "", "x", "A" * 26, "a" * 25, "a" * 27, "b" * 26, "7" * 26, "\0" * 26, "a" * 25 + "%",
               "漢" * 9]

WORDS_EN = ("phishing botnet ransomware router exploit update mail gateway loader beacon sample hospital "
            "bank alert server cluster password token invoice campaign scanner proxy "
            "update-now e-mail 5.10.2 CVE-2026-1234").split()
WORDS_ZH = "釣魚 勒索軟件 漏洞 木馬 後門 郵件 伺服器 更新 攻擊 通報 銀行 醫院 蠕虫 病毒 数据 泄露 网络 服务器 防火墙 僵尸网络".split()


class State:
    """What has been spoken of so far (references, not ids), and words for all rooms."""

    def __init__(self, rng):
        self.rng, self.n = rng, 0
        self.drafts, self.keys, self.people, self.statuses, self.objects = [], [], [], [], []
        self.files, self.later = [], []

    # -- choices ---------------------------------------------------------------------------------------

    def who(self, kinds=("web", "web", "key")):
        return "%s:%s" % (self.rng.choice(kinds), self.person())

    def person(self):
        return self.rng.choice(PEOPLE)

    def member(self):
        return self.rng.choice(PEOPLE[2:])

    def lang(self):
        return self.rng.choice(LANGS)

    def ref(self, among, usually=0.9):
        """A reference to something of that list; sometimes something that is not there."""
        if isinstance(among, str) and self.rng.random() < usually:
            return self.some(among)
        if not isinstance(among, str) and among and self.rng.random() < usually:
            return self.rng.choice(among[-40:] if self.rng.random() < 0.7 else among)
        return self.rng.choice([NOBODY, "b" * 26, self.some("item"), self.some("network"),
                                self.some("organisation")])

    def some(self, pool):
        """One of what operations have put into that pool ({"item[]": "json:items.*.id"} among what they keep)."""
        return "@{%s?%d}" % (pool, self.rng.randrange(1 << 16))

    def odd(self):
        return self.rng.choice(ODD_TEXTS)

    def number(self):
        return self.rng.choice(ODD_NUMBERS)

    def cursor(self, pool):
        return self.some(pool) if self.rng.random() < 0.75 else self.rng.choice(ODD_CURSORS)

    # -- texts -----------------------------------------------------------------------------------------

    def ip(self):
        r = self.rng
        return r.choice(["198.51.100.%d" % r.randrange(256), "203.0.113.%d" % r.randrange(256),
                         "2001:db8:%x::%x" % (r.randrange(8), r.randrange(65536)), "192.0.2.%d" % r.randrange(256)])

    def indicator(self):
        r = self.rng
        return r.choice([
            lambda: "203.0.113.%d" % r.randrange(9), lambda: "host%d.bad.example" % r.randrange(9),
            lambda: "hxxps://host%d[.]bad[.]example/p%d" % (r.randrange(9), r.randrange(3)),
            lambda: "https://host%d.bad.example/p%d" % (r.randrange(9), r.randrange(3)),
            lambda: "%032x" % r.randrange(6), lambda: "%064x" % r.randrange(6), lambda: self.ip(),
            lambda: "u%d@bad.example" % r.randrange(6), lambda: "CVE-2026-%d" % (1000 + r.randrange(6)),
            lambda: "T1%03d" % r.randrange(990, 999), lambda: "AS%d" % r.randrange(70000),
                         lambda: "203.0.113.0/2%d" % r.randrange(5, 9),
        ])()

    def words(self, least=1, most=12):
        r = self.rng
        pool = WORDS_ZH if r.random() < 0.4 else WORDS_EN
        join = "" if pool is WORDS_ZH and r.random() < 0.7 else " "
        return join.join(r.choice(pool) for _ in range(r.randint(least, most)))

    def title(self):
        return self.odd() if self.rng.random() < 0.06 else self.words(1, 6) + " %d" % self.rng.randrange(1000)

    def body(self):
        r = self.rng
        if r.random() < 0.05:
            return self.odd()
        parts = []
        for _ in range(r.randint(1, 5)):
            parts.append(self.words(2, 20))
            parts.append(" ".join(self.indicator() for _ in range(r.randrange(3))))
        return r.choice(["\n", "\n\n", " "]).join(parts)

    def query(self):
        """What people type into a search box."""
        r = self.rng
        text = r.choice([
            lambda: self.words(1, 2), lambda: self.words(1, 1)[: r.randint(1, 4)], lambda: self.indicator(),
            lambda: '"%s"' % self.words(2, 3), lambda: self.odd(), lambda: "host%d" % r.randrange(9),
            lambda: self.words(1, 1) + " " + self.indicator(), lambda: "bad.example", lambda: "例",
            lambda: "%064x" % r.randrange(6), lambda: "%064x" % r.randrange(6) + " " + self.words(1, 1),
            lambda: self.words(2, 3), lambda: 'NEAR(a b)', lambda: "a* OR b", lambda: '"', lambda: "-x",
                         lambda: self.words(1, 1) + "*",
        ])()
        for _ in range(r.choice([0, 0, 0, 1, 1, 2])):
            text += " " + r.choice(["kind:alert", "kind:advisory", "tlp:green", "tlp:amber", "tlp:clear", "tlp:red",
                                    "severity:high", "severity:low", "sev:high", "kind:nothing", "tlp:",
                                    "tpl:green", "label:x"])
        return text

    # -- remembering -----------------------------------------------------------------------------------

    def remember(self, among, name="id"):
        """The operation being made will keep NAME; gives the reference by which others speak of it."""
        ref = "@{%d.%s}" % (self.n, name)
        among.append(ref)
        del among[:-400]
        return ref

    def after(self, operations, op):
        """OP comes when so many more operations were made."""
        self.later.append((self.n + operations, op))


def page(path, who, **more):
    return dict({"who": who, "path": path}, **more)


def rooms():
    """{room: its table of (weight, function)}"""
    folder = pathlib.Path(__file__).resolve().parent
    out = {}
    for f in sorted(folder.glob("ops_*.py")):
        out[f.stem[4:]] = importlib.import_module(f.stem)
    return out


# How long it is until the next operation: mostly seconds, sometimes days, so that "new", "late" and "expired" come.
STEPS_US = [1, 1_000, 1_000_000, 3_000_000, 20_000_000, 61_000_000, 600_000_000]
LONG_STEPS_US = [3_600_000_000, 86_400_000_000, 260_000_000_000]
PROBES_EVERY = 160


def operations(seed, only=None):
    """Endless; each has its number."""
    rng = random.Random(seed)
    state = State(rng)
    table, probes = [], []
    for room, module in rooms().items():
        if only and room not in only:
            continue
        for weight, make in module.OPERATIONS:
            table.append((weight, "%s.%s" % (room, make.__name__), make))
        for probe in getattr(module, "PROBES", []):
            probes.append(("%s.%s" % (room, probe.__name__), probe))
    weights = [w for w, _, _ in table]

    def numbered(name, op):
        op = dict({"n": state.n, "op": name}, **op)
        op.setdefault("step", rng.choice(LONG_STEPS_US) if rng.random() < 0.01 else rng.choice(STEPS_US))
        state.n += 1
        return op

    probed = 0
    while True:
        due = [x for x in state.later if x[0] <= state.n]
        for x in due:
            state.later.remove(x)
            yield numbered("later", x[1])
        _, name, make = rng.choices(table, weights)[0]
        op = make(rng, state)
        if op is None:
            continue
        yield numbered(name, op)
        if rng.random() < 0.02:  # sent twice, as by an impatient finger
            yield numbered(name + " again", {k: v for k, v in op.items() if k != "keep"})
        if state.n >= probed + PROBES_EVERY:
            probed = state.n
            for probe_name, probe in probes:
                for op in probe(rng, state):
                    yield numbered(probe_name, op)
