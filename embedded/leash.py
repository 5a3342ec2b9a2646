"""Run a program that ends when the process that started it ends, however that one ended.

`python leash.py PARENT SIGNAL ACCOUNT PROGRAM ARGUMENTS…`, where ACCOUNT is `uid:gid` to become, or `-`. A script of
its own because Linux forgets the parent-death signal when a process changes its user: it is set after the change,
right before the program. Elsewhere than on Linux there is no such signal; leftovers are then ended at the next start
(processes.end_leftovers).
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, number, account, program = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:]
    libc = ctypes.CDLL(None, use_errno=True)
    if account != "-":
        user, group = (int(one) for one in account.split(":"))
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
    if sys.platform == "linux":
        libc.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit(1)
    os.execvp(program[0], program)  # noqa: S606 - the whole point is to become the program


main()
