"""Workers to be killed: one that reminds on the day given is forked for every line on standard input; its process id is the answer."""

import os
import signal
import sys
import time
from datetime import date

import django

django.setup()

from workflow.reminders import remind  # noqa: E402 - models exist after setup

signal.signal(signal.SIGCHLD, signal.SIG_IGN)

for _ in sys.stdin:
    pid = os.fork()
    if pid == 0:
        remind(date.fromisoformat(sys.argv[1]))
        time.sleep(60)
    sys.stdout.write(f"{pid}\n")
    sys.stdout.flush()
