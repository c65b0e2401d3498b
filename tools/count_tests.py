#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts the cases in Meson's JUnit logs and prints `N passed, N failed, N skipped` as the last line.

A program that died without saying which case failed counts as one failure. Exit status 1 if any failed.
"""
import sys
import xml.etree.ElementTree as ET


def main():
    passed = failed = skipped = 0
    for path in sys.argv[1:]:
        for suite in ET.parse(path).getroot().iter("testsuite"):
            cases = suite.findall("testcase")
            bad = 0
            for case in cases:
                if case.find("failure") is not None or case.find("error") is not None:
                    bad += 1
                    print("failed: %s: %s" % (suite.get("name"), case.get("name")))
                elif case.find("skipped") is not None:
                    skipped += 1
                else:
                    passed += 1
            if bad == 0 and int(suite.get("errors", 0)) + int(suite.get("failures", 0)) > 0:
                bad = 1
                print("failed: %s ended badly" % suite.get("name"))
            failed += bad
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
