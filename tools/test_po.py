#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""test_po - catalogues that must stop the build, what good ones give, and po.py check. TAP."""
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import po  # noqa: E402

GOOD = {
    "en/common.po": 'msgid "act.save"\nmsgstr "Save"\n\nmsgid "n.items"\nmsgid_plural "n.items"\n'
                    'msgstr[0] "{n} item"\nmsgstr[1] "{n} items"\n',
    "en/intel.po": 'msgid ""\nmsgstr "header"\n\n#. Said to {who}.\nmsgid "intel.hello"\n'
                   'msgstr "Hello {who}, "\n"\\"you\\"?"\n',
    "zh_Hant/common.po": 'msgid "act.save"\nmsgstr "儲存"\n\nmsgid "n.items"\n'
                         'msgid_plural "n.items"\nmsgstr[0] "{n} 項"\n',
    "zh_Hant/intel.po": 'msgid "intel.hello"\nmsgstr "{who}，你好"\n',
    "zh_Hans/common.po": 'msgid "act.save"\nmsgstr "保存"\n',
}

# name, file, its text, part of the error
BAD = [
    ("key that is a sentence", "en/common.po", 'msgid "Save it"\nmsgstr "x"\n', "is no key"),
    ("key without a dot", "en/common.po", 'msgid "save"\nmsgstr "x"\n', "is no key"),
    ("key of another area", "en/intel.po", 'msgid "watch.x"\nmsgstr "x"\n', "begin with 'intel.'"),
    ("a room's key in common", "en/common.po", 'msgid "intel.x"\nmsgstr "x"\n', "into intel.po"),
    ("key twice", "en/common.po", 'msgid "a.b"\nmsgstr "x"\nmsgid "a.b"\nmsgstr "y"\n', "already"),
    ("two keys, one C name", "en/common.po",
     'msgid "a.b_c"\nmsgstr "x"\nmsgid "a.b.c"\nmsgstr "y"\n',
     "same C name"),
    ("no English text", "en/common.po", 'msgid "a.b"\nmsgstr ""\n', "no English"),
    ("key that English lacks", "zh_Hant/common.po", 'msgid "a.b"\nmsgstr "x"\n', "not in en/"),
    ("placeholder missing", "zh_Hant/intel.po", 'msgid "intel.hello"\nmsgstr "x"\n',
     "placeholders differ"),
    ("placeholder misspelt", "zh_Hant/intel.po", 'msgid "intel.hello"\nmsgstr "{whom}"\n',
     "placeholders differ"),
    ("brace alone", "en/common.po", 'msgid "a.b"\nmsgstr "a { b"\n', "brace"),
    ("placeholder with a capital", "en/common.po", 'msgid "a.b"\nmsgstr "{Name}"\n', "brace"),
    ("plural without {n}", "en/common.po",
     'msgid "a.b"\nmsgid_plural "a.b"\nmsgstr[0] "x"\nmsgstr[1] "y"\n', "needs {n}"),
    ("plural with one form", "en/common.po", 'msgid "a.b"\nmsgid_plural "a.b"\nmsgstr[0] "{n}"\n',
     "needs 2 msgstr"),
    ("Chinese with two forms", "zh_Hant/common.po",
     'msgid "n.items"\nmsgid_plural "n.items"\nmsgstr[0] "{n}"\nmsgstr[1] "{n}"\n',
     "needs 1 msgstr"),
    ("plural in one language only", "zh_Hant/common.po", 'msgid "n.items"\nmsgstr "{n}"\n',
     "one language only"),
    ("msgid_plural that differs", "en/common.po",
     'msgid "a.b"\nmsgid_plural "a.c"\nmsgstr[0] "{n}"\nmsgstr[1] "{n}"\n', "repeats the key"),
    ("fuzzy", "en/common.po", '#, fuzzy\nmsgid "a.b"\nmsgstr "x"\n', "fuzzy"),
    ("no quotes", "en/common.po", 'msgid a.b\n', "double quotes"),
    ("unknown escape", "en/common.po", 'msgid "a.b"\nmsgstr "\\x41"\n', "unknown escape"),
    ("msgctxt", "en/common.po", 'msgid "a.b"\nmsgctxt "c"\nmsgstr "x"\n', "not used here"),
    ("text without msgid", "en/common.po", '"x"\n', "without msgid"),
    ("blank at the end", "en/common.po", 'msgid "a.b"\nmsgstr "x "\n', "blank"),
]

CHECKS = [
    ("missing translation", "zh_Hans/intel.po", "", "every message is translated", "zh_Hans"),
    ("unused key", "en/intel.po", GOOD["en/intel.po"] + '\nmsgid "intel.idle"\nmsgstr "x"\n',
     "every message is used", "intel.idle"),
    ("mainland word in zh_Hant", "zh_Hant/common.po", 'msgid "act.save"\nmsgstr "信息"\n',
     "words follow the glossary", "資訊"),
    ("Simplified character in zh_Hant", "zh_Hant/common.po", 'msgid "act.save"\nmsgstr "认"\n',
     "words follow the glossary", "认"),
    ("translated TLP", "zh_Hant/common.po", 'msgid "act.save"\nmsgstr "TLP：琥珀"\n',
     "words follow the glossary", "never translated"),
]

NUMBER = 0
BAD_COUNT = 0


def result(ok, name, text=""):
    global NUMBER, BAD_COUNT
    NUMBER += 1
    BAD_COUNT += not ok
    if not ok:
        print("# " + text.replace("\n", "\n# "))
    print(f"{'' if ok else 'not '}ok {NUMBER} - {name}")


def write(folder, files):
    for name, text in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)


def error_of(files):
    with tempfile.TemporaryDirectory() as folder:
        write(folder, files)
        try:
            po.compile_all(folder, folder, None)
        except po.Wrong as e:
            return str(e)
    return "it compiles"


def test_output():
    with tempfile.TemporaryDirectory() as folder:
        write(folder, GOOD)
        depfile = os.path.join(folder, "d")
        po.compile_all(folder, folder, depfile)
        with open(os.path.join(folder, "i18n_catalogue.h"), encoding="utf-8") as f:
            header = f.read()
        with open(os.path.join(folder, "i18n_catalogue.c"), encoding="utf-8") as f:
            source = f.read()
        with open(depfile, encoding="utf-8") as f:
            used = f.read()
    order = [header.index("MSG_" + k) for k in ("n_items,", "act_save,", "intel_hello,")]
    result(order == sorted(order), "messages with plural forms come first", header)
    result("#define I18N_PLURALS 1\n#define I18N_MESSAGES 3\n" in header, "counts", header)
    result("MSGN_intel_hello = 1," in header and "MSGA_intel_hello__who = 1," in header,
           "placeholders are constants", header)
    result('{"Hello {who}, \\"you\\"?", 19}' in source, "texts are joined and escaped", source)
    result('{"{n} items", 9}' in source and '{"{n} item", 8}' in source, "both forms", source)
    result("{NULL, 0}" in source, "a missing translation is empty", source)
    result("zh_Hant/intel.po" in used and used.count("zh_Hans") >= 2, "depfile names all", used)


def test_check(name, path, text, test, part):
    with tempfile.TemporaryDirectory() as folder:
        write(folder, dict(GOOD, **{path: text}))
        write(folder, {"src/a.html": "{{t intel.hello who=x}}"})
        faults = dict(po.check(folder, [os.path.join(folder, "src")]))[test]
    result(any(part in f for f in faults), name, "\n".join(faults))


def main():
    test_output()
    for name, path, text, part in BAD:
        error = error_of(dict(GOOD, **{path: text}))
        result(part in error and f"{path}:" in error, name, error)
    for row in CHECKS:
        test_check(*row)
    print(f"1..{NUMBER}")
    return 1 if BAD_COUNT else 0


if __name__ == "__main__":
    sys.exit(main())
