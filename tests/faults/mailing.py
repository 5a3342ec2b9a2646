"""Senders of mail to be killed: one is forked for every line on standard input; its process id is the answer."""

import os
import signal
import sys
import time
from datetime import timedelta

import django

django.setup()

from django.conf import settings  # noqa: E402 - settings exist after setup

from notifications import mail  # noqa: E402
from notifications.tasks import send_due_mail  # noqa: E402

settings.MAIL_DAILY_AT = "00:00"
mail.LEASE = timedelta(seconds=1)
signal.signal(signal.SIGCHLD, signal.SIG_IGN)

for _ in sys.stdin:
    pid = os.fork()
    if pid == 0:
        while True:
            send_due_mail()
            time.sleep(0.01)
    sys.stdout.write(f"{pid}\n")
    sys.stdout.flush()
