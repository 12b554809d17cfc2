#!/usr/bin/env python3
"""Run the checks of the house: a line per check, and file:line, what, how to mend per finding.

usage: lint.py [CHECK...]      the last line is: lint: N passed, N failed

SPDX-License-Identifier: MIT
"""

import os
import sys

sys.path.append(os.path.join(os.path.dirname(__file__), "../abi"))

import abi
import headers
import shape
import words

CHECKS = {check.__name__: check for check in shape.CHECKS + words.CHECKS + headers.CHECKS + abi.CHECKS}
SHOWN = 40


def main(wanted):
    unknown = [name for name in wanted if name not in CHECKS]
    if unknown:
        print(f"lint: no check '{unknown[0]}'; there are: {', '.join(CHECKS)}", file=sys.stderr)
        return 2
    failed = 0
    for name in wanted or CHECKS:
        check = CHECKS[name]
        findings = sorted(set(check()))
        print(f"{'FAIL' if findings else 'ok  '} {name}: {check.__doc__.splitlines()[0]}")
        for file, line, what in findings[:SHOWN]:
            print(f"     {file}:{line}: {what}")
        if len(findings) > SHOWN:
            print(f"     and {len(findings) - SHOWN} more")
        failed += bool(findings)
    print(f"lint: {len(wanted or CHECKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
