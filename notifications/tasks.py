"""Work that a clock starts. It may run late, twice, or on two machines."""

import logging
from datetime import timedelta

from celery import shared_task
from django.utils.timezone import now

from notifications import mail

logger = logging.getLogger(__name__)

ROUND = timedelta(seconds=50)  # the next round begins a minute after this one did


@shared_task(name="notifications.tasks.send_due_mail")
def send_due_mail() -> None:
    """Gather what is owed by mail, then send what is due."""
    at = now()
    gathered = mail.gather(at)
    sent = mail.send_due(at + ROUND)
    if gathered or sent:
        logger.info("mail: %d notices gathered, %d messages sent", gathered, sent)
