# SPDX-License-Identifier: Apache-2.0
"""template_parse - reads template files into trees: {{tags}} here, HTML by template_place.

A file holds one or more templates, each beginning with {{template name(struct data) ..}}. The
grammar of the tags stands in tools/README.md. Every tag knows its line, so that both this program
and the C compiler can point at it.
"""
import re

from template_place import Place, Wrong

NAME = r"[a-z_][a-z0-9_]*"
PATH = re.compile(rf"@?{NAME}((\.|->){NAME})*\Z")
CONSTANT = re.compile(r"[A-Z][A-Z0-9_]+\Z")
NUMBER = re.compile(r"-?\d+\Z")
KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9][a-z0-9_]*)+\Z")
HEADER = re.compile(rf"template\s+({NAME})\s*\(\s*(?:struct\s+({NAME}))?\s*\)\s*(.*)\Z", re.S)
COMPARISON = re.compile(r"(.+?)\s+(==|!=|<=|>=|<|>)\s+(.+)\Z")
MAX_WAYS = 16  # through the conditions in one attribute value
SPECIAL_VALUES = {"@lang", "@htmllang", "@csrf", "@build", "@zone"}
LOOP_VALUES = {"@index", "@number"}
LOOP_CONDITIONS = {"@first", "@last"}


class Node:
    """kind: lit put if each part slot t tblock msg time date num markdown csrf."""

    def __init__(self, kind, line, **fields):
        self.kind, self.line = kind, line
        self.__dict__.update(fields)


class Template:
    def __init__(self, path, line, name, struct):
        self.path, self.line, self.name, self.struct = path, line, name, struct
        self.includes, self.mail = [], False
        self.nodes, self.words = [], []


def tokens_of(path, text):
    """(kind, value, line): text and tag; comments {{! }} are left out."""
    found, at, line = [], 0, 1
    for m in re.finditer(r"\{\{(.*?)\}\}", text, re.S):
        literal = text[at:m.start()]
        check_braces(path, literal, line)
        if literal:
            found.append(("text", literal, line))
        line += literal.count("\n")
        if not m.group(1).startswith("!"):
            if "{{" in m.group(1):
                raise Wrong(f"{path}:{line}: a '{{{{' that is never closed")
            found.append(("tag", m.group(1).strip(), line))
        line += m.group(0).count("\n")
        at = m.end()
    check_braces(path, text[at:], line)
    if text[at:]:
        found.append(("text", text[at:], line))
    return found


def check_braces(path, literal, line):
    for mark in ("{{", "}}"):
        if mark in literal:
            line += literal[:literal.index(mark)].count("\n")
            raise Wrong(f"{path}:{line}: a '{mark}' without its partner")


class Parser:
    def __init__(self, path, text):
        self.path = path
        self.tokens = tokens_of(path, text)
        self.at = 0
        self.place = None
        self.loops = []  # names of loop variables, outermost first
        self.template = None

    def wrong(self, text, line):
        raise Wrong(f"{self.path}:{line}: {text}")

    def parse(self):
        templates = []
        while self.at < len(self.tokens):
            kind, value, line = self.tokens[self.at]
            self.at += 1
            if kind == "text" and not value.strip():
                continue
            if kind == "text" or not value.startswith("template"):
                self.wrong("a template begins with {{template name(struct data) include \"x.h\"}}",
                           line)
            templates.append(self.parse_template(value, line))
        if not templates:
            self.wrong("no {{template ..}} in this file", 1)
        return templates

    def parse_template(self, value, line):
        m = HEADER.match(value)
        if not m:
            self.wrong("expected {{template name(struct data) include \"x.h\"}}", line)
        self.template = Template(self.path, line, m.group(1), m.group(2))
        rest = m.group(3)
        while rest:
            m = re.match(r'include\s+"([a-z0-9_]+\.h)"\s*|(mail)\b\s*', rest)
            if not m:
                self.wrong(f"in the header: '{rest}' is neither include \"x.h\" nor mail", line)
            if m.group(1):
                self.template.includes.append(m.group(1))
            else:
                self.template.mail = True
            rest = rest[m.end():]
        self.place = Place(self.path, self.template.mail)
        self.template.nodes = self.parse_nodes(())
        self.place.finish()
        self.template.words = self.place.words
        return self.template

    # ---- sequences ------------------------------------------------------------------------------

    def parse_nodes(self, ends):
        """Nodes up to a tag in ENDS, which is left to the caller."""
        nodes = []
        while self.at < len(self.tokens):
            kind, value, line = self.tokens[self.at]
            if kind == "tag" and (value in ends or value.split(" ")[0] in ends):
                self.add_literal(nodes)
                return nodes
            if kind == "tag" and not ends and re.match(r"template\b", value):
                break
            self.at += 1
            if kind == "text":
                self.place.feed(value, line)
            else:
                self.parse_tag(nodes, value, line)
        if ends:
            self.wrong("the file ends before {{" + ends[-1] + "}}", self.tokens[-1][2])
        if self.place.state == "text":
            self.place.pending = ""
        self.add_literal(nodes)
        return nodes

    def add_literal(self, nodes):
        text = self.place.take()
        if text:
            nodes.append(Node("lit", self.place.line, text=text))

    def parse_tag(self, nodes, value, line):
        word, _, rest = value.partition(" ")
        rest = rest.strip()
        block = {"#if": self.parse_if, "#each": self.parse_each, "#t": self.parse_tblock}.get(word)
        if block:
            self.place.line = line
            self.place.mark()
            self.add_literal(nodes)
            nodes.append(block(rest, line))
            return
        if word.startswith((">", "#", "/")) or word in ("slot", "markdown", "csrf", "else"):
            node = self.parse_element(value, word, rest, line)
        else:
            node = self.parse_value(value, word, rest, line)
        self.add_literal(nodes)
        nodes.append(node)

    def only_in_text(self, what, line):
        if self.place.state != "text":
            self.wrong(f"{{{{{what}}}}} prints HTML: it stands in text only", line)
        self.place.value(line)

    def parse_element(self, value, word, rest, line):
        """What prints HTML of its own."""
        if word.startswith(">"):
            m = re.match(rf">\s*({NAME})(?:\s+(\*?)\s*(\S+))?\Z", value)
            if not m:
                self.wrong("expected {{>template path}}", line)
            self.only_in_text(word, line)
            path = self.path_of(m.group(3), line) if m.group(3) else None
            return Node("part", line, name=m.group(1), path=path, pointer=bool(m.group(2)))
        if word in ("slot", "markdown"):
            self.only_in_text(word, line)
            return Node(word, line, path=self.path_of(rest, line))
        if word == "csrf" and not rest:
            self.only_in_text(word, line)
            self.place.csrf()
            return Node("csrf", line)
        self.wrong(f"{{{{{value}}}}} is not expected here", line)
        return None

    def parse_value(self, value, word, rest, line):
        if word == "t":
            key, args = self.message_of(rest, line)
            return Node("t", line, key=key, args=args, mode=self.plain_mode("t", line))
        if word in ("msg", "time", "date", "num"):
            mode = self.plain_mode(word, line)
            return Node(word, line, path=self.path_of(rest, line), mode=mode)
        path = self.path_of(value, line)
        mode = self.place.value(line)
        if path == "@csrf":
            self.place.csrf()
        return Node("put", line, path=path, mode=mode)

    def plain_mode(self, word, line):
        mode = self.place.value(line)
        if mode in ("href", "path", "query"):
            self.wrong(f"{{{{{word}}}}} cannot stand in an address", line)
        return mode

    # ---- blocks ---------------------------------------------------------------------------------

    def parse_branch(self, ends, mark, state):
        """One branch: begins from STATE, must end at the same MARK."""
        place = self.place
        place.limit, place.attrs = len(place.stack), dict(state["attrs"])
        place.literals, place.need_space = list(state["literals"]), state["need_space"]
        place.before = state["before"]
        nodes = self.parse_nodes(ends)
        line = self.tokens[self.at][2]
        place.line = line
        if place.mark() != mark:
            self.wrong("this branch ends in another place of the HTML than it began: close in it"
                       " what it opens", line)
        return nodes, self.snapshot()

    def snapshot(self):
        place = self.place
        return {"attrs": dict(place.attrs), "literals": list(place.literals),
                "before": place.before,
                "need_space": place.need_space, "limit": place.limit}

    def join(self, states, limit, line):
        """What holds after any of the branches."""
        place = self.place
        place.attrs = {}
        for state in states:
            for name, value in state["attrs"].items():
                place.attrs[name] = value if place.attrs.get(name, value) == value else None
        place.literals = sorted(set(x for s in states for x in s["literals"]))
        if len(place.literals) > MAX_WAYS:
            self.wrong("too many conditions in one attribute value", line)
        place.need_space = any(s["need_space"] for s in states)
        place.before = "block" if all(s["before"] == "block" for s in states) else "inline"
        place.limit = limit

    def parse_if(self, rest, line):
        mark, start = self.place.mark(), self.snapshot()
        branches, otherwise, ends = [], None, []
        condition = self.condition_of(rest, line)
        while True:
            nodes, state = self.parse_branch(("else", "/if"), mark, start)
            ends.append(state)
            if condition is None:
                otherwise = nodes
            else:
                branches.append((condition, nodes, line))
            _, value, line = self.tokens[self.at]
            self.at += 1
            if value == "/if":
                break
            if condition is None:
                self.wrong("{{else}} after {{else}}", line)
            m = re.match(r"else\s+if\s+(.+)\Z", value)
            if not m and value != "else":
                self.wrong("expected {{else}} or {{else if condition}}", line)
            condition = self.condition_of(m.group(1), line) if m else None
        if otherwise is None:
            ends.append(start)
        self.join(ends, start["limit"], line)
        return Node("if", branches[0][2], branches=branches, otherwise=otherwise or [])

    def parse_each(self, rest, line):
        m = re.match(rf"(\S+)\s+as\s+({NAME})\Z", rest)
        if not m:
            self.wrong("expected {{#each items as it}}", line)
        path, name = self.path_of(m.group(1), line), m.group(2)
        if path.startswith("@") or name in self.loops or name in ("d", "h_"):
            self.wrong(f"'{name}' is taken" if not path.startswith("@") else "no list", line)
        mark, start = self.place.mark(), self.snapshot()
        first = dict(start, before="inline")
        self.loops.append(name)
        nodes, state = self.parse_branch(("else", "/each"), mark, first)
        self.loops.pop()
        ends, otherwise = [start, state], []
        if self.tokens[self.at][1] == "else":
            self.at += 1
            otherwise, state = self.parse_branch(("/each",), mark, start)
            ends.append(state)
        if self.tokens[self.at][1] != "/each":
            self.wrong("expected {{/each}}", self.tokens[self.at][2])
        self.at += 1
        if self.place.state == "value" and any(x not in start["literals"] for s in ends
                                               for x in s["literals"]):
            ends = [dict(e, literals=[self.after_loop(x) for x in e["literals"]]) for e in ends]
        self.join(ends, start["limit"], line)
        return Node("each", line, path=path, name=name, nodes=nodes, otherwise=otherwise)

    def after_loop(self, literal):
        """A loop in an address: only behind a literal beginning, where more does no harm."""
        if literal == "\0":
            self.wrong("a loop cannot print a whole address", self.place.line)
        return literal

    def parse_tblock(self, rest, line):
        key, args = self.message_of(rest, line)
        self.only_in_text("#t", line)
        mark, start = self.place.mark(), self.snapshot()
        parts = []
        while True:
            kind, value, at = self.tokens[self.at] if self.at < len(self.tokens) else ("tag", "",
                                                                                       line)
            self.at += 1
            if kind == "text" and not value.strip():
                continue
            if value == "/t":
                break
            m = re.match(rf"#arg\s+({NAME})\Z", value)
            if kind != "tag" or not m:
                self.wrong("in {{#t}} stand only {{#arg name}}..{{/arg}}", at)
            nodes, _ = self.parse_branch(("/arg",), mark, dict(start, before="inline"))
            self.at += 1
            parts.append((m.group(1), nodes, at))
        self.join([dict(start, before="inline")], start["limit"], line)
        if not parts:
            self.wrong("{{#t}} without {{#arg}}: write {{t ..}}", line)
        return Node("tblock", line, key=key, args=args, parts=parts)

    # ---- expressions ----------------------------------------------------------------------------

    def path_of(self, text, line):
        if not PATH.match(text):
            self.wrong(f"'{text}' is no field: names joined by '.' or '->'", line)
        if text.startswith("@"):
            known = SPECIAL_VALUES | (LOOP_VALUES if self.loops else set())
            if text not in known:
                self.wrong(f"'{text}' is not known here: {' '.join(sorted(known))}", line)
        return text

    def condition_of(self, text, line):
        """A C-like list: ('&&' or '||', [(negated, left, operator, right), ..])."""
        joint = "||" if "||" in text else "&&"
        if "&&" in text and "||" in text:
            self.wrong("&& and || in one condition: nest two {{#if}}", line)
        terms = []
        for term in text.split(joint):
            term = term.strip()
            m = COMPARISON.match(term)
            if m:
                right = m.group(3)
                if not (CONSTANT.match(right) or NUMBER.match(right)):
                    right = ("path", self.path_of(right, line))
                terms.append((False, self.path_of(m.group(1), line), m.group(2), right))
                continue
            negated = term.startswith("!")
            path = term[1:].strip() if negated else term
            if path in LOOP_CONDITIONS and self.loops:
                terms.append((negated, path, None, None))
            else:
                terms.append((negated, self.path_of(path, line), None, None))
        return joint, terms

    def message_of(self, rest, line):
        words = rest.split()
        if not words or not KEY.match(words[0]):
            self.wrong("expected {{t area.key name=path}}", line)
        args = []
        for word in words[1:]:
            name, equals, value = word.partition("=")
            if not equals or not re.fullmatch(NAME, name) or name in (a for a, _ in args):
                self.wrong(f"'{word}' is no name=path", line)
            args.append((name, value if NUMBER.match(value) else self.path_of(value, line)))
        return words[0], args


def parse_file(path):
    with open(path, encoding="utf-8") as f:
        return Parser(path, f.read()).parse()
