#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns a UTF-8 text file into a C string.

    embed.py OUTPUT... SYMBOL INPUT

Each OUTPUT that ends in .h gets `extern const char SYMBOL[];`, any other gets the definition. One line
of the input is one line of the output, so that a compiler message or a diff points at the right place.
"""
import re
import sys


def c_line(line: str) -> str:
    """Octal escapes: unlike \\x they end after three digits, so a digit behind one is harmless."""
    named = {ord('"'): '\\"', ord("\\"): "\\\\", ord("\n"): "\\n", ord("\t"): "\\t", ord("?"): "\\?"}
    out = []
    for byte in line.encode("utf-8"):
        if byte in named:
            out.append(named[byte])
        elif 32 <= byte < 127:
            out.append(chr(byte))
        else:
            out.append("\\%03o" % byte)
    return '    "' + "".join(out) + '"\n'


def main() -> int:
    if len(sys.argv) < 4:
        sys.stderr.write(__doc__)
        return 2
    *outputs, symbol, source = sys.argv[1:]
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", symbol):
        sys.stderr.write("embed.py: %r is no C name\n" % symbol)
        return 2
    with open(source, encoding="utf-8", newline="") as f:
        text = f.read()
    if "\0" in text:
        sys.stderr.write("embed.py: %s holds a NUL\n" % source)
        return 2
    for output in outputs:
        with open(output, "w", encoding="ascii", newline="\n") as f:
            if output.endswith(".h"):
                guard = symbol.upper() + "_EMBEDDED_H"
                f.write("#ifndef %s\n#define %s\nextern const char %s[];\n#endif\n" % (guard, guard, symbol))
            else:
                lines = text.splitlines(keepends=True) or [""]
                f.write("extern const char %s[];\nconst char %s[] =\n" % (symbol, symbol))
                f.write("".join(c_line(line) for line in lines).rstrip("\n") + ";\n")
    return 0


sys.exit(main())
