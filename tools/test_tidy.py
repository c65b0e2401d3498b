#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""test_tidy - bad snippets that tidy must find, good ones that it must leave alone. TAP."""
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import tidy  # noqa: E402

TOP = "/* SPDX-License-Identifier: Apache-2.0 */\n/* x - a file that is here to be looked at. */\n"
HOUSE = {
    "docs/layers.txt": "# rooms\nmember:\nintel: member\nwatch: member\n",
    "src/base/base.h": TOP,
    "src/infra/db/db.h": TOP,
    "src/infra/db/db_int.h": TOP,
    "src/core/viewer.h": TOP,
    "src/rooms/member/member.h": TOP,
    "src/rooms/member/member_int.h": TOP,
    "src/rooms/intel/intel.h": TOP,
    "src/rooms/intel/intel.sql": "-- SPDX-License-Identifier: Apache-2.0\n$gate(item);\n",
    "src/app/app.h": TOP,
}
PAGE = "{{template t()}}\n"
ITEM = "src/rooms/intel/intel_x.c"

# name, path, text, rule that must report (None: nothing may), line
CASES = [
    ("a good file", ITEM, TOP + '#include "intel.h"\n', None, 0),
    ("601 lines are a warning", ITEM, TOP + "int x;\n" * 599, "size", 1),
    ("1,001 lines fail", ITEM, TOP + "int x;\n" * 999, "size", 1),
    ("a header of 301 lines", "src/rooms/intel/y.h", TOP + "int x;\n" * 299, "size", 1),
    ("a function of 101 lines", ITEM, TOP + "void f(void)\n{\n" + "    x();\n" * 99 + "}\n",
     "function", 4),
    ("a table of 101 rows", ITEM, TOP + "static int t[] = {\n" + "    1,\n" * 101 + "};\n", None,
     0),
    ("a line of 101 columns", ITEM, TOP + "int x = " + "1" * 92 + ";\n", "columns", 3),
    ("Chinese counts double", ITEM, TOP + "/* " + "字" * 48 + " */\n", "columns", 3),
    ("a blank at the end", ITEM, TOP + "int x; \n", "blank", 3),
    ("strcpy", ITEM, TOP + "    strcpy(a, b);\n", "banned", 3),
    ("strcpy across a blank", ITEM, TOP + "    strcpy (a, b);\n", "banned", 3),
    ("rand", ITEM, TOP + "    x = rand();\n", "banned", 3),
    ("a field called system", ITEM, TOP + "    x->system(1);\n", None, 0),
    ("a longer name", ITEM, TOP + "    my_system(1);\n", None, 0),
    ("a banned name in a comment", ITEM, TOP + "/* never strcpy(a, b) */\n", None, 0),
    ("a banned name in a string", ITEM, TOP + 'x = "system(1)";\n', None, 0),
    ("no SPDX", ITEM, "/* x - a file that is here. */\nint x;\n", "spdx", 1),
    ("no SPDX in SQL", "src/rooms/intel/y.sql", "CREATE\n", "spdx", 1),
    ("no first comment", ITEM, "/* SPDX-License-Identifier: Apache-2.0 */\nint x;\n", "why", 2),
    ("a first comment that says nothing", ITEM,
     "/* SPDX-License-Identifier: Apache-2.0 */\n/* x */\nint x;\n", "why", 2),
    ("unfinished", ITEM, TOP + "/* TO" "DO: later */\n", "unfinished", 3),
    ("infra uses core", "src/infra/db/x.c", TOP + '#include "viewer.h"\n', "arrow", 3),
    ("base uses infra", "src/base/x.c", TOP + '#include "db.h"\n', "arrow", 3),
    ("a room uses app", ITEM, TOP + '#include "app.h"\n', "arrow", 3),
    ("a room uses what it may", ITEM, TOP + '#include "member.h"\n#include "viewer.h"\n', None, 0),
    ("a room uses one that it may not", "src/rooms/member/x.c", TOP + '#include "intel.h"\n',
     "arrow", 3),
    ("another's templates", "src/rooms/member/x.c", TOP + '#include "intel_html.h"\n', "arrow", 3),
    ("another's private header", ITEM, TOP + '#include "member_int.h"\n', "arrow", 3),
    ("one's own private header", "src/rooms/member/x.c", TOP + '#include "member_int.h"\n', None,
     0),
    ("a header by its path", ITEM, TOP + '#include "../member/member.h"\n', "arrow", 3),
    ("a system header", ITEM, TOP + "#include <time.h>\n", None, 0),
    ("a change that reads a gated table", ITEM,
     TOP + '    db_change(tx, "INSERT INTO n SELECT id FROM "\n              "item", &st, err);\n',
     "gate", 3),
    ("a change that joins one", ITEM,
     TOP + '    db_change(tx, "UPDATE n SET a = 1 FROM v_x JOIN item ON 1", &st, err);\n', "gate",
     3),
    ("a change that deletes from one", ITEM,
     TOP + '    db_change(tx, "DELETE FROM item WHERE id = ?1", &st, err);\n', None, 0),
    ("a query through the view", ITEM,
     TOP + '    db_query(db, v, "SELECT id FROM v_item", &st, err);\n', None, 0),
    ("a query of the table", ITEM,
     TOP + '    db_query(db, v, "SELECT id FROM item", &st, err);\n', "gate", 3),
    ("an engine in a room", ITEM, TOP + '    x = "PRAGMA user_version";\n', "engine", 3),
    ("an engine's function", ITEM, TOP + "    sqlite3_open(x);\n", "engine", 3),
    ("an engine in a comment", ITEM, TOP + "/* as SQLite does */\n", None, 0),
    ("an engine where it belongs", "src/infra/db/x.c", TOP + "sqlite3_open(x);\n", None, 0),
    ("the hub as a viewer", ITEM, TOP + '    f(viewer_system("why"));\n', "viewer_system", 3),
    ("in a test", "src/rooms/intel/test_x.c", TOP + '    f(viewer_system("why"));\n', None, 0),
    ("listed", ITEM, TOP + '    f(viewer_system("listed"));\n', None, 0),
    ("text in a template", "src/rooms/intel/x.html", PAGE + "<p>\nSave it</p>\n", "words", 3),
    ("Chinese in a template", "src/rooms/intel/x.html", PAGE + "<p>儲存</p>\n", "words", 2),
    ("text in an attribute", "src/rooms/intel/x.html", PAGE + '<p title="Save">1</p>\n', "words",
     2),
    ("text on a button", "src/rooms/intel/x.html",
     PAGE + '<input type="submit" value="Save">\n', "words", 2),
    ("a label", "src/rooms/intel/x.html", PAGE + "<p>TLP:AMBER+STRICT: 1 &amp; STIX</p>\n", None,
     0),
    ("exempted text", "src/rooms/intel/x.html",
     PAGE + '<p translate="no">Save <b>it</b></p>\n', None, 0),
    ("a message", "src/rooms/intel/x.html", PAGE + "<p>{{t act.save}}</p>\n", None, 0),
    ("a template that does not compile", "src/rooms/intel/x.html", PAGE + "\n<p>\n", "template", 3),
    ("a page of a test", "tests/browser/x.html", "<p>Save\n", None, 0),
    ("Python without SPDX", "tools/x.py", '"""x"""\n', "spdx", 1),
    ("not UTF-8", ITEM, None, "read", 1),
]

LISTED = f"# who reads as the hub itself\n{ITEM}: listed\n"


def write(folder, files):
    for name, text in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(b"\xff\xfe" if text is None else text.encode("utf-8"))


def main():
    bad = 0
    for number, (name, path, text, rule, line) in enumerate(CASES, 1):
        with tempfile.TemporaryDirectory() as root:
            write(root, dict(HOUSE, **{path: text}))
            if name == "listed":
                write(root, {"docs/viewer_system.txt": LISTED})
            faults = tidy.check(root, [], False)
        if rule is None:
            ok = not faults
        else:
            ok = any(p == path and f.rule == rule and f.line == line for p, f in faults)
            ok = ok and any(f.fails for _, f in faults) != (name.startswith("601"))
        bad += not ok
        for where, fault in [] if ok else faults:
            print(f"# {where}:{fault.line}: {fault.rule}: {fault.text}")
        print(f"{'' if ok else 'not '}ok {number} - {name}")
    with tempfile.TemporaryDirectory() as root:
        write(root, dict(HOUSE, **{"docs/viewer_system.txt": LISTED}))
        ok = [f.rule for _, f in tidy.check(root, [], False)] == ["viewer_system"]
    print(f"{'' if ok else 'not '}ok {len(CASES) + 1} - an entry that nothing uses any more")
    print(f"1..{len(CASES) + 1}")
    return 1 if bad or not ok else 0


if __name__ == "__main__":
    sys.exit(main())
