#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tidy - checks the house style: sizes, banned functions, arrows of layers, gated tables, words.

  tidy.py [--root DIR] [--tap] [--format] [PATH ..]   prints `file:line: rule: what to do`
  tidy.py --viewer-system                             prints what docs/viewer_system.txt should hold

Exit status 1 if anything fails; what is only over a soft limit is printed as a warning. The rules
are in tidy_rules.py. Why a program and not a review: a limit that nobody measures is a wish.
"""
import argparse
import os
import subprocess
import sys

from tidy_rules import RULES, Fault, File, House, system_viewers

TREES = ("src", "tools", "tests", "fuzz", "bench", "assets", "lang")
TOP = ("meson.build", "run.sh", "test.sh")
SKIPPED = {"__pycache__", "node_modules"}
VIEWER_LIST = "docs/viewer_system.txt"
RULE_NAMES = ("size", "columns", "blank", "function", "banned", "spdx", "why", "unfinished",
              "arrow", "gate",
              "engine", "viewer_system", "template", "words", "read", "format")


def paths_of(root):
    found = [p for p in TOP if os.path.exists(os.path.join(root, p))]
    for tree in TREES:
        for folder, folders, names in os.walk(os.path.join(root, tree)):
            folders[:] = sorted(f for f in folders if f not in SKIPPED and not f.startswith("."))
            found += [os.path.relpath(os.path.join(folder, n), root) for n in sorted(names)]
    return [p for p in found if os.path.splitext(p)[1] in RULES and is_ours(p)]


def is_ours(path):
    """.html outside of src/ are pages of tests, not templates; fuzz/<target>/ holds seeds."""
    if path.endswith(".html") and not path.startswith("src/"):
        return False
    return not (path.startswith("fuzz/") and path.count("/") > 1)


def viewer_faults(root, files):
    """Uses of viewer_system against the checked-in list: a new one is somebody's decision."""
    try:
        with open(os.path.join(root, VIEWER_LIST), encoding="utf-8") as f:
            lines = f.read().split("\n")
    except OSError:
        lines = []
    listed = {line: number for number, line in enumerate(lines, 1) if line
              and not line.startswith("#")}
    used = set()
    for file in files:
        for line, entry in system_viewers(file):
            used.add(entry)
            if entry not in listed:
                yield file.path, Fault(line, "viewer_system",
                                       f"reads as the hub itself: if it must, add to"
                                       f" {VIEWER_LIST}: {entry}", True)
    for entry, number in listed.items():
        if entry not in used:
            yield VIEWER_LIST, Fault(number, "viewer_system", f"no longer used, remove: {entry}",
                                     True)


def format_faults(root, paths):
    sources = [p for p in paths if p.endswith((".c", ".h"))]
    run = subprocess.run(["clang-format", "--dry-run", "-Werror", *sources], cwd=root,
                         capture_output=True,
                         text=True, check=False)
    seen = set()
    for line in run.stderr.split("\n"):
        place, _, rest = line.partition(": error: ")
        path, _, number = place.partition(":")
        if rest and path not in seen:
            seen.add(path)
            yield path, Fault(int(number.split(":")[0]), "format", f"run clang-format -i {path}",
                              True)


def check(root, wanted, with_format):
    """[(path, Fault)] of the files that begin with one of WANTED (all of them where empty)."""
    files, faults = [], []
    for path in paths_of(root):
        try:
            files.append(File(root, path))
        except (OSError, UnicodeDecodeError) as e:
            faults.append((path, Fault(1, "read", f"cannot be read: {e}", True)))
    house = House(root, files)
    for file in files:
        for rule in RULES[file.kind]:
            faults += [(file.path, fault) for fault in rule(file, house)]
    faults += viewer_faults(root, files)
    if with_format:
        faults += format_faults(root, [f.path for f in files])
    if wanted:
        faults = [f for f in faults if f[0].startswith(tuple(wanted))]
    return faults


def print_tap(faults):
    print(f"1..{len(RULE_NAMES)}")
    for number, name in enumerate(RULE_NAMES, 1):
        ours = [(path, fault) for path, fault in faults if fault.rule == name]
        for path, fault in ours:
            print(f"# {path}:{fault.line}: {'' if fault.fails else 'warning: '}{fault.text}")
        print(f"{'not ' if any(f.fails for _, f in ours) else ''}ok {number} - {name}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--root",
                        default=os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    parser.add_argument("--tap", action="store_true")
    parser.add_argument("--format", action="store_true", help="ask clang-format too")
    parser.add_argument("--viewer-system", action="store_true")
    parser.add_argument("paths", nargs="*")
    args = parser.parse_args()
    root = os.path.abspath(args.root)
    if args.viewer_system:
        files = [File(root, p) for p in paths_of(root) if p.endswith((".c", ".h"))]
        print("\n".join(sorted({entry for f in files for _, entry in system_viewers(f)})))
        return 0
    wanted = [os.path.relpath(os.path.abspath(p), root) for p in args.paths]
    faults = check(root, wanted, args.format)
    if args.tap:
        print_tap(faults)
    else:
        for path, fault in faults:
            weight = "" if fault.fails else "warning: "
            print(f"{path}:{fault.line}: {fault.rule}: {weight}{fault.text}")
    return 1 if any(fault.fails for _, fault in faults) else 0


if __name__ == "__main__":
    sys.exit(main())
