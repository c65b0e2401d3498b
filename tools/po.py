#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""po - compiles the words of the hub (lang/<language>/<area>.po) to C arrays, and checks them.

Why not gettext's own tools: a key that does not exist must not compile, a placeholder that one
language lacks must stop the build, and no locale of the operating system may matter. The input is
the part of the .po format that translators' editors write; msgid is a key, not a sentence.

  po.py compile --lang lang --out DIR [--depfile FILE]   i18n_catalogue.c and .h
  po.py check --lang lang --src src [--tap]              missing, unused, wrong words
"""
import argparse
import os
import re
import sys

LANGUAGES = ("en", "zh_Hant", "zh_Hans")  # the order of enum i18n_lang
PLURALS = {"en": 2, "zh_Hant": 1, "zh_Hans": 1}
SHARED = "common"  # the area whose keys need no prefix and may wait for their first use
KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9][a-z0-9_]*)+\Z")
PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"\s*\Z')
ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}

# Words of the other shore (patterns): what the glossary says otherwise; and characters of the
# wrong script.
WRONG_WORDS = {
    "zh_Hant": {
        "資訊安全": "資訊保安", "信息": "資訊", "網路": "網絡", "軟體": "軟件",
        "登錄(?!檔)": "登入", "用戶端": "客戶端", "釣魚郵件": "仿冒電郵", "郵箱": "電郵地址",
        "鏈接": "連結", "數據庫": "資料庫", "默認": "預設", "點擊": "按"},
    "zh_Hans": {
        "资讯": "信息", "登入": "登录", "网路": "网络", "软体": "软件", "电邮": "电子邮件",
        "保安": "安全", "连结": "链接", "预设": "默认", "资料库": "数据库"},
}
WRONG_SCRIPT = {
    "zh_Hant": "们个这对开关时间来为国会学发见话说请输错误电邮网络员机构权认证页标题删编辑业务",
    "zh_Hans": "們個這對開關時間來為國會學發見話說請輸錯誤電郵網絡員機構權認證頁標題刪編輯業務",
}


class Wrong(Exception):
    """One thing that must be corrected, as file:line: text."""


class Entry:
    def __init__(self, path, line):
        self.path, self.line = path, line
        self.key, self.plural, self.texts = None, None, {}
        self.official = False  # "#. official name": its words are not ours to choose

    def where(self):
        return f"{self.path}:{self.line}"

    def names(self, form):
        return set(PLACEHOLDER.findall(self.texts.get(form, "")))

    def all_names(self):
        return set().union(*(self.names(f) for f in self.texts)) if self.texts else set()


def unquote(text, where):
    m = STRING.match(text.strip())
    if not m:
        raise Wrong(f"{where}: expected a text in double quotes")
    out = []
    for part in re.split(r"(\\.)", m.group(1)):
        if len(part) == 2 and part[0] == "\\":
            if part[1] not in ESCAPES:
                raise Wrong(f"{where}: unknown escape {part}")
            part = ESCAPES[part[1]]
        out.append(part)
    return "".join(out)


def read_entries(path, text):
    """The entries of one .po file; the header entry (msgid "") is left out."""
    entries, entry, field, official = [], None, None, False
    for number, line in enumerate(text.split("\n"), 1):
        where = f"{path}:{number}"
        line = line.strip()
        if not line:
            continue
        if line.startswith("#"):
            if "fuzzy" in line and line.startswith("#,"):
                raise Wrong(f"{where}: settle the fuzzy text and remove the flag")
            official |= "official name" in line
            continue
        if line.startswith('"'):
            if entry is None or field is None:
                raise Wrong(f"{where}: a text without msgid or msgstr")
            value = unquote(line, where)
            if field in ("key", "plural"):
                setattr(entry, field, getattr(entry, field) + value)
            else:
                entry.texts[field] += value
            continue
        word, _, rest = line.partition(" ")
        if word == "msgid":
            entry, field = Entry(path, number), "key"
            entry.official, official = official, False
            entries.append(entry)
            entry.key = unquote(rest, where)
        elif entry is None:
            raise Wrong(f"{where}: {word} before any msgid")
        elif word == "msgid_plural":
            field, entry.plural = "plural", unquote(rest, where)
        elif word == "msgstr" or re.fullmatch(r"msgstr\[\d\]", word):
            field = int(word[7]) if word != "msgstr" else 0
            if field in entry.texts:
                raise Wrong(f"{where}: a second {word} for {entry.key}")
            entry.texts[field] = unquote(rest, where)
        else:
            raise Wrong(f"{where}: {word} is not used here (msgid, msgid_plural, msgstr)")
    return [e for e in entries if e.key != ""]


def check_entry(entry, language, area, areas):
    where = entry.where()
    if not KEY.match(entry.key):
        raise Wrong(f"{where}: '{entry.key}' is no key: lower-case words joined by dots")
    first = entry.key.split(".")[0]
    if area != SHARED and first != area:
        raise Wrong(f"{where}: keys in {area}.po begin with '{area}.'")
    if area == SHARED and first in areas - {SHARED}:
        raise Wrong(f"{where}: '{entry.key}' belongs into {first}.po")
    if entry.plural is not None and entry.plural != entry.key:
        raise Wrong(f"{where}: msgid_plural repeats the key")
    forms = PLURALS[language] if entry.plural is not None else 1
    if set(entry.texts) != set(range(forms)):
        raise Wrong(f"{where}: {entry.key} needs {forms} msgstr in {language}")
    for form, text in entry.texts.items():
        if "{" in PLACEHOLDER.sub("", text) or "}" in PLACEHOLDER.sub("", text):
            raise Wrong(f"{where}: a brace that is no {{name}}")
        if "\0" in text or text != text.strip(" \n"):
            raise Wrong(f"{where}: blank at the beginning or end of the text")
    if entry.plural is not None and any(entry.texts.values()) and "n" not in entry.all_names():
        raise Wrong(f"{where}: a message with plural forms needs {{n}}")


def read_language(folder, language, areas):
    """{key: Entry} of one language."""
    found = {}
    for area in sorted(areas):
        path = os.path.join(folder, language, area + ".po")
        if not os.path.exists(path):
            continue
        with open(path, encoding="utf-8", newline="") as f:
            text = f.read()
        for entry in read_entries(path, text):
            check_entry(entry, language, area, areas)
            other = found.get(entry.key)
            if other:
                raise Wrong(f"{entry.where()}: {entry.key} is already in {other.where()}")
            found[entry.key] = entry
    return found


def areas_of(folder):
    names = set()
    for language in LANGUAGES:
        path = os.path.join(folder, language)
        if os.path.isdir(path):
            names |= {n[:-3] for n in os.listdir(path) if n.endswith(".po")}
    return names


def read_all(folder):
    """{language: {key: Entry}}, with what must agree between languages checked."""
    areas = areas_of(folder)
    words = {language: read_language(folder, language, areas) for language in LANGUAGES}
    english = words["en"]
    constants = {}
    for key, entry in english.items():
        other = constants.setdefault(constant(key), key)
        if other != key:
            raise Wrong(f"{entry.where()}: {key} and {other} have the same C name")
        if not all(entry.texts.values()):
            raise Wrong(f"{entry.where()}: {key} has no English text")
    for language in LANGUAGES[1:]:
        for key, entry in words[language].items():
            source = english.get(key)
            if source is None:
                raise Wrong(f"{entry.where()}: {key} is not in en/: a key begins there")
            if (entry.plural is None) != (source.plural is None):
                raise Wrong(f"{entry.where()}: plural forms in one language only, see"
                            f" {source.where()}")
            if any(entry.texts.values()) and entry.all_names() != source.all_names():
                odd = ", ".join(sorted(entry.all_names() ^ source.all_names()))
                raise Wrong(f"{entry.where()}: placeholders differ from {source.where()}: {odd}")
    return words


def constant(key):
    return key.replace(".", "_")


def c_string(text):
    out = []
    for byte in text.encode("utf-8"):
        char = chr(byte)
        if char in '"\\':
            out.append("\\" + char)
        elif 32 <= byte < 127:
            out.append(char)
        else:
            out.append(f"\\{byte:03o}")
    return '"' + "".join(out).replace("??", '?\\?') + '"'


def view(text):
    return f"{{{c_string(text)}, {len(text.encode('utf-8'))}}}" if text else "{NULL, 0}"


def header_text(keys, english, plurals):
    lines = ["/* SPDX-License-Identifier: Apache-2.0 */",
             "/* Generated by tools/po.py from lang/en: the names of all messages. MSGN_x:",
             " * how many {names} x has; MSGA_x__y exists where x has {y}. */",
             "#ifndef I18N_CATALOGUE_H", "#define I18N_CATALOGUE_H", "", "#include \"i18n_lang.h\"",
             "",
             "enum i18n_msg {"]
    lines += [f"    MSG_{constant(k)}," for k in keys]
    lines += ["};", f"#define I18N_PLURALS {plurals}", f"#define I18N_MESSAGES {len(keys)}", "",
              "enum {"]
    for key in keys:
        names = sorted(english[key].all_names())
        lines.append(f"    MSGN_{constant(key)} = {len(names)},")
        lines += [f"    MSGA_{constant(key)}__{n} = 1," for n in names]
    lines += ["};", "", "extern const struct bw_view i18n_texts[I18N_LANGS][I18N_MESSAGES];",
              "extern const struct bw_view i18n_singular[I18N_LANGS][I18N_PLURALS + 1];",
              "extern const struct bw_view i18n_keys[I18N_MESSAGES];", "", "#endif", ""]
    return "\n".join(lines)


def source_text(keys, words, plurals):
    lines = ["/* SPDX-License-Identifier: Apache-2.0 */",
             "/* Generated by tools/po.py from lang/. */",
             '#include "i18n_catalogue.h"', "",
             "const struct bw_view i18n_texts[I18N_LANGS][I18N_MESSAGES] = {"]
    for language in LANGUAGES:
        lines.append("    {")
        for key in keys:
            entry = words[language].get(key)
            lines.append(f"        {view(entry.texts[max(entry.texts)] if entry else '')},")
        lines.append("    },")
    lines += ["};", "const struct bw_view i18n_singular[I18N_LANGS][I18N_PLURALS + 1] = {"]
    for language in LANGUAGES:
        lines.append("    {")
        for key in keys[:plurals]:
            entry = words[language].get(key)
            lines.append(f"        {view(entry.texts[0] if entry else '')},")
        lines += ["        {NULL, 0},", "    },"]
    lines += ["};", "const struct bw_view i18n_keys[I18N_MESSAGES] = {"]
    lines += [f"    {view(k)}," for k in keys] + ["};", ""]
    return "\n".join(lines)


def write_if_changed(path, text):
    """An unchanged header keeps its time, so that new texts do not compile the house again."""
    try:
        with open(path, encoding="utf-8") as f:
            if f.read() == text:
                return
    except OSError:
        pass
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def compile_all(folder, out, depfile):
    words = read_all(folder)
    english = words["en"]
    if not english:
        raise Wrong(f"{folder}/en: no messages")
    keys = sorted(english, key=lambda k: (english[k].plural is None, k))
    plurals = sum(1 for k in keys if english[k].plural is not None)
    write_if_changed(os.path.join(out, "i18n_catalogue.h"), header_text(keys, english, plurals))
    write_if_changed(os.path.join(out, "i18n_catalogue.c"), source_text(keys, words, plurals))
    if depfile:
        used = [os.path.join(folder, language) for language in LANGUAGES]
        used += [os.path.join(d, n) for d in used for n in sorted(os.listdir(d))
                 if n.endswith(".po")]
        with open(depfile, "w", encoding="utf-8") as f:
            f.write(os.path.join(out, "i18n_catalogue.c") + ": " + " ".join(p.replace(" ", "\\ ")
                                                                            for p in used) + "\n")


def used_constants(roots):
    """Every MSG_x in C, every {{t x}} and {{#t x}} in templates."""
    used = set()
    for root in roots:
        for folder, folders, files in os.walk(root):
            folders[:] = [d for d in folders if not d.startswith(".")]
            for name in files:
                if not name.endswith((".c", ".h", ".html")):
                    continue
                with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as f:
                    text = f.read()
                if name.endswith(".html"):
                    used |= {constant(k) for k in re.findall(r"\{\{#?t\s+([a-z0-9_.]+)", text)}
                else:
                    used |= set(re.findall(r"\bMSG_([a-z0-9_]+)", text))
    return used


def word_faults(words):
    for language in LANGUAGES[1:]:
        for entry in words[language].values():
            text = "" if entry.official else " ".join(entry.texts.values())
            for wrong, right in WRONG_WORDS[language].items():
                found = re.search(wrong, text)
                if found:
                    yield f"{entry.where()}: {found.group(0)}: write {right} in {language}"
            odd = sorted(set(WRONG_SCRIPT[language]) & set(text))
            if odd:
                yield f"{entry.where()}: {''.join(odd)} is not written so in {language}"
            if re.search(r"TLP[:：]\s*[^A-Z\s{（）]", text):
                yield f"{entry.where()}: TLP labels are never translated"


def check(folder, roots):
    """(name, faults) for each test."""
    words = read_all(folder)
    english = words["en"]
    missing = []
    for language in LANGUAGES[1:]:
        for key, entry in english.items():
            there = words[language].get(key)
            if there is None or not all(there.texts.values()):
                missing.append(f"{entry.where()}: {key} has no text in {language}")
    used = used_constants(roots)
    unused = [f"{e.where()}: {k} is used nowhere: remove it" for k, e in english.items()
              if constant(k) not in used and os.path.basename(e.path) != SHARED + ".po"]
    return [("every message is translated", missing), ("every message is used", unused),
            ("words follow the glossary", list(word_faults(words)))]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("command", choices=("compile", "check"))
    parser.add_argument("--lang", required=True)
    parser.add_argument("--out")
    parser.add_argument("--depfile")
    parser.add_argument("--src", action="append", default=[])
    parser.add_argument("--tap", action="store_true")
    args = parser.parse_args()
    try:
        if args.command == "compile":
            compile_all(args.lang, args.out, args.depfile)
            return 0
        results = check(args.lang, args.src)
    except Wrong as e:
        if args.tap:
            print(f"1..1\n# {e}\nnot ok 1 - the catalogues can be read")
        else:
            print(e, file=sys.stderr)
        return 1
    if args.tap:
        print(f"1..{len(results)}")
    for number, (name, faults) in enumerate(results, 1):
        for fault in faults:
            print(("# " if args.tap else "") + fault)
        if args.tap:
            print(f"{'not ' if faults else ''}ok {number} - {name}")
    return 1 if any(f for _, f in results) else 0


if __name__ == "__main__":
    sys.exit(main())
