#!/usr/bin/env python3
# -*- coding: utf-8 -*-
"""One door for newcomers, developers and CI: `python3 dev.py run | test | check | manage | bench`.

Written so that an old Python can still read it and say that it is old. The rest is in development/.
"""

import os
import sys


def main():
    # type: () -> int
    if sys.version_info < (3, 11):
        found = "{}.{}".format(*sys.version_info[:2])
        sys.stderr.write("Cần Python 3.11 trở lên, đang chạy bằng Python " + found + ": hãy dùng python3.11 dev.py …\n")
        return 1
    if os.name != "posix":
        sys.stderr.write("dev.py chạy trên Linux và macOS: trên Windows hãy dùng WSL.\n")
        return 1
    from development.commands import main as commands

    return commands(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
