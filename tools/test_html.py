#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""test_html - templates that must not compile, and why they do not. TAP.

First what html.py itself refuses, then what the C compiler refuses in what html.py made (given
--cc and --include; both checks name the template's line).
"""
import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
SPEC = importlib.util.spec_from_file_location("template_compiler", os.path.join(HERE, "html.py"))
HTML = importlib.util.module_from_spec(SPEC)  # by its path: the standard library has an html too
SPEC.loader.exec_module(HTML)
HEAD = '{{template t(struct page) include "page.h"}}\n'

# name, template behind HEAD, line of the error (1: HEAD), part of its text
REFUSED = [
    ("value in a tag's name", "<{{x}}>", 2, "tag's name"),
    ("value inside a tag's name", "<h{{x}}>a</h1>", 2, "tag's name"),
    ("value as an attribute's name", "<p {{x}}=\"1\">a</p>", 2, "as an attribute's name"),
    ("value as a bare attribute", "<p {{x}}>a</p>", 2, "as an attribute's name"),
    ("value inside an attribute's name", "<p data-{{x}}=\"1\">a</p>", 2, "unquoted"),
    ("unquoted value", "<p title={{x}}>a</p>", 2, "put it in quotes"),
    ("unquoted literal", "<p class=a>a</p>", 2, "no quotes"),
    ("value in a comment", "<!-- {{x}} -->", 2, "in a comment"),
    ("value in script", "\n<script src=\"/x.js\">{{x}}</script>", 3, "inside <script>"),
    ("inline script", "<script>a()</script>", 2, "inline <script>"),
    ("text in a script with src", "<script src=\"/x.js\">a()</script>", 2, "inline script"),
    ("style element", "<style>p{}</style>", 2, "<style>"),
    ("style attribute", "<p style=\"a:b\">a</p>", 2, "style="),
    ("value in an event handler", "<p onclick=\"f({{x}})\">a</p>", 2, "onclick="),
    ("literal event handler", "<body ONLOAD='f()'></body>", 2, "event handlers"),
    ("value in srcset", "<img alt=\"\" srcset=\"{{x}}\">", 2, "srcset="),
    ("value in srcdoc", "<p srcdoc=\"{{x}}\">a</p>", 2, "srcdoc="),
    ("value in http-equiv", "<meta http-equiv=\"{{x}}\">", 2, "http-equiv="),
    ("value in a refresh", "<meta http-equiv=\"refresh\" content=\"{{x}}\">", 2, "http-equiv="),
    ("the same the other way round", "<meta content=\"{{x}}\" http-equiv=\"refresh\">", 2,
     "http-equiv="),
    ("text before a value in an address", "<a href=\"x{{y}}\">a</a>", 2, "must begin with"),
    ("scheme from a value", "<a href=\"java{{x}}:a\">a</a>", 2, "must begin with"),
    ("host from a value", "<a href=\"https://{{x}}/\">a</a>", 2, "must begin with"),
    ("end of a host from a value", "<a href=\"https://a.{{x}}\">a</a>", 2, "must begin with"),
    ("two slashes before a value", "<a href=\"//{{x}}\">a</a>", 2, "must begin with"),
    ("slash and backslash", "<a href=\"/\\{{x}}\">a</a>", 2, "must begin with"),
    ("text behind a whole address", "<a href=\"{{x}}/y\">a</a>", 2, "nothing may follow"),
    ("value behind a whole address", "<a href=\"{{x}}{{y}}\">a</a>", 2, "nothing may follow"),
    ("value behind one of two beginnings", "<a href=\"{{#if a}}/b{{/if}}{{x}}\">a</a>", 2,
     "must begin with"),
    ("literal javascript", "<a href=\"javascript:a()\">a</a>", 2, "an address begins with"),
    ("javascript in one branch", "<a href=\"{{#if a}}/x{{else}}javascript:x{{/if}}\">a</a>", 2,
     "an address begins with"),
    ("literal data address", "<a href=\"data:text/html,x\">a</a>", 2, "an address begins with"),
    ("third party's image", "<img alt=\"\" src=\"https://a.example/x.png\">", 2, "third parties"),
    ("value in a data-href", "<p data-href=\"x{{y}}\">a</p>", 2, "must begin with"),
    ("message in an address", "<a href=\"/x/{{t a.b}}\">a</a>", 2, "cannot stand in an address"),
    ("time in an address", "<a href=\"/x/{{time a}}\">a</a>", 2, "cannot stand in an address"),
    ("part in an attribute", "<p title=\"{{>x}}\">a</p>", 2, "in text only"),
    ("slot in an attribute", "<p title=\"{{slot x}}\">a</p>", 2, "in text only"),
    ("Markdown in a textarea", "<textarea>{{markdown x}}</textarea>", 2, "in text only"),
    ("base", "<base href=\"/\">", 2, "<base>"),
    ("iframe", "<iframe src=\"/\"></iframe>", 2, "<iframe>"),
    ("SVG animation", "<svg><animate/></svg>", 2, "<animate>"),
    ("element left open", "<div>\n<p>a</p>", 2, "<div> is never closed"),
    ("wrong end tag", "<div><p>a</div></p>", 2, "</div> but <p>"),
    ("end tag alone", "a</p>", 2, "closes nothing"),
    ("end tag of a void element", "<br></br>", 2, "no end tag"),
    ("self-closed div", "<div/>", 2, "closes nothing in HTML"),
    ("attribute twice", "<p class=\"a\" class=\"b\">a</p>", 2, "twice"),
    ("no blank between attributes", "<p class=\"a\"id=\"b\">a</p>", 2, "white space is missing"),
    ("no blank in a branch", "<p{{#if x}}class=\"a\"{{/if}}>a</p>", 2, "white space is missing"),
    ("lone angle bracket", "a < b", 2, "write &lt;"),
    ("image without alt", "<img src=\"/x.png\">", 2, "alt="),
    ("post form without token", "<form method=\"post\" action=\"/x\"></form>", 2,
     "without {{csrf}}"),
    ("method from a value without token", "<form method=\"{{m}}\" action=\"/x\"></form>", 2,
     "without {{csrf}}"),
    ("button that posts without token",
     "<form action=\"/x\"><button formmethod=\"post\">{{t a.b}}</button></form>", 2,
     "without {{csrf}}"),
    ("token in a get form", "<form action=\"/x\">{{csrf}}</form>", 2, "in the address"),
    ("branch ends in another place", "{{#if a}}<p title=\"{{/if}}\">a</p>", 2, "another place"),
    ("branch leaves an element open", "{{#if a}}<p>{{/if}}a</p>", 2, "another place"),
    ("branch closes an outer element", "<p>{{#if a}}</p>{{/if}}", 2, "outside of this condition"),
    ("branch opens a tag", "{{#if a}}<p {{else}}<b {{/if}}>a</p>", 2, "another place"),
    ("loop ends in another place", "{{#each a as b}}<p>{{/each}}", 2, "another place"),
    ("whole address in a loop", "<a href=\"{{#each a as b}}{{b}}{{/each}}\">a</a>", 2,
     "loop cannot"),
    ("if without end", "{{#if a}}x", 2, "the file ends before {{/if}}"),
    ("end without if", "x{{/if}}", 2, "not expected here"),
    ("else twice", "{{#if a}}x{{else}}y{{else}}z{{/if}}", 2, "after {{else}}"),
    ("loop variable twice", "{{#each a as b}}{{#each c as b}}{{/each}}{{/each}}", 2,
     "'b' is taken"),
    ("no path", "{{a b}}", 2, "is no field"),
    ("call in a value", "{{f(x)}}", 2, "is no field"),
    ("index in a value", "{{a[0]}}", 2, "is no field"),
    ("unknown special", "{{@nonce}}", 2, "is not known here"),
    ("loop special outside of a loop", "{{@index}}", 2, "is not known here"),
    ("message without dot", "{{t save}}", 2, "area.key"),
    ("message argument without value", "{{t a.b n}}", 2, "no name=path"),
    ("and with or", "{{#if a && b || c}}x{{/if}}", 2, "nest two"),
    ("t block with loose text", "{{#t a.b}}x{{/t}}", 2, "#arg"),
    ("open braces", "\n\n{{x", 4, "without its partner"),
    ("closed braces", "x}}", 2, "without its partner"),
    ("template ends in a tag", "<p class=\"a\"", 2, "ends inside"),
    ("template ends in a value", "<p class=\"a", 2, "ends inside"),
    ("template ends in a comment", "<!-- a", 2, "ends inside"),
]

# What the C compiler refuses: name, template behind HEAD, line, part of gcc's or clang's text
REFUSED_BY_C = [
    ("unknown field", "\n<p>{{nosuch}}</p>", 3, ("nosuch",)),
    ("unknown message", "<p>{{t no.such_key}}</p>", 2, ("MSG_no_such_key", "MSGN_no_such_key")),
    ("missing argument of a message", "<p>{{t site.signed_in_as}}</p>", 2, ("site.signed_in_as",)),
    ("unknown argument of a message", "<p>{{t site.signed_in_as nam=text}}</p>", 2, ("nam",)),
    ("bool as a value", "<p>{{flag}}</p>", 2, ("_Bool", "bool")),
    ("double as a value", "<p>{{real}}</p>", 2, ("double",)),
    ("struct as a value", "<p>{{part}}</p>", 2, ("struct part",)),
    ("raw HTML in an attribute", "<p title=\"{{safe}}\">a</p>", 2, ("html_safe",)),
    ("raw HTML in an address", "<a href=\"{{safe}}\">a</a>", 2, ("html_safe", "html_url",
                                                                 "incompatible")),
    ("text as a whole address", "<a href=\"{{text}}\">a</a>", 2, ("bw_view", "html_url",
                                                                  "incompatible")),
    ("string as a whole address", "<a href=\"{{z}}\">a</a>", 2, ("html_url", "incompatible")),
    ("text as raw HTML", "{{slot text}}", 2, ("html_slot", "incompatible")),
    ("struct as a condition", "{{#if part}}x{{/if}}", 2, ("incompatible", "part")),
    ("text as a time", "<p>{{time text}}</p>", 2, ("incompatible", "bw_view")),
    ("another template's data", "{{>t part}}", 2, ("incompatible",)),
]

ACCEPTED = [
    ("everything that may stand", "<p title='{{text}}'>{{text}}</p><a href=\"{{url}}\">x</a>"
     "<a href=\"/x/{{text}}?a={{text}}#{{num32}}\">x</a><a href=\"#{{text}}\">x</a>"
     "<a href=\"https://a.example/{{text}}\">x</a><a href=\"mailto:{{text}}\">x</a>"
     "<a href=\"?p={{num32}}\">x</a>"),
    ("conditions between attributes",
     "<p{{#if flag}} class=\"a\"{{else}} class=\"b\"{{/if}} id=\"c\">a</p>"),
    ("a bare attribute in a condition", "<input {{#if flag}}checked {{/if}}name=\"a\">"),
    ("conditions in a value", "<p class=\"a{{#if flag}} b{{/if}}\">a</p>"),
    ("an address of two kinds", "<a href=\"{{#if flag}}/x{{else}}{{url}}{{/if}}\">a</a>"),
    ("a query in a condition", "<a href=\"/x{{#if flag}}?q={{text}}{{/if}}\">a</a>"),
    ("a post form", "<form method=\"post\" action=\"/x\">{{csrf}}</form>"),
    ("an SVG",
     "<svg viewBox=\"0 0 1 1\"><title>{{text}}</title><path d=\"M0 0\"/>"
     "<use href=\"/a.svg#x\"/></svg>"),
    ("doctype and comment", "<!doctype html><!-- gone -->"),
    ("pointers and comparisons", "{{#if ptr->num32 >= 3 && !flag}}{{ptr->num32}}{{/if}}"),
]

PAGE_H = """
#include "html.h"
struct part { int num32; };
struct page { struct bw_view text; const char *z; struct html_safe safe; struct html_url url;
              bool flag; double real; int num32; struct part part; const struct part *ptr; };
"""


class Bench:
    def __init__(self, folder, compiler, includes):
        self.folder, self.compiler, self.includes = folder, compiler, includes
        self.number = self.bad = 0

    def result(self, ok, name, text=""):
        self.number += 1
        self.bad += not ok
        if not ok:
            for line in text.splitlines()[:20]:
                print("# " + line)
        print(f"{'' if ok else 'not '}ok {self.number} - {name}")

    def compile(self, body):
        """(ok, error text) of html.py."""
        path = os.path.join(self.folder, "t.html")
        with open(path, "w", encoding="utf-8") as f:
            f.write(HEAD + body)
        try:
            HTML.compile_files("t", self.folder, [path])
        except HTML.Wrong as e:
            return False, str(e)
        return True, ""

    def compile_c(self):
        flags = ["-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wconversion",
                 "-Wsign-conversion",
                 "-Wshadow", "-Werror", "-Wno-unused-parameter", "-fsyntax-only", "-I"
                 + self.folder]
        run = subprocess.run([*self.compiler, *flags, *("-I" + i for i in self.includes),
                              os.path.join(self.folder, "t_html.c")], capture_output=True,
                             text=True,
                             check=False)
        return run.returncode == 0, run.stderr

    def refused(self, name, body, line, part):
        ok, text = self.compile(body)
        right = not ok and f"t.html:{line}: " in text and part in text
        self.result(right, name, text)

    def refused_by_c(self, name, body, line, parts):
        made, text = self.compile(body)
        if made:
            ok, text = self.compile_c()
            made = not ok and f"t.html:{line}:" in text and any(p in text for p in parts)
        self.result(made, name, text)

    def accepted(self, name, body):
        ok, text = self.compile(body)
        if ok and self.compiler:
            ok, text = self.compile_c()
        self.result(ok, name, text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--cc", nargs="+", default=[])
    parser.add_argument("--include", nargs="*", default=[])
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "page.h"), "w", encoding="utf-8") as f:
            f.write(PAGE_H)
        bench = Bench(folder, args.cc, args.include)
        for row in REFUSED:
            bench.refused(*row)
        for row in ACCEPTED:
            bench.accepted(*row)
        if args.cc:
            for row in REFUSED_BY_C:
                bench.refused_by_c(*row)
        print(f"1..{bench.number}")
    return 1 if bench.bad else 0


if __name__ == "__main__":
    sys.exit(main())
