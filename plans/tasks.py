"""Large files are read in a worker (the row says what is owed; a message only says "look now"), and what a clock starts."""

import logging

from celery import shared_task
from django.utils.timezone import localdate
from kombu.exceptions import OperationalError

from plans import arrivals
from plans.selfscoring import reminders

logger = logging.getLogger(__name__)


@shared_task
def read_arrival(arrival_id: int) -> None:
    arrivals.read_waiting(arrival_id)


@shared_task
def resume_unread() -> None:
    """Every minute: each file that no worker holds is given to one."""
    for arrival_id in arrivals.unread():
        read_arrival.delay(arrival_id)


def call_worker(arrival_id: int) -> bool:
    """Tell a worker to look now. False where the broker cannot be reached: the file is owed all the same."""
    try:
        read_arrival.apply_async((arrival_id,), retry=False)
    except OperationalError:
        logger.warning("broker out of reach; file %d waits for resume_unread", arrival_id)
        return False
    return True


@shared_task(name="plans.tasks.remind_self_scoring")
def remind_self_scoring() -> None:
    """Nhắc tự chấm, giải trình, chốt: what today's rungs owe."""
    logger.info("self-scoring: %d reminders", reminders.remind(localdate()))
