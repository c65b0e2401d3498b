# SPDX-License-Identifier: Apache-2.0
"""tidy_rules - the rules of the house that a program can check, one function each.

A rule takes a File (and the House, where it must know the others) and yields Fault(line, rule,
text, fails). They read C with a few regular expressions instead of a parser: the style makes that
enough (a function's braces stand in column 0), and what they miss the compiler or a reader finds.
"""
import os
import re
import unicodedata
from collections import namedtuple

from template_parse import parse_file
from template_place import Wrong

Fault = namedtuple("Fault", "line rule text fails")

COLUMNS = {".c": (100, 100), ".h": (100, 100), ".py": (100, 140)}  # warns over, fails over
LINES = {".c": (600, 1000), ".h": (200, 300), ".py": (600, 1000)}
FUNCTION_LINES = (70, 100)
BANNED = {"strcpy": "memcpy or struct bw_view", "strcat": "struct bw_buf",
          "sprintf": "snprintf or bw_buf_printf",
          "vsprintf": "vsnprintf", "strtok": "bw_view_split", "atoi": "bw_view_int",
          "atol": "bw_view_int",
          "atof": "strtod", "gets": "fgets", "system": "posix_spawn", "popen": "posix_spawn",
          "localtime": "bw_civil_of", "gmtime": "bw_civil_of", "ctime": "bw_time_format",
          "asctime": "bw_time_format", "strncpy": "memcpy", "rand": "bw_random_below",
          "alloca": "an arena"}
BANNED_CALL = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
SPDX = "SPDX-License-Identifier: Apache-2.0"
SPDX_KINDS = {".c", ".h", ".py", ".sh", ".sql", ".css", ".js", ".build"}
ENGINE = re.compile(r"sqlite|(?<!scan_)(?<!scan6_)postgres(?!ql://)|libpq|(?<!#)\bpragma\b|autoincrement|\browid\b|\bPQ[a-z]+\(",
                    re.I)
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
LAYERS = ["base", "infra", "core", "rooms", "app"]
SQL_CALL = re.compile(r"\b(db_change|db_query|db_plain|db_sql_add)\s*\(")
STRINGS = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
# What may stand in a template without translation: labels and names that are the same everywhere.
UNTRANSLATED = re.compile(
    r"\b(TLP(:[A-Z+]+)?|STIX|TAXII|MISP|CSV|PDF|JSON|XML|API|URL|IP|AS|IoC|CVE|CVSS|ATT|CK|CSAF|"
    r"Atom|RSS|QR|SHA|HKT|UTC|KB|MB|GB|KiB|MiB|GiB|Suricata|Zeek|RPZ|Markdown|Breakwater|zip|csv|"
    r"n|x|v|j|k)\b")


class File:
    def __init__(self, root, path):
        self.root, self.path = root, path
        self.kind = os.path.splitext(path)[1]
        with open(os.path.join(root, path), encoding="utf-8", newline="") as f:
            self.text = f.read()
        self.lines = self.text.split("\n")
        self.is_test = os.path.basename(path).startswith(("test_",
                                                          "fuzz_")) or path.endswith("_test.h")
        self._bare = self._code = None

    @property
    def code(self):
        """Without comments, strings kept; line numbers stay."""
        if self._code is None:
            self._code = strip_c(self.text, False)
        return self._code

    @property
    def bare(self):
        """Without comments and without what is in strings."""
        if self._bare is None:
            self._bare = strip_c(self.text, True)
        return self._bare

    def line_of(self, at):
        return self.text.count("\n", 0, at) + 1


def strip_c(text, strings):
    """Comments (and strings) become blanks of the same shape, so that places stay the same."""
    pattern = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'', re.S)

    def blank(m):
        piece = m.group(0)
        if piece[0] in "\"'":
            return piece[0] + " " * (len(piece) - 2) + piece[-1] if strings else piece
        return re.sub(r"[^\n]", " ", piece)

    return pattern.sub(blank, text)


class House:
    """What rules must know of the other files."""

    def __init__(self, root, files):
        self.root = root
        self.headers = {}   # header's name -> folder
        self.gated = set()  # tables
        self.arrows = {}    # room -> rooms that it may use
        for file in files:
            if file.kind == ".h" and file.path.startswith("src/"):
                self.headers[os.path.basename(file.path)] = os.path.dirname(file.path)
            if file.kind == ".sql":
                self.gated |= set(re.findall(r"\$gate\((\w+)\)", file.text))
        self.read_arrows()

    def read_arrows(self):
        try:
            with open(os.path.join(self.root, "docs/layers.txt"), encoding="utf-8") as f:
                lines = f.read().split("\n")
        except OSError:
            return
        for line in lines:
            if line.strip() and not line.startswith("#"):
                room, _, uses = line.partition(":")
                self.arrows[room.strip()] = set(uses.split())


def columns_of(line):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


# ---- Shape -------------------------------------------------------------------------------------


def rule_size(file, _house):
    warn, fail = LINES[file.kind]
    n = len(file.lines) - (file.lines[-1] == "")
    if n > warn:
        yield Fault(1, "size", f"{n} lines: split it (limit {warn}, fails over {fail})", n > fail)
    soft, hard = COLUMNS[file.kind]
    for number, line in enumerate(file.lines, 1):
        wide = columns_of(line)
        if wide > soft:
            yield Fault(number, "columns", f"{wide} columns: break the line ({soft})", wide > hard)
        if line != line.rstrip():
            yield Fault(number, "blank", "blank at the line's end: remove it", True)


def rule_functions(file, _house):
    start = None
    for number, line in enumerate(file.bare.split("\n"), 1):
        if line == "{":
            start = number
        elif line.startswith("}") and start:
            n = number - start + 1
            if n > FUNCTION_LINES[0] and not line.startswith("};"):
                yield Fault(start, "function",
                            f"{n} lines: split it (limit {FUNCTION_LINES[0]}, fails over"
                            f" {FUNCTION_LINES[1]})", n > FUNCTION_LINES[1])
            start = None


def rule_banned(file, _house):
    if os.path.basename(file.path) == "bw_banned.h":
        return
    for m in BANNED_CALL.finditer(file.bare):
        yield Fault(file.line_of(m.start()), "banned", f"{m.group(1)}(): use {BANNED[m.group(1)]}",
                    True)


def rule_spdx(file, _house):
    if SPDX not in "\n".join(file.lines[:3]):
        yield Fault(1, "spdx", f"add '{SPDX}' as the first comment", True)


def rule_first_comment(file, _house):
    rest = file.text.split("\n", 1)[1] if "\n" in file.text else ""
    m = re.match(r"\s*/\*(.*?)\*/", rest, re.S)
    if not m or len(m.group(1).strip()) < 20:
        yield Fault(2, "why", "the comment after the SPDX line says what the file is for and why",
                    True)


def rule_unfinished(file, _house):
    if file.path.startswith("tools/") and "tidy" in file.path:
        return
    for number, line in enumerate(file.lines, 1):
        m = UNFINISHED.search(line)
        if m:
            yield Fault(number, "unfinished", f"{m.group(1)}: do it, or put it into docs/", True)


# ---- Arrows ------------------------------------------------------------------------------------


def place_of(folder):
    """(layer, room or None) of a folder under src/."""
    parts = folder.split("/")
    return parts[1], parts[2] if len(parts) > 2 and parts[1] == "rooms" else None


def arrow_fault(file, house, name, folder):
    layer, room = place_of(os.path.dirname(file.path))
    its_layer, its_room = place_of(folder)
    here = os.path.dirname(file.path)
    if name.endswith("_int.h") and folder != here:
        return f"{name} is private to {folder}: use its facade"
    if layer not in LAYERS or its_layer not in LAYERS:
        return None
    if LAYERS.index(its_layer) > LAYERS.index(layer):
        return f"{its_layer} stands above {layer}: turn the arrow around"
    allowed = house.arrows.get(room, set())
    if layer == its_layer == "rooms" and room != its_room and its_room not in allowed:
        return f"docs/layers.txt does not let {room} use {its_room}"
    return None


def rule_arrows(file, house):
    if not file.path.startswith("src/"):
        return
    for m in re.finditer(r'^[ \t]*#[ \t]*include[ \t]+"([^"]+)"', file.code, re.M):
        name = os.path.basename(m.group(1))
        folder = house.headers.get(name)
        if name.endswith("_html.h") and folder is None and name[:-7] in house.arrows:
            folder = "src/rooms/" + name[:-7]
        text = arrow_fault(file, house, name, folder) if folder else None
        if "/" in m.group(1):
            text = "include headers by name: meson gives the folders"
        if text:
            yield Fault(file.line_of(m.start()), "arrow", text, True)


# ---- SQL ---------------------------------------------------------------------------------------


def call_text(code, at):
    """The string literals of the call whose '(' is at AT, joined."""
    depth, end = 0, at
    while end < len(code):
        if code[end] == '"':
            end = STRINGS.match(code, end).end() if STRINGS.match(code, end) else end + 1
            continue
        depth += {"(": 1, ")": -1}.get(code[end], 0)
        end += 1
        if depth == 0:
            break
    return " ".join(STRINGS.findall(code[at:end]))


def rule_gates(file, house):
    """A change may write a gated table, but what it reads must come from the view."""
    if not house.gated or file.is_test:
        return
    read = re.compile(r"\b(?:FROM|JOIN)\s+(" + "|".join(sorted(house.gated)) + r")\b", re.I)
    for m in SQL_CALL.finditer(file.code):
        sql = re.sub(r"\bDELETE\s+FROM\s+\w+", "", call_text(file.code, m.end() - 1), flags=re.I)
        found = read.search(sql)
        if found:
            yield Fault(file.line_of(m.start()), "gate",
                        f"reads {found.group(1)} behind the audience's back:"
                        f" read v_{found.group(1)}", True)


def rule_engines(file, _house):
    if not file.path.startswith("src/") or file.path.startswith("src/infra/db/") or file.is_test:
        return
    for m in ENGINE.finditer(file.code):
        yield Fault(file.line_of(m.start()), "engine",
                    f"'{m.group(0)}': only src/infra/db knows engines", True)


def system_viewers(file):
    """'path: reason' of each use of viewer_system, tests left out."""
    if file.is_test or not file.path.startswith("src/"):
        return
    for m in re.finditer(r"\bviewer_system\s*\(", file.code):
        line_start = file.code.rfind("\n", 0, m.start()) + 1
        if not file.code[line_start:].startswith("#"):
            yield file.line_of(m.start()), f"{file.path}: {call_text(file.code, m.end() - 1)}"


# ---- Templates ---------------------------------------------------------------------------------


def rule_words(file, _house):
    """The HTML is judged by the compiler; here only words outside of {{t}}."""
    try:
        templates = parse_file(os.path.join(file.root, file.path))
    except Wrong as e:
        where = re.match(r".*?:(\d+): (.*)", str(e), re.S)
        yield Fault(int(where.group(1)), "template", where.group(2), True)
        return
    for template in templates:
        for line, text in template.words:
            if re.search(r"[^\W\d_]", UNTRANSLATED.sub("", text)):
                yield Fault(line, "words", f"'{text[:40]}' is not translated: use {{{{t key}}}}, or"
                            " translate=\"no\" on the element", True)


C_RULES = [rule_size, rule_functions, rule_banned, rule_spdx, rule_first_comment, rule_unfinished,
           rule_arrows, rule_gates, rule_engines]
RULES = {".c": C_RULES, ".h": C_RULES, ".py": [rule_size, rule_spdx, rule_unfinished],
         ".sh": [rule_spdx, rule_unfinished], ".sql": [rule_spdx, rule_unfinished],
         ".css": [rule_spdx, rule_unfinished], ".js": [rule_spdx, rule_unfinished],
         ".build": [rule_spdx, rule_unfinished], ".html": [rule_words, rule_unfinished]}
