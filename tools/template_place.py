# SPDX-License-Identifier: Apache-2.0
"""template_place - where in the HTML a template stands: the part of the HTML syntax that decides on
escaping (WHATWG HTML 13.2.5, states data, RCDATA, tag, attribute), and the rules of the house.

It is stricter than a browser on purpose: attributes are quoted, every element is closed where it
was opened, inline script and style do not exist. So there is one reading of a template, and a value
can only stand where one of five ways of escaping is right. What it lets through is also minimised:
comments go, white space shrinks.
"""
import re

VOID = set("area br col embed hr img input link meta source track wbr".split())
BLOCK = set("html head body header footer main nav section article aside div p ul ol li dl dt dd"
            " table thead tbody tfoot tr td th caption colgroup col form fieldset legend h1 h2 h3"
            " h4 h5 h6 hr br pre blockquote figure figcaption details summary option optgroup meta"
            " link title script style dialog search template menu address datalist g path rect"
            " circle line polyline polygon use defs symbol".split())
REFUSED = {"base": "addresses would change their meaning", "iframe": "the CSP has no frames",
           "frame": "the CSP has no frames", "object": "the CSP has no plugins",
           "embed": "the CSP has no plugins", "applet": "the CSP has no plugins",
           "plaintext": "it ends the page", "xmp": "write pre", "noembed": "obsolete",
           "noframes": "obsolete", "animate": "it can set addresses", "set": "it can set addresses",
           "foreignobject": "it changes the rules of parsing",
           "math": "it changes the rules of parsing"}
URL_ATTRS = set("href src action formaction poster cite data background manifest longdesc"
                " xlink:href".split())
FETCHED = set("src poster background manifest".split())  # by the browser itself: within the site
REFUSED_VALUES = set("style srcdoc srcset imagesrcset http-equiv ping attributename nonce integrity"
                     " is slot sandbox".split())
KEEP_SPACE = {"pre", "textarea"}
SAFE_START = re.compile(r"(/(?![/\\])|#|\?|https?://[^/?#\s\\\0]+[/?#]|mailto:)", re.I)
SAFE_WHOLE = re.compile(r"(/(?![/\\])[^\s\\]*|/|#\S*|\?\S*|https?://[^\s\\]+|mailto:\S+|"
                        r"tel:[0-9+-]+)\Z", re.I)
SPACES = re.compile(r"[ \t\r\n\f]+")
WORD = re.compile(r"[^\W\d_]")


class Wrong(Exception):
    """One thing that must be corrected, as file:line: text."""


class Element:
    def __init__(self, written, line, attrs):
        self.written, self.name, self.line, self.attrs = written, written.lower(), line, attrs
        self.csrf_seen = self.button_posts = False

    def posts(self):
        method = self.attrs.get("method", "get")  # None: not literal
        return self.name == "form" and (self.button_posts or (method or "post").lower() == "post")


class Place:
    """Reads literal pieces with feed(), is asked at values with value(), gives back less text."""

    def __init__(self, path, mail):
        self.path, self.mail = path, mail
        self.state = "text"      # comment, tag, value; rcdata (title, textarea), raw (script), ..
        self.stack = []
        self.line = 1
        self.tag = self.attr = self.quote = None
        self.attrs = {}          # of the tag being read: name -> value, or None where not literal
        self.need_space = False  # in a tag: a name or value just ended
        self.literals = [""]     # the value being read, for each way through it; \0: printed
        self.written, self.tag_line = "", 1
        self.limit = 0           # elements that the present branch may not close
        self.before = "block"    # what stands before white space: block, inline
        self.pending = ""        # white space not yet decided
        self.out = []
        self.words = []          # (line, text): for the check of untranslated text

    def wrong(self, text, line=None):
        raise Wrong(f"{self.path}:{line or self.line}: {text}")

    # ---- what the parser asks -------------------------------------------------------------------

    def mark(self):
        """What must be equal at both ends of a branch."""
        if self.state in ("name", "assign"):  # a condition ends the name before it
            self.state, self.need_space = "tag", True
        if self.state == "lt":
            self.wrong("a tag's name must be literal")
        where = self.attr if self.state == "value" else None
        return (self.state, self.tag if self.state != "text" else None, where, len(self.stack))

    def take(self):
        """The text since the last take; undecided white space is kept as one blank."""
        self.settle("inline")
        text, self.out = "".join(self.out), []
        return text

    def settle(self, after):
        if self.pending and self.before != "block" and after != "block":
            self.out.append(" ")
        self.pending = ""

    def value(self, line):
        """The way of escaping for a value that is printed here."""
        self.line = line
        if self.state == "text":
            self.settle("inline")
            self.before = "inline"
            return "text"
        if self.state == "rcdata":
            return "field" if self.stack[-1].name == "textarea" else "attr"
        if self.state == "value":
            return self.attribute_value()
        where = {"comment": "in a comment", "raw": f"inside <{self.stack[-1].name}>" if self.stack
                 else "",
                 "tag": "as an attribute's name", "lt": "as a tag's name",
                 "name": "in a tag's name",
                 "assign": "as an unquoted attribute value: put it in quotes"}
        self.wrong(f"a value cannot stand {where[self.state]}")
        return None

    def attribute_value(self):
        name, tag = self.attr, self.tag
        if name.startswith("on"):
            self.wrong(f"a value cannot stand in the event handler {name}=")
        if name in REFUSED_VALUES:
            self.wrong(f"a value cannot stand in {name}=")
        if tag in ("script", "link") and name in ("type", "rel"):
            self.wrong(f"a value cannot stand in {name}= of <{tag}>")
        if is_url(name):
            return self.url_value()
        self.add_literal("\0")
        return "field" if name == "value" else "attr"

    def add_literal(self, piece):
        self.literals = [literal + piece for literal in self.literals]

    def url_value(self):
        before = list(self.literals)
        self.add_literal("\0")
        if before == [""]:
            return "href"
        for literal in before:
            if literal == "\0":
                self.wrong_after_url()
            if not SAFE_START.match(literal):
                self.wrong(f"{self.attr}= must begin with '/', '#', '?', 'http(s)://host/' or"
                           " 'mailto:' before a value, or be a struct html_url alone")
        return "query" if all(re.search(r"[?#]|^mailto:", x, re.I) for x in before) else "path"

    def wrong_after_url(self):
        self.wrong(f"a struct html_url is the whole value of {self.attr}=: nothing may follow it")

    def csrf(self):
        for element in self.stack:
            element.csrf_seen = True
        if self.stack and not any(e.posts() for e in self.stack):
            if any(e.name == "form" for e in self.stack):
                self.wrong("{{csrf}} in a form that is not method=\"post\" would show the token in"
                           " the address")

    # ---- reading --------------------------------------------------------------------------------

    def feed(self, text, line):
        self.line = line
        at = 0
        while at < len(text):
            end = getattr(self, "read_" + self.state)(text, at)
            self.line += text.count("\n", at, end)
            at = end

    def read_text(self, text, at):
        end = text.find("<", at)
        end = len(text) if end < 0 else end
        if end > at:
            self.add_text(text[at:end])
            return end
        return self.open_angle(text, at)

    def open_angle(self, text, at):
        if text.startswith("<!--", at):
            self.state = "comment"
            return at + 4
        m = re.compile(r"<!doctype html>", re.I).match(text, at)
        if m:
            self.out.append("<!doctype html>")
            return m.end()
        m = re.compile(r"</([a-zA-Z][a-zA-Z0-9:-]*)\s*>").match(text, at)
        if m:
            self.close(m.group(1).lower())
            return m.end()
        m = re.compile(r"<([a-zA-Z][a-zA-Z0-9:-]*)").match(text, at)
        if m:
            return self.open_tag(m, text)
        if at + 1 == len(text):
            self.state = "lt"
            return at + 1
        self.wrong("'<' that opens no tag: write &lt;")
        return at

    def open_tag(self, m, text):
        name = m.group(1)
        self.written, self.tag, self.attrs, self.tag_line = name, name.lower(), {}, self.line
        if self.tag in REFUSED:
            self.wrong(f"<{name}> is not used: {REFUSED[self.tag]}")
        self.settle("block" if self.tag in BLOCK else "inline")
        self.out.append("<" + name)
        self.state, self.need_space = "tag", True
        if m.end() == len(text):
            self.state = "name"
        return m.end()

    def read_lt(self, _text, _at):
        self.wrong("a tag's name must be literal")

    def read_name(self, text, at):
        if not re.match(r"[\s/>]", text[at]):
            self.wrong("a tag's name must be literal")
        self.state = "tag"
        return at

    def read_tag(self, text, at):
        m = SPACES.match(text, at)
        if m:
            rest = text[m.end():m.end() + 1]
            if rest not in (">", "/") and not (self.out and self.out[-1] == " "):
                self.out.append(" ")
            self.need_space = False
            return m.end()
        if text[at] == ">":
            self.end_tag(False)
            return at + 1
        if text.startswith("/>", at):
            self.end_tag(True)
            return at + 2
        m = re.compile(r"([a-zA-Z_:@][a-zA-Z0-9_:.@-]*)").match(text, at)
        if not m:
            self.wrong(f"'{text[at]}' is no attribute's name")
        if self.need_space:
            self.wrong("white space is missing before an attribute")
        self.start_attr(m.group(1))
        return m.end()

    def start_attr(self, name):
        self.attr = name.lower()
        if self.attr in self.attrs:
            self.wrong(f"{name}= twice in one tag")
        if self.attr.startswith("on"):
            self.wrong(f"{name}=: event handlers belong into assets/js, the CSP blocks them here")
        if self.attr == "style" and not self.mail:
            self.wrong("style=: use a class, the CSP blocks it here (mail templates may)")
        if self.attr in ("srcdoc",):
            self.wrong(f"{name}= is not used")
        self.attrs[self.attr] = ""
        self.out.append(name)
        self.state = "assign"

    def read_assign(self, text, at):
        m = re.compile(r"\s*=\s*").match(text, at)
        if not m:
            self.state, self.need_space = "tag", True
            return at
        if m.end() == len(text):
            self.state = "assign"
            self.wrong("an unquoted attribute value: put it in quotes")
        quote = text[m.end()]
        if quote not in "\"'":
            self.wrong(f"{self.attr}= has no quotes: put the value in quotes")
        self.out.append("=" + quote)
        self.state, self.quote, self.literals = "value", quote, [""]
        return m.end() + 1

    def read_value(self, text, at):
        end = text.find(self.quote, at)
        stop = len(text) if end < 0 else end
        piece = text[at:stop]
        if is_url(self.attr) and piece and "\0" in self.literals:
            self.wrong_after_url()
        self.add_literal(piece)
        self.out.append(piece)
        if end < 0:
            return stop
        self.out.append(self.quote)
        self.end_value()
        return end + 1

    def end_value(self):
        one = self.literals[0] if len(self.literals) == 1 else "\0"
        self.attrs[self.attr] = None if "\0" in one else one
        for literal in self.literals:
            if is_url(self.attr) and literal != "\0":
                self.check_address(literal)
            if self.attr in ("title", "alt", "placeholder", "aria-label", "aria-description",
                             "label"):
                self.note_words(literal)
            if self.attr == "value" and self.attrs.get("type") in ("submit", "button", "reset"):
                self.note_words(literal)
        self.state, self.need_space = "tag", True

    def check_address(self, literal):
        if literal == "" and self.attr in ("href", "action", "formaction"):
            return  # the page itself
        if not SAFE_WHOLE.match(literal.replace("\0", "x")):
            self.wrong(f"{self.attr}=\"{literal}\": an address begins with '/', '#', '?', http(s):"
                       " or mailto:")
        if self.attr in FETCHED and not literal.startswith("/") and not self.mail:
            self.wrong(f"{self.attr}=: no request to third parties; take it from /assets/")

    def end_tag(self, selfclosed):
        name = self.tag
        if name == "img" and "alt" not in self.attrs:
            self.wrong("<img> needs alt=", self.tag_line)
        if name == "meta" and "http-equiv" in self.attrs and self.attrs.get("content", "") is None:
            self.wrong("a value cannot stand in content= beside http-equiv=", self.tag_line)
        if name == "script" and "src" not in self.attrs:
            self.wrong("inline <script>: the CSP blocks it; put it into assets/js", self.tag_line)
        if name == "style" and not self.mail:
            self.wrong("<style>: the CSP blocks it; put it into assets/css", self.tag_line)
        self.out.append("/>" if selfclosed else ">")
        self.state, self.before = "text", "block" if name in BLOCK else "inline"
        if (self.attrs.get("formmethod", "get") or "post").lower() == "post":
            for outer in self.stack:
                outer.button_posts = True
        element = Element(self.written, self.tag_line, self.attrs)
        if name in VOID and not self.in_svg():
            return
        if selfclosed:
            if not (self.in_svg() or name == "svg"):
                self.wrong(f"<{name}/>: '/' closes nothing in HTML, write </{name}>", self.tag_line)
            return
        in_svg = self.in_svg()
        self.stack.append(element)
        if name == "textarea" or (name == "title" and not in_svg):
            self.state = "rcdata"
            if name == "textarea":
                self.out.append("\n")  # the parser drops one line feed here: not the value's own
        elif name in ("script", "style"):
            self.state = "raw"

    def in_svg(self):
        return any(e.name == "svg" for e in self.stack)

    def close(self, name):
        if name in VOID:
            self.wrong(f"</{name}>: <{name}> has no end tag")
        if not self.stack:
            self.wrong(f"</{name}> closes nothing")
        top = self.stack[-1]
        if top.name != name:
            self.wrong(f"</{name}> but <{top.name}> of line {top.line} is open")
        if len(self.stack) <= self.limit:
            self.wrong(f"</{name}> closes what was opened outside of this condition or loop")
        if top.posts() and not top.csrf_seen:
            self.wrong("<form> that posts without {{csrf}}", top.line)
        self.stack.pop()
        block = name in BLOCK
        self.settle("block" if block else "inline")
        self.before = "block" if block else "inline"
        self.out.append(f"</{top.written}>")

    def read_comment(self, text, at):
        end = text.find("-->", at)
        if end < 0:
            return len(text)
        self.state = "text"
        return end + 3

    def read_rcdata(self, text, at):
        name = self.stack[-1].name
        end = text.find("<", at)
        stop = len(text) if end < 0 else end
        if stop > at:
            self.note_words(text[at:stop])
            self.out.append(text[at:stop])
            return stop
        m = re.compile(rf"</{name}\s*>", re.I).match(text, at)
        if not m:
            self.wrong(f"'<' inside <{name}>: write &lt;")
        self.state = "text"
        self.close(name)
        return m.end()

    def read_raw(self, text, at):
        name = self.stack[-1].name
        end = text.lower().find("</" + name, at)
        stop = len(text) if end < 0 else end
        if name == "script" and text[at:stop].strip():
            self.wrong("inline script: the CSP blocks it; put it into assets/js")
        self.out.append(SPACES.sub(" ", text[at:stop]))
        if end < 0:
            return stop
        m = re.compile(rf"</{name}\s*>", re.I).match(text, end)
        if not m:
            self.wrong(f"</{name} is not closed")
        self.state = "text"
        self.close(name)
        return m.end()

    def add_text(self, text):
        self.note_words(text)
        if any(e.name in KEEP_SPACE for e in self.stack):
            self.out.append(text)
            self.before = "inline"
            return
        for piece in re.split(r"([ \t\r\n\f]+)", text):
            if not piece:
                continue
            if SPACES.fullmatch(piece):
                self.pending = " "
                continue
            self.settle("inline")
            self.out.append(piece)
            self.before = "inline"

    def note_words(self, text):
        text = re.sub(r"&[a-zA-Z0-9#]+;", lambda m: " " * len(m.group(0)), text.replace("\0", " "))
        m = WORD.search(text)
        if m and not any(e.attrs.get("translate") == "no" for e in self.stack):
            line = self.line + text.count("\n", 0, m.start())
            self.words.append((line, " ".join(text.split())))

    def finish(self):
        if self.state != "text":
            self.wrong("the template ends inside a tag, comment or value")
        if self.stack:
            top = self.stack[-1]
            self.wrong(f"<{top.name}> is never closed", top.line)
        self.pending = ""


def is_url(name):
    return name in URL_ATTRS or name.startswith("data-") and re.search(r"(href|url|src)\Z",
                                                                       name) is not None

