"""Work that a clock starts. Each may run twice, late, or on two machines."""

import logging

from celery import shared_task
from django.utils.timezone import localdate

from workflow import reminders
from workflow.urging_updates import urge_updates

logger = logging.getLogger(__name__)


@shared_task(name="workflow.tasks.remind")
def remind() -> None:
    """Nhắc việc: what today's rungs owe. Days off owe nothing."""
    reminded = reminders.remind(localdate())
    logger.info("reminded on %s: scanned %d, created %d, already %d", reminded.on, reminded.scanned, reminded.created, reminded.already)  # fmt: skip
    logger.info("urged updates of ongoing work: %d", urge_updates(localdate()))
    for sentence in reminded.missing:
        logger.error(sentence)
