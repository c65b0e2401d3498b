#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""html - compiles templates to C.

  html.py --name intel --out DIR a.html b.html      intel_html.c and intel_html.h

Why compiled: an unknown field, key or type is an error of the build, at the template's line; and
a page is printed at the speed of memcpy. What may stand where is decided in template_place.py,
the grammar of tags in template_parse.py; this file writes the C. tools/README.md explains
templates to their writers.
"""
import argparse
import os
import re
import sys

from template_parse import parse_file
from template_place import Wrong

NUMBER = re.compile(r"-?\d+\Z")
SPECIAL = {"@lang": "i18n_path_name(h_->lang)", "@htmllang": "i18n_html_name(h_->lang)",
           "@csrf": "h_->csrf",
           "@build": "h_->build", "@zone": "h_->zone_name"}
LITERAL_WIDTH = 80


def c_string(text):
    """A C literal, in pieces of about LITERAL_WIDTH; escapes are octal: no digit can join them."""
    pieces, piece = [], ""
    for char in text:
        if char in '"\\':
            char = "\\" + char
        elif ord(char) < 32 or char == "?":
            char = f"\\{ord(char):03o}"
        piece += char
        if len(piece) >= LITERAL_WIDTH:
            pieces.append(piece)
            piece = ""
    pieces.append(piece)
    return "\n        ".join(f'"{p}"' for p in pieces if p)


class Writer:
    """The body of one template's function."""

    def __init__(self, template):
        self.template = template
        self.lines = []
        self.loops = []   # (variable, index, count)
        self.serial = 0
        self.indent = 1

    def add(self, text, line=None):
        if line is not None:
            self.lines.append(f'#line {line} "{self.template.path}"')
        self.lines.append("    " * self.indent + text)

    def expression(self, path, line):
        if path in SPECIAL:
            return SPECIAL[path]
        if path == "@index":
            return self.loops[-1][1]
        if path == "@number":
            return f"({self.loops[-1][1]} + 1)"
        if path in ("@first", "@last"):
            _, index, count = self.loops[-1]
            return f"({index} == 0)" if path == "@first" else f"({index} + 1 == {count})"
        first = re.match(r"[a-z0-9_]+", path).group(0)
        rest = path[len(first):]
        for name, _, _ in self.loops:
            if name == first:
                if not rest:
                    return f"(*{name})"
                return name + "->" + rest[1:] if rest.startswith(".") else f"(*{name}){rest}"
        if self.template.struct is None:
            raise Wrong(f"{self.template.path}:{line}: '{path}': this template has no data")
        if first == "d":
            return "(*d)" if not rest else "d->" + rest[1:]
        return "d->" + path

    def condition(self, condition, line):
        joint, terms = condition
        parts = []
        for negated, path, operator, right in terms:
            left = self.expression(path, line)
            if operator:
                right = self.expression(right[1], line) if isinstance(right, tuple) else right
                parts.append(f"({left} {operator} {right})")
            elif path in ("@first", "@last"):
                parts.append(("!" if negated else "") + left)
            else:
                parts.append(("!" if negated else "") + f"html_true({left})")
        if len(parts) == 1 and parts[0].startswith("("):  # clang warns about if ((a == b))
            return parts[0][1:-1]
        return f" {joint} ".join(parts)

    def nodes(self, nodes):
        self.indent += 1
        for node in nodes:
            getattr(self, "node_" + node.kind)(node)
        self.indent -= 1

    def node_lit(self, node):
        self.add(f"html_lit(h_, {c_string(node.text)}, {len(node.text.encode('utf-8'))});")

    def node_put(self, node):
        self.add(f"html_{node.mode}(h_, {self.expression(node.path, node.line)});", node.line)

    def node_if(self, node):
        for number, (condition, nodes, line) in enumerate(node.branches):
            self.add(("} else " if number else "") + f"if ({self.condition(condition, line)}) {{",
                     line)
            self.nodes(nodes)
        if node.otherwise:
            self.add("} else {")
            self.nodes(node.otherwise)
        self.add("}")

    def node_each(self, node):
        self.serial += 1
        index, count = f"i{self.serial}_", f"n{self.serial}_"
        items = self.expression(node.path, node.line)
        self.add("{", node.line)
        self.add(f"    const size_t {count} = (size_t)({items}_n);", node.line)
        self.add(f"    for (size_t {index} = 0; {index} < {count}; {index}++) {{", node.line)
        self.add(f"        const __typeof__(*({items})) *{node.name} = &({items})[{index}];",
                 node.line)
        self.add(f"        (void){node.name};", node.line)
        self.loops.append((node.name, index, count))
        self.indent += 1
        self.nodes(node.nodes)
        self.indent -= 1
        self.loops.pop()
        self.add("    }")
        if node.otherwise:
            self.add(f"    if ({count} == 0) {{")
            self.nodes(node.otherwise)
            self.add("    }")
        self.add("}")

    def node_part(self, node):
        if node.path is None:
            argument = ""
        elif node.pointer:
            argument = ", " + self.expression(node.path, node.line)
        else:
            argument = f", &{self.expression(node.path, node.line)}"
        self.add(f"html_{node.name}(h_{argument});", node.line)

    def node_slot(self, node):
        self.add(f"html_slot(h_, {self.expression(node.path, node.line)});", node.line)

    def node_markdown(self, node):
        self.add(f"html_put_markdown(h_, {self.expression(node.path, node.line)});", node.line)

    def node_csrf(self, node):
        self.add("html_csrf(h_);", node.line)

    def node_msg(self, node):
        self.add(f"html_msg(h_, {self.expression(node.path, node.line)});", node.line)

    def node_num(self, node):
        self.add(f"html_num(h_, (int64_t)({self.expression(node.path, node.line)}));", node.line)

    def node_time(self, node):
        kind = "html_" if node.mode == "text" else "html_attr_"
        self.add(f"{kind}{node.kind}(h_, {self.expression(node.path, node.line)});", node.line)

    node_date = node_time

    def arguments(self, node, slots=()):
        """Checks of a message's {names}, then the array (or NULL) and its length."""
        constant = node.key.replace(".", "_")
        names = [name for name, _ in node.args] + list(slots)
        self.add(f'_Static_assert(MSGN_{constant} == {len(set(names))}, "{node.key}: arguments '
                 'given and {names} in the message differ");', node.line)
        for name in names:
            self.add(f"(void)MSGA_{constant}__{name};", node.line)
        if not node.args:
            return "NULL, 0"
        values = ", ".join(
            f'HTML_ARG("{n}", {v if NUMBER.match(v) else self.expression(v, node.line)})'
            for n, v in node.args)
        return f"(const struct i18n_arg[]){{{values}}}, {len(node.args)}"

    def node_t(self, node):
        arguments = self.arguments(node)
        constant = "MSG_" + node.key.replace(".", "_")
        call = f"html_msg(h_, {constant});"
        if node.args:
            call = f"html_msg_args(h_, {constant}, {arguments});"
        self.add(call, node.line)

    def node_tblock(self, node):
        self.serial += 1
        walk = f"w{self.serial}_"
        self.add("{", node.line)
        self.indent += 1
        arguments = self.arguments(node, [name for name, _, _ in node.parts])
        self.add(f"struct html_walk {walk};", node.line)
        constant = "MSG_" + node.key.replace(".", "_")
        self.add(f"html_walk_start(h_, &{walk}, {constant}, {arguments});", node.line)
        self.add(f"while (html_walk_next(h_, &{walk})) {{", node.line)
        for number, (name, nodes, line) in enumerate(node.parts):
            word = "} else if" if number else "    if"
            self.add(f'{word} (bw_view_is({walk}.name, "{name}")) {{', line)
            self.indent += 1
            self.nodes(nodes)
            self.indent -= 1
        self.add("    }")
        self.add("}")
        self.indent -= 1
        self.add("}")


def declaration(template):
    data = f", const struct {template.struct} *d" if template.struct else ""
    return f"void html_{template.name}(struct html *h_{data})"


def slot_declaration(template):
    data = f"const struct {template.struct} *d" if template.struct else "void"
    return f"struct html_slot html_{template.name}_slot({data})"


def header_text(name, templates):
    guard = f"{name.upper()}_HTML_H"
    lines = ["/* SPDX-License-Identifier: Apache-2.0 */",
             f"/* Generated by tools/html.py: the pages of {name}. */",
             f"#ifndef {guard}", f"#define {guard}", "", '#include "html.h"', ""]
    lines += [f"struct {s};" for s in sorted({t.struct for t in templates if t.struct})] + [""]
    for template in templates:
        lines += [declaration(template) + ";", slot_declaration(template) + ";"]
    return "\n".join(lines + ["", "#endif", ""])


def source_text(name, templates):
    lines = ["/* SPDX-License-Identifier: Apache-2.0 */", "/* Generated by tools/html.py. */",
             f'#include "{name}_html.h"', '#include "i18n.h"']
    lines += [f'#include "{i}"' for i in sorted({i for t in templates for i in t.includes})]
    for template in templates:
        writer = Writer(template)
        writer.indent = 0
        writer.nodes(template.nodes)
        lines += ["", declaration(template), "{"] + writer.lines + ["}", ""]
        data = "data" if template.struct else ""
        lines += [f"static void html_{template.name}_print_(struct html *h_, const void *data)",
                  "{",
                  f"    html_{template.name}(h_{', ' + data if data else ''});", "}",
                  slot_declaration(template), "{",
                  f"    return (struct html_slot){{html_{template.name}_print_, "
                  f"{'d' if template.struct else 'NULL'}}};", "}"]
    return "\n".join(lines) + "\n"


def compile_files(name, out, paths):
    templates = []
    for path in paths:
        templates += parse_file(path)
    seen = {}
    for template in templates:
        if template.name in seen:
            raise Wrong(f"{template.path}:{template.line}: template {template.name} is already in "
                        f"{seen[template.name].path}")
        seen[template.name] = template
    for suffix, text in ((".h", header_text(name, templates)), (".c", source_text(name,
                                                                                  templates))):
        with open(os.path.join(out, name + "_html" + suffix), "w", encoding="utf-8") as f:
            f.write(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--name", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("templates", nargs="+")
    args = parser.parse_args()
    try:
        compile_files(args.name, args.out, args.templates)
    except (Wrong, OSError, UnicodeDecodeError) as e:
        print(e, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
