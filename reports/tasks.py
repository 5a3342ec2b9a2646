"""Compiling runs in a worker. The row says what is owed; a message only says "look now"."""

import logging

from celery import shared_task
from kombu.exceptions import OperationalError

from reports.services import compile_version, unfinished

logger = logging.getLogger(__name__)


@shared_task
def compile_report(compilation_id: int) -> None:
    compile_version(compilation_id)


@shared_task
def resume_unfinished() -> None:
    """Every minute: each version that no worker holds is given to one, so that none stands in another's way."""
    for compilation_id in unfinished():
        compile_report.delay(compilation_id)


def call_worker(compilation_id: int) -> bool:
    """Tell a worker to look now. False where the broker cannot be reached: the version is owed all the same."""
    try:
        compile_report.apply_async((compilation_id,), retry=False)
    except OperationalError:
        logger.warning("broker out of reach; version %d waits for resume_unfinished", compilation_id)
        return False
    return True
